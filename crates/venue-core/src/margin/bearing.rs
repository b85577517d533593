//! Whether a trade can be borne by whoever has it, and how far an order that only reduces may go.

use units::{Money, Ratio};

use crate::margin::Share;
use crate::margin::bankruptcy::closing_price;
use crate::terms::MarketRisk;
use crate::value::{Lots, Side, Ticks, worth};

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
/// allowed, the fee included.
pub(crate) fn closing_bound(
    side: Side,
    lots: Lots,
    allowed: Money,
    market: &MarketRisk,
    fee: Ratio,
) -> Ticks {
    let closed = side.opposite().signed(lots);
    let worth = worth(closed, market.better(closed), market.tick_value);
    closing_price(closed, worth.minus(allowed), market, fee)
}
