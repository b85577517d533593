//! OKX, v5. Shapes after www.okx.com/docs-v5, channels `tickers` and `trades`.
//!
//! All numbers stand in quotes, and an empty side of a book is an empty text. Keep-alives are the bare texts `ping`
//! and `pong`, which are no JSON; after 30 seconds without any message the venue cuts the connection.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use units::Span;

use crate::book::Book;
use crate::connector::{KeepAlive, Venue};
use crate::message::{Message, Quote, Trade};
use crate::number::{self, Raw, Sides, bare, each, need, price, quantity, side};
use crate::odd::Odd;
use crate::path::path;
use crate::time::{number as whole_number, whole};

/// Markets in one message to subscribe, two arguments of some 50 bytes each: the venue takes 64 kilobytes.
const MARKETS_A_MESSAGE: usize = 100;

/// The venue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Okx;

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

/// By far the most frames, read at one go where they begin as they always do.
#[derive(Deserialize)]
struct Usual<'a, T> {
    #[serde(borrow)]
    arg: Argument<'a>,
    data: [T; 1],
    event: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Argument<'a> {
    channel: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ticker<'a> {
    inst_id: &'a str,
    ask_px: &'a str,
    ask_sz: &'a str,
    bid_px: &'a str,
    bid_sz: &'a str,
    ts: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Print<'a> {
    inst_id: &'a str,
    trade_id: &'a str,
    px: &'a str,
    sz: &'a str,
    ts: &'a str,
}

#[derive(Deserialize)]
struct Answer<'a> {
    code: &'a str,
    #[serde(borrow)]
    msg: Raw<'a>,
    #[serde(borrow)]
    data: Raw<'a>,
}

impl Venue for Okx {
    fn name(&self) -> &str {
        "okx"
    }

    fn websocket(&self) -> &str {
        "wss://ws.okx.com:8443/ws/v5/public"
    }

    fn rest(&self) -> &str {
        "https://www.okx.com"
    }

    fn subscribe(&self, markets: &[String]) -> Vec<String> {
        let message = |markets: &[String]| {
            let channels = ["tickers", "trades"];
            let both = |market: &String| {
                channels.map(|channel| json!({"channel": channel, "instId": market}))
            };
            let args: Vec<_> = markets.iter().flat_map(both).collect();
            json!({"op": "subscribe", "args": args}).to_string()
        };
        markets.chunks(MARKETS_A_MESSAGE).map(message).collect()
    }

    fn keep_alive(&self) -> Option<KeepAlive> {
        Some(KeepAlive { every: Span::from_secs(20), text: "ping".to_owned() })
    }

    fn read<'a>(&'a self, frame: &'a [u8], out: &mut Vec<Message<'a>>) -> Result<(), Odd> {
        if frame == b"pong" {
            out.push(Message::Beat);
            return Ok(());
        }
        if frame.starts_with(br#"{"arg":{"channel":"tickers""#)
            && let Some(ticker) = usual::<Ticker<'a>>(frame, "tickers")
        {
            out.push(Message::Quote(ticker.inst_id, quote(&ticker)?));
            return Ok(());
        }
        if frame.starts_with(br#"{"arg":{"channel":"trades""#)
            && let Some(print) = usual::<Print<'a>>(frame, "trades")
        {
            out.push(Message::Trade(print.inst_id, trade(&print)?));
            return Ok(());
        }
        let frame: Frame<'a> = number::json(frame)?;
        if let Some(event) = frame.event {
            out.push(match event {
                "subscribe" | "unsubscribe" | "channel-conn-count" => Message::Beat,
                // The connection is about to be closed for an upgrade.
                "notice" => Message::Reconnect,
                "error" | "channel-conn-count-error" => {
                    Message::Refused(bare(need(frame.msg, "msg")?))
                }
                event => return Err(Odd::kind(event)),
            });
            return Ok(());
        }
        let data = need(frame.data, "data")?;
        match need(frame.arg, "arg")?.channel {
            "tickers" => each(data, |ticker: Ticker<'a>| {
                out.push(Message::Quote(ticker.inst_id, quote(&ticker)?));
                Ok(())
            }),
            "trades" => each(data, |print: Print<'a>| {
                out.push(Message::Trade(print.inst_id, trade(&print)?));
                Ok(())
            }),
            channel => Err(Odd::kind(channel)),
        }
    }

    fn quote_path(&self, market: &str) -> String {
        path("/api/v5/market/ticker?instId={market}", market)
    }

    fn read_quote(&self, body: &[u8]) -> Result<Quote, Odd> {
        let ticker: Ticker<'_> = answer(body)?;
        quote(&ticker)
    }

    fn book_path(&self, market: &str) -> String {
        path("/api/v5/market/books?instId={market}&sz=400", market)
    }

    fn read_book(&self, body: &[u8]) -> Result<Book, Odd> {
        let sides: Sides<'_> = answer(body)?;
        sides.book()
    }

    fn book_pause(&self) -> Span {
        // Forty questions in two seconds are allowed.
        Span::from_millis(250)
    }
}

/// What a frame of one entry says; `None` where it is another one, or odd.
fn usual<'a, T: Deserialize<'a>>(frame: &'a [u8], channel: &str) -> Option<T> {
    let Ok(Usual { arg, data: [only], event: None }) = number::json::<Usual<'a, T>>(frame) else {
        return None;
    };
    (arg.channel == channel).then_some(only)
}

fn quote(ticker: &Ticker<'_>) -> Result<Quote, Odd> {
    let (bid, bid_quantity) = side(ticker.bid_px, ticker.bid_sz, "bidPx")?;
    let (ask, ask_quantity) = side(ticker.ask_px, ticker.ask_sz, "askPx")?;
    let time_ms = Some(whole(ticker.ts, 1, "ts")?);
    Ok(Quote { bid, bid_quantity, ask, ask_quantity, time_ms, sequence: 0 })
}

fn trade(print: &Print<'_>) -> Result<Trade, Odd> {
    Ok(Trade {
        price: price(print.px, "px")?,
        quantity: quantity(print.sz, "sz")?,
        time_ms: Some(whole(print.ts, 1, "ts")?),
        sequence: whole_number(print.trade_id, "tradeId")?,
    })
}

/// Reads what an answer says of the one market that it is about.
fn answer<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Odd> {
    let answer: Answer<'a> = number::json(body)?;
    if answer.code != "0" {
        return Err(Odd::refused(bare(answer.msg)));
    }
    let [only] = number::json(answer.data.bytes())?;
    Ok(only)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{frame, markets, odd, quote, trade, views};

    #[test]
    fn what_frames_say_is_read_whole() {
        // A price from the wrong field is a wrong price.
        let ticker = |ask: &str| {
            format!(
                r#"{{"arg":{{"channel":"tickers","instId":"BTC-USDT"}},"data":[{{"instType":"SPOT","instId":"BTC-USDT","last":"9999.99","lastSz":"0.1","askPx":"{ask}","askSz":"11","bidPx":"8888.88","bidSz":"5","open24h":"9000","high24h":"10000","low24h":"8888.88","volCcy24h":"2222","vol24h":"2222","sodUtc0":"2222","sodUtc8":"2222","ts":"1597026383085"}}]}}"#
            )
        };
        let at = Some(1_597_026_383_085);
        let best = quote("8888.88", "5", "9999.98", "11", at, 0);
        frame(&Okx, &ticker("9999.98"), &[Message::Quote("BTC-USDT", best)]);
        let turned = r#"{"data":[{"ts":"1597026383085","bidSz":"5","bidPx":"8888.88","askSz":"11","askPx":"9999.98","instId":"BTC-USDT"}],"arg":{"instId":"BTC-USDT","channel":"tickers"}}"#;
        frame(&Okx, turned, &[Message::Quote("BTC-USDT", best)]);
        let empty = quote("8888.88", "5", "0", "0", at, 0);
        frame(&Okx, &ticker(""), &[Message::Quote("BTC-USDT", empty)]);
        let trades = r#"{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","tradeId":"130639474","px":"42219.9","sz":"0.12060306","side":"buy","ts":"1597026383085","count":"3","source":"0","seqId":1234}]}"#;
        let said = trade("42219.9", "0.12060306", at, 130_639_474);
        frame(&Okx, trades, &[Message::Trade("BTC-USDT", said)]);
    }

    #[test]
    fn what_is_not_a_price_is_told_apart() {
        // A refusal that passes as a heartbeat hides a market that never comes.
        frame(&Okx, "pong", &[Message::Beat]);
        let confirmed = r#"{"event":"subscribe","arg":{"channel":"tickers","instId":"BTC-USDT"},"connId":"a4d3ae55"}"#;
        frame(&Okx, confirmed, &[Message::Beat]);
        let refused = r#"{"event":"error","code":"60018","msg":"Wrong URL or channel:tickers,instId:FOO-USDT doesn't exist.","connId":"a4d3ae55"}"#;
        let words = "Wrong URL or channel:tickers,instId:FOO-USDT doesn't exist.";
        frame(&Okx, refused, &[Message::Refused(words)]);
        let notice = r#"{"event":"notice","code":"64008","msg":"The connection will soon be closed for a service upgrade. Please reconnect.","connId":"a4d3ae55"}"#;
        frame(&Okx, notice, &[Message::Reconnect]);
    }

    #[test]
    fn what_is_odd_gives_no_price() {
        let ticker = |rest: &str| {
            format!(
                r#"{{"arg":{{"channel":"tickers","instId":"A"}},"data":[{{"instId":"A","bidSz":"5","askSz":"1",{rest}}}]}}"#
            )
        };
        for text in [
            "",
            "ping",
            "{}",
            r#"{"arg":{"channel":"tickers","instId":"BTC-USDT"}}"#,
            r#"{"data":[]}"#,
            r#"{"arg":{"channel":"tickers","instId":"A"},"data":[{"instId":"A","askPx":"2","askSz":"1","bidPx":"1","bidSz":"1","ts":"1"}],"event":"login"}"#,
            r#"{"event":"login","code":"0"}"#,
            r#"{"arg":{"channel":"mark-price","instId":"BTC-USDT"},"data":[]}"#,
            &ticker(r#""bidPx":"1","askPx":"2""#),
            &ticker(r#""bidPx":"1","askPx":"2","ts":"""#),
            &ticker(r#""bidPx":"1","askPx":"2","ts":1597026383085"#),
            &ticker(r#""bidPx":"-1","askPx":"2","ts":"1597026383085""#),
            &ticker(r#""bidPx":1,"askPx":"2","ts":"1597026383085""#),
        ] {
            odd(&Okx, text);
        }
    }

    #[test]
    fn no_message_passes_the_venues_limits() {
        let sent = Okx.subscribe(&markets("BTC-USDT", 101));
        let last = r#"{"args":[{"channel":"tickers","instId":"BTC-USDT100"},{"channel":"trades","instId":"BTC-USDT100"}],"op":"subscribe"}"#;
        assert_eq!((sent.len(), sent.last().map(String::as_str)), (2, Some(last)));
        assert!(sent.iter().all(|message| message.len() < 64 * 1024));
    }

    #[test]
    fn answers_are_read() {
        let best = r#"{"code":"0","msg":"","data":[{"instType":"SPOT","instId":"BTC-USDT","last":"9999.99","lastSz":"0.1","askPx":"9999.98","askSz":"11","bidPx":"8888.88","bidSz":"5","ts":"1597026383085"}]}"#;
        let expect = quote("8888.88", "5", "9999.98", "11", Some(1_597_026_383_085), 0);
        assert_eq!(Okx.read_quote(best.as_bytes()), Ok(expect));
        assert_eq!(Okx.quote_path("BTC-USDT"), "/api/v5/market/ticker?instId=BTC-USDT");
        let book = r#"{"code":"0","msg":"","data":[{"asks":[["41006.8","0.60038921","0","1"],["41007","2","0","4"]],"bids":[["41006.3","0.30178218","0","2"]],"ts":"1629966436396"}]}"#;
        let asks = [("41006.8", "0.60038921"), ("41007", "2")];
        views(&Okx, book, &[("41006.3", "0.30178218")], &asks);
        assert_eq!(Okx.book_path("BTC-USDT"), "/api/v5/market/books?instId=BTC-USDT&sz=400");
        let unknown = br#"{"code":"51001","msg":"Instrument ID doesn't exist.","data":[]}"#;
        let words = Odd::Refused("Instrument ID doesn't exist.".to_owned());
        assert_eq!(Okx.read_quote(unknown), Err(words));
    }
}
