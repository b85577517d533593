//! The queue of one class: a fixed number of lines, served in turn, each client in a few of them.

use std::collections::{BTreeSet, VecDeque};

use machine::Prng;
use units::Timestamp;

use super::delay::Delay;
use super::settings::LaneRules;
use crate::request::{ShedReason, Ticket};

/// One piece of work in line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) ticket: Ticket,
    pub(crate) since: Timestamp,
    pub(crate) cost: u32,
    /// Whether it may not be pushed out by others.
    pub(crate) assured: bool,
}

/// What came of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// It waits in this line.
    Waits(usize),
    /// It waits in this line, in place of another.
    Displaced(usize, Item),
    /// There is no room for it.
    Refused,
}

/// Lines in a class, and in how many of them one client may stand. With so many, sixteen clients that fill
/// all of theirs leave all but four in a hundred thousand others a line of their own.
///
/// Source: the shuffle sharding of the fair queues of Kubernetes' API server (API Priority and Fairness).
const LINES: u64 = 512;
const HAND: u64 = 6;

/// Turns by deficit round-robin: at each visit a line may spend one quantum more, and is served once what it
/// may spend covers what is next.
///
/// Source: M. Shreedhar and G. Varghese, "Efficient fair queueing using deficit round-robin" (1995).
#[derive(Clone, Debug)]
pub(crate) struct Sharded {
    lines: Vec<Line>,
    /// Lines with work, and those found empty at their next visit.
    turns: VecDeque<usize>,
    /// Which has most waiting: lengths with their lines.
    lengths: BTreeSet<(usize, usize)>,
    len: usize,
    seed: u64,
    delay: Delay,
}

#[derive(Clone, Debug, Default)]
struct Line {
    /// Oldest first: tickets ascend.
    items: VecDeque<Item>,
    /// What it may spend.
    deficit: u64,
    has_turn: bool,
    delay: Delay,
}

impl Sharded {
    /// An empty queue; `seed` is `None` for a single line for all.
    pub(crate) fn new(seed: Option<u64>) -> Self {
        let lines = if seed.is_some() { LINES } else { 1 };
        Self {
            lines: (0..lines).map(|_| Line::default()).collect(),
            turns: VecDeque::new(),
            lengths: BTreeSet::new(),
            len: 0,
            seed: seed.unwrap_or(0),
            delay: Delay::default(),
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Puts work in the emptiest of its client's lines. Where as many wait as may, the longest line loses
    /// of its own; work that is assured pushes out whatever is not.
    pub(crate) fn push(&mut self, client: u64, item: Item, rules: &LaneRules) -> Pushed {
        let at = self.line_of(client);
        let mut displaced = None;
        if self.len >= rules.waiting_max {
            let own = self.lines.get(at).map_or(0, |line| line.items.len());
            let Some((length, longest)) = self.lengths.last().copied() else {
                return Pushed::Refused;
            };
            let fair = item.assured || rules.newest_first || length > own.saturating_add(1);
            let room = if fair { self.displace(longest, rules.newest_first) } else { None };
            if room.is_none() {
                return Pushed::Refused;
            }
            displaced = room;
        }
        self.change(at, |line| {
            line.items.push_back(item);
            Some(())
        });
        if let Some(line) = self.lines.get_mut(at).filter(|line| !line.has_turn) {
            line.has_turn = true;
            self.turns.push_back(at);
        }
        displaced.map_or(Pushed::Waits(at), |item| Pushed::Displaced(at, item))
    }

    /// The next that is worth serving; all that is found not to be is added to `shed`.
    pub(crate) fn pop(
        &mut self,
        now: Timestamp,
        rules: &LaneRules,
        quantum: u32,
        shed: &mut Vec<(Item, ShedReason)>,
    ) -> Option<Item> {
        let newest = rules.newest_first && self.delay.standing();
        loop {
            let at = self.turns.front().copied()?;
            let line = self.lines.get_mut(at)?;
            let next = if newest { line.items.back() } else { line.items.front() };
            let Some(next) = next.copied() else {
                line.has_turn = false;
                self.turns.pop_front();
                continue;
            };
            if line.deficit < u64::from(next.cost) {
                line.deficit = line.deficit.saturating_add(u64::from(quantum.max(1)));
                self.turns.rotate_left(1);
                continue;
            }
            let late = self.is_late(now, at, next, rules);
            self.remove(at, next.ticket);
            if late {
                shed.push((next, ShedReason::Late));
                continue;
            }
            if let Some(line) = self.lines.get_mut(at) {
                line.deficit = line.deficit.saturating_sub(u64::from(next.cost));
            }
            return Some(next);
        }
    }

    /// Takes one out that waits no longer.
    pub(crate) fn remove(&mut self, at: usize, ticket: Ticket) -> Option<Item> {
        self.change(at, |line| {
            let place = line.items.binary_search_by_key(&ticket, |item| item.ticket).ok()?;
            line.items.remove(place)
        })
    }

    /// Whether so late an answer is no use, and either its line or the whole class has been slow for too
    /// long to be a mere burst: a flood stands in its own lines, a crowd only in the class. The oldest is
    /// measured, or serving the newest would make every queue look short.
    fn is_late(&mut self, now: Timestamp, at: usize, next: Item, rules: &LaneRules) -> bool {
        // The only one keeps nobody waiting: a server may be slow without a queue (as CoDel, RFC 8289 section 5.4).
        if self.len <= 1 {
            self.delay = Delay::default();
            return false;
        }
        let Some((rule, line)) = rules.delay.zip(self.lines.get_mut(at)) else { return false };
        let oldest = line.items.front().map_or(next.since, |item| item.since);
        line.delay.observe(now, now.since(oldest), rule);
        self.delay.observe(now, now.since(oldest), rule);
        let standing = self.delay.standing() || line.delay.standing();
        standing && now.since(next.since) > rule.target.times(2)
    }

    fn displace(&mut self, at: usize, oldest: bool) -> Option<Item> {
        self.change(at, |line| {
            let mut places = line.items.iter();
            let place = if oldest {
                places.position(|item| !item.assured)
            } else {
                places.rposition(|item| !item.assured)
            };
            line.items.remove(place?)
        })
    }

    /// Changes a line and keeps the indexes true.
    fn change<T>(&mut self, at: usize, change: impl FnOnce(&mut Line) -> Option<T>) -> Option<T> {
        let line = self.lines.get_mut(at)?;
        let before = line.items.len();
        let changed = change(line);
        let after = line.items.len();
        if after == 0 {
            // What was not spent is not kept: turns cannot be saved up by staying away.
            line.deficit = 0;
        }
        self.len = self.len.saturating_sub(before).saturating_add(after);
        self.lengths.remove(&(before, at));
        if after > 0 {
            self.lengths.insert((after, at));
        }
        changed
    }

    /// The emptiest of the lines dealt to a client.
    fn line_of(&self, client: u64) -> usize {
        if self.lines.len() == 1 {
            return 0;
        }
        (0..HAND)
            .map(|card| {
                let dealt = scatter(scatter(client ^ self.seed).wrapping_add(card)) % LINES;
                usize::try_from(dealt).unwrap_or(0)
            })
            .min_by_key(|at| self.lines.get(*at).map_or(usize::MAX, |line| line.items.len()))
            .unwrap_or(0)
    }
}

/// A number that looks like chance, by which neighbours come to lie far apart.
const fn scatter(number: u64) -> u64 {
    Prng::new(number).next_u64()
}
