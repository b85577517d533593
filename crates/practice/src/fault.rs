//! What can be wrong with a node: everything that a drill or a curious person can break.

use std::fmt;

use alloy_primitives::{B256, U256, keccak256};
use serde_json::{Value, json};
use units::Span;

use crate::node::{
    BlockSelector, Call, NodeSnapshot, RpcError, data, inflated, quantity, read_block,
};

/// The faults of one node; none by default. Several can hold at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Faults {
    /// Nothing listens: connections are refused.
    pub(crate) killed: bool,
    /// Requests are taken and never answered.
    pub(crate) hung: bool,
    /// The node is cut off from the others: its head stays, its transactions go nowhere.
    pub(crate) frozen: bool,
    /// Every answer comes this much later.
    pub(crate) delay: Span,
    /// The node answers some calls falsely.
    pub(crate) lie: Option<Lie>,
    /// The node follows a branch of its own.
    pub(crate) astray: bool,
    /// Answers are replaced by something that is none.
    pub(crate) garble: Option<Garble>,
    /// One method fails.
    pub(crate) breakage: Option<Breakage>,
}

/// What a lying node lies about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// Its head: it claims so many blocks more than there are, with invented hashes.
    Head {
        /// How many blocks it invents.
        blocks: u64,
    },
    /// Balances: it doubles each and adds an ether.
    Balance,
}

/// How often answers are garbled, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Garble {
    /// What comes instead of an answer.
    pub kind: GarbleKind,
    /// The share of requests that meet it, in per cent.
    pub percent: u8,
}

/// What comes instead of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GarbleKind {
    /// HTTP 200 with a web page.
    Html,
    /// HTTP 200 with the first half of the answer.
    Cut,
    /// HTTP 429 with a `Retry-After` of one second.
    TooManyRequests,
    /// HTTP 500.
    InternalError,
    /// HTTP 503.
    Unavailable,
}

/// A method that fails while the others work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breakage {
    /// The method, such as `eth_call`.
    pub method: String,
    /// Whether the whole HTTP response is a 500; a JSON-RPC error -32603 otherwise.
    pub as_http: bool,
}

impl Faults {
    /// Whether blocks and transactions of the others reach the node and its own reach them.
    pub(crate) fn is_connected(&self) -> bool {
        !self.killed && !self.frozen
    }
}

impl fmt::Display for Faults {
    /// Writes what is wrong in a few words; "healthy" where nothing is.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut faults = Vec::new();
        for (holds, name) in [
            (self.killed, "killed"),
            (self.hung, "hung"),
            (self.frozen, "frozen"),
            (self.astray, "on another branch"),
        ] {
            if holds {
                faults.push(name.to_owned());
            }
        }
        if self.delay > Span::ZERO {
            faults.push(format!("slow by {}", self.delay));
        }
        match self.lie {
            Some(Lie::Head { blocks }) => {
                faults.push(format!("lies that its head is {blocks} blocks further"));
            }
            Some(Lie::Balance) => faults.push("lies about balances".to_owned()),
            None => {}
        }
        if let Some(garble) = self.garble {
            faults.push(format!("{} in {} % of answers", garble.kind, garble.percent));
        }
        if let Some(breakage) = &self.breakage {
            faults.push(format!("{} is broken", breakage.method));
        }
        formatter.write_str(if faults.is_empty() { "healthy" } else { "" })?;
        formatter.write_str(&faults.join(", "))
    }
}

impl fmt::Display for GarbleKind {
    /// Writes what the client sees.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Html => "a web page",
            Self::Cut => "a cut body",
            Self::TooManyRequests => "HTTP 429",
            Self::InternalError => "HTTP 500",
            Self::Unavailable => "HTTP 503",
        })
    }
}

impl Lie {
    /// What the node says instead of the truth.
    pub(crate) fn tell(
        self,
        node: &mut NodeSnapshot,
        call: &Call,
        truth: Result<Value, RpcError>,
    ) -> Result<Value, RpcError> {
        match (self, call.method.as_str()) {
            (Self::Balance, "eth_getBalance") => truth.map(|balance| inflate(&balance)),
            (Self::Head { blocks }, "eth_blockNumber") => {
                Ok(quantity(node.view.head().number() + blocks))
            }
            (Self::Head { blocks }, "eth_getBlockByNumber") => {
                match invented_number(node, call, blocks) {
                    Some(number) => invented_block(node, call, number),
                    None => truth,
                }
            }
            (Self::Head { blocks }, "eth_getBlockByHash") => {
                match invented_hash_number(node, call, blocks) {
                    Some(number) => invented_block(node, call, number),
                    None => truth,
                }
            }
            _ => truth,
        }
    }
}

fn inflate(balance: &Value) -> Value {
    let digits = balance.as_str().and_then(|text| text.strip_prefix("0x"));
    let balance = digits.and_then(|digits| U256::from_str_radix(digits, 16).ok());
    quantity(inflated(balance.unwrap_or_default()))
}

/// The number of the invented block that a call by number asks for, if it does.
fn invented_number(node: &NodeSnapshot, call: &Call, blocks: u64) -> Option<u64> {
    let head = node.view.head().number();
    match read_block(call.params.first()?)? {
        BlockSelector::Latest => Some(head + blocks),
        BlockSelector::Number(number) => {
            (head + 1..=head + blocks).contains(&number).then_some(number)
        }
        BlockSelector::Pending
        | BlockSelector::Safe
        | BlockSelector::Finalized
        | BlockSelector::Earliest
        | BlockSelector::Hash(_) => None,
    }
}

fn invented_hash_number(node: &NodeSnapshot, call: &Call, blocks: u64) -> Option<u64> {
    let BlockSelector::Hash(hash) = read_block(call.params.first()?)? else { return None };
    let head = node.view.head().number();
    (head + 1..=head + blocks).find(|number| invented_hash(*number) == hash)
}

/// The real head with the number and hashes of a block that does not exist.
fn invented_block(node: &mut NodeSnapshot, call: &Call, number: u64) -> Result<Value, RpcError> {
    let full = call.params.get(1).cloned().unwrap_or(json!(false));
    let head =
        Call { method: "eth_getBlockByNumber".to_owned(), params: vec![json!("latest"), full] };
    let mut block = node.truth(&head)?;
    let real = node.view.head();
    let parent = if number == real.number() + 1 {
        real.hash
    } else {
        invented_hash(number.saturating_sub(1))
    };
    if let Some(fields) = block.as_object_mut() {
        fields.insert("number".to_owned(), quantity(number));
        fields.insert("hash".to_owned(), data(invented_hash(number)));
        fields.insert("parentHash".to_owned(), data(parent));
    }
    Ok(block)
}

fn invented_hash(number: u64) -> B256 {
    keccak256([b"invented".as_slice(), &number.to_be_bytes()].concat())
}
