//! Who may not, does not: the built binary under replays, drip-fed and endless bodies, and floods of what nobody signed; and
//! who may is served meanwhile. What a wrong key, signature or clock is answered, and other accounts' orders, are in the
//! venue's own tests of its surface.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use testkit::venue::{Client, Plan, Signer, Venue, now_ms};
use testkit::{proof, tools};

const MARKET: &str = r#"
[[venue.market]]
symbol = "BTCUSDT"
feed = "BTC/USD"
tick = "0.1"
lot = "0.001"
"#;

/// How long a connection is looked at: longer than the venue lets anybody take for a body or a head.
const PATIENCE: Duration = Duration::from_secs(40);

fn start() -> Venue {
    let plan = Plan { tables: MARKET.to_owned(), ..Plan::default() };
    let venue = Venue::start(&plan, &[("BTC/USD", "100000")]);
    let money = [("account", "venue"), ("asset", "USDT"), ("amount", "1000000")];
    venue.client().done(&Venue::administrator(), ("POST", "/v1/admin/deposits"), &money);
    venue
}

fn order(name: &'static str) -> [(&'static str, &'static str); 7] {
    [
        ("symbol", "BTCUSDT"),
        ("side", "BUY"),
        ("type", "LIMIT"),
        ("timeInForce", "GTC"),
        ("quantity", "0.010"),
        ("price", "95000"),
        ("newClientOrderId", name),
    ]
}

fn code(client: &mut Client, signer: &Signer, target: &str) -> Option<i64> {
    let answer = client.send("POST", target, Some(&signer.key), b"").expect("an answer");
    let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
    body["code"].as_i64()
}

#[test]
fn a_request_that_is_sent_again_is_not_done_again() {
    // Whoever copies a request from a log or a proxy would place its order as often as they like.
    let _alone = tools::alone();
    let venue = start();
    let (mut client, signer) = (venue.client(), Venue::administrator());
    let target = format!("/fapi/v1/order?{}", signer.sign(&order("once"), now_ms()));
    assert_eq!(code(&mut client, &signer, &target), None);
    assert_eq!(code(&mut client, &signer, &target), Some(-4116), "while its order is open");
    let old = format!("/fapi/v1/order?{}", signer.sign(&order("later"), now_ms() - 5_001));
    assert_eq!(code(&mut client, &signer, &old), Some(-1021), "when its time is over");
    let open = client.done(&signer, ("GET", "/fapi/v1/openOrders"), &[]);
    assert_eq!(open.as_array().map(Vec::len), Some(1), "{open}");
}

/// Sends a head, then a byte every so often, until the venue hangs up. Gives back what it said, and how long it took.
fn drip(address: SocketAddr, head: &str, every: Duration) -> (String, Duration) {
    let began = Instant::now();
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_millis(1))).expect("a socket");
    stream.write_all(head.as_bytes()).expect("it reads");
    let mut said = Vec::new();
    while began.elapsed() < PATIENCE {
        let gone = stream.write_all(b"a").is_err();
        let mut piece = [0; 4_096];
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => said.extend_from_slice(&piece[..length]),
            Err(_) if gone => break,
            Err(_) => {}
        }
        thread::sleep(every);
    }
    (String::from_utf8_lossy(&said).into_owned(), began.elapsed())
}

#[test]
fn bodies_and_heads_that_do_not_end_are_cut_off() {
    // Some hundred connections that say one byte a second would hold every worker of a venue that waits for them.
    let _alone = tools::alone();
    let venue = start();
    let address = venue.address;
    let slow = Duration::from_millis(250);
    let post =
        "POST /fapi/v1/order HTTP/1.1\r\nhost: venue\r\nx-mbx-apikey: admin-key-of-tests-0001\r\n";
    thread::scope(|scope| {
        let cases = [
            ("a slow body", format!("{post}content-length: 4000\r\n\r\n"), slow),
            ("a slow head", post.to_owned(), slow),
            ("chunks without an end", format!("{post}transfer-encoding: chunked\r\n\r\n"), slow),
            ("too long a body", format!("{post}content-length: 70000\r\n\r\n"), Duration::ZERO),
        ];
        let cut = cases
            .map(|(name, head, every)| (name, scope.spawn(move || drip(address, &head, every))));
        // Meanwhile everybody else is served.
        let (mut client, signer) = (venue.client(), Venue::administrator());
        for _ in 0..50 {
            let (status, _) = client.ask(&signer, ("GET", "/fapi/v3/balance"), &[]);
            assert_eq!(status, 200);
        }
        for (name, thread) in cut {
            let (said, took) = thread.join().expect("no panic");
            assert!(took < PATIENCE, "{name} is still read");
            assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{name}: {said}");
        }
    });
}

#[test]
fn a_flood_of_what_nobody_signed_does_not_reach_the_engine() {
    // If it did, whoever wants to keep others from closing would not even need a key.
    let _alone = tools::alone();
    let venue = start();
    let seconds = u64::try_from(proof::number("SEAWALL_FLOOD_SECONDS", 2, 20)).expect("small");
    let (over, sent) = (AtomicBool::new(false), AtomicU64::new(0));
    let done = |client: &mut Client| client.get("/v1/conservation")["commands"].as_u64();
    let mut client = venue.client();
    thread::scope(|scope| {
        for number in 0..8 {
            let (over, sent, venue) = (&over, &sent, &venue);
            scope.spawn(move || {
                let forged = Signer::new("admin-key-of-tests-0001", "not the secret");
                let mut client = venue.client();
                while !over.load(Relaxed) {
                    let query = forged.sign(&order("flood"), now_ms());
                    let (key, wanted) = match number % 3 {
                        0 => (Some("admin-key-of-tests-0001"), "-1022"),
                        1 => (Some("nobodys-key-0000000001"), "-2015"),
                        _ => (None, "-2014"),
                    };
                    let target = format!("/fapi/v1/order?{query}");
                    let answer = client.send("POST", &target, key, b"").expect("an answer");
                    assert!(answer.text().contains(wanted), "{}", answer.text());
                    sent.fetch_add(1, Relaxed);
                }
            });
        }
        let signer = Venue::administrator();
        let (before, began) = (done(&mut client), Instant::now());
        let mut served = 0;
        while began.elapsed() < Duration::from_secs(seconds) {
            client.done(&signer, ("POST", "/fapi/v1/order"), &order("mine"));
            let which = [("symbol", "BTCUSDT"), ("origClientOrderId", "mine")];
            client.done(&signer, ("DELETE", "/fapi/v1/order"), &which);
            served += 2;
        }
        over.store(true, Relaxed);
        // Beside ours there are prices and ticks: some ten a second.
        let grown = done(&mut client).zip(before).map_or(0, |(now, before)| now - before);
        assert!(
            grown < served + 100 * (seconds + 5),
            "{grown} commands, of which {served} are ours"
        );
        assert!(sent.load(Relaxed) > 0 && served > 0);
        println!("{} unsigned requests, {served} signed ones served meanwhile", sent.load(Relaxed));
    });
}
