//! Real clients, unmodified, read prices of the built binary over the practice market, and are told when there are
//! none.

mod hermes;

use std::fmt::Write as _;
use std::process::Command;
use std::time::Duration;

use practice_market::{Action, Asset, Market, MarketOptions};
use serde_json::Value;
use tempfile::TempDir;
use testkit::gateway::{Gateway, binary};
use testkit::script::{self, Client};
use testkit::{http, tools};

/// Assets that need no chain.
const ASSETS: [Asset; 4] = [Asset::Btc, Asset::Eth, Asset::Usdt, Asset::Usde];

/// The oracle over the practice market's venues.
struct World {
    market: Market,
    oracle: Gateway,
}

fn config_text(
    market: &Market,
    listen: std::net::SocketAddr,
    status: std::net::SocketAddr,
) -> String {
    let mut text = format!("[oracle]\nlisten = \"{listen}\"\n[status]\nlisten = \"{status}\"\n");
    for asset in ASSETS {
        let class = if matches!(asset, Asset::Usdt | Asset::Usde) { "pegged" } else { "major" };
        let worth = if class == "pegged" { "fundamental = { rate = \"1\" }\n" } else { "" };
        write!(text, "[[oracle.feed]]\nsymbol = \"{asset}/USD\"\nclass = \"{class}\"\n{worth}")
            .expect("a text takes everything");
    }
    for venue in market.venues() {
        let (name, websocket, rest) = (venue.name, venue.websocket, venue.rest);
        write!(
            text,
            "[[oracle.venue]]\nvenue = \"{name}\"\nwebsocket = \"{websocket}\"\nrest = \"{rest}\"\nmarkets = [\n"
        )
        .expect("a text takes everything");
        for of in venue.markets {
            let in_dollars = of.quote == Asset::Usd;
            if !ASSETS.contains(&of.base) || !(in_dollars || of.quote == Asset::Usdt) {
                continue;
            }
            let quote = if in_dollars { "" } else { ", quote = \"USDT/USD\"" };
            let line =
                format!("{{ market = \"{}\", feed = \"{}/USD\"{quote} }},\n", of.name, of.base);
            text.push_str(&line);
        }
        text.push_str("]\n");
    }
    text
}

impl World {
    fn start() -> Self {
        let market = Market::start(&MarketOptions::default()).expect("the venues start");
        let (address, status) = (tools::free_address(), tools::free_address());
        let folder = TempDir::new().expect("a temporary folder");
        let file = folder.path().join("seawall.toml");
        std::fs::write(&file, config_text(&market, address, status)).expect("it can be written");
        let mut command = Command::new(binary());
        command.arg("oracle").arg("--config").arg(&file);
        let oracle = Gateway::spawn(command, folder, address, status);
        let world = Self { market, oracle };
        for asset in ASSETS {
            world.wait(&format!("{asset}-USD"), |price| price["status"] == "live");
        }
        world
    }

    fn price(&self, symbol: &str) -> (u16, Value) {
        let answer = self.oracle.get(&format!("/v1/prices/{symbol}")).expect("it answers");
        let value = serde_json::from_slice(&answer.body);
        (answer.status(), value.unwrap_or_else(|error| panic!("{error}: {}", answer.text())))
    }

    /// Waits until a price is as it should be.
    fn wait(&self, symbol: &str, is: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..600 {
            let (_, price) = self.price(symbol);
            if is(&price) {
                return price;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("not in time: {:#}", self.price(symbol).1);
    }

    /// Nobody can be reached any more.
    async fn cut(&self) {
        for venue in self.market.venues() {
            let refused = self.market.apply(venue.name, &Action::Refuse).await;
            refused.expect("there is such a venue");
        }
    }

    fn worth(&self, asset: Asset) -> f64 {
        self.market.worth(asset).to_string().parse().expect("a number")
    }
}

/// Runs a client's script, and gives what it says.
fn run(client: Client) -> Value {
    let _alone = tools::alone();
    let world = World::start();
    let step = |name: &str| {
        if name == "cut" {
            runtime::task::block_on(world.cut());
        }
    };
    let summary = script::run(client, &world.oracle.url(), "", step);
    let summary = summary.unwrap_or_else(|why| panic!("{why}\n{:#}", world.price("BTC-USD").1));
    let price = summary["price"].as_f64().expect("a price");
    assert!((price / world.worth(Asset::Btc) - 1.0).abs() < 0.01, "{summary}");
    summary
}

#[test]
fn hermes_client_3_reads_prices_and_is_told_that_there_are_none() {
    let summary = run(Client::Hermes("@pythnetwork/hermes-client"));
    println!("{summary}");
    assert_eq!(summary["client"], "hermes-client 3.1.0");
}

#[test]
fn hermes_client_2_reads_prices_and_is_told_that_there_are_none() {
    let summary = run(Client::Hermes("hermes-client-2"));
    println!("{summary}");
    assert_eq!(summary["client"], "hermes-client 2.0.0");
    assert!(summary["twap"].is_number(), "{summary}");
}

#[test]
fn coingeckos_client_reads_prices_and_is_told_that_there_are_none() {
    let summary = run(Client::CoinGecko);
    println!("{summary}");
    assert_eq!(summary["client"], "coingecko-typescript 8.2.0");
}

#[test]
fn no_venue_that_is_cut_off_leaves_a_price_behind() {
    // Ten seconds after every venue is gone no interface may give a number as if it were one of now.
    let _alone = tools::alone();
    let world = World::start();
    runtime::task::block_on(world.cut());
    let began = std::time::Instant::now();
    world.wait("BTC-USD", |price| price["status"] == "halted");
    assert!(began.elapsed().as_secs() < 10, "halted after {:?}", began.elapsed());
    let (status, price) = world.price("BTC-USD");
    assert_eq!((status, &price["market"]), (503, &Value::Null), "{price:#}");
    assert!(price["last_good"]["age_ms"].is_u64(), "{price:#}");
    let coins = world.oracle.get("/api/v3/simple/price?ids=bitcoin&vs_currencies=usd");
    assert_eq!(coins.expect("it answers").status(), 503);
    let metrics = world.oracle.get("/metrics").expect("it answers").text();
    assert!(!metrics.contains("seawall_oracle_price{"), "{metrics}");
    let page =
        || http::get(world.oracle.status, "/", Duration::from_secs(5)).map(|page| page.text());
    let told = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        page().is_ok_and(|page| page.contains("has no price</h1>") && page.contains("refused"))
    });
    assert!(told, "{:?}", page());
}
