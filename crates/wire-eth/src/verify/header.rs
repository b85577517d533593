//! Whether a header's fields hash to its hash.

use alloy_primitives::keccak256;

use super::rlp::{Field, Form, List, Object};
use crate::answer::Malformed;
use crate::block::{HeaderSummary, hash_of, read_header, read_result};
use crate::hex::parse_hash;
use crate::json::unquote;

/// The fields that every header has, in the order in which they are hashed.
const FIELDS: [Field; 15] = [
    (&["parentHash"], Form::Fixed(32)),
    (&["sha3Uncles"], Form::Fixed(32)),
    (&["miner"], Form::Fixed(20)),
    (&["stateRoot"], Form::Fixed(32)),
    (&["transactionsRoot"], Form::Fixed(32)),
    (&["receiptsRoot"], Form::Fixed(32)),
    (&["logsBloom"], Form::Fixed(256)),
    (&["difficulty"], Form::Quantity),
    (&["number"], Form::Quantity),
    (&["gasLimit"], Form::Quantity),
    (&["gasUsed"], Form::Quantity),
    (&["timestamp"], Form::Quantity),
    (&["extraData"], Form::Data),
    (&["mixHash"], Form::Fixed(32)),
    (&["nonce"], Form::Fixed(8)),
];

/// The fields that upgrades have added, in their order: London, Shanghai, Cancun (three), Prague,
/// Amsterdam (EIP-7928, EIP-7843).
const LATER_FIELDS: [Field; 8] = [
    (&["baseFeePerGas"], Form::Quantity),
    (&["withdrawalsRoot"], Form::Fixed(32)),
    (&["blobGasUsed"], Form::Quantity),
    (&["excessBlobGas"], Form::Quantity),
    (&["parentBeaconBlockRoot"], Form::Fixed(32)),
    (&["requestsHash"], Form::Fixed(32)),
    (&["blockAccessListHash"], Form::Fixed(32)),
    (&["slotNumber"], Form::Quantity),
];

/// Members of a block that are no part of its header.
const BESIDE: [&str; 6] =
    ["hash", "size", "transactions", "uncles", "withdrawals", "totalDifficulty"];

/// Whether a header's fields hash to its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderCheck {
    /// They do.
    Matches,
    /// They do not, and there is no field that is not known here.
    Differs,
    /// A field is missing, unreadable or not known here: a chain of another make, or of a later
    /// upgrade.
    Unknown,
}

/// A header and what was found of its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedHeader {
    /// Its place in the chain.
    pub summary: HeaderSummary,
    /// Whether its fields hash to its hash.
    pub check: HeaderCheck,
    /// What its receipts hash to, where it says so.
    pub receipts_root: Option<[u8; 32]>,
    /// The bloom filter of its logs, where it has one.
    pub logs_bloom: Option<Box<[u8; 256]>>,
}

/// Checks the header in a block given as the raw JSON of a result.
pub fn check_header(block: &str) -> HeaderCheck {
    Object::read(block).map_or(HeaderCheck::Unknown, |object| check(&object))
}

/// Reads a whole answer to `eth_getBlockByNumber` or `eth_getBlockByHash` as
/// [`crate::read_header`] does, and checks the header's hash.
///
/// # Errors
///
/// As [`crate::read_header`].
pub fn read_sealed_header(body: &[u8]) -> Result<Option<SealedHeader>, Malformed> {
    let Some(summary) = read_header(body)? else { return Ok(None) };
    let object = Object::read(read_result(body)?);
    Ok(Some(SealedHeader {
        summary,
        check: object.as_ref().map_or(HeaderCheck::Unknown, check),
        receipts_root: object.as_ref().and_then(|object| hash_of(object.get("receiptsRoot"))),
        logs_bloom: object.as_ref().and_then(|object| bloom_of(object.get("logsBloom")?)),
    }))
}

pub(super) fn check(block: &Object<'_>) -> HeaderCheck {
    let hash = block.get("hash").and_then(unquote).and_then(|text| parse_hash(&text));
    let (Some(hash), Some(found)) = (hash, hash_of_fields(block)) else {
        return HeaderCheck::Unknown;
    };
    if hash == found {
        return HeaderCheck::Matches;
    }
    let known = |name: &str| {
        let field = |(names, _): &Field| names.contains(&name);
        BESIDE.contains(&name) || FIELDS.iter().chain(&LATER_FIELDS).any(field)
    };
    if block.names().all(known) { HeaderCheck::Differs } else { HeaderCheck::Unknown }
}

fn hash_of_fields(block: &Object<'_>) -> Option<[u8; 32]> {
    let later = LATER_FIELDS.iter().filter(|(names, _)| block.any(names).is_some());
    let fields: Vec<Field> = FIELDS.iter().chain(later).copied().collect();
    Some(keccak256(List::of(block, &fields)?.seal(None)).0)
}

fn bloom_of(raw: &str) -> Option<Box<[u8; 256]>> {
    let text = unquote(raw)?;
    let mut bloom = Box::new([0; 256]);
    alloy_primitives::hex::decode_to_slice(text.strip_prefix("0x")?, bloom.as_mut_slice()).ok()?;
    Some(bloom)
}
