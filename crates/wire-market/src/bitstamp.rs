//! Bitstamp, WebSocket v2 and REST v2. Shapes after www.bitstamp.net/websocket/v2 and /api.
//!
//! A channel is one kind of data of one market, and names it at its end; each is subscribed by a message of its own.
//! Quotes are the best levels of `order_book`, which carries a hundred levels a side. A trade's numbers come twice:
//! the `_str` ones are exact.

use serde::Deserialize;
use serde_json::json;
use units::{Quantity, Span};

use crate::book::Book;
use crate::connector::{KeepAlive, Venue};
use crate::message::{Message, Quote, Trade};
use crate::number::{self, Pair, Raw, Sides, Top, bare, need, price, quantity};
use crate::odd::Odd;
use crate::path::path;
use crate::time::{number as whole_number, whole};

/// What the channel of a market's book begins with.
const BOOK: &str = "order_book_";

/// The venue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bitstamp;

#[derive(Deserialize)]
struct Frame<'a> {
    event: &'a str,
    channel: Option<&'a str>,
    #[serde(borrow)]
    data: Option<Raw<'a>>,
}

/// By far the longest frames, read at one go where they begin as they always do.
#[derive(Deserialize)]
struct Usual<'a> {
    #[serde(borrow)]
    data: Best<'a>,
    channel: &'a str,
    event: &'a str,
}

#[derive(Deserialize)]
struct Best<'a> {
    microtimestamp: &'a str,
    #[serde(borrow)]
    bids: Top<'a>,
    #[serde(borrow)]
    asks: Top<'a>,
}

#[derive(Deserialize)]
struct Print<'a> {
    id: u64,
    amount_str: &'a str,
    price_str: &'a str,
    microtimestamp: &'a str,
}

#[derive(Deserialize)]
struct Words<'a> {
    #[serde(borrow)]
    message: Raw<'a>,
}

#[derive(Deserialize)]
struct Ticker<'a> {
    timestamp: &'a str,
    bid: &'a str,
    ask: &'a str,
}

impl Venue for Bitstamp {
    fn name(&self) -> &str {
        "bitstamp"
    }

    fn websocket(&self) -> &str {
        "wss://ws.bitstamp.net"
    }

    fn rest(&self) -> &str {
        "https://www.bitstamp.net"
    }

    fn subscribe(&self, markets: &[String]) -> Vec<String> {
        let messages = |market: &String| {
            ["order_book", "live_trades"].map(|kind| {
                let channel = format!("{kind}_{market}");
                json!({"event": "bts:subscribe", "data": {"channel": channel}}).to_string()
            })
        };
        markets.iter().flat_map(messages).collect()
    }

    fn subscribe_pause(&self) -> Span {
        // No limit is documented; the last of a hundred markets is asked for after ten seconds.
        Span::from_millis(50)
    }

    fn markets_max(&self) -> usize {
        100
    }

    fn keep_alive(&self) -> Option<KeepAlive> {
        let text = r#"{"event":"bts:heartbeat"}"#.to_owned();
        Some(KeepAlive { every: Span::from_secs(10), text })
    }

    fn read<'a>(&'a self, frame: &'a [u8], out: &mut Vec<Message<'a>>) -> Result<(), Odd> {
        if frame.starts_with(br#"{"data":{"timestamp":"#)
            && let Ok(Usual { data, channel, event: "data" }) = number::json::<Usual<'a>>(frame)
            && let Some(market) = channel.strip_prefix(BOOK)
        {
            out.push(Message::Quote(market, quote(&data)?));
            return Ok(());
        }
        let frame: Frame<'a> = number::json(frame)?;
        match frame.event {
            "data" => {
                let market = market(&frame, BOOK)?;
                let best = number::json(data(&frame)?)?;
                out.push(Message::Quote(market, quote(&best)?));
            }
            "trade" => {
                let market = market(&frame, "live_trades_")?;
                out.push(Message::Trade(market, print(data(&frame)?)?));
            }
            "bts:heartbeat" | "bts:subscription_succeeded" | "bts:unsubscription_succeeded" => {
                out.push(Message::Beat);
            }
            "bts:request_reconnect" => out.push(Message::Reconnect),
            "bts:error" => {
                let words: Words<'a> = number::json(data(&frame)?)?;
                out.push(Message::Refused(bare(words.message)));
            }
            event => return Err(Odd::kind(event)),
        }
        Ok(())
    }

    fn quote_path(&self, market: &str) -> String {
        path("/api/v2/ticker/{market}/", market)
    }

    fn read_quote(&self, body: &[u8]) -> Result<Quote, Odd> {
        let ticker: Ticker<'_> = number::json(body)?;
        // In whole seconds.
        let seconds = whole(ticker.timestamp, 1, "timestamp")?;
        Ok(Quote {
            bid: price(ticker.bid, "bid")?,
            bid_quantity: Quantity::ZERO,
            ask: price(ticker.ask, "ask")?,
            ask_quantity: Quantity::ZERO,
            time_ms: Some(seconds.saturating_mul(1_000)),
            sequence: 0,
        })
    }

    fn book_path(&self, market: &str) -> String {
        path("/api/v2/order_book/{market}/", market)
    }

    fn read_book(&self, body: &[u8]) -> Result<Book, Odd> {
        let sides: Sides<'_> = number::json(body)?;
        sides.book()
    }

    fn book_pause(&self) -> Span {
        // 8000 questions in ten minutes are allowed; whole books are large.
        Span::from_millis(500)
    }
}

/// The market at the end of a channel's name.
fn market<'a>(frame: &Frame<'a>, kind: &str) -> Result<&'a str, Odd> {
    let channel = need(frame.channel, "channel")?;
    channel.strip_prefix(kind).ok_or_else(|| Odd::kind(channel))
}

fn data<'a>(frame: &Frame<'a>) -> Result<&'a [u8], Odd> {
    Ok(need(frame.data, "data")?.bytes())
}

fn quote(best: &Best<'_>) -> Result<Quote, Odd> {
    let (bid, ask) = (best.bids.0.unwrap_or(Pair::NONE), best.asks.0.unwrap_or(Pair::NONE));
    Ok(Quote {
        bid: price(bid.price, "bids")?,
        bid_quantity: quantity(bid.quantity, "bids")?,
        ask: price(ask.price, "asks")?,
        ask_quantity: quantity(ask.quantity, "asks")?,
        time_ms: Some(whole(best.microtimestamp, 1_000, "microtimestamp")?),
        // Nothing else says which of two comes first.
        sequence: whole_number(best.microtimestamp, "microtimestamp")?,
    })
}

fn print(data: &[u8]) -> Result<Trade, Odd> {
    let print: Print<'_> = number::json(data)?;
    Ok(Trade {
        price: price(print.price_str, "price_str")?,
        quantity: quantity(print.amount_str, "amount_str")?,
        time_ms: Some(whole(print.microtimestamp, 1_000, "microtimestamp")?),
        sequence: print.id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{frame, markets, odd, quote, trade, views};

    #[test]
    fn what_frames_say_is_read_whole() {
        // A price from the wrong field, or one that went through a float, is a wrong price.
        let at = Some(1_706_302_442_078);
        let book = r#"{"data":{"timestamp":"1706302442","microtimestamp":"1706302442078123","bids":[["2253.6","1.5"],["2253.5","9"]],"asks":[["2253.8","0.25000000"],["2254","7"]]},"channel":"order_book_ethusd","event":"data"}"#;
        let best = quote("2253.6", "1.5", "2253.8", "0.25", at, 1_706_302_442_078_123);
        frame(&Bitstamp, book, &[Message::Quote("ethusd", best)]);
        let turned = r#"{"event":"data","channel":"order_book_ethusd","data":{"asks":[["2253.8","0.25"]],"bids":[["2253.6","1.5"]],"microtimestamp":"1706302442078123"}}"#;
        frame(&Bitstamp, turned, &[Message::Quote("ethusd", best)]);
        let empty = r#"{"data":{"timestamp":"1706302442","microtimestamp":"1706302442078123","bids":[],"asks":[["2253.8","1"]]},"channel":"order_book_ethusd","event":"data"}"#;
        let best = quote("0", "0", "2253.8", "1", at, 1_706_302_442_078_123);
        frame(&Bitstamp, empty, &[Message::Quote("ethusd", best)]);
        let print = r#"{"channel":"live_trades_ethusd","event":"trade","data":{"id":317319339,"timestamp":"1706302442","amount":0.062,"amount_str":"0.06200000","price":2253.7,"price_str":"2253.70","type":0,"microtimestamp":"1706302442078000","buy_order_id":1709,"sell_order_id":1708}}"#;
        let said = trade("2253.7", "0.062", at, 317_319_339);
        frame(&Bitstamp, print, &[Message::Trade("ethusd", said)]);
    }

    #[test]
    fn what_is_not_a_price_is_told_apart() {
        // A refusal that passes as a heartbeat hides a market that never comes.
        let beat = r#"{"event":"bts:heartbeat","channel":"","data":{"status":"success"}}"#;
        frame(&Bitstamp, beat, &[Message::Beat]);
        let confirmed =
            r#"{"event":"bts:subscription_succeeded","channel":"live_trades_btcusd","data":{}}"#;
        frame(&Bitstamp, confirmed, &[Message::Beat]);
        let leave = r#"{"event":"bts:request_reconnect","channel":"","data":""}"#;
        frame(&Bitstamp, leave, &[Message::Reconnect]);
        let refused = r#"{"event":"bts:error","channel":"","data":{"code":null,"message":"Bad subscription string."}}"#;
        frame(&Bitstamp, refused, &[Message::Refused("Bad subscription string.")]);
    }

    #[test]
    fn what_is_odd_gives_no_price() {
        for text in [
            "",
            "{}",
            r#"{"event":"data","channel":"order_book_ethusd"}"#,
            r#"{"event":"data","data":{"microtimestamp":"1","bids":[["1","1"]],"asks":[["2","1"]]}}"#,
            r#"{"event":"data","channel":"diff_order_book_ethusd","data":{"microtimestamp":"1","bids":[["1","1"]],"asks":[["2","1"]]}}"#,
            r#"{"event":"data","channel":"order_book_ethusd","data":{"bids":[["1","1"]],"asks":[["2","1"]]}}"#,
            r#"{"event":"data","channel":"order_book_ethusd","data":{"microtimestamp":"soon","bids":[["1","1"]],"asks":[["2","1"]]}}"#,
            r#"{"event":"data","channel":"order_book_ethusd","data":{"microtimestamp":"1","bids":[["-1","1"]],"asks":[["2","1"]]}}"#,
            r#"{"event":"trade","channel":"live_trades_ethusd","data":{"id":1,"amount":1,"price":1,"microtimestamp":"1"}}"#,
            r#"{"event":"order_created","channel":"live_orders_ethusd","data":{}}"#,
        ] {
            odd(&Bitstamp, text);
        }
    }

    #[test]
    fn every_channel_is_subscribed_alone() {
        let sent = Bitstamp.subscribe(&markets("btcusd", 2));
        assert_eq!(sent.len(), 4);
        let first = r#"{"data":{"channel":"order_book_btcusd0"},"event":"bts:subscribe"}"#;
        assert_eq!(sent.first().map(String::as_str), Some(first));
    }

    #[test]
    fn answers_are_read() {
        let best = r#"{"timestamp":"1643640186","open":"38651.31","high":"38999","low":"36400","last":"38338.43","volume":"2250.17","vwap":"37622.1","bid":"38336.16","ask":"38344.07","side":"0","open_24":"37900","percent_change_24":"1.1"}"#;
        let expect = quote("38336.16", "0", "38344.07", "0", Some(1_643_640_186_000), 0);
        assert_eq!(Bitstamp.read_quote(best.as_bytes()), Ok(expect));
        assert_eq!(Bitstamp.quote_path("btcusd"), "/api/v2/ticker/btcusd/");
        let book = r#"{"timestamp":"1643643584","microtimestamp":"1643643584684047","bids":[["9484.34","1.00000000"],["9483","2"]],"asks":[["9485.00","3"]]}"#;
        views(&Bitstamp, book, &[("9484.34", "1"), ("9483", "2")], &[("9485", "3")]);
        assert_eq!(Bitstamp.book_path("btcusd"), "/api/v2/order_book/btcusd/");
        let unknown = br#"{"status":"error","reason":"Not found","code":"API0000"}"#;
        assert!(Bitstamp.read_quote(unknown).is_err() && Bitstamp.read_book(unknown).is_err());
    }
}
