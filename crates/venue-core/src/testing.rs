//! Settings that the tests of this crate share.

use units::{Money, Price, Quantity, Ratio};

use crate::settings::{Bracket, MarketSettings};

/// A perpetual contract in steps of 0.1 and 0.001, with the brackets of the research's worked examples.
pub(crate) fn perpetual() -> MarketSettings {
    let (tick, lot) = (Price::from_raw(100_000_000_000), Quantity::from_raw(1_000_000_000));
    MarketSettings::perpetual("BTCUSDT", tick, lot)
}

/// Brackets from whole floors and rates in hundredths of a per cent: maintenance, then for new risk.
pub(crate) fn brackets(rows: &[(i128, i128, i128)]) -> Vec<Bracket> {
    let bracket = |&(floor, maintenance, initial): &(i128, i128, i128)| Bracket {
        floor: Money::whole(floor),
        maintenance: Ratio::from_bps(maintenance),
        initial: Ratio::from_bps(initial),
    };
    rows.iter().map(bracket).collect()
}
