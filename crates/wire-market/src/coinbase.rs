//! Coinbase Exchange. Shapes after docs.cdp.coinbase.com/exchange, channels `ticker`, `matches` and `heartbeat`.
//!
//! A `ticker` comes with every trade, and carries the best prices of that moment: where nobody trades they are as
//! old as the last trade, which `time` says. `sequence` grows with every message of the full feed of a market, so
//! that these channels have gaps in it.

use serde::Deserialize;
use serde_json::json;
use units::{Quantity, Span};

use crate::book::Book;
use crate::connector::Venue;
use crate::message::{Message, Quote, Trade};
use crate::number::{self, Pair, Raw, bare, need, price, quantity};
use crate::odd::Odd;
use crate::path::path;
use crate::time::iso;

/// Markets in one message to subscribe: it stays within some kilobytes.
const MARKETS_A_MESSAGE: usize = 100;

/// The venue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coinbase;

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    product_id: Option<&'a str>,
    sequence: Option<u64>,
    trade_id: Option<u64>,
    price: Option<&'a str>,
    size: Option<&'a str>,
    best_bid: Option<&'a str>,
    best_bid_size: Option<&'a str>,
    best_ask: Option<&'a str>,
    best_ask_size: Option<&'a str>,
    time: Option<&'a str>,
    #[serde(borrow)]
    message: Option<Raw<'a>>,
    #[serde(borrow)]
    reason: Option<Raw<'a>>,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    bids: Vec<Pair<'a>>,
    #[serde(borrow)]
    asks: Vec<Pair<'a>>,
    #[serde(default)]
    sequence: u64,
    time: Option<&'a str>,
}

impl Venue for Coinbase {
    fn name(&self) -> &str {
        "coinbase"
    }

    fn websocket(&self) -> &str {
        "wss://ws-feed.exchange.coinbase.com"
    }

    fn rest(&self) -> &str {
        "https://api.exchange.coinbase.com"
    }

    fn subscribe(&self, markets: &[String]) -> Vec<String> {
        let channels = ["ticker", "matches", "heartbeat"];
        let message = |markets: &[String]| {
            json!({"type": "subscribe", "product_ids": markets, "channels": channels}).to_string()
        };
        markets.chunks(MARKETS_A_MESSAGE).map(message).collect()
    }

    fn read<'a>(&'a self, frame: &'a [u8], out: &mut Vec<Message<'a>>) -> Result<(), Odd> {
        let frame: Frame<'a> = number::json(frame)?;
        match frame.kind {
            "ticker" => {
                let market = need(frame.product_id, "product_id")?;
                out.push(Message::Quote(market, ticker(&frame)?));
            }
            // The first of the two is the last trade before the subscription.
            "last_match" | "match" => {
                let market = need(frame.product_id, "product_id")?;
                out.push(Message::Trade(market, print(&frame)?));
            }
            "heartbeat" | "subscriptions" => out.push(Message::Beat),
            "error" => {
                let words = need(frame.reason.or(frame.message), "message")?;
                out.push(Message::Refused(bare(words)));
            }
            kind => return Err(Odd::kind(kind)),
        }
        Ok(())
    }

    fn quote_path(&self, market: &str) -> String {
        // The best level of the book; `/ticker` has no quantities.
        path("/products/{market}/book?level=1", market)
    }

    fn read_quote(&self, body: &[u8]) -> Result<Quote, Odd> {
        let answer: Answer<'_> = number::json(body)?;
        let bid = answer.bids.first().unwrap_or(&Pair::NONE);
        let ask = answer.asks.first().unwrap_or(&Pair::NONE);
        Ok(Quote {
            bid: price(bid.price, "bids")?,
            bid_quantity: quantity(bid.quantity, "bids")?,
            ask: price(ask.price, "asks")?,
            ask_quantity: quantity(ask.quantity, "asks")?,
            time_ms: answer.time.map(|time| iso(time, "time")).transpose()?,
            sequence: answer.sequence,
        })
    }

    fn book_path(&self, market: &str) -> String {
        path("/products/{market}/book?level=2", market)
    }

    fn read_book(&self, body: &[u8]) -> Result<Book, Odd> {
        let answer: Answer<'_> = number::json(body)?;
        number::book(&answer.bids, &answer.asks)
    }

    fn book_pause(&self) -> Span {
        // Ten questions a second are allowed; whole books are large.
        Span::from_secs(1)
    }
}

fn ticker(frame: &Frame<'_>) -> Result<Quote, Odd> {
    let size =
        |text: Option<&str>, field| text.map_or(Ok(Quantity::ZERO), |text| quantity(text, field));
    Ok(Quote {
        bid: price(need(frame.best_bid, "best_bid")?, "best_bid")?,
        bid_quantity: size(frame.best_bid_size, "best_bid_size")?,
        ask: price(need(frame.best_ask, "best_ask")?, "best_ask")?,
        ask_quantity: size(frame.best_ask_size, "best_ask_size")?,
        time_ms: Some(iso(need(frame.time, "time")?, "time")?),
        sequence: need(frame.sequence, "sequence")?,
    })
}

fn print(frame: &Frame<'_>) -> Result<Trade, Odd> {
    Ok(Trade {
        price: price(need(frame.price, "price")?, "price")?,
        quantity: quantity(need(frame.size, "size")?, "size")?,
        time_ms: Some(iso(need(frame.time, "time")?, "time")?),
        sequence: need(frame.trade_id, "trade_id")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{frame, markets, odd, quote, trade, views};

    #[test]
    fn what_frames_say_is_read_whole() {
        // A price from the wrong field is a wrong price.
        let ticker = r#"{"type":"ticker","sequence":37475248783,"product_id":"ETH-USD","price":"1285.22","open_24h":"1310.79","volume_24h":"245532.79","low_24h":"1280.52","high_24h":"1313.8","volume_30d":"9788783.6","best_bid":"1285.04","best_bid_size":"0.46688654","best_ask":"1285.27","best_ask_size":"1.56637040","side":"buy","time":"2022-10-19T23:28:22.061769Z","trade_id":370843401,"last_size":"11.4396987"}"#;
        let at = Some(1_666_222_102_061);
        let best = quote("1285.04", "0.46688654", "1285.27", "1.5663704", at, 37_475_248_783);
        frame(&Coinbase, ticker, &[Message::Quote("ETH-USD", best)]);
        for kind in ["match", "last_match"] {
            let text = format!(
                r#"{{"type":"{kind}","trade_id":10,"sequence":50,"maker_order_id":"ac928c66","taker_order_id":"132fb6ae","time":"2022-10-19T23:28:22.061769Z","product_id":"ETH-USD","size":"5.23512","price":"400.23","side":"sell"}}"#
            );
            frame(
                &Coinbase,
                &text,
                &[Message::Trade("ETH-USD", trade("400.23", "5.23512", at, 10))],
            );
        }
    }

    #[test]
    fn what_is_not_a_price_is_told_apart() {
        // A refusal that passes as a heartbeat hides a market that never comes.
        let beat = r#"{"type":"heartbeat","sequence":90,"last_trade_id":20,"product_id":"BTC-USD","time":"2014-11-07T08:19:28.464459Z"}"#;
        frame(&Coinbase, beat, &[Message::Beat]);
        let confirmed = r#"{"type":"subscriptions","channels":[{"name":"ticker","product_ids":["BTC-USD"],"account_ids":null}]}"#;
        frame(&Coinbase, confirmed, &[Message::Beat]);
        let refused = r#"{"type":"error","message":"Failed to subscribe","reason":"FOO-USD is not a valid product"}"#;
        frame(&Coinbase, refused, &[Message::Refused("FOO-USD is not a valid product")]);
        let bare = r#"{"type":"error","message":"Malformed JSON"}"#;
        frame(&Coinbase, bare, &[Message::Refused("Malformed JSON")]);
    }

    #[test]
    fn what_is_odd_gives_no_price() {
        for text in [
            "",
            "{}",
            r#"{"type":"ticker","sequence":1,"product_id":"ETH-USD","price":"1285.22"}"#,
            r#"{"type":"ticker","sequence":1,"product_id":"ETH-USD","best_bid":"1","best_ask":"","time":"2022-10-19T23:28:22Z"}"#,
            r#"{"type":"ticker","sequence":1,"best_bid":"1","best_ask":"2","time":"2022-10-19T23:28:22Z"}"#,
            r#"{"type":"ticker","sequence":1,"product_id":"ETH-USD","best_bid":"1","best_ask":"2","time":"yesterday"}"#,
            r#"{"type":"match","trade_id":10,"product_id":"ETH-USD","size":"5","price":"1e30","time":"2022-10-19T23:28:22Z"}"#,
            r#"{"type":"l2update","product_id":"ETH-USD","changes":[["buy","1","2"]]}"#,
            r#"{"type":"error"}"#,
        ] {
            odd(&Coinbase, text);
        }
    }

    #[test]
    fn every_market_is_subscribed_once() {
        let sent = Coinbase.subscribe(&markets("BTC-USD", 101));
        let last = r#"{"channels":["ticker","matches","heartbeat"],"product_ids":["BTC-USD100"],"type":"subscribe"}"#;
        assert_eq!((sent.len(), sent.last().map(String::as_str)), (2, Some(last)));
    }

    #[test]
    fn answers_are_read() {
        let best = r#"{"bids":[["6247.58","6.3578146",2]],"asks":[["6251.52","2",1]],"sequence":13051505638,"auction_mode":false,"auction":null,"time":"2022-10-19T23:28:22.061769Z"}"#;
        let expect =
            quote("6247.58", "6.3578146", "6251.52", "2", Some(1_666_222_102_061), 13_051_505_638);
        assert_eq!(Coinbase.read_quote(best.as_bytes()), Ok(expect));
        assert_eq!(Coinbase.quote_path("BTC-USD"), "/products/BTC-USD/book?level=1");
        views(&Coinbase, best, &[("6247.58", "6.3578146")], &[("6251.52", "2")]);
        assert_eq!(Coinbase.book_path("BTC-USD"), "/products/BTC-USD/book?level=2");
        let empty = Coinbase.read_quote(br#"{"bids":[],"asks":[["2","1",1]],"sequence":1}"#);
        assert_eq!(empty, Ok(quote("0", "0", "2", "1", None, 1)), "an empty side is no odd answer");
        assert!(Coinbase.read_quote(br#"{"message":"NotFound"}"#).is_err());
    }
}
