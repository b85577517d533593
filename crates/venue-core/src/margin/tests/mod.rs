//! Margin against worked examples, and against slow ways to say the same.

mod account;
mod properties;
mod reductions;
mod vectors;

use units::{Money, Price, Quantity, Ratio};

use crate::id::{AccountId, MarketId};
use crate::settings::Bracket;
use crate::settings::MarketSettings;
use crate::state::Leg;
use crate::terms::MarketRisk;
use crate::testing::perpetual;
use crate::value::Ends;
use crate::value::{Lots, PositionSide, Ticks, worth};

/// An amount as it is written in the examples.
pub(super) fn money(text: &str) -> Money {
    Money::parse(text.as_bytes()).expect("an amount")
}

/// A market in steps of `tick` and `lot` with brackets in hundredths of a per cent.
pub(super) fn market(tick: &str, lot: &str, rows: &[(i128, i128, i128)]) -> MarketRisk {
    let settings = MarketSettings {
        tick: Price::parse(tick.as_bytes()).expect("a price"),
        lot: Quantity::parse(lot.as_bytes()).expect("a quantity"),
        brackets: Bracket::rows(rows),
        ..perpetual()
    };
    MarketRisk::new(&settings).expect("consistent settings")
}

/// The market of the examples, at a mark in ticks.
pub(super) fn at(mark: i64) -> MarketRisk {
    let mut market = MarketRisk::new(&perpetual()).expect("consistent settings");
    market.mark = Ends::known(Ticks::new(mark));
    market
}

/// A position that was opened at a price.
pub(super) fn leg(market: &MarketRisk, lots: i64, entry: i64, leverage: u16) -> Leg {
    let mut leg = Leg::new(AccountId::new(0), MarketId::new(0), PositionSide::Both, leverage);
    leg.lots = Lots::new(lots);
    leg.cost = worth(leg.lots, Ticks::new(entry), market.tick_value);
    leg
}

/// A ratio in hundredths of a per cent.
pub(super) fn bps(number: i128) -> Ratio {
    Ratio::from_bps(number)
}
