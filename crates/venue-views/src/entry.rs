//! What a journal holds.

use machine::codec_struct;
use units::Timestamp;
use venue_core::Command;

use crate::labels::Labels;

/// A command with its time and its labels: all that a desk has to be told, and what a journal keeps of it.
///
/// The `tag` of a placed order is its place in its command's list, from 0 on: [`Entry::new`] sets it, so that events are
/// told from each other by it and the sender's own number is not needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it came, by the venue's clock: Unix time that never goes back.
    pub at: Timestamp,
    /// What is to be done.
    pub command: Command,
    /// What the core does not know of it.
    pub labels: Labels,
}

codec_struct! { Entry { at, command, labels } }

impl Entry {
    /// An entry of a command.
    #[must_use]
    pub fn new(at: Timestamp, mut command: Command, labels: Labels) -> Self {
        if let Command::Place(placed) = &mut command {
            placed.tag = 0;
        } else if let Command::PlaceAll(list) = &mut command {
            for (tag, placed) in (0..).zip(list) {
                placed.tag = tag;
            }
        }
        Self { at, command, labels }
    }
}
