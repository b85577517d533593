//! How much is traded at a source at the time.

use units::{Price, Quantity, Ratio, Rounding, Span, Timestamp};

use crate::blend::blended;

/// How fast what was traded is forgotten: an index that goes by live volume looks at minutes.
const VOLUME_TIME: Span = Span::from_secs(5 * 60);

/// Trillionths to a millionth: what is traded is counted in millionths, so that sums of many sources fit.
const TO_MILLIONTHS: i128 = 1_000_000;

/// What was traded lately, the older the less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Volume {
    /// In trillionths of what is bought and sold.
    sum: i128,
    at: Timestamp,
}

impl Volume {
    /// Takes in a trade.
    pub(crate) fn take(&mut self, now: Timestamp, quantity: Quantity) {
        self.sum = self.sum_at(now).saturating_add(quantity.raw().max(0));
        self.at = self.at.max(now);
    }

    /// What was traded lately, in millionths of the asset. Of a market that is turned round, whose trades are of the unit,
    /// it is worked out by its own price of the unit in the asset.
    pub(crate) fn of_asset(&self, now: Timestamp, turned: Option<Price>) -> u64 {
        let sum = Quantity::from_raw(self.sum_at(now));
        let sum = match turned {
            Some(price) => sum.times(Ratio::from_raw(price.raw()), Rounding::Down),
            None => Some(sum),
        };
        let millionths = sum.and_then(|sum| sum.raw().checked_div(TO_MILLIONTHS)).unwrap_or(0);
        u64::try_from(millionths).unwrap_or(0)
    }

    fn sum_at(&self, now: Timestamp) -> i128 {
        blended(self.sum, 0, now.since(self.at), VOLUME_TIME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_traded_is_forgotten() {
        // Else a market that was busy yesterday would be the price of today.
        let at = |secs: u64| Timestamp::ZERO.after(Span::from_secs(secs));
        let mut volume = Volume::default();
        volume.take(at(10), Quantity::whole(600));
        assert_eq!(volume.of_asset(at(10), None), 600_000_000);
        assert_eq!(volume.of_asset(at(310), None), 300_000_000);
        volume.take(at(310), Quantity::whole(100));
        assert_eq!(volume.of_asset(at(310), None), 400_000_000);
        assert_eq!(volume.of_asset(at(310), Some(Price::whole(2))), 800_000_000);
    }
}
