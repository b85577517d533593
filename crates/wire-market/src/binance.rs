//! Binance, spot. Shapes after binance-spot-api-docs at a5e0bc3.
//!
//! A `bookTicker` has no time and no name of its kind; everything else says `e`. Frames of the combined stream are
//! wrapped in `stream` and `data`. Trades come as `aggTrade`: one taker's fills at one price are one message.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use units::Span;

use crate::book::Book;
use crate::connector::Venue;
use crate::message::{Message, Quote, Trade};
use crate::number::{self, Raw, Sides, bare, need, price, quantity};
use crate::odd::Odd;
use crate::path::path;

/// Markets in one message to subscribe, two streams each: a message stays within some kilobytes.
const MARKETS_A_MESSAGE: usize = 100;

/// The venue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Binance;

/// What tells the kinds of frames apart.
#[derive(Deserialize)]
struct Head<'a> {
    /// The kind.
    #[serde(borrow)]
    e: Option<&'a str>,
    /// The number of a book's update, which only a `bookTicker` without a kind begins with.
    u: Option<IgnoredAny>,
    /// What the combined stream wraps.
    #[serde(borrow)]
    data: Option<Raw<'a>>,
    /// The number of the request that is answered.
    id: Option<IgnoredAny>,
    #[serde(borrow)]
    error: Option<Refusal<'a>>,
    #[serde(borrow)]
    msg: Option<Raw<'a>>,
}

#[derive(Deserialize)]
struct Refusal<'a> {
    #[serde(borrow)]
    msg: Raw<'a>,
}

#[derive(Deserialize)]
struct BookTicker<'a> {
    u: u64,
    s: &'a str,
    b: &'a str,
    #[serde(rename = "B")]
    bids: &'a str,
    a: &'a str,
    #[serde(rename = "A")]
    asks: &'a str,
    /// Only futures say when.
    #[serde(rename = "T")]
    time: Option<u64>,
}

#[derive(Deserialize)]
struct Print<'a> {
    /// The kind.
    e: &'a str,
    s: &'a str,
    p: &'a str,
    q: &'a str,
    #[serde(rename = "T")]
    time: u64,
    /// The number of an `aggTrade`.
    a: Option<u64>,
    /// The number of a `trade`.
    t: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Best<'a> {
    bid_price: &'a str,
    bid_qty: &'a str,
    ask_price: &'a str,
    ask_qty: &'a str,
}

impl Venue for Binance {
    fn name(&self) -> &str {
        "binance"
    }

    fn websocket(&self) -> &str {
        // The same streams as stream.binance.com, of market data alone.
        "wss://data-stream.binance.vision/ws"
    }

    fn rest(&self) -> &str {
        "https://data-api.binance.vision"
    }

    fn subscribe(&self, markets: &[String]) -> Vec<String> {
        let message = |(id, markets): (usize, &[String])| {
            let streams = |market: &String| {
                let market = market.to_lowercase();
                [format!("{market}@bookTicker"), format!("{market}@aggTrade")]
            };
            let params: Vec<String> = markets.iter().flat_map(streams).collect();
            json!({"method": "SUBSCRIBE", "params": params, "id": id + 1}).to_string()
        };
        markets.chunks(MARKETS_A_MESSAGE).enumerate().map(message).collect()
    }

    fn subscribe_pause(&self) -> Span {
        // Five messages a second, pongs among them.
        Span::from_millis(500)
    }

    fn markets_max(&self) -> usize {
        // 1024 streams a connection.
        512
    }

    fn read<'a>(&'a self, frame: &'a [u8], out: &mut Vec<Message<'a>>) -> Result<(), Odd> {
        // By far the most frames, and the only ones that begin so: they need not be read twice.
        if frame.starts_with(b"{\"u\":") {
            return book_ticker(frame, out);
        }
        if frame.starts_with(br#"{"e":"aggTrade""#) {
            return print(frame, out);
        }
        let head: Head<'a> = number::json(frame)?;
        match head.data {
            Some(data) => {
                let frame = data.bytes();
                payload(&number::json(frame)?, frame, out)
            }
            None => payload(&head, frame, out),
        }
    }

    fn quote_path(&self, market: &str) -> String {
        path("/api/v3/ticker/bookTicker?symbol={market}", market)
    }

    fn read_quote(&self, body: &[u8]) -> Result<Quote, Odd> {
        let best: Best<'_> = number::json(body)?;
        Ok(Quote {
            bid: price(best.bid_price, "bidPrice")?,
            bid_quantity: quantity(best.bid_qty, "bidQty")?,
            ask: price(best.ask_price, "askPrice")?,
            ask_quantity: quantity(best.ask_qty, "askQty")?,
            time_ms: None,
            sequence: 0,
        })
    }

    fn book_path(&self, market: &str) -> String {
        path("/api/v3/depth?symbol={market}&limit=5000", market)
    }

    fn read_book(&self, body: &[u8]) -> Result<Book, Odd> {
        let sides: Sides<'_> = number::json(body)?;
        sides.book()
    }

    fn book_pause(&self) -> Span {
        // A book of 5000 levels weighs 250, and an address may ask for 6000 a minute; the rest is for quotes.
        Span::from_secs(3)
    }
}

/// Reads a frame that is not wrapped.
fn payload<'a>(head: &Head<'a>, frame: &'a [u8], out: &mut Vec<Message<'a>>) -> Result<(), Odd> {
    match head.e {
        Some("bookTicker") => return book_ticker(frame, out),
        Some("aggTrade" | "trade") => return print(frame, out),
        // About ten minutes ahead.
        Some("serverShutdown") => out.push(Message::Reconnect),
        Some(kind) => return Err(Odd::kind(kind)),
        None if head.u.is_some() => return book_ticker(frame, out),
        None => {
            let refusal = head.error.as_ref().map(|error| error.msg).or(head.msg);
            match (refusal, &head.id) {
                (Some(words), _) => out.push(Message::Refused(bare(words))),
                (None, Some(_)) => out.push(Message::Beat),
                (None, None) => return Err(Odd::kind("none")),
            }
        }
    }
    Ok(())
}

fn book_ticker<'a>(frame: &'a [u8], out: &mut Vec<Message<'a>>) -> Result<(), Odd> {
    let ticker: BookTicker<'a> = number::json(frame)?;
    let quote = Quote {
        bid: price(ticker.b, "b")?,
        bid_quantity: quantity(ticker.bids, "B")?,
        ask: price(ticker.a, "a")?,
        ask_quantity: quantity(ticker.asks, "A")?,
        time_ms: ticker.time,
        sequence: ticker.u,
    };
    out.push(Message::Quote(ticker.s, quote));
    Ok(())
}

fn print<'a>(frame: &'a [u8], out: &mut Vec<Message<'a>>) -> Result<(), Odd> {
    let print: Print<'a> = number::json(frame)?;
    // In a `trade` an `a` is a seller's order.
    let sequence = if print.e == "aggTrade" { need(print.a, "a")? } else { need(print.t, "t")? };
    let trade = Trade {
        price: price(print.p, "p")?,
        quantity: quantity(print.q, "q")?,
        time_ms: Some(print.time),
        sequence,
    };
    out.push(Message::Trade(print.s, trade));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{frame, markets, odd, quote, trade, views};

    #[test]
    fn what_frames_say_is_read_whole() {
        // A price from the wrong field is a wrong price.
        let best = quote("25.3519", "31.21", "25.3652", "40.66", None, 400_900_217);
        let ticker = r#"{"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66000000"}"#;
        frame(&Binance, ticker, &[Message::Quote("BNBUSDT", best)]);
        let wrapped = format!(r#"{{"stream":"bnbusdt@bookTicker","data":{ticker}}}"#);
        frame(&Binance, &wrapped, &[Message::Quote("BNBUSDT", best)]);
        let turned = r#" {"s":"BNBUSDT","A":"40.66","a":"25.3652","B":"31.21","b":"25.3519","u":400900217,"x":{"b":"1"}}"#;
        frame(&Binance, turned, &[Message::Quote("BNBUSDT", best)]);
        let future = r#"{"e":"bookTicker","u":7,"E":1568014460893,"T":1568014460891,"s":"BNBUSDT","b":"25.35","B":"31","a":"25.36","A":"40","st":2,"ps":"BNBUSDT"}"#;
        let best = quote("25.35", "31", "25.36", "40", Some(1_568_014_460_891), 7);
        frame(&Binance, future, &[Message::Quote("BNBUSDT", best)]);

        let sum = r#"{"e":"aggTrade","E":1672515782136,"s":"BNBBTC","a":12345,"p":"0.00100000","q":"100.5","f":100,"l":105,"T":1672515782130,"m":true,"M":true}"#;
        let said = trade("0.001", "100.5", Some(1_672_515_782_130), 12_345);
        frame(&Binance, sum, &[Message::Trade("BNBBTC", said)]);
        let single = r#"{"e":"trade","E":1672515782136,"s":"BNBBTC","t":99,"p":"0.001","q":"100.5","b":88,"a":50,"T":1672515782130,"m":true,"M":true}"#;
        frame(&Binance, single, &[Message::Trade("BNBBTC", Trade { sequence: 99, ..said })]);
    }

    #[test]
    fn what_is_not_a_price_is_told_apart() {
        // A refusal that passes as a heartbeat hides a market that never comes.
        frame(&Binance, r#"{"result":null,"id":1}"#, &[Message::Beat]);
        frame(&Binance, r#"{"e":"serverShutdown","E":1770123456789}"#, &[Message::Reconnect]);
        let words = "Invalid request: unknown property";
        let refused = format!(r#"{{"error":{{"code":2,"msg":"{words}"}},"id":null}}"#);
        frame(&Binance, &refused, &[Message::Refused(words)]);
        let refused = format!(r#"{{"code":2,"msg":"{words}","id":1}}"#);
        frame(&Binance, &refused, &[Message::Refused(words)]);
    }

    #[test]
    fn what_is_odd_gives_no_price() {
        for text in [
            "",
            "[]",
            "{}",
            "ping",
            r#"{"u":1,"s":"BNBUSDT","b":25.3,"B":"1","a":"25.4","A":"1"}"#,
            r#"{"u":1,"s":"BNBUSDT","b":"","B":"1","a":"25.4","A":"1"}"#,
            r#"{"u":1,"s":"BNBUSDT","b":"-25.3","B":"1","a":"25.4","A":"1"}"#,
            r#"{"u":1,"s":"BNBUSDT","b":"25.3","B":"1","a":"25.4"}"#,
            r#"{"u":1,"s":"BNBUSDT","b":"25.3","b":"20","B":"1","a":"25.4","A":"1"}"#,
            r#"{"u":1,"s":"BNBUSDT","b":"25.3","B":"1","a":"25.4","A":"1"}{}"#,
            r#"{"u":-1,"s":"BNBUSDT","b":"25.3","B":"1","a":"25.4","A":"1"}"#,
            r#"{"e":"aggTrade","s":"BNBBTC","p":"0.001","q":"100","T":1672515782136}"#,
            r#"{"e":"referencePrice","s":"BAZUSD","r":"1.00","t":1770313263917}"#,
            r#"{"stream":"x","data":{"stream":"y","data":{}}}"#,
        ] {
            odd(&Binance, text);
        }
    }

    #[test]
    fn no_message_passes_the_venues_limits() {
        let sent = Binance.subscribe(&markets("BTCUSDT", 101));
        assert_eq!(sent.len(), 2);
        let first =
            r#"{"id":1,"method":"SUBSCRIBE","params":["btcusdt0@bookTicker","btcusdt0@aggTrade","#;
        assert!(sent.concat().starts_with(first), "{sent:?}");
        let last = r#"{"id":2,"method":"SUBSCRIBE","params":["btcusdt100@bookTicker","btcusdt100@aggTrade"]}"#;
        assert!(sent.concat().ends_with(last), "{sent:?}");
        assert!(Binance.markets_max() * 2 <= 1_024);
    }

    #[test]
    fn answers_are_read() {
        let best = r#"{"symbol":"LTCBTC","bidPrice":"4.00000000","bidQty":"431.00000000","askPrice":"4.00000200","askQty":"9.00000000"}"#;
        let expect = quote("4", "431", "4.000002", "9", None, 0);
        assert_eq!(Binance.read_quote(best.as_bytes()), Ok(expect));
        assert_eq!(Binance.quote_path("LTCBTC"), "/api/v3/ticker/bookTicker?symbol=LTCBTC");
        let book = r#"{"lastUpdateId":1027024,"bids":[["4.00000000","431.00000000"],["3.9","1"]],"asks":[["4.00000200","12.00000000"]]}"#;
        views(&Binance, book, &[("4", "431"), ("3.9", "1")], &[("4.000002", "12")]);
        assert_eq!(Binance.book_path("LTCBTC"), "/api/v3/depth?symbol=LTCBTC&limit=5000");
        let refused = br#"{"code":-1121,"msg":"Invalid symbol."}"#;
        assert!(Binance.read_quote(refused).is_err() && Binance.read_book(refused).is_err());
    }
}
