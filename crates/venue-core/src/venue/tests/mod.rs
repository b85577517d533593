//! Scenarios of single commands, held against what the rules say.

mod bench;
mod configure;
mod orders;
mod transfers;
