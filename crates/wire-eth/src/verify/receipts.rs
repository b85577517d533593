//! Receipts as they are hashed into a block's receipts root.

use super::rlp::{Field, Form, List, Object};
use crate::block::quantity;

/// After Byzantium (EIP-658).
const STATUS: &[Field] = &[
    (&["status"], Form::Quantity),
    (&["cumulativeGasUsed"], Form::Quantity),
    (&["logsBloom"], Form::Fixed(256)),
    (&["logs"], Form::Logs),
];

/// Before it: the state root after the transaction in place of the status.
const ROOT: &[Field] = &[
    (&["root"], Form::Fixed(32)),
    (&["cumulativeGasUsed"], Form::Quantity),
    (&["logsBloom"], Form::Fixed(256)),
    (&["logs"], Form::Logs),
];

/// The bytes of a receipt given as JSON; `None` where its type is not known here or a field is missing.
pub(super) fn encode(receipt: &str) -> Option<Vec<u8>> {
    let object = Object::read(receipt)?;
    let kind = object.get("type").map_or(Some(0), |raw| quantity(Some(raw)))?;
    let fields = if object.get("status").is_some() { STATUS } else { ROOT };
    let prefix = match kind {
        0 => None,
        1..=4 => u8::try_from(kind).ok(),
        // Deposits of the OP stack and whatever else hash further fields.
        _ => return None,
    };
    Some(List::of(&object, fields)?.seal(prefix))
}
