//! Amounts that are charged by size: each part of an amount at the rate of the tier that it lies in. Brackets of
//! maintenance and haircuts of collateral are both this.

use units::fixed::{ONE, mul_div};
use units::{Money, Ratio, Rounding};

use crate::value::product;

/// From an amount on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tier {
    /// The amount.
    floor: i128,
    /// What is charged of what is above it.
    rate: i128,
    /// What has been charged too much by then, were all of it charged at the rate.
    deduction: i128,
}

/// Tiers by rising floors, the first of which is zero. What is charged has no jumps: a tier begins with what the one
/// before ends with, to the unit.
///
/// Source: Binance's maintenance amounts, and Hyperliquid's margin tiers (research, 2.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tiers(Vec<Tier>);

impl Tiers {
    /// Tiers of floors and rates. `None` where there is none, floors do not rise from zero, rates fall or are not
    /// within 0 and 1, or a deduction is no whole number of trillionths, since then there would be jumps.
    pub(crate) fn new(rows: impl IntoIterator<Item = (Money, Ratio)>) -> Option<Self> {
        let mut tiers: Vec<Tier> = Vec::new();
        for (floor, rate) in rows {
            let (floor, rate) = (floor.raw(), rate.raw());
            let (deduction, rises) = match tiers.last() {
                None => (0, floor == 0 && rate >= 0),
                Some(last) => {
                    let step = rate.checked_sub(last.rate)?;
                    let grown = mul_div(floor, step, ONE, Rounding::Down)?;
                    let exact = mul_div(floor, step, ONE, Rounding::Up)? == grown;
                    (last.deduction.checked_add(grown)?, floor > last.floor && step >= 0 && exact)
                }
            };
            if !rises || rate > ONE {
                return None;
            }
            tiers.push(Tier { floor, rate, deduction });
        }
        (!tiers.is_empty()).then_some(Self(tiers))
    }

    /// Whether there are none, so that nothing is charged.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn tier(&self, amount: Money) -> Option<&Tier> {
        self.0.get(self.place(amount))
    }

    /// The place of the tier that an amount lies in. There are few, and most amounts lie in the first.
    pub(crate) fn place(&self, amount: Money) -> usize {
        let above = self.0.iter().skip(1).take_while(|tier| tier.floor <= amount.raw());
        above.count()
    }

    /// What is charged of an amount, rounded up.
    pub(crate) fn charge(&self, amount: Money) -> Money {
        let Some(tier) = self.tier(amount) else { return Money::ZERO };
        let all = mul_div(amount.raw(), tier.rate, ONE, Rounding::Up).unwrap_or(i128::MAX);
        Money::from_raw(all.saturating_sub(tier.deduction))
    }

    /// Each tier's floor, the next one's (the largest amount, for the last), rate and deduction, from the first on.
    pub(crate) fn rows(&self) -> impl DoubleEndedIterator<Item = Row> {
        let next = |place: usize| {
            let next = self.0.get(place.saturating_add(1));
            next.map_or(i128::MAX, |tier| tier.floor)
        };
        self.0.iter().enumerate().map(move |(place, tier)| Row {
            floor: Money::from_raw(tier.floor),
            end: Money::from_raw(next(place)),
            rate: Ratio::from_raw(tier.rate),
            deduction: Money::from_raw(tier.deduction),
        })
    }
}

/// At least a part of an amount, both zero or more, and no more than by a four-billionth of the amount: a division by
/// a trillion costs more than all else that margin does for an order, and hardly any order is that close to its limit.
pub(crate) fn share_bound(amount: Money, rate: Ratio) -> Money {
    /// 2^72 over a trillion, rounded up.
    const PARTS: i128 = 4_722_366_483;
    /// From here on the product would not fit, and a bound cut off at the type's end would be none.
    const LIMIT: Money = Money::from_raw(1 << 92);
    if amount >= LIMIT {
        return amount.times(rate, Rounding::Up).unwrap_or(amount);
    }
    let parts = (product(rate.raw(), PARTS) >> 40).saturating_add(1);
    Money::from_raw((product(amount.raw(), parts) >> 32).saturating_add(1))
}

/// A tier as it is handed out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// Where it begins.
    pub(crate) floor: Money,
    /// Where the next one begins.
    pub(crate) end: Money,
    /// What is charged.
    pub(crate) rate: Ratio,
    /// What is taken off it.
    pub(crate) deduction: Money,
}
