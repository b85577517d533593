//! OKX, fifth version. Source: okx.com/docs-v5, "WebSocket" and "Market Data" of order book trading.

use serde_json::Value;

use super::topics::Topics;
use super::{Every, Pace, Question, Reply, Session};
use crate::asset::Listing;
use crate::json::{array, number, object, text};
use crate::sight::{Level, Sight, Trade};

/// How long a connection may stay without a word in either direction.
const SILENCE_MS: u64 = 30_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Channel {
    Tickers,
    Trades,
    Bbo,
    Books5,
}

const CHANNELS: [(Channel, &str); 4] = [
    (Channel::Tickers, "tickers"),
    (Channel::Trades, "trades"),
    (Channel::Bbo, "bbo-tbt"),
    (Channel::Books5, "books5"),
];

impl Channel {
    fn name(self) -> &'static str {
        CHANNELS.iter().find(|(it, _)| *it == self).map_or("", |(_, name)| name)
    }
}

/// A connection to OKX.
#[derive(Debug)]
pub(super) struct Okx {
    id: String,
    topics: Topics<Channel>,
    pace: Pace,
    silence: Every,
}

impl Okx {
    pub(super) fn new(number: u64) -> Self {
        let id = format!("{:08x}", number.wrapping_mul(0x9e37_79b1) & 0xffff_ffff);
        Self { id, topics: Topics::default(), pace: Pace::default(), silence: Every::default() }
    }

    fn refused(&self, code: &str, why: &str) -> Reply {
        Reply::Text(object(&[
            ("event", text("error")),
            ("code", text(code)),
            ("msg", text(why)),
            ("connId", text(&self.id)),
        ]))
    }

    fn change(&mut self, op: &str, argument: &Value, sight: &Sight) -> Reply {
        let field = |name: &str| argument[name].as_str().unwrap_or_default();
        let channel = CHANNELS.iter().find(|(_, name)| *name == field("channel"));
        let (Some((channel, _)), Some(listing)) =
            (channel, sight.find(field("instId"), instrument))
        else {
            let named = format!("channel:{},instId:{}", field("channel"), field("instId"));
            let why = "doesn't exist. Please use the correct URL, channel and parameters referring to API document.";
            return self.refused("60018", &format!("Wrong URL or {named} {why}"));
        };
        if op == "subscribe" {
            self.topics.add(*channel, listing);
        } else {
            self.topics.remove(*channel, listing);
        }
        Reply::Text(object(&[
            ("event", text(op)),
            ("arg", arg(*channel, listing)),
            ("connId", text(&self.id)),
        ]))
    }
}

impl Session for Okx {
    fn open(&mut self, _path: &str, _query: &str, sight: &Sight) -> Vec<Reply> {
        let _starts_the_clock = self.silence.due(sight.now_ms, SILENCE_MS);
        Vec::new()
    }

    fn receive(&mut self, message: &str, sight: &Sight) -> Vec<Reply> {
        self.silence = Every(sight.now_ms);
        if message == "ping" {
            return vec![Reply::Text("pong".to_owned())];
        }
        let parsed = serde_json::from_str::<Value>(message).unwrap_or_default();
        let (op, arguments) = (parsed["op"].as_str(), parsed["args"].as_array());
        match (op, arguments) {
            (Some(op @ ("subscribe" | "unsubscribe")), Some(arguments))
                if !arguments.is_empty() =>
            {
                arguments.iter().map(|argument| self.change(op, argument, sight)).collect()
            }
            _ => vec![self.refused("60012", &format!("Invalid request: {message}"))],
        }
    }

    fn tick(&mut self, sight: &Sight) -> Vec<Reply> {
        let mut out = Vec::new();
        let steps = self.pace.due(sight);
        for (channel, listing) in self.topics.iter() {
            let frame =
                |data| Reply::Text(object(&[("arg", arg(channel, listing)), ("data", data)]));
            match channel {
                _ if steps.is_empty() => {}
                Channel::Tickers => out.push(frame(array([ticker(listing, sight)]))),
                Channel::Bbo => out.push(frame(array([book(listing, 1, sight)]))),
                Channel::Books5 => out.push(frame(array([book(listing, 5, sight)]))),
                Channel::Trades => {
                    let made = steps.clone().flat_map(|step| sight.trades(listing, step));
                    out.extend(made.map(|it| frame(array([trade(listing, &it)]))));
                }
            }
        }
        if !out.is_empty() {
            self.silence = Every(sight.now_ms);
        } else if self.silence.due(sight.now_ms, SILENCE_MS) {
            out.push(Reply::Close(4004, "No data received in 30s."));
        }
        out
    }
}

/// The venue's name of a market.
fn instrument(listing: Listing) -> String {
    listing.joined("-")
}

fn arg(channel: Channel, listing: Listing) -> String {
    object(&[("channel", text(channel.name())), ("instId", text(instrument(listing)))])
}

fn ticker(listing: Listing, sight: &Sight) -> String {
    let (quote, day, last) = (sight.quote(listing), sight.day(listing), sight.last_trade(listing));
    let price = |raw: i128| number(raw, listing.places);
    object(&[
        ("instType", text("SPOT")),
        ("instId", text(instrument(listing))),
        ("last", price(last.price)),
        ("lastSz", number(last.size, 8)),
        ("askPx", price(quote.ask.price)),
        ("askSz", number(quote.ask.size, 8)),
        ("bidPx", price(quote.bid.price)),
        ("bidSz", number(quote.bid.size, 8)),
        ("open24h", price(day.open)),
        ("high24h", price(day.high)),
        ("low24h", price(day.low)),
        ("sodUtc0", price(day.open)),
        ("sodUtc8", price(day.open)),
        ("volCcy24h", number(day.volume, 4)),
        ("vol24h", number(day.volume, 8)),
        ("ts", text(sight.now_ms.to_string())),
    ])
}

fn book(listing: Listing, levels: usize, sight: &Sight) -> String {
    let (bids, asks) = sight.book(listing, levels);
    let side = |levels: &[Level]| {
        array(levels.iter().map(|it| {
            array([number(it.price, listing.places), number(it.size, 8), text("0"), text("3")])
        }))
    };
    object(&[
        ("asks", side(&asks)),
        ("bids", side(&bids)),
        ("instId", text(instrument(listing))),
        ("ts", text(sight.now_ms.to_string())),
        ("seqId", sight.step().to_string()),
    ])
}

fn trade(listing: Listing, trade: &Trade) -> String {
    object(&[
        ("instId", text(instrument(listing))),
        ("tradeId", text(trade.id.to_string())),
        ("px", number(trade.price, listing.places)),
        ("sz", number(trade.size, 8)),
        ("side", text(if trade.is_sell { "sell" } else { "buy" })),
        ("ts", text(trade.at_ms.to_string())),
        ("count", text("1")),
        ("source", text("0")),
        ("seqId", trade.id.to_string()),
    ])
}

/// Questions over HTTP.
pub(super) fn rest(ask: &Question<'_>, sight: &Sight) -> (u16, String) {
    let answer = |code: &str, why: &str, data: Vec<String>| {
        object(&[("code", text(code)), ("msg", text(why)), ("data", array(data))])
    };
    let listing = sight.find(&ask.parameter("instId"), instrument);
    let of = |data: &dyn Fn(Listing) -> String| match listing {
        Some(listing) => (200, answer("0", "", vec![data(listing)])),
        None => (200, answer("51001", "Instrument ID doesn't exist.", Vec::new())),
    };
    match ask.path {
        "/api/v5/public/time" => {
            (200, answer("0", "", vec![object(&[("ts", text(sight.now_ms.to_string()))])]))
        }
        "/api/v5/public/instruments" => {
            let spot = ask.parameter("instType") == "SPOT";
            let listings = if spot { sight.listings() } else { &[] };
            (200, answer("0", "", listings.iter().map(|it| described(*it)).collect()))
        }
        "/api/v5/market/ticker" => of(&|listing| ticker(listing, sight)),
        "/api/v5/market/books" => of(&|listing| book(listing, ask.levels("sz", 1), sight)),
        _ => (404, answer("404", "Request path does not exist", Vec::new())),
    }
}

fn described(listing: Listing) -> String {
    object(&[
        ("instType", text("SPOT")),
        ("instId", text(instrument(listing))),
        ("instFamily", text("")),
        ("uly", text("")),
        ("baseCcy", text(listing.base.name())),
        ("quoteCcy", text(listing.quote.name())),
        ("settleCcy", text("")),
        ("ctVal", text("")),
        ("ctMult", text("")),
        ("ctValCcy", text("")),
        ("optType", text("")),
        ("stk", text("")),
        ("listTime", text("1606468572000")),
        ("expTime", text("")),
        ("lever", text("")),
        ("tickSz", number(10_i128.pow(12 - listing.places), listing.places)),
        ("lotSz", text("0.00000001")),
        ("minSz", text("0.00001")),
        ("ctType", text("")),
        ("state", text("live")),
        ("ruleType", text("normal")),
        ("maxLmtSz", text("9999999999")),
        ("maxMktSz", text("")),
    ])
}
