//! Settings that the tests of this crate share.

use units::{Price, Quantity};

use crate::settings::MarketSettings;

/// A perpetual contract in steps of 0.1 and 0.001, with the brackets of the research's worked examples.
pub(crate) fn perpetual() -> MarketSettings {
    let (tick, lot) = (Price::from_raw(100_000_000_000), Quantity::from_raw(1_000_000_000));
    MarketSettings::perpetual("BTCUSDT", tick, lot)
}
