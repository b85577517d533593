//! The users: reads at random times, each of the newest state, and what came back.

use std::sync::{Arc, Mutex, PoisonError};

use machine::Prng;
use runtime::client::CallResponse;
use runtime::{clock, task};
use serde_json::{Value, json};
use units::{Span, Timestamp};

use super::chains::{Found, quantity};
use crate::front::Caller;

/// How long a user waits. Wallets wait for some seconds; time is scaled here.
const PATIENCE: Span = Span::from_secs(2);
/// Calls under way at once; more would be a test of this machine. What would be more is a failed request.
const IN_FLIGHT_MAX: usize = 250;
/// Most answers that are remembered: some minutes of a busy run.
const RECORDS_MAX: usize = 200_000;

/// A read that was made: when it was asked, in seconds of the run, and what came of it.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) at: f64,
    pub(super) got: Got,
}

/// What came of a read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Got {
    /// The newest block.
    Block { hash: String, number: u64 },
    /// Whether the makers of the minority's blocks have earned anything: only on their own branch they have.
    Earned(bool),
    /// The receipt of a transaction, and the block that it is said to be in.
    Receipt { transaction: String, block: String },
    /// A true answer that says nothing of a branch, such as that a receipt is not there yet.
    Nothing,
    /// The gateway says that branches have parted and none is followed.
    Undecided,
    /// It was told to come back, for there is too much to do.
    Shed,
    /// No answer, or an error.
    Failed,
}

/// What all tasks of the reads share.
#[derive(Debug, Default)]
struct Shared {
    records: Vec<Record>,
    in_flight: usize,
    /// A transaction of the newest block that was shown, whose receipt somebody waits for.
    paid: Option<String>,
}

/// The users of one gateway.
#[derive(Debug)]
pub(super) struct Reader {
    gateway: Arc<Caller>,
    shared: Arc<Mutex<Shared>>,
    start: Timestamp,
    next: Timestamp,
    rate: f64,
    prng: Prng,
    /// The account of the makers of the minority's blocks.
    maker: Arc<str>,
}

impl Reader {
    /// Users who make `rate` reads a second on average, from now on.
    pub(super) fn new(gateway: Caller, maker: &str, rate: f64, seed: u64) -> Self {
        let start = clock::now();
        Self {
            gateway: Arc::new(gateway),
            shared: Arc::default(),
            start,
            next: start,
            rate,
            prng: Prng::new(seed),
            maker: maker.into(),
        }
    }

    /// Makes so many reads a second from now on.
    pub(super) fn set_rate(&mut self, rate: f64) {
        self.rate = rate;
        self.next = clock::now();
    }

    /// When the next read is due.
    pub(super) const fn next(&self) -> Timestamp {
        self.next
    }

    /// Makes the reads that are due, as tasks.
    pub(super) fn tick(&mut self) {
        while self.next <= clock::now() {
            self.read();
            // Poisson's arrivals: exponential gaps.
            let chance = (self.prng.below(1 << 52) + 1) as f64 / (1_u64 << 52) as f64;
            let gap = -chance.ln() / self.rate.max(0.001);
            self.next = self.next.after(Span::from_micros((gap * 1e6) as u64));
        }
    }

    fn read(&mut self) {
        let at = clock::now().since(self.start).as_micros() as f64 / 1e6;
        let kind = self.prng.below(10);
        let own = format!("0x{:040x}", self.prng.next_u64());
        let mut shared = lock(&self.shared);
        if shared.in_flight >= IN_FLIGHT_MAX {
            keep(&mut shared, Record { at, got: Got::Failed });
            return;
        }
        shared.in_flight += 1;
        let paid = shared.paid.clone();
        drop(shared);
        let (gateway, shared) = (Arc::clone(&self.gateway), Arc::clone(&self.shared));
        let maker = Arc::clone(&self.maker);
        task::spawn(async move {
            let (question, what) = match (kind, paid) {
                (0..3, _) => (
                    json!({"method": "eth_getBalance", "params": [&*maker, "latest"]}),
                    What::Earned,
                ),
                (3..6, Some(paid)) => (
                    json!({"method": "eth_getTransactionReceipt", "params": [&paid]}),
                    What::Receipt(paid),
                ),
                (9, _) => {
                    (json!({"method": "eth_getBalance", "params": [own, "latest"]}), What::Own)
                }
                _ => (
                    json!({"method": "eth_getBlockByNumber", "params": ["latest", false]}),
                    What::Block,
                ),
            };
            let mut body = question;
            body["jsonrpc"] = json!("2.0");
            body["id"] = json!(1);
            let answer = gateway.post(body.to_string().into(), PATIENCE).await;
            let (got, newest) = judge(what, answer);
            let mut shared = lock(&shared);
            shared.in_flight = shared.in_flight.saturating_sub(1);
            if let Some(paid) = newest {
                shared.paid = Some(paid);
            }
            keep(&mut shared, Record { at, got });
        });
    }

    /// All that came of the reads, in the order in which they were asked.
    pub(super) fn records(&self) -> Vec<Record> {
        let mut records = lock(&self.shared).records.clone();
        records.sort_by(|one, other| one.at.total_cmp(&other.at));
        records
    }
}

/// What was asked.
enum What {
    Block,
    Earned,
    /// The balance of an account that nobody else asks for.
    Own,
    Receipt(String),
}

fn keep(shared: &mut Shared, record: Record) {
    if shared.records.len() < RECORDS_MAX {
        shared.records.push(record);
    }
}

fn lock(shared: &Mutex<Shared>) -> std::sync::MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What an answer is, and a transaction of the block that it shows.
fn judge(what: What, answer: Option<CallResponse>) -> (Got, Option<String>) {
    let Some(answer) = answer else { return (Got::Failed, None) };
    let too_much = answer.status.as_u16() == 429;
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let Some(result) = body.get("result") else {
        let reason = body.pointer("/error/data/reason").and_then(Value::as_str);
        let got = match reason {
            Some("chain_split") => Got::Undecided,
            _ if too_much => Got::Shed,
            _ => Got::Failed,
        };
        return (got, None);
    };
    match what {
        What::Block => match Found::read(result) {
            Some(Found { number, hash, transactions, .. }) => {
                (Got::Block { hash, number }, transactions.into_iter().next())
            }
            None => (Got::Failed, None),
        },
        What::Earned => match result.as_str() {
            Some(wei) => (Got::Earned(!matches!(wei, "0x0" | "0x")), None),
            None => (Got::Failed, None),
        },
        What::Own => (if result.is_string() { Got::Nothing } else { Got::Failed }, None),
        What::Receipt(transaction) => {
            let block = result.get("blockHash").and_then(Value::as_str).map(str::to_owned);
            let is_block = result.get("blockNumber").and_then(quantity).is_some();
            match block.filter(|_| is_block) {
                Some(block) => (Got::Receipt { transaction, block }, None),
                None => (Got::Nothing, None),
            }
        }
    }
}
