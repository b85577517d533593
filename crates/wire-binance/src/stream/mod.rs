//! Streams over WebSocket: their names, what clients say to a connection, and what they are told. Times are in
//! milliseconds since 1970.

mod control;
mod event;
mod message;
mod name;
mod path;
#[cfg(test)]
mod tests;
mod user;

pub use control::{
    Ask, Control, ControlError, FRAME_MAX, STREAMS_MAX, write_listed, write_property, write_reply,
};
pub use event::*;
pub use message::{Event, Message, Unread, write_combined};
pub use name::{DepthLevels, DepthSpeed, NAME_MAX, StreamName};
pub use path::Connection;
pub use user::*;
