//! What reading a chain brings, as a recording keeps it: the raw answers, so that they can be read again.

use serde::{Deserialize, Serialize};
use wire_eth::BatchItem;

/// Longest answer that is kept, in characters: the longest that is read at all is one of eight words.
const VALUE_CHARS_MAX: usize = 2_048;

/// Longest reason that is kept.
const REASON_CHARS_MAX: usize = 200;

/// What one endpoint of a chain said in one round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainEvent {
    /// Which endpoint, by its place in the configuration.
    pub reader: usize,
    /// What it said.
    pub said: ChainSaid,
}

/// What became of a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChainSaid {
    /// The answers.
    Round(ChainRound),
    /// There were none, and why; in words without secrets.
    Failed(String),
}

/// The answers of one round, all at one block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainRound {
    /// The block's number.
    pub block: u64,
    /// Its hash.
    pub hash: String,
    /// Its own time, in milliseconds since 1970.
    pub time_ms: u64,
    /// What was asked, and what was answered.
    pub answers: Vec<ChainAnswer>,
}

/// One question and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainAnswer {
    /// The contract that was asked.
    pub to: String,
    /// What it was asked.
    pub data: String,
    /// What it answered.
    pub said: CallSaid,
}

/// What became of one question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallSaid {
    /// The bytes of the answer, as the node wrote them.
    Value(String),
    /// The contract refused, and why.
    Reverted(String),
    /// The node did not answer, and why.
    Failed(String),
}

impl From<BatchItem> for CallSaid {
    fn from(item: BatchItem) -> Self {
        match item {
            BatchItem::Value(value) if value.len() > VALUE_CHARS_MAX => {
                Self::Failed(format!("answered with {} characters", value.len()))
            }
            BatchItem::Value(value) => Self::Value(value),
            BatchItem::Reverted(why) => Self::Reverted(shortened(&why)),
            BatchItem::Failed(why) => Self::Failed(shortened(&why)),
        }
    }
}

impl ChainAnswer {
    /// Whether it is a value, to such a question.
    pub(super) fn is_value_of(&self, to: &str, data: &str) -> bool {
        self.to == to && self.data == data && matches!(self.said, CallSaid::Value(_))
    }
}

/// A reason, cut to a length that may be kept.
pub(crate) fn shortened(why: &str) -> String {
    why.chars().take(REASON_CHARS_MAX).collect()
}
