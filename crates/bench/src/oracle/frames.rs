//! Frames as six venues send them, of five hundred assets, made from a seed.

use std::fmt::Write as _;

use machine::Prng;
use runtime::http::Bytes;

/// The venues, as `wire-market` names them, and how many of twenty frames come from each: about as on a busy day.
pub(super) const VENUES: [(&str, u64); 6] =
    [("binance", 8), ("bybit", 4), ("okx", 3), ("coinbase", 2), ("kraken", 2), ("bitstamp", 1)];

/// Whether a venue's markets are in tether.
pub(super) fn in_tether(venue: usize) -> bool {
    venue < 3
}

/// Every so-manieth frame is a trade, the others are best prices.
const TRADE_EVERY: u64 = 5;
/// What Bitstamp sends of a book, on either side.
const BITSTAMP_LEVELS: u64 = 100;
/// When the frames begin, in milliseconds since 1970: 2025-10-10T21:00:00Z.
pub(super) const START_MS: u64 = 1_760_130_000_000;

/// One frame.
#[derive(Debug)]
pub(super) struct Frame {
    /// Its place in [`VENUES`].
    pub(super) venue: usize,
    /// Which asset it is of.
    pub(super) asset: usize,
    /// Whether it is a book with many levels.
    pub(super) is_book: bool,
    pub(super) text: Bytes,
}

/// The name of an asset's market at a venue.
pub(super) fn market(venue: usize, asset: usize) -> String {
    match venue {
        0 | 1 => format!("A{asset:03}USDT"),
        2 => format!("A{asset:03}-USDT"),
        3 => format!("A{asset:03}-USD"),
        4 => format!("A{asset:03}/USD"),
        _ => format!("a{asset:03}usd"),
    }
}

/// So many frames, each a thousandth of a millisecond after the one before.
pub(super) fn make(count: u64, assets: usize) -> Vec<Frame> {
    let mut prng = Prng::new(20_251_010);
    (0..count)
        .map(|number| {
            let mut ticket = prng.below(20);
            let venue = VENUES.iter().position(|(_, share)| {
                let mine = ticket < *share;
                ticket = ticket.saturating_sub(*share);
                mine
            });
            let venue = venue.unwrap_or(0);
            let asset = prng.index(assets);
            let is_trade = prng.below(TRADE_EVERY) == 0;
            // Around a hundred, in hundredths.
            let cents = 10_000 + prng.below(9);
            let market = market(venue, asset);
            let (ms, sequence) = (START_MS + number / 1_000, 1_000_000 + number);
            let say = Say { market: &market, cents, ms, sequence };
            let text = if is_trade { say.trade(venue) } else { say.quote(venue) };
            Frame { venue, asset, is_book: venue == 5 && !is_trade, text: text.into() }
        })
        .collect()
}

/// What a frame says.
struct Say<'a> {
    market: &'a str,
    cents: u64,
    ms: u64,
    sequence: u64,
}

impl Say<'_> {
    fn quote(&self, venue: usize) -> String {
        let Self { market, ms, sequence, .. } = self;
        let (bid, ask) = (money(self.cents), money(self.cents + 1));
        match venue {
            0 => format!(
                r#"{{"u":{sequence},"s":"{market}","b":"{bid}000000","B":"31.21000000","a":"{ask}000000","A":"40.66000000"}}"#
            ),
            1 => format!(
                r#"{{"topic":"orderbook.1.{market}","type":"snapshot","ts":{ms},"data":{{"s":"{market}","b":[["{bid}","0.006"]],"a":[["{ask}","0.029"]],"u":{sequence},"seq":{sequence}}},"cts":{ms}}}"#
            ),
            2 => format!(
                r#"{{"arg":{{"channel":"tickers","instId":"{market}"}},"data":[{{"instType":"SPOT","instId":"{market}","last":"{bid}","lastSz":"0.1","askPx":"{ask}","askSz":"11","bidPx":"{bid}","bidSz":"5","open24h":"99","high24h":"101","low24h":"98.5","volCcy24h":"2222","vol24h":"2222","sodUtc0":"100","sodUtc8":"100","ts":"{ms}"}}]}}"#
            ),
            3 => format!(
                r#"{{"type":"ticker","sequence":{sequence},"product_id":"{market}","price":"{bid}","open_24h":"99.79","volume_24h":"245532.79","low_24h":"98.28","high_24h":"101.8","volume_30d":"9788783.6","best_bid":"{bid}","best_bid_size":"0.46688654","best_ask":"{ask}","best_ask_size":"1.56637040","side":"buy","time":"{}","trade_id":{sequence},"last_size":"11.4396987"}}"#,
                iso(*ms)
            ),
            4 => format!(
                r#"{{"channel":"ticker","type":"update","data":[{{"symbol":"{market}","bid":{bid},"bid_qty":2.50000000,"ask":{ask},"ask_qty":0.00003200,"last":{bid},"volume":163.28908096,"vwap":100.39279,"low":98.0,"high":101.1,"change":0.5,"change_pct":0.24,"timestamp":"{}"}}]}}"#,
                iso(*ms)
            ),
            _ => self.book(),
        }
    }

    fn book(&self) -> String {
        let side = |down: bool| {
            let mut levels = String::new();
            for level in 0..BITSTAMP_LEVELS {
                let cents = if down { self.cents - level } else { self.cents + 1 + level };
                let comma = if level > 0 { "," } else { "" };
                let written = write!(levels, r#"{comma}["{}","1.25000000"]"#, money(cents));
                debug_assert!(written.is_ok(), "a text takes everything");
            }
            levels
        };
        format!(
            r#"{{"data":{{"timestamp":"{}","microtimestamp":"{}000","bids":[{}],"asks":[{}]}},"channel":"order_book_{}","event":"data"}}"#,
            self.ms / 1_000,
            self.ms,
            side(true),
            side(false),
            self.market
        )
    }

    fn trade(&self, venue: usize) -> String {
        let Self { market, ms, sequence, .. } = self;
        let price = money(self.cents);
        match venue {
            0 => format!(
                r#"{{"e":"aggTrade","E":{ms},"s":"{market}","a":{sequence},"p":"{price}000000","q":"100.50000000","f":100,"l":105,"T":{ms},"m":true,"M":true}}"#
            ),
            1 => format!(
                r#"{{"topic":"publicTrade.{market}","type":"snapshot","ts":{ms},"data":[{{"T":{ms},"s":"{market}","S":"Buy","v":"0.001","p":"{price}","L":"PlusTick","i":"20f43950-d8dd-5b31-9112-a178eb6023af","BT":false,"RPI":false,"seq":{sequence}}}]}}"#
            ),
            2 => format!(
                r#"{{"arg":{{"channel":"trades","instId":"{market}"}},"data":[{{"instId":"{market}","tradeId":"{sequence}","px":"{price}","sz":"0.12060306","side":"buy","ts":"{ms}","count":"3","source":"0","seqId":{sequence}}}]}}"#
            ),
            3 => format!(
                r#"{{"type":"match","trade_id":{sequence},"sequence":{sequence},"maker_order_id":"ac928c66-ca53-498f-9c13-a110027a60e8","taker_order_id":"132fb6ae-456b-4654-b4e0-d681ac05cea1","time":"{}","product_id":"{market}","size":"5.23512","price":"{price}","side":"sell"}}"#,
                iso(*ms)
            ),
            4 => format!(
                r#"{{"channel":"trade","type":"update","data":[{{"symbol":"{market}","side":"sell","price":{price},"qty":40.0,"ord_type":"market","trade_id":{sequence},"timestamp":"{}"}}]}}"#,
                iso(*ms)
            ),
            _ => format!(
                r#"{{"channel":"live_trades_{market}","event":"trade","data":{{"id":{sequence},"timestamp":"{}","amount":0.062,"amount_str":"0.06200000","price":{price},"price_str":"{price}","type":0,"microtimestamp":"{ms}000","buy_order_id":1709,"sell_order_id":1708}}}}"#,
                ms / 1_000
            ),
        }
    }
}

fn money(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// A time of the first hour of the frames, as text.
fn iso(ms: u64) -> String {
    let passed = ms - START_MS;
    let (minute, second, milli) = (passed / 60_000 % 60, passed / 1_000 % 60, passed % 1_000);
    format!("2025-10-10T21:{minute:02}:{second:02}.{milli:03}000Z")
}
