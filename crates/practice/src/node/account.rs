//! Calls about accounts: balance, code, storage, nonce, proofs.

use alloy_primitives::{B256, U256};
use serde_json::{Value, json};

use super::params::{BlockSelector, Params, big_quantity, bytes, invalid};
use super::rpc::RpcError;
use super::{NodeSnapshot, format};
use crate::chain::Account;

/// The most slots of one `eth_getProof`. Source: Geth's `maxGetStorageSlots`.
const PROOF_SLOTS_MAX: usize = 1_024;

impl NodeSnapshot {
    /// `eth_getBalance`.
    pub(super) fn balance(&self, params: Params<'_>) -> Result<Value, RpcError> {
        let address = params.address(0)?;
        let block = self.state_block(params.block(1)?)?;
        Ok(format::quantity(block.state.balance(address)))
    }

    /// `eth_getCode`.
    pub(super) fn code(&self, params: Params<'_>) -> Result<Value, RpcError> {
        let address = params.address(0)?;
        let block = self.state_block(params.block(1)?)?;
        let account = block.state.account(address);
        Ok(account.map_or(json!("0x"), |account| format::data(account.code.original_byte_slice())))
    }

    /// `eth_getStorageAt`.
    pub(super) fn storage_at(&self, params: Params<'_>) -> Result<Value, RpcError> {
        let address = params.address(0)?;
        let slot = slot(params.required(1)?).map_err(|error| invalid(1, &error))?;
        let block = self.state_block(params.block(2)?)?;
        let value = block.state.account(address).map_or(U256::ZERO, |account| account.slot(slot));
        Ok(format::data(B256::from(value)))
    }

    /// `eth_getTransactionCount`; the pending count includes what waits in the pool.
    pub(super) fn transaction_count(&self, params: Params<'_>) -> Result<Value, RpcError> {
        let address = params.address(0)?;
        let selector = params.block(1)?;
        if selector == BlockSelector::Pending {
            return Ok(format::quantity(self.pool.next_nonce(address, &self.view.head().state)));
        }
        Ok(format::quantity(self.state_block(selector)?.state.nonce(address)))
    }

    /// `eth_getProof`. Source: EIP-1186.
    pub(super) fn proof(&self, params: Params<'_>) -> Result<Value, RpcError> {
        let address = params.address(0)?;
        let keys = params
            .required(1)?
            .as_array()
            .ok_or_else(|| invalid(1, "want a list of storage keys"))?;
        if keys.len() > PROOF_SLOTS_MAX {
            return Err(RpcError::params(format!(
                "too many slots requested (got {}, max 1024)",
                keys.len()
            )));
        }
        let block = self.state_block(params.block(2)?)?;
        let absent = Account::default();
        let account = block.state.account(address).unwrap_or(&absent);
        let mut slots = Vec::with_capacity(keys.len());
        for key in keys {
            let slot = slot(key).map_err(|error| invalid(1, &error))?;
            let proof: Value = account.prove_slot(slot).iter().map(format::data).collect();
            slots.push(
                json!({"key": key, "value": format::quantity(account.slot(slot)), "proof": proof}),
            );
        }
        let proof: Value = block.state.prove(address).iter().map(format::data).collect();
        Ok(json!({
            "address": format::data(address),
            "accountProof": proof,
            "balance": format::quantity(account.balance),
            "codeHash": format::data(account.code_hash),
            "nonce": format::quantity(account.nonce),
            "storageHash": format::data(account.storage_root()),
            "storageProof": slots,
        }))
    }
}

/// A storage slot: a quantity, or up to 32 bytes with leading zeros.
fn slot(value: &Value) -> Result<U256, String> {
    let padded = bytes(value).ok().filter(|bytes| bytes.len() <= 32 && !bytes.is_empty());
    padded.map_or_else(|| big_quantity(value), |bytes| Ok(U256::from_be_slice(&bytes)))
}
