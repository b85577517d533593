//! The core and the views beside it, as one machine.

use venue_core::{AccountId, Command, Event, Venue};

use crate::entry::Entry;
use crate::names::Names;
use crate::refusal::DeskRefusal;

/// A venue with all that is known beside its core. The same entries give the same desk.
#[derive(Debug, Default)]
pub struct Desk {
    venue: Venue,
    /// How many entries there were.
    entries: u64,
    names: Names,
}

/// What an entry has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// What the core said.
    pub events: Vec<Event>,
    /// What did not get as far as the core: of a list, each with its place; else with 0.
    pub refused: Vec<(u32, DeskRefusal)>,
}

impl Desk {
    /// An empty venue.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Does what an entry says.
    pub fn take(&mut self, entry: &Entry) -> Told {
        self.entries = self.entries.saturating_add(1);
        let mut told = Told::default();
        if let Err(refusal) = self.check(entry) {
            told.refused.push((0, refusal));
            return told;
        }
        self.venue.apply(entry.at, &entry.command, &mut told.events);
        if let Some(note) = &entry.labels.note {
            self.names.keep(note);
        }
        for event in &told.events {
            if let Event::AccountOpened(account) = event {
                self.names.open(*account, &entry.labels.name);
            }
        }
        told
    }

    fn check(&self, entry: &Entry) -> Result<(), DeskRefusal> {
        self.names.check_note(&entry.labels)?;
        if entry.command == Command::OpenAccount {
            self.names.check_name(&entry.labels.name)?;
        }
        Ok(())
    }

    /// The core, of which everything can be asked that it shows.
    #[must_use]
    pub const fn venue(&self) -> &Venue {
        &self.venue
    }

    /// How many entries it has taken: the number of the last one.
    #[must_use]
    pub const fn entries(&self) -> u64 {
        self.entries
    }

    /// The account of a name.
    #[must_use]
    pub fn account_named(&self, name: &str) -> Option<AccountId> {
        self.names.account(name)
    }

    /// An account's name.
    #[must_use]
    pub fn name_of(&self, account: AccountId) -> Option<&str> {
        self.names.name(account)
    }

    /// What a note says.
    #[must_use]
    pub fn note(&self, name: &str) -> Option<&[u8]> {
        self.names.note(name)
    }

    /// All notes whose names begin so, by name.
    pub fn notes<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a [u8])> + 'a {
        self.names.notes(prefix)
    }
}
