//! Who is liquidated first.

use std::cmp::Ordering;

use units::Money;

use crate::id::AccountId;

/// How urgent a liquidation is; the smallest is the most urgent. Insolvent ones come first, since waiting costs the
/// fund, then the larger shortfall of margin, then the lower account, then the account as a whole before its isolated
/// positions, those by their markets and sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Urgency<Key> {
    /// What there is, at the better end.
    pub(crate) equity: Money,
    /// What there would have to be.
    pub(crate) maintenance: Money,
    /// Whose.
    pub(crate) account: AccountId,
    /// What of the account.
    pub(crate) key: Key,
}

impl<Key: Ord> Urgency<Key> {
    fn is_solvent(&self) -> bool {
        self.equity >= Money::ZERO
    }

    fn shortfall(&self) -> Money {
        self.maintenance.minus(self.equity)
    }
}

impl<Key: Ord> Ord for Urgency<Key> {
    fn cmp(&self, other: &Self) -> Ordering {
        let solvent = self.is_solvent().cmp(&other.is_solvent());
        let shortfall = other.shortfall().cmp(&self.shortfall());
        let who = (self.account, &self.key).cmp(&(other.account, &other.key));
        solvent.then(shortfall).then(who)
    }
}

impl<Key: Ord> PartialOrd for Urgency<Key> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_insolvent_come_first_then_the_larger_shortfall_then_the_lower_account() {
        // Where the budget is short, waiting costs the fund only for those who have nothing left.
        let urgency = |account, equity, maintenance| Urgency {
            equity: Money::whole(equity),
            maintenance: Money::whole(maintenance),
            account: AccountId::new(account),
            key: 0,
        };
        let mut all = [
            urgency(5, 1, 900),
            urgency(4, 1, 3),
            urgency(3, 1, 3),
            urgency(2, -1, 1),
            urgency(1, -5, 1),
        ];
        all.sort();
        assert_eq!(all.map(|one| one.account.number()), [1, 2, 5, 3, 4]);
    }
}
