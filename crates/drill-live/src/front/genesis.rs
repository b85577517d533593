//! Whether a gateway of the user's own answers from the drill's providers, and not from others.
//!
//! Each run has a new genesis, so that their first block is known by its hash. The chain's number says nothing: nodes for
//! development have the same.

use incident::Upstream;
use runtime::client::{Client, Endpoint};
use serde_json::{Value, json};

use super::{ANSWER_BYTES_MAX, ask};

/// Asks the gateway and a provider for their first block.
///
/// # Errors
/// Where they are not the same, or one of them tells none.
pub(super) async fn same(endpoint: &Endpoint, told: &[Upstream]) -> Result<(), String> {
    let theirs = first_block(endpoint).await.map_err(|why| {
        format!(
            "{} answers, but not for block 0, by which is known whether it asks the drill's providers: {why}",
            endpoint.masked()
        )
    })?;
    let mut ours = Err("there is none".to_owned());
    for upstream in told {
        // One that is started late does not answer yet.
        ours = first_block(&Endpoint::parse(&upstream.url)?).await;
        if ours.is_ok() {
            break;
        }
    }
    let ours = ours.map_err(|why| format!("no provider of the drill tells its block 0: {why}"))?;
    compared(&endpoint.masked(), &theirs, &ours, told)
}

fn compared(gateway: &str, theirs: &str, ours: &str, told: &[Upstream]) -> Result<(), String> {
    if theirs == ours {
        return Ok(());
    }
    let urls: Vec<&str> = told.iter().map(|it| it.url.as_str()).collect();
    Err(format!(
        "{gateway} answers, but not from the drill's providers: its block 0 is {theirs}, and theirs is {ours}. It has to \
         be told of these and of no others: {}. If it was, it remembers a block of another run: restart it",
        urls.join(", ")
    ))
}

/// The hash of block 0.
async fn first_block(endpoint: &Endpoint) -> Result<String, String> {
    let client = Client::new(endpoint.clone(), ANSWER_BYTES_MAX);
    let block = ask(&client, "eth_getBlockByNumber", &json!(["0x0", false])).await?;
    let hash = block.get("hash").and_then(Value::as_str);
    hash.map(str::to_ascii_lowercase).ok_or_else(|| "its block has no hash".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_of_another_chain_with_the_same_number_is_told_whom_to_ask() {
        // A node for development would pass for a gateway before the drill's providers, and get a column without a fault.
        let told = ["http://127.0.0.1:18545", "http://127.0.0.1:18546"].map(|url| Upstream {
            name: String::new(),
            operator: String::new(),
            url: url.to_owned(),
            requests_per_second: None,
        });
        assert_eq!(compared("http://127.0.0.1:8545", "0xa1", "0xa1", &told), Ok(()));
        let why = compared("http://127.0.0.1:8545", "0xb2", "0xa1", &told).unwrap_err();
        for part in ["http://127.0.0.1:8545 answers, but not", "0xb2", "0xa1", "18545, http://"] {
            assert!(why.contains(part), "{part}: {why}");
        }
    }
}
