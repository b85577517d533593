//! The contract of the pure state machines: seeded randomness, checked invariants, and bytes for journals.
//!
//! Every part of Seawall keeps its logic in a state machine of one shape:
//!
//! - inputs come in with the time they came at, and never fail: a refusal is an output;
//! - effects go out as values, drained after each input until there is none;
//! - `next_deadline` says when the machine wants to be woken, and why.
//!
//! The shell loops: wait for an input or the deadline, hand in one input, drain the outputs.

#![cfg_attr(
    not(test),
    deny(
        clippy::float_arithmetic,
        clippy::arithmetic_side_effects,
        clippy::integer_division,
        clippy::as_conversions,
        clippy::iter_over_hash_type,
        clippy::indexing_slicing
    )
)]

mod codec;
mod invariant;
mod prng;

pub use codec::{Codec, CodecError, CodecMistake, LENGTH_MAX, Reader, Variant, decode_all};
pub use prng::Prng;
