//! A venue, its oracle, and a client that signs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use runtime::client::{Endpoint, connect_websocket};
use runtime::http::{
    Bytes, Handler, KillableServer, Limits, Listener, Request, Response, WebSocket,
};
use runtime::{clock, task};
use serde_json::Value;
use tempfile::TempDir;
use testkit::http::{Connection, Message};
use units::{Money, Price, Quantity, Ratio, Span};
use venue::Running;
use venue::config::{
    AdmissionMode, ClientLimits, JournalConfig, KeyConfig, LiquidationFeed, MarketConfig, Network,
    OrderNames, Permissions, Secret, VenueConfig,
};
use venue_core::MarketSettings;
use wire_binance::{Query, Sink as _};

/// How long anything may take that is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Who has which key, what it may do, and the account.
pub(crate) const ADMIN: &str = "admin-key-00000001";
pub(crate) const TRADER: &str = "trader-key-0000001";
pub(crate) const MAKER: &str = "maker-key-00000001";
const KEYS: [(&str, &str, &str, &str); 5] = [
    (ADMIN, "read trade withdraw admin", "venue", "127.0.0.0/8"),
    (TRADER, "read trade", "trader", "127.0.0.0/8"),
    (MAKER, "read trade", "maker", "127.0.0.0/8"),
    ("reader-key-0000001", "read", "trader", "127.0.0.0/8"),
    ("distant-key-000001", "read trade", "trader", "10.0.0.0/8"),
];

/// An oracle that says one price ten times a second.
struct Oracle(Arc<AtomicU64>);

impl Handler for Oracle {
    async fn handle(&self, _request: Request) -> Response {
        let (response, sender) = Response::stream("text/event-stream");
        let price = Arc::clone(&self.0);
        drop(task::spawn(async move {
            let said = || {
                let price = price.load(Ordering::Relaxed);
                format!(
                    "event: price\ndata: {{\"symbol\":\"BTC/USD\",\"status\":\"live\",\"market\":\"{price}\",\
                     \"fundamental\":null,\"liquidation\":\"{price}\",\"confidence\":\"1\",\"as_of\":0,\"age_ms\":0,\
                     \"clusters\":null}}\n\n"
                )
            };
            while sender.send(Bytes::from(said())).await.is_ok() {
                clock::sleep(Span::from_millis(100)).await;
            }
        }));
        response
    }
}

/// A venue in a folder of its own, with three accounts of 100,000 each.
pub(crate) struct World {
    pub(crate) running: Option<Running>,
    pub(crate) config: VenueConfig,
    price: Arc<AtomicU64>,
    _oracle: KillableServer,
    _folder: TempDir,
}

fn config(folder: &TempDir, oracle: SocketAddr) -> VenueConfig {
    let (tick, lot) = (Price::from_raw(100_000_000_000), Quantity::from_raw(1_000_000_000));
    let market = MarketConfig {
        settings: MarketSettings::perpetual("BTCUSDT", tick, lot),
        base: "BTC".to_owned(),
        feed: "BTC/USD".to_owned(),
        funding_interval: Span::from_secs(28_800),
        funding_max: Ratio::from_bps(75),
    };
    let key = |&(key, words, account, network): &(&str, &str, &str, &str)| KeyConfig {
        key: key.to_owned(),
        secret: Secret::new(&secret(key)),
        account: account.to_owned(),
        permissions: Permissions::of(words.split(' ')).expect("permissions"),
        addresses: vec![Network::parse(network).expect("a network")],
    };
    VenueConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        workers: 1,
        data: folder.path().join("venue"),
        prices: Endpoint::parse(&format!("http://{oracle}")).expect("a URL"),
        tls: None,
        admission: AdmissionMode::Fair,
        liquidation_feed: LiquidationFeed::Every,
        order_names: OrderNames::default(),
        journal: JournalConfig::default(),
        capacity_per_second: None,
        limits: ClientLimits::default(),
        master_secret: Some(Secret::new("the master secret of a test")),
        webhooks: Vec::new(),
        settlement: "USDT".to_owned(),
        settlement_feed: None,
        backstop: None,
        fund: Money::whole(1_000),
        assets: Vec::new(),
        markets: vec![market],
        keys: KEYS.iter().map(key).collect(),
    }
}

/// What a key's requests are signed with.
pub(crate) fn secret(key: &str) -> String {
    format!("the secret of {key}")
}

impl World {
    /// Starts it, and waits until there is a price.
    pub(crate) fn start() -> Self {
        Self::start_with(|_| {})
    }

    /// The same, with a changed configuration.
    pub(crate) fn start_with(change: impl FnOnce(&mut VenueConfig)) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
        let price = Arc::new(AtomicU64::new(100_000));
        let address = listener.address();
        let handler = Arc::new(Oracle(Arc::clone(&price)));
        let oracle = KillableServer::start("oracle", listener, Limits::default(), handler);
        let mut config = config(&folder, address);
        change(&mut config);
        let running = Running::start(config.clone()).expect("it starts");
        for account in ["venue", "trader", "maker"] {
            running.endow(account, Money::whole(100_000));
        }
        let world =
            Self { running: Some(running), config, price, _oracle: oracle, _folder: folder };
        world.await_price();
        world
    }

    /// Stops it and starts it again over the same folder.
    pub(crate) fn restart(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop();
        }
        self.running = Some(Running::start(self.config.clone()).expect("it starts again"));
        self.await_price();
    }

    /// Has the oracle say another price.
    pub(crate) fn say(&self, price: u64) {
        self.price.store(price, Ordering::Relaxed);
    }

    pub(crate) fn await_price(&self) {
        let deadline = Instant::now() + PATIENCE;
        let live = || {
            let markets = self.get("/v1/markets");
            markets["items"].as_array().expect("a list").iter().all(|it| it["status"] == "live")
        };
        while !live() {
            assert!(Instant::now() < deadline, "there is no price");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.running.as_ref().expect("it runs").address()
    }

    /// Sends a request as it is.
    pub(crate) fn send(
        &self,
        method: &str,
        target: &str,
        key: Option<&str>,
        body: &[u8],
    ) -> Message {
        let mut connection = Connection::open(self.address(), PATIENCE).expect("it listens");
        let headers: Vec<(&str, &str)> = key.into_iter().map(|key| ("X-MBX-APIKEY", key)).collect();
        connection.exchange(method, target, &headers, body).expect("an answer")
    }

    /// The body of an answer that anybody may have.
    pub(crate) fn get(&self, target: &str) -> Value {
        read(&self.send("GET", target, None, b""))
    }

    /// Sends a signed request, and gives its status and body.
    pub(crate) fn ask(
        &self,
        key: &str,
        method: &str,
        path: &str,
        params: &[(&str, &str)],
    ) -> (u16, Value) {
        let query = signed(key, params, clock::unix_time().as_millis());
        let answer = self.send(method, &format!("{path}?{query}"), Some(key), b"");
        (answer.status(), read(&answer))
    }

    /// The same, where it has to be done.
    pub(crate) fn done(
        &self,
        key: &str,
        method: &str,
        path: &str,
        params: &[(&str, &str)],
    ) -> Value {
        let (status, body) = self.ask(key, method, path, params);
        assert_eq!(status, 200, "{method} {path} {params:?}: {body}");
        body
    }

    /// The code of a refusal.
    pub(crate) fn code(&self, key: &str, method: &str, path: &str, params: &[(&str, &str)]) -> i64 {
        let (status, body) = self.ask(key, method, path, params);
        assert!(status >= 400, "{method} {path}: {body}");
        body["code"].as_i64().unwrap_or_else(|| panic!("{method} {path}: {body}"))
    }

    /// A limit order of somebody.
    pub(crate) fn order(&self, key: &str, side: &str, quantity: &str, price: &str) -> Value {
        let params = [
            ("symbol", "BTCUSDT"),
            ("side", side),
            ("type", "LIMIT"),
            ("timeInForce", "GTC"),
            ("quantity", quantity),
            ("price", price),
        ];
        self.done(key, "POST", "/fapi/v1/order", &params)
    }

    /// Opens a socket.
    pub(crate) async fn socket(&self, path: &str) -> WebSocket {
        let url = format!("ws://{}{path}", self.address());
        let endpoint = Endpoint::parse(&url).expect("a URL");
        connect_websocket(&endpoint, 1 << 20, Span::from_secs(20)).await.expect("a socket")
    }
}

/// A query that is signed as of a time.
pub(crate) fn signed(key: &str, params: &[(&str, &str)], timestamp: u64) -> String {
    let mut query = Query::new();
    for (name, value) in params {
        query.push(name, value);
    }
    query.sign(&wire_binance::Secret::new(secret(key).as_bytes()), timestamp, None);
    query.as_str().to_owned()
}

fn read(message: &Message) -> Value {
    serde_json::from_slice(&message.body).unwrap_or_else(|_| panic!("no JSON: {}", message.text()))
}

/// The next message of a socket that is wanted; others are passed over.
pub(crate) async fn next(socket: &mut WebSocket, wanted: impl Fn(&Value) -> bool) -> Value {
    let deadline = clock::now().after(Span::from_secs(20));
    loop {
        let message = task::select! {
            message = socket.receive() => message.expect("the socket is open"),
            () = clock::sleep_until(deadline) => panic!("nothing came that is wanted"),
        };
        let message: Value = serde_json::from_slice(&message).expect("JSON");
        if wanted(&message) {
            return message;
        }
    }
}
