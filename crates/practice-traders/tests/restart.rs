//! The traders on a real venue that is stopped and started again.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use practice_market::{Market, MarketOptions};
use practice_traders::{MarketPlan, TraderOptions, Traders};
use runtime::client::Endpoint;
use runtime::http::{Bytes, Handler, KillableServer, Limits, Listener, Request, Response};
use runtime::{clock, task};
use serde_json::Value;
use testkit::{http, tools};
use units::{Money, Price, Quantity, Ratio, Span};
use venue::Running;
use venue::config::{
    AdmissionMode, ClientLimits, JournalConfig, KeyConfig, LiquidationFeed, MarketConfig,
    OrderNames, Permissions, Secret, VenueConfig,
};
use venue_core::MarketSettings;

/// How long anything that is waited for may take; it takes a few seconds.
const PATIENCE: Duration = Duration::from_secs(60);

const KEY: &str = "admin-key-00000001";
const SECRET: &str = "the secret of the administrator";
const TICK: Price = Price::from_raw(100_000_000_000);
const LOT: Quantity = Quantity::from_raw(1_000_000_000);

/// An oracle that says one price ten times a second.
struct Oracle;

impl Handler for Oracle {
    async fn handle(&self, _request: Request) -> Response {
        let (response, sender) = Response::stream("text/event-stream");
        drop(task::spawn(async move {
            let said = "event: price\ndata: {\"symbol\":\"BTC/USD\",\"status\":\"live\",\"market\":\"100000\",\
                        \"fundamental\":null,\"liquidation\":\"100000\",\"confidence\":\"1\",\"as_of\":0,\"age_ms\":0,\
                        \"clusters\":null}\n\n";
            while sender.send(Bytes::from_static(said.as_bytes())).await.is_ok() {
                clock::sleep(Span::from_millis(100)).await;
            }
        }));
        response
    }
}

fn venue(listen: SocketAddr, oracle: SocketAddr, data: &Path) -> Running {
    let market = MarketConfig {
        settings: MarketSettings::perpetual("BTCUSDT", TICK, LOT),
        base: "BTC".to_owned(),
        feed: "BTC/USD".to_owned(),
        funding_interval: Span::from_secs(28_800),
        funding_max: Ratio::from_bps(75),
    };
    let key = KeyConfig {
        key: KEY.to_owned(),
        secret: Secret::new(SECRET),
        account: "venue".to_owned(),
        permissions: Permissions::of(["admin"]).expect("permissions"),
        addresses: Vec::new(),
    };
    let config = VenueConfig {
        listen,
        workers: 1,
        data: data.to_owned(),
        journal: JournalConfig::default(),
        prices: Endpoint::parse(&format!("http://{oracle}")).expect("a URL"),
        tls: None,
        admission: AdmissionMode::Fair,
        liquidation_feed: LiquidationFeed::Every,
        order_names: OrderNames::default(),
        capacity_per_second: Some(500),
        limits: ClientLimits::default(),
        master_secret: Some(Secret::new("the master secret of a test")),
        webhooks: Vec::new(),
        settlement: "USDT".to_owned(),
        settlement_feed: None,
        backstop: None,
        fund: Money::whole(1_000),
        assets: Vec::new(),
        markets: vec![market],
        keys: vec![key],
    };
    Running::start(config).expect("it starts")
}

fn traders(venue: SocketAddr) -> Traders {
    let market = MarketPlan {
        symbol: "BTCUSDT".to_owned(),
        tick: TICK,
        lot: LOT,
        share: 100,
        nearest: Money::whole(20_000),
    };
    let options = TraderOptions {
        venue: format!("http://{venue}"),
        admin: (KEY.to_owned(), SECRET.to_owned()),
        settlement: "USDT".to_owned(),
        collateral: "USDT".to_owned(),
        markets: vec![market],
        makers: 2,
        traders: 100,
        seed: 1,
        prices: Arc::new(Market::start(&MarketOptions::default()).expect("ports")),
    };
    Traders::start(&options).expect("they start")
}

/// How many trades there were.
fn trades(venue: SocketAddr) -> u64 {
    let answer = http::get(venue, "/v1/markets", PATIENCE).expect("it answers");
    let markets: Value = serde_json::from_slice(&answer.body).expect("JSON");
    markets["items"][0]["trades"].as_u64().expect("a number")
}

fn await_trades(venue: SocketAddr, more_than: u64) {
    let deadline = Instant::now() + PATIENCE;
    while trades(venue) <= more_than {
        assert!(Instant::now() < deadline, "nobody trades");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn traders_go_on_after_the_venue_was_away() {
    // A practice world would be dead after the first drill with its venue.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
    let (oracle, address) = (listener.address(), tools::free_address());
    let _oracle = KillableServer::start("oracle", listener, Limits::default(), Arc::new(Oracle));
    // The traders begin before there is a venue.
    let traders = traders(address);
    let running = venue(address, oracle, folder.path());
    await_trades(address, 50);
    running.stop();
    let running = venue(address, oracle, folder.path());
    let before = trades(address);
    assert!(before > 50, "what was traded is still there");
    await_trades(address, before + 50);
    traders.stop();
    running.stop();
}
