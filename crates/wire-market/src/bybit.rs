//! Bybit, v5, spot. Shapes after bybit-exchange.github.io/docs/v5 at 072c197.
//!
//! The spot ticker has no bid and no ask: quotes are the book of one level, which is always a snapshot and comes again
//! unchanged every three seconds. Its `u` starts over when the venue's service does; `seq` goes on.

use serde::Deserialize;
use serde_json::json;
use units::Span;

use crate::book::Book;
use crate::connector::{KeepAlive, Venue};
use crate::message::{Message, Quote, Trade};
use crate::number::{self, Pair, Raw, Top, bare, each, need, price, quantity};
use crate::odd::Odd;
use crate::path::path;

/// Markets in one message to subscribe, two arguments each: the venue takes ten arguments.
const MARKETS_A_MESSAGE: usize = 5;

/// What the topic of a book of one level begins with.
const BOOK: &str = "orderbook.1.";

/// What the topic of trades begins with.
const TRADES: &str = "publicTrade.";

/// The venue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bybit;

#[derive(Deserialize)]
struct Frame<'a> {
    topic: Option<&'a str>,
    #[serde(rename = "type")]
    kind: Option<&'a str>,
    ts: Option<u64>,
    #[serde(borrow)]
    data: Option<Raw<'a>>,
    success: Option<bool>,
    #[serde(borrow)]
    ret_msg: Option<Raw<'a>>,
    op: Option<&'a str>,
}

/// By far the most frames, read at one go where they begin as they always do.
#[derive(Deserialize)]
struct Usual<'a, T> {
    topic: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    ts: u64,
    data: T,
}

#[derive(Deserialize)]
struct Best<'a> {
    s: &'a str,
    #[serde(borrow)]
    b: Top<'a>,
    #[serde(borrow)]
    a: Top<'a>,
    seq: u64,
}

#[derive(Deserialize)]
struct Print<'a> {
    #[serde(rename = "T")]
    time: u64,
    s: &'a str,
    v: &'a str,
    p: &'a str,
    /// A block trade, agreed upon away from the book.
    #[serde(rename = "BT")]
    block: bool,
    #[serde(default)]
    seq: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    ret_code: i64,
    #[serde(borrow)]
    ret_msg: Raw<'a>,
    #[serde(borrow)]
    result: Raw<'a>,
}

#[derive(Deserialize)]
struct Depth<'a> {
    #[serde(borrow)]
    b: Vec<Pair<'a>>,
    #[serde(borrow)]
    a: Vec<Pair<'a>>,
    ts: u64,
    #[serde(default)]
    seq: u64,
}

impl Venue for Bybit {
    fn name(&self) -> &str {
        "bybit"
    }

    fn websocket(&self) -> &str {
        "wss://stream.bybit.com/v5/public/spot"
    }

    fn rest(&self) -> &str {
        "https://api.bybit.com"
    }

    fn subscribe(&self, markets: &[String]) -> Vec<String> {
        let message = |(at, markets): (usize, &[String])| {
            let both = |market: &String| {
                [format!("orderbook.1.{market}"), format!("publicTrade.{market}")]
            };
            let args: Vec<String> = markets.iter().flat_map(both).collect();
            json!({"op": "subscribe", "req_id": (at + 1).to_string(), "args": args}).to_string()
        };
        markets.chunks(MARKETS_A_MESSAGE).enumerate().map(message).collect()
    }

    fn keep_alive(&self) -> Option<KeepAlive> {
        Some(KeepAlive { every: Span::from_secs(20), text: r#"{"op":"ping"}"#.to_owned() })
    }

    fn read<'a>(&'a self, frame: &'a [u8], out: &mut Vec<Message<'a>>) -> Result<(), Odd> {
        if frame.starts_with(br#"{"topic":"orderbook.1."#)
            && let Ok(usual) = number::json::<Usual<'a, Best<'a>>>(frame)
            && (usual.topic.starts_with(BOOK), usual.kind) == (true, "snapshot")
        {
            let best = usual.data;
            let quote = quote(best.b.0, best.a.0, usual.ts, best.seq)?;
            out.push(Message::Quote(best.s, quote));
            return Ok(());
        }
        if frame.starts_with(br#"{"topic":"publicTrade."#)
            && let Ok(Usual { topic, data: [one], .. }) =
                number::json::<Usual<'a, [Print<'a>; 1]>>(frame)
            && topic.starts_with(TRADES)
        {
            out.push(print(&one)?);
            return Ok(());
        }
        let frame: Frame<'a> = number::json(frame)?;
        let Some(topic) = frame.topic else { return control(&frame, out) };
        let data = need(frame.data, "data")?;
        if topic.starts_with(BOOK) {
            // A part of a book would need the rest of it.
            if frame.kind != Some("snapshot") {
                return Err(Odd::kind(frame.kind.unwrap_or("none")));
            }
            let best: Best<'a> = number::json(data.bytes())?;
            let quote = quote(best.b.0, best.a.0, need(frame.ts, "ts")?, best.seq)?;
            out.push(Message::Quote(best.s, quote));
            return Ok(());
        }
        if topic.starts_with(TRADES) {
            return each(data, |one: Print<'a>| {
                out.push(print(&one)?);
                Ok(())
            });
        }
        Err(Odd::kind(topic))
    }

    fn quote_path(&self, market: &str) -> String {
        path("/v5/market/orderbook?category=spot&symbol={market}&limit=1", market)
    }

    fn read_quote(&self, body: &[u8]) -> Result<Quote, Odd> {
        let depth = answer(body)?;
        quote(depth.b.first().copied(), depth.a.first().copied(), depth.ts, depth.seq)
    }

    fn book_path(&self, market: &str) -> String {
        path("/v5/market/orderbook?category=spot&symbol={market}&limit=1000", market)
    }

    fn read_book(&self, body: &[u8]) -> Result<Book, Odd> {
        let depth = answer(body)?;
        number::book(&depth.b, &depth.a)
    }

    fn book_pause(&self) -> Span {
        // 600 questions in five seconds are allowed.
        Span::from_millis(250)
    }
}

/// Reads a frame that is about the connection.
fn control<'a>(frame: &Frame<'a>, out: &mut Vec<Message<'a>>) -> Result<(), Odd> {
    out.push(match (frame.op, frame.success) {
        (Some(_), Some(false)) => Message::Refused(bare(need(frame.ret_msg, "ret_msg")?)),
        (Some("subscribe" | "unsubscribe" | "ping" | "pong"), _) => Message::Beat,
        (op, _) => return Err(Odd::kind(op.unwrap_or("none"))),
    });
    Ok(())
}

fn quote(
    bid: Option<Pair<'_>>,
    ask: Option<Pair<'_>>,
    time_ms: u64,
    sequence: u64,
) -> Result<Quote, Odd> {
    let (bid, ask) = (bid.unwrap_or(Pair::NONE), ask.unwrap_or(Pair::NONE));
    Ok(Quote {
        bid: price(bid.price, "b")?,
        bid_quantity: quantity(bid.quantity, "b")?,
        ask: price(ask.price, "a")?,
        ask_quantity: quantity(ask.quantity, "a")?,
        time_ms: Some(time_ms),
        sequence,
    })
}

fn print<'a>(print: &Print<'a>) -> Result<Message<'a>, Odd> {
    if print.block {
        return Ok(Message::Beat);
    }
    let trade = Trade {
        price: price(print.p, "p")?,
        quantity: quantity(print.v, "v")?,
        time_ms: Some(print.time),
        sequence: print.seq,
    };
    Ok(Message::Trade(print.s, trade))
}

fn answer(body: &[u8]) -> Result<Depth<'_>, Odd> {
    let answer: Answer<'_> = number::json(body)?;
    if answer.ret_code != 0 {
        return Err(Odd::refused(bare(answer.ret_msg)));
    }
    number::json(answer.result.bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{frame, markets, odd, quote, trade, views};

    #[test]
    fn what_frames_say_is_read_whole() {
        // A price from the wrong field is a wrong price.
        let at = Some(1_672_304_484_978);
        let book = r#"{"topic":"orderbook.1.BTCUSDT","type":"snapshot","ts":1672304484978,"data":{"s":"BTCUSDT","b":[["16493.50","0.006"]],"a":[["16611.00","0.029"]],"u":18521288,"seq":7961638724},"cts":1672304484976}"#;
        let best = quote("16493.5", "0.006", "16611", "0.029", at, 7_961_638_724);
        frame(&Bybit, book, &[Message::Quote("BTCUSDT", best)]);
        let turned = r#"{"data":{"seq":7961638724,"a":[["16611.00","0.029"]],"b":[["16493.50","0.006"]],"s":"BTCUSDT"},"ts":1672304484978,"type":"snapshot","topic":"orderbook.1.BTCUSDT"}"#;
        frame(&Bybit, turned, &[Message::Quote("BTCUSDT", best)]);
        let empty = r#"{"topic":"orderbook.1.BTCUSDT","type":"snapshot","ts":1672304484978,"data":{"s":"BTCUSDT","b":[],"a":[["16611.00","0.029"]],"u":1,"seq":9}}"#;
        let best = quote("0", "0", "16611", "0.029", at, 9);
        frame(&Bybit, empty, &[Message::Quote("BTCUSDT", best)]);
        let trades = r#"{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1672304486868,"data":[{"T":1672304484978,"s":"BTCUSDT","S":"Buy","v":"0.001","p":"16578.50","L":"PlusTick","i":"20f43950-d8dd-5b31-9112-a178eb6023af","BT":false,"RPI":false,"seq":1783284617},{"T":1672304484978,"s":"BTCUSDT","S":"Buy","v":"500","p":"12000","i":"2","BT":true,"seq":1783284618}]}"#;
        let said = trade("16578.5", "0.001", at, 1_783_284_617);
        // Two who have agreed upon a price away from the book do not make the market's price.
        frame(&Bybit, trades, &[Message::Trade("BTCUSDT", said), Message::Beat]);
    }

    #[test]
    fn what_is_not_a_price_is_told_apart() {
        // A refusal that passes as a heartbeat hides a market that never comes.
        for op in ["subscribe", "ping"] {
            let fine = format!(
                r#"{{"success":true,"ret_msg":"","conn_id":"2324d924-aa4d-45b0-a858-7b8be29ab52b","req_id":"1","op":"{op}"}}"#
            );
            frame(&Bybit, &fine, &[Message::Beat]);
        }
        let refused = r#"{"success":false,"ret_msg":"error:handler not found,topic:orderbook.1.FOO","conn_id":"2324d924","req_id":"1","op":"subscribe"}"#;
        let words = "error:handler not found,topic:orderbook.1.FOO";
        frame(&Bybit, refused, &[Message::Refused(words)]);
    }

    #[test]
    fn what_is_odd_gives_no_price() {
        let book = |kind: &str, data: &str| {
            format!(
                r#"{{"topic":"orderbook.1.BTCUSDT","type":"{kind}","ts":1672304484978,"data":{{"s":"BTCUSDT",{data},"u":1,"seq":7}}}}"#
            )
        };
        for text in [
            "",
            "{}",
            r#"{"op":"auth","success":true}"#,
            r#"{"topic":"orderbook.1.BTCUSDT","type":"snapshot","ts":1}"#,
            r#"{"topic":"tickers.BTCUSDT","type":"snapshot","ts":1,"data":{"symbol":"BTCUSDT","lastPrice":"21109.77"}}"#,
            &book("delta", r#""b":[["1","1"]],"a":[["2","1"]]"#),
            &book("snapshot", r#""b":[["1"]],"a":[["2","1"]]"#),
            &book("snapshot", r#""b":[["x","1"]],"a":[["2","1"]]"#),
            &book("snapshot", r#""b":["1","1"],"a":[["2","1"]]"#),
            &book("snapshot", r#""b":[["1","1"]]"#),
            r#"{"topic":"publicTrade.A","data":[{"T":1,"s":"A","v":"1","BT":false}]}"#,
        ] {
            odd(&Bybit, text);
        }
    }

    #[test]
    fn no_message_passes_the_venues_limits() {
        // One argument too many, and the venue refuses all ten.
        let sent = Bybit.subscribe(&markets("BTCUSDT", 11));
        let last = r#"{"args":["orderbook.1.BTCUSDT10","publicTrade.BTCUSDT10"],"op":"subscribe","req_id":"3"}"#;
        assert_eq!((sent.len(), sent.last().map(String::as_str)), (3, Some(last)));
        let all = Bybit.subscribe(&markets("1000000BABYDOGEUSDT", Bybit.markets_max()));
        assert!(all.iter().map(String::len).sum::<usize>() < 21_000);
    }

    #[test]
    fn answers_are_read() {
        let body = r#"{"retCode":0,"retMsg":"OK","result":{"s":"BTCUSDT","a":[["65557.7","16.606555"],["65558","1"]],"b":[["65485.47","47.081829"]],"ts":1716863719031,"u":230704,"seq":1432604333,"cts":1716863718905},"retExtInfo":{},"time":1716863719382}"#;
        let at = Some(1_716_863_719_031);
        let best = quote("65485.47", "47.081829", "65557.7", "16.606555", at, 1_432_604_333);
        assert_eq!(Bybit.read_quote(body.as_bytes()), Ok(best));
        views(
            &Bybit,
            body,
            &[("65485.47", "47.081829")],
            &[("65557.7", "16.606555"), ("65558", "1")],
        );
        assert!(Bybit.quote_path("BTCUSDT").ends_with("&symbol=BTCUSDT&limit=1"));
        assert!(Bybit.book_path("BTCUSDT").ends_with("&symbol=BTCUSDT&limit=1000"));
        let unknown = br#"{"retCode":10001,"retMsg":"params error: symbol invalid","result":{},"retExtInfo":{},"time":1}"#;
        let words = Odd::Refused("params error: symbol invalid".to_owned());
        assert_eq!(Bybit.read_quote(unknown), Err(words));
    }
}
