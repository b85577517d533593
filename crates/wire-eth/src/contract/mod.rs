//! Contracts that prices are read of: what to ask of them, and what their answers mean.
//!
//! A call's data and its answer are words of 32 bytes (Solidity's ABI). Every reader here takes the whole answer and
//! gives an exact value or the reason why there is none: an answer that is odd is never a price.

mod abi;
mod address;
mod aggregator;
mod call;
mod pool;
mod power;
mod rate;
#[cfg(test)]
mod tests;

pub use abi::{OddAnswer, revert_reason};
pub use address::{Address, AddressError};
pub use aggregator::{Round, read_round};
pub use call::{AtBlock, BatchItem, CallData, read_batch, read_bytes, write_batch, write_call};
pub use pool::{TICK_MAX, Twap, price_at_tick, read_observations};
pub use rate::{RateKind, read_rate};

/// The most decimal places that a token or an aggregator is believed to have: 18 is usual, 27 the most in use. A
/// larger number is a mistake, and would make every price nothing or everything.
pub const DECIMALS_MAX: u8 = 36;

/// Reads the answer to `decimals()`.
///
/// # Errors
/// Where it is no number, or beyond [`DECIMALS_MAX`].
pub fn read_decimals(answer: &[u8]) -> Result<u8, OddAnswer> {
    let [word] = abi::words(answer)?;
    let number = abi::unsigned(word, 8, "the number of decimals")?;
    let decimals: Option<u8> = number.try_into().ok();
    decimals
        .filter(|number| *number <= DECIMALS_MAX)
        .ok_or(OddAnswer::Range("the number of decimals"))
}

/// Reads an answer that is an address, such as that to `token0()`.
///
/// # Errors
/// Where it is none.
pub fn read_address(answer: &[u8]) -> Result<Address, OddAnswer> {
    let [word] = abi::words(answer)?;
    abi::unsigned(word, 160, "the address")?;
    let bytes = word.last_chunk().ok_or(OddAnswer::Range("the address"))?;
    Ok(Address(*bytes))
}
