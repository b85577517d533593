//! The smallest reduction of a position that makes its account well again.

use units::fixed::mul_div;
use units::{Money, Ratio, Rounding};

use crate::terms::MarketRisk;
use crate::terms::Row;
use crate::value::{Lots, Ticks, worth};

/// A position that may be reduced.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reduction {
    /// What the account has, at the better end.
    pub(crate) equity: Money,
    /// What it has to have for all but this position.
    pub(crate) other_maintenance: Money,
    /// The position's lots; below zero it is short.
    pub(crate) lots: Lots,
    /// What closing one lot costs beyond the mark.
    pub(crate) loss: Money,
    /// The fee, as a part of what is closed at the mark.
    pub(crate) fee: Ratio,
    /// How much more than maintenance it is to have, as a part of maintenance.
    pub(crate) buffer: Ratio,
}

/// The fewest lots whose closing restores maintenance and the buffer; `None` where closing does not help, since the
/// loss and the fee eat what maintenance frees.
///
/// What is left over is concave in the lots (each bracket frees less than the one above it), so that the first bracket
/// from above in which it is enough somewhere has the answer; inside a bracket it is a straight line.
///
/// Source: Drift's amount to liquidate, in closed form (research, 2.5), for any number of brackets.
pub(crate) fn smallest_reduction(reduction: &Reduction, market: &MarketRisk) -> Option<Lots> {
    let position = Position { reduction, market, price: market.better(reduction.lots) };
    let found = market.maintenance.rows().rev().find_map(|row| position.within(&row));
    found.map(Lots::new)
}

struct Position<'a> {
    reduction: &'a Reduction,
    market: &'a MarketRisk,
    price: Ticks,
}

impl Position<'_> {
    /// What the account has more than it is to have once so many lots are closed.
    fn left_over(&self, closed: i64) -> i128 {
        let Reduction { equity, other_maintenance, lots, loss, fee, buffer } = *self.reduction;
        let closed = Lots::new(closed);
        let cost = worth(closed, Ticks::new(1), loss);
        let fee = self.market.notional(closed, self.price).times(fee, Rounding::Up);
        let has = equity.minus(cost).minus(fee.unwrap_or(equity));
        let kept = self.market.notional(lots.size().minus(closed), self.price);
        let needs = other_maintenance.plus(self.market.maintenance.charge(kept));
        let more = Ratio::ONE.plus(buffer);
        has.minus(needs.times(more, Rounding::Up).unwrap_or(needs)).raw()
    }

    /// The fewest lots, of those that leave a position in a bracket.
    fn within(&self, row: &Row) -> Option<i64> {
        let all = self.reduction.lots.size().number();
        let lot = self.market.notional(Lots::new(1), self.price).raw();
        let kept = |notional: Money| {
            let lots = mul_div(notional.raw(), 1, lot, Rounding::Up);
            lots.and_then(|lots| i64::try_from(lots).ok()).unwrap_or(i64::MAX)
        };
        let most_kept = kept(row.end).saturating_sub(1).min(all.saturating_sub(1));
        let few = all.saturating_sub(most_kept);
        let many = all.saturating_sub(kept(row.floor));
        if few > many {
            return None;
        }
        if self.left_over(few) >= 0 {
            return Some(few);
        }
        (self.left_over(many) >= 0).then(|| self.between(few, many))
    }

    /// The fewest lots that are enough, where `few` are not and `many` are. A straight line says where to look first.
    fn between(&self, mut few: i64, mut many: i64) -> i64 {
        let (lacks, spare) = (self.left_over(few).saturating_neg(), self.left_over(many));
        let span = i128::from(many.saturating_sub(few));
        let guess = mul_div(lacks, span, lacks.saturating_add(spare), Rounding::Up);
        let guess = guess.and_then(|lots| i64::try_from(lots).ok()).unwrap_or(0);
        let mut next = few.saturating_add(guess);
        let mut step = 1_i64;
        while many.saturating_sub(few) > 1 {
            if step > many.saturating_sub(few) >> 1 {
                next = i64::midpoint(few, many);
            }
            next = next.clamp(few.saturating_add(1), many.saturating_sub(1));
            // Rounding moves the place by very little: look beside it, then further and further away.
            if self.left_over(next) >= 0 {
                many = next;
                next = many.saturating_sub(step);
            } else {
                few = next;
                next = few.saturating_add(step);
            }
            step = step.saturating_mul(2);
        }
        many
    }
}
