//! What the oracle says, and what the venue is told.

use std::sync::Arc;

use journal::SimulatedDisk;
use runtime::client::Endpoint;
use runtime::http::{Bytes, Handler, KillableServer, Limits, Listener, Request, Response};
use runtime::task::{self, block_on, sync::watch};
use units::{Price, Span, Timestamp};
use venue_core::{
    AssetSettings, Command, MarketId, MarketSettings, PriceOf, PriceStatus, PriceUpdate,
};
use venue_views::Labels;

use super::sse::{EVENT_BYTES_MAX, Events, TooLong};
use super::{FeedPlan, Feeds, Now, PriceSettings, Prices};
use crate::engine::tests::Fifo;
use crate::engine::{Engine, EngineSettings, Outcome, Work};

const MARKET: PriceOf = PriceOf::Index(MarketId::new(0));

fn at(secs: u64) -> Now {
    let unix = Timestamp::ZERO.after(Span::from_secs(1_700_000_000 + secs));
    Now { clock: Timestamp::ZERO.after(Span::from_secs(3_600 + secs)), unix }
}

fn plan() -> Vec<FeedPlan> {
    vec![FeedPlan { feed: "BTC/USD".to_owned(), of: MARKET }]
}

fn feeds(settlement: Option<&str>) -> Feeds {
    Feeds::new(&plan(), settlement.map(str::to_owned), Span::from_secs(10), at(0))
}

fn heard(feeds: &mut Feeds, text: &str, now: Now) -> Option<(PriceStatus, [String; 3], u64)> {
    let updates = feeds.heard(text.as_bytes(), now);
    assert!(updates.len() <= 1);
    updates.first().map(|update| {
        let prices = [update.market, update.liquidation, update.confidence];
        let age = now.unix.since(update.as_of).as_millis();
        (update.status, prices.map(|price| price.to_string()), age)
    })
}

fn said(symbol: &str, status: &str, more: &str) -> String {
    format!(r#"{{"symbol":"{symbol}","status":"{status}","sources":[{{"name":"x"}}]{more}}}"#)
}

#[test]
fn the_oracle_s_word_becomes_the_core_s() {
    // A status or a lane that is mixed up liquidates at a price that the oracle does not stand for.
    let mut feeds = feeds(None);
    let live = r#","market":"100.5","liquidation":"99","confidence":"0.25","age_ms":250"#;
    let told = heard(&mut feeds, &said("BTC/USD", "capped", live), at(1));
    let prices = ["100.5", "99", "0.25"].map(str::to_owned);
    assert_eq!(told, Some((PriceStatus::Capped, prices, 250)));
    let split = r#","market":null,"liquidation":null,"age_ms":0,"clusters":["101","90","95"]"#;
    let told = heard(&mut feeds, &said("BTC/USD", "split", split), at(2));
    let prices = ["90", "101", "0"].map(str::to_owned);
    assert_eq!(told, Some((PriceStatus::Split, prices, 0)));
    let none = ["0", "0", "0"].map(str::to_owned);
    for (status, expect) in [
        ("held", PriceStatus::Held),
        ("halted", PriceStatus::Halted),
        // Without a price there is none, whatever is said of it.
        ("live", PriceStatus::Halted),
    ] {
        let told = heard(&mut feeds, &said("BTC/USD", status, ""), at(3));
        assert_eq!(told, Some((expect, none.clone(), 0)));
    }
}

#[test]
fn what_makes_no_sense_says_nothing() {
    let mut feeds = feeds(None);
    for odd in [
        "",
        "{}",
        "[1]",
        &said("BTC/USD", "fine", r#","market":"1""#),
        &said("BTC/USD", "live", r#","market":"1e999999""#),
        &said("BTC/USD", "live", r#","market":1.5"#),
        &said("ETH/USD", "live", r#","market":"1""#),
    ] {
        assert_eq!(heard(&mut feeds, odd, at(1)), None, "{odd}");
    }
}

#[test]
fn prices_are_turned_into_the_settlement_asset() {
    // Where the settlement asset loses its peg, a contract in it is worth another number of it.
    let mut feeds = feeds(Some("USDT/USD"));
    assert_eq!(feeds.symbols(), ["BTC/USD", "USDT/USD"]);
    let btc =
        |status| said("BTC/USD", status, r#","market":"100","liquidation":"90","confidence":"1""#);
    let told = heard(&mut feeds, &btc("live"), at(1)).map(|told| told.0);
    assert_eq!(told, Some(PriceStatus::Halted), "nothing is known of the unit");
    let unit = |status| said("USDT/USD", status, r#","market":"0.8","liquidation":"0.8""#);
    assert_eq!(heard(&mut feeds, &unit("degraded"), at(1)), None);
    let told = heard(&mut feeds, &btc("live"), at(1));
    let prices = ["125", "112.5", "1.25"].map(str::to_owned);
    assert_eq!(told, Some((PriceStatus::Degraded, prices, 0)), "as good as the worse");
    assert_eq!(heard(&mut feeds, &unit("halted"), at(2)), None);
    assert_eq!(
        heard(&mut feeds, &btc("live"), at(2)).map(|told| told.0),
        Some(PriceStatus::Halted)
    );
}

#[test]
fn a_price_is_never_older_than_the_one_before() {
    // The core refuses one that is; a packet that took a little longer would cost a price.
    let mut feeds = feeds(None);
    let aged = |ms: u64| said("BTC/USD", "live", &format!(r#","market":"100","age_ms":{ms}"#));
    let first = feeds.heard(aged(0).as_bytes(), at(1))[0].as_of;
    let second = feeds.heard(aged(1_000).as_bytes(), at(2))[0].as_of;
    let third = feeds.heard(aged(2_600).as_bytes(), at(3))[0].as_of;
    assert_eq!((first, second, third), (at(1).unix, at(1).unix, at(1).unix));
}

#[test]
fn silence_halts_everything_once() {
    // Trading on at the last price while the world moves is how accounts are drained.
    let mut feeds = feeds(None);
    let live = said("BTC/USD", "live", r#","market":"100","age_ms":0"#);
    assert!(feeds.silent(at(9)).is_empty());
    feeds.heard(live.as_bytes(), at(9));
    assert!(feeds.silent(at(18)).is_empty());
    let halted = feeds.silent(at(19));
    assert_eq!(
        halted.iter().map(|it| (it.of, it.status)).collect::<Vec<_>>(),
        [(MARKET, PriceStatus::Halted)]
    );
    assert!(feeds.silent(at(60)).is_empty());
    let back = feeds.heard(live.as_bytes(), at(61));
    assert!(back[0].as_of >= halted[0].as_of, "or the core refuses it");
    assert!(feeds.silent(at(70)).is_empty());
    assert!(!feeds.silent(at(71)).is_empty());
}

#[test]
fn events_are_put_together_whatever_the_pieces() {
    // TCP cuts anywhere, also within a price.
    let text = "retry: 1000\n: hello\n\nevent: status\r\ndata: a\n\nid: 7\nevent: price\ndata: {\"b\":\ndata: 1}\n\n";
    for size in 1..text.len() {
        let (mut events, mut heard) = (Events::default(), Vec::new());
        for piece in text.as_bytes().chunks(size) {
            let taken = events.take(piece, |name, data| {
                heard.push((name.to_owned(), String::from_utf8_lossy(data).into_owned()));
            });
            assert_eq!(taken, Ok(()));
        }
        let expect = [("status", "a"), ("price", "{\"b\":\n1}")];
        assert_eq!(heard, expect.map(|(name, data)| (name.to_owned(), data.to_owned())));
    }
}

#[test]
fn an_event_without_an_end_is_not_kept_for_ever() {
    let mut events = Events::default();
    let piece = vec![b'x'; EVENT_BYTES_MAX / 4];
    let taken: Vec<_> = (0..6).map(|_| events.take(&piece, |_, _| {})).collect();
    assert!(taken.contains(&Err(TooLong)));
}

/// An oracle that says one price to whoever comes, and then nothing.
#[derive(Debug)]
struct Oracle;

impl Handler for Oracle {
    async fn handle(&self, request: Request) -> Response {
        assert_eq!((request.path(), request.query()), ("/v1/stream", "symbols=BTC/USD"));
        let (response, pieces) = Response::stream("text/event-stream");
        let live = said("BTC/USD", "live", r#","market":"100","age_ms":0"#);
        task::spawn(async move {
            let event = Bytes::from(format!("event: price\ndata: {live}\n\n"));
            let _gone = pieces.send(event).await.is_err();
            pieces.closed().await;
        });
        response
    }
}

fn engine() -> Engine {
    let settings = EngineSettings { tick: Span::MAX, ..EngineSettings::default() };
    let disk = Arc::new(SimulatedDisk::new());
    let (engine, _) =
        Engine::start_on(disk, &settings, Box::new(Fifo::new(10))).expect("an empty disk");
    let usdt = AssetSettings::plain("USDT");
    let (tick, lot) = (Price::from_raw(100_000_000_000), units::Quantity::from_raw(1_000_000_000));
    let market = MarketSettings::perpetual("BTCUSDT", tick, lot);
    for command in [Command::AddAsset(usdt), Command::AddMarket(Box::new(market))] {
        let (labels, deadline) = (Labels::default(), Timestamp::MAX);
        let work = Work { account: None, command, labels, deadline };
        assert!(matches!(block_on(engine.submit(work)), Outcome::Done(_)));
    }
    engine
}

/// Waits until the index has a status.
async fn until(engine: &Engine, wanted: PriceStatus) -> PriceUpdate {
    let mut changes = engine.subscribe();
    loop {
        let price = engine.read(|desk| desk.price(MARKET));
        if let Some(price) = price.filter(|price| price.status == wanted) {
            return price;
        }
        changes.next().await;
    }
}

#[test]
fn prices_come_over_a_socket_and_are_halted_when_the_oracle_goes() {
    // The venue would go on at the last price, or never hear of the oracle again once it is back.
    let engine = engine();
    block_on(async {
        let loopback = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = Listener::bind(loopback).expect("a free port");
        let address = listener.address();
        let again = listener.share().expect("another handle");
        let server = KillableServer::start("oracle", listener, Limits::default(), Arc::new(Oracle));
        let settings = PriceSettings {
            oracle: Endpoint::parse(&format!("http://{address}")).expect("an endpoint"),
            feeds: plan(),
            settlement: None,
            halted_after: Span::from_secs(1),
        };
        let (stop, stopped) = watch::channel(false);
        let prices = Prices::new(settings, engine.clone());
        let state = prices.state();
        let following = task::spawn(prices.run(stopped));
        let price = until(&engine, PriceStatus::Live).await;
        assert_eq!(price.market, Price::whole(100));
        assert!(state.is_connected() && state.prices() >= 1);
        server.kill().await;
        until(&engine, PriceStatus::Halted).await;
        let server = KillableServer::start("oracle", again, Limits::default(), Arc::new(Oracle));
        until(&engine, PriceStatus::Live).await;
        assert!(state.breaks() >= 1);
        stop.send(true).expect("it still follows");
        following.await.expect("it ends");
        server.kill().await;
    });
    engine.stop();
}
