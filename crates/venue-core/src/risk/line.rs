//! Straight lines below what a position or a holding adds to a margin.

use units::Ratio;
use units::fixed::ONE;

/// The index's unit of money, in trillionths: margins up to 10^10 of the settlement asset fit with room for sums, and
/// a slope rounded to it is off by less than a cent over a million ticks.
pub const UNIT: i128 = 10_000;

/// The largest base of a subject, in [`UNIT`]s; what is above counts as this.
pub(super) const BASE_MAX: i128 = 1 << 60;

/// A margin in [`UNIT`]s, rounded down; larger ones count as the largest.
pub(super) fn units(margin: i128) -> i64 {
    i64::try_from(margin.div_euclid(UNIT).min(BASE_MAX)).unwrap_or(i64::MIN)
}

/// How far around the price it was made at a line is nowhere above what it stands for: a quarter. Further apart, lines
/// lie lower under large positions, which pass brackets.
const INNER: u32 = 2;

/// From an eighth of the price to eight times the price a line still says something. Beyond, all holders have to be set
/// anew.
const OUTER: u32 = 3;

/// Bits behind the point of a [bend](Bend).
const BEND_BITS: u32 = 20;

/// By what part of itself the slope of what a line stands for may differ from the line's, outside of the stretch that it
/// was made for. A line's price is taken that much lower there, which makes it one for all prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bend(i64);

impl Bend {
    /// It may be anything: lines do not hold outside of their stretch.
    pub const ANY: Self = Self(i64::MAX);

    /// Of what loses a part of its worth that grows from `least` to `most` of one.
    #[must_use]
    pub fn between(least: Ratio, most: Ratio) -> Self {
        let rest = ONE.saturating_sub(most.raw());
        let part = most.raw().saturating_sub(least.raw()).saturating_mul(1 << BEND_BITS);
        let bend = part.checked_div(rest).and_then(|bend| i64::try_from(bend).ok());
        match bend.filter(|bend| rest > 0 && (0..1 << BEND_BITS).contains(bend)) {
            Some(bend) => Self(bend.saturating_add(1)),
            None => Self::ANY,
        }
    }

    /// The part of a distance, rounded up.
    pub(super) fn of(self, distance: i64) -> i64 {
        let part = i128::from(distance).saturating_mul(i128::from(self.0)) >> BEND_BITS;
        i64::try_from(part).unwrap_or(i64::MAX).saturating_add(1)
    }
}

/// The prices for which the lines of a source hold. Falling is bad; the prices of short sources are below zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stretch {
    /// The lowest.
    pub(super) low: i64,
    /// The highest.
    pub(super) high: i64,
}

impl Stretch {
    /// The stretch in which lines made at a price are nowhere above.
    pub(super) fn inner(price: i64) -> Self {
        let part = (price.saturating_abs() >> INNER).max(1);
        Self { low: price.saturating_sub(part), high: price.saturating_add(part) }
    }

    /// The stretch in which lines made at a price say anything.
    pub(super) fn outer(price: i64) -> Self {
        let size = price.saturating_abs().max(1);
        let far = size.saturating_mul(1 << OUTER);
        let close = (size >> OUTER).max(1);
        if price < 0 {
            Self { low: far.saturating_neg(), high: close.saturating_neg() }
        } else {
            Self { low: close, high: far }
        }
    }

    /// Whether a price is in it.
    pub(super) const fn holds(self, price: i64) -> bool {
        self.low <= price && price <= self.high
    }

    /// The largest size of a price in it.
    pub(super) fn size(self) -> i64 {
        self.low.saturating_abs().max(self.high.saturating_abs())
    }

    /// The price at which a line made for this stretch is to be read.
    pub(super) fn read(self, price: i64, bend: Bend) -> i64 {
        let outside = self.low.saturating_sub(price).max(price.saturating_sub(self.high));
        if outside <= 0 || bend == Bend::ANY {
            price
        } else {
            price.saturating_sub(bend.of(outside))
        }
    }
}

/// A line that is nowhere above what a position or a holding adds to a margin, in [`UNIT`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// How much for each step of the source; not below zero.
    pub slope: i64,
    /// Where it is at a price of zero.
    pub base: i64,
    /// The most that is lost for a step down between the price and `floor`; the end of the range where that does not
    /// fit, or where there is no line.
    pub steepest: i64,
}

/// What stands for a line that does not fit: it makes its subject near, with triggers at the price itself.
pub(super) const NO_LINE: Line = Line { slope: 0, base: i64::MIN, steepest: i64::MAX };

/// Down to where `steepest` is the most that is lost: an eighth below the price.
pub(super) fn floor(price: i64) -> i64 {
    price.saturating_sub(price.saturating_abs() >> OUTER)
}

impl Line {
    /// The line through both ends of the inner stretch around a price, to be read in the outer one, of what is worth
    /// `value(price)` trillionths: concave, never falling with the source's price, off by less than two trillionths.
    pub(super) fn below(
        inner: Stretch,
        outer: Stretch,
        price: i64,
        value: impl Fn(i64) -> i128,
    ) -> Self {
        Self::fitting((inner, outer), price, value).unwrap_or(NO_LINE)
    }

    fn fitting(
        (inner, outer): (Stretch, Stretch),
        price: i64,
        value: impl Fn(i64) -> i128,
    ) -> Option<Self> {
        let Stretch { low, high } = inner;
        // What is off by some trillionths at the ends or between them is less than one unit.
        let at = |price: i64| value(price).div_euclid(UNIT).saturating_sub(1);
        let (at_low, at_high) = (at(low), at(high));
        let run = i128::from(high).checked_sub(i128::from(low)).filter(|run| *run > 0)?;
        let slope = at_high.checked_sub(at_low)?.div_euclid(run).max(0);
        // A slope that is rounded is off by less than a unit for each step outside: below where it is rounded down,
        // above where it is rounded up. The nearer end of the two is nearer to zero.
        let (slope, off) = if price > 0 {
            (slope, low.saturating_sub(outer.low).saturating_mul(2))
        } else {
            (slope.checked_add(1)?, outer.high.saturating_sub(high))
        };
        let base = |at: i128, price: i64| at.checked_sub(slope.checked_mul(i128::from(price))?);
        let base =
            base(at_low, low)?.min(base(at_high, high)?).checked_sub(i128::from(off.max(0)))?;
        let floor = floor(price);
        let step = value(floor.saturating_add(1)).checked_sub(value(floor))?;
        let steepest = step.checked_add(4)?.div_euclid(UNIT).checked_add(1)?.max(slope);
        Some(Self {
            slope: i64::try_from(slope).ok()?,
            base: i64::try_from(base).ok()?,
            steepest: i64::try_from(steepest).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A position of so many units a step, with maintenance of a tenth up to a notional of 1,000 and a fifth from there
    /// on.
    fn bent(lots: i128, price: i64) -> i128 {
        let worth = lots * i128::from(price) * UNIT;
        worth - (worth.abs() / 10).max(worth.abs() / 5 - 100 * UNIT)
    }

    #[test]
    fn a_line_is_never_above_what_it_stands_for() {
        // A line above it calls somebody safe who is due.
        let bend = Bend::between(Ratio::from_bps(1_000), Ratio::from_bps(2_000));
        for price in [-2_000, -130, -100, -40, 40, 100, 130, 2_000] {
            for lots in [1, 2, 7, 10, 33] {
                let value = |price: i64| bent(lots, price);
                let (inner, outer) = (Stretch::inner(price), Stretch::outer(price));
                let line = Line::below(inner, outer, price, value);
                for at in outer.low..=outer.high {
                    let units = line.base + line.slope * inner.read(at, bend);
                    assert!(i128::from(units) * UNIT <= value(at), "{lots}, {price} at {at}");
                }
                for at in floor(price)..price {
                    let loss = value(price) - value(at);
                    let bound = i128::from(line.steepest * (price - at)) * UNIT;
                    assert!(bound >= loss, "{lots}, {price} to {at}");
                }
            }
        }
    }

    #[test]
    fn a_stretch_of_a_short_source_lies_below_zero() {
        // A rise of the price is a fall of the source: both ends have to be on its side of zero.
        assert_eq!(Stretch::outer(-80), Stretch { low: -640, high: -10 });
        assert_eq!(Stretch::outer(80), Stretch { low: 10, high: 640 });
        assert_eq!(Stretch::inner(-80), Stretch { low: -100, high: -60 });
        assert!(Stretch::outer(-80).holds(-640) && !Stretch::outer(-80).holds(-641));
    }

    #[test]
    fn what_loses_all_of_its_worth_has_no_bend() {
        // A slope that may be anything cannot be guessed from another one.
        assert_eq!(Bend::between(Ratio::ZERO, Ratio::from_bps(10_000)), Bend::ANY);
        assert_eq!(Bend::between(Ratio::ZERO, Ratio::from_bps(6_000)), Bend::ANY);
        assert!(Bend::between(Ratio::ZERO, Ratio::from_bps(4_000)) != Bend::ANY);
    }

    #[test]
    fn what_does_not_fit_has_no_line() {
        // A line that has wrapped around would be anywhere.
        let huge = |price: i64| i128::from(price) << 80;
        assert_eq!(Line::below(Stretch::inner(1_000), Stretch::outer(1_000), 1_000, huge), NO_LINE);
    }
}
