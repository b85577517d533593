//! The oracle through whole stories, as its users would tell them.

mod market;
mod stories;
