//! What a liquidation costs whom: the fee out of what is left, or what is missing.

use units::{Money, Ratio, Rounding};

use crate::value::{Lots, Side, Ticks, worth};

/// What becomes of the difference between the price that lots were closed at and the bankruptcy price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settled {
    /// What the account pays to the fund; at most what is left.
    pub(crate) fee: Money,
    /// What is missing: the price was beyond the bankruptcy price.
    pub(crate) missing: Money,
}

/// Lots of a liquidation that were closed, and what they brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Closed {
    /// How many.
    pub(crate) lots: Lots,
    /// Their worth at the prices they were closed at.
    pub(crate) notional: Money,
}

impl Closed {
    /// Adds lots that were closed at a price.
    pub(crate) fn add(&mut self, lots: Lots, price: Ticks, tick_value: Money) {
        self.lots = self.lots.plus(lots);
        self.notional = self.notional.plus(worth(lots, price, tick_value));
    }

    /// Settles what has been closed for a party's share of its equity, with the fee as a part of the notional, rounded
    /// up. `at_mark` is what the lots are worth at the mark that the equity was worked out at.
    ///
    /// Source: dYdX v4's insurance fund delta (research, 2.4).
    pub(crate) fn settle(self, side: Side, share: Money, at_mark: Money, fee: Ratio) -> Settled {
        let gained = match side {
            Side::Sell => self.notional.minus(at_mark),
            Side::Buy => at_mark.minus(self.notional),
        };
        let left = share.plus(gained);
        let fee = self.notional.times(fee, Rounding::Up).unwrap_or(Money::ZERO);
        Settled {
            fee: left.min(fee).max(Money::ZERO),
            missing: Money::ZERO.minus(left).max(Money::ZERO),
        }
    }
}

/// How many lots can be closed, and down to which price, where the fund may pay so much of what is missing below the
/// bankruptcy price. Levels come from the best on; the second price is the last that may be traded at.
pub(crate) fn beyond(
    levels: impl Iterator<Item = (Ticks, Lots)>,
    side: Side,
    wanted: Lots,
    (bankruptcy, end): (Ticks, Ticks),
    mut fund: Money,
    tick_value: Money,
) -> Option<(Ticks, Lots)> {
    let mut plan = None;
    let mut planned = Lots::ZERO;
    for (price, lots) in levels {
        if !side.reaches(end, price) || planned >= wanted {
            break;
        }
        let mut lots = lots.min(wanted.minus(planned));
        let missing = match side {
            Side::Sell => bankruptcy.minus(price),
            Side::Buy => price.minus(bankruptcy),
        };
        if missing > Ticks::ZERO {
            let each = worth(Lots::new(1), missing, tick_value).raw();
            let affordable = fund.raw().checked_div(each).unwrap_or(0);
            lots = lots.min(Lots::new(i64::try_from(affordable).unwrap_or(i64::MAX)));
            fund = fund.minus(worth(lots, missing, tick_value));
        }
        if lots <= Lots::ZERO {
            break;
        }
        planned = planned.plus(lots);
        plan = Some((price, planned));
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fee_is_taken_only_from_what_is_left() {
        // A fee that the account cannot pay would be paid by the fund to itself. Source: dYdX's vectors (research,
        // 2.4): a long position with a bankruptcy quote of 5,100. At a mark of 5,600 that is a share of 500; one lot, a
        // tick of 0.1.
        let tick_value = Money::parse(b"0.1").expect("money");
        let check = |fill: i64, bps: i128, fee: &str, missing: &str| {
            let mut closed = Closed::default();
            closed.add(Lots::new(1), Ticks::new(fill), tick_value);
            let (share, at_mark) = (Money::whole(500), Money::whole(5_600));
            let settled = closed.settle(Side::Sell, share, at_mark, Ratio::from_bps(bps));
            let expect = (fee.to_owned(), missing.to_owned());
            assert_eq!((settled.fee.to_string(), settled.missing.to_string()), expect);
        };
        check(56_100, 50, "28.05", "0");
        check(56_100, 250, "140.25", "0");
        check(56_100, 10_000, "510", "0");
        check(51_051, 250, "5.1", "0");
        check(50_490, 250, "0", "51");
        check(51_000, 250, "0", "0");
    }

    #[test]
    fn a_short_position_is_settled_the_other_way_round() {
        // A sign that is wrong pays out what it should take.
        let mut closed = Closed::default();
        closed.add(Lots::new(2), Ticks::new(90), Money::ONE);
        closed.add(Lots::new(1), Ticks::new(96), Money::ONE);
        let settle = |share| {
            let share = Money::whole(share);
            closed.settle(Side::Buy, share, Money::whole(3 * 91), Ratio::from_bps(100))
        };
        let fee = Money::parse(b"2.76").expect("money");
        assert_eq!(settle(27), Settled { fee, missing: Money::ZERO });
        assert_eq!(settle(0), Settled { fee: Money::ZERO, missing: Money::whole(3) });
        assert_eq!(settle(-5), Settled { fee: Money::ZERO, missing: Money::whole(8) });
    }

    #[test]
    fn the_fund_is_not_asked_for_more_than_it_may_pay() {
        // A plan that the fund cannot pay leaves somebody below zero.
        let check = |fund: i128, end: i64, wanted: i64, expect: Option<(i64, i64)>| {
            let levels = [(105, 2), (100, 3), (98, 10), (90, 50)];
            let levels = levels.map(|(price, lots)| (Ticks::new(price), Lots::new(lots)));
            let plan = beyond(
                levels.into_iter(),
                Side::Sell,
                Lots::new(wanted),
                (Ticks::new(100), Ticks::new(end)),
                Money::from_raw(fund),
                Money::from_raw(1),
            );
            let plain = |(price, lots): (Ticks, Lots)| (price.number(), lots.number());
            assert_eq!(plan.map(plain), expect);
        };
        check(0, 1, 100, Some((100, 5)));
        check(7, 1, 100, Some((98, 8)));
        check(20, 1, 100, Some((98, 15)));
        check(41, 1, 100, Some((90, 17)));
        check(1_000, 95, 100, Some((98, 15)));
        check(1_000, 1, 4, Some((100, 4)));
        check(1_000, 106, 4, None);
    }
}
