//! The core and the views beside it, as one machine.

use std::collections::BTreeSet;

use machine::{Codec, CodecError, CodecMistake, Reader};
use venue_core::{Command, Event, SnapshotError, Venue};

use crate::change::Change;
use crate::entry::Entry;
use crate::pass::{Before, Pass};
use crate::refusal::DeskRefusal;
use crate::views::Views;

/// What a snapshot begins with, before the format.
const MAGIC: [u8; 8] = *b"SWDESK\r\n";

/// The version of the format of a desk's snapshot, and of an [`Entry`].
pub const FORMAT: u16 = 2;

/// A venue with all that is known beside its core. The same entries give the same desk.
#[derive(Debug, Default)]
pub struct Desk {
    pub(crate) venue: Venue,
    /// How many entries there were.
    entries: u64,
    pub(crate) views: Views,
}

/// A desk as it was at a moment. Taking it costs a copy; the bytes, which cost several times as much, are made by
/// whoever writes them.
#[derive(Debug)]
pub struct Picture {
    entries: u64,
    venue: Vec<u8>,
    views: Box<Views>,
}

impl Picture {
    /// Its bytes, from which [`Desk::restore`] makes the desk again.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { entries, venue, views } = self;
        let mut bytes = Vec::with_capacity(venue.len().saturating_mul(2));
        MAGIC.encode(&mut bytes);
        FORMAT.encode(&mut bytes);
        entries.encode(&mut bytes);
        // Not as a list of bytes, which is bounded: what is there has to be read back, however large it is.
        u64::try_from(venue.len()).unwrap_or(u64::MAX).encode(&mut bytes);
        bytes.extend_from_slice(venue);
        views.encode(&mut bytes);
        bytes
    }
}

/// What an entry has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// What the core said.
    pub events: Vec<Event>,
    /// What did not get as far as the core: of a list, each with its place; else with 0.
    pub refused: Vec<(u32, DeskRefusal)>,
    /// What streams tell.
    pub changes: Vec<Change>,
}

/// Why a desk cannot be restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoreError {
    /// It does not begin as a snapshot of a desk.
    Magic,
    /// It is of another version of the format.
    Format(u16),
    /// What is said of the core is wrong.
    Venue(SnapshotError),
    /// What is said of the rest is wrong.
    Content(CodecError),
}

impl std::fmt::Display for RestoreError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Magic => formatter.write_str("this is no snapshot of a desk"),
            Self::Format(format) => {
                write!(formatter, "the snapshot is of format {format}, and {FORMAT} is read")
            }
            Self::Venue(error) => error.fmt(formatter),
            Self::Content(error) => write!(formatter, "the snapshot does not hold a desk: {error}"),
        }
    }
}

impl std::error::Error for RestoreError {}

impl From<CodecError> for RestoreError {
    fn from(error: CodecError) -> Self {
        Self::Content(error)
    }
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
        let left = match self.check(entry, &mut told.refused) {
            Ok(left) => left,
            Err(refusal) => {
                told.refused.push((0, refusal));
                return told;
            }
        };
        let command = left.as_ref().unwrap_or(&entry.command);
        let before = Before::of(&self.venue, command);
        self.venue.apply(entry.at, command, &mut told.events);
        if let Some(note) = &entry.labels.note {
            self.views.names.keep(note);
        }
        told.changes = Pass::new(&mut self.views, &self.venue, entry, before).run(&told.events);
        told
    }

    /// Looks at what the core does not know of. Gives back what is left of a list, where a part of it is refused.
    fn check(
        &self,
        entry: &Entry,
        refused: &mut Vec<(u32, DeskRefusal)>,
    ) -> Result<Option<Command>, DeskRefusal> {
        self.views.names.check_note(&entry.labels)?;
        if entry.command == Command::OpenAccount {
            self.views.names.check_name(&entry.labels.name)?;
        }
        let list = if let Command::Place(placed) = &entry.command {
            std::slice::from_ref(placed)
        } else if let Command::PlaceAll(list) = &entry.command {
            list
        } else {
            return Ok(None);
        };
        let mut seen = BTreeSet::new();
        for (place, placed) in list.iter().enumerate() {
            let client = entry.labels.client_at(place);
            if client.is_none() {
                continue;
            }
            let known = self.views.orders.named(placed.account, client);
            let names = &self.views.names;
            let taken = known.is_some_and(|order| order.ending.is_none() || names.are_once());
            if taken || !seen.insert((placed.account, client)) {
                let place = u32::try_from(place).unwrap_or(u32::MAX);
                refused.push((place, DeskRefusal::DuplicateClientId));
            }
        }
        if refused.is_empty() {
            return Ok(None);
        }
        if matches!(entry.command, Command::Place(_)) {
            refused.clear();
            return Err(DeskRefusal::DuplicateClientId);
        }
        let is_refused = |tag: u64| refused.iter().any(|(place, _)| u64::from(*place) == tag);
        let left = list.iter().filter(|placed| !is_refused(placed.tag)).copied();
        Ok(Some(Command::PlaceAll(left.collect())))
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

    /// All of it as it is now, to be written later and elsewhere.
    #[must_use]
    pub fn picture(&self) -> Picture {
        Picture {
            entries: self.entries,
            venue: self.venue.snapshot(),
            views: Box::new(self.views.clone()),
        }
    }

    /// All of it as bytes.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        self.picture().to_bytes()
    }

    /// The desk that a snapshot was taken of.
    ///
    /// # Errors
    /// Where the bytes are no snapshot, of another format, or damaged.
    pub fn restore(bytes: &[u8]) -> Result<Self, RestoreError> {
        let mut reader = Reader::new(bytes);
        if reader.take(MAGIC.len())? != MAGIC {
            return Err(RestoreError::Magic);
        }
        let format = u16::decode(&mut reader)?;
        if format != FORMAT {
            return Err(RestoreError::Format(format));
        }
        let entries = u64::decode(&mut reader)?;
        let length = u64::decode(&mut reader)?;
        let venue = reader.take(usize::try_from(length).unwrap_or(usize::MAX))?;
        let venue = Venue::restore(venue).map_err(RestoreError::Venue)?;
        let views = Views::decode(&mut reader)?;
        if reader.rest().is_empty() {
            Ok(Self { venue, entries, views })
        } else {
            Err(reader.error(CodecMistake::Rest).into())
        }
    }
}
