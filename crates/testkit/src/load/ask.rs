//! The reads that the load is made of, and whether their answers are true.

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use machine::Prng;
use serde_json::{Value, json};

use super::Target;
use crate::contract;
use crate::fleet::{Block, Ledger, WATCHED};
use crate::node::CHAIN_ID;
use crate::rpc;

/// How many blocks a served head may be behind the best surviving node's.
pub const BEHIND_MAX: u64 = 3;
/// How far back explicit block numbers go.
const DEPTH: u64 = 8;

/// One kind of read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Latest,
    Block,
    Balance,
    Call,
    Receipt,
    Logs,
    ChainId,
    GasPrice,
    Batch,
}

/// A kind for each of twenty requests in a row: what wallets and pages mostly ask.
const MIX: [Kind; 20] = [
    Kind::Number,
    Kind::Number,
    Kind::Number,
    Kind::Latest,
    Kind::Latest,
    Kind::Block,
    Kind::Block,
    Kind::Balance,
    Kind::Balance,
    Kind::Balance,
    Kind::Balance,
    Kind::Call,
    Kind::Call,
    Kind::Call,
    Kind::Call,
    Kind::Receipt,
    Kind::Receipt,
    Kind::Logs,
    Kind::GasPrice,
    Kind::Batch,
];

/// How often the chain id is asked in place of the mix's next kind, one in so many.
const CHAIN_ID_EVERY: u64 = 25;

/// A request with what its answer is held against.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) kind: Kind,
    pub(super) body: String,
    block: u64,
    sent: Instant,
    best: u64,
    served: u64,
}

/// A verdict on an answer: `Err` says what is wrong with it.
type Verdict = Result<(), String>;

/// Picks a kind at random by the mix.
pub(super) fn pick(prng: &mut Prng) -> Kind {
    if prng.below(CHAIN_ID_EVERY) == 0 { Kind::ChainId } else { MIX[prng.index(MIX.len())] }
}

fn ledger(target: &Target) -> std::sync::MutexGuard<'_, Ledger> {
    target.ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes a request. `served` is the highest head that any answer so far has shown.
pub(super) fn make(target: &Target, kind: Kind, prng: &Mutex<Prng>, served: u64) -> Ask {
    let draw = prng.lock().unwrap_or_else(PoisonError::into_inner).below(DEPTH);
    // A client only asks for blocks that it has heard of.
    let block = served.saturating_sub(draw).max(4);
    let call = json!({"to": target.contract, "data": contract::NUMBER});
    let (method, params) = match kind {
        Kind::Number | Kind::Batch => ("eth_blockNumber", json!([])),
        Kind::Latest => ("eth_getBlockByNumber", json!(["latest", false])),
        Kind::Block => ("eth_getBlockByNumber", json!([rpc::hex(block), false])),
        Kind::Balance => ("eth_getBalance", json!([WATCHED, "latest"])),
        Kind::Call => ("eth_call", json!([call, "latest"])),
        Kind::Receipt => ("eth_getTransactionReceipt", json!([transaction_in(target, block)])),
        Kind::Logs => {
            let range = json!({"fromBlock": rpc::hex(block - 2), "toBlock": rpc::hex(block),
                "address": target.contract, "topics": [contract::INCREMENTED]});
            ("eth_getLogs", json!([range]))
        }
        Kind::ChainId => ("eth_chainId", json!([])),
        Kind::GasPrice => ("eth_gasPrice", json!([])),
    };
    let mut body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    if kind == Kind::Batch {
        body = json!([
            body,
            {"jsonrpc": "2.0", "id": 2, "method": "eth_getBlockByNumber", "params": ["latest", false]},
            {"jsonrpc": "2.0", "id": 3, "method": "eth_getBalance", "params": [WATCHED, "latest"]},
            {"jsonrpc": "2.0", "id": 4, "method": "eth_call", "params": [call, "latest"]},
        ]);
    }
    let best = ledger(target).settled();
    Ask { kind, body: body.to_string(), block, sent: Instant::now(), best, served }
}

fn transaction_in(target: &Target, block: u64) -> String {
    let ledger = ledger(target);
    let transaction = ledger.block(block).and_then(|block| block.transactions.first());
    transaction.cloned().unwrap_or_default()
}

/// Judges a result that came without an error; gives the head it shows, if it shows one.
///
/// # Errors
/// What is wrong with it.
pub(super) fn judge(target: &Target, ask: &Ask, answer: &Value) -> Result<Option<u64>, String> {
    if ask.kind == Kind::Batch {
        return judge_batch(target, ask, answer).map(Some);
    }
    let result = &answer["result"];
    match ask.kind {
        Kind::Number => {
            let number = quantity(result)?;
            is_fresh(target, ask, number)?;
            await_block(target, number)?;
            Ok(Some(number))
        }
        Kind::Latest => {
            let number = quantity(&result["number"])?;
            is_fresh(target, ask, number)?;
            is_known(target, ask, number, &result["hash"])?;
            Ok(Some(number))
        }
        Kind::Block => {
            if quantity(&result["number"])? != ask.block {
                return Err(format!("block {} asked, {} given", ask.block, result["number"]));
            }
            is_known(target, ask, ask.block, &result["hash"]).map(|()| None)
        }
        Kind::Balance => at_some_block(target, ask, result, |block| block.balance).map(Some),
        Kind::Call => at_some_block(target, ask, result, |block| block.counter).map(Some),
        Kind::Receipt => {
            // Right after a reorg the ledger has the new branch's transactions before the nodes are asked for their
            // heads again.
            if result.is_null() && ledger(target).reorged_since(ask.sent - target.grace) {
                return Ok(None);
            }
            let number = quantity(&result["blockNumber"])
                .map_err(|_| format!("no receipt of a transaction in block {}", ask.block))?;
            is_known(target, ask, number, &result["blockHash"]).map(|()| None)
        }
        Kind::Logs => judge_logs(target, ask, result).map(|()| None),
        Kind::ChainId if quantity(result)? != CHAIN_ID => Err(format!("chain id {result}")),
        Kind::ChainId | Kind::GasPrice | Kind::Batch => quantity(result).map(|_| None),
    }
}

fn quantity(value: &Value) -> Result<u64, String> {
    let number = rpc::quantity(value).and_then(|number| u64::try_from(number).ok());
    number.ok_or_else(|| format!("{value} where a number belongs"))
}

/// A head must be at most [`BEHIND_MAX`] behind, and not below one that was shown before.
fn is_fresh(target: &Target, ask: &Ask, number: u64) -> Verdict {
    if number + BEHIND_MAX < ask.best {
        return Err(format!("head {number} where the best node had {}", ask.best));
    }
    if number < ask.served && !ledger(target).reorged_since(ask.sent - target.grace) {
        return Err(format!("head {number} after head {} had been shown", ask.served));
    }
    Ok(())
}

fn await_block(target: &Target, number: u64) -> Verdict {
    let exists = || ledger(target).head().is_some_and(|head| head.number >= number);
    if comes_true(exists) { Ok(()) } else { Err(format!("block {number} does not exist")) }
}

fn is_known(target: &Target, ask: &Ask, number: u64, hash: &Value) -> Verdict {
    let is_valid = || {
        let ledger = ledger(target);
        let mut valid = ledger.valid(ask.sent, target.grace);
        valid.any(|block| block.number == number && *hash == block.hash.as_str())
    };
    // In a reorg, too, the first node has the new blocks before the ledger does.
    if comes_true(is_valid) {
        Ok(())
    } else {
        Err(format!("block {number} has another hash than {hash}"))
    }
}

/// Waits for the ledger, which a fast client is ahead of by milliseconds.
fn comes_true(holds: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + Duration::from_secs(2);
    while !holds() {
        if Instant::now() > deadline {
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
    true
}

/// The number of the block that a value was read at, which must be a fresh one.
fn at_some_block(
    target: &Target,
    ask: &Ask,
    result: &Value,
    read: impl Fn(&Block) -> u128,
) -> Result<u64, String> {
    let value = rpc::quantity(result).ok_or_else(|| format!("{result} where a number belongs"))?;
    let find = || {
        let ledger = ledger(target);
        let valid = ledger.valid(ask.sent, target.grace);
        // After a reorg a replaced block and one of the new branch may have the same value.
        valid.filter(|block| read(block) == value).map(|block| block.number).max()
    };
    let deadline = Instant::now() + Duration::from_secs(2);
    let number = loop {
        if let Some(number) = find() {
            break number;
        }
        if Instant::now() > deadline {
            return Err(format!("{value} is true at no block"));
        }
        thread::sleep(Duration::from_millis(5));
    };
    is_fresh(target, ask, number).map_err(|why| format!("read at {why}"))?;
    Ok(number)
}

fn judge_logs(target: &Target, ask: &Ask, result: &Value) -> Verdict {
    let logs = result.as_array().ok_or_else(|| format!("{result} where logs belong"))?;
    let (from, to) = (ask.block - 2, ask.block);
    let expected = logs_in(target, from, to);
    if expected != u128::try_from(logs.len()).ok()
        && !ledger(target).reorged_since(ask.sent - target.grace)
    {
        return Err(format!("{} logs in blocks {from} to {to}, not {expected:?}", logs.len()));
    }
    logs.iter().try_for_each(|log| {
        is_known(target, ask, quantity(&log["blockNumber"])?, &log["blockHash"])
    })
}

/// How many increments the network's branch has in these blocks.
fn logs_in(target: &Target, from: u64, to: u64) -> Option<u128> {
    let ledger = ledger(target);
    let counter = |number: u64| ledger.block(number).map(|block| block.counter);
    counter(to)?.checked_sub(counter(from - 1)?)
}

/// All items of a batch must be of one block.
fn judge_batch(target: &Target, ask: &Ask, answer: &Value) -> Result<u64, String> {
    let item = |at: usize| &answer[at]["result"];
    let number = quantity(item(0))?;
    is_fresh(target, ask, number)?;
    if quantity(&item(1)["number"])? != number {
        return Err(format!("a batch of blocks {number} and {}", item(1)["number"]));
    }
    is_known(target, ask, number, &item(1)["hash"])?;
    let ledger = ledger(target);
    let mut valid = ledger.valid(ask.sent, target.grace);
    let block = valid.find(|block| item(1)["hash"] == block.hash.as_str());
    let Some(block) = block else { return Err(format!("block {number} went away")) };
    let (balance, counter) = (rpc::quantity(item(2)), rpc::quantity(item(3)));
    if (balance, counter) == (Some(block.balance), Some(block.counter)) {
        Ok(number)
    } else {
        Err(format!("a batch of block {number} with values of another: {balance:?}, {counter:?}"))
    }
}
