//! Simulated traders and makers on the venue, over its own API, and a market that can be shocked on command.
//!
//! - `dice` is all chance, from one seed; `book` the markets' steps and indexes; `maker` and `taker` what one of them
//!   does; `crowd` all of them: pure, with time as an argument and deeds as effects;
//! - `wire` makes requests of deeds, and what is told of answers: pure;
//! - `api`, `line`, `setup`, `shared` and `traders` give them connections, clocks and a thread; `button`, `control` and `panel` let
//!   people shock them.
//!
//! What real ones do and these do not: look at the book, learn, panic, or withdraw.

mod api;
mod book;
mod button;
mod control;
mod crowd;
mod deed;
mod dice;
mod line;
mod maker;
mod panel;
mod setup;
mod shared;
mod taker;
mod tally;
mod traders;
mod wire;

pub use traders::{MarketPlan, TraderOptions, Traders, TradersError};
