//! The readers of venues' frames and answers under random texts.
//!
//! One input is given to every venue, as a frame, as an answer with best prices and as one with a book. None panics,
//! and whatever price, quantity or market comes out stands in the text: a number is looked up among all texts and
//! numbers there, read by a model that moves the point in the text and knows no arithmetic.

mod decimal;
mod seeds;

use std::collections::BTreeSet;

use units::Span;
use wire_market::{
    Book, GenericSettings, GenericVenue, KeepAlive, Message, Places, Pointer, Quote, Trade, VENUES,
    Venue,
};

use crate::target::{Form, Target};

/// The target of [`markets`].
pub const MARKETS: Target = Target {
    name: "markets",
    run: markets,
    seeds: seeds::seeds,
    words: seeds::WORDS,
    form: Form::Text,
};

/// Reads an input as everything that a venue may say.
///
/// # Panics
///
/// Where a reader panics, or says something that the input does not.
pub fn markets(bytes: &[u8]) {
    let described = described();
    let all = VENUES.iter().copied().chain([&described as &dyn Venue]);
    check_whole(bytes);
    let mut said = None;
    for venue in all {
        let mut messages = Vec::new();
        let read = venue.read(bytes, &mut messages).is_ok();
        let (quote, book) = (venue.read_quote(bytes), venue.read_book(bytes));
        if read || !messages.is_empty() || quote.is_ok() || book.is_ok() {
            let said = said.get_or_insert_with(|| Said::new(bytes));
            said.check_messages(venue.name(), &messages);
            quote.iter().for_each(|quote| said.check_quote(venue.name(), quote));
            book.iter().for_each(|book| said.check_book(venue.name(), book));
        }
    }
}

/// Lists and objects within one another that every reader takes.
const DEPTH: usize = 60;

/// What is JSON can be stepped over, and nothing else: a venue that sends more than it used to is still read, and a
/// frame that is broken anywhere is not.
fn check_whole(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let opened = text.bytes().filter(|sign| b"[{".contains(sign)).count();
    // A key that stands for no text, such as half of a pair of surrogates, is refused where keys are looked at.
    if opened > DEPTH || text.contains("\\u") || text == "pong" {
        return;
    }
    let nowhere = Places { last: Pointer::new("/nowhere"), ..Places::default() };
    let settings = GenericSettings {
        name: "nowhere".to_owned(),
        websocket: "wss://example.org".to_owned(),
        frame: nowhere,
        only_market: "none".to_owned(),
        ..GenericSettings::default()
    };
    let venue = GenericVenue::new(settings).expect("it is whole");
    let mut messages = Vec::new();
    let read = venue.read(bytes, &mut messages).is_ok();
    let whole = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    let found = text.contains("nowhere");
    assert!(read == whole || found, "stepped over: {read}, JSON: {whole}");
}

/// A source out of a configuration.
fn described() -> GenericVenue {
    let at = |text| Pointer::new(text);
    let places = Places {
        market: at("/arg/instId"),
        bid: at("/data/0/bidPx"),
        bid_quantity: at("/data/0/bidSz"),
        ask: at("/data/0/askPx"),
        last: at("/data/0/last"),
        time: at("/data/0/ts"),
        ..Places::default()
    };
    let settings = GenericSettings {
        name: "described".to_owned(),
        websocket: "wss://example.org".to_owned(),
        rest: "https://example.org".to_owned(),
        keep_alive: Some(KeepAlive { every: Span::from_secs(9), text: "ping".to_owned() }),
        frame: places.clone(),
        count: at("/seqNum"),
        quote_path: "/quote".to_owned(),
        answer: places,
        book_path: "/book".to_owned(),
        bids: at("/data/0/bids"),
        asks: at("/data/0/asks"),
        ..GenericSettings::default()
    };
    GenericVenue::new(settings).expect("it is whole")
}

/// What a text says.
struct Said<'a> {
    text: &'a str,
    /// Every number in it, as it is written at its shortest.
    numbers: BTreeSet<String>,
}

impl<'a> Said<'a> {
    /// What is in a text that something was read of.
    fn new(bytes: &'a [u8]) -> Self {
        let text = std::str::from_utf8(bytes).expect("what was read is text");
        let whole = text == "pong" || serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
        assert!(whole, "what was read is no JSON");
        // Where a number is it has one of these around it, whether it is a text or not.
        let parts = text.split(|sign: char| "\"[]{},:".contains(sign) || sign.is_whitespace());
        let mut numbers: BTreeSet<String> = parts.filter_map(decimal::shortest).collect();
        // An empty side of a book.
        numbers.insert("0".to_owned());
        Self { text, numbers }
    }

    fn check_messages(&self, venue: &str, messages: &[Message<'_>]) {
        for message in messages {
            match message {
                Message::Quote(market, quote) => {
                    self.check_text(venue, market);
                    self.check_quote(venue, quote);
                }
                Message::Trade(market, trade) => {
                    self.check_text(venue, market);
                    self.check_trade(venue, trade);
                }
                Message::Refused(words) => self.check_text(venue, words),
                Message::Count(number) => self.check_text(venue, &number.to_string()),
                Message::Beat | Message::Reconnect => {}
            }
        }
    }

    fn check_quote(&self, venue: &str, quote: &Quote) {
        self.check_number(venue, &quote.bid.to_string());
        self.check_number(venue, &quote.ask.to_string());
        self.check_number(venue, &quote.bid_quantity.to_string());
        self.check_number(venue, &quote.ask_quantity.to_string());
    }

    fn check_trade(&self, venue: &str, trade: &Trade) {
        self.check_number(venue, &trade.price.to_string());
        self.check_number(venue, &trade.quantity.to_string());
    }

    fn check_book(&self, venue: &str, book: &Book) {
        for level in book.bids.iter().chain(&book.asks) {
            self.check_number(venue, &level.price.to_string());
            self.check_number(venue, &level.quantity.to_string());
        }
        assert!(book.bids.is_sorted_by(|a, b| a.price >= b.price), "{venue}: bids out of order");
        assert!(book.asks.is_sorted_by(|a, b| a.price <= b.price), "{venue}: asks out of order");
    }

    fn check_number(&self, venue: &str, number: &str) {
        assert!(self.numbers.contains(number), "{venue} reads {number}, which is not there");
    }

    fn check_text(&self, venue: &str, words: &str) {
        assert!(self.text.contains(words), "{venue} reads {words:?}, which is not there");
    }
}
