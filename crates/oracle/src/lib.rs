//! The oracle's shell: markets and chains in, the core's decisions, prices out.

mod published;

pub use published::{FeedView, Published};
