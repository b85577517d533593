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
            self.note_outage(command);
        }
        // Most commands move nothing.
        if !self.moved.is_empty() {
            self.fire_triggers(events);
        }
        if matches!(command, Command::Price(_) | Command::Tick) {
            self.follow_outside(command, events);
        }
        self.check_invariants(events);
        self.tell_digest(events);
    }

    /// What follows a price or a tick.
    fn follow_outside(&mut self, command: &Command, events: &mut Vec<Event>) {
        let price = if let Command::Price(update) = command { Some(update.of) } else { None };
        self.look_at_due(price);
        self.liquidation_step(events);
        self.fire_triggers(events);
        if *command == Command::Tick {
            self.refresh_coverage();
        }
    }

    /// Notes that an account's margin may have become worse: it is looked at before the liquidation
    /// engine's next step.
    pub(crate) fn touch(&mut self, account: AccountId) {
        // Who trades again and again is mostly noted already.
        if !self.watch.is_touched(account)
            && self.accounts.get(account.place()).is_some()
            && self.watch.touch(account)
        {
            self.touched.push(account);
        }
    }
}
