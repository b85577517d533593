//! Binance spot. Source: developers.binance.com, "WebSocket Streams" and "Market Data endpoints" of spot.

use serde_json::Value;
use units::fixed::{ONE, Rounding, mul_div};

use super::topics::Topics;
use super::{Every, Pace, Question, Reply, Session};
use crate::asset::Listing;
use crate::json::{array, number, object, text};
use crate::sight::{Level, Sight, Trade};

/// How often the venue pings.
const PING_MS: u64 = 20_000;

/// The streams of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Channel {
    BookTicker,
    AggTrade,
    Trade,
    Ticker,
    MiniTicker,
}

const CHANNELS: [(Channel, &str); 5] = [
    (Channel::BookTicker, "bookTicker"),
    (Channel::AggTrade, "aggTrade"),
    (Channel::Trade, "trade"),
    (Channel::Ticker, "ticker"),
    (Channel::MiniTicker, "miniTicker"),
];

/// A connection to Binance.
#[derive(Debug, Default)]
pub(super) struct Binance {
    topics: Topics<Channel>,
    /// Whether frames are wrapped with the name of their stream.
    combined: bool,
    pace: Pace,
    ping: Every,
    day: Every,
}

impl Binance {
    /// The stream of a name; names that do not exist are taken and stay silent, as the venue does.
    fn stream(name: &str, sight: &Sight) -> Option<(Channel, Listing)> {
        let (market, channel) = name.split_once('@')?;
        let (channel, _) = CHANNELS.into_iter().find(|(_, name)| *name == channel)?;
        // Names of streams are in lower case, and are not known otherwise.
        let listing = sight.find(market, symbol)?;
        (symbol(listing).to_lowercase() == market).then_some((channel, listing))
    }

    fn add(&mut self, name: &str, sight: &Sight) {
        if let Some((channel, listing)) = Self::stream(name, sight) {
            self.topics.add(channel, listing);
        }
    }

    fn frame(&self, channel: Channel, listing: Listing, data: String) -> Reply {
        if !self.combined {
            return Reply::Text(data);
        }
        let name = CHANNELS.iter().find(|(it, _)| *it == channel).map_or("", |(_, name)| name);
        let stream = format!("{}@{name}", symbol(listing).to_lowercase());
        Reply::Text(object(&[("stream", text(stream)), ("data", data)]))
    }
}

impl Session for Binance {
    fn open(&mut self, path: &str, query: &str, sight: &Sight) -> Vec<Reply> {
        self.combined = path.starts_with("/stream");
        let names = if self.combined {
            query.strip_prefix("streams=").unwrap_or_default()
        } else {
            path.strip_prefix("/ws/").unwrap_or_default()
        };
        for name in names.split('/') {
            self.add(name, sight);
        }
        Vec::new()
    }

    fn receive(&mut self, message: &str, sight: &Sight) -> Vec<Reply> {
        let refused = |code: i32, why: &str, id: &Value| {
            let error = object(&[("code", code.to_string()), ("msg", text(why))]);
            vec![Reply::Text(object(&[("error", error), ("id", id.to_string())]))]
        };
        let Ok(message) = serde_json::from_str::<Value>(message) else {
            return refused(3, "Invalid JSON: expected value at line 1 column 1", &Value::Null);
        };
        let id = message.get("id").cloned().unwrap_or_default();
        let params = message.get("params").and_then(Value::as_array);
        let names: Vec<&str> = params.into_iter().flatten().filter_map(Value::as_str).collect();
        let result = match message.get("method").and_then(Value::as_str) {
            Some("SUBSCRIBE") if !names.is_empty() => {
                names.iter().for_each(|name| self.add(name, sight));
                "null".to_owned()
            }
            Some("UNSUBSCRIBE") if !names.is_empty() => {
                for (channel, listing) in names.iter().filter_map(|name| Self::stream(name, sight))
                {
                    self.topics.remove(channel, listing);
                }
                "null".to_owned()
            }
            Some("LIST_SUBSCRIPTIONS") => array(self.topics.iter().map(|(channel, listing)| {
                let name = CHANNELS.iter().find(|it| it.0 == channel).map_or("", |it| it.1);
                text(format!("{}@{name}", symbol(listing).to_lowercase()))
            })),
            Some("SUBSCRIBE" | "UNSUBSCRIBE") => {
                return refused(2, "Invalid request: request must have at least one stream", &id);
            }
            Some(other) => {
                let known = "expected one of `SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`";
                let why = format!("Invalid request: unknown variant `{other}`, {known}");
                return refused(2, &why, &id);
            }
            None => return refused(2, "Invalid request: missing field `method`", &id),
        };
        vec![Reply::Text(object(&[("result", result), ("id", id.to_string())]))]
    }

    fn tick(&mut self, sight: &Sight) -> Vec<Reply> {
        let mut out = Vec::new();
        if self.ping.due(sight.now_ms, PING_MS) {
            out.push(Reply::Ping(sight.now_ms.to_string()));
        }
        let steps = self.pace.due(sight);
        if steps.is_empty() {
            return out;
        }
        for listing in self.topics.of(Channel::BookTicker) {
            out.push(self.frame(Channel::BookTicker, listing, book_ticker(listing, sight)));
        }
        for step in steps {
            for channel in [Channel::AggTrade, Channel::Trade] {
                for listing in self.topics.of(channel) {
                    let trades = sight.trades(listing, step);
                    let data = trades.iter().map(|it| trade(channel, listing, it, sight));
                    out.extend(data.map(|data| self.frame(channel, listing, data)));
                }
            }
        }
        if self.day.due(sight.now_ms, 1_000) {
            for (channel, listing) in self.topics.iter() {
                match channel {
                    Channel::Ticker => {
                        out.push(self.frame(channel, listing, ticker(listing, sight)));
                    }
                    Channel::MiniTicker => {
                        out.push(self.frame(channel, listing, mini_ticker(listing, sight)));
                    }
                    Channel::BookTicker | Channel::AggTrade | Channel::Trade => {}
                }
            }
        }
        out
    }
}

/// The venue's name of a market.
fn symbol(listing: Listing) -> String {
    listing.joined("")
}

fn book_ticker(listing: Listing, sight: &Sight) -> String {
    let quote = sight.quote(listing);
    object(&[
        ("u", sight.step().to_string()),
        ("s", text(symbol(listing))),
        ("b", number(quote.bid.price, 8)),
        ("B", number(quote.bid.size, 8)),
        ("a", number(quote.ask.price, 8)),
        ("A", number(quote.ask.size, 8)),
    ])
}

fn trade(channel: Channel, listing: Listing, trade: &Trade, sight: &Sight) -> String {
    let (name, number_of_it) =
        if channel == Channel::AggTrade { ("aggTrade", "a") } else { ("trade", "t") };
    let mut fields = vec![
        ("e", text(name)),
        ("E", sight.now_ms.to_string()),
        ("s", text(symbol(listing))),
        (number_of_it, trade.id.to_string()),
        ("p", number(trade.price, 8)),
        ("q", number(trade.size, 8)),
    ];
    if channel == Channel::AggTrade {
        fields.extend([("f", trade.id.to_string()), ("l", trade.id.to_string())]);
    }
    fields.extend([
        ("T", trade.at_ms.to_string()),
        ("m", trade.is_sell.to_string()),
        ("M", "true".to_owned()),
    ]);
    object(&fields)
}

fn mini_ticker(listing: Listing, sight: &Sight) -> String {
    let (day, last) = (sight.day(listing), sight.last_trade(listing));
    let money = mul_div(day.volume, last.price, ONE, Rounding::Down).unwrap_or(0);
    object(&[
        ("e", text("24hrMiniTicker")),
        ("E", sight.now_ms.to_string()),
        ("s", text(symbol(listing))),
        ("c", number(last.price, 8)),
        ("o", number(day.open, 8)),
        ("h", number(day.high, 8)),
        ("l", number(day.low, 8)),
        ("v", number(day.volume, 8)),
        ("q", number(money, 8)),
    ])
}

/// A day, under the names that it has on the stream, or over HTTP.
fn ticker(listing: Listing, sight: &Sight) -> String {
    let mut fields = vec![("e", text("24hrTicker")), ("E", sight.now_ms.to_string())];
    fields.extend(day(listing, sight).into_iter().map(|(short, _, value)| (short, value)));
    object(&fields)
}

fn rest_ticker(listing: Listing, sight: &Sight) -> String {
    let fields = day(listing, sight);
    object(&fields.into_iter().map(|(_, long, value)| (long, value)).collect::<Vec<_>>())
}

fn day(listing: Listing, sight: &Sight) -> Vec<(&'static str, &'static str, String)> {
    let (quote, day, last) = (sight.quote(listing), sight.day(listing), sight.last_trade(listing));
    let change = last.price - day.open;
    let percent = mul_div(change, 100 * ONE, day.open, Rounding::Nearest).unwrap_or(0);
    let money = mul_div(day.volume, last.price, ONE, Rounding::Down).unwrap_or(0);
    let open_ms = sight.now_ms.saturating_sub(86_400_000);
    vec![
        ("s", "symbol", text(symbol(listing))),
        ("p", "priceChange", number(change, 8)),
        ("P", "priceChangePercent", number(percent, 3)),
        ("w", "weightedAvgPrice", number((day.high + day.low) / 2, 8)),
        ("x", "prevClosePrice", number(day.open, 8)),
        ("c", "lastPrice", number(last.price, 8)),
        ("Q", "lastQty", number(last.size, 8)),
        ("b", "bidPrice", number(quote.bid.price, 8)),
        ("B", "bidQty", number(quote.bid.size, 8)),
        ("a", "askPrice", number(quote.ask.price, 8)),
        ("A", "askQty", number(quote.ask.size, 8)),
        ("o", "openPrice", number(day.open, 8)),
        ("h", "highPrice", number(day.high, 8)),
        ("l", "lowPrice", number(day.low, 8)),
        ("v", "volume", number(day.volume, 8)),
        ("q", "quoteVolume", number(money, 8)),
        ("O", "openTime", open_ms.to_string()),
        ("C", "closeTime", sight.now_ms.to_string()),
        ("F", "firstId", last.id.saturating_sub(100_000).to_string()),
        ("L", "lastId", last.id.to_string()),
        ("n", "count", "100001".to_owned()),
    ]
}

/// Questions over HTTP.
pub(super) fn rest(ask: &Question<'_>, sight: &Sight) -> (u16, String) {
    let listing = sight.find(&ask.parameter("symbol"), symbol);
    let unknown = || {
        let why = [("code", "-1121".to_owned()), ("msg", text("Invalid symbol."))];
        (400, object(&why))
    };
    let of = |answer: &dyn Fn(Listing) -> String| match listing {
        Some(listing) => (200, answer(listing)),
        None => unknown(),
    };
    match ask.path {
        "/api/v3/ping" => (200, "{}".to_owned()),
        "/api/v3/time" => (200, object(&[("serverTime", sight.now_ms.to_string())])),
        "/api/v3/exchangeInfo" => (200, exchange_info(sight)),
        "/api/v3/ticker/bookTicker" => of(&|listing| {
            let quote = sight.quote(listing);
            object(&[
                ("symbol", text(symbol(listing))),
                ("bidPrice", number(quote.bid.price, 8)),
                ("bidQty", number(quote.bid.size, 8)),
                ("askPrice", number(quote.ask.price, 8)),
                ("askQty", number(quote.ask.size, 8)),
            ])
        }),
        "/api/v3/ticker/24hr" => of(&|listing| rest_ticker(listing, sight)),
        "/api/v3/ticker/price" => of(&|listing| {
            let price = number(sight.last_trade(listing).price, 8);
            object(&[("symbol", text(symbol(listing))), ("price", price)])
        }),
        "/api/v3/depth" => of(&|listing| {
            let (bids, asks) = sight.book(listing, ask.levels("limit", 100));
            let side = |levels: &[Level]| {
                array(levels.iter().map(|it| array([number(it.price, 8), number(it.size, 8)])))
            };
            object(&[
                ("lastUpdateId", sight.step().to_string()),
                ("bids", side(&bids)),
                ("asks", side(&asks)),
            ])
        }),
        _ => (404, object(&[("code", "-1000".to_owned()), ("msg", text("Not found"))])),
    }
}

fn exchange_info(sight: &Sight) -> String {
    let market = |listing: &Listing| {
        let tick = number(10_i128.pow(12 - listing.places), 8);
        let price = object(&[
            ("filterType", text("PRICE_FILTER")),
            ("minPrice", tick.clone()),
            ("maxPrice", text("1000000.00000000")),
            ("tickSize", tick),
        ]);
        let lot = object(&[
            ("filterType", text("LOT_SIZE")),
            ("minQty", text("0.00001000")),
            ("maxQty", text("9000.00000000")),
            ("stepSize", text("0.00001000")),
        ]);
        object(&[
            ("symbol", text(symbol(*listing))),
            ("status", text("TRADING")),
            ("baseAsset", text(listing.base.name())),
            ("baseAssetPrecision", "8".to_owned()),
            ("quoteAsset", text(listing.quote.name())),
            ("quotePrecision", "8".to_owned()),
            ("quoteAssetPrecision", "8".to_owned()),
            ("orderTypes", array([text("LIMIT"), text("MARKET")])),
            ("isSpotTradingAllowed", "true".to_owned()),
            ("isMarginTradingAllowed", "false".to_owned()),
            ("filters", array([price, lot])),
            ("permissions", array([])),
            ("permissionSets", array([array([text("SPOT")])])),
        ])
    };
    object(&[
        ("timezone", text("UTC")),
        ("serverTime", sight.now_ms.to_string()),
        ("rateLimits", array([])),
        ("exchangeFilters", array([])),
        ("symbols", array(sight.listings().iter().map(market))),
    ])
}
