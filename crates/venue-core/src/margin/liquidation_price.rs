//! The price at which a position's account would be due.

use units::Money;
use units::Rounding::{Down, Up};
use units::fixed::{ONE, mul_div};

use crate::terms::MarketRisk;
use crate::terms::Row;
use crate::value::{Lots, Ticks, WHOLE_LIMIT};

/// The price at which the account of a position would be due, if nothing but this market's mark moved: of a long
/// position the highest such tick, of a short one the lowest. `cost` is the position's, `rest` is what all else of the
/// account has less what it has to have. `None` where no price within the limits makes it due.
///
/// In each bracket that is one division, exact to the tick: with maintenance `ceil(N x rate) - deduction`, a long
/// position is due where `N x (1 - rate) < cost - rest - deduction`, a short one where
/// `N x (1 + rate) > rest - cost + deduction`.
///
/// Source: Binance's formula, done again in the bracket that the price itself leads to (research, 2.2).
pub(crate) fn liquidation_price(
    lots: Lots,
    cost: Money,
    rest: Money,
    market: &MarketRisk,
) -> Option<Ticks> {
    let lot = Lot { value: market.notional(lots, Ticks::new(1)).raw() };
    if lot.value <= 0 {
        return None;
    }
    let lacking = cost.minus(rest).raw();
    let due = if lots > Lots::ZERO {
        let mut rows = market.maintenance.rows().rev();
        rows.find_map(|row| lot.highest_due(lacking, &row))
    } else {
        market.maintenance.rows().find_map(|row| lot.lowest_due(lacking, &row))
    };
    due.and_then(|ticks| i64::try_from(ticks).ok()).map(Ticks::new)
}

/// A position by what it is worth for each tick of price.
struct Lot {
    value: i128,
}

impl Lot {
    /// The first and the last tick at which the position lies in a bracket.
    fn ticks(&self, row: &Row) -> (i128, i128) {
        let from = |notional: Money| mul_div(notional.raw(), 1, self.value, Up);
        let first = from(row.floor).unwrap_or(i128::MAX);
        let last = from(row.end).unwrap_or(i128::MAX).saturating_sub(1);
        (first.max(1), last.min(i128::from(WHOLE_LIMIT).saturating_sub(1)))
    }

    /// A notional over the position's worth a tick and a rate.
    fn price(&self, notional: i128, rate: i128, rounding: units::Rounding) -> Option<i128> {
        // One division after the other rounds to the same number as one by the product.
        mul_div(notional, ONE, self.value, rounding)
            .and_then(|over| mul_div(over, 1, rate, rounding))
    }

    fn highest_due(&self, lacking: i128, row: &Row) -> Option<i128> {
        let (first, last) = self.ticks(row);
        let below = lacking.saturating_sub(row.deduction.raw());
        if below <= 0 {
            return None;
        }
        let kept = ONE.saturating_sub(row.rate.raw());
        let end = self.price(below, kept, Up).unwrap_or(i128::MAX);
        let highest = end.saturating_sub(1).min(last);
        (highest >= first).then_some(highest)
    }

    fn lowest_due(&self, lacking: i128, row: &Row) -> Option<i128> {
        let (first, last) = self.ticks(row);
        let above = row.deduction.raw().saturating_sub(lacking);
        let taken = ONE.saturating_add(row.rate.raw());
        let end = if above < 0 { Some(0) } else { self.price(above, taken, Down) };
        let lowest = end?.saturating_add(1).max(first);
        (lowest <= last).then_some(lowest)
    }
}
