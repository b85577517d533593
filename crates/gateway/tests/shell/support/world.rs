//! A gateway over nodes, and a client's way to it.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use gateway::Gateway;
use gateway::config::{AdmissionConfig, ChainConfig, ClientLimits, GatewayConfig, UpstreamConfig};
use gateway_core::{ChainSnapshot, State};
use runtime::client::{Endpoint, connect_websocket};
use runtime::http::{Bytes, WebSocket};
use serde_json::Value;
use testkit::http::{Connection, Message};
use units::Span;

use super::node::{Node, loopback};
use super::script::CHAIN_ID;

/// The longest wait for anything; far beyond what a loaded machine needs.
const PATIENCE: Duration = Duration::from_secs(20);

/// A gateway in front of nodes. Upstreams are called `a`, `b`, `c` and so on in their order.
#[derive(Debug)]
pub(crate) struct World {
    gateway: Option<Gateway>,
    pub(crate) nodes: Vec<Node>,
}

impl World {
    /// So many nodes of one chain, all serving.
    pub(crate) fn of(count: usize) -> Self {
        Self::over((0..count).map(|_| Node::start()).collect())
    }

    /// These nodes, all serving.
    pub(crate) fn over(nodes: Vec<Node>) -> Self {
        let world = Self::with(nodes, |_| {});
        world.await_serving();
        world
    }

    /// These nodes, all serving, behind a gateway that keeps and shares answers.
    pub(crate) fn keeping(nodes: Vec<Node>) -> Self {
        let world = Self::with(nodes, |config| config.chains[0].cache_bytes = 1 << 20);
        world.await_serving();
        world
    }

    /// These nodes, behind a gateway with settings of its own, not waited for.
    pub(crate) fn with(nodes: Vec<Node>, adapt: impl FnOnce(&mut GatewayConfig)) -> Self {
        let urls: Vec<String> = nodes.iter().map(Node::url).collect();
        let mut config = GatewayConfig {
            listen: loopback(),
            workers: 1,
            limits: ClientLimits::default(),
            admin_token: None,
            admission: AdmissionConfig::default(),
            chains: vec![chain("testnet", CHAIN_ID, &urls)],
        };
        adapt(&mut config);
        Self { gateway: Some(Gateway::start(config).expect("a free port")), nodes }
    }

    pub(crate) fn gateway(&self) -> &Gateway {
        self.gateway.as_ref().expect("the gateway runs")
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.gateway().address()
    }

    /// Waits until every upstream serves, knows its version and whether it takes hashes.
    pub(crate) fn await_serving(&self) {
        eventually("all upstreams serve", || {
            let snapshot = self.snapshot();
            snapshot
                .upstreams
                .iter()
                .all(|upstream| upstream.state == State::Serving && upstream.version.is_some())
        });
    }

    /// What the gateway knows of its first chain.
    pub(crate) fn snapshot(&self) -> ChainSnapshot {
        let (_, snapshot) = self.gateway().snapshots().swap_remove(0);
        snapshot
    }

    /// Calls to upstreams that the gateway counts as under way.
    pub(crate) fn in_flight(&self) -> u32 {
        self.snapshot().upstreams.iter().map(|upstream| upstream.in_flight).sum()
    }

    /// POSTs a body to `/`.
    pub(crate) fn post(&self, body: &str) -> Message {
        self.post_to("/", &[], body)
    }

    /// POSTs a body with headers.
    pub(crate) fn post_to(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Message {
        post(self.address(), path, headers, body).expect("the gateway answers")
    }

    /// GETs a path.
    pub(crate) fn get(&self, path: &str) -> Message {
        testkit::http::get(self.address(), path, PATIENCE).expect("the gateway answers")
    }

    /// Calls a method; the whole answer.
    pub(crate) fn call(&self, method: &str, params: &str) -> Message {
        self.post(&call(1, method, params))
    }

    /// The head that the gateway tells clients.
    pub(crate) fn head(&self) -> Value {
        json(&self.call("eth_blockNumber", "[]"))["result"].clone()
    }

    /// A WebSocket to the gateway, blocking.
    pub(crate) async fn socket(&self) -> WorldSocket {
        let endpoint = Endpoint::parse(&format!("ws://{}", self.address())).expect("a URL");
        let opened = connect_websocket(&endpoint, 1 << 20, Span::from_secs(20)).await;
        WorldSocket(opened.expect("the gateway takes WebSockets"))
    }

    /// Hands the gateway over, to be stopped.
    pub(crate) fn take_gateway(&mut self) -> Gateway {
        self.gateway.take().expect("the gateway runs")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // The nodes first: a call that one of them holds would keep the gateway from ending.
        self.nodes.clear();
        if let Some(gateway) = self.gateway.take() {
            gateway.stop();
        }
    }
}

/// A client's WebSocket.
pub(crate) struct WorldSocket(WebSocket);

impl WorldSocket {
    pub(crate) async fn send(&mut self, text: &str) {
        assert!(self.0.send(Bytes::copy_from_slice(text.as_bytes())).await, "the gateway is there");
    }

    /// The next message; `None` once the gateway has closed.
    pub(crate) async fn receive(&mut self) -> Option<String> {
        let message = self.0.receive().await?;
        Some(String::from_utf8(message.to_vec()).expect("text"))
    }
}

/// A chain with upstreams at these URLs, each of an operator of its own.
pub(crate) fn chain(name: &str, id: u64, urls: &[String]) -> ChainConfig {
    let upstreams = urls.iter().zip('a'..='z').map(|(url, letter)| {
        let http = Endpoint::parse(url).expect("a URL");
        UpstreamConfig {
            cloud: Some(format!("cloud-{letter}")),
            ..UpstreamConfig::new(&letter.to_string(), http, &format!("operator-{letter}"))
        }
    });
    ChainConfig {
        // Tests count the calls that nodes see; those about second opinions ask for them.
        second_opinion_per_mille: 0,
        cache_bytes: 0,
        ..ChainConfig::new(name, id, Span::from_secs(1), upstreams.collect())
    }
}

/// POSTs a body over a connection of its own.
pub(crate) fn post(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<Message> {
    let mut connection = Connection::open(address, PATIENCE)?;
    let mut all = vec![("content-type", "application/json"), ("connection", "close")];
    all.extend_from_slice(headers);
    connection.exchange("POST", path, &all, body.as_bytes())
}

/// The body of a call.
pub(crate) fn call(id: u64, method: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#)
}

/// The body as JSON.
pub(crate) fn json(message: &Message) -> Value {
    serde_json::from_slice(&message.body)
        .unwrap_or_else(|error| panic!("{error}: {}: {}", message.start, message.text()))
}

/// Waits until a condition holds; fails after far longer than it can take.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
