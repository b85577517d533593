//! `eth_sendRawTransaction`.

use std::sync::Arc;

use serde_json::Value;

use super::params::Params;
use super::rpc::RpcError;
use super::{NodeSnapshot, format};
use crate::chain::Transaction;

impl NodeSnapshot {
    /// `eth_sendRawTransaction`: takes the transaction into this snapshot's pool and leaves it in
    /// `accepted` for the network.
    pub(super) fn send_raw_transaction(&mut self, params: Params<'_>) -> Result<Value, RpcError> {
        let bytes = params.bytes(0)?;
        let transaction = Arc::new(Transaction::decode(&bytes).map_err(RpcError::server)?);
        let hash = transaction.hash();
        let (head, chain_id) = (Arc::clone(self.view.head()), self.identity.chain_id);
        Arc::make_mut(&mut self.pool)
            .submit(Arc::clone(&transaction), &head, chain_id)
            .map_err(|refusal| RpcError::server(refusal.to_string()))?;
        self.accepted.push(transaction);
        Ok(format::data(hash))
    }
}
