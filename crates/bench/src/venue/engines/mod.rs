//! What the flow is given to: our book, and other people's.

mod book;
mod lobster;
mod matchcore;
mod orderbook;
mod step;

use super::flow::{Command, Digest, Flow};
use super::measure::{Latencies, latencies, rate};

/// An engine with a book for each symbol.
pub(super) trait Engine {
    /// Carries out a command, and adds what it traded to the digest.
    fn apply(&mut self, command: &Command);

    /// What was traded.
    fn digest(&self) -> Digest;

    /// Carries out commands that have come together, all of which it may look at before it does the first.
    fn apply_batch(&mut self, commands: &[Command]) {
        commands.iter().for_each(|command| self.apply(command));
    }
}

/// Commands a second, and what was traded.
type Rate = fn(&Flow, usize) -> (f64, Digest);

/// An engine, and the ways to measure it.
pub(super) struct Entry {
    /// Its name, and its version where it is not ours.
    pub(super) name: &'static str,
    /// Timed commands that it is given at most, by whether there are many symbols: minutes are too long.
    pub(super) at_most: [usize; 2],
    pub(super) rate: Rate,
    pub(super) latencies: fn(&Flow, usize) -> Latencies,
}

/// All of them, ours first.
pub(super) static ENGINES: [Entry; 4] = [
    Entry {
        name: "Seawall",
        at_most: [usize::MAX, usize::MAX],
        rate: |flow, timed| rate(book::Ours::new(flow), flow, timed),
        latencies: |flow, timed| latencies(book::Ours::new(flow), flow, timed),
    },
    Entry {
        name: "matchcore 0.4.0",
        at_most: [usize::MAX, usize::MAX],
        rate: |flow, timed| rate(matchcore::Matchcore::new(flow), flow, timed),
        latencies: |flow, timed| latencies(matchcore::Matchcore::new(flow), flow, timed),
    },
    Entry {
        name: "lobster 0.7.0",
        at_most: [usize::MAX, 1_000_000],
        rate: |flow, timed| rate(lobster::Lobster::new(flow), flow, timed),
        latencies: |flow, timed| latencies(lobster::Lobster::new(flow), flow, timed),
    },
    Entry {
        name: "orderbook-rs 0.15.3",
        at_most: [500_000, 200_000],
        rate: |flow, timed| rate(orderbook::Peer::new(flow), flow, timed),
        latencies: |flow, timed| latencies(orderbook::Peer::new(flow), flow, timed),
    },
];

/// The whole venue.
pub(super) static STEP: Entry = Entry {
    name: "Seawall, the whole step",
    at_most: [usize::MAX, usize::MAX],
    rate: |flow, timed| rate(step::Step::new(flow), flow, timed),
    latencies: |flow, timed| latencies(step::Step::new(flow), flow, timed),
};

/// The whole venue, with accounts and markets for a flow.
pub(super) fn new_step(flow: &Flow) -> impl Engine {
    step::Step::new(flow)
}

/// All that the whole venue is told for a flow, from its first command on.
pub(super) fn step_orders(flow: &Flow) -> impl Iterator<Item = venue_core::Command> {
    step::orders(flow)
}

/// The number of the whole venue among the engines that can be run alone: after the others.
pub(super) const STEP_NUMBER: usize = ENGINES.len();

/// The engine of a number.
pub(super) fn numbered(number: usize) -> Option<&'static Entry> {
    if number == STEP_NUMBER { Some(&STEP) } else { ENGINES.get(number) }
}
