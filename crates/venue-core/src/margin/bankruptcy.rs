//! The price at which closing lots uses up just their share of what the account has.

use units::Money;
use units::Rounding::{Down, Up};
use units::fixed::mul_div;

use crate::terms::MarketRisk;
use crate::value::{Lots, Ticks, WHOLE_LIMIT};

/// What an account has and has to have, and what of the latter closing some lots would take away.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    /// What it has.
    pub(crate) equity: Money,
    /// What it has to have.
    pub(crate) maintenance: Money,
    /// By how much that falls.
    pub(crate) freed: Money,
}

impl Share {
    /// What of the equity the lots may use up, rounded down, also below zero.
    pub(crate) fn of_equity(&self) -> Money {
        if self.maintenance <= Money::ZERO {
            return self.equity;
        }
        let share = mul_div(self.equity.raw(), self.freed.raw(), self.maintenance.raw(), Down);
        share.map_or(self.equity, Money::from_raw)
    }
}

/// The least that is to be had for lots that are worth `worth` (below zero: short lots, and the most that is to be
/// paid, below zero), so that no more than their share of the equity is used up.
///
/// Source: dYdX v4's bankruptcy price in quote quantums, rounded against the account (research, 2.4).
pub(crate) fn bankruptcy_quote(worth: Money, share: &Share) -> Money {
    worth.minus(share.of_equity())
}

/// The price at which closing a position, or a part of it, uses up just its share of what the account has. `lots` are
/// those that are closed, with the position's sign. Rounded so that closing there never needs the fund: up for what is
/// sold, down for what is bought; at least 1 tick, and below the limit of prices.
pub(crate) fn bankruptcy(lots: Lots, market: &MarketRisk, share: &Share) -> Ticks {
    let value = market.notional(lots, Ticks::new(1)).raw();
    let worth = crate::value::worth(lots, market.better(lots), market.tick_value);
    let quote = bankruptcy_quote(worth, share).raw();
    let ticks = if lots > Lots::ZERO {
        mul_div(quote, 1, value, Up)
    } else {
        mul_div(quote.saturating_neg(), 1, value, Down)
    };
    let ticks = ticks.and_then(|ticks| i64::try_from(ticks).ok()).unwrap_or(1);
    Ticks::new(ticks.clamp(1, WHOLE_LIMIT.saturating_sub(1)))
}
