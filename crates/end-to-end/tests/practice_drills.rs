//! The drills on the page of `seawall up`: one is started by its button, watched, and its page read.

use std::net::SocketAddr;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use testkit::gateway::{self, Gateway};
use testkit::http::{self, Connection};
use testkit::tools;

/// A drill whose short form takes some seconds; it starts gateways of its own.
const DRILL: &str = "arb-rpc";

/// The short form in a debug build beside the practice world on a busy machine.
const ENDS_WITHIN: Duration = Duration::from_secs(120);

fn up() -> (Gateway, SocketAddr) {
    let (address, status) = (tools::free_address(), tools::free_address());
    let (oracle, venue) = (tools::free_address().to_string(), tools::free_address().to_string());
    let mut command = Command::new(gateway::binary());
    command.args(["up", "--listen", &address.to_string(), "--status-listen", &status.to_string()]);
    command.args(["--oracle-listen", &oracle, "--venue-listen", &venue, "--traders", "0"]);
    let folder = TempDir::new().expect("the system must give a temporary folder");
    let seawall = Gateway::spawn(command, folder, address, status);
    seawall.await_ready();
    (seawall, status)
}

fn post(status: SocketAddr, path: &str) -> u16 {
    let mut page = Connection::open(status, Duration::from_secs(5)).expect("the page must answer");
    page.post_json(path, b"").expect("the page must answer").status()
}

fn get(status: SocketAddr, path: &str) -> (u16, String) {
    let answer = http::get(status, path, Duration::from_secs(5)).expect("the page must answer");
    (answer.status(), answer.text())
}

#[test]
fn a_drill_can_be_started_watched_and_read() {
    // The page promises it; and a path of a file must not be read for whoever can reach the port.
    let (seawall, status) = up();
    assert_eq!(post(status, "/practice/drills/nothing"), 404);
    assert_eq!(post(status, "/practice/drills/x.toml"), 404);
    let page = format!("/practice/drills/{DRILL}");
    assert_eq!(get(status, &page).0, 404, "nothing was run yet");
    assert_eq!(post(status, &format!("{page}?form=short")), 200);
    let deadline = Instant::now() + ENDS_WITHIN;
    let ended = loop {
        let all: Value = serde_json::from_str(&get(status, "/practice/drills").1).expect("JSON");
        if let Some(ended) = all["ended"].get(0) {
            break ended.clone();
        }
        assert_eq!(all["running"]["drill"], DRILL);
        assert!(Instant::now() < deadline, "{all:#}\n{}", seawall.log());
        thread::sleep(Duration::from_millis(200));
    };
    assert_eq!((&ended["holds"], &ended["short"]), (&true.into(), &true.into()), "{ended:#}");
    let (code, html) = get(status, &page);
    assert_eq!(code, 200);
    assert!(html.contains("defence off") && html.contains("<svg"), "{html}");
    // Watched for a second or two, since the panel is drawn with the page's next look.
    let deadline = Instant::now() + Duration::from_secs(10);
    while !get(status, "/").1.contains(&format!("href=\"{page}\"")) {
        assert!(Instant::now() < deadline, "the panel does not link to the page");
        thread::sleep(Duration::from_millis(200));
    }
}
