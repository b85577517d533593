//! Scenarios of single commands, held against what the rules say.

mod bench;
mod configure;
mod lessons;
mod markets;
mod orders;
mod transfers;
mod triggers;
