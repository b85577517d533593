//! The oracle's readers of contracts on a real node, through the gateway: what is well is a price, what a contract
//! refuses is none, a reorg takes back what it took back, and a rate that jumps is held.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::node::{CHAIN_ID, Node};
use testkit::{gateway, http, tools};

/// Far longer than a few blocks and rounds take.
const PATIENCE: Duration = Duration::from_secs(40);

const FEEDS: [&str; 2] =
    ["0x1000000000000000000000000000000000000001", "0x1000000000000000000000000000000000000002"];
const WRAPPED: [&str; 3] = [
    "0x2000000000000000000000000000000000000001",
    "0x2000000000000000000000000000000000000002",
    "0x2000000000000000000000000000000000000003",
];
const POOL: &str = "0x3000000000000000000000000000000000000001";
const WETH: &str = "0x4000000000000000000000000000000000000001";
const USDC: &str = "0x4000000000000000000000000000000000000002";
const WSTETH: &str = "0x5000000000000000000000000000000000000001";

const LATEST_ROUND: &str = "feaf968c";
const DECIMALS: &str = "313ce567";
const OBSERVE: &str = "883bdbfd";
const TOKEN0: &str = "0dfe1681";
const TOKEN1: &str = "d21220a7";
const RATE: &str = "035faf82";

/// What a function of a contract here does.
enum Says {
    Words(Vec<i128>),
    Address(&'static str),
    /// Reverts with a reason.
    Refuses(&'static str),
}

fn word(number: i128) -> String {
    format!("{}{number:032x}", if number < 0 { "ff" } else { "00" }.repeat(16))
}

impl Says {
    /// The data that goes out, and the opcode that sends it.
    fn data(&self) -> (String, &'static str) {
        match self {
            Self::Words(words) => (words.iter().map(|number| word(*number)).collect(), "f3"),
            Self::Address(address) => (format!("{}{}", "00".repeat(12), &address[2..]), "f3"),
            Self::Refuses(why) => {
                let text: String = why.bytes().map(|byte| format!("{byte:02x}")).collect();
                let length = i128::try_from(why.len()).expect("short");
                (format!("08c379a0{}{}{text:0<64}", word(32), word(length)), "fd")
            }
        }
    }
}

/// A contract that answers each function with what is said, whatever its arguments.
fn code(functions: &[(&str, Says)]) -> String {
    // Reads the selector; then for each function eleven bytes that compare and jump, and a revert for all others.
    let mut code = "60003560e01c".to_owned();
    let blocks = 6 + functions.len() * 11 + 4;
    let mut at = blocks + functions.len() * 16;
    let (mut copies, mut tail) = (String::new(), String::new());
    for (number, (selector, says)) in functions.iter().enumerate() {
        code.push_str(&format!("8063{selector}1461{:04x}57", blocks + number * 16));
        let (data, end) = says.data();
        let length = data.len() / 2;
        copies.push_str(&format!("5b61{length:04x}61{at:04x}60003961{length:04x}6000{end}"));
        at += length;
        tail.push_str(&data);
    }
    format!("0x{code}600080fd{copies}{tail}")
}

fn unix_seconds() -> i128 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i128::from(since.as_secs())
}

/// An aggregator with eight places.
fn aggregator(hundredths: i128, updated: i128) -> String {
    let round = Says::Words(vec![9, hundredths * 1_000_000, updated, updated, 9]);
    code(&[(LATEST_ROUND, round), (DECIMALS, Says::Words(vec![8]))])
}

/// A pool that has stood at a tick for a minute, or refuses to say so.
fn pool(observed: Says) -> String {
    code(&[(OBSERVE, observed), (TOKEN0, Says::Address(USDC)), (TOKEN1, Says::Address(WETH))])
}

fn at_tick(tick: i128) -> Says {
    Says::Words(vec![64, 160, 2, 0, tick * 60, 2, 0, 60 << 100])
}

fn rate(ten_thousandths: i128) -> String {
    code(&[(RATE, Says::Words(vec![ten_thousandths * 100_000_000_000_000]))])
}

/// A node with contracts, and the built binary that reads them.
struct World {
    node: Node,
    binary: Child,
    oracle: SocketAddr,
    folder: TempDir,
}

impl Drop for World {
    fn drop(&mut self) {
        if self.binary.kill().is_ok() {
            drop(self.binary.wait());
        }
    }
}

impl World {
    fn start() -> Self {
        let started = unix_seconds();
        let node = Node::anvil(tools::free_address(), u64::try_from(started).expect("positive"));
        let (gateway, oracle) = (tools::free_address(), tools::free_address());
        let folder = TempDir::new().expect("a temporary folder");
        let file = folder.path().join("seawall.toml");
        fs::write(&file, config(node.rpc.address(), gateway, oracle)).expect("it is writable");
        for token in [(WETH, 18), (USDC, 6)] {
            put(&node, token.0, &code(&[(DECIMALS, Says::Words(vec![token.1]))]));
        }
        for feed in FEEDS {
            put(&node, feed, &aggregator(206_321, started));
        }
        for feed in WRAPPED {
            put(&node, feed, &aggregator(253_424, started));
        }
        put(&node, POOL, &pool(at_tick(200_000)));
        put(&node, WSTETH, &rate(12_283));
        mine(&node);
        let log = File::create(folder.path().join("seawall.log")).expect("it is writable");
        let binary = Command::new(gateway::binary())
            .args(["up", "--config"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the binary starts");
        Self { node, binary, oracle, folder }
    }

    /// Replaces a contract, in a new block.
    fn change(&self, address: &str, code: &str) {
        put(&self.node, address, code);
        mine(&self.node);
    }

    fn feed(&self, symbol: &str) -> Option<Value> {
        let path = format!("/v1/prices/{symbol}");
        let message = http::get(self.oracle, &path, Duration::from_secs(5)).ok()?;
        serde_json::from_slice(&message.body).ok()
    }

    /// Waits until a feed is as it should be.
    fn await_feed(&self, symbol: &str, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let feed = self.feed(symbol);
            if let Some(feed) = feed.as_ref().filter(|feed| is_so(feed)) {
                return feed.clone();
            }
            assert!(Instant::now() < deadline, "{what}: {feed:#?}\n{}", self.log());
            thread::sleep(Duration::from_millis(100));
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("seawall.log")).unwrap_or_default()
    }
}

fn put(node: &Node, address: &str, code: &str) {
    node.rpc.call("anvil_setCode", &json!([address, code])).expect("anvil takes code");
}

fn mine(node: &Node) {
    node.rpc.call("evm_mine", &json!([])).expect("anvil mines");
}

fn config(node: SocketAddr, gateway: SocketAddr, oracle: SocketAddr) -> String {
    let source = |kind: &str, address: &str, feed: &str, name: &str, more: &str| {
        format!(
            "[[oracle.chain.source]]\nname = \"{name}\"\ngroup = \"{name}\"\nkind = \"{kind}\"\n\
             address = \"{address}\"\nfeed = \"{feed}\"\n{more}\n"
        )
    };
    let mut text = format!(
        "[gateway]\nlisten = \"{gateway}\"\n[[gateway.chain]]\nname = \"ethereum\"\nid = {CHAIN_ID}\n\
         block_time = \"1s\"\n[[gateway.chain.upstream]]\nname = \"anvil\"\nhttp = \"http://{node}\"\n\
         operator = \"self\"\ncloud = \"here\"\n\
         [oracle]\nlisten = \"{oracle}\"\n\
         [[oracle.feed]]\nsymbol = \"ETH/USD\"\nclass = \"major\"\nreturn_after = \"1s\"\n\
         [[oracle.feed]]\nsymbol = \"WSTETH/USD\"\nclass = \"pegged\"\n\
         fundamental = {{ base = \"ETH/USD\", rate = \"wsteth\" }}\n\
         [[oracle.chain]]\nname = \"ethereum\"\npoll = \"300ms\"\n"
    );
    for (number, feed) in FEEDS.iter().enumerate() {
        text += &source("chainlink", feed, "ETH/USD", &format!("eth-{number}"), "");
    }
    for (number, feed) in WRAPPED.iter().enumerate() {
        text += &source("chainlink", feed, "WSTETH/USD", &format!("wsteth-{number}"), "");
    }
    let tokens = format!("asset = \"{WETH}\"\nunit = \"{USDC}\"\nwindow = \"1m\"");
    text += &source("uniswap_v3", POOL, "ETH/USD", "pool", &tokens);
    text + &format!(
        "[[oracle.chain.rate]]\nname = \"wsteth\"\nkind = \"wsteth\"\naddress = \"{WSTETH}\"\n"
    )
}

fn is(status: &str) -> impl Fn(&Value) -> bool {
    move |feed: &Value| feed["status"] == status
}

fn number(feed: &Value, lane: &str) -> f64 {
    feed[lane].as_str().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN)
}

/// Why a source is not used.
fn reason<'a>(feed: &'a Value, name: &str) -> &'a str {
    let sources = feed["sources"].as_array().expect("sources");
    let source = sources.iter().find(|source| source["name"] == name).expect("it is listed");
    source["reason"].as_str().unwrap_or("used")
}

#[test]
fn contracts_are_read_at_one_block_and_a_refusal_is_never_a_price() {
    let _alone = tools::alone();
    let world = World::start();
    let feed = world.await_feed("ETH/USD", "all three say a price", is("live"));
    assert!((2_063.2..2_063.22).contains(&number(&feed, "market")), "{feed:#}");
    let pool_price =
        feed["sources"].as_array().and_then(|all| all.iter().find(|one| one["name"] == "pool"));
    assert_eq!(pool_price.map(|one| &one["price"]), Some(&json!("2063.215669444018")), "{feed:#}");

    // A pool that does not remember the window says so, and that is no price.
    world.change(POOL, &pool(Says::Refuses("OLD")));
    world.await_feed("ETH/USD", "the pool is refused", |feed| reason(feed, "pool") == "no_price");
    world.change(POOL, &pool(at_tick(200_001)));
    world.await_feed("ETH/USD", "the pool is used again", |feed| reason(feed, "pool") == "used");

    // A round that is two hours old, one that is nothing, and a contract that is gone.
    let hours_ago = unix_seconds() - 7_200;
    for code in [aggregator(206_321, hours_ago), aggregator(0, unix_seconds() - 5), "0x".to_owned()]
    {
        world.change(FEEDS[0], &code);
        world.await_feed("ETH/USD", "the round is refused", |feed| {
            reason(feed, "eth-0") == "no_price"
        });
        world.change(FEEDS[0], &aggregator(206_321, unix_seconds() - 5));
        world.await_feed("ETH/USD", "and taken again", |feed| reason(feed, "eth-0") == "used");
    }

    // A reorg: what was read of the block that is gone is replaced by what its successor says.
    let eth_0 = |price: &'static str| {
        move |feed: &Value| {
            let sources = feed["sources"].as_array().expect("sources");
            sources.iter().any(|source| source["name"] == "eth-0" && source["price"] == price)
        }
    };
    let snapshot = world.node.rpc.call("evm_snapshot", &json!([])).expect("anvil keeps it");
    world.change(FEEDS[0], &aggregator(206_400, unix_seconds() - 5));
    world.await_feed("ETH/USD", "the block before the reorg is read", eth_0("2064"));
    world.node.rpc.call("evm_revert", &json!([snapshot])).expect("anvil goes back");
    world.change(FEEDS[0], &aggregator(206_200, unix_seconds() - 5));
    mine(&world.node);
    world.await_feed("ETH/USD", "the block after it is read", eth_0("2062"));
}

#[test]
fn a_rate_that_jumps_is_held_and_no_price_falls_by_it() {
    // The incident of 2026-03-10: a cap below the true rate became the price, and 26 million dollars were liquidated.
    let _alone = tools::alone();
    let world = World::start();
    let feed = world.await_feed("WSTETH/USD", "the rate is read", is("live"));
    let held = number(&feed, "fundamental");
    assert!((2_534.2..2_534.3).contains(&held), "{feed:#}");
    for jumped in [12_650, 9_000] {
        world.change(WSTETH, &rate(jumped));
        let feed = world.await_feed("WSTETH/USD", "the bound is told", is("capped"));
        assert!(
            (number(&feed, "fundamental") - held).abs() < 0.1,
            "the last good rate is held: {feed:#}"
        );
        assert_eq!(feed["liquidation"], feed["market"], "nothing is valued lower: {feed:#}");
        assert!((2_534.2..2_534.3).contains(&number(&feed, "market")), "{feed:#}");
        world.change(WSTETH, &rate(12_283));
        world.await_feed("WSTETH/USD", "all is well again", is("live"));
    }
}
