//! Clients in an open loop: sessions begin when they are due, whatever becomes of the earlier ones.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use machine::Prng;
use practice::signed_transfer;
use runtime::http::{Bytes, StatusCode};
use runtime::{clock, task};
use serde_json::{Value, json};
use units::{Span, Timestamp};

use super::spec::Load;
use super::tally::{Met, Tally};
use crate::front::{Caller, Front, is_of_node};

/// Addresses that clients come from, for whoever takes them in turn.
const ADDRESSES: u8 = 32;
/// Largest answer, in bytes.
const ANSWER_BYTES_MAX: usize = 4 << 20;
/// Steps in which arrivals are drawn, in seconds.
const STEP: f64 = 0.005;
/// Most sessions under way: with more the run says that this machine was the limit.
const UNDER_WAY_MAX: usize = 6_000;

/// Accounts that own something from the first block on, so that a balance of zero is wrong: those of the development
/// mnemonic "test test test test test test test test test test test junk".
const RICH: [&str; 4] = [
    "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
    "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
    "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
    "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
];
/// The contract that everybody reads: the one of EIP-2935, which tells the hash of an earlier block.
const HOT: &str = "0x0000F90827F1C53a10cb7A02335B175320002935";

/// All clients together.
#[derive(Debug)]
pub(super) struct Crowd {
    load: Load,
    doors: Vec<Caller>,
    began: Timestamp,
    ends: Timestamp,
    chain_id: u64,
    tally: Mutex<Tally>,
}

/// What a client wants to know of an answer beside that it is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Read,
    /// Of a balance that is not zero.
    Balance,
    /// Of a transaction. The practice accounts own nothing, so that a node's answer is that it cannot be paid for: what
    /// counts is that it was a node's.
    Transaction,
}

impl Crowd {
    /// Clients of a gateway, who come from `began` on for so many seconds.
    pub(super) fn new(
        load: &Load,
        front: &Front,
        chain_id: u64,
        (began, lasts): (Timestamp, Span),
    ) -> Self {
        let door = |nth: u8| {
            let from = Ipv4Addr::new(127, 0, 1, nth.saturating_add(1));
            front.caller_from(from, ANSWER_BYTES_MAX)
        };
        let (load, ends) = (load.clone(), began.after(lasts));
        let doors = (0..ADDRESSES).map(door).collect();
        Self { load, doors, began, ends, chain_id, tally: Mutex::default() }
    }

    /// What was counted.
    pub(super) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Seconds since the run began.
    pub(super) fn seconds(&self, at: Timestamp) -> f64 {
        super::seconds(at.since(self.began))
    }

    /// Begins the sessions as they are due, and waits until calls have ended or are of no use any more.
    ///
    /// # Errors
    /// Where more are under way than this machine bears.
    pub(super) async fn come(self: &Arc<Self>, seed: u64) -> Result<(), String> {
        let mut dice = Prng::new(seed);
        let mut under_way: Vec<task::JoinHandle<()>> = Vec::new();
        let (mut step, mut owed) = (0_u32, 0.0);
        let (mut nonce, mut sends) = (0_u64, 0.0);
        loop {
            let from = f64::from(step) * STEP;
            let at = self.began.after(Span::from_micros((from * 1e6) as u64));
            if at >= self.ends {
                break;
            }
            clock::sleep_until(at).await;
            owed += self.load.rate(from) * STEP;
            while owed >= 1.0 {
                owed -= 1.0;
                let due = at.after(Span::from_micros(dice.below((STEP * 1e6) as u64)));
                let session = session(Arc::clone(self), due, dice.next_u64());
                under_way.push(task::spawn(session));
            }
            sends += self.load.transactions(from) * STEP;
            while sends >= 1.0 {
                sends -= 1.0;
                let due = at.after(Span::from_micros(dice.below((STEP * 1e6) as u64)));
                let sent = transaction(Arc::clone(self), due, nonce, dice.next_u64());
                under_way.push(task::spawn(sent));
                nonce += 1;
            }
            step = step.saturating_add(1);
            if step.is_multiple_of(100) {
                under_way.retain(|it| !it.is_finished());
            }
            if under_way.len() > UNDER_WAY_MAX {
                return Err("more sessions are under way than this machine bears".to_owned());
            }
        }
        let until = self.ends.after(Span::from_millis(self.load.in_time_ms));
        while clock::now() < until && under_way.iter().any(|it| !it.is_finished()) {
            clock::sleep(Span::from_millis(20)).await;
        }
        under_way.iter().for_each(task::JoinHandle::abort);
        Ok(())
    }

    /// What a client asks for next.
    fn question(&self, dice: &mut Prng, own: u64) -> (Bytes, Kind) {
        let (method, params, kind) = if dice.below(100) < self.load.hot_percent {
            let read = json!([{"to": HOT, "data": format!("{:#066x}", 3)}, "latest"]);
            ("eth_call", read, Kind::Read)
        } else if dice.below(100) < self.load.balance_percent {
            let account = RICH.get(dice.index(RICH.len())).copied().unwrap_or_default();
            ("eth_getBalance", json!([account, "latest"]), Kind::Balance)
        } else {
            ("eth_getTransactionCount", json!([format!("{own:#042x}"), "latest"]), Kind::Read)
        };
        (body(method, &params), kind)
    }

    /// Asks until there is an answer or no more patience.
    async fn call(&self, door: &Caller, (body, kind): (Bytes, Kind), dice: &mut Prng) -> Met {
        let mut wait_ms = self.load.retry_wait_ms;
        for nth in 0..=self.load.retries {
            self.tally().tries += 1;
            let patience = Span::from_millis(self.load.patience_ms);
            let answer = door.post(body.clone(), patience).await;
            let answer = answer.filter(|it| it.status == StatusCode::OK);
            let said =
                answer.as_ref().and_then(|it| serde_json::from_slice::<Value>(&it.body).ok());
            let said = said.unwrap_or_default();
            if kind == Kind::Transaction && answer.is_some_and(|it| is_of_node(&it, &said)) {
                return Met::Answer;
            }
            match said.get("result") {
                Some(result) if kind == Kind::Balance && result == "0x0" => return Met::Wrong,
                Some(result) if !result.is_null() => return Met::Answer,
                Some(_) | None => {}
            }
            if nth < self.load.retries {
                let some = 0.5 + dice.below(1_000) as f64 / 1_000.0;
                clock::sleep(Span::from_micros((wait_ms * some * 1e3) as u64)).await;
                wait_ms *= self.load.retry_grows;
            }
        }
        Met::Nothing
    }
}

fn body(method: &str, params: &Value) -> Bytes {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string().into()
}

/// A transaction: sent until it is taken or there is no more patience.
async fn transaction(crowd: Arc<Crowd>, due: Timestamp, nonce: u64, seed: u64) {
    let mut dice = Prng::new(seed);
    let Some(door) = crowd.doors.get(dice.index(crowd.doors.len())) else { return };
    let signed = json!([signed_transfer(crowd.chain_id, nonce)]);
    let question = (body("eth_sendRawTransaction", &signed), Kind::Transaction);
    clock::sleep_until(due).await;
    let began = crowd.seconds(due);
    crowd.tally().due(began);
    crowd.tally().transactions.0 += 1;
    let met = crowd.call(door, question, &mut dice).await;
    let ended = crowd.seconds(clock::now());
    let mut tally = crowd.tally();
    if tally.end((began, ended), met, &crowd.load) == Met::Answer {
        tally.transactions.1 += 1;
    }
}

/// A session: its calls one after another, until one of them fails.
async fn session(crowd: Arc<Crowd>, due: Timestamp, seed: u64) {
    let mut dice = Prng::new(seed);
    let (least, most) = crowd.load.calls;
    let calls = least + dice.below(most - least + 1);
    let own = match crowd.load.accounts {
        0 => dice.next_u64(),
        accounts => dice.below(accounts),
    };
    let nth = dice.index(crowd.doors.len());
    let Some(door) = crowd.doors.get(nth) else { return };
    clock::sleep_until(due).await;
    crowd.tally().begun += 1;
    let mut due = due;
    for _ in 0..calls {
        if clock::now() >= crowd.ends {
            return;
        }
        let question = crowd.question(&mut dice, own);
        let began = crowd.seconds(due);
        crowd.tally().due(began);
        let met = crowd.call(door, question, &mut dice).await;
        due = clock::now();
        let mut tally = crowd.tally();
        if tally.end((began, crowd.seconds(due)), met, &crowd.load) == Met::Nothing {
            tally.sessions.1 += 1;
            return;
        }
    }
    crowd.tally().sessions.0 += 1;
}
