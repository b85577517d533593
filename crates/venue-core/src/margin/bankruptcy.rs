//! The price at which closing lots uses up just their share of what the account has.

use units::Rounding::{Down, Up};
use units::fixed::{ONE, mul_div};
use units::{Money, Ratio};

use crate::terms::MarketRisk;
use crate::value::{Lots, Ticks, WHOLE_LIMIT, worth};

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

    /// The most that a change of a position may cost: as much as leaves maintenance for what there is afterwards. One
    /// that only reduces may cost the lots' share of the equity too, which is what the bankruptcy price is made of, so
    /// that somebody who is due already can still get out.
    pub(crate) fn allowed(&self, reduces: bool) -> Money {
        let left = self.equity.minus(self.maintenance.minus(self.freed));
        if reduces { left.max(self.of_equity()) } else { left }
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
/// those that are closed, with the position's sign. Rounded so that closing there never needs the fund.
pub(crate) fn bankruptcy(lots: Lots, market: &MarketRisk, share: &Share) -> Ticks {
    let worth = worth(lots, market.better(lots), market.tick_value);
    closing_price(lots, bankruptcy_quote(worth, share), market, Ratio::ZERO)
}

/// The worst price at which lots that are closed, with the position's sign, bring no less than a quote once a fee is
/// paid; below zero the quote is what short lots cost at most. Exact to the tick: rounded up for what is sold, down for
/// what is bought; at least 1, and below the limit of prices.
///
/// With `N` what they are traded for, `N - ceil(N x fee)` has to be at least the quote for a sale; for a buy
/// `N + ceil(N x fee)` at most what it is without its sign.
pub(crate) fn closing_price(lots: Lots, quote: Money, market: &MarketRisk, fee: Ratio) -> Ticks {
    let lot = market.notional(lots, Ticks::new(1)).raw();
    let (quote, rate, rounding) = if lots > Lots::ZERO {
        (quote.raw(), ONE.saturating_sub(fee.raw()), Up)
    } else {
        (quote.raw().saturating_neg(), ONE.saturating_add(fee.raw()), Down)
    };
    let most = i128::from(WHOLE_LIMIT).saturating_sub(1);
    let ticks = if quote <= 0 {
        1
    } else {
        // One division after the other rounds to the same number as one by the product.
        let over = mul_div(quote, ONE, lot, rounding);
        over.and_then(|over| mul_div(over, 1, rate, rounding)).unwrap_or(most)
    };
    Ticks::new(i64::try_from(ticks.clamp(1, most)).unwrap_or(1))
}
