//! Whether all of an answer is committed to by the block's hash: for what is kept and served again.

use alloy_primitives::keccak256;
use alloy_trie::root::ordered_trie_root_encoded;

use super::header::{self, HeaderCheck};
use super::rlp::{Field, Form, List, Object, elements};
use super::{Check, WrongAnswer, receipts, transaction};
use crate::block::hash_of;

/// What the block's hash says of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The hash commits to all of it that is part of the chain. The senders that nodes add to
    /// transactions are not, nor is what they derive, such as `size`.
    Whole,
    /// The hash commits to the header; of the transactions only the hashes are given, which prove
    /// nothing.
    Header,
    /// Nothing can be said, for this reason: a chain of another make, or a kind of transaction that
    /// is not known here.
    None(&'static str),
    /// The answer contradicts the hash.
    Wrong(WrongAnswer),
}

/// The hash of an empty list. Source: `keccak256(rlp([]))`.
const NO_UNCLES: [u8; 32] =
    alloy_primitives::hex!("1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347");

/// Source: EIP-4895.
const WITHDRAWAL: &[Field] = &[
    (&["index"], Form::Quantity),
    (&["validatorIndex"], Form::Quantity),
    (&["address"], Form::Fixed(20)),
    (&["amount"], Form::Quantity),
];

/// Proves a block, given as the raw JSON of a result, from its own hash.
pub fn prove_block(block: &str) -> Proof {
    let Some(object) = Object::read(block) else { return Proof::None("it is no object") };
    match header::check(&object) {
        HeaderCheck::Matches => {}
        HeaderCheck::Differs => {
            let detail = "the header's fields do not hash to its hash";
            return Proof::Wrong(WrongAnswer::new(Check::HeaderHash, detail));
        }
        HeaderCheck::Unknown => return Proof::None("the header is of no known make"),
    }
    // Uncles are hashed as headers, of which a block gives only the hashes.
    if object.get("uncles") != Some("[]") || hash_of(object.get("sha3Uncles")) != Some(NO_UNCLES) {
        return Proof::None("it has uncles, or does not say that it has none");
    }
    let withdrawals = |raw: &str| List::of(&Object::read(raw)?, WITHDRAWAL).map(|l| l.seal(None));
    let named = (object.get("withdrawals"), object.get("withdrawalsRoot"));
    match root_of(named, withdrawals, Check::WithdrawalsRoot) {
        Proof::Whole => {}
        other @ (Proof::Header | Proof::None(_) | Proof::Wrong(_)) => return other,
    }
    let transactions = object.get("transactions");
    if transactions.and_then(elements).is_some_and(|all| all.iter().any(|t| t.starts_with('"'))) {
        return Proof::Header;
    }
    let named = (transactions, object.get("transactionsRoot"));
    root_of(named, transaction::encode, Check::TransactionsRoot)
}

/// Proves the receipts of a block, given as the raw JSON of a result, from the receipts root of its
/// header, which must be proven itself. What receipts repeat of their transactions is not covered.
pub fn prove_receipts(receipts: &str, receipts_root: &[u8; 32]) -> Proof {
    let root = format!("\"{}\"", crate::hex::hash_hex(receipts_root));
    root_of((Some(receipts), Some(&root)), receipts::encode, Check::ReceiptsRoot)
}

/// Holds a list against its root. A list that has no root in the header is whole only if it is empty.
fn root_of(
    (list, root): (Option<&str>, Option<&str>),
    encode: impl Fn(&str) -> Option<Vec<u8>>,
    check: Check,
) -> Proof {
    let items = match list.map(elements) {
        None if root.is_none() => return Proof::Whole,
        None => return Proof::None("a list is missing"),
        Some(None) => return Proof::None("a list is none"),
        Some(Some(items)) => items,
    };
    let Some(root) = hash_of(root) else {
        let whole = items.is_empty();
        return if whole { Proof::Whole } else { Proof::None("a list has no root") };
    };
    let encoded: Option<Vec<Vec<u8>>> = items.iter().map(|item| encode(item)).collect();
    let Some(encoded) = encoded else { return Proof::None("an item is of no known make") };
    if ordered_trie_root_encoded(&encoded).0 == root {
        return Proof::Whole;
    }
    let detail = format!("{} items do not make up the root", items.len());
    Proof::Wrong(WrongAnswer::new(check, detail))
}

/// The keccak hash of bytes.
pub(super) fn keccak(bytes: &[u8]) -> [u8; 32] {
    keccak256(bytes).0
}
