//! The beacon source: a consensus node's finalized block, which decides between branches where there is one.

use std::sync::Arc;

use gateway_core::{BlockHash, BlockRef};
use runtime::client::{Client, Endpoint};
use runtime::clock;
use serde_json::Value;
use units::Span;

use crate::chain::ChainShell;

/// Largest answer read: a whole block with its blobs' commitments is well under this.
const RESPONSE_BYTES: usize = 32 * 1024 * 1024;

/// Finality comes once an epoch; looked at often enough that a split is decided within a block or two of it.
const LOOK: Span = Span::from_secs(12);

/// Longest wait for an answer.
const PATIENCE: Span = Span::from_secs(10);

/// Where a consensus node tells its finalized block, the smaller form first. Not all have both.
const PATHS: [&str; 2] =
    ["/eth/v1/beacon/blinded_blocks/finalized", "/eth/v2/beacon/blocks/finalized"];

/// Asks the beacon source for as long as the gateway runs. Its silence changes nothing.
pub(crate) async fn follow(chain: Arc<ChainShell>, endpoint: Endpoint) {
    let base = endpoint.base_path().trim_end_matches('/').to_owned();
    let client = Client::new(endpoint, RESPONSE_BYTES);
    let mut answered = true;
    loop {
        let block = finalized(&client, &base).await;
        match block {
            Some(block) => chain.core().on_beacon_finalized(clock::now(), block),
            None if answered => {
                let name = chain.config.name.as_str();
                tracing::warn!(chain = name, source = %client.endpoint(), "the beacon source does not tell its finalized block");
            }
            None => {}
        }
        answered = block.is_some();
        clock::sleep(LOOK.min(chain.config.block_time)).await;
    }
}

async fn finalized(client: &Client, base: &str) -> Option<BlockRef> {
    for path in PATHS {
        let response = client.get(&format!("{base}{path}"), PATIENCE).await.ok()?;
        if let Some(block) = read(&response.body) {
            return Some(block);
        }
    }
    None
}

/// The execution block in an answer of the beacon API, blinded or whole.
fn read(body: &[u8]) -> Option<BlockRef> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let body = answer.pointer("/data/message/body")?;
    let payload = body.get("execution_payload_header").or_else(|| body.get("execution_payload"))?;
    let number = payload.get("block_number")?.as_str()?.parse().ok()?;
    let hash = wire_eth::parse_hash(payload.get("block_hash")?.as_str()?)?;
    Some(BlockRef { number, hash: BlockHash(hash) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_block_are_read() {
        // The referee would be there and never heard.
        let hash = "0x".to_owned() + &"ab".repeat(32);
        for form in ["execution_payload_header", "execution_payload"] {
            let body = format!(
                r#"{{"version":"electra","data":{{"message":{{"slot":"9","body":{{"{form}":{{"block_number":"21000000","block_hash":"{hash}"}}}}}}}}}}"#
            );
            let block = BlockRef { number: 21_000_000, hash: BlockHash([0xab; 32]) };
            assert_eq!(read(body.as_bytes()), Some(block));
        }
        for none in ["", "{}", r#"{"code":404,"message":"NOT_FOUND"}"#] {
            assert_eq!(read(none.as_bytes()), None);
        }
    }
}
