//! A leg: an account's position in a market, and its orders there.

use units::fixed::mul_div;
use units::{Money, Rounding, Timestamp};

use crate::book::Chain;
use crate::id::{AccountId, MarketId};
use crate::state::guard::GuardId;
use crate::value::{Lots, PositionSide, Side, Ticks, worth};

/// A leg's place in the venue's table. A leg is never given to anybody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LegId(u32);

impl LegId {
    pub(crate) const fn new(number: u32) -> Self {
        Self(number)
    }

    pub(crate) fn place(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    pub(crate) const fn number(self) -> u32 {
        self.0
    }
}

/// An account's position in a market, and what its resting orders there add up to.
///
/// Legs come from memory one by one. So a leg is four lines of the processor's cache and never on five, and its fields are
/// in this order: an order looks at the first three lines, of which the first and one of the others are all that a cancel
/// needs; the last is for trades and timers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(C, align(64))]
pub(crate) struct Leg {
    /// Whether it has margin of its own, and how much.
    pub(crate) isolated: Option<Money>,
    /// What it was bought for, less what it was sold for, exactly.
    pub(crate) cost: Money,
    /// Where.
    pub(crate) market: MarketId,
    /// How many times the margin it may be.
    pub(crate) leverage: u16,
    /// Which of the account's positions there.
    pub(crate) side: PositionSide,
    /// Whether this isolated position is being liquidated.
    pub(crate) liquidating: bool,
    /// Its resting orders.
    pub(crate) chain: Chain,
    /// Resting orders to buy.
    pub(crate) buys: Resting,
    /// What is held; below zero it is short.
    pub(crate) lots: Lots,
    /// The market-maker protection of the account in the market.
    pub(crate) guard: Option<GuardId>,
    /// Resting orders to sell.
    pub(crate) sells: Resting,
    /// Whose.
    pub(crate) account: AccountId,
    /// How many of its orders wait for a trigger.
    pub(crate) waiting: u32,
    /// When the count-down of the account in the market cancels; never, at the end of time.
    pub(crate) cancel_at: Timestamp,
    /// What trading has realised since the last settlement, less the profit that the position had at it. With the profit
    /// that it has now it is the profit since then.
    pub(crate) earned: Money,
}

const _: () = assert!(size_of::<Leg>() == 256, "a leg is four lines of the cache");
const _: () = assert!(std::mem::offset_of!(Leg, earned) == 192, "an order looks at three of them");

/// What a leg's resting orders of one side add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Resting {
    /// How many orders.
    pub(crate) orders: u32,
    /// All their lots.
    pub(crate) lots: Lots,
    /// The lots of those that may only reduce; they are in `lots` too.
    pub(crate) reduce_only: Lots,
    /// The lots at their limits.
    pub(crate) notional: Money,
}

impl Resting {
    /// Counts an order that has come to rest.
    pub(crate) fn add(&mut self, lots: Lots, notional: Money, reduce_only: bool) {
        self.orders = self.orders.saturating_add(1);
        self.lots = self.lots.plus(lots);
        self.notional = self.notional.plus(notional);
        if reduce_only {
            self.reduce_only = self.reduce_only.plus(lots);
        }
    }

    /// Counts lots that have left an order.
    pub(crate) fn take(&mut self, lots: Lots, notional: Money, reduce_only: bool) {
        self.lots = self.lots.minus(lots);
        self.notional = self.notional.minus(notional);
        if reduce_only {
            self.reduce_only = self.reduce_only.minus(lots);
        }
    }

    /// Counts an order that has left with what was left of it.
    pub(crate) fn remove(&mut self, lots: Lots, notional: Money, reduce_only: bool) {
        self.orders = self.orders.saturating_sub(1);
        self.take(lots, notional, reduce_only);
    }
}

/// What a fill has done to a position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filled {
    /// Lots of the position that it closed.
    pub(crate) closed: Lots,
    /// The profit that closing them has made.
    pub(crate) realised: Money,
}

impl Leg {
    pub(crate) fn new(
        account: AccountId,
        market: MarketId,
        side: PositionSide,
        leverage: u16,
    ) -> Self {
        Self {
            account,
            market,
            side,
            lots: Lots::ZERO,
            cost: Money::ZERO,
            isolated: None,
            leverage,
            buys: Resting::default(),
            sells: Resting::default(),
            liquidating: false,
            earned: Money::ZERO,
            chain: Chain::default(),
            waiting: 0,
            cancel_at: Timestamp::MAX,
            guard: None,
        }
    }

    /// The resting orders of a side.
    pub(crate) const fn resting(&self, side: Side) -> &Resting {
        match side {
            Side::Buy => &self.buys,
            Side::Sell => &self.sells,
        }
    }

    /// Whether something is held or owed, or there are orders.
    pub(crate) fn is_used(&self) -> bool {
        let owes = self.isolated.is_some_and(|margin| margin != Money::ZERO);
        self.lots != Lots::ZERO || owes || self.resting_orders() != 0 || self.waiting != 0
    }

    /// How many orders rest.
    pub(crate) const fn resting_orders(&self) -> u32 {
        self.buys.orders.saturating_add(self.sells.orders)
    }

    /// The resting orders of a side, to change them.
    pub(crate) const fn resting_mut(&mut self, side: Side) -> &mut Resting {
        match side {
            Side::Buy => &mut self.buys,
            Side::Sell => &mut self.sells,
        }
    }

    /// Whether an order of a side could only close: in hedge mode a long position is never sold below nothing.
    pub(crate) const fn only_closes(position: PositionSide, side: Side) -> bool {
        matches!(
            (position, side),
            (PositionSide::Long, Side::Sell) | (PositionSide::Short, Side::Buy)
        )
    }

    /// Whether its orders that may only reduce could do more than that (VN-4).
    pub(crate) fn could_increase(&self) -> bool {
        let too_much = |side| self.resting(side).reduce_only > self.reducible(side);
        too_much(Side::Buy) || too_much(Side::Sell)
    }

    /// Its profit at a mark.
    pub(crate) fn profit(&self, mark: Ticks, tick_value: Money) -> Money {
        worth(self.lots, mark, tick_value).minus(self.cost)
    }

    /// Settles it at a mark: from now on profit counts anew.
    pub(crate) fn settle(&mut self, mark: Ticks, tick_value: Money) {
        self.earned = Money::ZERO.minus(self.profit(mark, tick_value));
    }

    /// The lots that an order of a side could take off the position.
    pub(crate) const fn reducible(&self, side: Side) -> Lots {
        let lots = match side {
            Side::Buy => self.lots.negated(),
            Side::Sell => self.lots,
        };
        if lots.number() > 0 { lots } else { Lots::ZERO }
    }

    /// The part of the cost that leaves with lots that are closed.
    fn part_of_cost(&self, closed: Lots) -> Money {
        let held = self.lots.size();
        if closed == held {
            return self.cost;
        }
        if let Some(part) = share_of(self.cost, closed, held) {
            return part;
        }
        let (closed, held) = (closed.number().into(), held.number().into());
        let part = mul_div(self.cost.raw(), closed, held, Rounding::Down);
        Money::from_raw(part.unwrap_or(self.cost.raw()))
    }

    /// Changes the position by a trade of so many lots at a price. What it closes leaves with its part of the cost,
    /// rounded down, so that closing all of it realises all of it; what goes beyond opens the other way.
    pub(crate) fn fill(
        &mut self,
        side: Side,
        lots: Lots,
        price: Ticks,
        tick_value: Money,
    ) -> Filled {
        let closed = lots.min(self.reducible(side));
        let mut filled = Filled { closed, realised: Money::ZERO };
        if closed > Lots::ZERO {
            let part = self.part_of_cost(closed);
            let change = side.signed(closed);
            filled.realised = Money::ZERO.minus(worth(change, price, tick_value)).minus(part);
            self.cost = self.cost.minus(part);
            self.lots = self.lots.plus(change);
            self.earned = self.earned.plus(filled.realised);
        }
        if closed == lots {
            return filled;
        }
        let opened = side.signed(lots.minus(closed));
        self.cost = self.cost.plus(worth(opened, price, tick_value));
        self.lots = self.lots.plus(opened);
        filled
    }
}

/// The part of a cost that so many of the lots held have, rounded down; `None` where 64 bits are not enough. The cost of
/// one lot and what is left over are divided apart, so that they nearly always are.
fn share_of(cost: Money, closed: Lots, held: Lots) -> Option<Money> {
    let (closed, held) = (closed.number(), held.number());
    let cost = i64::try_from(cost.raw()).ok()?;
    let each = cost.checked_div_euclid(held)?;
    let over = cost.wrapping_sub(each.wrapping_mul(held)).checked_mul(closed)?.checked_div(held)?;
    // A part of a 64-bit number fits.
    let part = each.wrapping_mul(closed).wrapping_add(over);
    Some(Money::from_raw(part.into()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_part_of_a_cost_is_exact_and_rounded_down(
            cost in any::<i64>(),
            held in 1_i64..(1 << 41),
            closed in any::<prop::sample::Index>(),
        ) {
            // A unit that is lost in rounding is money that nobody has.
            let closed = 1 + i64::try_from(closed.index(usize::MAX)).unwrap_or(0).rem_euclid(held);
            let cost = Money::from_raw(cost.into());
            if let Some(part) = share_of(cost, Lots::new(closed), Lots::new(held)) {
                let exact = mul_div(cost.raw(), closed.into(), held.into(), Rounding::Down);
                prop_assert_eq!(Some(part.raw()), exact);
            }
        }
    }

    const TICK_VALUE: Money = Money::from_raw(7);

    fn leg() -> Leg {
        Leg::new(AccountId::new(0), MarketId::new(0), PositionSide::Both, 10)
    }

    #[test]
    fn closing_all_of_a_position_realises_all_of_it() {
        // Otherwise a rest of the cost stays behind with no lots, and money is lost.
        let mut leg = leg();
        let _ = leg.fill(Side::Buy, Lots::new(3), Ticks::new(10), TICK_VALUE);
        let _ = leg.fill(Side::Buy, Lots::new(4), Ticks::new(11), TICK_VALUE);
        let mut realised = Money::ZERO;
        for lots in [2, 1, 4] {
            let filled = leg.fill(Side::Sell, Lots::new(lots), Ticks::new(12), TICK_VALUE);
            realised = realised.plus(filled.realised);
        }
        assert_eq!((leg.lots, leg.cost), (Lots::ZERO, Money::ZERO));
        assert_eq!(realised.raw(), (7 * 12 - 3 * 10 - 4 * 11) * 7);
    }

    #[test]
    fn a_fill_beyond_the_position_opens_the_other_way() {
        // The opened part must cost what was paid for it, and nothing of the closed part.
        let mut leg = leg();
        let _ = leg.fill(Side::Sell, Lots::new(5), Ticks::new(10), TICK_VALUE);
        let filled = leg.fill(Side::Buy, Lots::new(8), Ticks::new(9), TICK_VALUE);
        assert_eq!(filled, Filled { closed: Lots::new(5), realised: Money::from_raw(5 * 7) });
        assert_eq!((leg.lots, leg.cost.raw()), (Lots::new(3), 3 * 9 * 7));
        assert_eq!(leg.profit(Ticks::new(11), TICK_VALUE).raw(), 3 * 2 * 7);
    }

    #[test]
    fn closing_and_opening_again_hides_no_profit() {
        // Who could hide a profit would leave the others to pay for a loss that it has won from.
        let mut leg = leg();
        let _ = leg.fill(Side::Buy, Lots::new(3), Ticks::new(10), TICK_VALUE);
        leg.settle(Ticks::new(12), TICK_VALUE);
        let since = |leg: &Leg, mark| leg.earned.plus(leg.profit(Ticks::new(mark), TICK_VALUE));
        assert_eq!(since(&leg, 12), Money::ZERO);
        let held = since(&leg, 15);
        assert_eq!(held.raw(), 3 * 3 * 7);
        let _ = leg.fill(Side::Sell, Lots::new(3), Ticks::new(15), TICK_VALUE);
        let _ = leg.fill(Side::Buy, Lots::new(3), Ticks::new(15), TICK_VALUE);
        assert_eq!(since(&leg, 15), held);
    }
}
