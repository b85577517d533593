//! Who listens while it happens: the venue's own tape, given up in the middle and gone on with, and Binance's stream of
//! liquidations.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Instant;

use runtime::client::{Endpoint, connect_websocket};
use runtime::http::{Bytes, WebSocket};
use runtime::{clock, task};
use serde_json::Value;
use units::Span;

/// How long all of it may take until it is heard.
const PATIENCE: Span = Span::from_secs(120);

/// Largest message.
const MESSAGE_BYTES: usize = 1 << 20;

/// Two listeners, each on a thread of its own.
pub(crate) struct Listening {
    tape: JoinHandle<(Vec<Value>, Instant)>,
    force_orders: JoinHandle<(Vec<Value>, Instant)>,
}

/// What they heard.
pub(crate) struct Heard {
    tape: Vec<Value>,
    force_orders: Vec<Value>,
    /// From the fall until the last came.
    pub(crate) tape_ms: u128,
    pub(crate) force_orders_ms: u128,
}

async fn open(address: SocketAddr, path: &str) -> WebSocket {
    let endpoint = Endpoint::parse(&format!("ws://{address}{path}")).expect("a URL");
    connect_websocket(&endpoint, MESSAGE_BYTES, PATIENCE).await.expect("a socket")
}

/// The next message.
async fn next(socket: &mut WebSocket, so_far: usize) -> Value {
    let deadline = clock::now().after(PATIENCE);
    let message = task::select! {
        message = socket.receive() => message,
        () = clock::sleep_until(deadline) => None,
    };
    let message = message.unwrap_or_else(|| panic!("nothing came after {so_far} messages"));
    serde_json::from_slice(&message).expect("JSON")
}

/// Reads the tape, hangs up in the middle, and goes on from there.
async fn tape(address: SocketAddr, count: usize) -> Vec<Value> {
    let (mut told, mut from) = (Vec::new(), 1);
    for until in [count / 2, count] {
        let mut socket = open(address, &format!("/v1/tape?from={from}")).await;
        while told.len() < until {
            told.push(next(&mut socket, told.len()).await);
        }
        from = told.last().and_then(|line: &Value| line["number"].as_u64()).unwrap_or(0) + 1;
    }
    told
}

/// Reads Binance's stream; says when it listens.
async fn force_orders(address: SocketAddr, count: usize, ready: mpsc::Sender<()>) -> Vec<Value> {
    let mut socket = open(address, "/ws/!forceOrder@arr").await;
    let ask = br#"{"method":"LIST_SUBSCRIPTIONS","id":1}"#;
    assert!(socket.send(Bytes::from_static(ask)).await, "the socket is open");
    assert_eq!(next(&mut socket, 0).await["result"][0], "!forceOrder@arr");
    ready.send(()).expect("somebody waits");
    let mut told = Vec::new();
    while told.len() < count {
        told.push(next(&mut socket, told.len()).await);
    }
    told
}

impl Listening {
    /// Begins; both listen when this returns.
    pub(crate) fn begin(address: SocketAddr, count: usize) -> Self {
        let (ready, is_ready) = mpsc::channel();
        let force_orders = std::thread::spawn(move || {
            (task::block_on(force_orders(address, count, ready)), Instant::now())
        });
        let tape =
            std::thread::spawn(move || (task::block_on(tape(address, count)), Instant::now()));
        is_ready.recv().expect("it listens");
        Self { tape, force_orders }
    }

    /// What was heard since the fall.
    pub(crate) fn end(self, fell: Instant) -> Heard {
        let (tape, tape_at) = self.tape.join().expect("the tape was heard to its end");
        let (force_orders, orders_at) =
            self.force_orders.join().expect("the liquidations were heard to their end");
        Heard {
            tape,
            force_orders,
            tape_ms: tape_at.duration_since(fell).as_millis(),
            force_orders_ms: orders_at.duration_since(fell).as_millis(),
        }
    }
}

impl Heard {
    /// Looks whether both have heard the tape: all of it, once, in its order.
    pub(crate) fn is_the_tape(&self, tape: &[Value]) {
        assert_eq!(self.tape.len(), tape.len());
        for (heard, line) in self.tape.iter().zip(tape) {
            assert_eq!(heard, line, "the stream and the range say different things");
        }
        assert_eq!(self.force_orders.len(), tape.len());
        for (heard, line) in self.force_orders.iter().zip(tape) {
            let order = &heard["o"];
            let told = [&order["s"], &order["S"], &order["q"], &order["ap"], &order["T"]];
            let kept =
                [&line["symbol"], &line["side"], &line["quantity"], &line["price"], &line["at"]];
            assert_eq!((&heard["e"], told), (&Value::from("forceOrder"), kept), "{line}");
        }
    }
}
