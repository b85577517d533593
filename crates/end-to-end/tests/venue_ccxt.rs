//! ccxt, of which nothing is changed but its addresses, trades on the venue of `seawall up`, in Python and in JavaScript:
//! the client that most people have judges the whole surface.

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use testkit::gateway::{self, Gateway};
use testkit::http;
use testkit::tools;

/// The practice world's venue has prices a few seconds after its oracle.
const PRICES_WITHIN: Duration = Duration::from_secs(60);

/// The practice world, and where its venue is.
fn up() -> (Gateway, SocketAddr) {
    let (address, status, venue) =
        (tools::free_address(), tools::free_address(), tools::free_address());
    let mut command = Command::new(gateway::binary());
    command.args(["up", "--listen", &address.to_string(), "--status-listen", &status.to_string()]);
    command.args(["--oracle-listen", &tools::free_address().to_string()]);
    command.args(["--venue-listen", &venue.to_string()]);
    let folder = TempDir::new().expect("the system must give a temporary folder");
    let seawall = Gateway::spawn(command, folder, address, status);
    seawall.await_ready();
    await_prices(&seawall, venue);
    (seawall, venue)
}

/// Waits until every market has a price that is good for all orders.
fn await_prices(seawall: &Gateway, venue: SocketAddr) {
    let deadline = Instant::now() + PRICES_WITHIN;
    loop {
        let answer = http::get(venue, "/v1/markets", Duration::from_secs(5));
        let markets =
            answer.ok().and_then(|answer| serde_json::from_slice::<Value>(&answer.body).ok());
        let items = markets.as_ref().and_then(|markets| markets["items"].as_array());
        if items.is_some_and(|items| items.iter().all(|market| market["status"] == "live")) {
            return;
        }
        assert!(Instant::now() < deadline, "{markets:#?}\n{}", seawall.log());
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Runs a client, whose last step has to be the end of its flow.
fn run(mut client: Command, seawall: &Gateway, venue: SocketAddr) {
    client.env("VENUE", format!("http://{venue}"));
    client.env("KEY", "practice-api-key-0001").env("SECRET", "practice-api-secret-0001");
    let output = client.output().expect("the client starts");
    let (said, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let last = said.lines().last().and_then(|line| serde_json::from_str::<Value>(line).ok());
    let done = last.is_some_and(|last| last["step"] == "done");
    assert!(output.status.success() && done, "{said}\n{errors}\n{}", seawall.log());
}

#[test]
fn ccxt_in_python_trades_on_the_venue() {
    // A surface that only our own client understands would leave every trader's tools outside on the worst day.
    let _alone = tools::alone();
    let (seawall, venue) = up();
    let mut python = Command::new(tools::python());
    python.arg(tools::root().join("crates/end-to-end/clients/venue_ccxt.py"));
    run(python, &seawall, venue);
}

#[test]
fn ccxt_in_javascript_trades_on_the_venue() {
    let _alone = tools::alone();
    let (seawall, venue) = up();
    let mut node = Command::new("node");
    node.arg(tools::root().join("crates/end-to-end/clients/venue_ccxt.mjs"))
        .env("NPM", tools::npm());
    run(node, &seawall, venue);
}
