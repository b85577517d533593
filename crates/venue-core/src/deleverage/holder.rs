//! What is known of somebody who may be closed, and how far ahead of others they are.

use std::cmp::Ordering;

use units::fixed::{ONE, mul_div};
use units::{Money, Ratio, Rounding};

use crate::id::AccountId;
use crate::settings::Deleverage;
use crate::value::{Lots, PositionSide, Side, Ticks, worth};

/// Somebody who holds the opposite of a position that has to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Who.
    pub account: AccountId,
    /// Which of the account's positions in the market.
    pub position: PositionSide,
    /// How many lots; above zero, whatever the side.
    pub lots: Lots,
    /// What the position was bought for, less what it was sold for; below zero for a short one.
    pub cost: Money,
    /// Profit since the last settlement, realised profit included.
    pub profit: Money,
    /// What answers for the position: the account's equity at the better end, or that of an isolated position. Zero where
    /// it does not count: without a ranking, and without a deficit or a profit.
    pub equity: Money,
    /// What the same has to have; zero where that does not count.
    pub maintenance: Money,
    /// Whether the position hedges the account's others, and is closed only after those that do not.
    pub hedged: bool,
}

/// What the score of a holder depends on beside the holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// The side that holders are on: `Buy` for those who are long.
    pub side: Side,
    /// The mark.
    pub mark: Ticks,
    /// What one lot is worth for each tick.
    pub tick_value: Money,
}

impl Holder {
    /// The most that this holder gives for somebody else's loss: the profit, but no more than there is.
    #[must_use]
    pub fn can_give(&self) -> Money {
        self.profit.min(self.equity).max(Money::ZERO)
    }

    /// What the position is worth at the mark; below zero where it is short.
    fn value(&self, at: At) -> Money {
        worth(at.side.signed(self.lots), at.mark, at.tick_value)
    }

    /// The rank by a rule's score, the higher the sooner. Parts are rounded down to a trillionth one after another.
    #[must_use]
    pub fn score(&self, rule: Deleverage, at: At) -> Ratio {
        let score = match rule {
            Deleverage::ProRata => Some(0),
            Deleverage::Binance => self.binance(at),
            Deleverage::Bitmex => self.bitmex(at),
            Deleverage::Hyperliquid => self.hyperliquid(at),
        };
        // What divides by nothing, such as the leverage of an account without equity, goes first.
        Ratio::from_raw(score.unwrap_or(i128::MAX))
    }

    /// Profit over the wallet, by maintenance over equity. The wallet is the equity without the position's profit.
    ///
    /// Source: Binance's FAQ on auto-deleveraging (research, 2.6).
    fn binance(&self, at: At) -> Option<i128> {
        let profit = self.value(at).minus(self.cost);
        if self.equity <= Money::ZERO || profit <= Money::ZERO {
            return Some(0);
        }
        let wallet = self.equity.minus(profit).max(Money::ONE);
        let gain = over(profit, wallet)?;
        let margin = over(self.maintenance, self.equity)?;
        mul_div(gain, margin, ONE, Rounding::Down)
    }

    /// Profit over what was paid, times the effective leverage where there is profit, and over it where there is none.
    ///
    /// Source: the page of Bitmex on auto-deleveraging (research, 2.6); OKX and MEXC rank alike.
    fn bitmex(&self, at: At) -> Option<i128> {
        let value = self.value(at);
        let gain = over(value.minus(self.cost), self.cost.max(Money::ZERO.minus(self.cost)))?;
        let size = value.max(Money::ZERO.minus(value));
        if self.equity <= Money::ZERO {
            return None;
        }
        if gain > 0 {
            mul_div(gain, over(size, self.equity)?, ONE, Rounding::Down)
        } else {
            mul_div(gain, self.equity.raw(), size.raw(), Rounding::Down)
        }
    }

    /// How far the mark has gone from the entry in the holder's favour, times the leverage.
    ///
    /// Source: Hyperliquid's documentation as quoted (research, 2.6). It says mark over entry without a word on short
    /// positions; here the ratio is turned round for them, since it would rank losers first otherwise.
    fn hyperliquid(&self, at: At) -> Option<i128> {
        let (value, cost) = (self.value(at), self.cost);
        let ratio = match at.side {
            Side::Buy => over(value, cost)?,
            Side::Sell => over(Money::ZERO.minus(cost), Money::ZERO.minus(value))?,
        };
        if self.equity <= Money::ZERO {
            return None;
        }
        let size = value.max(Money::ZERO.minus(value));
        mul_div(ratio, over(size, self.equity)?, ONE, Rounding::Down)
    }

    /// Who is closed in which group: lower groups first. Hedged ones come last, and those with profit before those
    /// without.
    pub(crate) fn group(&self) -> u8 {
        match (self.hedged, self.profit > Money::ZERO) {
            (false, true) => 0,
            (false, false) => 1,
            (true, true) => 2,
            (true, false) => 3,
        }
    }

    /// Whether this one is closed before the other: by score, then by account. Pro rata knows only groups.
    pub(crate) fn before(&self, other: &Self, rule: Deleverage, at: At) -> Ordering {
        match rule {
            Deleverage::ProRata => self.group().cmp(&other.group()),
            Deleverage::Binance | Deleverage::Bitmex | Deleverage::Hyperliquid => {
                let scores = other.score(rule, at).cmp(&self.score(rule, at));
                scores.then(self.account.cmp(&other.account))
            }
        }
    }
}

/// One amount over another, in trillionths, rounded down.
fn over(amount: Money, by: Money) -> Option<i128> {
    mul_div(amount.raw(), ONE, by.raw(), Rounding::Down)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK_VALUE: Money = Money::ONE;

    fn holder(lots: i64, cost: i128, equity: i128, maintenance: i128) -> Holder {
        Holder {
            account: AccountId::new(1),
            position: PositionSide::Both,
            lots: Lots::new(lots),
            cost: Money::whole(cost),
            profit: Money::ZERO,
            equity: Money::whole(equity),
            maintenance: Money::whole(maintenance),
            hedged: false,
        }
    }

    fn check(holder: Holder, rule: Deleverage, side: Side, mark: i64, expect: &str) {
        let at = At { side, mark: Ticks::new(mark), tick_value: TICK_VALUE };
        let score = holder.score(rule, at);
        assert_eq!(score.to_string(), expect, "{rule:?}");
    }

    #[test]
    fn binance_ranks_by_profit_and_margin_ratio() {
        // Who compares the rules has to see each as its venue applies it. Source: research, 2.6.
        check(holder(1, 49_500, 1_500, 60), Deleverage::Binance, Side::Buy, 50_000, "0.02");
        let rich = holder(1, 49_500, 10_500, 60);
        check(rich, Deleverage::Binance, Side::Buy, 50_000, "0.000285714285");
        check(holder(1, 50_500, 1_500, 60), Deleverage::Binance, Side::Buy, 50_000, "0");
    }

    #[test]
    fn bitmex_ranks_by_profit_and_effective_leverage() {
        // Source: research, 2.6; the equity is what lies between the mark and the bankruptcy price.
        check(holder(1, 50_000, 20_000, 0), Deleverage::Bitmex, Side::Buy, 60_000, "0.6");
        check(
            holder(1, -60_000, 20_000, 0),
            Deleverage::Bitmex,
            Side::Sell,
            50_000,
            "0.416666666665",
        );
        check(
            holder(1, 60_000, 5_000, 0),
            Deleverage::Bitmex,
            Side::Buy,
            50_000,
            "-0.016666666667",
        );
    }

    #[test]
    fn hyperliquid_ranks_by_move_and_leverage() {
        // Source: research, 2.6; the short form is turned round.
        check(holder(2, 100_000, 40_000, 0), Deleverage::Hyperliquid, Side::Buy, 60_000, "3.6");
        check(holder(2, -120_000, 40_000, 0), Deleverage::Hyperliquid, Side::Sell, 50_000, "3");
    }

    #[test]
    fn nobody_gives_more_than_the_profit_or_than_there_is() {
        // A holder that is pushed below zero makes the next deficit.
        let rich = Holder { profit: Money::whole(5), ..holder(1, 1, 7, 1) };
        assert_eq!(rich.can_give(), Money::whole(5));
        let poor = Holder { profit: Money::whole(9), ..holder(1, 1, 7, 1) };
        assert_eq!(poor.can_give(), Money::whole(7));
        let loser = Holder { profit: Money::whole(-9), ..holder(1, 1, 7, 1) };
        assert_eq!(loser.can_give(), Money::ZERO);
        let gone = Holder { profit: Money::whole(9), ..holder(1, 1, -7, 1) };
        assert_eq!(gone.can_give(), Money::ZERO);
    }
}
