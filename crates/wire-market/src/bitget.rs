//! Bitget, v2, spot. Shapes after www.bitget.com/api-doc, channels `ticker` and `trade`.
//!
//! Prices stand in quotes; the time of a ticker does in some of the documentation's examples and does not in others.
//! A trade names its market only in `arg`. Keep-alives are the bare texts `ping` and `pong`, which are no JSON; after
//! two minutes without a `ping` the venue cuts the connection.

use serde::Deserialize;
use serde_json::json;
use units::Span;

use crate::book::Book;
use crate::connector::{KeepAlive, Venue};
use crate::message::{Message, Quote, Trade};
use crate::number::{self, Raw, Sides, Text, bare, each, need, price, quantity, side};
use crate::odd::Odd;
use crate::path::path;
use crate::time::{number as whole_number, whole};

/// Markets in one message to subscribe, two arguments of some 70 bytes each: all that a connection carries.
const MARKETS_A_MESSAGE: usize = 25;

/// The venue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bitget;

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(borrow)]
    arg: Option<Argument<'a>>,
    #[serde(borrow)]
    data: Option<Raw<'a>>,
    event: Option<&'a str>,
    #[serde(borrow)]
    msg: Option<Raw<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Argument<'a> {
    channel: &'a str,
    inst_id: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ticker<'a> {
    ask_pr: &'a str,
    ask_sz: &'a str,
    bid_pr: &'a str,
    bid_sz: &'a str,
    #[serde(borrow)]
    ts: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Print<'a> {
    trade_id: &'a str,
    price: &'a str,
    size: &'a str,
    #[serde(borrow)]
    ts: Text<'a>,
}

#[derive(Deserialize)]
struct Answer<'a> {
    code: &'a str,
    #[serde(borrow)]
    msg: Raw<'a>,
    #[serde(borrow)]
    data: Raw<'a>,
}

impl Venue for Bitget {
    fn name(&self) -> &str {
        "bitget"
    }

    fn websocket(&self) -> &str {
        "wss://ws.bitget.com/v2/ws/public"
    }

    fn rest(&self) -> &str {
        "https://api.bitget.com"
    }

    fn subscribe(&self, markets: &[String]) -> Vec<String> {
        let message = |markets: &[String]| {
            let channels = ["ticker", "trade"];
            let both = |market: &String| {
                channels.map(
                    |channel| json!({"instType": "SPOT", "channel": channel, "instId": market}),
                )
            };
            let args: Vec<_> = markets.iter().flat_map(both).collect();
            json!({"op": "subscribe", "args": args}).to_string()
        };
        markets.chunks(MARKETS_A_MESSAGE).map(message).collect()
    }

    fn markets_max(&self) -> usize {
        // More than fifty channels a connection are possible, and advised against.
        25
    }

    fn keep_alive(&self) -> Option<KeepAlive> {
        Some(KeepAlive { every: Span::from_secs(20), text: "ping".to_owned() })
    }

    fn read<'a>(&'a self, frame: &'a [u8], out: &mut Vec<Message<'a>>) -> Result<(), Odd> {
        if frame == b"pong" {
            out.push(Message::Beat);
            return Ok(());
        }
        let frame: Frame<'a> = number::json(frame)?;
        if let Some(event) = frame.event {
            out.push(match event {
                "subscribe" | "unsubscribe" => Message::Beat,
                "error" => Message::Refused(bare(need(frame.msg, "msg")?)),
                event => return Err(Odd::kind(event)),
            });
            return Ok(());
        }
        let data = need(frame.data, "data")?;
        let Argument { channel, inst_id } = need(frame.arg, "arg")?;
        match channel {
            "ticker" => each(data, |ticker: Ticker<'a>| {
                out.push(Message::Quote(inst_id, quote(&ticker)?));
                Ok(())
            }),
            "trade" => each(data, |print: Print<'a>| {
                out.push(Message::Trade(inst_id, trade(&print)?));
                Ok(())
            }),
            channel => Err(Odd::kind(channel)),
        }
    }

    fn quote_path(&self, market: &str) -> String {
        path("/api/v2/spot/market/tickers?symbol={market}", market)
    }

    fn read_quote(&self, body: &[u8]) -> Result<Quote, Odd> {
        let [ticker]: [Ticker<'_>; 1] = answer(body)?;
        quote(&ticker)
    }

    fn book_path(&self, market: &str) -> String {
        path("/api/v2/spot/market/orderbook?symbol={market}&limit=150", market)
    }

    fn read_book(&self, body: &[u8]) -> Result<Book, Odd> {
        let sides: Sides<'_> = answer(body)?;
        sides.book()
    }

    fn book_pause(&self) -> Span {
        // Twenty questions a second are allowed.
        Span::from_millis(250)
    }
}

fn quote(ticker: &Ticker<'_>) -> Result<Quote, Odd> {
    let (bid, bid_quantity) = side(ticker.bid_pr, ticker.bid_sz, "bidPr")?;
    let (ask, ask_quantity) = side(ticker.ask_pr, ticker.ask_sz, "askPr")?;
    let time_ms = Some(whole(ticker.ts.0, 1, "ts")?);
    Ok(Quote { bid, bid_quantity, ask, ask_quantity, time_ms, sequence: 0 })
}

fn trade(print: &Print<'_>) -> Result<Trade, Odd> {
    Ok(Trade {
        price: price(print.price, "price")?,
        quantity: quantity(print.size, "size")?,
        time_ms: Some(whole(print.ts.0, 1, "ts")?),
        sequence: whole_number(print.trade_id, "tradeId")?,
    })
}

/// Reads the data of an answer.
fn answer<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Odd> {
    let answer: Answer<'a> = number::json(body)?;
    if answer.code != "00000" {
        return Err(Odd::refused(bare(answer.msg)));
    }
    number::json(answer.data.bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{frame, markets, odd, quote, trade, views};

    #[test]
    fn what_frames_say_is_read_whole() {
        // A price from the wrong field is a wrong price.
        let ticker = |ask: &str, ts: &str| {
            format!(
                r#"{{"action":"snapshot","arg":{{"instType":"SPOT","channel":"ticker","instId":"ETHUSDT"}},"data":[{{"instId":"ETHUSDT","lastPr":"1591.02","open24h":"1590","high24h":"1602.9","low24h":"1575.1","change24h":"0.001","bidPr":"1591.01","askPr":"{ask}","bidSz":"4.5","askSz":"7.25","baseVolume":"9000.5","quoteVolume":"14300000","openUtc":"1588","changeUtc24h":"0.002","ts":{ts}}}],"ts":1695702438029}}"#
            )
        };
        let at = Some(1_695_702_438_018);
        let best = quote("1591.01", "4.5", "1591.03", "7.25", at, 0);
        for ts in ["1695702438018", "\"1695702438018\""] {
            frame(&Bitget, &ticker("1591.03", ts), &[Message::Quote("ETHUSDT", best)]);
        }
        let empty = quote("1591.01", "4.5", "0", "0", at, 0);
        frame(&Bitget, &ticker("", "1695702438018"), &[Message::Quote("ETHUSDT", empty)]);
        let trades = r#"{"action":"update","arg":{"instType":"SPOT","channel":"trade","instId":"BTCUSDT"},"data":[{"ts":"1695702438018","price":"26293.4","size":"0.0013","side":"buy","tradeId":"1116461060594286593"},{"ts":"1695702438017","price":"26293.5","size":"0.2","side":"sell","tradeId":"1116461060594286592"}],"ts":1695702438029}"#;
        let two = [
            trade("26293.4", "0.0013", at, 1_116_461_060_594_286_593),
            trade("26293.5", "0.2", Some(1_695_702_438_017), 1_116_461_060_594_286_592),
        ];
        frame(&Bitget, trades, &two.map(|trade| Message::Trade("BTCUSDT", trade)));
    }

    #[test]
    fn what_is_not_a_price_is_told_apart() {
        // A refusal that passes as a heartbeat hides a market that never comes.
        frame(&Bitget, "pong", &[Message::Beat]);
        let confirmed = r#"{"event":"subscribe","arg":{"instType":"SPOT","channel":"ticker","instId":"ETHUSDT"}}"#;
        frame(&Bitget, confirmed, &[Message::Beat]);
        let words = "instType:SPOT,channel:ticker,instId:FOOUSDT doesn't exist";
        let refused = format!(
            r#"{{"event":"error","arg":{{"instType":"SPOT","channel":"ticker","instId":"FOOUSDT"}},"code":30001,"msg":"{words}","op":"subscribe"}}"#
        );
        frame(&Bitget, &refused, &[Message::Refused(words)]);
    }

    #[test]
    fn what_is_odd_gives_no_price() {
        let of = |channel: &str, data: &str| {
            format!(r#"{{"arg":{{"channel":"{channel}","instId":"A"}},"data":[{{{data}}}]}}"#)
        };
        for text in [
            "",
            "ping",
            "{}",
            r#"{"event":"login","code":0}"#,
            r#"{"arg":{"channel":"ticker","instId":"A"}}"#,
            r#"{"arg":{"channel":"ticker"},"data":[{"bidPr":"1","askPr":"2","bidSz":"1","askSz":"1","ts":"1"}]}"#,
            &of("books", r#""asks":[],"bids":[]"#),
            &of("ticker", r#""bidPr":"1","askPr":"2","bidSz":"1","askSz":"1""#),
            &of("ticker", r#""bidPr":"1","bidSz":"1","askSz":"1","ts":"1""#),
            &of("ticker", r#""bidPr":"-1","askPr":"2","bidSz":"1","askSz":"1","ts":"1""#),
            &of("ticker", r#""bidPr":"1","askPr":"2","bidSz":"1","askSz":"1","ts":1.5"#),
            &of("trade", r#""price":"1","size":"1","ts":"1""#),
            &of("trade", r#""price":"1","size":"1","ts":"1","tradeId":"a7""#),
        ] {
            odd(&Bitget, text);
        }
    }

    #[test]
    fn no_message_passes_the_venues_limits() {
        let sent = Bitget.subscribe(&markets("ETHUSDT", 26));
        let last = r#"{"args":[{"channel":"ticker","instId":"ETHUSDT25","instType":"SPOT"},{"channel":"trade","instId":"ETHUSDT25","instType":"SPOT"}],"op":"subscribe"}"#;
        assert_eq!((sent.len(), sent.last().map(String::as_str)), (2, Some(last)));
        assert!(2 * Bitget.markets_max() <= 50);
    }

    #[test]
    fn answers_are_read() {
        let best = r#"{"code":"00000","msg":"success","requestTime":1695808949356,"data":[{"symbol":"BTCUSDT","high24h":"37775.65","open":"35134.2","low24h":"34413.1","lastPr":"34413.2","quoteVolume":"0","baseVolume":"0","usdtVolume":"0","bidPr":"34413.1","askPr":"34413.3","bidSz":"0.0663","askSz":"0.0119","openUtc":"23856.72","ts":"1625125755277"}]}"#;
        let expect = quote("34413.1", "0.0663", "34413.3", "0.0119", Some(1_625_125_755_277), 0);
        assert_eq!(Bitget.read_quote(best.as_bytes()), Ok(expect));
        let path = "/api/v2/spot/market/tickers?symbol=BTCUSDT";
        assert_eq!(Bitget.quote_path("BTCUSDT"), path);
        let book = r#"{"code":"00000","msg":"success","requestTime":1698303884579,"data":{"asks":[["34567.15","0.0131"],["34567.25","0.0144"]],"bids":[["34567","0.2917"]],"ts":"1698303884584"}}"#;
        let asks = [("34567.15", "0.0131"), ("34567.25", "0.0144")];
        views(&Bitget, book, &[("34567", "0.2917")], &asks);
        let path = "/api/v2/spot/market/orderbook?symbol=BTCUSDT&limit=150";
        assert_eq!(Bitget.book_path("BTCUSDT"), path);
        let unknown = br#"{"code":"40034","msg":"Parameter BTCFOO does not exist","requestTime":1,"data":null}"#;
        let words = Odd::Refused("Parameter BTCFOO does not exist".to_owned());
        assert_eq!(Bitget.read_quote(unknown), Err(words));
    }
}
