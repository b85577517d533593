//! Conversations with each venue, as its documentation has them.

use serde_json::{Value, json};

use super::{Reply, Session, rest, session, spell, streams};
use crate::asset::{Place, VENUES};
use crate::fault::Faults;
use crate::model::Model;
use crate::sight::{STEP_MS, Sight};

const NOW: u64 = 1_764_100_000_000;

fn sight(place: Place, now_ms: u64) -> Sight {
    Sight::new(&Model::new(5), place, &Faults::default(), now_ms)
}

/// What the venue says in a conversation, as JSON.
struct Talk {
    place: Place,
    session: Box<dyn Session>,
    now_ms: u64,
}

impl Talk {
    fn new(place: Place) -> Self {
        Self { place, session: session(place, 7), now_ms: NOW }
    }

    fn open(place: Place, path: &str, query: &str) -> (Self, Vec<Value>) {
        let mut talk = Self::new(place);
        let replies = talk.session.open(path, query, &sight(place, NOW));
        (talk, texts(replies))
    }

    fn say(&mut self, message: &Value) -> Vec<Value> {
        texts(self.session.receive(&message.to_string(), &sight(self.place, self.now_ms)))
    }

    fn say_text(&mut self, message: &str) -> Vec<Reply> {
        self.session.receive(message, &sight(self.place, self.now_ms))
    }

    /// Everything that is said in a time.
    fn wait(&mut self, ms: u64) -> Vec<Reply> {
        let end = self.now_ms + ms;
        let mut out = Vec::new();
        while self.now_ms < end {
            self.now_ms += STEP_MS;
            out.extend(self.session.tick(&sight(self.place, self.now_ms)));
        }
        out
    }
}

fn texts(replies: Vec<Reply>) -> Vec<Value> {
    let text = |reply| match reply {
        Reply::Text(text) => serde_json::from_str(&text).expect(&text),
        other @ (Reply::Ping(_) | Reply::Close(..)) => panic!("{other:?}"),
    };
    replies.into_iter().map(text).collect()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn is_decimal(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.parse::<f64>().is_ok_and(|number| number > 0.0))
}

#[test]
fn binance_answers_and_streams_as_documented() {
    let (mut talk, said) = Talk::open(Place::Binance, "/ws", "");
    assert!(said.is_empty());
    let streams = json!(["btcusdt@bookTicker", "btcusdt@aggTrade", "nosuch@bookTicker"]);
    let answer = talk.say(&json!({"method": "SUBSCRIBE", "params": streams, "id": 1}));
    assert_eq!(answer, [json!({"result": null, "id": 1})], "unknown streams are taken in silence");
    let frames = talk.wait(30_000);
    assert!(frames.iter().any(|it| matches!(it, Reply::Ping(_))), "it pings within 20 s");
    let frames = texts(frames.into_iter().filter(|it| !matches!(it, Reply::Ping(_))).collect());
    let (trades, quotes): (Vec<&Value>, _) = frames.iter().partition(|it| it["e"] == "aggTrade");
    assert!(trades.len() > 10 && quotes.len() > 100);
    // The map is sorted: capital letters come first.
    assert_eq!(keys(quotes[0]), ["A", "B", "a", "b", "s", "u"], "best prices have no time");
    assert_eq!(quotes[0]["s"], "BTCUSDT");
    assert!(["a", "A", "b", "B"].iter().all(|key| is_decimal(&quotes[0][key])));
    assert!(quotes.windows(2).all(|it| it[0]["u"].as_u64() < it[1]["u"].as_u64()));
    assert_eq!(keys(trades[0]), ["E", "M", "T", "a", "e", "f", "l", "m", "p", "q", "s"]);
    let error = talk.say(&json!({"method": "JUMP", "id": 2}));
    assert_eq!(error[0]["error"]["code"], 2);
    let broken = texts(talk.say_text("{"));
    assert_eq!(broken[0]["error"]["code"], 3);
    talk.say(&json!({"method": "UNSUBSCRIBE", "params": streams, "id": 3}));
    assert!(texts(talk.wait(5_000)).is_empty());
}

#[test]
fn binance_takes_streams_in_its_path() {
    let (mut talk, _) =
        Talk::open(Place::Binance, "/stream", "streams=ethusdt@bookTicker/wbetheth@ticker");
    let frames = texts(talk.wait(2_000));
    let named = |name: &str| frames.iter().find(|it| it["stream"] == name);
    let quote = named("ethusdt@bookTicker").expect("best prices");
    assert_eq!(quote["data"]["s"], "ETHUSDT");
    assert_eq!(named("wbetheth@ticker").expect("a day")["data"]["e"], "24hrTicker");
    let (mut talk, _) = Talk::open(Place::Binance, "/ws/btcusdt@trade", "");
    assert!(texts(talk.wait(20_000)).iter().all(|it| it["e"] == "trade" && it["t"].is_u64()));
    assert!(streams(Place::Binance, "/ws/0") && !streams(Place::Binance, "/api/v3/time"));
}

#[test]
fn coinbase_tells_of_trades_and_lives_by_heartbeats() {
    let (mut talk, _) = Talk::open(Place::Coinbase, "/", "");
    let channels = json!(["ticker", "matches", "heartbeat"]);
    let ask = json!({"type": "subscribe", "product_ids": ["BTC-USD"], "channels": channels});
    let said = talk.say(&ask);
    assert_eq!(said[0]["type"], "subscriptions");
    assert_eq!(said[0]["channels"][2], json!({"name": "heartbeat", "product_ids": ["BTC-USD"]}));
    assert_eq!((&said[1]["type"], &said[2]["type"]), (&json!("ticker"), &json!("last_match")));
    let frames = texts(talk.wait(20_000));
    let count = |kind: &str| frames.iter().filter(|it| it["type"] == kind).count();
    assert!((18..=20).contains(&count("heartbeat")));
    assert!(count("match") > 5);
    let ticker = frames.iter().find(|it| it["type"] == "ticker").expect("a ticker");
    assert!(
        ["best_bid", "best_ask", "price", "last_size"].iter().all(|key| is_decimal(&ticker[key]))
    );
    assert!(ticker["time"].as_str().is_some_and(|time| time.ends_with('Z')));
    let refused = talk
        .say(&json!({"type": "subscribe", "product_ids": ["USDC-USD"], "channels": ["ticker"]}));
    assert_eq!(refused[0]["message"], "Failed to subscribe");
    assert_eq!(refused[0]["reason"], "USDC-USD is not a valid product");
}

#[test]
fn coinbase_hangs_up_on_who_asks_for_nothing() {
    let (mut talk, _) = Talk::open(Place::Coinbase, "/", "");
    assert!(talk.wait(4_750).is_empty());
    assert!(matches!(talk.wait(1_000).as_slice(), [Reply::Close(..), ..]));
}

#[test]
fn kraken_acknowledges_each_symbol_and_beats() {
    let (mut talk, said) = Talk::open(Place::Kraken, "/v2", "");
    assert_eq!(
        (&said[0]["channel"], &said[0]["data"][0]["api_version"]),
        (&json!("status"), &json!("v2"))
    );
    let params = json!({
        "channel": "ticker", "symbol": ["BTC/USD", "USDT/USD", "XBT/EUR"], "event_trigger": "bbo",
    });
    let said = talk.say(&json!({"method": "subscribe", "params": params, "req_id": 9}));
    let kinds: Vec<(bool, bool)> =
        said.iter().map(|it| (it["success"] == true, it["type"] == "snapshot")).collect();
    assert_eq!(kinds, [(true, false), (false, true), (true, false), (false, true), (false, false)]);
    assert_eq!(said[0]["req_id"], 9);
    assert_eq!(said[0]["result"]["symbol"], "BTC/USD");
    assert_eq!(said[4]["error"], "Currency pair not supported XBT/EUR");
    let trades = json!({"channel": "trade", "symbol": ["BTC/USD"]});
    assert_eq!(talk.say(&json!({"method": "subscribe", "params": trades})).len(), 1);
    let frames = texts(talk.wait(10_000));
    assert!(frames.iter().any(|it| it["channel"] == "heartbeat"));
    let ticker = frames.iter().find(|it| it["channel"] == "ticker").expect("a ticker");
    assert_eq!(ticker["type"], "update");
    assert!(ticker["data"][0]["bid"].is_number(), "prices are numbers here");
    let trade = frames.iter().find(|it| it["channel"] == "trade").expect("a trade");
    assert!(trade["data"][0]["trade_id"].is_u64());
    let pong = talk.say(&json!({"method": "ping", "req_id": 101}));
    assert_eq!((&pong[0]["method"], &pong[0]["req_id"]), (&json!("pong"), &json!(101)));
}

#[test]
fn okx_answers_a_ping_in_plain_text_and_cuts_the_silent() {
    let (mut talk, _) = Talk::open(Place::Okx, "/ws/v5/public", "");
    assert_eq!(talk.say_text("ping"), [Reply::Text("pong".to_owned())]);
    let arg = |channel: &str, id: &str| json!({"channel": channel, "instId": id});
    let args = [arg("tickers", "BTC-USDT"), arg("trades", "BTC-USDT"), arg("tickers", "NO-SUCH")];
    let said = talk.say(&json!({"op": "subscribe", "args": args}));
    assert_eq!((&said[0]["event"], &said[0]["arg"]), (&json!("subscribe"), &args[0]));
    assert_eq!((&said[2]["event"], &said[2]["code"]), (&json!("error"), &json!("60018")));
    let frames = texts(talk.wait(10_000));
    let of = |channel: &str| frames.iter().find(|it| it["arg"]["channel"] == channel);
    let ticker = &of("tickers").expect("a ticker")["data"][0];
    assert!(
        ["bidPx", "bidSz", "askPx", "askSz", "last", "ts"]
            .iter()
            .all(|key| is_decimal(&ticker[key]))
    );
    assert!(of("trades").expect("a trade")["data"][0]["tradeId"].is_string());
    assert_eq!(texts(talk.say_text("{"))[0]["code"], "60012");
    let (mut talk, _) = Talk::open(Place::Okx, "/ws/v5/public", "");
    assert!(talk.wait(29_000).is_empty());
    assert!(matches!(talk.wait(2_000).as_slice(), [Reply::Close(4004, _), ..]));
}

#[test]
fn bybit_repeats_its_book_and_refuses_more_than_ten() {
    let (mut talk, _) = Talk::open(Place::Bybit, "/v5/public/spot", "");
    let topics = json!(["orderbook.1.BTCUSDT", "publicTrade.BTCUSDT", "tickers.BTCUSDT"]);
    let said = talk.say(&json!({"req_id": "1", "op": "subscribe", "args": topics}));
    assert_eq!((&said[0]["success"], &said[0]["req_id"]), (&json!(true), &json!("1")));
    assert_eq!(
        (&said[1]["topic"], &said[1]["type"]),
        (&json!("orderbook.1.BTCUSDT"), &json!("snapshot"))
    );
    assert!(is_decimal(&said[1]["data"]["b"][0][0]));
    assert_eq!(said[2]["data"].get("bid1Price"), None, "tickers of spot have no best prices");
    let trades = texts(talk.wait(10_000));
    let trade = trades.iter().find(|it| it["topic"] == "publicTrade.BTCUSDT").expect("a trade");
    assert!(trade["data"][0]["T"].is_u64() && is_decimal(&trade["data"][0]["p"]));
    let pong = talk.say(&json!({"op": "ping"}));
    assert_eq!((&pong[0]["ret_msg"], &pong[0]["op"]), (&json!("pong"), &json!("ping")));
    let many: Vec<String> = (0..11).map(|_| "tickers.BTCUSDT".to_owned()).collect();
    let refused = talk.say(&json!({"op": "subscribe", "args": many}));
    assert_eq!(
        (&refused[0]["success"], &refused[0]["ret_msg"]),
        (&json!(false), &json!("args size >10"))
    );
    let refused = talk.say(&json!({"op": "subscribe", "args": ["tickers.NOSUCH"]}));
    assert_eq!(refused[0]["ret_msg"], "Invalid symbol :[tickers.NOSUCH]");
}

#[test]
fn bybit_tells_a_frozen_book_again() {
    // Else a quiet market could not be told from a dead connection.
    let faults = Faults { frozen_ms: Some(NOW), ..Faults::default() };
    let at = |ms| Sight::new(&Model::new(5), Place::Bybit, &faults, NOW + ms);
    let mut session = session(Place::Bybit, 1);
    let ask = json!({"op": "subscribe", "args": ["orderbook.1.BTCUSDT"]}).to_string();
    assert_eq!(session.receive(&ask, &at(0)).len(), 2);
    let told: usize = (1..=48).map(|step| session.tick(&at(step * STEP_MS)).len()).sum();
    assert!((3..=5).contains(&told), "{told} frames in 12 s");
}

#[test]
fn bitstamp_tells_books_and_trades_with_strings_beside_numbers() {
    let (mut talk, _) = Talk::open(Place::Bitstamp, "/", "");
    let ask = |channel: &str| json!({"event": "bts:subscribe", "data": {"channel": channel}});
    let said = talk.say(&ask("live_trades_btcusd"));
    assert_eq!(
        (&said[0]["event"], &said[0]["channel"]),
        (&json!("bts:subscription_succeeded"), &json!("live_trades_btcusd"))
    );
    talk.say(&ask("order_book_usdtusd"));
    let frames = texts(talk.wait(15_000));
    let of = |event: &str| frames.iter().find(|it| it["event"] == event).expect(event);
    let trade = &of("trade")["data"];
    assert!(trade["price"].is_number() && is_decimal(&trade["price_str"]));
    assert!(trade["microtimestamp"].as_str().is_some_and(|time| time.len() == 16));
    let book = &of("data")["data"];
    assert!(
        is_decimal(&book["bids"][0][0]) && book["asks"].as_array().is_some_and(|it| it.len() > 50)
    );
    of("bts:heartbeat");
    assert_eq!(
        talk.say(&ask("order_book_nosuch"))[0]["data"]["message"],
        "Bad subscription string."
    );
    assert_eq!(talk.say(&json!({"event": "bts:heartbeat"}))[0]["data"]["status"], "success");
}

#[test]
fn best_prices_and_books_are_answered_over_http() {
    // The oracle falls back on these while a stream is down, and takes depths from them always.
    for place in VENUES {
        let sight = sight(place, NOW);
        let listing = place.listings()[0];
        let name = spell(place, listing).replace('/', "%2F");
        let (quote, book, unknown) = match place {
            Place::Binance => (
                ("/api/v3/ticker/bookTicker", format!("symbol={name}")),
                ("/api/v3/depth", format!("symbol={name}&limit=50")),
                "/api/v3/depth",
            ),
            Place::Coinbase => (
                ("/products/BTC-USD/ticker", String::new()),
                ("/products/BTC-USD/book", "level=2".to_owned()),
                "/products/NO-SUCH/ticker",
            ),
            Place::Kraken => (
                ("/0/public/Ticker", "pair=XBTUSD".to_owned()),
                ("/0/public/Depth", format!("pair={name}&count=50")),
                "/0/public/Ticker",
            ),
            Place::Okx => (
                ("/api/v5/market/ticker", format!("instId={name}")),
                ("/api/v5/market/books", format!("instId={name}&sz=50")),
                "/api/v5/market/ticker",
            ),
            Place::Bybit => (
                ("/v5/market/tickers", format!("category=spot&symbol={name}")),
                ("/v5/market/orderbook", format!("category=spot&symbol={name}&limit=50")),
                "/v5/market/orderbook",
            ),
            Place::Bitstamp | Place::Pool => (
                ("/api/v2/ticker/btcusd/", String::new()),
                ("/api/v2/order_book/btcusd/", String::new()),
                "/api/v2/ticker/nosuch/",
            ),
        };
        let best = sight.quote(listing);
        let bid = crate::json::decimal(best.bid.price, listing.places);
        for (path, query) in [&quote, &book] {
            let (status, body) = rest(place, path, query, &sight);
            assert_eq!(status, 200, "{path}");
            assert!(serde_json::from_str::<Value>(&body).is_ok(), "{body}");
            assert!(body.contains(&bid), "{path} lacks {bid}: {body}");
        }
        let (_, body) = rest(place, unknown, "symbol=NOSUCH", &sight);
        assert!(serde_json::from_str::<Value>(&body).is_ok() && !body.contains(&bid), "{body}");
    }
}
