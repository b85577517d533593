//! `POST /v1/chains/NAME/follow`: the operator decides which branch of a split is followed.

use gateway_core::BlockHash;
use runtime::clock;
use runtime::http::{HeaderMap, Response, StatusCode};
use serde_json::json;

use crate::chain::ChainShell;
use crate::config::Secret;

const JSON: &str = "application/json";

/// The body of a command.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Command {
    /// Any block that only the branch to follow holds, as `0x` and 64 digits.
    block: String,
}

/// Carries out a command, if whoever gives it proves that they may.
pub(crate) fn follow(
    chain: &ChainShell,
    token: Option<&Secret>,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    let Some(token) = token else {
        let words = "no admin_token is configured, so nobody may decide; set it in [gateway]";
        return refused(StatusCode::FORBIDDEN, words);
    };
    let given = headers.get("authorization").and_then(|value| value.to_str().ok());
    let bearer = given.and_then(|value| value.strip_prefix("Bearer "));
    if !bearer.is_some_and(|given| token.is(given.trim())) {
        return refused(
            StatusCode::UNAUTHORIZED,
            "send the admin_token as `authorization: Bearer …`",
        );
    }
    let block = serde_json::from_slice::<Command>(body).ok();
    let Some(block) = block.and_then(|command| wire_eth::parse_hash(&command.block)) else {
        return refused(
            StatusCode::BAD_REQUEST,
            r#"expected {"block":"0x…"}: the hash of a block that only the branch to follow holds"#,
        );
    };
    let outcome = chain.core().follow(clock::now(), BlockHash(block));
    chain.probe_now.notify_one();
    match outcome {
        Ok(()) => {
            let snapshot = chain.core().snapshot(clock::now());
            let body =
                crate::describe::chain_json(&chain.config.name, &snapshot, &chain.gate.snapshot());
            Response::new(StatusCode::OK, JSON, body)
        }
        Err(why) => refused(StatusCode::CONFLICT, &why.to_string()),
    }
}

fn refused(status: StatusCode, words: &str) -> Response {
    Response::new(status, JSON, json!({ "error": words }).to_string())
}
