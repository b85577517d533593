//! What a scripted upstream knows, does and has seen.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use runtime::task::sync::watch;
use serde_json::Value;

/// The chain id of every node, unless it is told another.
pub(crate) const CHAIN_ID: u64 = 7_777;

/// What a node does with the calls of one method.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Answers with this body; `$ID` stands for the call's id.
    Body(String),
    /// Answers with this status, header and body.
    Http(u16, Option<(&'static str, &'static str)>, String),
    /// Promises more bytes than it sends, and closes.
    CutBody,
    /// Answers piece by piece, as fast as it is read.
    Parts(Parts),
    /// Waits until it is told to do something else.
    Hold,
}

/// An answer that goes out piece by piece.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    /// `$ID` stands for the call's id.
    pub(crate) body: String,
    /// Whether the length is told beforehand; else it goes in chunks.
    pub(crate) sized: bool,
    /// After so many bytes the connection is broken off.
    pub(crate) breaks_after: usize,
    /// How many bytes have been handed to the socket.
    pub(crate) given: Arc<AtomicUsize>,
}

impl Parts {
    /// A whole answer.
    pub(crate) fn of(body: String, sized: bool) -> Self {
        Self { body, sized, breaks_after: usize::MAX, given: Arc::default() }
    }
}

impl Act {
    /// Answers with this result.
    pub(crate) fn result(raw: &str) -> Self {
        Self::Body(format!(r#"{{"jsonrpc":"2.0","id":$ID,"result":{raw}}}"#))
    }

    /// Answers with this error object.
    pub(crate) fn error(raw: &str) -> Self {
        Self::Body(format!(r#"{{"jsonrpc":"2.0","id":$ID,"error":{raw}}}"#))
    }

    /// Says "too many requests", and for how many seconds.
    pub(crate) fn too_many(seconds: &'static str) -> Self {
        Self::Http(429, Some(("retry-after", seconds)), "slow down".to_owned())
    }
}

/// A call as a node saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// The parameters as JSON text.
    pub(crate) params: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) authorization: Option<String>,
    /// How long the caller said it waits, in milliseconds.
    pub(crate) timeout_ms: Option<u64>,
}

/// A node's chain, orders and memory.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) chain_id: u64,
    /// Block hashes by number.
    pub(crate) blocks: Vec<String>,
    /// Whether a block may be named by a hash object (EIP-1898).
    pub(crate) hash_pins: bool,
    pub(crate) acts: BTreeMap<String, Act>,
    pub(crate) seen: Vec<Seen>,
    /// Calls that have come and were not answered yet, by method.
    pub(crate) under_way: BTreeMap<String, usize>,
    /// Calls that were answered while the caller was still there, by method.
    pub(crate) answered: BTreeMap<String, usize>,
}

/// A node's state, and the word that it has changed.
#[derive(Debug)]
pub(crate) struct Script {
    state: Mutex<State>,
    changes: watch::Sender<u64>,
    /// The head that is told to those who listen for new heads.
    pub(crate) told: watch::Sender<Option<String>>,
}

impl Script {
    pub(crate) fn new(head: u64) -> Self {
        let state = State {
            chain_id: CHAIN_ID,
            blocks: (0..=head).map(|number| block_hash(number, 0)).collect(),
            hash_pins: true,
            acts: BTreeMap::new(),
            seen: Vec::new(),
            under_way: BTreeMap::new(),
            answered: BTreeMap::new(),
        };
        Self {
            state: Mutex::new(state),
            changes: watch::channel(0).0,
            told: watch::channel(None).0,
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and wakes the calls that are held.
    pub(crate) fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changes.send_modify(|count| *count += 1);
    }

    /// Hears of changes from here on.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

impl State {
    /// The body that a node with this chain answers with; `$ID` stands for the call's id.
    pub(crate) fn answer(&self, method: &str, params: &Value) -> Act {
        let block = match method {
            "eth_chainId" => return Act::result(&format!(r#""{:#x}""#, self.chain_id)),
            "web3_clientVersion" => return Act::result(r#""Scripted/v1.2.3""#),
            "eth_feeHistory" => return self.fee_history(&params[1]),
            "eth_getBlockByNumber" => self.by_tag(&params[0]),
            "eth_getBlockByHash" => self.by_hash(&params[0]),
            "eth_getBalance" | "eth_call" | "eth_getCode" => return self.read(&params[1]),
            _ => {
                let words = format!("the method {method} does not exist/is not available");
                return Act::error(&format!(r#"{{"code":-32601,"message":"{words}"}}"#));
            }
        };
        Act::result(&block.map_or_else(|| "null".to_owned(), |number| self.block(number)))
    }

    /// Three blocks up to the one asked for, whose base fee is 7 gwei and whose lowest tip is 1.
    fn fee_history(&self, newest: &Value) -> Act {
        let Some(newest) = self.by_tag(newest) else {
            return Act::error(r#"{"code":-32000,"message":"request beyond head block"}"#);
        };
        let (fee, tips) = (r#""0x1a13b8600""#, r#"["0x3b9aca00","0x77359400","0xb2d05e00"]"#);
        Act::result(&format!(
            r#"{{"oldestBlock":"{:#x}","baseFeePerGas":[{fee},{fee},{fee},{fee}],"gasUsedRatio":[0.5,0.9,0.1],"reward":[{tips},{tips},{tips}]}}"#,
            newest - 2
        ))
    }

    /// A read of the state at a block: its result is that block's number.
    fn read(&self, block: &Value) -> Act {
        let number = match block.as_object() {
            Some(_) if !self.hash_pins => {
                let words = "invalid argument 1: json: cannot unmarshal object into Go value";
                return Act::error(&format!(r#"{{"code":-32602,"message":"{words}"}}"#));
            }
            Some(object) => self.by_hash(&object["blockHash"]),
            None => self.by_tag(block),
        };
        match number {
            Some(number) => Act::result(&format!(r#""{number:#x}""#)),
            None => Act::error(r#"{"code":-32000,"message":"header not found"}"#),
        }
    }

    fn by_tag(&self, tag: &Value) -> Option<u64> {
        let head = self.head();
        let number = match tag.as_str()? {
            "latest" => head,
            "safe" => head.saturating_sub(1),
            "finalized" => head.saturating_sub(2),
            number => u64::from_str_radix(number.strip_prefix("0x")?, 16).ok()?,
        };
        (number <= head).then_some(number)
    }

    fn by_hash(&self, hash: &Value) -> Option<u64> {
        let at = self.blocks.iter().position(|known| hash.as_str() == Some(known.as_str()))?;
        u64::try_from(at).ok()
    }

    pub(crate) fn head(&self) -> u64 {
        self.blocks.len() as u64 - 1
    }

    /// A block's header as JSON.
    pub(crate) fn block(&self, number: u64) -> String {
        let at = number as usize;
        let parent = if at == 0 { block_hash(0, 255) } else { self.blocks[at - 1].clone() };
        header(number, &self.blocks[at], &parent)
    }
}

/// A header as JSON.
pub(crate) fn header(number: u64, hash: &str, parent: &str) -> String {
    format!(
        r#"{{"number":"{number:#x}","hash":"{hash}","parentHash":"{parent}","timestamp":"{number:#x}"}}"#
    )
}

/// The hash of a block on a branch; all nodes on branch 0 share their chain.
pub(crate) fn block_hash(number: u64, branch: u8) -> String {
    format!("0x{:062x}{branch:02x}", number + 1)
}
