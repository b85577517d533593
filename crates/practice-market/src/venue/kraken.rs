//! Kraken spot, second version of its WebSocket. Source: docs.kraken.com, "Spot WebSocket v2" and "Market Data".

use serde_json::Value;
use units::fixed::{ONE, Rounding, mul_div};

use super::topics::Topics;
use super::{Every, Pace, Question, Reply, Session};
use crate::asset::{Asset, Listing};
use crate::json::{array, decimal, iso, number, object, text};
use crate::sight::{Level, Sight, Trade};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Channel {
    /// Told at each change of the best prices.
    TickerBbo,
    /// Told at each trade.
    TickerTrades,
    Trade,
}

/// A connection to Kraken.
#[derive(Debug)]
pub(super) struct Kraken {
    number: u64,
    topics: Topics<Channel>,
    pace: Pace,
    heartbeat: Every,
}

impl Kraken {
    pub(super) fn new(number: u64) -> Self {
        let (topics, pace) = (Topics::default(), Pace::default());
        Self { number, topics, pace, heartbeat: Every::default() }
    }

    /// Asks for, or gives up, one channel of one market; the answer, and a snapshot where there is one.
    fn change(&mut self, ask: &Ask<'_>, symbol: &str, sight: &Sight) -> Vec<Reply> {
        let Some(listing) = sight.find(symbol, pair) else {
            return vec![ask.refused(
                &format!("Currency pair not supported {symbol}"),
                Some(symbol),
                sight,
            )];
        };
        if ask.subscribe && !self.topics.add(ask.channel, listing) {
            return vec![ask.refused("Already subscribed", Some(symbol), sight)];
        }
        if !ask.subscribe && !self.topics.remove(ask.channel, listing) {
            return vec![ask.refused("Subscription Not Found", Some(symbol), sight)];
        }
        let mut result = match ask.channel {
            Channel::Trade => vec![("channel", text("trade"))],
            Channel::TickerBbo => vec![("channel", text("ticker")), ("event_trigger", text("bbo"))],
            Channel::TickerTrades => {
                vec![("channel", text("ticker")), ("event_trigger", text("trades"))]
            }
        };
        result.push(("snapshot", ask.snapshot.to_string()));
        result.push(("symbol", text(pair(listing))));
        let mut out = vec![ask.answer("result", object(&result), true, None, sight)];
        if ask.subscribe && ask.snapshot {
            out.push(Reply::Text(match ask.channel {
                Channel::Trade => trades(listing, "snapshot", &[sight.last_trade(listing)]),
                Channel::TickerBbo | Channel::TickerTrades => ticker(listing, "snapshot", sight),
            }));
        }
        out
    }
}

/// A request as it came.
struct Ask<'a> {
    method: &'a str,
    subscribe: bool,
    channel: Channel,
    snapshot: bool,
    id: &'a Value,
}

impl Ask<'_> {
    fn refused(&self, why: &str, symbol: Option<&str>, sight: &Sight) -> Reply {
        self.answer("error", text(why), false, symbol, sight)
    }

    fn answer(
        &self,
        field: &str,
        value: String,
        success: bool,
        symbol: Option<&str>,
        sight: &Sight,
    ) -> Reply {
        let now = text(iso(sight.now_ms));
        let mut fields = vec![(field, value), ("method", text(self.method))];
        fields.push(("success", success.to_string()));
        fields.extend(symbol.map(|symbol| ("symbol", text(symbol))));
        fields.extend([("time_in", now.clone()), ("time_out", now)]);
        fields.extend(self.id.is_u64().then(|| ("req_id", self.id.to_string())));
        Reply::Text(object(&fields))
    }
}

impl Session for Kraken {
    fn open(&mut self, _path: &str, _query: &str, _sight: &Sight) -> Vec<Reply> {
        let data = object(&[
            ("version", text("2.0.10")),
            ("system", text("online")),
            ("api_version", text("v2")),
            ("connection_id", (11_000_000_000_000_000_000 + self.number).to_string()),
        ]);
        let fields =
            [("channel", text("status")), ("type", text("update")), ("data", array([data]))];
        vec![Reply::Text(object(&fields))]
    }

    fn receive(&mut self, message: &str, sight: &Sight) -> Vec<Reply> {
        let message = serde_json::from_str::<Value>(message).unwrap_or_default();
        let (params, id) = (&message["params"], &message["req_id"]);
        let method = message["method"].as_str().unwrap_or_default();
        let channel = match (params["channel"].as_str(), params["event_trigger"].as_str()) {
            (Some("ticker"), Some("bbo")) => Some(Channel::TickerBbo),
            (Some("ticker"), _) => Some(Channel::TickerTrades),
            (Some("trade"), _) => Some(Channel::Trade),
            _ => None,
        };
        let mut ask = Ask {
            method,
            subscribe: method == "subscribe",
            channel: Channel::Trade,
            snapshot: true,
            id,
        };
        match (method, channel) {
            ("ping", _) => {
                let now = text(iso(sight.now_ms));
                let mut fields = vec![("method", text("pong"))];
                fields.extend(id.is_u64().then(|| ("req_id", id.to_string())));
                fields.extend([("time_in", now.clone()), ("time_out", now)]);
                return vec![Reply::Text(object(&fields))];
            }
            ("subscribe" | "unsubscribe", Some(channel)) => ask.channel = channel,
            ("subscribe" | "unsubscribe", None) => {
                return vec![ask.refused("Subscription channel not supported", None, sight)];
            }
            _ => {
                ask.method = "error";
                return vec![ask.refused("Malformed request", None, sight)];
            }
        }
        // Trades come without a snapshot unless one is asked for, tickers with one.
        ask.snapshot = params["snapshot"].as_bool().unwrap_or(ask.channel != Channel::Trade);
        let symbols = params["symbol"].as_array().map(Vec::as_slice).unwrap_or_default();
        let symbols: Vec<&str> = symbols.iter().filter_map(Value::as_str).collect();
        if symbols.is_empty() {
            return vec![ask.refused("Symbol(s) not found", None, sight)];
        }
        symbols.into_iter().flat_map(|symbol| self.change(&ask, symbol, sight)).collect()
    }

    fn tick(&mut self, sight: &Sight) -> Vec<Reply> {
        let mut out = Vec::new();
        let steps = self.pace.due(sight);
        if !steps.is_empty() {
            let quotes = self.topics.of(Channel::TickerBbo);
            out.extend(quotes.map(|listing| Reply::Text(ticker(listing, "update", sight))));
        }
        for step in steps {
            for (channel, listing) in self.topics.iter() {
                let made = sight.trades(listing, step);
                match channel {
                    _ if made.is_empty() => {}
                    Channel::Trade => out.push(Reply::Text(trades(listing, "update", &made))),
                    Channel::TickerTrades => {
                        out.push(Reply::Text(ticker(listing, "update", sight)));
                    }
                    Channel::TickerBbo => {}
                }
            }
        }
        // The documentation promises one a second where nothing else comes; here it comes always.
        if !self.topics.is_empty() && self.heartbeat.due(sight.now_ms, 1_000) {
            out.push(Reply::Text(object(&[("channel", text("heartbeat"))])));
        }
        out
    }
}

/// The venue's name of a market on its WebSocket.
fn pair(listing: Listing) -> String {
    listing.joined("/")
}

/// Its older name of an asset: X before old coins, Z before money.
fn old_asset(asset: Asset) -> &'static str {
    match asset {
        Asset::Btc => "XXBT",
        Asset::Eth => "XETH",
        Asset::Usd => "ZUSD",
        other @ (Asset::Usdt | Asset::Usdc | Asset::Usde | Asset::Wbeth) => other.name(),
    }
}

/// The key of a market in answers over HTTP.
fn old_pair(listing: Listing) -> String {
    match listing.base {
        // Tether is an old market, too.
        Asset::Btc | Asset::Eth | Asset::Usdt => {
            format!("{}{}", old_asset(listing.base), old_asset(listing.quote))
        }
        Asset::Usd | Asset::Usdc | Asset::Usde | Asset::Wbeth => listing.joined(""),
    }
}

/// The short name of a market, with XBT for bitcoin.
fn short_pair(listing: Listing) -> String {
    listing.joined("").replace("BTC", "XBT")
}

fn ticker(listing: Listing, kind: &str, sight: &Sight) -> String {
    let (quote, day, last) = (sight.quote(listing), sight.day(listing), sight.last_trade(listing));
    let price = |raw: i128| decimal(raw, listing.places);
    let change = last.price - day.open;
    let percent = mul_div(change, 100 * ONE, day.open, Rounding::Nearest).unwrap_or(0);
    let data = object(&[
        ("symbol", text(pair(listing))),
        ("bid", price(quote.bid.price)),
        ("bid_qty", decimal(quote.bid.size, 8)),
        ("ask", price(quote.ask.price)),
        ("ask_qty", decimal(quote.ask.size, 8)),
        ("last", price(last.price)),
        ("volume", decimal(day.volume, 8)),
        ("vwap", price((day.high + day.low) / 2)),
        ("low", price(day.low)),
        ("high", price(day.high)),
        ("change", price(change)),
        ("change_pct", decimal(percent, 2)),
        ("timestamp", text(iso(sight.now_ms))),
    ]);
    object(&[("channel", text("ticker")), ("type", text(kind)), ("data", array([data]))])
}

fn trades(listing: Listing, kind: &str, made: &[Trade]) -> String {
    let data = made.iter().map(|trade| {
        object(&[
            ("symbol", text(pair(listing))),
            ("side", text(if trade.is_sell { "sell" } else { "buy" })),
            ("price", decimal(trade.price, listing.places)),
            ("qty", decimal(trade.size, 8)),
            ("ord_type", text("market")),
            ("trade_id", trade.id.to_string()),
            ("timestamp", text(iso(trade.at_ms))),
        ])
    });
    object(&[("channel", text("trade")), ("type", text(kind)), ("data", array(data))])
}

/// Questions over HTTP.
pub(super) fn rest(ask: &Question<'_>, sight: &Sight) -> (u16, String) {
    let answer = |errors: Option<&str>, result: Option<String>| {
        let mut fields = vec![("error", array(errors.map(text)))];
        fields.extend(result.map(|result| ("result", result)));
        // The venue says 200 to everything.
        (200, object(&fields))
    };
    let name = ask.parameter("pair");
    let spellings: [fn(Listing) -> String; 4] =
        [short_pair, old_pair, pair, |listing| listing.joined("")];
    let listing = spellings.iter().find_map(|spell| sight.find(&name, spell));
    let of = |result: &dyn Fn(Listing) -> String| match listing {
        Some(listing) => answer(None, Some(object(&[(&old_pair(listing), result(listing))]))),
        None => answer(Some("EQuery:Unknown asset pair"), None),
    };
    match ask.path {
        "/0/public/Time" => {
            let seconds = (sight.now_ms / 1_000).to_string();
            let fields = [("unixtime", seconds), ("rfc1123", text(iso(sight.now_ms)))];
            answer(None, Some(object(&fields)))
        }
        "/0/public/SystemStatus" => {
            let fields = [("status", text("online")), ("timestamp", text(iso(sight.now_ms)))];
            answer(None, Some(object(&fields)))
        }
        "/0/public/Assets" => answer(None, Some(assets())),
        "/0/public/AssetPairs" => {
            let pairs: Vec<(String, String)> =
                sight.listings().iter().map(|it| (old_pair(*it), described(*it))).collect();
            let fields: Vec<(&str, String)> =
                pairs.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
            answer(None, Some(object(&fields)))
        }
        "/0/public/Ticker" => of(&|listing| rest_ticker(listing, sight)),
        "/0/public/Depth" => of(&|listing| {
            let (bids, asks) = sight.book(listing, ask.levels("count", 100));
            let side = |levels: &[Level]| {
                array(levels.iter().map(|it| {
                    let seconds = (sight.now_ms / 1_000).to_string();
                    array([number(it.price, 5), number(it.size, 3), seconds])
                }))
            };
            object(&[("asks", side(&asks)), ("bids", side(&bids))])
        }),
        _ => answer(Some("EGeneral:Unknown method"), None),
    }
}

fn rest_ticker(listing: Listing, sight: &Sight) -> String {
    let (quote, day, last) = (sight.quote(listing), sight.day(listing), sight.last_trade(listing));
    let best = |level: Level| {
        let lots = (level.size / ONE).to_string();
        array([number(level.price, 5), text(lots), number(level.size, 3)])
    };
    let twice = |value: String| array([value.clone(), value]);
    object(&[
        ("a", best(quote.ask)),
        ("b", best(quote.bid)),
        ("c", array([number(last.price, 5), number(last.size, 8)])),
        ("v", twice(number(day.volume, 8))),
        ("p", twice(number((day.high + day.low) / 2, 5))),
        ("t", twice("24000".to_owned())),
        ("l", twice(number(day.low, 5))),
        ("h", twice(number(day.high, 5))),
        ("o", number(day.open, 5)),
    ])
}

fn described(listing: Listing) -> String {
    object(&[
        ("altname", text(short_pair(listing))),
        ("wsname", text(pair(listing).replace("BTC", "XBT"))),
        ("aclass_base", text("currency")),
        ("base", text(old_asset(listing.base))),
        ("aclass_quote", text("currency")),
        ("quote", text(old_asset(listing.quote))),
        ("lot", text("unit")),
        ("cost_decimals", "5".to_owned()),
        ("pair_decimals", listing.places.to_string()),
        ("lot_decimals", "8".to_owned()),
        ("lot_multiplier", "1".to_owned()),
        ("leverage_buy", array([])),
        ("leverage_sell", array([])),
        ("fees", array([array(["0".to_owned(), "0.26".to_owned()])])),
        ("fees_maker", array([array(["0".to_owned(), "0.16".to_owned()])])),
        ("fee_volume_currency", text("ZUSD")),
        ("margin_call", "80".to_owned()),
        ("margin_stop", "40".to_owned()),
        ("ordermin", text("0.0001")),
        ("costmin", text("0.5")),
        ("tick_size", number(10_i128.pow(12 - listing.places), listing.places)),
        ("status", text("online")),
    ])
}

fn assets() -> String {
    let named =
        [Asset::Usd, Asset::Btc, Asset::Eth, Asset::Usdt, Asset::Usdc, Asset::Usde, Asset::Wbeth]
            .map(|asset| {
                let name = if asset == Asset::Btc { "XBT" } else { asset.name() };
                let fields = [
                    ("aclass", text("currency")),
                    ("altname", text(name)),
                    ("decimals", "10".to_owned()),
                    ("display_decimals", "5".to_owned()),
                    ("status", text("enabled")),
                ];
                (old_asset(asset), object(&fields))
            });
    object(&named)
}
