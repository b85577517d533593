//! Scenarios of single commands, held against what the rules say.

mod batches;
mod bearing;
mod bench;
mod configure;
mod effect;
mod invariants;
mod lessons;
mod margin;
mod markets;
mod orders;
mod prices;
mod snapshot;
mod transfers;
mod triggers;
