//! Both chains as they are: what the reader's own node and one with the bug say of themselves.

use std::collections::{BTreeMap, BTreeSet};

use runtime::client::Client;
use runtime::http::HeaderMap;
use serde_json::{Value, json};
use units::Span;

/// How long an honest node is waited for.
const PATIENCE: Span = Span::from_millis(800);
/// Most blocks that are followed back at once: more than one look misses.
const BACK_MAX: usize = 64;

/// One chain's blocks and what is in them.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    numbers: BTreeMap<String, u64>,
    transactions: BTreeSet<String>,
    /// Since when each height was reached, in seconds of the run.
    reached: Vec<(f64, u64)>,
}

impl Blocks {
    /// Asks the node for its newest blocks, as far back as is known already, and not below `floor`.
    pub(super) async fn look(&mut self, node: &Client, at: f64, floor: u64) {
        let mut block = ask(node, "eth_getBlockByNumber", &json!(["latest", false])).await;
        for _ in 0..BACK_MAX {
            let Some(found) = block.as_ref().and_then(Found::read) else { return };
            if found.number <= floor || self.numbers.contains_key(&found.hash) {
                return;
            }
            if self.reached.last().is_none_or(|(_, number)| *number < found.number) {
                self.reached.push((at, found.number));
            }
            self.numbers.insert(found.hash, found.number);
            self.transactions.extend(found.transactions);
            block = ask(node, "eth_getBlockByHash", &json!([found.parent, false])).await;
        }
    }

    /// Blocks by hash, each reached at its number's second.
    #[cfg(test)]
    pub(super) fn of(blocks: &[(&str, u64)]) -> Self {
        Self {
            numbers: blocks.iter().map(|(hash, number)| ((*hash).to_owned(), *number)).collect(),
            transactions: BTreeSet::from(["both".to_owned()]),
            reached: blocks.iter().map(|(_, number)| (*number as f64, *number)).collect(),
        }
    }

    /// The height of a block of this chain.
    pub(super) fn number(&self, hash: &str) -> Option<u64> {
        self.numbers.get(hash).copied()
    }

    /// Whether a transaction is on this chain.
    pub(super) fn has(&self, transaction: &str) -> bool {
        self.transactions.contains(transaction)
    }

    /// How high it was at a time.
    pub(super) fn height(&self, at: f64) -> u64 {
        let before = self.reached.iter().take_while(|(since, _)| *since <= at);
        before.last().map_or(0, |(_, number)| *number)
    }

    /// How many blocks are known of it.
    pub(super) fn count(&self) -> usize {
        self.numbers.len()
    }
}

/// What matters of a block.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) number: u64,
    pub(super) hash: String,
    pub(super) parent: String,
    pub(super) transactions: Vec<String>,
}

impl Found {
    /// Reads a block as nodes answer it, with the hashes of its transactions.
    pub(super) fn read(block: &Value) -> Option<Self> {
        let text = |key: &str| Some(block.get(key)?.as_str()?.to_owned());
        let listed = block.get("transactions")?.as_array()?;
        Some(Self {
            number: quantity(block.get("number")?)?,
            hash: text("hash")?,
            parent: text("parentHash")?,
            transactions: listed.iter().filter_map(|it| Some(it.as_str()?.to_owned())).collect(),
        })
    }
}

/// A number in hexadecimal digits.
pub(super) fn quantity(value: &Value) -> Option<u64> {
    u64::from_str_radix(value.as_str()?.strip_prefix("0x")?, 16).ok()
}

async fn ask(node: &Client, method: &str, params: &Value) -> Option<Value> {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let answer = node.post(body.to_string().into(), &HeaderMap::new(), PATIENCE).await.ok()?;
    let mut answer: Value = serde_json::from_slice(&answer.body).ok()?;
    answer.get_mut("result").map(Value::take).filter(|result| !result.is_null())
}
