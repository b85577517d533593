//! Straight lines below what a position or a holding adds to a margin.

/// The index's unit of money, in trillionths: margins up to 10^10 of the settlement asset fit with room for sums, and
/// a slope rounded to it is off by less than a cent over a million ticks.
pub const UNIT: i128 = 10_000;

/// How far a line goes: from an eighth of the price to eight times the price it was made at. Further apart means fewer
/// times at which all holders have to be set anew, and lines that lie lower under large positions, which pass brackets.
const REACH: u32 = 3;

/// The prices for which lines of a source hold, and the price where it stands. Falling is bad; short sources are below
/// zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stretch {
    /// The lowest.
    pub(super) low: i64,
    /// The highest.
    pub(super) high: i64,
}

impl Stretch {
    /// The stretch around a price.
    pub(super) fn around(price: i64) -> Self {
        let size = price.saturating_abs().max(1);
        let far = size.saturating_mul(1 << REACH);
        let close = (size >> REACH).max(1);
        if price < 0 {
            Self { low: far.saturating_neg(), high: close.saturating_neg() }
        } else {
            Self { low: close, high: far }
        }
    }

    /// Whether lines hold at a price.
    pub(super) const fn holds(self, price: i64) -> bool {
        self.low <= price && price <= self.high
    }

    /// The largest size of a price in it.
    pub(super) fn size(self) -> i64 {
        self.low.saturating_abs().max(self.high.saturating_abs())
    }
}

/// A line that is nowhere above what a position or a holding adds to a margin, in [`UNIT`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// How much for each step of the source; not below zero.
    pub slope: i64,
    /// Where it is at a price of zero.
    pub base: i64,
    /// The most that is lost for a step down between the price and [`floor`]; the end of the range where that does not
    /// fit, or where there is no line.
    pub steepest: i64,
}

/// What stands for a line that does not fit: it makes its subject near, with triggers at the price itself.
pub(super) const NO_LINE: Line = Line { slope: 0, base: i64::MIN, steepest: i64::MAX };

/// Down to where `steepest` is the most that is lost: an eighth below the price.
pub(super) fn floor(price: i64) -> i64 {
    price.saturating_sub(price.saturating_abs() >> REACH)
}

impl Line {
    /// The line through both ends of a stretch, of what is worth `value(price)` trillionths: concave, never falling
    /// with the source's price, off by less than one trillionth.
    pub(super) fn below(stretch: Stretch, price: i64, value: impl Fn(i64) -> i128) -> Self {
        Self::fitting(stretch, price, value).unwrap_or(NO_LINE)
    }

    fn fitting(stretch: Stretch, price: i64, value: impl Fn(i64) -> i128) -> Option<Self> {
        let Stretch { low, high } = stretch;
        // What is off by a trillionth at the ends or between them is less than one unit.
        let at = |price: i64| value(price).div_euclid(UNIT).saturating_sub(1);
        let (at_low, at_high) = (at(low), at(high));
        let run = i128::from(high).checked_sub(i128::from(low)).filter(|run| *run > 0)?;
        let slope = at_high.checked_sub(at_low)?.div_euclid(run).max(0);
        let base = |at: i128, price: i64| at.checked_sub(slope.checked_mul(i128::from(price))?);
        let base = base(at_low, low)?.min(base(at_high, high)?);
        let floor = floor(price);
        let step = value(floor.saturating_add(1)).checked_sub(value(floor))?;
        let steepest = step.checked_add(2)?.div_euclid(UNIT).checked_add(1)?.max(slope);
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

    /// A long position of one unit a step with maintenance of a tenth up to 100 steps and a fifth from there on.
    fn bent(price: i64) -> i128 {
        let notional = i128::from(price) * UNIT;
        notional - (notional / 10).max(notional / 5 - 10 * UNIT)
    }

    #[test]
    fn a_line_is_never_above_what_it_stands_for() {
        // A line above it calls somebody safe who is due.
        for price in [20, 100, 700] {
            let stretch = Stretch::around(price);
            let line = Line::below(stretch, price, bent);
            for at in stretch.low..=stretch.high {
                let units = i128::from(line.base + line.slope * at) * UNIT;
                assert!(units <= bent(at), "{price} at {at}");
            }
            for at in floor(price)..price {
                let loss = bent(price) - bent(at);
                assert!(i128::from(line.steepest * (price - at)) * UNIT >= loss, "{price} to {at}");
            }
        }
    }

    #[test]
    fn a_stretch_of_a_short_source_lies_below_zero() {
        // A rise of the price is a fall of the source: both ends have to be on its side of zero.
        assert_eq!(Stretch::around(-80), Stretch { low: -640, high: -10 });
        assert_eq!(Stretch::around(80), Stretch { low: 10, high: 640 });
        assert!(Stretch::around(-80).holds(-640) && !Stretch::around(-80).holds(-641));
    }

    #[test]
    fn what_does_not_fit_has_no_line() {
        // A line that has wrapped around would be anywhere.
        let huge = |price: i64| i128::from(price) << 80;
        assert_eq!(Line::below(Stretch::around(1_000), 1_000, huge), NO_LINE);
    }
}
