//! The few members of a block that head tracking reads, and the scalar answers beside it.

use std::borrow::Cow;

use crate::answer::{AnswerKind, Malformed, read_answer};
use crate::classify::error_summary;
use crate::hex::{parse_hash, parse_quantity};
use crate::json::{members, unquote};

/// A block's place in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderSummary {
    /// Its height.
    pub number: u64,
    /// Its hash as the node gives it; not checked against the header's content.
    pub hash: [u8; 32],
    /// Its parent's hash.
    pub parent: [u8; 32],
    /// Its timestamp, in seconds since 1970.
    pub timestamp: u64,
}

/// Reads a whole answer to `eth_getBlockByNumber` or `eth_getBlockByHash`; `None` if the node does
/// not know the block.
///
/// # Errors
///
/// No JSON-RPC answer, an error answer (the reason has its code and message), or a block without a
/// readable number, hash, parent hash or timestamp, such as a pending one.
pub fn read_header(body: &[u8]) -> Result<Option<HeaderSummary>, Malformed> {
    let result = read_result(body)?;
    if result == "null" {
        return Ok(None);
    }
    let [number, hash, parent, timestamp] =
        members(result, ["number", "hash", "parentHash", "timestamp"])
            .ok_or_else(|| Malformed::new("the block is no object, or names a member twice"))?;
    Ok(Some(HeaderSummary {
        number: quantity(number).ok_or_else(|| lacks("number"))?,
        hash: hash_of(hash).ok_or_else(|| lacks("hash"))?,
        parent: hash_of(parent).ok_or_else(|| lacks("parentHash"))?,
        timestamp: quantity(timestamp).ok_or_else(|| lacks("timestamp"))?,
    }))
}

/// Reads a whole answer whose result is a quantity, such as that to `eth_chainId` or
/// `eth_blockNumber`.
///
/// # Errors
///
/// No JSON-RPC answer, an error answer, or a result that is no `0x` quantity of at most 64 bits.
pub fn read_quantity(body: &[u8]) -> Result<u64, Malformed> {
    quantity(Some(read_result(body)?)).ok_or_else(|| Malformed::new("the result is no quantity"))
}

/// Reads a whole answer whose result is a string, such as that to `web3_clientVersion` or
/// `net_version`.
///
/// # Errors
///
/// No JSON-RPC answer, an error answer, or a result that is no string.
pub fn read_string(body: &[u8]) -> Result<String, Malformed> {
    unquote(read_result(body)?)
        .map(Cow::into_owned)
        .ok_or_else(|| Malformed::new("the result is no string"))
}

/// The raw JSON text of a result.
pub(crate) fn read_result(body: &[u8]) -> Result<&str, Malformed> {
    let answer = read_answer(body)?;
    match answer.kind {
        AnswerKind::Result { .. } => body
            .get(answer.value)
            .and_then(|raw| std::str::from_utf8(raw).ok())
            .ok_or_else(|| Malformed::new("no UTF-8 text")),
        AnswerKind::Error => Err(Malformed::new(error_summary(body, &answer).unwrap_or_default())),
    }
}

/// Reads a quantity from raw JSON text.
pub(crate) fn quantity(raw: Option<&str>) -> Option<u64> {
    parse_quantity(&unquote(raw?)?)
}

/// Reads a hash from raw JSON text.
pub(crate) fn hash_of(raw: Option<&str>) -> Option<[u8; 32]> {
    parse_hash(&unquote(raw?)?)
}

fn lacks(member: &str) -> Malformed {
    Malformed::new(format!("the block has no readable {member}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(number: &str, hash: &str) -> String {
        let parent = "0x".to_owned() + &"22".repeat(32);
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"result":{{"uncles":[],"number":{number},"hash":{hash},
            "parentHash":"{parent}","timestamp":"0x65","transactions":[{{"hash":"0x1"}}]}}}}"#
        )
    }

    #[test]
    fn a_block_is_read_from_its_own_members_only() {
        // The transactions inside a block have members with the same names.
        let hash = format!("\"0x{}\"", "11".repeat(32));
        let header = read_header(block("\"0x36\"", &hash).as_bytes()).unwrap().unwrap();
        assert_eq!(
            header,
            HeaderSummary { number: 54, hash: [0x11; 32], parent: [0x22; 32], timestamp: 101 }
        );
    }

    #[test]
    fn what_is_no_block_is_told_apart() {
        // An unknown block is not a broken node, and a pending block is no head.
        assert_eq!(read_header(br#"{"id":1,"result":null}"#), Ok(None));
        for (body, reason) in [
            (block("\"0x1\"", "null"), "the block has no readable hash"),
            (block("1", "\"0x\""), "the block has no readable number"),
            (r#"{"id":1,"result":[]}"#.into(), "the block is no object, or names a member twice"),
            (
                r#"{"id":1,"error":{"code":-32000,"message":"header not found"}}"#.into(),
                "error -32000: header not found",
            ),
            (String::new(), "empty body"),
        ] {
            assert_eq!(read_header(body.as_bytes()).unwrap_err().reason, reason);
        }
    }

    #[test]
    fn scalars_are_read_strictly() {
        // A wrong chain id must never pass for the right one.
        assert_eq!(read_quantity(br#"{"id":1,"result":"0x1"}"#).unwrap(), 1);
        for bad in [r#""1""#, "1", "null", r#""0x""#, "{}"] {
            let body = format!(r#"{{"id":1,"result":{bad}}}"#);
            assert!(read_quantity(body.as_bytes()).is_err(), "{bad}");
        }
        assert_eq!(read_string(br#"{"id":1,"result":"a\u0062/v1"}"#).unwrap(), "ab/v1");
        assert!(read_string(br#"{"id":1,"result":["a"]}"#).is_err());
    }
}
