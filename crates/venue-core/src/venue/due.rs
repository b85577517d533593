//! Who is due for liquidation.

use crate::id::AccountId;
use crate::margin::is_due;
use crate::state::LegId;
use crate::venue::Venue;
use crate::venue::liquidate::Party;

impl Venue {
    /// Looks at an account whose margin may have changed, and notes whether it is due.
    pub(super) fn look_at(&mut self, account: AccountId) {
        let party = Party::account(account);
        if self.is_due(party) {
            self.note_due(party);
        }
        let Some(state) = self.accounts.get(account.place()) else { return };
        let isolated: Vec<LegId> = state
            .legs
            .iter()
            .copied()
            .filter(|leg| self.legs.get(leg.place()).is_some_and(|leg| leg.isolated.is_some()))
            .collect();
        for leg in isolated {
            let party = Party::isolated(account, leg);
            if self.is_due(party) {
                self.note_due(party);
            }
        }
    }

    /// Looks at everybody.
    pub(super) fn look_at_all(&mut self) {
        for number in (0_u32..).take(self.accounts.len()) {
            self.look_at(AccountId::new(number));
        }
    }

    fn is_due(&self, party: Party) -> bool {
        if party.leg.is_some() {
            let (equity, maintenance) = self.standing(party);
            return equity < maintenance;
        }
        self.accounts.get(party.account.place()).is_some_and(|account| {
            is_due(account.cash, self.legs_of(account), self.holdings_of(account))
        })
    }
}
