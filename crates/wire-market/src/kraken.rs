//! Kraken, WebSocket v2 and REST v0. Shapes after docs.kraken.com.
//!
//! Prices are numbers without quotes. The ticker says nothing of a quiet market unless it is asked for by
//! `event_trigger: bbo`. REST knows markets by other names than the stream: `XBTUSD` is `BTC/USD`.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::json;
use units::Span;

use crate::book::Book;
use crate::connector::{KeepAlive, Venue};
use crate::message::{Message, Quote, Trade};
use crate::number::{self, Raw, Sides, Text, bare, each, need, price, quantity};
use crate::odd::Odd;
use crate::path::path;
use crate::time::iso;

/// Markets in one message to subscribe: it stays within some kilobytes.
const MARKETS_A_MESSAGE: usize = 100;

/// The venue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kraken;

#[derive(Deserialize)]
struct Frame<'a> {
    channel: Option<&'a str>,
    #[serde(borrow)]
    data: Option<Raw<'a>>,
    method: Option<&'a str>,
    #[serde(borrow)]
    error: Option<Raw<'a>>,
}

/// By far the most frames, read at one go where they begin as they always do.
#[derive(Deserialize)]
struct Usual<'a, T> {
    channel: &'a str,
    data: [T; 1],
}

#[derive(Deserialize)]
struct Ticker<'a> {
    symbol: &'a str,
    #[serde(borrow)]
    bid: Text<'a>,
    #[serde(borrow)]
    bid_qty: Text<'a>,
    #[serde(borrow)]
    ask: Text<'a>,
    #[serde(borrow)]
    ask_qty: Text<'a>,
    timestamp: Option<&'a str>,
}

#[derive(Deserialize)]
struct Print<'a> {
    symbol: &'a str,
    #[serde(borrow)]
    price: Text<'a>,
    #[serde(borrow)]
    qty: Text<'a>,
    trade_id: u64,
    timestamp: &'a str,
}

#[derive(Deserialize)]
struct Status<'a> {
    system: &'a str,
}

/// An answer: errors, or one market under a name that is not the one that was asked for.
#[derive(Deserialize)]
struct Answer<'a, T> {
    #[serde(borrow)]
    error: Vec<Raw<'a>>,
    result: Option<Only<T>>,
}

#[derive(Deserialize)]
struct Best<'a> {
    /// Price, whole lots, lots.
    #[serde(borrow)]
    a: [Text<'a>; 3],
    #[serde(borrow)]
    b: [Text<'a>; 3],
}

impl Venue for Kraken {
    fn name(&self) -> &str {
        "kraken"
    }

    fn websocket(&self) -> &str {
        "wss://ws.kraken.com/v2"
    }

    fn rest(&self) -> &str {
        "https://api.kraken.com"
    }

    fn subscribe(&self, markets: &[String]) -> Vec<String> {
        let messages = |(at, markets): (usize, &[String])| {
            let ticker = json!({"method": "subscribe", "req_id": 2 * at + 1, "params": {
                "channel": "ticker", "symbol": markets, "event_trigger": "bbo", "snapshot": true,
            }});
            // The last fifty trades of each market would say nothing that the ticker does not.
            let trade = json!({"method": "subscribe", "req_id": 2 * at + 2, "params": {
                "channel": "trade", "symbol": markets, "snapshot": false,
            }});
            [ticker.to_string(), trade.to_string()]
        };
        markets.chunks(MARKETS_A_MESSAGE).enumerate().flat_map(messages).collect()
    }

    fn keep_alive(&self) -> Option<KeepAlive> {
        // Heartbeats come about once a second; the ping is for the way there.
        Some(KeepAlive { every: Span::from_secs(30), text: r#"{"method":"ping"}"#.to_owned() })
    }

    fn read<'a>(&'a self, frame: &'a [u8], out: &mut Vec<Message<'a>>) -> Result<(), Odd> {
        if frame.starts_with(br#"{"channel":"ticker""#)
            && let Ok(Usual { channel: "ticker", data: [one] }) = number::json(frame)
        {
            out.push(ticker(&one)?);
            return Ok(());
        }
        if frame.starts_with(br#"{"channel":"trade""#)
            && let Ok(Usual { channel: "trade", data: [one] }) = number::json(frame)
        {
            out.push(print(&one)?);
            return Ok(());
        }
        let frame: Frame<'a> = number::json(frame)?;
        match (frame.channel, frame.method) {
            (Some("ticker"), _) => tickers(need(frame.data, "data")?, out),
            (Some("trade"), _) => prints(need(frame.data, "data")?, out),
            (Some("status"), _) => status(need(frame.data, "data")?, out),
            (Some("heartbeat"), _) => {
                out.push(Message::Beat);
                Ok(())
            }
            (Some(channel), _) => Err(Odd::kind(channel)),
            (None, Some(_)) => {
                out.push(frame.error.map_or(Message::Beat, |words| Message::Refused(bare(words))));
                Ok(())
            }
            (None, None) => Err(Odd::kind("none")),
        }
    }

    fn quote_path(&self, market: &str) -> String {
        path("/0/public/Ticker?pair={market}", &rest_name(market))
    }

    fn read_quote(&self, body: &[u8]) -> Result<Quote, Odd> {
        let Best { a, b } = answer(body)?;
        let ([ask, _, asks], [bid, _, bids]) = (a, b);
        Ok(Quote {
            bid: price(bid.0, "b")?,
            bid_quantity: quantity(bids.0, "b")?,
            ask: price(ask.0, "a")?,
            ask_quantity: quantity(asks.0, "a")?,
            time_ms: None,
            sequence: 0,
        })
    }

    fn book_path(&self, market: &str) -> String {
        path("/0/public/Depth?pair={market}&count=500", &rest_name(market))
    }

    fn read_book(&self, body: &[u8]) -> Result<Book, Odd> {
        let sides: Sides<'_> = answer(body)?;
        sides.book()
    }

    fn book_pause(&self) -> Span {
        // About one question a second is allowed to an address; quotes are asked for too.
        Span::from_secs(2)
    }
}

/// The name that REST has for a market of the stream.
fn rest_name(market: &str) -> String {
    let old = |coin| match coin {
        "BTC" => "XBT",
        "DOGE" => "XDG",
        other => other,
    };
    market.split('/').map(old).collect()
}

fn tickers<'a>(data: Raw<'a>, out: &mut Vec<Message<'a>>) -> Result<(), Odd> {
    each(data, |one: Ticker<'a>| {
        out.push(ticker(&one)?);
        Ok(())
    })
}

fn ticker<'a>(ticker: &Ticker<'a>) -> Result<Message<'a>, Odd> {
    let quote = Quote {
        bid: price(ticker.bid.0, "bid")?,
        bid_quantity: quantity(ticker.bid_qty.0, "bid_qty")?,
        ask: price(ticker.ask.0, "ask")?,
        ask_quantity: quantity(ticker.ask_qty.0, "ask_qty")?,
        time_ms: ticker.timestamp.map(|time| iso(time, "timestamp")).transpose()?,
        sequence: 0,
    };
    Ok(Message::Quote(ticker.symbol, quote))
}

fn prints<'a>(data: Raw<'a>, out: &mut Vec<Message<'a>>) -> Result<(), Odd> {
    each(data, |one: Print<'a>| {
        out.push(print(&one)?);
        Ok(())
    })
}

fn print<'a>(print: &Print<'a>) -> Result<Message<'a>, Odd> {
    let trade = Trade {
        price: price(print.price.0, "price")?,
        quantity: quantity(print.qty.0, "qty")?,
        time_ms: Some(iso(print.timestamp, "timestamp")?),
        sequence: print.trade_id,
    };
    Ok(Message::Trade(print.symbol, trade))
}

fn status<'a>(data: Raw<'a>, out: &mut Vec<Message<'a>>) -> Result<(), Odd> {
    each(data, |status: Status<'a>| {
        // What is said in maintenance is no price; the next connection says whether it is over.
        let over = status.system == "maintenance";
        out.push(if over { Message::Reconnect } else { Message::Beat });
        Ok(())
    })
}

/// Reads what an answer says of the one market that it is about.
fn answer<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Odd> {
    let answer: Answer<'a, T> = number::json(body)?;
    if let Some(words) = answer.error.first() {
        return Err(Odd::refused(bare(*words)));
    }
    Ok(need(answer.result, "result")?.0)
}

/// The value of an object's only entry.
struct Only<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Only<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OnlyVisitor(PhantomData))
    }
}

struct OnlyVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OnlyVisitor<T> {
    type Value = Only<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("one market")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let only = entries.next_entry::<IgnoredAny, T>()?;
        if entries.next_key::<IgnoredAny>()?.is_some() {
            return Err(serde::de::Error::custom("an answer about more than one market"));
        }
        only.map(|(_, value)| Only(value)).ok_or_else(|| serde::de::Error::custom("no market"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{frame, markets, odd, quote, trade, views};

    #[test]
    fn what_frames_say_is_read_whole() {
        // A price from the wrong field, or one that went through a float, is a wrong price.
        let ticker = r#"{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":105944.2,"bid_qty":2.50000000,"ask":105944.30000001,"ask_qty":3.2e-5,"last":105899.4,"volume":163.28908096,"vwap":105904.39279,"low":104711.0,"high":106613.1,"change":250.0,"change_pct":0.24,"timestamp":"2022-10-19T23:28:22.061769Z"}]}"#;
        let at = Some(1_666_222_102_061);
        let best = quote("105944.2", "2.5", "105944.30000001", "0.000032", at, 0);
        frame(&Kraken, ticker, &[Message::Quote("BTC/USD", best)]);
        let without = r#"{"channel":"ticker","type":"snapshot","data":[{"symbol":"ALGO/USD","bid":0.1,"bid_qty":740.0,"ask":0.3,"ask_qty":1,"last":0.2},{"symbol":"BTC/USD","bid":1,"bid_qty":1,"ask":2,"ask_qty":1}]}"#;
        let two = [
            Message::Quote("ALGO/USD", quote("0.1", "740", "0.3", "1", None, 0)),
            Message::Quote("BTC/USD", quote("1", "1", "2", "1", None, 0)),
        ];
        frame(&Kraken, without, &two);
        let trades = r#"{"channel":"trade","type":"update","data":[{"symbol":"MATIC/USD","side":"sell","price":0.5117,"qty":40.0,"ord_type":"market","trade_id":4665906,"timestamp":"2022-10-19T23:28:22.061769Z"},{"symbol":"MATIC/USD","side":"sell","price":0.5116,"qty":1.0,"ord_type":"market","trade_id":4665907,"timestamp":"2022-10-19T23:28:22.062Z"}]}"#;
        let two = [
            Message::Trade("MATIC/USD", trade("0.5117", "40", at, 4_665_906)),
            Message::Trade("MATIC/USD", trade("0.5116", "1", Some(1_666_222_102_062), 4_665_907)),
        ];
        frame(&Kraken, trades, &two);
    }

    #[test]
    fn what_is_not_a_price_is_told_apart() {
        // A refusal that passes as a heartbeat hides a market that never comes.
        frame(&Kraken, r#"{"channel":"heartbeat"}"#, &[Message::Beat]);
        let pong = r#"{"method":"pong","req_id":101,"time_in":"2023-09-24T14:10:23.799685Z","time_out":"2023-09-24T14:10:23.799703Z"}"#;
        frame(&Kraken, pong, &[Message::Beat]);
        let confirmed = r#"{"method":"subscribe","result":{"channel":"ticker","event_trigger":"bbo","snapshot":true,"symbol":"BTC/USD"},"success":true,"time_in":"2023-09-25T09:04:31.742599Z","time_out":"2023-09-25T09:04:31.742648Z","req_id":1}"#;
        frame(&Kraken, confirmed, &[Message::Beat]);
        let refused = r#"{"error":"Currency pair not supported FOO/BAR","method":"subscribe","success":false,"symbol":"FOO/BAR","time_in":"2023-09-25T09:04:31.742599Z","time_out":"2023-09-25T09:04:31.742648Z"}"#;
        frame(&Kraken, refused, &[Message::Refused("Currency pair not supported FOO/BAR")]);
        for (system, expect) in [("online", Message::Beat), ("maintenance", Message::Reconnect)] {
            let status = format!(
                r#"{{"channel":"status","type":"update","data":[{{"version":"2.0.8","system":"{system}","api_version":"v2","connection_id":13834774380200032777}}]}}"#
            );
            frame(&Kraken, &status, &[expect]);
        }
    }

    #[test]
    fn what_is_odd_gives_no_price() {
        for text in [
            "",
            "{}",
            r#"{"channel":"ticker"}"#,
            r#"{"channel":"ticker","data":{}}"#,
            r#"{"channel":"ticker","data":[{"symbol":"BTC/USD","bid":null,"bid_qty":1,"ask":2,"ask_qty":1}]}"#,
            r#"{"channel":"ticker","data":[{"symbol":"BTC/USD","bid":[1],"bid_qty":1,"ask":2,"ask_qty":1}]}"#,
            r#"{"channel":"ticker","data":[{"symbol":"BTC/USD","bid":-1,"bid_qty":1,"ask":2,"ask_qty":1}]}"#,
            r#"{"channel":"ticker","data":[{"symbol":"BTC/USD","bid":1,"bid_qty":1,"ask":2}]}"#,
            r#"{"channel":"trade","data":[{"symbol":"BTC/USD","price":1,"qty":1,"trade_id":1}]}"#,
            r#"{"channel":"book","data":[]}"#,
        ] {
            odd(&Kraken, text);
        }
    }

    #[test]
    fn a_quiet_market_is_asked_for_by_its_book() {
        // By default the ticker speaks only when somebody trades, so that a quiet market looks dead.
        let sent = Kraken.subscribe(&markets("BTC/USD", 101));
        let last = [
            r#"{"method":"subscribe","params":{"channel":"ticker","event_trigger":"bbo","snapshot":true,"symbol":["BTC/USD100"]},"req_id":3}"#,
            r#"{"method":"subscribe","params":{"channel":"trade","snapshot":false,"symbol":["BTC/USD100"]},"req_id":4}"#,
        ];
        assert_eq!(sent.get(2..), Some(&last.map(str::to_owned)[..]));
    }

    #[test]
    fn answers_are_read() {
        let best = r#"{"error":[],"result":{"XXBTZUSD":{"a":["30300.10000","1","1.250"],"b":["30300.00000","2","2.500"],"c":["30303.20000","0.00067643"],"v":["4083.67001100","4412.73601799"],"p":["30706.77771","30689.13205"],"t":[34619,38907],"l":["29868.30000","29868.30000"],"h":["31631.00000","31631.00000"],"o":"30502.80000"}}}"#;
        let expect = quote("30300", "2.5", "30300.1", "1.25", None, 0);
        assert_eq!(Kraken.read_quote(best.as_bytes()), Ok(expect));
        let book = r#"{"error":[],"result":{"XXBTZUSD":{"asks":[["30384.10000","2.059",1688671659],["30387.90000","1.500",1688671380]],"bids":[["30297.00000","1.115",1688671636]]}}}"#;
        views(&Kraken, book, &[("30297", "1.115")], &[("30384.1", "2.059"), ("30387.9", "1.5")]);
        let unknown = br#"{"error":["EQuery:Unknown asset pair"]}"#;
        let words = Odd::Refused("EQuery:Unknown asset pair".to_owned());
        assert_eq!(Kraken.read_quote(unknown), Err(words));
        for result in [
            "{}",
            r#"{"A":{"a":["1","1","1"],"b":["1","1","1"]},"B":{"a":["1","1","1"],"b":["1","1","1"]}}"#,
        ] {
            let body = format!(r#"{{"error":[],"result":{result}}}"#);
            assert!(Kraken.read_quote(body.as_bytes()).is_err(), "{result}");
        }
    }

    #[test]
    fn rest_has_other_names_for_markets() {
        for (market, pair) in [("BTC/USD", "XBTUSD"), ("ETH/BTC", "ETHXBT"), ("DOGE/EUR", "XDGEUR")]
        {
            assert_eq!(Kraken.quote_path(market), format!("/0/public/Ticker?pair={pair}"));
        }
        assert_eq!(Kraken.book_path("USDT/USD"), "/0/public/Depth?pair=USDTUSD&count=500");
    }
}
