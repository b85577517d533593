//! What the tests of venues share.

use units::{Price, Quantity};

use crate::book::{Book, Level};
use crate::connector::Venue;
use crate::message::{Message, Quote, Trade};
use crate::odd::Odd;

fn price(text: &str) -> Price {
    Price::parse(text.as_bytes()).expect("a price")
}

fn quantity(text: &str) -> Quantity {
    Quantity::parse(text.as_bytes()).expect("a quantity")
}

pub(crate) fn quote(
    bid: &str,
    bids: &str,
    ask: &str,
    asks: &str,
    time_ms: Option<u64>,
    sequence: u64,
) -> Quote {
    Quote {
        bid: price(bid),
        bid_quantity: quantity(bids),
        ask: price(ask),
        ask_quantity: quantity(asks),
        time_ms,
        sequence,
    }
}

pub(crate) fn trade(paid: &str, many: &str, time_ms: Option<u64>, sequence: u64) -> Trade {
    Trade { price: price(paid), quantity: quantity(many), time_ms, sequence }
}

/// So many names of markets.
pub(crate) fn markets(name: &str, many: usize) -> Vec<String> {
    (0..many).map(|at| format!("{name}{at}")).collect()
}

fn read<'a>(venue: &'a dyn Venue, text: &'a str) -> Result<Vec<Message<'a>>, Odd> {
    let mut out = Vec::new();
    venue.read(text.as_bytes(), &mut out)?;
    Ok(out)
}

/// A frame says this.
#[track_caller]
pub(crate) fn frame(venue: &dyn Venue, text: &str, expect: &[Message<'_>]) {
    assert_eq!(read(venue, text).as_deref(), Ok(expect), "{text}");
}

/// A frame says nothing, and no part of it is taken for a price.
#[track_caller]
pub(crate) fn odd(venue: &dyn Venue, text: &str) {
    let mut out = Vec::new();
    let read = venue.read(text.as_bytes(), &mut out);
    assert!(read.is_err() && out.is_empty(), "{text} gives {out:?}");
}

/// An answer holds this book.
#[track_caller]
pub(crate) fn views(venue: &dyn Venue, body: &str, bids: &[(&str, &str)], asks: &[(&str, &str)]) {
    let side = |levels: &[(&str, &str)]| {
        levels
            .iter()
            .map(|(one, many)| Level { price: price(one), quantity: quantity(many) })
            .collect()
    };
    let book = Book { bids: side(bids), asks: side(asks) };
    assert_eq!(venue.read_book(body.as_bytes()), Ok(book), "{body}");
}
