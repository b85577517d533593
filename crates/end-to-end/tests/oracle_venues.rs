//! `seawall oracle --config FILE` and venues that go away: over real sockets, against the practice market.

use std::fs;
use std::process::Command;

use practice_market::{Action, Market, MarketOptions, VenueView};
use runtime::client::{Client, Endpoint};
use runtime::{clock, task};
use serde_json::Value;
use tempfile::TempDir;
use testkit::gateway::{self, Gateway};
use testkit::tools;
use units::Span;

/// The longest wait for anything; far beyond what a loaded machine needs.
const PATIENCE: Span = Span::from_secs(60);

/// Three venues in dollars, and the built oracle over them. The oracle ends first.
struct Stand {
    seawall: Gateway,
    oracle: Client,
    market: Market,
}

impl Stand {
    /// `lines` are put under each of three venues as they are, and `more` behind them all.
    async fn start(lines: &str, more: impl Fn(&Market) -> String) -> Self {
        let market = Market::start(&MarketOptions::default()).expect("starts");
        let (address, folder) = (tools::free_address(), TempDir::new().expect("a folder"));
        let mut text = format!(
            "[oracle]\nlisten = \"{address}\"\n[[oracle.feed]]\nsymbol = \"BTC/USD\"\nclass = \"major\"\n"
        );
        for (name, of) in [("coinbase", "BTC-USD"), ("kraken", "BTC/USD"), ("bitstamp", "btcusd")] {
            let VenueView { websocket, rest, .. } = venue(&market, name);
            text.push_str(&format!(
                "[[oracle.venue]]\nvenue = \"{name}\"\nwebsocket = \"{websocket}\"\nrest = \"{rest}\"\n\
                 markets = [{{ market = \"{of}\", feed = \"BTC/USD\" }}]\n{lines}\n"
            ));
        }
        text.push_str(&more(&market));
        let file = folder.path().join("oracle.toml");
        fs::write(&file, text).expect("a temporary folder must be writable");
        let mut command = Command::new(gateway::binary());
        command.args(["oracle", "--config"]).arg(&file);
        let seawall = Gateway::spawn(command, folder, address, address);
        let endpoint = Endpoint::parse(&format!("http://{address}")).expect("a URL");
        let stand = Self { seawall, oracle: Client::new(endpoint, 1 << 20), market };
        stand.until("live", async |it| it.price().await["status"] == "live").await;
        stand
    }

    async fn apply(&self, venue: &str, action: &str) {
        let action = Action::parse(action, "").expect("reads");
        self.market.apply(venue, &action).await.expect("done");
    }

    async fn text(&self, path: &str) -> String {
        let answer = self.oracle.get(path, PATIENCE).await.expect("an answer");
        String::from_utf8_lossy(&answer.body).into_owned()
    }

    async fn price(&self) -> Value {
        serde_json::from_str(&self.text("/v1/prices/BTC/USD").await).expect("JSON")
    }

    /// What is known of a source now.
    async fn source(&self, name: &str) -> Value {
        let price = self.price().await;
        let sources = price["sources"].as_array().expect("sources");
        sources.iter().find(|source| source["name"] == name).expect("there is one").clone()
    }

    /// A metric's value; `None` where there is none.
    async fn metric(&self, name: &str) -> Option<u64> {
        let metrics = self.text("/metrics").await;
        let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map(|value| value.trim().parse().expect("a whole number"))
    }

    async fn is_open(&self, connection: &str) -> Option<u64> {
        let label = format!("{{connection=\"{connection}\"}}");
        self.metric(&format!("seawall_oracle_connection_open{label}")).await
    }

    /// How often something has happened on kraken's connection.
    async fn count(&self, what: &str) -> u64 {
        let labels = format!("{{connection=\"kraken\",what=\"{what}\"}}");
        let name = format!("seawall_oracle_connection_events_since_start{labels}");
        self.metric(&name).await.expect("it is counted")
    }

    /// Waits until something holds.
    async fn until(&self, what: &str, holds: impl AsyncFn(&Self) -> bool) {
        let give_up = clock::now().after(PATIENCE);
        while !holds(self).await {
            assert!(
                clock::now() < give_up,
                "not {what} within {PATIENCE}: {:#}\n{}",
                self.price().await,
                self.seawall.log()
            );
            clock::sleep(Span::from_millis(100)).await;
        }
    }
}

fn venue(market: &Market, name: &str) -> VenueView {
    market.venues().into_iter().find(|venue| venue.name == name).expect("there is one")
}

fn nothing(_: &Market) -> String {
    String::new()
}

const KRAKEN: &str = "kraken:BTC/USD";

#[test]
fn while_a_stream_is_down_the_venue_is_asked() {
    // On the day when everybody trades it is the streams that break first.
    task::block_on(async {
        let stand = Stand::start("", nothing).await;
        stand.apply("kraken", "unstream").await;
        stand.until("closed", async |it| it.is_open("kraken").await == Some(0)).await;
        let is_used = async |it: &Stand| it.source(KRAKEN).await["used"] == true;
        stand.until("used again", is_used).await;
        let price = stand.source(KRAKEN).await["price"].clone();
        let moves = async |it: &Stand| it.source(KRAKEN).await["price"] != price;
        stand.until("moving", moves).await;
        assert_eq!(stand.is_open("kraken").await, Some(0), "what moved it were answers");
        stand.apply("kraken", "heal").await;
        stand.until("open", async |it| it.is_open("kraken").await == Some(1)).await;
        stand.until("used", is_used).await;
    });
}

#[test]
fn a_stream_that_is_stuck_is_made_up_for_before_anybody_notices() {
    // A market in which nothing happens looks like a stream that is stuck, and an answer tells the one from the other.
    task::block_on(async {
        let stand = Stand::start("", nothing).await;
        let opened = stand.count("opened").await;
        stand.apply("kraken", "mute").await;
        let price = stand.source(KRAKEN).await["price"].clone();
        let moves = async |it: &Stand| it.source(KRAKEN).await["price"] != price;
        stand.until("moving", moves).await;
        let still = stand.source(KRAKEN).await["price"].clone();
        let moves_on = async |it: &Stand| it.source(KRAKEN).await["price"] != still;
        stand.until("moving on", moves_on).await;
        assert_eq!((stand.is_open("kraken").await, stand.count("opened").await), (Some(1), opened));
    });
}

#[test]
fn a_connection_on_which_nothing_comes_is_opened_again() {
    // A connection that a router has forgotten stays open for ever, and brings nothing.
    task::block_on(async {
        let stand = Stand::start("silent_after = \"1s\"", nothing).await;
        let opened = stand.count("opened").await;
        stand.apply("kraken", "silence").await;
        stand.until("silent", async |it| it.source(KRAKEN).await["reason"] == "silent").await;
        stand.until("opened again", async |it| it.count("opened").await > opened).await;
        assert!(stand.seawall.log().contains("nothing came for 3"), "{}", stand.seawall.log());
        stand.apply("kraken", "heal").await;
        stand.until("used", async |it| it.source(KRAKEN).await["used"] == true).await;
    });
}

#[test]
fn a_venue_that_says_it_is_asked_too_often_is_left_alone() {
    // Venues ban an address that goes on asking, and with it its streams.
    task::block_on(async {
        let stand = Stand::start("poll = \"250ms\"", nothing).await;
        stand.apply("kraken", "limit").await;
        stand.apply("kraken", "unstream").await;
        stand.until("told", async |it| it.count("rest_failed").await > 0).await;
        // In that time it would be asked some twenty times.
        clock::sleep(Span::from_secs(5)).await;
        assert_eq!(stand.count("rest_failed").await, 1, "{}", stand.seawall.log());
        stand.apply("kraken", "heal").await;
        stand.until("used", async |it| it.source(KRAKEN).await["used"] == true).await;
    });
}

#[test]
fn a_source_without_a_stream_is_as_good_as_any_other() {
    // What is only asked must neither look as if it were down nor live on when it says nothing any more.
    task::block_on(async {
        let corner = |market: &Market| {
            format!(
                "[[oracle.venue]]\nvenue = \"generic\"\nname = \"corner\"\nrest = \"{}\"\npoll = \"500ms\"\n\
                 markets = [{{ market = \"BTCUSDT\", feed = \"BTC/USD\" }}]\n[oracle.venue.generic]\n\
                 quote_path = \"/api/v3/ticker/bookTicker?symbol={{market}}\"\n\
                 quote_bid = \"/bidPrice\"\nquote_ask = \"/askPrice\"\n",
                venue(market, "binance").rest
            )
        };
        let stand = Stand::start("", corner).await;
        let is_used = async |it: &Stand| it.source("corner:BTCUSDT").await["used"] == true;
        stand.until("used", is_used).await;
        assert_eq!((stand.is_open("kraken").await, stand.is_open("corner").await), (Some(1), None));
        stand.apply("binance", "silence").await;
        let is_silent = async |it: &Stand| it.source("corner:BTCUSDT").await["reason"] == "silent";
        stand.until("silent", is_silent).await;
        stand.apply("binance", "heal").await;
        stand.until("used again", is_used).await;
    });
}
