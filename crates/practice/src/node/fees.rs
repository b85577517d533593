//! Calls about prices of gas.

use alloy_primitives::U256;
use serde_json::{Value, json};

use super::NodeSnapshot;
use super::format::quantity;
use super::params::{BlockSelector, Params, invalid, quantity as read_quantity};
use super::rpc::RpcError;
use crate::chain::Block;

/// The tip that nodes suggest, in wei.
pub(super) const SUGGESTED_TIP: u64 = 1_000_000_000;
/// The most blocks of one fee history. Source: Geth's `maxHeaderHistory`.
const FEE_HISTORY_MAX: u64 = 1_024;
/// The base fee by the unit of blob gas while there are no blobs, in wei. Source: EIP-4844.
const BLOB_BASE_FEE: u64 = 1;

impl NodeSnapshot {
    /// `eth_gasPrice`.
    pub(super) fn gas_price(&self) -> Value {
        quantity(self.view.head().base_fee().saturating_add(SUGGESTED_TIP))
    }

    /// `eth_feeHistory`.
    pub(super) fn fee_history(&self, params: Params<'_>) -> Result<Value, RpcError> {
        let wanted = params.required(0)?;
        let wanted = wanted.as_u64().map_or_else(|| read_quantity(wanted), Ok);
        let wanted = wanted.map_err(|error| invalid(0, &error))?.min(FEE_HISTORY_MAX);
        params.required(1)?;
        let selector = params.block(1)?;
        // There is no fee history of a block that does not exist yet.
        let is_pending = selector == BlockSelector::Pending;
        let selector = if is_pending { BlockSelector::Latest } else { selector };
        let percentiles = percentiles(params)?;
        let head = self.view.head().number();
        let newest = self.find(selector)?.ok_or_else(|| {
            RpcError::server(format!("request beyond head block: requested block is above {head}"))
        })?;
        let oldest = (newest.number() + 1).saturating_sub(wanted);
        let blocks: Vec<_> = if wanted == 0 {
            Vec::new()
        } else {
            self.view.range(oldest, newest.number()).collect()
        };
        let next_fee = newest.next_base_fee();
        let fees = blocks.iter().map(|block| block.base_fee()).chain([next_fee]);
        let mut history = json!({
            "oldestBlock": quantity(blocks.first().map_or(0, |block| block.number())),
            "baseFeePerGas": fees.map(quantity).collect::<Value>(),
            "gasUsedRatio": blocks.iter().map(|block| gas_used_ratio(block)).collect::<Value>(),
            "baseFeePerBlobGas": vec![quantity(BLOB_BASE_FEE); blocks.len() + 1],
            "blobGasUsedRatio": vec![0.0; blocks.len()],
        });
        if let (Some(percentiles), Some(fields)) = (percentiles, history.as_object_mut()) {
            let rewards = blocks.iter().map(|block| rewards(block, &percentiles));
            fields.insert("reward".to_owned(), rewards.collect());
        }
        Ok(history)
    }
}

/// The share of the block's gas limit that it used.
fn gas_used_ratio(block: &Block) -> Value {
    #[expect(
        clippy::cast_precision_loss,
        reason = "the API wants a fraction; gas is far below 2^52"
    )]
    let ratio = block.header.gas_used as f64 / block.header.gas_limit as f64;
    json!(ratio)
}

fn percentiles(params: Params<'_>) -> Result<Option<Vec<f64>>, RpcError> {
    let Some(value) = params.optional(2) else { return Ok(None) };
    let list = value.as_array().ok_or_else(|| invalid(2, "want a list of percentiles"))?;
    let mut percentiles = Vec::with_capacity(list.len());
    for value in list {
        let percentile = value.as_f64().filter(|percentile| (0.0..=100.0).contains(percentile));
        let percentile = percentile
            .filter(|percentile| percentiles.last().is_none_or(|last| last <= percentile));
        percentiles.push(
            percentile
                .ok_or_else(|| RpcError::server(format!("invalid reward percentile: {value}")))?,
        );
    }
    Ok(Some(percentiles))
}

/// The tips at the given percentiles of the block's gas, each in wei.
fn rewards(block: &Block, percentiles: &[f64]) -> Value {
    let mut tips: Vec<(u128, u64)> = block
        .transactions
        .iter()
        .zip(&block.outcomes)
        .map(|(transaction, outcome)| {
            (transaction.tip(block.base_fee()).unwrap_or_default(), outcome.gas_used)
        })
        .collect();
    tips.sort_unstable();
    let at = |percentile: &f64| {
        #[expect(
            clippy::cast_precision_loss,
            reason = "the API gives a fraction; gas is far below 2^52"
        )]
        let threshold = block.header.gas_used as f64 * percentile / 100.0;
        let mut gas = 0.0;
        let reached = tips.iter().find(|(_, used)| {
            #[expect(clippy::cast_precision_loss, reason = "gas is far below 2^52")]
            let used = *used as f64;
            gas += used;
            gas >= threshold
        });
        quantity(U256::from(reached.map_or(0, |(tip, _)| *tip)))
    };
    percentiles.iter().map(at).collect()
}
