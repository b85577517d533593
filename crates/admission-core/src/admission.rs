//! The one way in: places are taken at once while there are any, and waited for in order when there are not.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use units::Timestamp;

use crate::class::{Class, PerClass};
use crate::counts::ClassCounts;
use crate::line::Waiting;
use crate::queue::{Pushed, Queue};
use crate::request::{Arrival, Decision, Output, ShedReason, Ticket};
use crate::settings::{Mode, Settings};

/// Where a ticket stands.
#[derive(Clone, Copy, Debug)]
struct Stand {
    /// Its own class, for the counters.
    class: Class,
    /// The class in whose queue it is: another where there is one queue for all.
    queued: Class,
    /// The client in whose line it is.
    line: u64,
    until: Timestamp,
}

/// Shares a changing number of places among all who come.
///
/// Work that finds a place free and nobody of its class waiting takes it at once. All else waits in its
/// class's queue. A place that becomes free goes to the most important class that waits and may have it, but
/// for the turns that the floors keep for the others.
#[derive(Clone, Debug)]
pub struct Admission {
    settings: Settings,
    capacity: u32,
    in_use: PerClass<u32>,
    queues: PerClass<Queue>,
    /// Turns saved up by classes that were passed over, in thousandths.
    credits: PerClass<u32>,
    stands: BTreeMap<Ticket, Stand>,
    /// When those who wait give up, earliest first.
    ends: BTreeSet<(Timestamp, Ticket)>,
    last_ticket: u64,
    outputs: VecDeque<Output>,
    /// What was found not to be worth serving while a place was given away; kept to spare allocations.
    shed: Vec<(Waiting, ShedReason)>,
    counts: PerClass<ClassCounts>,
}

impl Admission {
    /// An admission with so many places.
    #[must_use]
    pub fn new(settings: Settings, capacity: u32) -> Self {
        Self {
            settings,
            capacity,
            in_use: PerClass::default(),
            queues: PerClass::default(),
            credits: PerClass::default(),
            stands: BTreeMap::new(),
            ends: BTreeSet::new(),
            last_ticket: 0,
            outputs: VecDeque::new(),
            shed: Vec::new(),
            counts: PerClass::default(),
        }
    }

    /// Work comes in.
    pub fn arrive(&mut self, now: Timestamp, arrival: Arrival) -> Decision {
        let Arrival { class, client, cost, deadline } = arrival;
        let counts = self.counts.get_mut(class);
        counts.offered = counts.offered.saturating_add(1);
        if deadline <= now {
            counts.count_shed(ShedReason::Deadline);
            return Decision::Shed(ShedReason::Deadline);
        }
        let (queued, line) = self.place_of(class, client);
        if self.queues.get(queued).is_empty() && self.has_place(queued) {
            self.take_place(class, queued);
            return Decision::Admitted;
        }
        let rules = self.settings.rules(queued);
        let ticket = Ticket(self.last_ticket.saturating_add(1));
        let time = deadline.since(now);
        let until = deadline.min(now.after(rules.patience_within(time)));
        let end = if until < deadline { ShedReason::Late } else { ShedReason::Deadline };
        let delay = rules.delay_within(time);
        let waiting = Waiting { ticket, since: now, until, end, delay, cost };
        match self.queues.get_mut(queued).push(line, waiting, &rules) {
            Pushed::Refused => {
                self.counts.get_mut(class).count_shed(ShedReason::Full);
                return Decision::Shed(ShedReason::Full);
            }
            Pushed::Displaced(other) => self.send_away(other.ticket, ShedReason::Full),
            Pushed::Waits => {}
        }
        self.last_ticket = ticket.0;
        self.stands.insert(ticket, Stand { class, queued, line, until });
        self.ends.insert((until, ticket));
        Decision::Waits { ticket, until }
    }

    /// Work of this class that had a place is over, whatever came of it.
    pub fn release(&mut self, now: Timestamp, class: Class) {
        let (queued, _) = self.place_of(class, 0);
        let in_use = self.in_use.get_mut(queued);
        *in_use = in_use.saturating_sub(1);
        if !self.stands.is_empty() {
            self.give_places(now);
        }
    }

    /// There are now so many places. Where there are fewer than are taken, none is given until enough
    /// came back.
    pub fn set_capacity(&mut self, now: Timestamp, capacity: u32) {
        let more = capacity > self.capacity;
        self.capacity = capacity;
        if more {
            self.give_places(now);
        }
    }

    /// Somebody who waits has left by himself: his ticket has no output.
    pub fn leave(&mut self, ticket: Ticket) {
        let Some(stand) = self.forget(ticket) else { return };
        self.queues.get_mut(stand.queued).remove(stand.line, ticket);
        let counts = self.counts.get_mut(stand.class);
        counts.left = counts.left.saturating_add(1);
    }

    /// The time that was asked for has come: whoever has waited to the end is sent away.
    pub fn on_wake(&mut self, now: Timestamp) {
        while let Some((_, ticket)) = self.ends.first().copied().filter(|(at, _)| *at <= now) {
            let Some(stand) = self.stands.get(&ticket).copied() else { return };
            let removed = self.queues.get_mut(stand.queued).remove(stand.line, ticket);
            self.send_away(ticket, removed.map_or(ShedReason::Deadline, |waiting| waiting.end));
        }
    }

    /// When [`Admission::on_wake`] is due; `None` while nobody waits.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.ends.first().map(|(at, _)| *at)
    }

    /// What became of somebody who waited; ask until there is none.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// How many wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.stands.len()
    }

    /// How many of a class wait; with one queue for all they are counted in the first class.
    #[must_use]
    pub fn waiting_of(&self, class: Class) -> usize {
        self.queues.get(class).len()
    }

    /// How many have places.
    #[must_use]
    pub fn in_use(&self) -> u32 {
        self.taken_from(Class::First)
    }

    /// How many places there are.
    #[must_use]
    pub const fn capacity(&self) -> u32 {
        self.capacity
    }

    /// The counters of a class.
    #[must_use]
    pub const fn counts(&self, class: Class) -> &ClassCounts {
        self.counts.get(class)
    }

    /// The queue and line that work goes to.
    const fn place_of(&self, class: Class, client: u64) -> (Class, u64) {
        match self.settings.mode {
            Mode::Fair => (class, client),
            Mode::Fifo => (Class::First, 0),
        }
    }

    /// Places taken by a class and all less important ones.
    fn taken_from(&self, class: Class) -> u32 {
        let counts = Class::ALL.iter().filter(|other| **other >= class);
        counts.fold(0, |sum, other| sum.saturating_add(*self.in_use.get(*other)))
    }

    /// Whether work of a class may have a place now: there is one, and neither the class nor any more
    /// important one, whose ceiling counts it too, has come to its ceiling.
    fn has_place(&self, class: Class) -> bool {
        let above = Class::ALL.iter().filter(|other| **other <= class);
        above.copied().all(|counted| self.taken_from(counted) < self.ceiling(counted))
    }

    /// Most places that a class and all less important ones may have: one at least, where there is any.
    fn ceiling(&self, class: Class) -> u32 {
        let percent = u64::from(self.settings.rules(class).ceiling_percent);
        let share = u64::from(self.capacity).saturating_mul(percent).checked_div(100).unwrap_or(0);
        u32::try_from(share).unwrap_or(u32::MAX).max(1).min(self.capacity)
    }

    fn take_place(&mut self, class: Class, queued: Class) {
        let in_use = self.in_use.get_mut(queued);
        *in_use = in_use.saturating_add(1);
        let counts = self.counts.get_mut(class);
        counts.admitted = counts.admitted.saturating_add(1);
        machine::check_invariant!(
            "AD-1",
            self.in_use() <= self.capacity,
            "{} places of {} given",
            self.in_use(),
            self.capacity
        );
    }

    /// Gives free places to those who wait.
    fn give_places(&mut self, now: Timestamp) {
        while let Some(queued) = self.next_class() {
            let mut shed = core::mem::take(&mut self.shed);
            let next = self.queues.get_mut(queued).pop(now, &mut shed);
            for (waiting, reason) in shed.drain(..) {
                self.send_away(waiting.ticket, reason);
            }
            self.shed = shed;
            let Some(next) = next else { continue };
            if let Some(stand) = self.forget(next.ticket) {
                self.take_place(stand.class, queued);
                let waited = now.since(next.since);
                self.outputs.push_back(Output::Admit { ticket: next.ticket, waited });
            }
        }
    }

    /// Whose turn it is: the most important class that waits and may have a place, or another that was
    /// passed over for as long as its floor allows.
    fn next_class(&mut self) -> Option<Class> {
        let may = |class: &Class| !self.queues.get(*class).is_empty() && self.has_place(*class);
        let top = Class::ALL.into_iter().find(may)?;
        let passed_over: [bool; 4] = Class::ALL.map(|class| class > top && may(&class));
        let mut turn = top;
        for (class, passed_over) in Class::ALL.into_iter().zip(passed_over).rev() {
            let floor = self.settings.rules(class).floor_permille;
            let credit = self.credits.get_mut(class);
            if !passed_over {
                // What does not wait saves nothing up; what is served by rank does not need to.
                *credit = 0;
                continue;
            }
            *credit = credit.saturating_add(floor);
            if *credit >= 1_000 {
                turn = class;
            }
        }
        if turn != top {
            let credit = self.credits.get_mut(turn);
            *credit = credit.saturating_sub(1_000);
        }
        Some(turn)
    }

    fn send_away(&mut self, ticket: Ticket, reason: ShedReason) {
        if let Some(stand) = self.forget(ticket) {
            self.counts.get_mut(stand.class).count_shed(reason);
            self.outputs.push_back(Output::Shed { ticket, reason });
        }
    }

    /// Takes a ticket out of the indexes; a ticket that is not in them has had its output.
    fn forget(&mut self, ticket: Ticket) -> Option<Stand> {
        let stand = self.stands.remove(&ticket)?;
        self.ends.remove(&(stand.until, ticket));
        Some(stand)
    }
}
