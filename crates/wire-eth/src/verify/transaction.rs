//! Transactions as they are hashed into a block's transactions root.

use super::rlp::{Field, Form, List, Object};
use crate::block::quantity;

const NONCE: Field = (&["nonce"], Form::Quantity);
const GAS_PRICE: Field = (&["gasPrice"], Form::Quantity);
const GAS: Field = (&["gas"], Form::Quantity);
const TO: Field = (&["to"], Form::Recipient);
const VALUE: Field = (&["value"], Form::Quantity);
const INPUT: Field = (&["input", "data"], Form::Data);
const CHAIN_ID: Field = (&["chainId"], Form::Quantity);
const TIP: Field = (&["maxPriorityFeePerGas"], Form::Quantity);
const FEE: Field = (&["maxFeePerGas"], Form::Quantity);
const ACCESS: Field = (&["accessList"], Form::AccessList);
const BLOB_FEE: Field = (&["maxFeePerBlobGas"], Form::Quantity);
const BLOBS: Field = (&["blobVersionedHashes"], Form::Hashes);
const AUTHORIZATIONS: Field = (&["authorizationList"], Form::Authorizations);
const PARITY: Field = (&["yParity", "v"], Form::Quantity);
const R: Field = (&["r"], Form::Quantity);
const S: Field = (&["s"], Form::Quantity);

/// Before EIP-2718; `v` carries the chain id.
const LEGACY: &[Field] = &[NONCE, GAS_PRICE, GAS, TO, VALUE, INPUT, (&["v"], Form::Quantity), R, S];

/// EIP-2930.
const ACCESS_LIST: &[Field] =
    &[CHAIN_ID, NONCE, GAS_PRICE, GAS, TO, VALUE, INPUT, ACCESS, PARITY, R, S];

/// EIP-1559.
const DYNAMIC_FEE: &[Field] =
    &[CHAIN_ID, NONCE, TIP, FEE, GAS, TO, VALUE, INPUT, ACCESS, PARITY, R, S];

/// EIP-4844.
const BLOB: &[Field] =
    &[CHAIN_ID, NONCE, TIP, FEE, GAS, TO, VALUE, INPUT, ACCESS, BLOB_FEE, BLOBS, PARITY, R, S];

/// EIP-7702.
const SET_CODE: &[Field] =
    &[CHAIN_ID, NONCE, TIP, FEE, GAS, TO, VALUE, INPUT, ACCESS, AUTHORIZATIONS, PARITY, R, S];

/// The deposits of the OP stack. Source: its specification, "Deposits".
const DEPOSIT: &[Field] = &[
    (&["sourceHash"], Form::Fixed(32)),
    (&["from"], Form::Fixed(20)),
    TO,
    (&["mint"], Form::OptionalQuantity),
    VALUE,
    GAS,
    (&["isSystemTx"], Form::Flag),
    INPUT,
];

/// The bytes of a transaction given as JSON; `None` where its type is not known here or a field is
/// missing.
pub(super) fn encode(transaction: &str) -> Option<Vec<u8>> {
    let object = Object::read(transaction)?;
    let kind = object.get("type").map_or(Some(0), |raw| quantity(Some(raw)))?;
    let fields = match kind {
        0 => LEGACY,
        1 => ACCESS_LIST,
        2 => DYNAMIC_FEE,
        3 => BLOB,
        4 => SET_CODE,
        0x7e => DEPOSIT,
        _ => return None,
    };
    let prefix = u8::try_from(kind).ok().filter(|kind| *kind > 0);
    Some(List::of(&object, fields)?.seal(prefix))
}
