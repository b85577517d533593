//! What the engine's thread does: a plain struct, so that tests can do without threads and clocks.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock};

use journal::{Appended, Batch, Epoch, Journal, Mark, Sequence};
use runtime::clock;
use units::Timestamp;
use venue_core::{Command, Event, Promised};
use venue_views::{Desk, Entry, Labels};

use super::capacity::Capacity;
use super::doing::{self, Doing};
use super::figures::{Counts, add};
use super::intake::Shed;
use super::mailbox::Inbox;
use super::publish::{Published, Publisher};
use super::record::{DigestRecord, push_digest, push_entry};
use super::schedule::Schedule;
use super::settings::EngineSettings;
use super::ticket::{Answers, Ticket};
use super::work::{Done, Outcome, ShedReason, Work};

/// Most records on their way to the disk: two full frames of the journal and what comes while they are written. What
/// waits before that is still in the order that the intake gives it.
const ON_THE_WAY: usize = 2_048;

/// Most entries of a batch.
const BATCH: usize = 512;

/// Entries that are done while readers of the desk wait.
pub(super) const SLICE: usize = 64;

/// Entries whose orders and accounts are read ahead at once: as many as the core takes.
const AHEAD: usize = 32;

/// What the engine's thread does.
#[derive(Debug)]
pub(super) struct Sequencer {
    journal: Box<dyn Journal>,
    epoch: Epoch,
    desk: Arc<RwLock<Desk>>,
    publisher: Publisher,
    counts: Arc<Counts>,
    schedule: Schedule,
    capacity: Option<Capacity>,
    /// When the capacity lets the next one through.
    open_at: Timestamp,
    /// The time of the last entry.
    at: Timestamp,
    /// What is on its way to the disk.
    waiting: VecDeque<Waiting>,
    /// What orders among that are to close.
    promised: Promised,
    /// What was found not to be done, and is not told yet.
    shed: Shed,
    /// Digests that the next batch takes along.
    digests: Vec<DigestRecord>,
    batch: Batch,
    /// Up to where the desk has done what is durable.
    applied: Mark,
    doing: Doing,
    stopped: Option<String>,
}

/// A record on its way to the disk.
#[derive(Debug)]
struct Waiting {
    record: Sequence,
    /// None of a digest.
    entry: Option<Entry>,
    answer: Option<Answers>,
    /// Whether it is among what is promised.
    promised: bool,
}

/// What a sequencer is made of.
pub(super) struct Parts {
    pub(super) journal: Box<dyn Journal>,
    pub(super) epoch: Epoch,
    pub(super) desk: Arc<RwLock<Desk>>,
    pub(super) publisher: Publisher,
    pub(super) counts: Arc<Counts>,
    /// The last record, which the desk has done.
    pub(super) applied: Mark,
    /// How entries are done.
    pub(super) doing: Doing,
}

impl Sequencer {
    pub(super) fn new(parts: Parts, settings: &EngineSettings) -> Self {
        let Parts { journal, epoch, desk, publisher, counts, applied, doing } = parts;
        let at = desk.read().unwrap_or_else(PoisonError::into_inner).venue().now();
        Self {
            journal,
            epoch,
            desk,
            publisher,
            counts,
            schedule: Schedule::new(settings),
            capacity: settings.capacity_per_second.map(Capacity::new),
            open_at: Timestamp::ZERO,
            at,
            waiting: VecDeque::new(),
            promised: Promised::default(),
            shed: Shed::new(),
            digests: Vec::new(),
            batch: Batch::new(),
            applied,
            doing,
            stopped: None,
        }
    }

    /// Why it has stopped, if it has.
    pub(super) fn stopped(&self) -> Option<&str> {
        self.stopped.as_deref()
    }

    /// Whether nothing is on its way.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Up to where the desk has done what is durable.
    pub(super) const fn applied(&self) -> Mark {
        self.applied
    }

    /// When there is something to do next even if nothing comes.
    pub(super) fn next(&self, inbox: &Inbox) -> Timestamp {
        let scheduled = self.schedule.next();
        if inbox.intake.is_empty() || !self.has_room() {
            return scheduled;
        }
        scheduled.min(self.open_at)
    }

    /// Whether there is something in the inbox to take now.
    pub(super) fn wants(&self, inbox: &Inbox, now: Timestamp) -> bool {
        let waits = !inbox.own.is_empty() || (!inbox.intake.is_empty() && self.open_at <= now);
        waits && self.has_room()
    }

    fn has_room(&self) -> bool {
        self.waiting.len() < ON_THE_WAY
    }

    /// Takes what is next out of the inbox.
    pub(super) fn collect(&mut self, inbox: &mut Inbox, now: Timestamp) -> Vec<Ticket> {
        let room = ON_THE_WAY.saturating_sub(self.waiting.len()).min(BATCH);
        let mut tickets = Vec::new();
        while tickets.len() < room
            && let Some(own) = inbox.own.pop_front()
        {
            inbox.intake.pass(&own, now);
            self.keep(own, now, &mut tickets);
        }
        // Only this thread changes it.
        let desk = Arc::clone(&self.desk);
        let desk = desk.read().unwrap_or_else(PoisonError::into_inner);
        while tickets.len() < room && !inbox.intake.is_empty() {
            if let Some(capacity) = &self.capacity
                && let Err(open_at) = capacity.open(now)
            {
                self.open_at = open_at;
                break;
            }
            let cuts_risk = |work: &Work| desk.venue().cuts_risk(&work.command, &self.promised);
            let Some(ticket) = inbox.intake.next(now, &cuts_risk, &mut self.shed) else { break };
            if self.keep(ticket, now, &mut tickets)
                && let Some(capacity) = &mut self.capacity
                && let Some(kept) = tickets.last()
            {
                capacity.spend(now, kept.work.weight());
            }
        }
        tickets
    }

    /// Keeps a ticket to be done, if it is in time.
    fn keep(&mut self, ticket: Ticket, now: Timestamp, tickets: &mut Vec<Ticket>) -> bool {
        if ticket.work.deadline < now {
            self.shed.push((ticket, ShedReason::Late));
            return false;
        }
        if ticket.claim.cuts_risk {
            self.promised.add(&ticket.work.command);
        }
        tickets.push(ticket);
        true
    }

    /// Gives tickets, and what is due by itself, their time and order, and hands them to the journal.
    pub(super) fn submit(&mut self, tickets: Vec<Ticket>, now: Timestamp) {
        self.at = self.at.max(now);
        self.counts.shed(std::mem::take(&mut self.shed));
        self.batch.clear();
        let first = self.journal.head().sequence.next();
        let before = self.waiting.len();
        let digests = std::mem::take(&mut self.digests);
        let mut record = first;
        for digest in digests {
            if push_digest(&mut self.batch, &digest).is_ok() {
                self.waiting.push_back(Waiting {
                    record,
                    entry: None,
                    answer: None,
                    promised: false,
                });
                record = record.next();
            }
        }
        let due = self.due(now).into_iter();
        let due = due.map(|command| (command, Labels::default(), None, false));
        let asked = tickets.into_iter().map(|ticket| {
            let promised = ticket.claim.cuts_risk;
            let (work, answers) = ticket.open();
            (work.command, work.labels, Some(answers), promised)
        });
        for (command, labels, answer, promised) in due.chain(asked) {
            let entry = Entry::new(self.at, command, labels);
            if let Err(error) = push_entry(&mut self.batch, &entry) {
                // Requests are bounded far below a record; what is as large is no request.
                tracing::warn!(%error, "an entry was not taken");
                if promised {
                    self.promised.remove(&entry.command);
                }
                tell(answer, Outcome::Shed(ShedReason::Full));
                continue;
            }
            self.waiting.push_back(Waiting { record, entry: Some(entry), answer, promised });
            record = record.next();
        }
        if self.batch.is_empty() {
            return;
        }
        let count = u64::try_from(self.batch.len()).unwrap_or(u64::MAX);
        match self.journal.submit(self.epoch, first, &self.batch) {
            Ok(_) => add(&self.counts.submitted, count),
            Err(refused) => {
                for waiting in self.waiting.drain(before..) {
                    tell(waiting.answer, Outcome::Stopped);
                }
                self.stop(&refused_in_words(&refused), &Outcome::Unknown);
            }
        }
    }

    /// What the venue does by itself now.
    fn due(&mut self, now: Timestamp) -> Vec<Command> {
        if now < self.schedule.next() {
            return Vec::new();
        }
        self.schedule.due(now, &self.desk.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Does what has become durable, or stops.
    pub(super) fn told(&mut self, appended: Appended) {
        match appended {
            Appended::Durable(mark) => self.durable(mark),
            Appended::Fenced(fence) => {
                self.stop(&format!("somebody else writes: {fence}"), &Outcome::Stopped);
            }
            Appended::Unknown(stop) => self.stop(&stop.to_string(), &Outcome::Unknown),
        }
    }

    fn durable(&mut self, mark: Mark) {
        let mut left = self.waiting.partition_point(|waiting| waiting.record <= mark.sequence);
        while left > 0 && self.stopped.is_none() {
            let slice: Vec<_> = self.waiting.drain(..left.min(SLICE)).collect();
            left = left.saturating_sub(slice.len());
            self.apply(slice);
        }
        self.applied = mark;
    }

    /// Does entries; then tells who asked, and who listens.
    fn apply(&mut self, slice: Vec<Waiting>) {
        let from = clock::now();
        let (mut outcomes, mut published) = (Vec::new(), Vec::new());
        let mut desk = self.desk.write().unwrap_or_else(PoisonError::into_inner);
        for part in slice.chunks(AHEAD) {
            let entries = part.iter().filter_map(|waiting| waiting.entry.as_ref());
            desk.venue().read_ahead(entries.map(|entry| &entry.command));
        }
        let (mut slice, mut panicked) = (slice.into_iter(), None);
        while let Some(waiting) = slice.next() {
            let Some(entry) = &waiting.entry else { continue };
            let told = match doing::take(self.doing, &mut desk, entry) {
                Ok(told) => told,
                Err(said) => {
                    // Before anybody else gets at the desk.
                    self.counts.broken.store(true, Ordering::Release);
                    panicked = Some(doing::in_words(waiting.record.get(), &said));
                    let undone = std::iter::once(waiting).chain(slice);
                    self.waiting = undone.chain(self.waiting.drain(..)).collect();
                    break;
                }
            };
            if waiting.promised {
                self.promised.remove(&entry.command);
            }
            let (sequence, at) = (desk.entries(), entry.at);
            self.digests.extend(told.events.iter().filter_map(digest_of));
            if !told.changes.is_empty() {
                published.push(Published { sequence, at, changes: told.changes });
            }
            let (events, refused) = (told.events.into(), told.refused.into());
            outcomes.push((waiting.answer, Done { sequence, at, events, refused }));
        }
        drop(desk);
        add(&self.counts.busy_nanos, clock::now().since(from).as_nanos());
        add(&self.counts.done, u64::try_from(outcomes.len()).unwrap_or(u64::MAX));
        for (answer, done) in outcomes {
            tell(answer, Outcome::Done(done));
        }
        if self.publisher.tell(published) {
            add(&self.counts.published, 1);
        }
        if let Some(why) = panicked {
            self.stop(&why, &Outcome::Unknown);
        }
    }

    /// Stops for good: whatever is on its way has come to that.
    fn stop(&mut self, why: &str, outcome: &Outcome) {
        if *outcome == Outcome::Unknown {
            let entries = self.waiting.iter().filter(|waiting| waiting.entry.is_some()).count();
            add(&self.counts.unknown, u64::try_from(entries).unwrap_or(u64::MAX));
        }
        for waiting in self.waiting.drain(..) {
            tell(waiting.answer, outcome.clone());
        }
        tracing::error!(why, "the engine has stopped");
        self.stopped.get_or_insert_with(|| why.to_owned());
    }
}

fn tell(answers: Option<Answers>, outcome: Outcome) {
    if let Some(answers) = answers {
        answers.tell(outcome);
    }
}

fn digest_of(event: &Event) -> Option<DigestRecord> {
    if let Event::Digest { commands, digest } = *event {
        Some(DigestRecord { commands, digest })
    } else {
        None
    }
}

fn refused_in_words(refused: &journal::Refused) -> String {
    match refused {
        journal::Refused::Fenced(fence) => format!("somebody else writes: {fence}"),
        journal::Refused::Stopped(stop) => stop.to_string(),
    }
}
