//! The insurance fund, and the backstop: how much of each one market may use.

use machine::codec_struct;
use units::{Money, Ratio, Rounding, Span, Timestamp};

/// What one market has used of the fund, or of what the backstop has, in windows. A window begins with the first payment after the one before has
/// ended, and its budget is a part of what the fund has then: so a small market cannot drain what stands behind all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DrawDown {
    /// When the window ends.
    until: Timestamp,
    /// What is left of its budget.
    left: Money,
}

codec_struct! { DrawDown { until, left } }

/// What the draw-down is bounded by, as a market is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DrawDownLimit {
    /// How long a window is.
    pub(crate) window: Span,
    /// The part that may be used within it of what there is when it begins.
    pub(crate) share: Ratio,
}

impl DrawDown {
    /// How much the fund may pay for the market now.
    pub(crate) fn left(&self, now: Timestamp, fund: Money, limit: DrawDownLimit) -> Money {
        let fund = fund.max(Money::ZERO);
        let left = if now < self.until {
            self.left
        } else {
            fund.times(limit.share, Rounding::Down).unwrap_or(Money::ZERO)
        };
        left.min(fund)
    }

    /// Has the fund pay as much as it may of what is missing, and says how much that is. The caller takes it from the
    /// fund.
    pub(crate) fn pay(
        &mut self,
        now: Timestamp,
        missing: Money,
        fund: Money,
        limit: DrawDownLimit,
    ) -> Money {
        let left = self.left(now, fund, limit);
        let paid = missing.max(Money::ZERO).min(left);
        if paid > Money::ZERO {
            if now >= self.until {
                self.until = now.after(limit.window);
                self.left = left;
            }
            self.left = self.left.minus(paid);
        }
        paid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: DrawDownLimit =
        DrawDownLimit { window: Span::from_secs(8 * 3_600), share: Ratio::from_bps(3_000) };

    fn at(hours: u64) -> Timestamp {
        Timestamp::ZERO.after(Span::from_secs(hours * 3_600))
    }

    #[test]
    fn a_market_uses_no_more_of_the_fund_than_its_part() {
        // Source: Bybit's rule (research, 2.6): a loss of 350,000 against a pool of 1,000,000 is 35 % where 30 % may be
        // used within eight hours, so that 50,000 are left to deleveraging.
        let mut draw_down = DrawDown::default();
        let (fund, loss) = (Money::whole(1_000_000), Money::whole(350_000));
        let paid = draw_down.pay(at(1), loss, fund, LIMIT);
        assert_eq!((paid, loss.minus(paid)), (Money::whole(300_000), Money::whole(50_000)));
        let fund = fund.minus(paid);
        assert_eq!(draw_down.pay(at(8), loss, fund, LIMIT), Money::ZERO, "the same window");
        assert_eq!(draw_down.pay(at(9), loss, fund, LIMIT), Money::whole(210_000), "the next one");
    }

    #[test]
    fn the_window_begins_with_the_first_payment() {
        // A window that nobody used must not be over just when it is needed, nor a budget grow with the fund.
        let mut draw_down = DrawDown::default();
        let fund = Money::whole(1_000);
        assert_eq!(draw_down.pay(at(1), Money::ZERO, fund, LIMIT), Money::ZERO);
        assert_eq!(draw_down.left(at(8), Money::whole(2_000), LIMIT), Money::whole(600));
        assert_eq!(draw_down.pay(at(8), Money::whole(100), fund, LIMIT), Money::whole(100));
        assert_eq!(draw_down.left(at(15), Money::whole(9_000), LIMIT), Money::whole(200));
        assert_eq!(draw_down.left(at(15), Money::whole(50), LIMIT), Money::whole(50));
        assert_eq!(draw_down.left(at(16), Money::whole(9_000), LIMIT), Money::whole(2_700));
    }

    #[test]
    fn the_fund_never_goes_below_nothing() {
        // A fund that owes is no fund.
        let all = DrawDownLimit { share: Ratio::ONE, ..LIMIT };
        let mut draw_down = DrawDown::default();
        assert_eq!(draw_down.pay(at(0), Money::whole(9), Money::whole(7), all), Money::whole(7));
        assert_eq!(draw_down.pay(at(1), Money::whole(9), Money::ZERO, all), Money::ZERO);
        assert_eq!(draw_down.pay(at(9), Money::whole(9), Money::whole(-1), all), Money::ZERO);
        assert_eq!(draw_down.pay(at(9), Money::whole(-9), Money::whole(7), all), Money::ZERO);
    }
}
