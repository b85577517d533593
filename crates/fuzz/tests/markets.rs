//! The readers of venues' frames and answers under random texts.

use fuzz::{MARKETS, hold};
use wire_market::VENUES;

/// Cases in the gate: some seconds without optimization.
const CASES: u64 = 20_000;

#[test]
fn no_text_panics_or_gives_a_price_that_is_not_in_it() {
    // A frame that ends the engine halts every price; one that gives a price of its own is believed.
    hold(&MARKETS, CASES);
}

#[test]
fn a_long_text_costs_no_more_than_its_length() {
    // A frame that is read over and over would hold up every price. Nothing is timed: a reader that takes the square
    // of these lengths never comes to the end.
    const LENGTH: usize = 1 << 18;
    for part in ["[", "{\"data\":", "\\", "\"", "\"data\":1,", "0", "-", " ", ",", "[\"1\",\"1\"],"]
    {
        let long = part.repeat(LENGTH / part.len());
        for text in [
            format!(r#"{{"arg":{{"channel":"tickers","instId":"A"}},"data":[{long}"#),
            format!(r#"{{"channel":"ticker","data":[{{"symbol":"{long}","bid":{long}"#),
            format!(r#"{{"topic":"orderbook.1.A","type":"snapshot","ts":1,"data":{{"b":[{long}"#),
            format!(r#"{{"u":1,"s":"A","b":"{long}","B":"1","a":"1","A":"1"}}"#),
            format!(r#"{{"type":"ticker","product_id":"A","time":"{long}","best_bid":"{long}"}}"#),
            format!(r#"{{"error":[],"result":{{"A":{{"asks":[{long}["1","1"]],"bids":[]}}}}}}"#),
            long,
        ] {
            for venue in VENUES {
                let mut messages = Vec::new();
                let read = venue.read(text.as_bytes(), &mut messages);
                let prices = venue.read_quote(text.as_bytes());
                let book = venue.read_book(text.as_bytes());
                // A long name is a name, and a book may be long.
                assert!(read.is_err() || prices.is_err() || book.is_err(), "{}", venue.name());
            }
        }
    }
}
