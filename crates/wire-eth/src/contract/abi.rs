//! Words of 32 bytes, as Solidity's ABI lays them out.

use alloy_primitives::U256;

use crate::text::excerpt;

/// Bytes of a word.
pub(super) const WORD: usize = 32;

/// Longest text of a revert that is read; contracts keep them short, for each byte costs.
const REASON_MAX: usize = 256;

/// The first four bytes of what `revert("…")` gives: of `Error(string)`.
const ERROR: [u8; 4] = [0x08, 0xc3, 0x79, 0xa0];
/// Those of a failed check of the compiler's: of `Panic(uint256)`.
const PANIC: [u8; 4] = [0x4e, 0x48, 0x7b, 0x71];

/// Why a contract's answer is no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OddAnswer {
    /// An empty answer.
    #[error("nothing came back: there is no contract at this address, or it has no such function")]
    Empty,
    /// It is of another length than the function's values have.
    #[error("{found} bytes came back where {expected} are due")]
    Length {
        /// Bytes that came.
        found: usize,
        /// Bytes that the values take.
        expected: usize,
    },
    /// A value is beyond what its type or its meaning allows; which.
    #[error("{0} is out of range")]
    Range(&'static str),
    /// A list is not laid out as the ABI says.
    #[error(
        "a list in the answer is not where it is said to be, or not of the length that was asked for"
    )]
    List,
    /// The answer has no room for a value of ours, or is too small for one.
    #[error("the value is too large or too small for a price")]
    Unfit,
}

/// The words of an answer that has exactly so many.
pub(super) fn words<const N: usize>(answer: &[u8]) -> Result<[&[u8; WORD]; N], OddAnswer> {
    let expected = N.saturating_mul(WORD);
    if answer.is_empty() {
        return Err(OddAnswer::Empty);
    }
    let (chunks, rest) = answer.as_chunks::<WORD>();
    let odd = OddAnswer::Length { found: answer.len(), expected };
    if !rest.is_empty() {
        return Err(odd);
    }
    let words: Vec<&[u8; WORD]> = chunks.iter().collect();
    words.try_into().map_err(|_other_length| odd)
}

/// A word as a whole number of at most so many bits.
pub(super) fn unsigned(
    word: &[u8; WORD],
    bits: usize,
    what: &'static str,
) -> Result<U256, OddAnswer> {
    let value = U256::from_be_bytes(*word);
    if value.bit_len() > bits { Err(OddAnswer::Range(what)) } else { Ok(value) }
}

/// A word as a whole number below or above nothing that fits 128 bits, sign and all.
pub(super) fn signed(word: &[u8; WORD], what: &'static str) -> Result<i128, OddAnswer> {
    let (high, low) = word.split_at(WORD >> 1);
    let low: [u8; 16] = low.try_into().map_err(|_never| OddAnswer::Range(what))?;
    let value = i128::from_be_bytes(low);
    let extended = if value < 0 { 0xff } else { 0 };
    if high.iter().all(|byte| *byte == extended) { Ok(value) } else { Err(OddAnswer::Range(what)) }
}

/// A word that holds a small number.
pub(super) fn word_of(number: u128) -> [u8; WORD] {
    U256::from(number).to_be_bytes()
}

/// Why a call was reverted, in the contract's own words, out of the data of the error; `None` where the data is of
/// another shape.
pub fn revert_reason(data: &[u8]) -> Option<String> {
    let (selector, rest) = data.split_first_chunk::<4>()?;
    if *selector == PANIC {
        let [code] = words(rest).ok()?;
        return Some(format!("panic {:#x}", U256::from_be_bytes(*code)));
    }
    if *selector != ERROR {
        return None;
    }
    let (offset, rest) = rest.split_first_chunk::<WORD>()?;
    let (length, text) = rest.split_first_chunk::<WORD>()?;
    let length: usize = U256::from_be_bytes(*length).try_into().ok()?;
    if U256::from_be_bytes(*offset) != U256::from(WORD) || length > REASON_MAX {
        return None;
    }
    text.get(..length).map(excerpt)
}
