//! Streams, over real connections.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use runtime::http::Listener;
use serde_json::{Value, json};

use super::world::World;
use crate::server::start;

/// Serves a world until it is dropped.
struct Served {
    world: World,
    address: SocketAddr,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Served {
    fn new(world: World) -> Self {
        let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
        let address = listener.address();
        let server = world.server.clone();
        let thread = start(listener, server, world.stop.subscribe());
        Self { world, address, thread: Some(thread) }
    }

    fn open(&self, target: &str) -> Reader {
        let mut stream = TcpStream::connect(self.address).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
        write!(stream, "GET {target} HTTP/1.0\r\nhost: a\r\n\r\n").expect("it reads");
        Reader { lines: BufReader::new(stream) }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.world.stop.send_replace(true);
        let ended = self.thread.take().map(std::thread::JoinHandle::join);
        assert!(ended.is_some_and(|ended| ended.is_ok()), "the server's thread ends");
    }
}

struct Reader {
    lines: BufReader<TcpStream>,
}

impl Reader {
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line in time");
        line.trim_end().to_owned()
    }

    /// The next event: its name, id and data.
    fn event(&mut self) -> (String, String, Value) {
        let (mut name, mut id) = (String::new(), String::new());
        loop {
            let line = self.line();
            if let Some(of) = line.strip_prefix("event: ") {
                of.clone_into(&mut name);
            } else if let Some(of) = line.strip_prefix("id: ") {
                of.clone_into(&mut id);
            } else if let Some(data) = line.strip_prefix("data: ") {
                return (name, id, serde_json::from_str(data).expect("JSON"));
            }
        }
    }
}

#[test]
fn a_stream_tells_the_status_first_and_then_every_tick() {
    let mut served = Served::new(World::new());
    let mut reader = served.open("/v1/stream?symbols=btc-usd");
    let (name, id, first) = reader.event();
    assert_eq!((name.as_str(), &first["status"]), ("status", &json!("live")));
    assert!(id.ends_with(":BTC/USD"), "{id}");
    assert_eq!(reader.event().0, "price");
    served.world.secs(1);
    served.world.publish();
    let (name, next, _) = reader.event();
    assert_eq!(name, "price");
    assert_ne!(next, id);
    served.world.silence();
    served.world.secs(10);
    served.world.publish();
    let (name, _, halted) = reader.event();
    assert_eq!(
        (name.as_str(), &halted["status"], &halted["market"]),
        ("status", &json!("halted"), &Value::Null)
    );
}

#[test]
fn who_asks_for_changes_is_not_told_the_same_twice() {
    let mut served = Served::new(World::new());
    let mut reader = served.open("/v1/stream?symbols=WBETH/USD&changes");
    assert_eq!((reader.event().0, reader.event().0), ("status".to_owned(), "price".to_owned()));
    served.world.secs(1);
    served.world.publish();
    // Four of five fall together, which is a change; the quiet tick before it was none.
    for source in 6..10 {
        served.world.move_source(source, "0.999");
    }
    served.world.secs(1);
    served.world.publish();
    let (_, _, changed) = reader.event();
    assert_eq!(changed["market"], "0.999", "{changed}");
}

#[test]
fn a_hermes_stream_says_why_a_price_is_missing() {
    let mut served = Served::new(World::new());
    let (btc, wbeth) = (served.world.id("BTC/USD"), served.world.id("WBETH/USD"));
    let target = format!("/v2/updates/price/stream?ids[]={btc}&ids[]={wbeth}");
    let mut reader = served.open(&target);
    let (name, _, update) = reader.event();
    assert_eq!(name, "", "its clients only hear unnamed messages");
    assert_eq!(update["parsed"].as_array().map(Vec::len), Some(2));
    served.world.silence();
    served.world.secs(10);
    served.world.publish();
    let (_, _, update) = reader.event();
    assert_eq!(update["parsed"], json!([]));
    assert_eq!(update["seawall"][1]["status"], "halted");
}

#[test]
fn a_reader_that_does_not_read_holds_up_nobody() {
    let mut served = Served::new(World::new());
    let _deaf = served.open("/v1/stream");
    let mut reader = served.open("/v1/stream?symbols=BTC/USD");
    for _ in 0..200 {
        served.world.publish();
    }
    served.world.silence();
    served.world.secs(10);
    served.world.publish();
    let halted = std::iter::repeat_with(|| reader.event())
        .take(1_000)
        .any(|(_, _, data)| data["status"] == "halted");
    assert!(halted, "the newest comes through");
}

#[test]
fn a_stream_ends_when_the_server_stops() {
    let served = Served::new(World::new());
    let mut reader = served.open("/v1/stream");
    reader.event();
    served.world.stop.send_replace(true);
    while !reader.line().is_empty() || !reader.lines.fill_buf().expect("an end").is_empty() {}
}

#[test]
fn who_comes_when_the_oracle_has_stopped_is_not_told_an_old_price() {
    // The texts of a tick are shared among readers; a late one must not get what the first got.
    let served = Served::new(World::new());
    let (_, _, live) = served.open("/v1/stream?symbols=BTC-USD").event();
    assert_eq!(live["status"], "live");
    served.world.published_ago(units::Span::from_secs(3));
    let (_, _, late) = served.open("/v1/stream?symbols=BTC-USD").event();
    assert_eq!((&late["status"], &late["market"]), (&json!("halted"), &Value::Null));
}
