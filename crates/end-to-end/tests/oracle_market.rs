//! `seawall oracle --config FILE` over the practice market: a venue that breaks, an asset that falls, and silence.

use std::fs;
use std::process::Command;
use std::sync::Arc;

use practice::{MARKET_CONTRACTS, MarkSource, Marks, World, WorldOptions};
use practice_market::{Action, Asset, Change, Market, MarketOptions, MarketView};
use runtime::client::{Client, Endpoint};
use runtime::{clock, task};
use serde_json::Value;
use tempfile::TempDir;
use testkit::gateway::{self, Gateway};
use testkit::tools;
use units::Span;

/// The longest wait for anything that has no limit of its own; far beyond what a loaded machine needs.
const PATIENCE: Span = Span::from_secs(60);

/// The market as the chain's contracts see it.
#[derive(Debug)]
struct ChainMarks(Arc<Market>);

impl MarkSource for ChainMarks {
    fn marks(&self, unix_seconds: u64) -> Marks {
        let at_ms = unix_seconds * 1_000;
        Marks {
            usde_usdt: self.0.pool(Asset::Usde, Asset::Usdt, at_ms),
            wbeth_eth: self.0.pool(Asset::Wbeth, Asset::Eth, at_ms),
            rate: self.0.exchange_rate(at_ms),
        }
    }
}

/// Venues, a chain, and the built oracle over both. The oracle ends first.
struct Stand {
    seawall: Gateway,
    oracle: Client,
    market: Arc<Market>,
    _world: World,
}

impl Stand {
    /// `pegged` is put under the pegged token's feed as it is.
    async fn start(pegged: &str) -> Self {
        let market = Arc::new(Market::start(&MarketOptions::default()).expect("starts"));
        let marks: Arc<dyn MarkSource> = Arc::new(ChainMarks(Arc::clone(&market)));
        let options = WorldOptions { marks: Some(marks), ..WorldOptions::default() };
        let world = World::start(options).expect("starts");
        let (address, folder) = (tools::free_address(), TempDir::new().expect("a folder"));
        let node = world.nodes().first().expect("a node").url.clone();
        let file = folder.path().join("oracle.toml");
        let text = config(&market, &format!("listen = \"{address}\""), &node, pegged);
        fs::write(&file, text).expect("a temporary folder must be writable");
        let mut command = Command::new(gateway::binary());
        command.args(["oracle", "--config"]).arg(&file);
        let seawall = Gateway::spawn(command, folder, address, address);
        let endpoint = Endpoint::parse(&format!("http://{address}")).expect("a URL");
        let oracle = Client::new(endpoint, 1 << 20);
        let stand = Self { seawall, oracle, market, _world: world };
        stand.until("live, with the pool", PATIENCE, |it| is(it, "live") && used(it) == 7).await;
        stand
    }

    /// The pegged token's price, and the HTTP status that it comes with.
    async fn price(&self) -> (u16, Value) {
        let answer = self.oracle.get("/v1/prices/USDE/USD", PATIENCE).await.expect("an answer");
        let body = serde_json::from_slice(&answer.body).expect("JSON");
        (answer.status.as_u16(), body)
    }

    /// Waits until a price satisfies; gives all that were seen until then.
    async fn until(
        &self,
        what: &str,
        patience: Span,
        holds: impl Fn(&Value) -> bool,
    ) -> Vec<Value> {
        let (give_up, mut seen) = (clock::now().after(patience), Vec::new());
        loop {
            let (_, price) = self.price().await;
            let done = holds(&price);
            assert!(
                done || clock::now() < give_up,
                "not {what} within {patience}: {price:#}\n{}",
                self.seawall.log()
            );
            seen.push(price);
            if done {
                return seen;
            }
            clock::sleep(Span::from_millis(250)).await;
        }
    }

    async fn apply(&self, venue: &str, action: &str, query: &str) {
        let action = Action::parse(action, query).expect("reads");
        self.market.apply(venue, &action).await.expect("done");
    }
}

fn is(price: &Value, status: &str) -> bool {
    price["status"] == status
}

fn lane(price: &Value, lane: &str) -> Option<f64> {
    price[lane].as_str().map(|text| text.parse().expect("a decimal number"))
}

fn used(price: &Value) -> usize {
    let sources = price["sources"].as_array().expect("sources");
    sources.iter().filter(|source| source["used"] == true).count()
}

/// Whether a source is refused, and why.
fn refused<'a>(price: &'a Value, source: &str) -> Option<&'a str> {
    let found = price["sources"].as_array()?.iter().find(|it| it["name"] == source)?;
    if found["used"] == false { found["reason"].as_str() } else { None }
}

/// The oracle's file: the pegged token on six venues and in the pool, and the conversion that some of them need.
fn config(market: &Market, oracle: &str, node: &str, pegged: &str) -> String {
    let mut text = format!(
        "[oracle]\n{oracle}\n\n[[oracle.feed]]\nsymbol = \"USDT/USD\"\nclass = \"pegged\"\n\
         coingecko = \"tether\"\n\n[[oracle.feed]]\nsymbol = \"USDE/USD\"\nclass = \"pegged\"\n\
         coingecko = \"ethena-usde\"\nfundamental = {{ rate = \"1\" }}\n{pegged}\n"
    );
    let wanted = |market: &&MarketView| {
        matches!(
            (market.base, market.quote),
            (Asset::Usde, Asset::Usd | Asset::Usdt) | (Asset::Usdt, _)
        )
    };
    for venue in market.venues() {
        let markets: Vec<String> = venue
            .markets
            .iter()
            .filter(wanted)
            .map(|it| {
                let quote = if it.quote == Asset::Usdt { ", quote = \"USDT/USD\"" } else { "" };
                format!("{{ market = \"{}\", feed = \"{}/USD\"{quote} }}", it.name, it.base)
            })
            .collect();
        text.push_str(&format!(
            "\n[[oracle.venue]]\nvenue = \"{}\"\nwebsocket = \"{}\"\nrest = \"{}\"\nmarkets = [{}]\n",
            venue.name,
            venue.websocket,
            venue.rest,
            markets.join(", ")
        ));
    }
    let address = |bytes: [u8; 20]| {
        bytes.iter().fold("0x".to_owned(), |text, byte| text + &format!("{byte:02x}"))
    };
    let contracts = MARKET_CONTRACTS;
    text.push_str(&format!(
        "\n[[oracle.chain]]\nname = \"practice\"\nhttp = \"{node}\"\npoll = \"1s\"\n\
         \n[[oracle.chain.source]]\nkind = \"uniswap_v3\"\naddress = \"{}\"\nasset = \"{}\"\nunit = \"{}\"\n\
         feed = \"USDE/USD\"\nquote = \"USDT/USD\"\nwindow = \"12s\"\n",
        address(contracts.usde_pool),
        address(contracts.usde),
        address(contracts.usdt),
    ));
    text
}

#[test]
fn one_venues_dump_moves_nothing_and_a_true_insolvency_is_followed() {
    // As on 2025-10-10: whoever took the one venue's price liquidated people whose collateral was whole. And as it
    // would be if the token were broken: whoever held on to its peg would be left with the loss.
    //
    // The band opens here twenty times as fast as by default, so that what takes some twenty minutes takes one; a
    // refused venue may come back after five seconds instead of sixty, and the pool's average is as short as it may
    // be. The way there is the same.
    task::block_on(async {
        let quick = "band_open = \"10%\"\nband_double_after = \"15s\"\nreturn_after = \"5s\"";
        let stand = Stand::start(quick).await;
        stand.apply("binance", "dump", "asset=USDE&to=0.65&over_s=5").await;
        let is_refused = |price: &Value| refused(price, "binance:USDEUSDT").is_some();
        let at_bottom = |price: &Value| {
            let sources = price["sources"].as_array().expect("sources");
            let binance = sources.iter().find(|it| it["name"] == "binance:USDEUSDT");
            binance.and_then(|it| lane(it, "price")).is_some_and(|price| price < 0.66)
        };
        let mut seen = stand.until("at the bottom", PATIENCE, at_bottom).await;
        // A while at the bottom.
        let end = clock::now().after(Span::from_secs(10));
        seen.extend(stand.until("over", PATIENCE, |_| clock::now() > end).await);
        for price in &seen {
            let liquidation = lane(price, "liquidation");
            assert!(liquidation.is_some_and(|it| it >= 0.99), "{price:#}");
        }
        let last = seen.last().expect("one");
        assert!(is_refused(last) && is(last, "live"), "{last:#}");
        assert_eq!(refused(last, "binance:USDEUSDT"), Some("outlier"));

        stand.apply("binance", "heal", "").await;
        stand.until("back", PATIENCE, |price| !is_refused(price)).await;
        let fall = Change::parse("fall", "asset=USDE&to=0.65&over_s=20").expect("reads");
        stand.market.change(&fall).expect("done");
        let fallen = |price: &Value| lane(price, "market").is_some_and(|it| it < 0.66);
        let seen = stand.until("fallen", PATIENCE, fallen).await;
        let held = lane(seen.last().expect("one"), "liquidation");
        assert!(held.is_some_and(|it| it > 0.7), "the band opens at once: {held:?}");
        let followed = |price: &Value| lane(price, "liquidation").is_some_and(|it| it < 0.66);
        let seen = stand.until("followed", Span::from_secs(150), followed).await;
        let steps = seen
            .windows(2)
            .filter_map(|it| Some(lane(&it[0], "liquidation")? - lane(&it[1], "liquidation")?));
        let largest = steps.fold(0.0_f64, f64::max);
        assert!(largest < 0.05, "it jumps by {largest}");
    });
}

#[test]
fn with_every_feed_cut_there_is_no_price_within_ten_seconds() {
    // An old price that looks like a new one is what people were liquidated by.
    task::block_on(async {
        let stand = Stand::start("").await;
        let cut = clock::now();
        for venue in stand.market.venues() {
            stand.apply(venue.name, "silence", "").await;
        }
        let seen = stand.until("halted", PATIENCE, |price| is(price, "halted")).await;
        let took = clock::now().since(cut);
        assert!(took <= Span::from_secs(10), "it took {took}");
        for price in &seen {
            assert!(
                price["as_of"].is_string() || price["as_of"].is_number() || is(price, "halted"),
                "{price:#}"
            );
        }
        let (status, price) = stand.price().await;
        assert_eq!(
            (status, &price["market"], &price["liquidation"]),
            (503, &Value::Null, &Value::Null)
        );
        assert!(price["last_good"]["age_ms"].as_u64().is_some_and(|age| age > 0), "{price:#}");
        let get = async |path: &str| stand.oracle.get(path, PATIENCE).await.expect("an answer");
        let simple = get("/api/v3/simple/price?ids=ethena-usde&vs_currencies=usd").await;
        assert_eq!(simple.status.as_u16(), 503, "{}", String::from_utf8_lossy(&simple.body));
        let feeds: Value =
            serde_json::from_slice(&get("/v2/price_feeds?query=usde").await.body).expect("JSON");
        let id = feeds[0]["id"].as_str().expect("an id");
        let latest = get(&format!("/v2/updates/price/latest?ids[]={id}")).await;
        assert_eq!(latest.status.as_u16(), 503, "{}", String::from_utf8_lossy(&latest.body));
        stand.market.change(&Change::Heal).expect("done");
        stand.until("live again", PATIENCE, |price| is(price, "live")).await;
    });
}
