//! Coinbase Exchange. Source: docs.cdp.coinbase.com/exchange, "WebSocket channels" and "Product" endpoints.

use serde_json::Value;

use super::topics::Topics;
use super::{Every, Pace, Question, Reply, Session};
use crate::asset::Listing;
use crate::json::{array, decimal, iso, number, object, text};
use crate::sight::{Level, STEP_MS, Sight, Trade};

/// How long a connection may stay without asking for anything.
const SUBSCRIBE_MS: u64 = 5_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Channel {
    Ticker,
    Matches,
    Heartbeat,
}

const CHANNELS: [(Channel, &str); 3] =
    [(Channel::Ticker, "ticker"), (Channel::Matches, "matches"), (Channel::Heartbeat, "heartbeat")];

/// A connection to Coinbase.
#[derive(Debug, Default)]
pub(super) struct Coinbase {
    topics: Topics<Channel>,
    pace: Pace,
    patience: Every,
    heartbeat: Every,
}

impl Coinbase {
    /// All that is asked for, which answers every request.
    fn subscriptions(&self) -> Reply {
        let channels = CHANNELS.iter().filter_map(|(channel, name)| {
            let products: Vec<String> =
                self.topics.of(*channel).map(|it| text(product(it))).collect();
            let entry =
                || object(&[("name", text(name)), ("product_ids", array(products.clone()))]);
            (!products.is_empty()).then(entry)
        });
        Reply::Text(object(&[("type", text("subscriptions")), ("channels", array(channels))]))
    }

    /// The channels and products of a request.
    fn wanted(message: &Value, sight: &Sight) -> Result<Vec<(Channel, Listing)>, String> {
        let names = |value: &Value| -> Vec<String> {
            let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
            list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let common = names(&message["product_ids"]);
        let mut wanted = Vec::new();
        for channel in message["channels"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let name = channel.as_str().or_else(|| channel["name"].as_str()).unwrap_or_default();
            let known = CHANNELS.iter().find(|(_, it)| *it == name);
            let (kind, _) = known.ok_or_else(|| format!("{name} is not a valid channel"))?;
            let own = names(&channel["product_ids"]);
            let products = if own.is_empty() { &common } else { &own };
            if products.is_empty() {
                return Err(format!(
                    "You need to specify at least one product ID for channel {name}"
                ));
            }
            for id in products {
                let listing = sight.find(id, product);
                let listing = listing.ok_or_else(|| format!("{id} is not a valid product"))?;
                wanted.push((*kind, listing));
            }
        }
        if wanted.is_empty() {
            return Err("You need to specify at least one channel".to_owned());
        }
        Ok(wanted)
    }
}

fn error(message: &str, reason: &str) -> Vec<Reply> {
    let fields = [("type", text("error")), ("message", text(message)), ("reason", text(reason))];
    vec![Reply::Text(object(&fields))]
}

impl Session for Coinbase {
    fn open(&mut self, _path: &str, _query: &str, sight: &Sight) -> Vec<Reply> {
        let _starts_the_clock = self.patience.due(sight.now_ms, SUBSCRIBE_MS);
        Vec::new()
    }

    fn receive(&mut self, message: &str, sight: &Sight) -> Vec<Reply> {
        let Ok(message) = serde_json::from_str::<Value>(message) else {
            return error("Malformed JSON", "Malformed JSON");
        };
        let (subscribe, failed) = match message["type"].as_str() {
            Some("subscribe") => (true, "Failed to subscribe"),
            Some("unsubscribe") => (false, "Failed to unsubscribe"),
            _ => {
                return error(
                    "Failed to subscribe",
                    "Type has to be either subscribe or unsubscribe",
                );
            }
        };
        let wanted = match Self::wanted(&message, sight) {
            Ok(wanted) => wanted,
            Err(reason) => return error(failed, &reason),
        };
        let mut first = Vec::new();
        for (channel, listing) in wanted {
            if !subscribe {
                self.topics.remove(channel, listing);
            } else if self.topics.add(channel, listing) {
                match channel {
                    Channel::Ticker => first.push(ticker(listing, sight)),
                    Channel::Matches => {
                        first.push(matched("last_match", listing, &sight.last_trade(listing)));
                    }
                    Channel::Heartbeat => {}
                }
            }
        }
        let mut out = vec![self.subscriptions()];
        out.extend(first.into_iter().map(Reply::Text));
        out
    }

    fn tick(&mut self, sight: &Sight) -> Vec<Reply> {
        if self.topics.is_empty() {
            // It says so in no frame: the connection just ends.
            let late = self.patience.due(sight.now_ms, SUBSCRIBE_MS);
            return if late { vec![Reply::Close(1000, "")] } else { Vec::new() };
        }
        let mut out = Vec::new();
        for step in self.pace.due(sight) {
            for (channel, listing) in self.topics.iter() {
                let trades = sight.trades(listing, step);
                match channel {
                    Channel::Matches => {
                        let frames = trades.iter().map(|it| matched("match", listing, it));
                        out.extend(frames.map(Reply::Text));
                    }
                    // Best prices come with trades only, one frame for the lot.
                    Channel::Ticker if !trades.is_empty() => {
                        out.push(Reply::Text(ticker(listing, sight)));
                    }
                    Channel::Ticker | Channel::Heartbeat => {}
                }
            }
        }
        if self.heartbeat.due(sight.now_ms, 1_000) {
            let beats = self.topics.of(Channel::Heartbeat).map(|listing| heartbeat(listing, sight));
            out.extend(beats.map(Reply::Text));
        }
        out
    }
}

/// The venue's name of a market.
fn product(listing: Listing) -> String {
    listing.joined("-")
}

/// The number of a product's message at a moment: several in each step, with gaps for channels not asked for.
const fn sequence(at_ms: u64, behind: u64) -> u64 {
    at_ms / STEP_MS * 16 + behind
}

fn ticker(listing: Listing, sight: &Sight) -> String {
    let (quote, day, last) = (sight.quote(listing), sight.day(listing), sight.last_trade(listing));
    object(&[
        ("type", text("ticker")),
        ("sequence", sequence(sight.now_ms, 8).to_string()),
        ("product_id", text(product(listing))),
        ("price", number(last.price, listing.places)),
        ("open_24h", number(day.open, listing.places)),
        ("volume_24h", number(day.volume, 8)),
        ("low_24h", number(day.low, listing.places)),
        ("high_24h", number(day.high, listing.places)),
        ("volume_30d", number(day.volume * 30, 8)),
        ("best_bid", number(quote.bid.price, listing.places)),
        ("best_bid_size", number(quote.bid.size, 8)),
        ("best_ask", number(quote.ask.price, listing.places)),
        ("best_ask_size", number(quote.ask.size, 8)),
        ("side", text(if last.is_sell { "sell" } else { "buy" })),
        ("time", text(iso(last.at_ms))),
        ("trade_id", last.id.to_string()),
        ("last_size", number(last.size, 8)),
    ])
}

fn matched(kind: &str, listing: Listing, trade: &Trade) -> String {
    // The orders' ids are of the form that they have, and mean nothing.
    let order = |side: u64| {
        text(format!("{:08x}-0000-4000-8000-{:012x}", trade.id >> 16, trade.id * 2 + side))
    };
    object(&[
        ("type", text(kind)),
        ("trade_id", trade.id.to_string()),
        ("maker_order_id", order(0)),
        ("taker_order_id", order(1)),
        // The side is that of who was there first.
        ("side", text(if trade.is_sell { "buy" } else { "sell" })),
        ("size", number(trade.size, 8)),
        ("price", number(trade.price, listing.places)),
        ("product_id", text(product(listing))),
        ("sequence", sequence(trade.at_ms, trade.id % 4).to_string()),
        ("time", text(iso(trade.at_ms))),
    ])
}

fn heartbeat(listing: Listing, sight: &Sight) -> String {
    object(&[
        ("type", text("heartbeat")),
        ("last_trade_id", sight.last_trade(listing).id.to_string()),
        ("product_id", text(product(listing))),
        ("sequence", sequence(sight.now_ms, 9).to_string()),
        ("time", text(iso(sight.now_ms))),
    ])
}

/// Questions over HTTP.
pub(super) fn rest(ask: &Question<'_>, sight: &Sight) -> (u16, String) {
    let unknown = || (404, object(&[("message", text("NotFound"))]));
    let segments: Vec<&str> = ask.path.split('/').skip(1).collect();
    match segments.as_slice() {
        ["time"] => {
            let seconds = decimal(i128::from(sight.now_ms) * 1_000_000_000, 3);
            (200, object(&[("iso", text(iso(sight.now_ms))), ("epoch", seconds)]))
        }
        ["currencies"] => (200, currencies(sight)),
        ["products"] => (200, array(sight.listings().iter().map(described))),
        ["products", id, rest @ ..] => {
            let Some(listing) = sight.find(id, product) else { return unknown() };
            match rest {
                [] => (200, described(&listing)),
                ["ticker"] => (200, rest_ticker(listing, sight)),
                ["book"] => (200, book(listing, &ask.parameter("level"), sight)),
                _ => unknown(),
            }
        }
        _ => unknown(),
    }
}

fn rest_ticker(listing: Listing, sight: &Sight) -> String {
    let (quote, last) = (sight.quote(listing), sight.last_trade(listing));
    object(&[
        ("ask", number(quote.ask.price, listing.places)),
        ("bid", number(quote.bid.price, listing.places)),
        ("volume", number(sight.day(listing).volume, 8)),
        ("trade_id", last.id.to_string()),
        ("price", number(last.price, listing.places)),
        ("size", number(last.size, 8)),
        ("time", text(iso(last.at_ms))),
        ("rfq_volume", number(0, 6)),
        ("conversions_volume", number(0, 2)),
    ])
}

fn book(listing: Listing, level: &str, sight: &Sight) -> String {
    let (bids, asks) = sight.book(listing, if level == "2" { usize::MAX } else { 1 });
    let side = |levels: &[Level]| {
        array(levels.iter().map(|it| {
            array([number(it.price, listing.places), number(it.size, 8), "3".to_owned()])
        }))
    };
    object(&[
        ("bids", side(&bids)),
        ("asks", side(&asks)),
        ("sequence", sequence(sight.now_ms, 0).to_string()),
        ("auction_mode", "false".to_owned()),
        ("auction", "null".to_owned()),
        ("time", text(iso(sight.now_ms))),
    ])
}

fn described(listing: &Listing) -> String {
    let tick = number(10_i128.pow(12 - listing.places), listing.places);
    object(&[
        ("id", text(product(*listing))),
        ("base_currency", text(listing.base.name())),
        ("quote_currency", text(listing.quote.name())),
        ("quote_increment", tick),
        ("base_increment", text("0.00000001")),
        ("display_name", text(product(*listing))),
        ("min_market_funds", text("1")),
        ("margin_enabled", "false".to_owned()),
        ("post_only", "false".to_owned()),
        ("limit_only", "false".to_owned()),
        ("cancel_only", "false".to_owned()),
        ("status", text("online")),
        ("status_message", text("")),
        ("trading_disabled", "false".to_owned()),
        ("fx_stablecoin", "false".to_owned()),
        ("auction_mode", "false".to_owned()),
    ])
}

fn currencies(sight: &Sight) -> String {
    let mut names: Vec<&str> =
        sight.listings().iter().flat_map(|it| [it.base.name(), it.quote.name()]).collect();
    names.sort_unstable();
    names.dedup();
    let details = object(&[("type", text("crypto")), ("symbol", "null".to_owned())]);
    array(names.into_iter().map(|name| {
        object(&[
            ("id", text(name)),
            ("name", text(name)),
            ("min_size", text("0.00000001")),
            ("status", text("online")),
            ("message", text("")),
            ("max_precision", text("0.00000001")),
            ("convertible_to", array([])),
            ("details", details.clone()),
        ])
    }))
}
