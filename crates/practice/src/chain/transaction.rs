//! Signed transactions with their recovered senders.

use alloy_consensus::transaction::SignerRecoverable;
use alloy_consensus::{SignableTransaction, Transaction as _, TxEnvelope, Typed2718};
use alloy_eips::eip2718::{Decodable2718, Eip2718Error, Encodable2718};
use alloy_primitives::{Address, B256, Signature, U256};
use k256::ecdsa::SigningKey;
use revm::context::TxEnv;

/// A signed transaction whose signature was checked.
#[derive(Debug)]
pub(crate) struct Transaction {
    /// The transaction with its signature.
    pub(crate) envelope: TxEnvelope,
    /// Who signed it.
    pub(crate) sender: Address,
}

impl Transaction {
    /// Reads the EIP-2718 bytes of `eth_sendRawTransaction`.
    ///
    /// # Errors
    /// What is wrong, in Geth's words.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, String> {
        let unsupported = || "transaction type not supported".to_owned();
        let envelope = TxEnvelope::decode_2718_exact(bytes).map_err(|error| {
            if matches!(error, Eip2718Error::UnexpectedType(_)) {
                unsupported()
            } else {
                format!("rlp: {error}")
            }
        })?;
        if envelope.is_eip4844() {
            return Err(unsupported());
        }
        let sender = envelope.recover_signer().map_err(|_| "invalid sender".to_owned())?;
        Ok(Self { envelope, sender })
    }

    /// The transaction hash.
    pub(crate) fn hash(&self) -> B256 {
        *self.envelope.tx_hash()
    }

    /// The sender's transaction count when this is due.
    pub(crate) fn nonce(&self) -> u64 {
        self.envelope.nonce()
    }

    /// The most that the sender can lose to it: gas at the highest price, plus the value.
    pub(crate) fn cost(&self) -> U256 {
        let gas = U256::from(self.envelope.gas_limit());
        gas.saturating_mul(U256::from(self.envelope.max_fee_per_gas()))
            .saturating_add(self.envelope.value())
    }

    /// What the block's maker earns by each unit of gas; `None` where the base fee is above the cap.
    pub(crate) fn tip(&self, base_fee: u64) -> Option<u128> {
        self.envelope.effective_tip_per_gas(base_fee)
    }

    /// The number of encoded bytes.
    pub(crate) fn encoded_len(&self) -> usize {
        self.envelope.encode_2718_len()
    }

    /// The transaction as the EVM takes it.
    pub(crate) fn to_env(&self) -> TxEnv {
        let envelope = &self.envelope;
        let mut env = TxEnv {
            tx_type: envelope.ty(),
            caller: self.sender,
            gas_limit: envelope.gas_limit(),
            gas_price: envelope.max_fee_per_gas(),
            kind: envelope.kind(),
            value: envelope.value(),
            data: envelope.input().clone(),
            nonce: envelope.nonce(),
            chain_id: envelope.chain_id(),
            access_list: envelope.access_list().cloned().unwrap_or_default(),
            gas_priority_fee: envelope.max_priority_fee_per_gas(),
            ..TxEnv::default()
        };
        env.set_signed_authorization(envelope.authorization_list().unwrap_or_default().to_vec());
        env
    }
}

/// Signs a transaction. Signatures are deterministic (RFC 6979), so the bytes repeat.
///
/// # Errors
/// Where the curve library cannot sign, which it does only for digests that no hash gives.
pub(crate) fn sign<T>(transaction: T, key: &SigningKey) -> Result<Transaction, k256::ecdsa::Error>
where
    T: SignableTransaction<Signature>,
    TxEnvelope: From<alloy_consensus::Signed<T>>,
{
    let (signature, recovery) =
        key.sign_prehash_recoverable(transaction.signature_hash().as_slice())?;
    let envelope =
        TxEnvelope::from(transaction.into_signed(Signature::from((signature, recovery))));
    let sender = Address::from_private_key(key);
    Ok(Transaction { envelope, sender })
}
