//! `seawall up` without a configuration: a real client deploys and calls on the embedded world, which is then split
//! and healed.

use std::net::SocketAddr;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use testkit::gateway::{self, Gateway};
use testkit::http::Connection;
use testkit::script::{self, Client, KEYS};
use testkit::tools;

/// Three nodes restart with the version that has the bug, part, and what is final on the others decides.
const SPLITS_WITHIN: Duration = Duration::from_secs(90);

/// The three go back one by one.
const HEALS_WITHIN: Duration = Duration::from_secs(60);

fn up() -> (Gateway, SocketAddr) {
    let (address, status) = (tools::free_address(), tools::free_address());
    let oracle = tools::free_address();
    let mut command = Command::new(gateway::binary());
    command.args(["up", "--listen", &address.to_string(), "--status-listen", &status.to_string()]);
    command.args(["--oracle-listen", &oracle.to_string()]);
    command.args(["--venue-listen", &tools::free_address().to_string(), "--traders", "0"]);
    let folder = TempDir::new().expect("the system must give a temporary folder");
    let seawall = Gateway::spawn(command, folder, address, status);
    seawall.await_ready();
    (seawall, status)
}

fn chain(seawall: &Gateway) -> serde_json::Value {
    let response = seawall.get("/v1/chains/practice").expect("the gateway must answer");
    serde_json::from_slice(&response.body).expect("JSON")
}

/// The names of those that are put out for their branch.
fn quarantined(chain: &serde_json::Value) -> Vec<String> {
    let all = chain["upstreams"].as_array().into_iter().flatten();
    let out = all.filter(|upstream| upstream["state"] == "quarantined");
    out.filter_map(|upstream| upstream["name"].as_str().map(str::to_owned)).collect()
}

fn await_chain(seawall: &Gateway, patience: Duration, wanted: impl Fn(&serde_json::Value) -> bool) {
    let deadline = Instant::now() + patience;
    loop {
        let chain = chain(seawall);
        if wanted(&chain) {
            return;
        }
        assert!(Instant::now() < deadline, "after {patience:?}: {chain:#}\n{}", seawall.log());
        thread::sleep(Duration::from_millis(200));
    }
}

fn press(status: SocketAddr, path: &str) {
    let mut page = Connection::open(status, Duration::from_secs(5)).expect("the page must answer");
    let answer = page.post_json(path, b"").expect("the page must answer");
    assert_eq!(answer.status(), 200, "{path}: {}", answer.text());
}

#[test]
fn the_first_thing_a_stranger_tries_must_work() {
    let (seawall, _) = up();
    let summary = script::run(Client::Ethers, &seawall.url(), KEYS[0], |_| {});
    let summary = summary.unwrap_or_else(|why| panic!("{why}\n{}", seawall.log()));
    println!("{summary}");
    script::check(&summary, "ethers 6");
}

#[test]
fn the_buttons_show_a_split_and_its_healing() {
    // Whoever tries the gateway out would see a split that is not noticed, or one that never ends.
    let (seawall, status) = up();
    press(status, "/practice/split");
    await_chain(&seawall, SPLITS_WITHIN, |chain| chain["verdict"] == "split");
    let split = chain(&seawall);
    assert_eq!(quarantined(&split), ["alpha", "bravo", "charlie"]);
    let reason = split["upstreams"][0]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("shared with every geth v1.9.13"), "{reason}");
    press(status, "/practice/heal");
    // Back on one branch; on probation they are for 32 blocks more.
    await_chain(&seawall, HEALS_WITHIN, |chain| {
        chain["contest"].is_null() && quarantined(chain).is_empty()
    });
}
