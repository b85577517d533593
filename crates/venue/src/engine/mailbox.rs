//! What comes to the engine's thread: work, what the journal says, and that it is to stop.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use journal::Appended;
use units::{Span, Timestamp};

use super::figures::EngineState;
use super::intake::{Intake, Shed};
use super::ticket::Ticket;
use super::work::{Outcome, ShedReason};

/// Most work of the venue's own that waits: prices of some thousand markets.
const OWN_MAX: usize = 4_096;

/// What comes to the engine's thread.
#[derive(Debug)]
pub(super) struct Mailbox {
    inbox: Mutex<Inbox>,
    wake: Condvar,
}

/// What has come.
#[derive(Debug)]
pub(super) struct Inbox {
    pub(super) intake: Box<dyn Intake>,
    /// What the venue does by itself, which goes before all else.
    pub(super) own: VecDeque<Ticket>,
    pub(super) told: VecDeque<Appended>,
    pub(super) state: EngineState,
    /// Whether the thread is to end once nothing is on its way.
    pub(super) stop: bool,
}

impl Mailbox {
    pub(super) fn new(intake: Box<dyn Intake>) -> Self {
        let state = EngineState::Running;
        let (own, told) = (VecDeque::new(), VecDeque::new());
        let inbox = Inbox { intake, own, told, state, stop: false };
        Self { inbox: Mutex::new(inbox), wake: Condvar::new() }
    }

    /// What has come; nobody else gets at it meanwhile.
    pub(super) fn open(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a ticket wait. What is shed for it, or is it, is to be told.
    pub(super) fn offer(&self, ticket: Ticket, now: Timestamp) -> Shed {
        let mut shed = Shed::new();
        let mut inbox = self.open();
        match inbox.state {
            EngineState::Running => inbox.intake.offer(ticket, now, &mut shed),
            EngineState::Draining => shed.push((ticket, ShedReason::Draining)),
            EngineState::Stopped(_) => {
                drop(inbox);
                ticket.tell(Outcome::Stopped);
                return shed;
            }
        }
        drop(inbox);
        self.wake.notify_one();
        shed
    }

    /// Lets the venue's own work wait.
    pub(super) fn offer_own(&self, ticket: Ticket) {
        let mut inbox = self.open();
        let stopped = matches!(inbox.state, EngineState::Stopped(_));
        if !stopped && inbox.own.len() < OWN_MAX {
            inbox.own.push_back(ticket);
            drop(inbox);
            self.wake.notify_one();
            return;
        }
        drop(inbox);
        ticket.tell(if stopped { Outcome::Stopped } else { Outcome::Shed(ShedReason::Full) });
    }

    /// Takes in what the journal says.
    pub(super) fn told(&self, appended: Appended) {
        self.open().told.push_back(appended);
        self.wake.notify_one();
    }

    /// Takes no more work of accounts, or takes it again.
    pub(super) fn drain(&self, drain: bool) {
        let mut inbox = self.open();
        if !inbox.stop && !matches!(inbox.state, EngineState::Stopped(_)) {
            inbox.state = if drain { EngineState::Draining } else { EngineState::Running };
        }
    }

    /// Has the thread end once nothing is on its way, and takes no more work.
    pub(super) fn stop(&self) {
        let mut inbox = self.open();
        inbox.stop = true;
        if inbox.state == EngineState::Running {
            inbox.state = EngineState::Draining;
        }
        drop(inbox);
        self.wake.notify_one();
    }

    /// Says that nothing is taken any more, and tells whoever waits; the first reason stays.
    pub(super) fn close(&self, why: &str) {
        let mut inbox = self.open();
        if !matches!(inbox.state, EngineState::Stopped(_)) {
            inbox.state = EngineState::Stopped(why.to_owned());
        }
        let mut waiting: Vec<_> = inbox.own.drain(..).collect();
        waiting.extend(inbox.intake.empty());
        drop(inbox);
        waiting.into_iter().for_each(|ticket| ticket.tell(Outcome::Stopped));
    }

    /// Waits until there is something to look at, or for so long.
    pub(super) fn wait(&self, at_most: Span, ready: impl Fn(&Inbox) -> bool) {
        let inbox = self.open();
        let at_most = Duration::from_nanos(at_most.as_nanos());
        let waited = self.wake.wait_timeout_while(inbox, at_most, |inbox| !ready(inbox));
        drop(waited);
    }
}
