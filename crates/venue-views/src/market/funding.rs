//! Funding: what it was, and what it will be.

use std::collections::VecDeque;

use machine::codec_struct;
use units::fixed::{ONE, mul_div};
use units::{Ratio, Rounding, Span, Timestamp};
use venue_core::Ticks;

use crate::history::keep;
use crate::market::interval::floor;

/// Rates that are kept: as many as one answer may hold (Binance's largest limit), a year at three a day.
const RATES: usize = 1_000;

/// A rate that was charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Funded {
    /// When.
    pub at: Timestamp,
    /// What longs paid of their notional.
    pub rate: Ratio,
    /// The mark then.
    pub mark: Option<Ticks>,
}

codec_struct! { Funded { at, rate, mark } }

/// How the rate is made of the premium: the average of how far the mark is from the index.
///
/// Source: Binance's formula, the average premium plus what interest is more than it, within plus and minus a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundingRule {
    /// How often it is charged, at multiples of this in Unix time.
    pub interval: Span,
    /// The rate for an interval where the mark is at the index.
    pub interest: Ratio,
    /// How far the rate stays at that.
    pub damper: Ratio,
    /// The most that it is, up or down.
    pub max: Ratio,
}

impl Default for FundingRule {
    /// Binance's: 0.01 % in eight hours within 0.05 %, and at most 2 %.
    fn default() -> Self {
        Self {
            interval: Span::from_secs(8 * 3_600),
            interest: Ratio::from_bps(1),
            damper: Ratio::from_bps(5),
            max: Ratio::from_bps(200),
        }
    }
}

impl FundingRule {
    /// The rate for an average premium.
    #[must_use]
    pub fn rate(&self, premium: Ratio) -> Ratio {
        let damped = within(self.interest.minus(premium), self.damper);
        within(premium.plus(damped), self.max)
    }

    /// When it is charged next after a time.
    #[must_use]
    pub fn next(&self, at: Timestamp) -> Timestamp {
        floor(at, self.interval).after(self.interval)
    }
}

fn within(rate: Ratio, most: Ratio) -> Ratio {
    rate.min(most).max(Ratio::ZERO.minus(most))
}

/// The premium since the last funding, and the rates before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Funding {
    /// Since when it is averaged.
    pub(crate) since: Timestamp,
    sum: i128,
    samples: u64,
    rates: VecDeque<Funded>,
}

codec_struct! { Funding { since, sum, samples, rates } }

impl Funding {
    /// Takes in how far the mark is from the index.
    pub(crate) fn sample(&mut self, index: Ticks, mark: Ticks) {
        let off = i128::from(mark.minus(index).number());
        let Some(premium) = mul_div(off, ONE, i128::from(index.number()), Rounding::Down) else {
            return;
        };
        self.sum = self.sum.saturating_add(premium);
        self.samples = self.samples.saturating_add(1);
    }

    /// The average since the last funding; zero where nothing was taken in.
    pub(crate) fn premium(&self) -> Ratio {
        let average = mul_div(self.sum, 1, i128::from(self.samples), Rounding::Down);
        Ratio::from_raw(average.unwrap_or(0))
    }

    /// Takes in a rate that was charged, and begins anew.
    pub(crate) fn charged(&mut self, funded: Funded) {
        (self.sum, self.samples, self.since) = (0, 0, funded.at);
        keep(&mut self.rates, RATES, funded);
    }

    pub(crate) const fn rates(&self) -> &VecDeque<Funded> {
        &self.rates
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_binance_s() {
        // Longs and shorts would pay each other something else than they reckon with.
        let rule = FundingRule::default();
        let check = |premium: i128, rate: i128| {
            let micro = |number: i128| Ratio::from_raw(number * 1_000_000);
            assert_eq!(rule.rate(micro(premium)), micro(rate), "at {premium}");
        };
        // In millionths: the interest of 0.01 % as long as the premium is within 0.05 % of it.
        check(0, 100);
        check(600, 100);
        check(-400, 100);
        check(1_000, 500);
        check(-1_000, -500);
        check(90_000, 20_000);
        check(-90_000, -20_000);
    }

    #[test]
    fn the_average_begins_anew_after_each_funding() {
        // Otherwise a premium would be paid for twice.
        let mut funding = Funding::default();
        funding.sample(Ticks::new(1_000), Ticks::new(1_001));
        funding.sample(Ticks::new(1_000), Ticks::new(1_003));
        assert_eq!(funding.premium(), Ratio::from_bps(20));
        let at = Timestamp::from_nanos(5);
        funding.charged(Funded { at, rate: Ratio::ONE, mark: None });
        assert_eq!((funding.premium(), funding.since), (Ratio::ZERO, at));
    }
}
