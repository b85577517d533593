//! Errors of ours: what a client is told when no upstream's answer can be given.

use gateway_core::{BlockRef, ChainSnapshot, Refusal, RefusalReason};
use runtime::http::StatusCode;
use serde_json::json;
use wire_eth::RpcError;

/// An error of ours with the HTTP status it travels under where it is the whole response.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) error: RpcError,
    pub(crate) status: StatusCode,
    /// Whether the call is worth asking again at once, at another block.
    pub(crate) reorged: bool,
}

/// Turns the core's refusal into words. Overload is 429, which ethers retries; everything else 503.
pub(crate) fn refused(refusal: &Refusal, method: &str) -> Refused {
    let asked = match refusal.attempts {
        0 => "no upstream could be asked".to_owned(),
        1 => "1 upstream was asked".to_owned(),
        several => format!("{several} attempts were made"),
    };
    let (status, code, reason, message) = words(refusal.reason);
    let effect =
        if refusal.may_have_taken_effect { "; it may have taken effect all the same" } else { "" };
    let data = format!(
        r#"{{"reason":"{reason}","attempts":{},"may_have_taken_effect":{}}}"#,
        refusal.attempts, refusal.may_have_taken_effect
    );
    let message = format!("{}: {message} ({asked}{effect})", shown(method));
    let error = RpcError { code, message: message.into(), data: Some(data) };
    Refused { error, status, reorged: refusal.reason == RefusalReason::Reorged }
}

/// HTTP status, error code, the `reason` in the error's data, and the message.
fn words(reason: RefusalReason) -> (StatusCode, i64, &'static str, String) {
    let unavailable = |reason, message: &str| {
        (StatusCode::SERVICE_UNAVAILABLE, UNAVAILABLE, reason, message.to_owned())
    };
    match reason {
        RefusalReason::NoUpstream => unavailable("no_upstream", "no upstream is usable"),
        RefusalReason::Busy => {
            let message = "all that could answer have as much under way as they bear".to_owned();
            (StatusCode::TOO_MANY_REQUESTS, LIMIT, "overloaded", message)
        }
        RefusalReason::Throttled(pause) => {
            let message = format!("every upstream asked for a pause; the first ends in {pause}");
            (StatusCode::TOO_MANY_REQUESTS, LIMIT, "rate_limited", message)
        }
        RefusalReason::Failed(why) => {
            unavailable("upstreams_failed", &format!("all failed; last: {}", why.name()))
        }
        RefusalReason::MissingBlock => {
            unavailable("block_unavailable", "no upstream that is up has the agreed head yet")
        }
        RefusalReason::Reorged => {
            unavailable("reorg", "the chain is changing its head faster than it can be read")
        }
        RefusalReason::Deadline => unavailable("deadline", "no answer within the time allowed"),
        RefusalReason::Budget(why) => {
            let message = format!("failed ({}) and the retry budget is used up", why.name());
            unavailable("retry_budget", &message)
        }
    }
}

/// As much of a method's name as is worth repeating: it is the client's, and may be megabytes long.
fn shown(method: &str) -> &str {
    method.get(..method.floor_char_boundary(METHOD_BYTES_MAX)).unwrap_or_default()
}

/// The chain has no agreed head yet.
pub(crate) fn not_ready(chain: &str) -> Refused {
    let message = format!("{chain}: no head is agreed yet; see /v1/chains/{chain}");
    let error = RpcError::unavailable(message).with_data(r#"{"reason":"not_ready"}"#);
    Refused { error, status: StatusCode::SERVICE_UNAVAILABLE, reorged: false }
}

/// Branches have parted and none is followed: the call is about what is contested. HTTP 200, so that clients
/// which throw other statuses' bodies away (ethers) hear the reason.
pub(crate) fn undecided(snapshot: &ChainSnapshot) -> Refused {
    let block = |block: BlockRef| json!({ "number": block.number, "hash": block.hash.to_string() });
    let contested = snapshot.branches.iter().filter(|branch| branch.first.is_some());
    let branches: Vec<serde_json::Value> = contested
        .map(|branch| {
            json!({
                "head": block(branch.head),
                "first": branch.first.map(block),
                "voters": branch.voters,
                "weight_milli": branch.weight_milli,
            })
        })
        .collect();
    let fork = snapshot.fork.map(block);
    let data = json!({ "reason": "chain_split", "fork": fork, "branches": branches });
    let at = snapshot.fork.map_or_else(|| "?".to_owned(), |fork| fork.number.to_string());
    let message = format!(
        "the chain has split at block {at} and it is not decided which branch stands; \
         blocks up to {at} are still served"
    );
    let error = RpcError::unavailable(message).with_data(data.to_string());
    Refused { error, status: StatusCode::OK, reorged: false }
}

/// Longest part of a method's name that is repeated in a message.
const METHOD_BYTES_MAX: usize = 64;

/// "Limit exceeded" of EIP-1474.
const LIMIT: i64 = -32_005;

/// "Resource unavailable" of EIP-1474.
const UNAVAILABLE: i64 = -32_002;
