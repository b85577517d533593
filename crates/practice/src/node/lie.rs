//! The false answers of a lying node.

use alloy_primitives::{B256, U256, keccak256};
use serde_json::{Value, json};

use super::NodeSnapshot;
use super::format::{data, quantity};
use super::params::{self, BlockSelector};
use super::rpc::{Call, RpcError};
use crate::fault::Lie;

/// Wei in an ether.
const ETHER: u64 = 1_000_000_000_000_000_000;

impl NodeSnapshot {
    /// What a lying node says instead of the truth.
    pub(super) fn lie_about(
        &mut self,
        lie: Lie,
        call: &Call,
        truth: Result<Value, RpcError>,
    ) -> Result<Value, RpcError> {
        match (lie, call.method.as_str()) {
            (Lie::Balance, "eth_getBalance") => truth.map(|balance| inflate(&balance)),
            (Lie::Head { blocks }, "eth_blockNumber") => {
                Ok(quantity(self.view.head().number() + blocks))
            }
            (Lie::Head { blocks }, "eth_getBlockByNumber") => {
                match invented_number(self, call, blocks) {
                    Some(number) => invented_block(self, call, number),
                    None => truth,
                }
            }
            (Lie::Head { blocks }, "eth_getBlockByHash") => {
                match invented_hash_number(self, call, blocks) {
                    Some(number) => invented_block(self, call, number),
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
    let doubled = balance.unwrap_or_default().saturating_mul(U256::from(2));
    quantity(doubled.saturating_add(U256::from(ETHER)))
}

/// The number of the invented block that a call by number asks for, if it does.
fn invented_number(node: &NodeSnapshot, call: &Call, blocks: u64) -> Option<u64> {
    let head = node.view.head().number();
    match params::block(call.params.first()?).ok()? {
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
    let BlockSelector::Hash(hash) = params::block(call.params.first()?).ok()? else { return None };
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
