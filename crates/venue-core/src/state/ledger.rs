//! The venue's own money, and the sums that prove that none was made or lost.

use units::Money;

/// What the venue holds of the settlement asset, apart from the accounts' balances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ledger {
    /// Fees less rebates.
    pub(crate) fees: Money,
    /// The insurance fund.
    pub(crate) fund: Money,
    /// What rounding has left over.
    pub(crate) dust: Money,
    /// What the house has paid for collateral that it took over, and got for it; below zero while it holds some.
    pub(crate) house: Money,
    /// Deposits less withdrawals, of accounts and of the fund.
    pub(crate) brought_in: Money,
    /// The sum of all accounts' cash and isolated margin.
    pub(crate) accounts: Money,
    /// The sum of all positions' costs.
    pub(crate) costs: Money,
}

impl Ledger {
    /// Money that is there and was never brought in; zero, or the venue has made or lost some (VN-1). Profit and loss
    /// that are not realised are in it, since costs are kept exactly.
    ///
    /// Sums of more than 2^127 would come around to where they were, and those of what was brought in are far smaller.
    pub(crate) const fn excess(&self) -> Money {
        let venue = self.fees.raw().wrapping_add(self.fund.raw()).wrapping_add(self.dust.raw());
        let held = self.accounts.raw().wrapping_add(venue).wrapping_add(self.house.raw());
        let owed = self.costs.raw().wrapping_add(self.brought_in.raw());
        Money::from_raw(held.wrapping_sub(owed))
    }
}
