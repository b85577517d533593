//! The newest entries of the tape.

use std::collections::VecDeque;

use machine::codec_struct;
use venue_core::{AccountId, TapeEntry};

use crate::history::keep;

/// Entries that are kept: several waves of ten thousand. Older ones are in the journal.
const ENTRIES: usize = 1 << 16;

/// The newest entries of the tape, without a gap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tape {
    entries: VecDeque<TapeEntry>,
}

codec_struct! { Tape { entries } }

impl Tape {
    pub(crate) fn push(&mut self, entry: TapeEntry) {
        keep(&mut self.entries, ENTRIES, entry);
    }

    /// The numbers of the oldest that is kept, and of the newest; `None` where there is none yet.
    pub(crate) fn kept(&self) -> Option<(u64, u64)> {
        Some((self.entries.front()?.number, self.entries.back()?.number))
    }

    /// What is kept from a number on.
    pub(crate) fn from(&self, number: u64) -> impl Iterator<Item = &TapeEntry> {
        let first = self.entries.front().map_or(0, |entry| entry.number);
        let skipped = usize::try_from(number.saturating_sub(first)).unwrap_or(usize::MAX);
        self.entries.iter().skip(skipped)
    }

    /// An account's entries, the newest first.
    pub(crate) fn of(&self, account: AccountId) -> impl Iterator<Item = &TapeEntry> {
        self.entries.iter().rev().filter(move |entry| entry.account == account)
    }
}
