//! Bitstamp. Source: bitstamp.net/websocket/v2 and bitstamp.net/api.

use serde_json::Value;
use units::fixed::{ONE, Rounding, mul_div};

use super::topics::Topics;
use super::{Every, Pace, Question, Reply, Session};
use crate::asset::Listing;
use crate::json::{array, decimal, number, object, text};
use crate::sight::{Level, Sight, Trade};

/// How often the venue says that it lives.
const HEARTBEAT_MS: u64 = 10_000;
/// How many prices a book on the stream has on each side.
const BOOK_LEVELS: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Channel {
    Trades,
    Book,
}

const CHANNELS: [(Channel, &str); 2] =
    [(Channel::Trades, "live_trades_"), (Channel::Book, "order_book_")];

/// A connection to Bitstamp.
#[derive(Debug, Default)]
pub(super) struct Bitstamp {
    topics: Topics<Channel>,
    pace: Pace,
    heartbeat: Every,
}

fn event(name: &str, channel: &str, data: String) -> Reply {
    let fields = [("data", data), ("channel", text(channel)), ("event", text(name))];
    Reply::Text(object(&fields))
}

fn refused(why: &str) -> Vec<Reply> {
    let data = object(&[("code", "null".to_owned()), ("message", text(why))]);
    vec![event("bts:error", "", data)]
}

impl Session for Bitstamp {
    fn open(&mut self, _path: &str, _query: &str, sight: &Sight) -> Vec<Reply> {
        let _starts_the_clock = self.heartbeat.due(sight.now_ms, HEARTBEAT_MS);
        Vec::new()
    }

    fn receive(&mut self, message: &str, sight: &Sight) -> Vec<Reply> {
        let Ok(message) = serde_json::from_str::<Value>(message) else {
            return refused("Incorrect JSON format.");
        };
        let name = message["data"]["channel"].as_str().unwrap_or_default();
        let topic = CHANNELS.iter().find_map(|(channel, prefix)| {
            let market = name.strip_prefix(prefix)?;
            let listing = sight.find(market, pair).filter(|it| pair(*it) == market)?;
            Some((*channel, listing))
        });
        match (message["event"].as_str(), topic) {
            (Some("bts:heartbeat"), _) => {
                vec![event("bts:heartbeat", "", object(&[("status", text("success"))]))]
            }
            (Some("bts:subscribe"), Some((channel, listing))) => {
                self.topics.add(channel, listing);
                vec![event("bts:subscription_succeeded", name, "{}".to_owned())]
            }
            (Some("bts:unsubscribe"), Some((channel, listing))) => {
                self.topics.remove(channel, listing);
                vec![event("bts:unsubscription_succeeded", name, "{}".to_owned())]
            }
            (Some("bts:subscribe" | "bts:unsubscribe"), None) => {
                refused("Bad subscription string.")
            }
            _ => refused("Incorrect JSON format."),
        }
    }

    fn tick(&mut self, sight: &Sight) -> Vec<Reply> {
        let mut out = Vec::new();
        let steps = self.pace.due(sight);
        for (channel, listing) in self.topics.iter() {
            match channel {
                _ if steps.is_empty() => {}
                Channel::Book => {
                    let name = format!("order_book_{}", pair(listing));
                    out.push(event("data", &name, book(listing, BOOK_LEVELS, sight)));
                }
                Channel::Trades => {
                    let name = format!("live_trades_{}", pair(listing));
                    let made = steps.clone().flat_map(|step| sight.trades(listing, step));
                    out.extend(made.map(|it| event("trade", &name, trade(listing, &it))));
                }
            }
        }
        if self.heartbeat.due(sight.now_ms, HEARTBEAT_MS) {
            out.push(event("bts:heartbeat", "", "{}".to_owned()));
        }
        out
    }
}

/// The venue's name of a market.
fn pair(listing: Listing) -> String {
    listing.joined("").to_lowercase()
}

fn seconds(at_ms: u64) -> String {
    text((at_ms / 1_000).to_string())
}

fn micros(at_ms: u64) -> String {
    text((at_ms * 1_000).to_string())
}

fn trade(listing: Listing, trade: &Trade) -> String {
    let (buyer, seller) = (trade.id * 2, trade.id * 2 + 1);
    object(&[
        ("id", trade.id.to_string()),
        ("timestamp", seconds(trade.at_ms)),
        ("amount", decimal(trade.size, 8)),
        ("amount_str", number(trade.size, 8)),
        ("price", decimal(trade.price, listing.places)),
        ("price_str", number(trade.price, listing.places)),
        ("type", u8::from(trade.is_sell).to_string()),
        ("microtimestamp", micros(trade.at_ms)),
        ("buy_order_id", buyer.to_string()),
        ("sell_order_id", seller.to_string()),
    ])
}

fn book(listing: Listing, levels: usize, sight: &Sight) -> String {
    let (bids, asks) = sight.book(listing, levels);
    let side = |levels: &[Level]| {
        array(levels.iter().map(|it| array([number(it.price, listing.places), number(it.size, 8)])))
    };
    object(&[
        ("timestamp", seconds(sight.now_ms)),
        ("microtimestamp", micros(sight.now_ms)),
        ("bids", side(&bids)),
        ("asks", side(&asks)),
    ])
}

/// Questions over HTTP.
pub(super) fn rest(ask: &Question<'_>, sight: &Sight) -> (u16, String) {
    let unknown = || {
        let why =
            [("status", text("error")), ("reason", text("Not found")), ("code", text("API0017"))];
        (404, object(&why))
    };
    let segments: Vec<&str> = ask.path.split('/').skip(1).collect();
    let of = |name: &str, answer: &dyn Fn(Listing) -> String| match sight.find(name, pair) {
        Some(listing) => (200, answer(listing)),
        None => unknown(),
    };
    match segments.as_slice() {
        ["api", "v2", "ticker", name] => of(name, &|listing| ticker(listing, sight)),
        ["api", "v2", "order_book", name] => of(name, &|listing| book(listing, usize::MAX, sight)),
        ["api", "v2", "markets"] => (200, array(sight.listings().iter().map(market))),
        ["api", "v2", "trading-pairs-info"] => {
            (200, array(sight.listings().iter().map(old_market)))
        }
        ["api", "v2", "currencies"] => (200, currencies(sight)),
        _ => unknown(),
    }
}

fn ticker(listing: Listing, sight: &Sight) -> String {
    let (quote, day, last) = (sight.quote(listing), sight.day(listing), sight.last_trade(listing));
    let price = |raw: i128| number(raw, listing.places);
    let percent = mul_div(last.price - day.open, 100 * ONE, day.open, Rounding::Nearest);
    object(&[
        ("timestamp", seconds(sight.now_ms)),
        ("open", price(day.open)),
        ("high", price(day.high)),
        ("low", price(day.low)),
        ("last", price(last.price)),
        ("volume", number(day.volume, 8)),
        ("vwap", price((day.high + day.low) / 2)),
        ("bid", price(quote.bid.price)),
        ("ask", price(quote.ask.price)),
        ("side", text(if last.is_sell { "1" } else { "0" })),
        ("open_24", price(day.open)),
        ("percent_change_24", number(percent.unwrap_or(0), 2)),
        ("market", text(listing.joined("/"))),
        ("market_type", text("SPOT")),
    ])
}

fn market(listing: &Listing) -> String {
    object(&[
        ("name", text(listing.joined("/"))),
        ("market_symbol", text(pair(*listing))),
        ("base_currency", text(listing.base.name())),
        ("base_decimals", "8".to_owned()),
        ("counter_currency", text(listing.quote.name())),
        ("counter_decimals", listing.places.to_string()),
        ("minimum_order_value", text("10.00")),
        ("trading", text("Enabled")),
        ("instant_order_counter_decimals", listing.places.to_string()),
        ("instant_and_market_orders", text("Enabled")),
        ("description", text(format!("{} / {}", listing.base, listing.quote))),
        ("market_type", text("SPOT")),
    ])
}

fn old_market(listing: &Listing) -> String {
    object(&[
        ("name", text(listing.joined("/"))),
        ("url_symbol", text(pair(*listing))),
        ("base_decimals", "8".to_owned()),
        ("counter_decimals", listing.places.to_string()),
        ("minimum_order", text(format!("10.00 {}", listing.quote))),
        ("trading", text("Enabled")),
        ("instant_order_counter_decimals", listing.places.to_string()),
        ("instant_and_market_orders", text("Enabled")),
        ("description", text(format!("{} / {}", listing.base, listing.quote))),
    ])
}

fn currencies(sight: &Sight) -> String {
    let mut names: Vec<&str> =
        sight.listings().iter().flat_map(|it| [it.base.name(), it.quote.name()]).collect();
    names.sort_unstable();
    names.dedup();
    array(names.into_iter().map(|name| {
        object(&[
            ("name", text(name)),
            ("currency", text(name)),
            ("type", text(if name == "USD" { "fiat" } else { "crypto" })),
            ("symbol", text(name)),
            ("decimals", "8".to_owned()),
            ("logo", text("")),
            ("available_supply", text("0")),
            ("deposit", text("Enabled")),
            ("withdrawal", text("Enabled")),
            ("networks", array([])),
        ])
    }))
}
