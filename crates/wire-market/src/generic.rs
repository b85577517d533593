//! A source that is not listed, described by the configuration: where it is found, what to send, and where in its
//! frames and answers the prices stand.

mod pointer;
mod settings;

use units::{Price, Quantity};

pub use pointer::Pointer;
pub use settings::{GenericSettings, Places, TimeUnit};

use crate::book::Book;
use crate::connector::{KeepAlive, Venue};
use crate::message::{Message, Quote, Trade};
use crate::number::{self, Pair, Raw, bare, need, price, quantity};
use crate::odd::Odd;
use crate::path::path;
use crate::time::number as whole_number;

/// A source out of the configuration.
#[derive(Clone, Debug)]
pub struct GenericVenue {
    settings: GenericSettings,
}

impl GenericVenue {
    /// The source that settings describe.
    ///
    /// # Errors
    /// Everything that is wrong with the settings, each in a sentence.
    pub fn new(settings: GenericSettings) -> Result<Self, Vec<String>> {
        let mistakes = settings.mistakes();
        if mistakes.is_empty() { Ok(Self { settings }) } else { Err(mistakes) }
    }
}

impl Venue for GenericVenue {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn websocket(&self) -> &str {
        &self.settings.websocket
    }

    fn rest(&self) -> &str {
        &self.settings.rest
    }

    fn subscribe(&self, markets: &[String]) -> Vec<String> {
        let quoted = |market: &String| serde_json::Value::from(market.as_str()).to_string();
        let all = markets.iter().map(quoted).collect::<Vec<_>>().join(",");
        let mut texts = Vec::new();
        for template in &self.settings.subscribe {
            if template.contains("{market}") {
                texts.extend(markets.iter().map(|market| {
                    let text = quoted(market);
                    template.replace("{market}", text.trim_matches('"'))
                }));
            } else {
                texts.push(template.replace("{markets}", &all));
            }
        }
        texts
    }

    fn keep_alive(&self) -> Option<KeepAlive> {
        self.settings.keep_alive.clone()
    }

    fn markets_max(&self) -> usize {
        let told = self.settings.frame.market.is_some() || self.settings.websocket.is_empty();
        if told { 200 } else { 1 }
    }

    fn read<'a>(&'a self, frame: &'a [u8], out: &mut Vec<Message<'a>>) -> Result<(), Odd> {
        // The answer to a keep-alive that many venues give, which is no JSON.
        if frame == b"pong" {
            out.push(Message::Beat);
            return Ok(());
        }
        let places = &self.settings.frame;
        let whole = whole(frame)?;
        if let Some(count) = text(whole, self.settings.count.as_ref())? {
            // First: what the frame says is newer than what was missed.
            out.push(Message::Count(whole_number(count, "count")?));
        }
        let Some((quote, trade)) = prices(whole, places)? else {
            // Whatever else it may be, somebody is there.
            out.push(Message::Beat);
            return Ok(());
        };
        let market = match &places.market {
            Some(pointer) => need(text(whole, Some(pointer))?, "market")?,
            None => self.settings.only_market.as_str(),
        };
        out.push(Message::Quote(market, quote));
        out.extend(trade.map(|trade| Message::Trade(market, trade)));
        Ok(())
    }

    fn quote_path(&self, market: &str) -> String {
        path(&self.settings.quote_path, market)
    }

    fn read_quote(&self, body: &[u8]) -> Result<Quote, Odd> {
        let read = prices(whole(body)?, &self.settings.answer)?;
        Ok(need(read, "price at any of the places")?.0)
    }

    fn book_path(&self, market: &str) -> String {
        path(&self.settings.book_path, market)
    }

    fn read_book(&self, body: &[u8]) -> Result<Book, Odd> {
        let whole = whole(body)?;
        let side = |pointer: &Option<Pointer>, field| {
            let raw = pointer.as_ref().map_or(Ok(None), |pointer| pointer.find(whole))?;
            number::json::<Vec<Pair<'_>>>(need(raw, field)?.bytes())
        };
        let (bids, asks) = (side(&self.settings.bids, "bids")?, side(&self.settings.asks, "asks")?);
        number::book(&bids, &asks)
    }
}

/// A text that is JSON, without what stands around it.
fn whole(bytes: &[u8]) -> Result<&str, Odd> {
    Ok(number::json::<Raw<'_>>(bytes)?.text())
}

/// The text of the value at a place.
fn text<'a>(whole: &'a str, pointer: Option<&Pointer>) -> Result<Option<&'a str>, Odd> {
    let Some(pointer) = pointer else { return Ok(None) };
    Ok(pointer.find(whole)?.map(bare))
}

/// The prices that stand at their places; nothing where there are none at all.
fn prices(whole: &str, places: &Places) -> Result<Option<(Quote, Option<Trade>)>, Odd> {
    let at = |pointer: &Option<Pointer>| text(whole, pointer.as_ref());
    let (bid, ask, last) = (at(&places.bid)?, at(&places.ask)?, at(&places.last)?);
    if bid.is_none() && ask.is_none() && last.is_none() {
        return Ok(None);
    }
    let time_ms = at(&places.time)?.map(|text| places.time_unit.read(text)).transpose()?;
    let sequence = at(&places.sequence)?.map_or(Ok(0), |text| whole_number(text, "sequence"))?;
    let last = last.map(|text| price(text, "last")).transpose()?;
    if places.bid.is_none() {
        // A source that says one price sells and buys at it.
        let price = need(last, "last")?;
        let quote = Quote { bid: price, ask: price, time_ms, sequence, ..Quote::default() };
        return Ok(Some((quote, None)));
    }
    let many =
        |text: Option<&str>, field| text.map_or(Ok(Quantity::ZERO), |text| quantity(text, field));
    let quote = Quote {
        bid: price(need(bid, "bid")?, "bid")?,
        bid_quantity: many(at(&places.bid_quantity)?, "bid_quantity")?,
        ask: price(need(ask, "ask")?, "ask")?,
        ask_quantity: many(at(&places.ask_quantity)?, "ask_quantity")?,
        time_ms,
        sequence,
    };
    let trade = last.filter(|price| *price > Price::ZERO).map(|price| Trade {
        price,
        quantity: Quantity::ZERO,
        time_ms,
        sequence,
    });
    Ok(Some((quote, trade)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{frame, odd, quote, trade, views};
    use units::Span;

    fn at(text: &str) -> Option<Pointer> {
        Pointer::new(text)
    }

    fn settings() -> GenericSettings {
        GenericSettings {
            name: "corner".to_owned(),
            websocket: "wss://corner.example/feed".to_owned(),
            rest: "https://corner.example".to_owned(),
            subscribe: vec![
                r#"{"op":"hello","all":[{markets}]}"#.to_owned(),
                r#"{"op":"subscribe","channel":"top.{market}"}"#.to_owned(),
            ],
            keep_alive: Some(KeepAlive { every: Span::from_secs(20), text: "ping".to_owned() }),
            frame: Places {
                market: at("/arg/market"),
                bid: at("/data/0/bid"),
                ask: at("/data/0/ask"),
                bid_quantity: at("/data/0/bidSize"),
                last: at("/data/0/last"),
                time: at("/data/0/ts"),
                sequence: at("/data/0/seq"),
                ..Places::default()
            },
            quote_path: "/ticker/{market}".to_owned(),
            answer: Places {
                last: at("/price"),
                time: at("/time"),
                time_unit: TimeUnit::Iso,
                ..Places::default()
            },
            book_path: "/book/{market}".to_owned(),
            bids: at("/book/buy"),
            asks: at("/book/sell"),
            ..GenericSettings::default()
        }
    }

    fn corner() -> GenericVenue {
        GenericVenue::new(settings()).expect("it is whole")
    }

    #[test]
    fn prices_are_read_where_the_configuration_says() {
        // A price from the wrong place is a wrong price.
        let text = r#" {"arg":{"market":"BTC-USD"},"data":[{"bid":"9.5","bidSize":2,"ask":9.75,"last":"9.6","ts":1700000000123,"seq":"7"}]} "#;
        let when = Some(1_700_000_000_123);
        let best = quote("9.5", "2", "9.75", "0", when, 7);
        let last = trade("9.6", "0", when, 7);
        let both = [Message::Quote("BTC-USD", best), Message::Trade("BTC-USD", last)];
        frame(&corner(), text, &both);
        let null =
            r#"{"arg":{"market":"BTC-USD"},"data":[{"bid":"9.5","ask":"9.75","last":null}]}"#;
        let best = quote("9.5", "0", "9.75", "0", None, 0);
        frame(&corner(), null, &[Message::Quote("BTC-USD", best)]);
    }

    #[test]
    fn a_source_that_says_one_price_buys_and_sells_at_it() {
        // The core has no price for a source without a bid and an ask.
        let settings = GenericSettings {
            only_market: "GOLD".to_owned(),
            frame: Places { last: at("/p"), ..Places::default() },
            ..settings()
        };
        let venue = GenericVenue::new(settings).expect("it is whole");
        let one = quote("2650.1", "0", "2650.1", "0", None, 0);
        frame(&venue, r#"{"p":2650.10}"#, &[Message::Quote("GOLD", one)]);
        assert_eq!(venue.markets_max(), 1, "a frame does not say which market it is about");
    }

    #[test]
    fn markets_that_are_only_asked_for_are_asked_one_after_the_other() {
        // Asked all at once by a line of questions each, a venue says that it is asked too often.
        let asked = GenericSettings {
            websocket: String::new(),
            subscribe: Vec::new(),
            keep_alive: None,
            frame: Places::default(),
            ..settings()
        };
        let venue = GenericVenue::new(asked).expect("it is whole");
        assert_eq!(venue.markets_max(), 200);
    }

    #[test]
    fn frames_that_are_counted_say_their_number_first() {
        // Otherwise the gap before a price would make that price unknown, too.
        let settings = GenericSettings { count: at("/n"), ..settings() };
        let venue = GenericVenue::new(settings).expect("it is whole");
        let best = Message::Quote("A", quote("1", "0", "2", "0", None, 0));
        let text = r#"{"n":17,"arg":{"market":"A"},"data":[{"bid":"1","ask":"2"}]}"#;
        frame(&venue, text, &[Message::Count(17), best]);
        frame(&venue, r#"{"n":"18","ok":true}"#, &[Message::Count(18), Message::Beat]);
        let without = r#"{"arg":{"market":"A"},"data":[{"bid":"1","ask":"2"}]}"#;
        frame(&venue, without, &[best]);
        odd(&venue, r#"{"n":-1,"ok":true}"#);
    }

    #[test]
    fn what_holds_no_price_is_a_sign_of_life() {
        // A confirmation must not end the connection, nor a pong.
        for text in ["pong", "{}", "[]", r#"{"op":"subscribe","ok":true}"#, r#"{"data":[]}"#] {
            frame(&corner(), text, &[Message::Beat]);
        }
    }

    #[test]
    fn what_is_odd_gives_no_price() {
        for text in [
            "",
            "ping",
            r#"{"arg":{"market":"A"},"data":[{"bid":"9.5"}]}"#,
            r#"{"arg":{"market":"A"},"data":[{"bid":"9.5","ask":null}]}"#,
            r#"{"arg":{"market":"A"},"data":[{"bid":"x","ask":"9.75"}]}"#,
            r#"{"arg":{"market":"A"},"data":[{"bid":"-9.5","ask":"9.75"}]}"#,
            r#"{"arg":{"market":"A"},"data":[{"bid":["9.5"],"ask":"9.75"}]}"#,
            r#"{"arg":{"market":"A"},"data":[{"bid":"9.5","bid":"9.6","ask":"9.75"}]}"#,
            r#"{"arg":{"market":"A"},"data":[{"bid":"9.5","ask":"9.75","ts":"soon"}]}"#,
            r#"{"data":[{"bid":"9.5","ask":"9.75"}]}"#,
            r#"{"data":[{"last":"9.5"}]}"#,
        ] {
            odd(&corner(), text);
        }
    }

    #[test]
    fn markets_are_put_into_what_is_sent() {
        let sent = corner().subscribe(&["BTC-USD".to_owned(), "A\"B".to_owned()]);
        assert_eq!(
            sent,
            [
                r#"{"op":"hello","all":["BTC-USD","A\"B"]}"#,
                r#"{"op":"subscribe","channel":"top.BTC-USD"}"#,
                r#"{"op":"subscribe","channel":"top.A\"B"}"#,
            ]
        );
    }

    #[test]
    fn answers_are_read() {
        let venue = corner();
        let body = br#"{"price":"9.5","time":"1970-01-01T00:00:01Z"}"#;
        assert_eq!(venue.read_quote(body), Ok(quote("9.5", "0", "9.5", "0", Some(1_000), 0)));
        assert_eq!(venue.quote_path("A/B"), "/ticker/A%2FB");
        assert!(venue.read_quote(b"{}").is_err(), "an answer without a price is no answer");
        let book = r#"{"book":{"buy":[["9.5","1"]],"sell":[[9.75,2],[9.8,1]]}}"#;
        views(&venue, book, &[("9.5", "1")], &[("9.75", "2"), ("9.8", "1")]);
        assert!(venue.read_book(b"{}").is_err());
    }
}
