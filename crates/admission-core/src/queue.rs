//! The queue of one class: a line for each client that has something waiting, served in turn.
//!
//! Each client has a line of its own and shares it with nobody. Hashing clients onto a fixed number of
//! lines, as shuffle-sharding does, bounds the memory where lines outlive their work; here an empty line is
//! forgotten, so the bound on what waits bounds the lines too.

use std::collections::{BTreeMap, BTreeSet};

use units::Timestamp;

use crate::line::{Line, Popped, Waiting};
use crate::request::{ShedReason, Ticket};
use crate::settings::ClassRules;

/// Turns by self-clocked fair queueing: a client's next piece of work is due when its last one is through,
/// by the clock of what is served, and the earliest due goes first. With work of cost one that is
/// one for each client in turn; what costs more waits more turns.
///
/// Source: S. J. Golestani, "A self-clocked fair queueing scheme for broadband applications" (INFOCOM
/// 1994).
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    lines: BTreeMap<u64, (Line, Due)>,
    /// Who is next: due points with their clients.
    order: BTreeSet<(Due, u64)>,
    /// Who has most waiting: lengths with their clients.
    lengths: BTreeSet<(usize, u64)>,
    /// The due point of what was served last.
    clock: Due,
    len: usize,
}

/// A point on the queue's own clock, in units of cost.
type Due = u64;

/// What came of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// It waits.
    Waits,
    /// It waits in place of another, of the client who had most.
    Displaced(Waiting),
    /// There is no room for it: nobody has more waiting than its own client.
    Refused,
}

impl Queue {
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Puts work in its client's line. Where as many wait as may, whoever has most waiting loses the
    /// newest of it: a flood pushes nobody out but itself.
    pub(crate) fn push(&mut self, client: u64, waiting: Waiting, rules: &ClassRules) -> Pushed {
        let mut displaced = None;
        if self.len >= rules.waiting_max {
            let own = self.lines.get(&client).map_or(0, |(line, _)| line.len());
            let Some((_, largest)) =
                self.lengths.last().copied().filter(|(length, _)| *length > own.saturating_add(1))
            else {
                return Pushed::Refused;
            };
            displaced = self.change(largest, Line::pop_newest);
        }
        self.change(client, |line| {
            line.push(waiting);
            Some(())
        });
        displaced.map_or(Pushed::Waits, Pushed::Displaced)
    }

    /// The next that is worth serving; all that is found not to be is added to `shed`.
    pub(crate) fn pop(
        &mut self,
        now: Timestamp,
        shed: &mut Vec<(Waiting, ShedReason)>,
    ) -> Option<Waiting> {
        loop {
            let (due, client) = self.order.first().copied()?;
            match self.change(client, |line| line.pop(now))? {
                Popped::Shed(waiting, reason) => shed.push((waiting, reason)),
                Popped::Serve(waiting) => {
                    self.clock = due;
                    self.advance(client);
                    return Some(waiting);
                }
            }
        }
    }

    /// Takes one out that waits no longer.
    pub(crate) fn remove(&mut self, client: u64, ticket: Ticket) -> Option<Waiting> {
        self.change(client, |line| line.remove(ticket))
    }

    /// Changes a client's line and keeps the indexes true; a line that is empty after it is forgotten.
    fn change<T>(&mut self, client: u64, change: impl FnOnce(&mut Line) -> Option<T>) -> Option<T> {
        let (mut line, due) = self.lines.remove(&client).unwrap_or_default();
        let before = line.len();
        let changed = change(&mut line);
        let after = line.len();
        self.len = self.len.saturating_sub(before).saturating_add(after);
        if before > 0 {
            self.lengths.remove(&(before, client));
        }
        if after == 0 {
            self.order.remove(&(due, client));
            return changed;
        }
        self.lengths.insert((after, client));
        let due = if before == 0 { Self::due_after(self.clock, &line) } else { due };
        self.order.insert((due, client));
        self.lines.insert(client, (line, due));
        changed
    }

    /// After a client was served: its next is due one cost later.
    fn advance(&mut self, client: u64) {
        let clock = self.clock;
        let Some((line, due)) = self.lines.get(&client) else { return };
        let (old, new) = (*due, Self::due_after(clock, line));
        self.order.remove(&(old, client));
        self.order.insert((new, client));
        if let Some((_, due)) = self.lines.get_mut(&client) {
            *due = new;
        }
    }

    fn due_after(clock: Due, line: &Line) -> Due {
        clock.saturating_add(u64::from(line.next_cost().unwrap_or(1).max(1)))
    }
}
