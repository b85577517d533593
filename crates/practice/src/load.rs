//! The clients of a storm: real calls over HTTP to the gateway, bounded in rate and number.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use runtime::client::{CallError, CallResponse, Client, Endpoint};
use runtime::http::{Bytes, HeaderMap, StatusCode};
use runtime::{clock, task};
use serde_json::{Value, json};
use units::{Span, Timestamp};

/// Calls under way at once; as many as connections are kept alive, so that no connection is used for one
/// call only and no machine runs out of ports. What would be more counts as not sent.
const IN_FLIGHT_MAX: usize = 250;

/// How long a client waits for an answer. Wallets wait for some seconds.
const PATIENCE: Span = Span::from_secs(5);

/// Longest answer that is read; a balance has some fifty bytes.
const ANSWER_BYTES_MAX: usize = 65_536;

/// Seconds that are remembered: more than any scenario lasts.
const SECONDS_MAX: usize = 120;

/// What became of the calls of one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Calls that clients wanted to make.
    pub wanted: u64,
    /// An upstream's answer came.
    pub answered: u64,
    /// HTTP 429: the gateway shed the call to keep the rest alive.
    pub shed: u64,
    /// The gateway refused it for another reason, such as that no node was left.
    pub refused: u64,
    /// No answer came in time, or the connection broke.
    pub failed: u64,
    /// There were too many under way already.
    pub unsent: u64,
}

impl Tally {
    /// This and `other` together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            wanted: self.wanted + other.wanted,
            answered: self.answered + other.answered,
            shed: self.shed + other.shed,
            refused: self.refused + other.refused,
            failed: self.failed + other.failed,
            unsent: self.unsent + other.unsent,
        }
    }
}

/// The calls of clients, a steady number a second.
#[derive(Debug)]
pub(crate) struct Load {
    client: Arc<Client>,
    counts: Arc<Mutex<Counts>>,
    rate: u64,
    /// Since when the rate holds, and how many calls it has made since.
    since: Timestamp,
    made: u64,
    /// Numbers the calls, so that each asks for something else.
    call: u64,
}

#[derive(Debug)]
struct Counts {
    start: Timestamp,
    in_flight: usize,
    seconds: VecDeque<Tally>,
}

impl Load {
    /// Clients of `gateway` that make no calls yet.
    pub(crate) fn new(gateway: Endpoint) -> Self {
        let start = clock::now();
        let counts = Counts { start, in_flight: 0, seconds: VecDeque::new() };
        Self {
            client: Arc::new(Client::new(gateway, ANSWER_BYTES_MAX)),
            counts: Arc::new(Mutex::new(counts)),
            rate: 0,
            since: start,
            made: 0,
            call: 0,
        }
    }

    /// Makes `rate` calls a second from now on.
    pub(crate) fn set_rate(&mut self, rate: u64) {
        (self.rate, self.since, self.made) = (rate, clock::now(), 0);
    }

    /// Makes the calls that are due, as tasks of the running thread's runtime.
    pub(crate) fn tick(&mut self) {
        let elapsed = clock::now().since(self.since).as_millis();
        let due = self.rate.saturating_mul(elapsed) / 1_000;
        while self.made < due {
            self.made += 1;
            self.call += 1;
            let mut counts = lock(&self.counts);
            counts.note(|tally| tally.wanted += 1);
            if counts.in_flight >= IN_FLIGHT_MAX {
                counts.note(|tally| tally.unsent += 1);
                continue;
            }
            counts.in_flight += 1;
            drop(counts);
            let (client, counts) = (Arc::clone(&self.client), Arc::clone(&self.counts));
            let body = body(self.call);
            task::spawn(async move {
                let outcome = client.post(body, &HeaderMap::new(), PATIENCE).await;
                let mut counts = lock(&counts);
                counts.in_flight -= 1;
                counts.note(|tally| count(tally, &outcome));
            });
        }
    }

    /// What became of the calls, second by second.
    pub(crate) fn seconds(&self) -> Vec<Tally> {
        lock(&self.counts).seconds.iter().copied().collect()
    }
}

impl Counts {
    /// Counts something in the present second.
    fn note(&mut self, add: impl FnOnce(&mut Tally)) {
        let second =
            usize::try_from(clock::now().since(self.start).as_secs()).unwrap_or(usize::MAX);
        let wanted = second.saturating_add(1).min(SECONDS_MAX);
        while self.seconds.len() < wanted {
            self.seconds.push_back(Tally::default());
        }
        if let Some(second) = self.seconds.back_mut() {
            add(second);
        }
    }
}

fn lock(counts: &Mutex<Counts>) -> MutexGuard<'_, Counts> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A read that no other call makes: the balance of an account of its own.
fn body(call: u64) -> Bytes {
    let params = json!([format!("0x{call:040x}"), "latest"]);
    let body = json!({"jsonrpc": "2.0", "id": call, "method": "eth_getBalance", "params": params});
    body.to_string().into()
}

fn count(tally: &mut Tally, outcome: &Result<CallResponse, CallError>) {
    let Ok(response) = outcome else {
        tally.failed += 1;
        return;
    };
    if response.status == StatusCode::TOO_MANY_REQUESTS {
        tally.shed += 1;
        return;
    }
    let answer: Option<Value> = serde_json::from_slice(&response.body).ok();
    match answer.is_some_and(|answer| answer.get("result").is_some()) {
        true => tally.answered += 1,
        false => tally.refused += 1,
    }
}
