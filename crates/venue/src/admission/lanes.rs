//! The lanes in front of the engine: which work is next.

use std::collections::BTreeMap;
use std::sync::Arc;

use admission_core::{
    Arrival, Class, Entry, LaneArrival, LaneSettings, Lanes, Mode, ShedReason as Reason,
    Ticket as Number, Turn,
};
use units::{Span, Timestamp};

use super::board::SharedBoard;
use crate::config::AdmissionMode;
use crate::engine::{Intake, Shed, ShedReason, Ticket, Work};

/// How long waits are too long where the capacity is fixed to little: so many times what one takes. A wait that is not too
/// long for two others to go before cannot be a sign of a queue.
const TURNS: u64 = 3;

/// For how many times that they are too long before any is refused.
const TURNS_FOR: u64 = 20;

/// Most that wait of each class where nothing holds the engine back: what comes within some tens of milliseconds, while a
/// batch is done.
const FREE_WAITING: usize = 8_192;

/// How long waits are too long where nothing holds the engine back, and for how long: on a machine that is short of
/// processors every thread waits for tens of milliseconds, and refusing work does not make that shorter.
const FREE_DELAY: (Span, Span) = (Span::from_millis(50), Span::from_millis(500));

/// The lanes in front of the engine.
#[derive(Debug)]
pub(crate) struct LaneIntake {
    lanes: Lanes,
    fair: bool,
    tickets: BTreeMap<Number, Ticket>,
    board: SharedBoard,
}

impl LaneIntake {
    /// Empty lanes. `seed` picks who shares a line with whom: nobody outside may know it. `capacity` is what
    /// the engine is held to, if it is.
    pub(crate) fn new(
        mode: AdmissionMode,
        capacity: Option<u32>,
        seed: u64,
        board: SharedBoard,
    ) -> Self {
        let fair = mode == AdmissionMode::Fair;
        let lane_mode = if fair { Mode::Fair } else { Mode::Fifo };
        // The engine says when it is free. An order costs one.
        let mut settings = LaneSettings::engine(lane_mode, None, 1, seed);
        let third = &mut settings.classes.third;
        match (capacity, &mut third.delay) {
            (Some(capacity), Some(rule)) => {
                let each = Span::from_secs(1).divided_by(u64::from(capacity.max(1)));
                rule.target = rule.target.max(each.times(TURNS));
                rule.interval = rule.interval.max(rule.target.times(TURNS_FOR));
            }
            (None, Some(rule)) => (rule.target, rule.interval) = FREE_DELAY,
            (_, None) => {}
        }
        if capacity.is_none() {
            third.waiting_max = FREE_WAITING;
            settings.classes.first.waiting_max = FREE_WAITING;
        }
        Self { lanes: Lanes::new(settings), fair, tickets: BTreeMap::new(), board }
    }

    /// Adds all that were sent away, and tells how things stand.
    fn settle(&mut self, now: Timestamp, shed: &mut Shed) {
        while let Some(gone) = self.lanes.poll_shed() {
            if let Some(ticket) = self.tickets.remove(&gone.ticket) {
                let reason = why(gone.reason, &ticket);
                shed.push((ticket, reason));
            }
        }
        self.board.set(self.lanes.counts(), now);
    }

    fn arrive(&mut self, ticket: Ticket, now: Timestamp, shed: &mut Shed) {
        let class = if ticket.claim.cuts_risk { Class::First } else { Class::Third };
        let client = ticket.work.account.map_or(u64::MAX, |account| u64::from(account.number()));
        let cost = u32::try_from(ticket.work.weight()).unwrap_or(u32::MAX);
        let arrival = LaneArrival {
            arrival: Arrival { class, client, cost, deadline: ticket.work.deadline },
            open_orders: ticket.claim.open_orders,
            key: ticket.claim.key,
        };
        match self.lanes.arrive(now, arrival) {
            Entry::Waits { ticket: number, .. } => {
                self.tickets.insert(number, ticket);
            }
            Entry::Joins { ticket: number } => {
                if let Some(first) = self.tickets.get_mut(&number) {
                    first.join(ticket);
                }
            }
            Entry::Shed(reason) => {
                let reason = why(reason, &ticket);
                shed.push((ticket, reason));
            }
        }
    }

    /// Whether work waited among what cuts risk and does not cut any.
    fn is_false(&self, turn: &Turn, ticket: &Ticket, cuts_risk: &dyn Fn(&Work) -> bool) -> bool {
        self.fair && turn.queued == Class::First && !cuts_risk(&ticket.work)
    }
}

/// Why work is not done, as its sender is told: what cuts risk is never refused for there being too much new risk.
const fn why(reason: Reason, ticket: &Ticket) -> ShedReason {
    match reason {
        Reason::Deadline => ShedReason::Late,
        Reason::Full | Reason::Late if ticket.claim.cuts_risk => ShedReason::Budget,
        Reason::Full => ShedReason::Full,
        Reason::Late => ShedReason::Overload,
    }
}

impl Intake for LaneIntake {
    fn offer(&mut self, ticket: Ticket, now: Timestamp, shed: &mut Shed) {
        self.arrive(ticket, now, shed);
        self.settle(now, shed);
    }

    fn next(
        &mut self,
        now: Timestamp,
        cuts_risk: &dyn Fn(&Work) -> bool,
        shed: &mut Shed,
    ) -> Option<Ticket> {
        let taken = loop {
            let Some(turn) = self.lanes.take(now) else { break None };
            let Some(mut ticket) = self.tickets.remove(&turn.ticket) else { continue };
            if self.is_false(&turn, &ticket, cuts_risk) {
                // It is not refused: what it asked for may be asked for, but waits with its like.
                self.lanes.on_false_claim(now, turn.client);
                self.board.misjudged();
                ticket.claim.cuts_risk = false;
                self.arrive(ticket, now, shed);
                continue;
            }
            self.board.taken(turn.class, now, now.since(ticket.arrived));
            break Some(ticket);
        };
        self.settle(now, shed);
        taken
    }

    fn pass(&mut self, own: &Ticket, now: Timestamp) {
        self.board.taken(Class::Second, now, now.since(own.arrived));
    }

    fn len(&self) -> usize {
        self.tickets.len()
    }

    fn empty(&mut self) -> Vec<Ticket> {
        let waiting = std::mem::take(&mut self.tickets);
        waiting.keys().for_each(|number| self.lanes.leave(*number));
        waiting.into_values().collect()
    }
}

/// Lanes, and the board that tells how they stand.
pub(crate) fn lanes(
    mode: AdmissionMode,
    capacity: Option<u32>,
    seed: u64,
) -> (LaneIntake, SharedBoard) {
    let board = SharedBoard::default();
    (LaneIntake::new(mode, capacity, seed, Arc::clone(&board)), board)
}
