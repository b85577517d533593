//! The JSON-RPC reader against `serde_json`.
//!
//! One input is read as everything it may be: a client's request, an upstream's answer, a header, a
//! receipt, logs, parameters. What is accepted, and which bytes each part is, must be what a well-known parser
//! says of the same text.

mod answer;
mod block;
mod json;
mod pin;
mod request;
mod seeds;
mod verify;

use crate::target::{Form, Target};

/// The target of [`json_rpc`].
pub const JSON_RPC: Target = Target {
    name: "json_rpc",
    run: json_rpc,
    seeds: seeds::seeds,
    words: seeds::WORDS,
    form: Form::Text,
};

/// Reads an input as everything that comes over the wire.
///
/// # Panics
///
/// Where a reader panics, or says something else than its model.
pub fn json_rpc(bytes: &[u8]) {
    request::check(bytes);
    answer::check(bytes);
    answer::check_judgement(bytes);
    block::check(bytes);
    pin::check(bytes);
    verify::check(bytes);
}
