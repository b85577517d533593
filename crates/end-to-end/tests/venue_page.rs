//! The status page over `seawall up`: what it shows of the venue, and an account behind its key.

use std::net::SocketAddr;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use runtime::clock;
use tempfile::TempDir;
use testkit::gateway::{self, Gateway};
use testkit::http::{self, Connection, Message};
use testkit::tools;
use wire_binance::{Query, Secret, Sink as _};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The practice world's key and secret, which `seawall up` prints.
const KEY: &str = "practice-api-key-0001";
const SECRET: &str = "practice-api-secret-0001";

/// Everything on a practice world; where the venue and the page are.
fn up() -> (Gateway, SocketAddr, SocketAddr) {
    let [gateway, status, oracle, venue] = [(); 4].map(|()| tools::free_address());
    let mut command = Command::new(gateway::binary());
    command.args(["up", "--listen", &gateway.to_string(), "--status-listen", &status.to_string()]);
    command.args(["--oracle-listen", &oracle.to_string(), "--venue-listen", &venue.to_string()]);
    let folder = TempDir::new().expect("the system must give a temporary folder");
    let seawall = Gateway::spawn(command, folder, gateway, status);
    seawall.await_ready();
    (seawall, venue, status)
}

fn get(address: SocketAddr, path: &str) -> Message {
    http::get(address, path, PATIENCE).expect("the page must answer")
}

/// Parameters that are signed with a secret as of now.
fn signed(secret: &str, params: &[(&str, &str)]) -> String {
    let mut query = Query::new();
    for (name, value) in params {
        query.push(name, value);
    }
    query.sign(&Secret::new(secret.as_bytes()), clock::unix_time().as_millis(), None);
    query.as_str().to_owned()
}

fn post(address: SocketAddr, path: &str, body: &str) -> Message {
    let mut connection = Connection::open(address, PATIENCE).expect("it must listen");
    let headers = [("X-MBX-APIKEY", KEY)];
    connection.exchange("POST", path, &headers, body.as_bytes()).expect("an answer")
}

#[test]
fn the_page_shows_the_venue_and_an_account_to_who_signs_for_it() {
    // The page would be blank on the day that it is needed, or show everybody's positions to everybody.
    let (seawall, venue, status) = up();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let page = get(status, "/venue").text();
        let markets = ["BTCUSDT", "ETHUSDT", "USDEUSDT"].iter().all(|it| page.contains(it));
        if markets && page.contains("oracle connected") && page.contains("all invariants hold") {
            break;
        }
        assert!(Instant::now() < deadline, "{page}\n{}", seawall.log());
        thread::sleep(Duration::from_millis(200));
    }
    assert!(get(status, "/").text().contains("href=\"/venue\""));
    let components = get(status, "/api/v2/components.json").text();
    assert!(components.contains("\"name\":\"Venue\""), "{components}");

    let order = [
        ("symbol", "BTCUSDT"),
        ("side", "BUY"),
        ("type", "LIMIT"),
        ("timeInForce", "GTC"),
        ("quantity", "0.010"),
        ("price", "60000"),
    ];
    let placed = post(venue, "/fapi/v1/order", &signed(SECRET, &order));
    assert_eq!(placed.status(), 200, "{}", placed.text());
    let shown = post(status, "/venue/account", &signed(SECRET, &[]));
    let text = shown.text();
    assert_eq!(shown.status(), 200, "{text}");
    assert!(text.contains("in good standing") && text.contains("60,000.0"), "{text}");
    for wrong in [signed("another secret", &[]), String::new()] {
        let refused = post(status, "/venue/account", &wrong);
        assert!((400..500).contains(&refused.status()), "{}", refused.text());
        assert!(!refused.text().contains("standing"), "{}", refused.text());
    }
}
