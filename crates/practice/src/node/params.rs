//! Parameters of calls: hex quantities, data, addresses, block selectors.

use alloy_primitives::{Address, B256, Bytes, U256};
use serde_json::{Map, Value};

use super::rpc::RpcError;

/// The parameters of one call, by position.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Params<'a>(pub(crate) &'a [Value]);

/// Which block a call is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockSelector {
    /// The newest block.
    Latest,
    /// The block that would be made next.
    Pending,
    /// The newest safe block.
    Safe,
    /// The newest final block.
    Finalized,
    /// The first block.
    Earliest,
    /// A block by number.
    Number(u64),
    /// A block by hash (EIP-1898).
    Hash(B256),
}

impl<'a> Params<'a> {
    /// The parameter at `index`, if it is there and not null.
    pub(crate) fn optional(self, index: usize) -> Option<&'a Value> {
        self.0.get(index).filter(|value| !value.is_null())
    }

    /// The parameter at `index`.
    pub(crate) fn required(self, index: usize) -> Result<&'a Value, RpcError> {
        self.optional(index)
            .ok_or_else(|| RpcError::params(format!("missing value for required argument {index}")))
    }

    /// The address at `index`.
    pub(crate) fn address(self, index: usize) -> Result<Address, RpcError> {
        address(self.required(index)?).map_err(|error| invalid(index, &error))
    }

    /// The 32-byte hash at `index`.
    pub(crate) fn hash(self, index: usize) -> Result<B256, RpcError> {
        hash(self.required(index)?).map_err(|error| invalid(index, &error))
    }

    /// The byte string at `index`.
    pub(crate) fn bytes(self, index: usize) -> Result<Bytes, RpcError> {
        bytes(self.required(index)?).map_err(|error| invalid(index, &error))
    }

    /// The hex number at `index`.
    pub(crate) fn quantity(self, index: usize) -> Result<u64, RpcError> {
        quantity(self.required(index)?).map_err(|error| invalid(index, &error))
    }

    /// The truth value at `index`; false where it is left out.
    pub(crate) fn flag(self, index: usize) -> Result<bool, RpcError> {
        match self.optional(index) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(invalid(index, "want true or false")),
        }
    }

    /// The object at `index`.
    pub(crate) fn object(self, index: usize) -> Result<&'a Map<String, Value>, RpcError> {
        self.required(index)?.as_object().ok_or_else(|| invalid(index, "want an object"))
    }

    /// The block selector at `index`; the newest block where it is left out.
    pub(crate) fn block(self, index: usize) -> Result<BlockSelector, RpcError> {
        self.optional(index).map_or(Ok(BlockSelector::Latest), |value| {
            block(value).map_err(|error| invalid(index, &error))
        })
    }

    /// Refuses a parameter at `index` that would change the result and is not understood here.
    pub(crate) fn refuse(self, index: usize, what: &str) -> Result<(), RpcError> {
        match self.optional(index) {
            Some(Value::Object(fields)) if !fields.is_empty() => {
                Err(RpcError::params(format!("{what} are not supported by this node")))
            }
            _ => Ok(()),
        }
    }
}

/// An error that names the place of the wrong parameter, as Geth does.
pub(crate) fn invalid(index: usize, error: &str) -> RpcError {
    RpcError::params(format!("invalid argument {index}: {error}"))
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| "want a hex string".to_owned())
}

/// Reads a byte string such as `0x6001`.
pub(crate) fn bytes(value: &Value) -> Result<Bytes, String> {
    let digits = text(value)?.strip_prefix("0x").ok_or("hex string without 0x prefix")?;
    alloy_primitives::hex::decode(digits)
        .map(Bytes::from)
        .map_err(|_| "invalid hex string".to_owned())
}

/// Reads an address.
pub(crate) fn address(value: &Value) -> Result<Address, String> {
    let bytes = bytes(value)?;
    let digits = bytes.len() * 2;
    Address::try_from(bytes.as_ref())
        .map_err(|_| format!("hex string has length {digits}, want 40 for common.Address"))
}

/// Reads a 32-byte hash.
pub(crate) fn hash(value: &Value) -> Result<B256, String> {
    let bytes = bytes(value)?;
    let digits = bytes.len() * 2;
    B256::try_from(bytes.as_ref())
        .map_err(|_| format!("hex string has length {digits}, want 64 for common.Hash"))
}

/// Reads a hex number of up to 256 bits.
pub(crate) fn big_quantity(value: &Value) -> Result<U256, String> {
    let digits = text(value)?.strip_prefix("0x").ok_or("hex string without 0x prefix")?;
    if digits.is_empty() {
        return Err("hex string \"0x\"".to_owned());
    }
    U256::from_str_radix(digits, 16).map_err(|_| "invalid hex number".to_owned())
}

/// Reads a hex number of up to 64 bits.
pub(crate) fn quantity(value: &Value) -> Result<u64, String> {
    u64::try_from(big_quantity(value)?).map_err(|_| "hex number > 64 bits".to_owned())
}

/// Reads a block selector: a tag, a number, or an object of EIP-1898.
pub(crate) fn block(value: &Value) -> Result<BlockSelector, String> {
    if let Some(fields) = value.as_object() {
        return match (fields.get("blockHash"), fields.get("blockNumber")) {
            (Some(_), Some(_)) => {
                Err("cannot specify both BlockHash and BlockNumber, choose one or the other".into())
            }
            (Some(value), None) => hash(value).map(BlockSelector::Hash),
            (None, Some(value)) => block(value),
            (None, None) => Err("want blockHash or blockNumber".to_owned()),
        };
    }
    Ok(match text(value)? {
        "latest" => BlockSelector::Latest,
        "pending" => BlockSelector::Pending,
        "safe" => BlockSelector::Safe,
        "finalized" => BlockSelector::Finalized,
        "earliest" => BlockSelector::Earliest,
        digits if digits.len() == 66 => BlockSelector::Hash(hash(value)?),
        _ => BlockSelector::Number(quantity(value)?),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn block_selectors_read_in_every_form_that_clients_send() {
        let hash = B256::repeat_byte(3);
        for (value, selector) in [
            (json!("latest"), BlockSelector::Latest),
            (json!("0x10"), BlockSelector::Number(16)),
            (json!({"blockNumber": "0x1"}), BlockSelector::Number(1)),
            (
                json!({"blockHash": hash.to_string(), "requireCanonical": true}),
                BlockSelector::Hash(hash),
            ),
            (json!(hash.to_string()), BlockSelector::Hash(hash)),
        ] {
            assert_eq!(block(&value), Ok(selector), "{value}");
        }
        assert!(block(&json!(16)).is_err());
        assert!(block(&json!({"blockHash": hash.to_string(), "blockNumber": "0x1"})).is_err());
    }

    #[test]
    fn a_short_address_is_refused_in_geths_words() {
        let params = [json!("0x12")];
        let error = Params(&params).address(0).expect_err("short");
        assert_eq!(
            error.message,
            "invalid argument 0: hex string has length 2, want 40 for common.Address"
        );
        assert_eq!(
            Params(&[]).address(0).expect_err("absent").message,
            "missing value for required argument 0"
        );
    }
}
