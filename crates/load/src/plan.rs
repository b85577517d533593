//! What a run is made of.

use std::net::SocketAddr;

use units::Span;

use crate::ask::{Ask, Terms};
use crate::door::Way;
use crate::holder::Holder;

/// What requests do to their accounts' risk, by which the venue should tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// They cut it.
    Reduce,
    /// They add to it, or say falsely that they do not.
    NewRisk,
    /// They only ask.
    Query,
}

impl Class {
    /// All of them, the most important first.
    pub const ALL: [Self; 3] = [Self::Reduce, Self::NewRisk, Self::Query];

    /// A word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reduce => "cut risk",
            Self::NewRisk => "new risk",
            Self::Query => "queries",
        }
    }
}

/// Whoever wants to close tries again until he is told.
#[derive(Clone, Copy, Debug)]
pub struct Insist {
    /// After how long without an answer, or after having been sent away, he asks again; the earlier requests stay.
    pub every: Span,
    /// For how long in all.
    pub for_long: Span,
}

/// Clients who do the same.
#[derive(Clone, Debug)]
pub struct Group {
    /// A name for the table.
    pub name: String,
    /// What their requests are.
    pub class: Class,
    /// What they ask for, in turn.
    pub asks: Vec<Ask>,
    /// Who they are. Who insists uses each once for each of `names`.
    pub holders: Vec<Holder>,
    /// The orders that are cancelled, by their names, in the order of their holders; or as many names for new orders.
    pub names: usize,
    /// Requests of all of them in a second.
    pub per_second: u32,
    /// Requests that one of them has under way at most: connections, or places on his socket.
    pub lines: usize,
    /// How they come.
    pub way: Way,
    /// How long they wait for an answer.
    pub patience: Span,
    /// Whether they ask until they are told.
    pub insist: Option<Insist>,
}

/// A run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Draws the times.
    pub seed: u64,
    /// The venue.
    pub venue: SocketAddr,
    /// For how long requests are due.
    pub lasts: Span,
    /// Within how long of the time that it was due an answer is of use.
    pub in_time: Span,
    /// What it is about.
    pub terms: Terms,
    /// Who asks.
    pub groups: Vec<Group>,
}
