//! The liquidation lane: the market price, kept near what the asset can be redeemed for, until markets of two kinds
//! agree for long enough that it is worth less.

use units::{Price, Ratio, Rounding, Span, Timestamp, fixed};

use crate::settings::Parameters;

const MINUTE: Span = Span::from_secs(60);

/// How far the band may open below: all the way.
const OPEN_MAX: Ratio = Ratio::ONE;

/// A step stands for the time since the one before, but for no longer than this: what is beyond was not seen.
const STEP_MAX: Span = Span::from_secs(2);

/// Doublings of the rate at most; beyond, the band is open anyway.
const DOUBLINGS_MAX: u64 = 16;

/// The band of a feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Band {
    /// How far below the fundamental price the lane may be; the configured distance where it is less.
    down: Ratio,
    /// For how long the groups have agreed without a break.
    agreed: Span,
    at: Option<Timestamp>,
}

/// What moves the band.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// Whether enough groups, of two kinds, are below the band.
    pub agreed: bool,
    /// Whether the issuer does not redeem as promised.
    pub broken: bool,
}

impl Band {
    /// How far below the fundamental price the lane may be.
    pub(crate) fn down(&self, parameters: &Parameters) -> Ratio {
        self.down.max(parameters.band_down)
    }

    /// The lower edge of the band.
    pub(crate) fn floor(&self, fundamental: Price, parameters: &Parameters) -> Price {
        let part = Ratio::ONE.minus(self.down(parameters));
        fundamental.times(part, Rounding::Down).unwrap_or(Price::ZERO)
    }

    /// Lets the band open or close for the time that has passed.
    pub(crate) fn step(&mut self, now: Timestamp, evidence: Evidence, parameters: &Parameters) {
        let since = self.at.map_or(Span::ZERO, |at| now.since(at));
        let passed = since.clamped(Span::ZERO, STEP_MAX);
        self.at = Some(now);
        if since > STEP_MAX.plus(STEP_MAX) {
            // After a time without a price agreement begins anew.
            self.agreed = Span::ZERO;
        }
        let down = self.down(parameters);
        let part = |rate: Ratio| {
            let (nanos, minute) = (i128::from(passed.as_nanos()), i128::from(MINUTE.as_nanos()));
            let part = fixed::mul_div(rate.raw(), nanos, minute, Rounding::Down);
            Ratio::from_raw(part.unwrap_or(0))
        };
        if evidence.agreed {
            let doublings =
                self.agreed.as_nanos().checked_div(parameters.band_double_after.as_nanos());
            self.agreed = self.agreed.plus(passed);
            let doublings = doublings.unwrap_or(0).min(DOUBLINGS_MAX);
            let rate = parameters.band_open.raw().saturating_mul(1_i128 << doublings);
            let rate = Ratio::from_raw(rate);
            let rate = if evidence.broken { rate.max(parameters.band_open_broken) } else { rate };
            self.down = down.plus(part(rate)).min(OPEN_MAX);
        } else {
            self.agreed = Span::ZERO;
            self.down = down.minus(part(parameters.band_close));
        }
    }

    /// The market price within the band.
    pub(crate) fn clip(&self, market: Price, fundamental: Price, parameters: &Parameters) -> Price {
        let up = Ratio::ONE.plus(parameters.band_up);
        let ceiling = fundamental.times(up, Rounding::Down).unwrap_or(fundamental);
        market.max(self.floor(fundamental, parameters)).min(ceiling)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Class;

    fn minutes_until(evidence: Evidence, target: i128) -> u64 {
        let parameters = Parameters::of(Class::Pegged);
        let mut band = Band::default();
        for tick in 0..4 * 3_600 {
            band.step(Timestamp::ZERO.after(Span::from_millis(tick * 250)), evidence, &parameters);
            if band.down(&parameters) >= Ratio::from_bps(target) {
                return tick / 240;
            }
        }
        u64::MAX
    }

    #[test]
    fn a_true_fall_to_sixty_five_cents_is_followed_within_twenty_minutes() {
        let agreed = Evidence { agreed: true, broken: false };
        assert_eq!(minutes_until(agreed, 250), 4);
        assert_eq!(minutes_until(agreed, 1_200), 12);
        assert_eq!(minutes_until(agreed, 3_500), 19);
        assert_eq!(minutes_until(Evidence { agreed: true, broken: true }, 3_500), 6);
        assert_eq!(minutes_until(Evidence { agreed: false, broken: true }, 51), u64::MAX);
    }

    #[test]
    fn a_band_closes_again_and_forgets() {
        let parameters = Parameters::of(Class::Pegged);
        let mut band = Band::default();
        let mut at = 0;
        let mut run = |band: &mut Band, minutes: u64, agreed| {
            for _ in 0..minutes * 240 {
                at += 250;
                let now = Timestamp::ZERO.after(Span::from_millis(at));
                band.step(now, Evidence { agreed, broken: false }, &parameters);
            }
            band.down(&parameters).as_bps()
        };
        assert!((295..=300).contains(&run(&mut band, 5, true)));
        assert!((195..=205).contains(&run(&mut band, 1, false)));
        assert_eq!(run(&mut band, 5, false), 50);
        assert!((95..=100).contains(&run(&mut band, 1, true)), "the rate starts anew");
    }

    #[test]
    fn a_time_without_a_price_opens_nothing() {
        // Half an hour of halt and one tick of agreement would otherwise open the band all the way at once.
        let parameters = Parameters::of(Class::Pegged);
        let mut band = Band::default();
        let agreed = Evidence { agreed: true, broken: false };
        let at = |secs| Timestamp::ZERO.after(Span::from_secs(secs));
        band.step(at(0), agreed, &parameters);
        band.step(at(1_800), agreed, &parameters);
        assert!(band.down(&parameters) < Ratio::from_bps(52), "{}", band.down(&parameters));
    }

    #[test]
    fn the_lane_is_the_market_within_the_band() {
        let parameters = Parameters::of(Class::Pegged);
        let price = |text: &str| Price::parse(text.as_bytes()).expect("a number");
        let clip = |market: &str| Band::default().clip(price(market), Price::ONE, &parameters);
        assert_eq!(clip("0.65"), price("0.995"));
        assert_eq!(clip("0.998"), price("0.998"));
        assert_eq!(clip("1.2"), price("1.005"));
    }
}
