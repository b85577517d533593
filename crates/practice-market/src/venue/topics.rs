//! What a client has asked for.

use crate::asset::Listing;

/// How many things one connection may ask for. Source: Binance, 1,024 streams a connection; the others allow fewer,
/// and nothing here has that many markets.
const TOPICS_MAX: usize = 1_024;

/// The channels that a client has asked for, by market, in the order that it did.
#[derive(Debug)]
pub(super) struct Topics<C>(Vec<(C, Listing)>);

impl<C> Default for Topics<C> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<C: Copy + PartialEq> Topics<C> {
    /// Adds one; false where it is there already, or there are too many.
    pub(super) fn add(&mut self, channel: C, listing: Listing) -> bool {
        let new = !self.0.contains(&(channel, listing)) && self.0.len() < TOPICS_MAX;
        if new {
            self.0.push((channel, listing));
        }
        new
    }

    /// Takes one away; false where it is not there.
    pub(super) fn remove(&mut self, channel: C, listing: Listing) -> bool {
        let before = self.0.len();
        self.0.retain(|topic| *topic != (channel, listing));
        self.0.len() < before
    }

    /// Whether nothing was asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = (C, Listing)> {
        self.0.iter().copied()
    }

    /// The markets of a channel.
    pub(super) fn of(&self, channel: C) -> impl Iterator<Item = Listing> {
        self.0.iter().filter(move |(it, _)| *it == channel).map(|(_, listing)| *listing)
    }
}
