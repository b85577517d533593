//! Where the parts meet: what follows a command, and who is looked at.

use crate::command::{Command, PriceOf, PriceUpdate};
use crate::event::Event;
use crate::id::AccountId;
use crate::venue::Venue;

impl Venue {
    /// What follows a command (steps 5 to 7 of the rules): orders whose trigger was met, the accounts whose margin may
    /// have changed, the liquidation engine's step after a price, and the invariants.
    pub(super) fn follow_up(&mut self, command: &Command, events: &mut Vec<Event>) {
        if let Command::Price(PriceUpdate { of: PriceOf::Index(market), .. }) = command {
            self.note_move(*market);
        }
        self.note_outage(command);
        self.fire_triggers(events);
        self.look_at_touched();
        if matches!(command, Command::Price(_) | Command::Tick) {
            self.look_at_all();
            self.liquidation_step(events);
            self.fire_triggers(events);
            self.look_at_touched();
        }
        if *command == Command::Tick {
            self.refresh_coverage();
        }
        self.check_invariants(events);
        self.tell_digest(events);
    }

    /// Notes that an account's margin may have become worse: it is looked at before the command ends.
    pub(crate) fn touch(&mut self, account: AccountId) {
        if let Some(state) = self.accounts.get_mut(account.place())
            && !state.touched
        {
            state.touched = true;
            self.touched.push(account);
        }
    }

    /// Looks at the accounts that were touched, in the order in which they were.
    pub(super) fn look_at_touched(&mut self) {
        let mut touched = std::mem::take(&mut self.touched);
        for account in touched.drain(..) {
            if let Some(state) = self.accounts.get_mut(account.place()) {
                state.touched = false;
            }
            self.look_at(account);
        }
        self.touched = touched;
    }
}
