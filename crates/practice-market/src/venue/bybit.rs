//! Bybit spot, fifth version. Source: bybit-exchange.github.io/docs/v5, "Connect", "WebSocket Stream" and "Market".

use serde_json::Value;
use units::fixed::{ONE, Rounding, mul_div};

use super::topics::Topics;
use super::{Every, Pace, Question, Reply, Session};
use crate::asset::Listing;
use crate::json::{array, number, object, text};
use crate::sight::{Level, Sight, Trade};

/// How many things one request on the spot market may ask for.
const ARGUMENTS_MAX: usize = 10;
/// How often the best prices are told again, whether or not they changed.
const REPEAT_MS: u64 = 3_000;
/// How long a connection may stay without a word from the client.
const SILENCE_MS: u64 = 600_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Channel {
    Book1,
    Trades,
    Tickers,
}

const CHANNELS: [(Channel, &str); 3] = [
    (Channel::Book1, "orderbook.1"),
    (Channel::Trades, "publicTrade"),
    (Channel::Tickers, "tickers"),
];

/// A connection to Bybit.
#[derive(Debug)]
pub(super) struct Bybit {
    id: String,
    topics: Topics<Channel>,
    pace: Pace,
    repeat: Every,
    silence: Every,
    /// The best prices that were told last, by market.
    told: Vec<(Listing, [i128; 4])>,
}

impl Bybit {
    pub(super) fn new(number: u64) -> Self {
        let id = format!(
            "{:08x}-5eaa-4a11-8000-{number:012x}",
            number.wrapping_mul(0x9e37_79b1) & 0xffff_ffff
        );
        Self {
            id,
            topics: Topics::default(),
            pace: Pace::default(),
            repeat: Every::default(),
            silence: Every::default(),
            told: Vec::new(),
        }
    }

    fn answer(&self, success: bool, why: &str, op: &str, id: &str) -> Vec<Reply> {
        let mut fields = vec![
            ("success", success.to_string()),
            ("ret_msg", text(why)),
            ("conn_id", text(&self.id)),
        ];
        // The spot market leaves the request's id out where there is none.
        fields.extend((!id.is_empty()).then(|| ("req_id", text(id))));
        fields.push(("op", text(op)));
        vec![Reply::Text(object(&fields))]
    }

    fn topic(name: &str, sight: &Sight) -> Result<(Channel, Listing), String> {
        let known = CHANNELS.iter().find_map(|(channel, prefix)| {
            let market = name.strip_prefix(prefix)?.strip_prefix('.')?;
            Some((*channel, market))
        });
        let (channel, market) =
            known.ok_or_else(|| format!("error:handler not found,topic:{name}"))?;
        let listing = sight.find(market, symbol).filter(|it| symbol(*it) == market);
        Ok((channel, listing.ok_or_else(|| format!("Invalid symbol :[{name}]"))?))
    }

    /// The best prices of a market, where they have changed or it is time to say them again.
    fn best(&mut self, listing: Listing, again: bool, sight: &Sight) -> Option<Reply> {
        let quote = sight.quote(listing);
        let best = [quote.bid.price, quote.bid.size, quote.ask.price, quote.ask.size];
        if !again && self.told.contains(&(listing, best)) {
            return None;
        }
        self.told.retain(|(it, _)| *it != listing);
        self.told.push((listing, best));
        Some(frame(Channel::Book1, listing, book(listing, 1, sight), sight))
    }
}

impl Session for Bybit {
    fn open(&mut self, _path: &str, _query: &str, sight: &Sight) -> Vec<Reply> {
        let _starts_the_clock = self.silence.due(sight.now_ms, SILENCE_MS);
        Vec::new()
    }

    fn receive(&mut self, message: &str, sight: &Sight) -> Vec<Reply> {
        self.silence = Every(sight.now_ms);
        let Ok(message) = serde_json::from_str::<Value>(message) else {
            return self.answer(false, "Invalid request: not a JSON object", "", "");
        };
        let id = message["req_id"].as_str().unwrap_or_default();
        let op = message["op"].as_str().unwrap_or_default();
        if op == "ping" {
            return self.answer(true, "pong", "ping", id);
        }
        let names = message["args"].as_array().map(Vec::as_slice).unwrap_or_default();
        if !matches!(op, "subscribe" | "unsubscribe") || names.is_empty() {
            return self.answer(false, &format!("error:request error,op:{op}"), op, id);
        }
        if names.len() > ARGUMENTS_MAX {
            return self.answer(false, "args size >10", op, id);
        }
        let topics: Result<Vec<_>, String> = names
            .iter()
            .map(|name| Self::topic(name.as_str().unwrap_or_default(), sight))
            .collect();
        let topics = match topics {
            Ok(topics) => topics,
            // One that does not exist refuses the whole request.
            Err(why) => return self.answer(false, &why, op, id),
        };
        let mut first = Vec::new();
        for (channel, listing) in topics {
            if op == "unsubscribe" {
                self.topics.remove(channel, listing);
            } else if self.topics.add(channel, listing) {
                match channel {
                    Channel::Book1 => first.extend(self.best(listing, true, sight)),
                    Channel::Tickers => {
                        first.push(frame(channel, listing, ticker(listing, sight), sight));
                    }
                    Channel::Trades => {}
                }
            }
        }
        let mut out = self.answer(true, op, op, id);
        out.extend(first);
        out
    }

    fn tick(&mut self, sight: &Sight) -> Vec<Reply> {
        if self.silence.due(sight.now_ms, SILENCE_MS) {
            return vec![Reply::Close(1000, "")];
        }
        let steps = self.pace.due(sight);
        if steps.is_empty() {
            return Vec::new();
        }
        let again = self.repeat.due(sight.now_ms, REPEAT_MS);
        let topics: Vec<(Channel, Listing)> = self.topics.iter().collect();
        let mut out = Vec::new();
        for (channel, listing) in topics {
            match channel {
                Channel::Book1 => out.extend(self.best(listing, again, sight)),
                Channel::Tickers => {
                    out.push(frame(channel, listing, ticker(listing, sight), sight));
                }
                Channel::Trades => {
                    let made: Vec<Trade> =
                        steps.clone().flat_map(|step| sight.trades(listing, step)).collect();
                    if !made.is_empty() {
                        let data = array(made.iter().map(|it| trade(listing, it)));
                        out.push(frame(channel, listing, data, sight));
                    }
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

fn frame(channel: Channel, listing: Listing, data: String, sight: &Sight) -> Reply {
    let name = CHANNELS.iter().find(|(it, _)| *it == channel).map_or("", |(_, name)| name);
    let now = sight.now_ms.to_string();
    let mut fields =
        vec![("topic", text(format!("{name}.{}", symbol(listing)))), ("ts", now.clone())];
    fields.push(("type", text("snapshot")));
    if channel == Channel::Tickers {
        fields.push(("cs", sight.step().to_string()));
    }
    fields.push(("data", data));
    if channel == Channel::Book1 {
        fields.push(("cts", now));
    }
    Reply::Text(object(&fields))
}

fn book(listing: Listing, levels: usize, sight: &Sight) -> String {
    let (bids, asks) = sight.book(listing, levels);
    let side = |levels: &[Level]| {
        array(levels.iter().map(|it| array([number(it.price, listing.places), number(it.size, 6)])))
    };
    object(&[
        ("s", text(symbol(listing))),
        ("b", side(&bids)),
        ("a", side(&asks)),
        ("u", sight.step().to_string()),
        ("seq", (sight.step() * 16).to_string()),
    ])
}

fn trade(listing: Listing, trade: &Trade) -> String {
    object(&[
        ("i", text(trade.id.to_string())),
        ("T", trade.at_ms.to_string()),
        ("p", number(trade.price, listing.places)),
        ("v", number(trade.size, 6)),
        ("S", text(if trade.is_sell { "Sell" } else { "Buy" })),
        ("seq", trade.id.to_string()),
        ("s", text(symbol(listing))),
        ("BT", "false".to_owned()),
        ("RPI", "false".to_owned()),
    ])
}

/// The last 24 hours; without best prices, as the spot market has it.
fn ticker(listing: Listing, sight: &Sight) -> String {
    object(&day_fields(listing, sight))
}

fn day_fields(listing: Listing, sight: &Sight) -> Vec<(&'static str, String)> {
    let (day, last) = (sight.day(listing), sight.last_trade(listing));
    let price = |raw: i128| number(raw, listing.places);
    let change = mul_div(last.price - day.open, ONE, day.open, Rounding::Nearest).unwrap_or(0);
    let money = mul_div(day.volume, last.price, ONE, Rounding::Down).unwrap_or(0);
    vec![
        ("symbol", text(symbol(listing))),
        ("lastPrice", price(last.price)),
        ("highPrice24h", price(day.high)),
        ("lowPrice24h", price(day.low)),
        ("prevPrice24h", price(day.open)),
        ("volume24h", number(day.volume, 6)),
        ("turnover24h", number(money, 8)),
        ("price24hPcnt", number(change, 4)),
        ("usdIndexPrice", number(sight.worth(listing.base).raw(), 6)),
    ]
}

/// Questions over HTTP.
pub(super) fn rest(ask: &Question<'_>, sight: &Sight) -> (u16, String) {
    let answer = |code: u32, why: &str, result: String| {
        // The venue says 200 to what it understands, and the code says the rest.
        (
            200,
            object(&[
                ("retCode", code.to_string()),
                ("retMsg", text(why)),
                ("result", result),
                ("retExtInfo", "{}".to_owned()),
                ("time", sight.now_ms.to_string()),
            ]),
        )
    };
    let spot = ask.parameter("category") == "spot";
    let name = ask.parameter("symbol");
    let listing = sight.find(&name, symbol).filter(|_| spot);
    let list = |items: String| object(&[("category", text("spot")), ("list", items)]);
    match ask.path {
        "/v5/market/time" => {
            let seconds = (sight.now_ms / 1_000).to_string();
            let nanos = format!("{}000000", sight.now_ms);
            answer(0, "OK", object(&[("timeSecond", text(seconds)), ("timeNano", text(nanos))]))
        }
        "/v5/market/instruments-info" => {
            let listings = if spot { sight.listings() } else { &[] };
            answer(0, "OK", list(array(listings.iter().map(|it| described(*it)))))
        }
        "/v5/market/tickers" if name.is_empty() && spot => {
            let all = sight.listings().iter().map(|it| rest_ticker(*it, sight));
            answer(0, "OK", list(array(all)))
        }
        "/v5/market/tickers" => match listing {
            Some(listing) => answer(0, "OK", list(array([rest_ticker(listing, sight)]))),
            None => answer(10_001, "Not supported symbols", "{}".to_owned()),
        },
        "/v5/market/orderbook" => match listing {
            Some(listing) => {
                let book = book(listing, ask.levels("limit", 1), sight);
                let times = format!(",\"ts\":{0},\"cts\":{0}}}", sight.now_ms);
                answer(0, "OK", format!("{}{times}", book.trim_end_matches('}')))
            }
            None => answer(10_001, "Not supported symbols", "{}".to_owned()),
        },
        _ => (404, object(&[("retCode", "404".to_owned()), ("retMsg", text("Not Found"))])),
    }
}

fn rest_ticker(listing: Listing, sight: &Sight) -> String {
    let quote = sight.quote(listing);
    let mut fields = day_fields(listing, sight);
    fields.extend([
        ("bid1Price", number(quote.bid.price, listing.places)),
        ("bid1Size", number(quote.bid.size, 6)),
        ("ask1Price", number(quote.ask.price, listing.places)),
        ("ask1Size", number(quote.ask.size, 6)),
    ]);
    object(&fields)
}

fn described(listing: Listing) -> String {
    let lot = object(&[
        ("basePrecision", text("0.000001")),
        ("quotePrecision", text("0.00000001")),
        ("minOrderQty", text("0.00001")),
        ("maxOrderQty", text("1000")),
        ("minOrderAmt", text("1")),
        ("maxOrderAmt", text("4000000")),
    ]);
    let tick = number(10_i128.pow(12 - listing.places), listing.places);
    object(&[
        ("symbol", text(symbol(listing))),
        ("baseCoin", text(listing.base.name())),
        ("quoteCoin", text(listing.quote.name())),
        ("innovation", text("0")),
        ("status", text("Trading")),
        ("marginTrading", text("none")),
        ("stTag", text("0")),
        ("lotSizeFilter", lot),
        ("priceFilter", object(&[("tickSize", tick)])),
    ])
}
