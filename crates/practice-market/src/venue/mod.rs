//! The venues, a file each: what they say when, as their documentation has it.
//!
//! Written from the documentation and without a look at the oracle's connectors, so that the one checks the other.

mod binance;
mod bitstamp;
mod bybit;
mod coinbase;
mod kraken;
mod okx;
#[cfg(test)]
mod tests;
mod topics;

use std::ops::RangeInclusive;

use crate::asset::{Listing, Place};
use crate::sight::Sight;

/// What a venue does on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// It sends a text frame.
    Text(String),
    /// It sends a ping frame, as the WebSocket protocol has it.
    Ping(String),
    /// It ends the connection.
    Close(u16, &'static str),
}

/// One connection to a venue, from the venue's side.
pub(crate) trait Session: Send {
    /// What is said as soon as the connection stands.
    fn open(&mut self, path: &str, query: &str, sight: &Sight) -> Vec<Reply>;

    /// What is said to something that the client said.
    fn receive(&mut self, message: &str, sight: &Sight) -> Vec<Reply>;

    /// What has become due; asked some four times a second.
    fn tick(&mut self, sight: &Sight) -> Vec<Reply>;
}

/// A connection's other side; `number` tells connections apart.
pub(crate) fn session(place: Place, number: u64) -> Box<dyn Session> {
    match place {
        Place::Binance | Place::Pool => Box::new(binance::Binance::default()),
        Place::Coinbase => Box::new(coinbase::Coinbase::default()),
        Place::Kraken => Box::new(kraken::Kraken::new(number)),
        Place::Okx => Box::new(okx::Okx::new(number)),
        Place::Bybit => Box::new(bybit::Bybit::new(number)),
        Place::Bitstamp => Box::new(bitstamp::Bitstamp::default()),
    }
}

/// What a venue calls a market on its stream.
pub(crate) fn spell(place: Place, listing: Listing) -> String {
    match place {
        Place::Binance | Place::Bybit => listing.joined(""),
        Place::Coinbase | Place::Okx => listing.joined("-"),
        Place::Kraken | Place::Pool => listing.joined("/"),
        Place::Bitstamp => listing.joined("").to_lowercase(),
    }
}

/// Where a venue streams, seen from its address.
pub(crate) const fn stream_path(place: Place) -> &'static str {
    match place {
        Place::Binance => "/ws",
        Place::Kraken => "/v2",
        Place::Okx => "/ws/v5/public",
        Place::Bybit => "/v5/public/spot",
        Place::Coinbase | Place::Bitstamp | Place::Pool => "",
    }
}

/// Whether a venue streams under a path.
pub(crate) fn streams(place: Place, path: &str) -> bool {
    match place {
        Place::Binance => path == "/ws" || path.starts_with("/ws/") || path == "/stream",
        Place::Pool => false,
        Place::Coinbase | Place::Kraken | Place::Okx | Place::Bybit | Place::Bitstamp => {
            path.trim_end_matches('/') == stream_path(place)
        }
    }
}

/// The answer to a question: HTTP status and JSON.
pub(crate) fn rest(place: Place, path: &str, query: &str, sight: &Sight) -> (u16, String) {
    let ask = Question { path: path.trim_end_matches('/'), query };
    match place {
        Place::Binance => binance::rest(&ask, sight),
        Place::Coinbase => coinbase::rest(&ask, sight),
        Place::Kraken => kraken::rest(&ask, sight),
        Place::Okx => okx::rest(&ask, sight),
        Place::Bybit => bybit::rest(&ask, sight),
        Place::Bitstamp => bitstamp::rest(&ask, sight),
        Place::Pool => (404, "{}".to_owned()),
    }
}

/// A question over HTTP.
pub(crate) struct Question<'a> {
    path: &'a str,
    query: &'a str,
}

impl Question<'_> {
    /// A parameter of the query, or "".
    fn parameter(&self, name: &str) -> String {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        let found = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next_back();
        // Of what clients escape only these matter in names of markets.
        found.unwrap_or_default().replace("%2F", "/").replace("%2f", "/").replace("%2C", ",")
    }

    /// How many prices of a book are wanted.
    fn levels(&self, name: &str, otherwise: usize) -> usize {
        self.parameter(name).parse().unwrap_or(otherwise)
    }
}

/// Steps that have not been told of yet.
#[derive(Debug, Default)]
struct Pace(Option<u64>);

impl Pace {
    /// The steps since the last look, the newest few of them; empty while there is no new one.
    fn due(&mut self, sight: &Sight) -> RangeInclusive<u64> {
        /// What a client that was not served for longer has missed is not made up for.
        const STEPS_MAX: u64 = 8;
        let now = sight.step();
        let from =
            self.0.map_or(now, |last| last.saturating_add(1)).max(now.saturating_sub(STEPS_MAX));
        self.0 = Some(self.0.unwrap_or(now).max(now));
        from..=now
    }
}

/// Something that is said every so often.
#[derive(Debug, Default)]
struct Every(u64);

impl Every {
    /// Whether `period_ms` are over since it was last due; the first time counts from when it is first asked.
    fn due(&mut self, now_ms: u64, period_ms: u64) -> bool {
        if self.0 == 0 {
            self.0 = now_ms;
        }
        let due = now_ms >= self.0.saturating_add(period_ms);
        if due {
            self.0 = now_ms;
        }
        due
    }
}
