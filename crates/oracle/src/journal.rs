//! What happened: to prices, sources and connections, the newest of it kept for pages and logs.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use oracle_core::{Event, EventKind, Moment, Status};

use crate::desk::{Desk, Note};

/// Entries that are kept.
const ENTRIES_MAX: usize = 1_000;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Entries are numbered from 1 without gaps, so that a reader knows what it has missed.
    pub number: u64,
    /// When.
    pub at: Moment,
    /// The feed or connection that it is about.
    pub about: Arc<str>,
    /// A stable word for what happened.
    pub kind: &'static str,
    /// What happened, for people.
    pub text: String,
}

/// The newest entries; clones show the same ones.
#[derive(Clone, Debug, Default)]
pub struct Journal(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    entries: VecDeque<Entry>,
    written: u64,
}

impl Journal {
    /// What is kept, oldest first.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().entries.iter().cloned().collect()
    }

    /// What came after the entry of a number, oldest first.
    #[must_use]
    pub fn after(&self, number: u64) -> Vec<Entry> {
        self.lock().entries.iter().filter(|entry| entry.number > number).cloned().collect()
    }

    /// Writes down, and logs, what happened at the desk since it was last asked; `heed` sees each note first.
    pub(crate) fn take(&self, at: Moment, desk: &mut Desk, mut heed: impl FnMut(&Note)) {
        while let Some(note) = desk.poll_note() {
            heed(&note);
            let (id, kind, text) = note_text(note);
            self.write(at, desk.connection_name(id), kind, text);
        }
        while let Some(event) = desk.poll_event() {
            // At the start every source is used for the first time, one line each: what is not comes to be said.
            if matches!(event.kind, EventKind::Source { refusal: None, first: true, .. }) {
                continue;
            }
            let symbol =
                desk.plan().feeds().nth(event.feed.place()).map_or("", |(_, feed)| &feed.symbol);
            let (kind, text) = event_text(&event, desk);
            self.write(event.at, symbol, kind, text);
        }
    }

    /// Writes down, and logs, one thing that happened.
    pub(crate) fn write(&self, at: Moment, about: &str, kind: &'static str, text: String) {
        tracing::info!(about, kind, "{text}");
        let mut entries = self.lock();
        if entries.entries.len() >= ENTRIES_MAX {
            entries.entries.pop_front();
        }
        entries.written = entries.written.saturating_add(1);
        let number = entries.written;
        entries.entries.push_back(Entry { number, at, about: about.into(), kind, text });
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn note_text(note: Note) -> (crate::event::ConnectionId, &'static str, String) {
    match note {
        Note::Opened(id) => (id, "connection_opened", "the connection is open".to_owned()),
        Note::Closed(id, why) => {
            (id, "connection_closed", format!("the connection is gone: {why}"))
        }
        Note::Refused(id, words) => {
            (id, "subscription_refused", format!("a subscription is refused: {words}"))
        }
        Note::Gap(id) => (id, "messages_missing", "messages are missing".to_owned()),
        Note::Reconnect(id) => {
            (id, "reconnect_asked", "the venue asks for another connection".to_owned())
        }
        Note::Odd(id, why) => (id, "frame_odd", format!("a message cannot be read: {why}")),
    }
}

fn event_text(event: &Event, desk: &Desk) -> (&'static str, String) {
    match event.kind {
        EventKind::Status { from, to, cause } => {
            let why = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
            let kind = if to == Status::Live { "status_live" } else { "status_not_live" };
            (kind, format!("the price is {} and was {}{why}", to.name(), from.name()))
        }
        EventKind::Source { source, refusal, .. } => {
            let name = desk.plan().sources().nth(source.place()).map_or("", |(_, it)| &it.name);
            match refusal {
                Some(refusal) => ("source_refused", format!("{name} is refused: {refusal}")),
                None => ("source_used", format!("{name} is used again")),
            }
        }
        EventKind::Capped { bound, read } => (
            "rate_capped",
            format!(
                "the exchange rate is held: it was read as {read}, beyond its bound of {bound}"
            ),
        ),
        EventKind::Uncapped => {
            ("rate_uncapped", "the exchange rate is within its bounds again".to_owned())
        }
    }
}
