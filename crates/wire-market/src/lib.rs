//! Markets' bytes to quotes, trades and books, one file a venue, without I/O.
//!
//! A [`Venue`] says where a venue is found, what to send to it, and what its frames mean. It holds no state: what a
//! frame means depends on nothing but the frame. Numbers go from their text to exact values, never through a float.
//! A frame that is odd gives an [`Odd`], and never a price.

mod binance;
mod bitget;
mod bitstamp;
mod book;
mod bybit;
mod coinbase;
mod connector;
#[cfg(test)]
mod fixture;
mod generic;
mod kraken;
mod message;
mod number;
mod odd;
mod okx;
mod path;
mod reader;
mod scan;
mod time;
mod venues;

pub use book::{Book, Level, Within};
pub use connector::{KeepAlive, Venue};
pub use generic::{GenericSettings, GenericVenue, Places, Pointer, TimeUnit};
pub use message::{Message, Quote, Trade};
pub use odd::Odd;
pub use venues::{VENUES, venue};
