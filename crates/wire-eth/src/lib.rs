//! Ethereum JSON-RPC bytes to typed calls and back, without I/O.
//!
//! Everything here is a function on bytes: no clock, no socket, no state. What a client sent is
//! read by [`read_request`], what a method is by [`method_info`], which block it means by [`pin()`];
//! what an upstream answered is read by [`read_answer`] and judged by [`classify()`]. Bytes that are
//! passed on are passed on unchanged; only the id is replaced, by [`with_id`].
//!
//! What prices and exchange rates are read of is asked by [`write_batch`] and read by [`read_batch`] and the readers
//! beside it, each of which takes one contract's answer.

mod answer;
mod block;
mod classify;
mod client;
mod contract;
mod error;
mod fees;
#[cfg(test)]
mod generate;
mod hex;
mod json;
mod method;
mod passing;
mod pin;
mod receipt;
mod request;
mod text;
mod transaction;
mod verify;

pub use answer::{
    Answer, AnswerKind, Malformed, read_answer, with_id, write_request, write_result,
};
pub use block::{HeaderSummary, read_header, read_quantity, read_string};
pub use classify::{Disposition, Doubt, Failure, RETRY_AFTER_MAX, classify, error_summary};
pub use client::client_family;
pub use contract::{
    Address, AddressError, AtBlock, BatchItem, CallData, DECIMALS_MAX, OddAnswer, RateKind, Round,
    TICK_MAX, Twap, price_at_tick, read_address, read_batch, read_bytes, read_decimals,
    read_observations, read_rate, read_round, revert_reason, write_batch, write_call,
};
pub use error::RpcError;
pub use fees::{FeeHistory, read_fee_history, read_wei};
pub use hex::{hash_hex, parse_hash, parse_quantity, quantity_hex};
pub use method::{BlockParam, Handling, MethodClass, MethodInfo, method_info, refusal};
pub use passing::{PassedEnd, read_beginning};
pub use pin::{BlockRef, Needs, Pinned, Subject, View, as_it_is, pin};
pub use receipt::receipt_block;
pub use request::{BadItem, Call, RequestBody, RequestLimits, read_request, request_id};
pub use transaction::raw_transaction_hash;
pub use verify::{
    Check, Comparison, Expected, HeaderCheck, LogCheck, LogFilter, LogsSeen, Looks, Proof,
    SealedHeader, WrongAnswer, check_header, compare, digest, looks_empty, prove_block,
    prove_receipts, read_sealed_header,
};
