//! `seawall up` without a configuration: the practice venue is a living market. A shock liquidates on a tape without a gap,
//! no money is made or lost by it, and the market goes on.

use std::net::SocketAddr;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use testkit::gateway::{self, Gateway};
use testkit::http::{self, Connection};
use testkit::tools;

/// How long anything that is waited for may take. Everything here is far faster on an idle machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Liquidations that a shock has to bring among a few hundred traders.
const LIQUIDATIONS: u64 = 10;

struct World {
    seawall: Gateway,
    venue: SocketAddr,
    status: SocketAddr,
}

impl World {
    fn up() -> Self {
        let [address, status, venue, oracle] = std::array::from_fn(|_| tools::free_address());
        let mut command = Command::new(gateway::binary());
        command.args(["up", "--listen", &address.to_string(), "--traders", "400"]);
        command.args(["--status-listen", &status.to_string()]);
        command.args(["--oracle-listen", &oracle.to_string()]);
        command.args(["--venue-listen", &venue.to_string()]);
        let folder = TempDir::new().expect("the system must give a temporary folder");
        Self { seawall: Gateway::spawn(command, folder, address, status), venue, status }
    }

    /// What the venue answers; nothing before it listens.
    fn ask(&self, path: &str) -> Option<Value> {
        let answer = http::get(self.venue, path, Duration::from_secs(20)).ok()?;
        serde_json::from_slice(&answer.body).ok()
    }

    fn get(&self, path: &str) -> Value {
        self.ask(path).unwrap_or_else(|| panic!("{path} is not answered\n{}", self.seawall.log()))
    }

    fn await_venue(&self, what: &str, path: &str, wanted: impl Fn(&Value) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let seen = self.ask(path);
            if seen.as_ref().is_some_and(&wanted) {
                return;
            }
            let log = || self.seawall.log();
            assert!(Instant::now() < deadline, "{what}, after {PATIENCE:?}: {seen:?}\n{}", log());
            thread::sleep(Duration::from_millis(200));
        }
    }

    fn press(&self, button: &str) {
        let page = Connection::open(self.status, Duration::from_secs(5));
        let path = format!("/practice/venue/{button}");
        let answer = page.and_then(|mut page| page.post_json(&path, b""));
        let answer = answer.expect("the page must answer");
        assert_eq!(answer.status(), 200, "{path}: {}", answer.text());
    }

    /// Reads the tape from its beginning, and gives the number of its last entry; no entry may be missing.
    fn whole_tape(&self) -> u64 {
        let mut last = 0;
        loop {
            let part = self.get(&format!("/v1/tape?from={}", last + 1));
            let entries = part["items"].as_array().expect("a list");
            if entries.is_empty() {
                assert_eq!(part["newest"], last, "there is more than was told");
                return last;
            }
            for entry in entries {
                last += 1;
                assert_eq!(entry["number"], last, "there is a gap: {entry}");
            }
        }
    }

    fn money_is_conserved(&self) {
        let proof = self.get("/v1/conservation");
        let excess = proof["excess"].as_str().expect("a number");
        let is_none = excess.chars().all(|sign| matches!(sign, '0' | '.'));
        assert!(is_none && proof["broken"] == serde_json::json!([]), "{proof:#}");
    }
}

fn trades(markets: &Value) -> u64 {
    let items = markets["items"].as_array().into_iter().flatten();
    items.filter_map(|market| market["trades"].as_u64()).sum()
}

#[test]
fn a_shock_liquidates_on_a_tape_without_a_gap_and_the_market_goes_on() {
    // The first thing that a stranger sees of the venue would be an empty book, or a crash that nobody can check.
    let _alone = tools::alone();
    let world = World::up();
    world.await_venue("nobody trades", "/v1/markets", |markets| trades(markets) >= 300);
    // A moment after many trades fewer may be left, until the makers have quoted again.
    let is_deep = |book: &Value| {
        let levels = |side: &str| book[side].as_array().map_or(0, Vec::len);
        levels("bids") >= 5 && levels("asks") >= 5
    };
    world.await_venue("the book is thin", "/fapi/v1/depth?symbol=BTCUSDT&limit=20", is_deep);

    world.press("shock?percent=20&over_s=4");
    let enough = |tape: &Value| tape["newest"].as_u64() >= Some(LIQUIDATIONS);
    world.await_venue("nobody is liquidated", "/v1/tape?limit=1", enough);
    world.money_is_conserved();
    assert!(world.whole_tape() >= LIQUIDATIONS);

    world.press("makers-leave");
    let is_empty = |book: &Value| book["bids"] == serde_json::json!([]);
    let depth = "/fapi/v1/depth?symbol=USDEUSDT&limit=5";
    world.await_venue("the makers stay", depth, is_empty);
    world.press("load?times=10");
    world.press("shock?percent=10&over_s=4");
    let before = world.whole_tape();
    let more = |tape: &Value| tape["newest"].as_u64() > Some(before);
    world.await_venue("nobody else is liquidated", "/v1/tape?limit=1", more);
    world.money_is_conserved();

    world.press("calm");
    world.await_venue("the makers stay away", depth, |book| !is_empty(book));
    let before = trades(&world.get("/v1/markets"));
    let goes_on = |markets: &Value| trades(markets) > before + 200;
    world.await_venue("the market is dead", "/v1/markets", goes_on);
    world.whole_tape();
    world.money_is_conserved();
}
