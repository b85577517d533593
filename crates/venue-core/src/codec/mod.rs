//! Commands as bytes, for a journal.
//!
//! A variant's number, and the order of a struct's fields, are the format: neither changes without a new
//! [`FORMAT`]. New variants take new numbers.

mod command;
mod settings;
mod short;
mod tape;

use machine::{Codec, CodecError, Reader, codec_enum, codec_struct, decode_all};

use crate::book::BookLevel;
use crate::command::Command;
use crate::id::{AccountId, AssetId, MarketId, OrderId, TradeId};
use crate::value::{Lots, PositionSide, Side, Ticks};

/// The version of the format: of commands, and of the state. A snapshot begins with it, and one of another version is not
/// read. The second has the backstop's bound and the agenda of liquidations.
pub const FORMAT: u16 = 2;

/// Appends a command's bytes.
pub fn encode(command: &Command, bytes: &mut Vec<u8>) {
    if !short::encode(command, bytes) {
        command.encode(bytes);
    }
}

/// Reads the one command that the bytes are.
///
/// # Errors
/// Where they are not exactly those of a command; the error says at which byte.
pub fn decode(bytes: &[u8]) -> Result<Command, CodecError> {
    decode_all(bytes)
}

/// Numbers of things, and counts, at their full width.
macro_rules! numbers {
    ($($name:ident),*) => {$(
        impl Codec for $name {
            fn encode(&self, bytes: &mut Vec<u8>) {
                self.number().encode(bytes);
            }

            fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
                Ok(Self::new(Codec::decode(reader)?))
            }
        }
    )*};
}

numbers!(AccountId, AssetId, Lots, MarketId, OrderId, Ticks, TradeId);

codec_enum! {
    Side { 0 = Buy, 1 = Sell }
    PositionSide { 0 = Both, 1 = Long, 2 = Short }
}

codec_struct! { BookLevel { price, lots, orders } }

#[cfg(test)]
mod tests;
