//! Whether a trade can be borne by whoever has it, and how far an order that only reduces may go.

use units::{Money, Ratio};

use crate::margin::bankruptcy::closing_price;
use crate::terms::MarketRisk;
use crate::value::{Lots, Side, Ticks, worth};

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
