//! The way to one server: who is served next, and who is told that he will not be.

mod budget;
mod delay;
mod entry;
mod settings;
mod sharded;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use units::{Span, Timestamp};

pub use entry::{Entry, LaneArrival, LaneCounts, ShedTurn, Turn};
pub use settings::{BudgetRules, LaneRules, LaneSettings};

use crate::class::{Class, PerClass};
use crate::request::{Arrival, ShedReason, Ticket};
use crate::settings::Mode;
use budget::{Budgets, Grant};
use sharded::{Item, Pushed, Sharded};

/// Where a ticket stands.
#[derive(Clone, Copy, Debug)]
struct Stand {
    arrival: LaneArrival,
    /// The class in whose queue it is: another where it is above the budget, or there is one queue.
    queued: Class,
    line: usize,
    since: Timestamp,
    repeats: u32,
}

/// Shares a server that does one piece of work after the other.
///
/// All work waits in its class's queue until the server is free. Then the most important class that has
/// any is served, but for the time that the floors keep for the others.
#[derive(Clone, Debug)]
pub struct Lanes {
    settings: LaneSettings,
    queues: PerClass<Sharded>,
    /// Cost that each class has coming to it by its floor, in thousandths; below zero after it was served.
    credits: PerClass<i64>,
    budgets: Budgets,
    stands: BTreeMap<Ticket, Stand>,
    /// What a repeat joins: clients with the keys of what they have waiting.
    keys: BTreeMap<(u64, u64), Ticket>,
    /// When those who wait give up, earliest first.
    ends: BTreeSet<(Timestamp, Ticket)>,
    /// When the server is through with what it was given, by its rate.
    free_at: Timestamp,
    last_ticket: u64,
    sent_away: VecDeque<ShedTurn>,
    /// What was found late while a turn was given; kept to spare allocations.
    late: Vec<(Item, ShedReason)>,
    counts: PerClass<LaneCounts>,
}

/// Most repeats that wait for the answer of one piece of work: more than a client sends that tries again
/// every 100 milliseconds for the five seconds that a request is valid.
const REPEATS_MAX: u32 = 64;

/// How far behind its rate the server may be and still catch up: a few turns of a scheduler. Without it
/// every wake that comes late would be capacity lost, with much of it an idle server could be flooded.
const CATCH_UP: Span = Span::from_millis(10);

/// Most that one piece of work is charged, in quanta: it bounds the visits to each line before one is served.
const QUANTA_MAX: u32 = 16;

/// The classes that have a floor.
const FLOORED: [Class; 3] = [Class::Second, Class::Third, Class::Fourth];

impl Lanes {
    /// Empty lanes.
    #[must_use]
    pub fn new(settings: LaneSettings) -> Self {
        let queue = || Sharded::new((settings.mode == Mode::Fair).then_some(settings.seed));
        Self {
            settings,
            queues: PerClass { first: queue(), second: queue(), third: queue(), fourth: queue() },
            credits: PerClass::default(),
            budgets: Budgets::default(),
            stands: BTreeMap::new(),
            keys: BTreeMap::new(),
            ends: BTreeSet::new(),
            free_at: Timestamp::ZERO,
            last_ticket: 0,
            sent_away: VecDeque::new(),
            late: Vec::new(),
            counts: PerClass::default(),
        }
    }

    /// Work comes in.
    pub fn arrive(&mut self, now: Timestamp, lane_arrival: LaneArrival) -> Entry {
        let Arrival { class, client, cost, deadline } = lane_arrival.arrival;
        let counts = self.counts.get_mut(class);
        counts.offered = counts.offered.saturating_add(1);
        if deadline <= now {
            return self.refuse(class, ShedReason::Deadline);
        }
        if let Some(ticket) = self.known(lane_arrival) {
            return self.join(class, ticket);
        }
        let (queued, assured) = self.lane_of(now, lane_arrival);
        let most = self.settings.quantum.max(1).saturating_mul(QUANTA_MAX);
        let ticket = Ticket(self.last_ticket.saturating_add(1));
        let item = Item { ticket, since: now, cost: cost.clamp(1, most), assured };
        let rules = self.settings.rules(queued);
        let line = match self.queues.get_mut(queued).push(client, item, &rules) {
            Pushed::Refused => return self.refuse(class, ShedReason::Full),
            Pushed::Waits(line) => line,
            Pushed::Displaced(line, other) => {
                self.send_away(other.ticket, ShedReason::Full);
                line
            }
        };
        self.last_ticket = ticket.0;
        let stand = Stand { arrival: lane_arrival, queued, line, since: now, repeats: 0 };
        self.stands.insert(ticket, stand);
        self.ends.insert((deadline, ticket));
        if let Some(key) = lane_arrival.key {
            self.keys.insert((client, key), ticket);
        }
        Entry::Waits { ticket, queued }
    }

    /// What the server is to do next, where anything waits and it is free by its rate. A server without a
    /// rate asks when it is free.
    pub fn take(&mut self, now: Timestamp) -> Option<Turn> {
        self.on_wake(now);
        if self.settings.rate.is_some() && now < self.free_at {
            return None;
        }
        for class in FLOORED {
            let due = *self.credits.get(class) > 0;
            if let Some(turn) = due.then(|| self.take_of(now, class)).flatten() {
                return Some(turn);
            }
        }
        Class::ALL.into_iter().find_map(|class| self.take_of(now, class))
    }

    /// When the server is through with what it was given, by its rate: nothing is to be had before.
    #[must_use]
    pub const fn free_at(&self) -> Timestamp {
        self.free_at
    }

    /// The server found that work of the first class was not what it was said to be.
    pub fn on_false_claim(&mut self, now: Timestamp, client: u64) {
        self.budgets.debit(now, client, self.settings.budget);
    }

    /// Somebody who waits has left by himself, with all his repeats: his ticket has no outcome.
    pub fn leave(&mut self, ticket: Ticket) {
        let Some(stand) = self.forget(ticket) else { return };
        self.queues.get_mut(stand.queued).remove(stand.line, ticket);
        let counts = self.counts.get_mut(stand.arrival.arrival.class);
        counts.left = counts.left.saturating_add(1);
    }

    /// Whoever has waited to the end is sent away.
    pub fn on_wake(&mut self, now: Timestamp) {
        while let Some((_, ticket)) = self.ends.first().copied().filter(|(at, _)| *at <= now) {
            if let Some(stand) = self.stands.get(&ticket) {
                self.queues.get_mut(stand.queued).remove(stand.line, ticket);
            }
            self.send_away(ticket, ShedReason::Deadline);
        }
    }

    /// The next whose ticket came to nothing. Each ticket has one [`Turn`], or one of these, or left.
    pub fn poll_shed(&mut self) -> Option<ShedTurn> {
        self.sent_away.pop_front()
    }

    /// How many wait in a class's queue.
    #[must_use]
    pub const fn waiting(&self, class: Class) -> usize {
        self.queues.get(class).len()
    }

    /// What happened to the work of each class, as it came in.
    #[must_use]
    pub const fn counts(&self) -> &PerClass<LaneCounts> {
        &self.counts
    }

    /// The work that a repeat repeats, where it still waits.
    fn known(&self, arrival: LaneArrival) -> Option<Ticket> {
        let key = (arrival.arrival.client, arrival.key?);
        self.keys.get(&key).copied().filter(|_| self.settings.mode == Mode::Fair)
    }

    fn join(&mut self, class: Class, ticket: Ticket) -> Entry {
        let stand = self.stands.get_mut(&ticket).filter(|stand| stand.repeats < REPEATS_MAX);
        let Some(stand) = stand else { return self.refuse(class, ShedReason::Full) };
        stand.repeats = stand.repeats.saturating_add(1);
        let counts = self.counts.get_mut(class);
        counts.joined = counts.joined.saturating_add(1);
        Entry::Joins { ticket }
    }

    /// The queue for a piece of work, and whether it must not be pushed out of it.
    fn lane_of(&mut self, now: Timestamp, arrival: LaneArrival) -> (Class, bool) {
        let Arrival { class, client, .. } = arrival.arrival;
        match (self.settings.mode, class) {
            (Mode::Fifo, _) => (Class::First, false),
            (Mode::Fair, Class::First) => {
                let rules = self.settings.budget;
                match self.budgets.spend(now, client, arrival.open_orders, rules) {
                    Grant::Within => (Class::First, false),
                    Grant::Assured => (Class::First, true),
                    Grant::Over => {
                        let counts = self.counts.get_mut(class);
                        counts.demoted = counts.demoted.saturating_add(1);
                        (Class::Third, false)
                    }
                }
            }
            (Mode::Fair, class) => (class, false),
        }
    }

    fn take_of(&mut self, now: Timestamp, queued: Class) -> Option<Turn> {
        let rules = self.settings.rules(queued);
        let mut late = std::mem::take(&mut self.late);
        let queue = self.queues.get_mut(queued);
        let item = queue.pop(now, &rules, self.settings.quantum, &mut late);
        for (item, reason) in late.drain(..) {
            self.send_away(item.ticket, reason);
        }
        self.late = late;
        let item = item?;
        self.charge(now, queued, item.cost);
        let stand = self.forget(item.ticket)?;
        let Arrival { class, client, .. } = stand.arrival.arrival;
        let counts = self.counts.get_mut(class);
        counts.served = counts.served.saturating_add(1);
        let waited = now.since(stand.since);
        Some(Turn { ticket: item.ticket, class, queued, client, waited, repeats: stand.repeats })
    }

    /// Accounts for what the server is given: to its own time, and to what each class has coming.
    fn charge(&mut self, now: Timestamp, served: Class, cost: u32) {
        if let Some(rate) = self.settings.rate {
            let nanos = u64::from(cost).saturating_mul(1_000_000_000).checked_div(rate.max(1));
            let from = self.free_at.max(now.before(CATCH_UP));
            self.free_at = from.after(Span::from_nanos(nanos.unwrap_or(0)));
        }
        let whole = i64::from(cost).saturating_mul(1_000);
        let most = i64::from(self.settings.quantum.max(1)).saturating_mul(1_000);
        for class in FLOORED {
            let floor = i64::from(self.settings.rules(class).floor_permille);
            let waits = class == served || self.queues.get(class).len() > 0;
            let credit = self.credits.get_mut(class);
            if waits {
                *credit = credit.saturating_add(floor.saturating_mul(i64::from(cost))).min(most);
            }
            if class == served {
                // What was had beyond the floor while others did not want it is not held against anybody.
                *credit = credit.saturating_sub(whole).max(whole.saturating_neg());
            }
        }
    }

    fn refuse(&mut self, class: Class, reason: ShedReason) -> Entry {
        self.counts.get_mut(class).count_shed(reason);
        Entry::Shed(reason)
    }

    fn send_away(&mut self, ticket: Ticket, reason: ShedReason) {
        let Some(stand) = self.forget(ticket) else { return };
        let Arrival { class, client, .. } = stand.arrival.arrival;
        self.counts.get_mut(class).count_shed(reason);
        self.sent_away.push_back(ShedTurn { ticket, class, client, reason });
    }

    fn forget(&mut self, ticket: Ticket) -> Option<Stand> {
        let stand = self.stands.remove(&ticket)?;
        let Arrival { client, deadline, .. } = stand.arrival.arrival;
        self.ends.remove(&(deadline, ticket));
        if let Some(key) = stand.arrival.key.map(|key| (client, key))
            && self.keys.get(&key) == Some(&ticket)
        {
            self.keys.remove(&key);
        }
        Some(stand)
    }
}
