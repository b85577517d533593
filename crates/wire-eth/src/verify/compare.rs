//! Two nodes' answers to one question, side by side.

use serde_json::{Map, Value};

use super::proof::keccak;
use crate::answer::{AnswerKind, read_answer};

/// Largest answers that are compared value by value, in bytes; of larger ones only the bytes are.
const COMPARED_MAX: usize = 1024 * 1024;

/// Longest hex strings whose leading zeros do not count, in characters: a 256-bit quantity.
const QUANTITY_MAX: usize = 66;

/// What two answers are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// They say the same.
    Same,
    /// They contradict each other.
    Different,
    /// They cannot be held against each other: one is an error, or too large and written differently.
    Incomparable,
}

/// Compares two whole answers to one question about one block.
///
/// What clients are known to write differently does not count: the case of hex digits, leading zeros
/// of quantities, `0x` for zero, the order of members, a member that one leaves out or says is null
/// (`totalDifficulty`, `blockTimestamp` of logs, `yParity` and more).
pub fn compare(first: &[u8], second: &[u8]) -> Comparison {
    let (Some(first), Some(second)) = (result_of(first), result_of(second)) else {
        return Comparison::Incomparable;
    };
    if first == second {
        return Comparison::Same;
    }
    if first.len().max(second.len()) > COMPARED_MAX {
        return Comparison::Incomparable;
    }
    match (serde_json::from_slice(first), serde_json::from_slice(second)) {
        (Ok(first), Ok(second)) if same(&first, &second) => Comparison::Same,
        (Ok(_), Ok(_)) => Comparison::Different,
        (_, _) => Comparison::Incomparable,
    }
}

/// Whether a result says that there is nothing: null, an empty list, zero, no bytes. So answers a node
/// that lags or has lost its data, and so do, far more often, those that are right.
pub fn looks_empty(result: &[u8]) -> bool {
    match result {
        b"null" | b"[]" | b"\"\"" | b"{}" => true,
        _ => {
            let digits = result.strip_prefix(b"\"0x").and_then(|rest| rest.strip_suffix(b"\""));
            digits.is_some_and(|digits| digits.iter().all(|digit| *digit == b'0'))
        }
    }
}

/// The keccak hash of an answer's result or error, to tell answers apart in evidence.
pub fn digest(body: &[u8]) -> [u8; 32] {
    let value = read_answer(body).ok().and_then(|answer| body.get(answer.value));
    keccak(value.unwrap_or(body))
}

fn result_of(body: &[u8]) -> Option<&[u8]> {
    let answer = read_answer(body).ok()?;
    match answer.kind {
        AnswerKind::Result { .. } => body.get(answer.value),
        AnswerKind::Error => None,
    }
}

fn same(first: &Value, second: &Value) -> bool {
    match (first, second) {
        (Value::String(first), Value::String(second)) => same_text(first, second),
        (Value::Array(first), Value::Array(second)) => {
            first.len() == second.len()
                && first.iter().zip(second).all(|(first, second)| same(first, second))
        }
        (Value::Object(first), Value::Object(second)) => same_members(first, second),
        (first, second) => first == second,
    }
}

fn same_members(first: &Map<String, Value>, second: &Map<String, Value>) -> bool {
    let agrees = |(name, value): (&String, &Value)| match second.get(name) {
        None | Some(Value::Null) => true,
        Some(other) => value.is_null() || same(value, other),
    };
    let shares = first.keys().any(|name| second.contains_key(name));
    (shares || (first.is_empty() && second.is_empty())) && first.iter().all(agrees)
}

fn same_text(first: &str, second: &str) -> bool {
    if first.eq_ignore_ascii_case(second) {
        return true;
    }
    let (Some(one), Some(other)) = (first.strip_prefix("0x"), second.strip_prefix("0x")) else {
        return false;
    };
    if one.is_empty() || other.is_empty() {
        // `0x` is no bytes or zero; many zeros are bytes.
        return one.len() + other.len() <= 1 && (one == "0" || other == "0");
    }
    let short = first.len().max(second.len()) <= QUANTITY_MAX;
    let value = |digits: &str| digits.trim_start_matches('0').to_ascii_lowercase();
    short && value(one) == value(other)
}
