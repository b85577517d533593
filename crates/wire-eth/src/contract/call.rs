//! What is asked of contracts, and the bodies that carry it: batches of `eth_call` at one block.

use std::fmt;

use alloy_primitives::hex;

use super::abi::{revert_reason, word_of};
use super::address::Address;
use super::rate::{RateKind, SHARES};
use crate::answer::{AnswerKind, Malformed, read_answer, write_request};
use crate::classify::{error_summary, revert_data};
use crate::hex::hash_hex;
use crate::json::{ANSWER_DEPTH_MAX, Cursor, unquote};

/// The data of a call: the function's selector and its arguments.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallData(Vec<u8>);

impl CallData {
    /// `latestRoundData()` of an aggregator.
    #[must_use]
    pub fn latest_round() -> Self {
        Self(vec![0xfe, 0xaf, 0x96, 0x8c])
    }

    /// `decimals()` of an aggregator or a token.
    #[must_use]
    pub fn decimals() -> Self {
        Self(vec![0x31, 0x3c, 0xe5, 0x67])
    }

    /// `token0()` of a pool.
    #[must_use]
    pub fn token0() -> Self {
        Self(vec![0x0d, 0xfe, 0x16, 0x81])
    }

    /// `token1()` of a pool.
    #[must_use]
    pub fn token1() -> Self {
        Self(vec![0xd2, 0x12, 0x20, 0xa7])
    }

    /// `asset()` of a vault.
    #[must_use]
    pub fn asset() -> Self {
        Self(vec![0x38, 0xd5, 0x2e, 0x0f])
    }

    /// `observe(uint32[])` of a pool, with the beginning of a window and now.
    #[must_use]
    pub fn observe(window_secs: u32) -> Self {
        let mut data = vec![0x88, 0x3b, 0xdb, 0xfd];
        // In how many bytes the list begins, how long it is, and how many seconds ago its points are.
        for number in [32, 2, u128::from(window_secs), 0] {
            data.extend(word_of(number));
        }
        Self(data)
    }

    /// What asks for an exchange rate.
    #[must_use]
    pub fn rate(kind: RateKind) -> Self {
        Self(match kind {
            RateKind::WstEth => vec![0x03, 0x5f, 0xaf, 0x82],
            RateKind::WbEth => vec![0x3b, 0xa0, 0xb9, 0xa9],
            RateKind::REth => vec![0xe6, 0xaa, 0x21, 0x6c],
            RateKind::Erc4626 => {
                let mut data = vec![0x07, 0xa2, 0xd1, 0x3a];
                data.extend(word_of(SHARES));
                data
            }
        })
    }
}

impl fmt::Display for CallData {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode_prefixed(&self.0))
    }
}

impl fmt::Debug for CallData {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Which block a call is made at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtBlock {
    /// The one of a hash (EIP-1898): no reorg can put another in its place.
    Hash([u8; 32]),
    /// The one of a number, for nodes that do not take hashes.
    Number(u64),
}

/// Writes an `eth_call`.
#[must_use]
pub fn write_call(id: u64, to: Address, data: &CallData, at: AtBlock) -> Vec<u8> {
    let block = match at {
        AtBlock::Hash(hash) => format!(r#"{{"blockHash":"{}"}}"#, hash_hex(&hash)),
        AtBlock::Number(number) => format!(r#""{number:#x}""#),
    };
    let params = format!(r#"[{{"to":"{to}","data":"{data}"}},{block}]"#);
    write_request(id, "eth_call", Some(&params))
}

/// Writes a batch of calls at one block; the first has the id 0.
#[must_use]
pub fn write_batch(calls: &[(Address, CallData)], at: AtBlock) -> Vec<u8> {
    let mut body = vec![b'['];
    for (id, (to, data)) in (0_u64..).zip(calls) {
        if id > 0 {
            body.push(b',');
        }
        body.extend(write_call(id, *to, data, at));
    }
    body.push(b']');
    body
}

/// What became of one call of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchItem {
    /// What the contract answered, as the node wrote it: `0x` and digits, where the node is sound.
    Value(String),
    /// The contract refused, for a reason of its own: any healthy node says the same of this block.
    Reverted(String),
    /// The node did not answer; in few words.
    Failed(String),
}

/// Reads the answer to a batch of so many calls, whatever the order of its items. What has no answer of its own has
/// failed.
///
/// # Errors
/// Where the body is no list of answers; a node that takes no batches answers with one error, which is told.
pub fn read_batch(body: &[u8], calls: usize) -> Result<Vec<BatchItem>, Malformed> {
    let text = std::str::from_utf8(body).map_err(|_| Malformed::new("no UTF-8 text"))?;
    let mut cursor = Cursor::new(body, ANSWER_DEPTH_MAX);
    if cursor.peek() != Some(b'[') {
        let answer = read_answer(body)?;
        let why = error_summary(body, &answer);
        return Err(Malformed::new(why.unwrap_or_else(|| "one answer to many calls".to_owned())));
    }
    let broken = |_fault| Malformed::new("the list of answers breaks off");
    let mut items = vec![None; calls];
    let mut walk = cursor.enter(b'[').map_err(broken)?;
    while cursor.next_element(&mut walk).map_err(broken)? {
        let span = cursor.value().map_err(broken)?;
        let Some(item) = text.get(span) else { continue };
        let Some((id, read)) = read_item(item) else { continue };
        let Some(place) = usize::try_from(id).ok().and_then(|id| items.get_mut(id)) else {
            continue;
        };
        // Two answers to one call contradict each other, even where they are equal.
        *place = Some(match place {
            None => read,
            Some(_) => BatchItem::Failed("answered twice".to_owned()),
        });
    }
    cursor.end().map_err(broken)?;
    let missing = || BatchItem::Failed("not answered".to_owned());
    Ok(items.into_iter().map(|item| item.unwrap_or_else(missing)).collect())
}

/// The id of an answer, and what it says.
fn read_item(item: &str) -> Option<(u64, BatchItem)> {
    let answer = read_answer(item.as_bytes()).ok()?;
    let id = item.get(answer.id.clone())?.parse().ok()?;
    let value = item.get(answer.value.clone())?;
    if matches!(answer.kind, AnswerKind::Result { .. }) {
        let read = match unquote(value) {
            Some(text) => BatchItem::Value(text.into_owned()),
            None => BatchItem::Failed("answered with something that is no data".to_owned()),
        };
        return Some((id, read));
    }
    let why = error_summary(item.as_bytes(), &answer).unwrap_or_default();
    let Some(data) = revert_data(item.as_bytes(), &answer) else {
        return Some((id, BatchItem::Failed(why)));
    };
    let reason = hex::decode(data).ok().and_then(|data| revert_reason(&data));
    Some((id, BatchItem::Reverted(reason.unwrap_or(why))))
}

/// The bytes of a text of `0x` and pairs of digits.
#[must_use]
pub fn read_bytes(text: &str) -> Option<Vec<u8>> {
    hex::decode(text.strip_prefix("0x")?).ok()
}
