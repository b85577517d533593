//! The oracle's shell: markets and chains in, the core's decisions, prices out.
//!
//! Connections hand what they bring to one engine thread, which owns the [`Desk`]: a plain struct that reads frames,
//! feeds the core and works out prices, and that gives the same prices for the same [`DeskEvent`]s. Every tick a new
//! [`Published`] is there for all interfaces to read.

pub mod chain;
pub mod config;
mod desk;
mod engine;
mod event;
mod journal;
mod layout;
mod outcome;
mod pause;
mod poller;
mod probe;
mod publish;
mod published;
mod pulse;
mod record;
mod replay;
mod rest;
mod running;
mod server;
mod shadow;
mod supervisor;

pub use desk::{Desk, Note};
pub use engine::TICK;
pub use event::{ConnectionId, DeskEvent, EventSender, moment};
pub use journal::{Entry, Journal};
pub use layout::ChainPlan;
pub use outcome::{FieldDifference, Outcome};
pub use probe::{Probe, Probed};
pub use published::{ChainView, ConnectionView, FeedView, OddFrame, Published};
pub use record::{Header, RecordError, Recorded, Recorder, Recording, What};
pub use replay::{Difference, Replayed, replay};
pub use rest::QUESTION_GAP;
pub use running::{Running, StartError};
pub use server::serve_published;
pub use shadow::{Departure, Shadow, ShadowFeed, Shown};

/// Why a recording cannot be fed to a desk.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The configuration holds mistakes.
    #[error("the configuration holds mistakes")]
    Config(Vec<oracle_core::ConfigMistake>),
}
