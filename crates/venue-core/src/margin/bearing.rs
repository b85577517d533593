//! Whether a trade can be borne by whoever has it, and how far an order that only reduces may go.

use units::fixed::{ONE, mul_div};
use units::{Money, Ratio, Rounding};

use crate::margin::Share;
use crate::terms::MarketRisk;
use crate::value::{Lots, Side, Ticks, WHOLE_LIMIT, worth};

/// A change of a position, and what answers for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    /// What answers for it, at the better end.
    pub(crate) equity: Money,
    /// What that has to have.
    pub(crate) maintenance: Money,
    /// What of it the position has to have before.
    pub(crate) before: Money,
    /// And afterwards.
    pub(crate) after: Money,
    /// Whether it can only make the position smaller.
    pub(crate) reduces: bool,
}

impl Change {
    /// The most that it may cost: as much as leaves maintenance for what there is afterwards. One that only reduces may
    /// cost the lots' share of the equity too, which is what the bankruptcy price is made of, so that somebody who is due
    /// already can still get out.
    pub(crate) fn allowed(&self) -> Money {
        let Self { equity, maintenance, before, after, reduces } = *self;
        let freed = before.minus(after);
        let allowed = equity.minus(maintenance.minus(freed));
        if reduces {
            allowed.max(Share { equity, maintenance, freed }.of_equity())
        } else {
            allowed
        }
    }

    /// What is missing where it costs so much; `None` where nothing is.
    pub(crate) fn missing(&self, cost: Money) -> Option<Money> {
        let missing = cost.minus(self.allowed());
        (missing > Money::ZERO).then_some(missing)
    }
}

/// What closing lots of a position by orders of a side costs at a price, against the mark's better end.
pub(crate) fn closing_cost(side: Side, lots: Lots, price: Ticks, market: &MarketRisk) -> Money {
    let held = side.opposite().signed(lots);
    let apart = market.better(held).minus(price);
    worth(held, apart, market.tick_value)
}

/// The worst price at which lots of a position may be closed by orders of a side so that it costs no more than what is
/// allowed, the fee included; exact to the tick, at least 1 and below the limit of prices.
///
/// With `N` what they bring, `N - ceil(N x fee)` has to be at least what they are worth less what is allowed for a sale;
/// for a buy `N + ceil(N x fee)` at most what they are worth and what is allowed.
pub(crate) fn closing_bound(
    side: Side,
    lots: Lots,
    allowed: Money,
    market: &MarketRisk,
    fee: Ratio,
) -> Ticks {
    let lot = market.notional(lots, Ticks::new(1)).raw();
    let better = market.better(side.opposite().signed(lots));
    let at_mark = market.notional(lots, better);
    let (quote, rate, rounding) = match side {
        Side::Sell => (at_mark.minus(allowed), ONE.saturating_sub(fee.raw()), Rounding::Up),
        Side::Buy => (at_mark.plus(allowed), ONE.saturating_add(fee.raw()), Rounding::Down),
    };
    let most = i128::from(WHOLE_LIMIT).saturating_sub(1);
    let ticks = if quote <= Money::ZERO {
        1
    } else {
        // One division after the other rounds to the same number as one by the product.
        let over = mul_div(quote.raw(), ONE, lot, rounding);
        over.and_then(|over| mul_div(over, 1, rate, rounding)).unwrap_or(most)
    };
    Ticks::new(i64::try_from(ticks.clamp(1, most)).unwrap_or(1))
}
