//! A market: its settings, its state, its prices, and what is held in it.

use units::Money;

use crate::command::MarketState;
use crate::settings::MarketSettings;
use crate::state::price::Marks;
use crate::value::{Lots, Ticks};

/// A market.
#[derive(Debug)]
pub(crate) struct Market {
    pub(crate) settings: MarketSettings,
    /// What one lot is worth for each tick of price.
    pub(crate) tick_value: Money,
    pub(crate) state: MarketState,
    /// What its price is held to be; `None` before the first.
    pub(crate) marks: Option<Marks>,
    /// The price of the last trade.
    pub(crate) last: Option<Ticks>,
    /// How many trades there were.
    pub(crate) trades: u64,
    /// All long positions: the open interest.
    pub(crate) long: Lots,
    /// All short positions, as lots above zero; equal to `long`, or VN-2 is broken.
    pub(crate) short: Lots,
}

impl Market {
    pub(crate) const fn new(settings: MarketSettings, tick_value: Money) -> Self {
        Self {
            settings,
            tick_value,
            state: MarketState::Trading,
            marks: None,
            last: None,
            trades: 0,
            long: Lots::ZERO,
            short: Lots::ZERO,
        }
    }

    /// Counts that a position has changed.
    pub(crate) const fn moved(&mut self, from: Lots, to: Lots) {
        self.long = self.long.minus(above_zero(from)).plus(above_zero(to));
        self.short = self.short.minus(above_zero(from.negated())).plus(above_zero(to.negated()));
    }
}

const fn above_zero(lots: Lots) -> Lots {
    if lots.number() > 0 { lots } else { Lots::ZERO }
}
