//! The flood: reads of many clients, a few transactions of another, and looks at what the gateway knows.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use incident::{Scene, Values, Watch};
use practice::{Action, World, WorldOptions, signed_transfer};
use runtime::http::{Bytes, StatusCode};
use runtime::{clock, task};
use serde_json::{Value, json};
use units::Span;

use crate::front::{self, Caller, Front};

/// Longest wait for an answer; who sends a transaction has given up by then.
const PATIENCE: Span = Span::from_secs(3);
/// Largest answer that is read: what is known of a chain, with its upstreams.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// Most reads under way at once of one client, so that a flood does not use up the machine's ports.
const UNDER_WAY_MAX: u64 = 100;
/// The chain's name in the configuration.
const CHAIN: &str = "practice";
/// How often is looked at what the gateway knows.
const LOOKS_PER_SECOND: u64 = 5;
/// How far behind the chain the gateway may be and still know where it is.
const BEHIND_BLOCKS: u64 = 3;
/// Calm before the flood, in which the gateway gets to know its nodes, and time for the last answers.
const CALM: Span = Span::from_millis(1_000);
const REST: Span = Span::from_millis(500);

/// What was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    Transaction,
    Look,
}

/// What became of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) at: f64,
    pub(super) kind: Kind,
    pub(super) is_good: bool,
    pub(super) took_ms: f64,
}

/// How large the flood is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flood {
    seconds: u64,
    node_stands: u64,
    reads: u64,
    clients: u64,
    transactions: u64,
}

impl Flood {
    pub(super) fn read(values: &Values) -> Result<Self, String> {
        let read = Self {
            seconds: values.count("flood_seconds")?,
            node_stands: values.count("node_stands_per_second")?,
            reads: values.count("reads_per_second")?,
            clients: values.count("clients")?,
            transactions: values.count("transactions_per_second")?,
        };
        let sound = (1..=120).contains(&read.seconds)
            && (1..=10_000).contains(&read.node_stands)
            && (1..=5_000).contains(&read.reads)
            && (1..=50).contains(&read.clients)
            && (1..=100).contains(&read.transactions);
        if !sound {
            return Err("a flood has 1 to 120 seconds, 1 to 5,000 reads and 1 to 100 transactions a second of 1 to 50 \
                        clients, and a node stands 1 to 10,000"
                .to_owned());
        }
        Ok(read)
    }
}

/// What is shared by those who send.
#[derive(Debug)]
struct Log {
    began: Instant,
    samples: Mutex<Vec<Sample>>,
}

impl Log {
    fn put(&self, kind: Kind, sent: Instant, is_good: bool) {
        let at = sent.saturating_duration_since(self.began).as_secs_f64();
        let took_ms = sent.elapsed().as_secs_f64() * 1_000.0;
        let sample = Sample { at, kind, is_good, took_ms };
        self.samples.lock().unwrap_or_else(PoisonError::into_inner).push(sample);
    }
}

/// Runs it.
///
/// # Errors
/// Where nodes or gateway do not start.
pub(super) fn run(
    scene: &Scene<'_>,
    flood: &Arc<Flood>,
    watch: &dyn Watch,
) -> Result<Vec<Sample>, String> {
    watch.progress(0, "nodes and gateway start");
    let block_time = Span::from_millis(1_000);
    let options = WorldOptions { block_time, ..WorldOptions::default() };
    let (world, places) = front::nodes(scene, options)?;
    let places = places.with("block-time", block_time.as_millis());
    let front = Front::open(scene, &places, CHAIN, watch)?;
    task::block_on(async {
        for node in world.nodes() {
            let stands = Action::Stand { per_second: flood.node_stands };
            world.apply(&node.name, &stands).await.map_err(|error| error.to_string())?;
        }
        clock::sleep(CALM).await;
        watch.progress(150, "the flood");
        let log = Arc::new(Log { began: Instant::now(), samples: Mutex::default() });
        let mut senders = Vec::new();
        for nth in 0..flood.clients {
            let client = Arc::new(client(&front, nth));
            senders.push(task::spawn(reads(Arc::clone(flood), nth, client, Arc::clone(&log))));
        }
        let client = Arc::new(client(&front, flood.clients));
        let chain = world.chain_id();
        let sends = transactions(Arc::clone(flood), chain, Arc::clone(&client), Arc::clone(&log));
        senders.push(task::spawn(sends));
        looks(flood, &world, front.tells().then_some(&*client), &log).await;
        clock::sleep(REST).await;
        for sender in senders {
            sender.abort();
        }
        front.end()?;
        watch.progress(1_000, "over");
        Ok(std::mem::take(&mut *log.samples.lock().unwrap_or_else(PoisonError::into_inner)))
    })
}

/// A client with an address of its own, which is what the gateway tells clients apart by.
fn client(front: &Front, nth: u64) -> Caller {
    let last = u8::try_from(nth.saturating_add(2)).unwrap_or(u8::MAX);
    front.caller_from(Ipv4Addr::new(127, 0, 0, last), ANSWER_BYTES_MAX)
}

async fn reads(flood: Arc<Flood>, nth: u64, client: Arc<Caller>, log: Arc<Log>) {
    let pause = Span::from_secs(flood.clients).divided_by(flood.reads);
    let count = flood.seconds.saturating_mul(flood.reads) / flood.clients;
    let under_way = Arc::new(AtomicU64::new(0));
    let mut next = clock::now();
    for call in 0..count {
        let sent = Instant::now();
        if under_way.load(Ordering::Relaxed) < UNDER_WAY_MAX {
            under_way.fetch_add(1, Ordering::Relaxed);
            let holder = format!("0x{:040x}", nth.saturating_mul(1_000_000).saturating_add(call));
            let body = question("eth_getBalance", &json!([holder, "latest"]));
            let (client, log) = (Arc::clone(&client), Arc::clone(&log));
            let under_way = Arc::clone(&under_way);
            task::spawn(async move {
                let is_good = answered(&client, body).await;
                log.put(Kind::Read, sent, is_good);
                under_way.fetch_sub(1, Ordering::Relaxed);
            });
        } else {
            log.put(Kind::Read, sent, false);
        }
        next = next.after(pause);
        clock::sleep_until(next).await;
    }
}

async fn transactions(flood: Arc<Flood>, chain: u64, client: Arc<Caller>, log: Arc<Log>) {
    let pause = Span::from_secs(1).divided_by(flood.transactions);
    let mut next = clock::now();
    for nonce in 0..flood.seconds.saturating_mul(flood.transactions) {
        let body = question("eth_sendRawTransaction", &json!([signed_transfer(chain, nonce)]));
        let (client, log, sent) = (Arc::clone(&client), Arc::clone(&log), Instant::now());
        task::spawn(async move { log.put(Kind::Transaction, sent, answered(&client, body).await) });
        next = next.after(pause);
        clock::sleep_until(next).await;
    }
}

/// Looks at what the gateway knows while the flood lasts, where it tells of that.
async fn looks(flood: &Flood, world: &World, client: Option<&Caller>, log: &Log) {
    let pause = Span::from_secs(1).divided_by(LOOKS_PER_SECOND);
    let mut next = clock::now();
    for _ in 0..flood.seconds.saturating_mul(LOOKS_PER_SECOND) {
        let sent = Instant::now();
        let head = world.nodes().into_iter().map(|node| node.head.0).max().unwrap_or_default();
        if let Some(client) = client {
            let known = known_head(client).await;
            let is_good = known.is_some_and(|known| known.saturating_add(BEHIND_BLOCKS) >= head);
            log.put(Kind::Look, sent, is_good);
        }
        next = next.after(pause);
        clock::sleep_until(next).await;
    }
}

/// The head that the gateway knows of, by its own account of the chain.
async fn known_head(client: &Caller) -> Option<u64> {
    let answer = client.get(&format!("/v1/chains/{CHAIN}"), PATIENCE).await?;
    let said: Value = serde_json::from_slice(&answer.body).ok()?;
    said.get("head")?.get("number")?.as_u64()
}

fn question(method: &str, params: &Value) -> Bytes {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string().into()
}

/// Whether a node's answer came, be it that the transaction cannot be paid for.
async fn answered(client: &Caller, body: Bytes) -> bool {
    let Some(answer) = client.post(body, PATIENCE).await else { return false };
    if answer.status != StatusCode::OK {
        return false;
    }
    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    said.get("result").is_some() || front::is_of_node(&answer, &said)
}
