//! Blocks, receipts, quantities and texts in answers.

use wire_eth::{
    BlockRef, HeaderSummary, client_family, read_header, read_quantity, read_string, receipt_block,
};

use super::answer::{assert_shown, result};
use super::json::{Members, string};

/// Largest body whose answer is checked from end to end, in bytes.
const VALIDATED_MAX: usize = 64 * 1024;

/// Longest reason for which a block is none, in characters.
const REASON_MAX: usize = 160;

/// Longest name of a client family.
const FAMILY_MAX: usize = 32;

/// Compares what is read of an answer's result with what the model reads.
pub(super) fn check(bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let family = client_family(text);
    assert!(!family.is_empty() && family.len() <= FAMILY_MAX, "{family:?}");
    let header = read_header(bytes);
    if let Err(malformed) = &header {
        assert_shown(&malformed.reason, REASON_MAX);
    }
    if bytes.len() > VALIDATED_MAX {
        return;
    }
    let raw = result(bytes);
    assert_eq!(header.ok(), raw.and_then(expected_header), "the header");
    assert_eq!(receipt_block(bytes), raw.and_then(expected_receipt), "the receipt's block");
    assert_eq!(read_quantity(bytes).ok(), raw.and_then(quantity), "the quantity");
    assert_eq!(read_string(bytes).ok(), raw.and_then(string), "the text");
}

fn expected_header(raw: &str) -> Option<Option<HeaderSummary>> {
    if raw == "null" {
        return Some(None);
    }
    let [number, hash, parent, timestamp] =
        Members::read(raw)?.once(["number", "hash", "parentHash", "timestamp"])?;
    Some(Some(HeaderSummary {
        number: quantity(number?)?,
        hash: hash_of(hash?)?,
        parent: hash_of(parent?)?,
        timestamp: quantity(timestamp?)?,
    }))
}

fn expected_receipt(raw: &str) -> Option<BlockRef> {
    let [number, hash] = Members::read(raw)?.once(["blockNumber", "blockHash"])?;
    Some(BlockRef { number: quantity(number?)?, hash: hash_of(hash?)? })
}

/// The digits after `0x` of a JSON string.
pub(super) fn digits(raw: &str) -> Option<Vec<u8>> {
    let text = string(raw)?;
    let digits = text.strip_prefix("0x")?.chars().map(|digit| digit.to_digit(16));
    digits.map(|digit| u8::try_from(digit?).ok()).collect()
}

/// A quantity of at most 64 bits.
pub(super) fn quantity(raw: &str) -> Option<u64> {
    let digits = digits(raw).filter(|digits| (1..=16).contains(&digits.len()))?;
    Some(digits.iter().fold(0, |number, digit| number << 4 | u64::from(*digit)))
}

/// A hash.
pub(super) fn hash_of(raw: &str) -> Option<[u8; 32]> {
    let digits = digits(raw).filter(|digits| digits.len() == 64)?;
    let bytes: Vec<u8> =
        digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
    bytes.try_into().ok()
}
