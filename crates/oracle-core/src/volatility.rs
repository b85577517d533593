//! How much a price moves: in a usual minute, and just now.

use units::{Price, Ratio, Rounding, Span, Timestamp, fixed};

use crate::blend::blended;

/// How fast the usual movement is forgotten: a day, so that an event does not make itself usual.
const USUAL_TIME: Span = Span::from_secs(24 * 3_600);

/// How fast the movement of the present is.
const PRESENT_TIME: Span = Span::from_secs(60);

/// Before so much has been seen nothing is called usual.
const SEEN_MIN: Span = Span::from_secs(10 * 60);

/// A usual minute is never taken to be quieter than one basis point, as trillionths of a square: where a price stands
/// still for hours every movement would be a storm.
const USUAL_MIN: i128 = 10_000;

/// Variances of the price, each as trillionths of a square a minute.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Volatility {
    usual: i128,
    present: i128,
    last: Option<(Timestamp, Price)>,
    seen: Span,
}

impl Volatility {
    /// Takes in a price; only ticks that have one count.
    pub(crate) fn take(&mut self, now: Timestamp, price: Price) {
        let Some((at, before)) = self.last.replace((now, price)) else { return };
        let passed = now.since(at);
        let Some(step) = price.deviation(before) else { return };
        if passed == Span::ZERO {
            return;
        }
        self.seen = self.seen.plus(passed);
        // The square of the step, for a minute instead of the time that has passed.
        let minute = i128::from(Span::from_secs(60).as_nanos());
        let nanos = i128::from(passed.as_nanos());
        let square = step.times(step, Rounding::Nearest).map_or(fixed::ONE, Ratio::raw);
        let variance =
            fixed::mul_div(square, minute, nanos, Rounding::Nearest).unwrap_or(fixed::ONE);
        // While little has been seen, all of it counts the same.
        let usual_time = USUAL_TIME.clamped(Span::ZERO, self.seen);
        self.usual = blended(self.usual, variance, passed, usual_time);
        self.present = blended(self.present, variance, passed, PRESENT_TIME);
    }

    /// One standard deviation of a usual minute, as a part of the price; `None` while too little has been seen.
    pub(crate) fn minute(&self) -> Option<Ratio> {
        (self.seen >= SEEN_MIN).then(|| root(self.usual))
    }

    /// Whether the present moves more than `factor` times as much as is usual.
    pub(crate) fn is_storm(&self, factor: u32) -> bool {
        let square = i128::from(factor).saturating_mul(i128::from(factor));
        self.seen >= SEEN_MIN && self.present > self.usual.max(USUAL_MIN).saturating_mul(square)
    }
}

/// The square root of trillionths, in trillionths.
fn root(square: i128) -> Ratio {
    Ratio::from_raw(square.max(0).saturating_mul(fixed::ONE).isqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_is_told_from_a_usual_day() {
        let mut volatility = Volatility::default();
        let mut now = 0;
        let mut run = |volatility: &mut Volatility, secs: u64, bps: i128| {
            for tick in 0..secs * 4 {
                now += 250_000_000;
                let up = Price::ONE.plus(Price::from_raw(bps * 100_000_000 * i128::from(tick % 2)));
                volatility.take(Timestamp::from_nanos(now), up);
            }
        };
        run(&mut volatility, 60, 1);
        assert_eq!(volatility.minute(), None, "a minute is not enough to call it usual");
        run(&mut volatility, 3_600, 1);
        // One basis point, 240 times a minute: the root of 240.
        let minute = volatility.minute().expect("an hour was seen");
        assert!((15..=16).contains(&minute.as_bps()), "{minute}");
        assert!(!volatility.is_storm(5));
        run(&mut volatility, 60, 20);
        assert!(volatility.is_storm(5));
        let mut still = Volatility::default();
        run(&mut still, 3_600, 0);
        still.take(
            Timestamp::from_nanos(now + 250_000_000),
            Price::ONE.plus(Price::from_raw(1_000)),
        );
        assert!(!still.is_storm(5), "a tremble after an hour of standing still is no storm");
    }
}
