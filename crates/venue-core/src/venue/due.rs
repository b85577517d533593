//! Who is due for liquidation.

use crate::id::AccountId;
use crate::margin::is_due;
use crate::state::LegId;
use crate::venue::Venue;
use crate::venue::liquidate::Party;

impl Venue {
    /// Looks at an account whose margin may have changed, and notes whether it is due.
    pub(super) fn look_at(&mut self, account: AccountId) {
        let Some(state) = self.accounts.get(account.place()) else { return };
        if is_due(state.cash, self.legs_of(state), self.holdings_of(state)) {
            self.note_due(Party::account(account));
        }
        let mut place = 0;
        while let Some(leg) = self.leg_at(account, place) {
            place = place.saturating_add(1);
            let isolated = self.legs.get(leg.place()).is_some_and(|leg| leg.isolated.is_some());
            let party = Party::isolated(account, leg);
            if isolated && self.is_due(party) {
                self.note_due(party);
            }
        }
    }

    /// One of an account's legs.
    fn leg_at(&self, account: AccountId, place: usize) -> Option<LegId> {
        self.accounts.get(account.place())?.legs.get(place).copied()
    }

    /// Looks at everybody.
    pub(super) fn look_at_all(&mut self) {
        for number in (0_u32..).take(self.accounts.len()) {
            self.look_at(AccountId::new(number));
        }
    }

    fn is_due(&self, party: Party) -> bool {
        let (equity, maintenance) = self.standing(party);
        equity < maintenance
    }
}
