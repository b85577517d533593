//! `seawall oracle explain SYMBOL`: asks a running oracle why a price is what it is.

use std::io::Write as _;

use anyhow::Context as _;
use runtime::client::{Client, Endpoint};
use units::Span;

use crate::error::CommandError;

/// Longest wait for the answer.
const PATIENCE: Span = Span::from_secs(5);

/// Longest answer; an explanation has a line a source.
const ANSWER_BYTES: usize = 1 << 20;

/// Prints the explanation.
///
/// # Errors
/// Where the oracle cannot be asked, or has no such feed.
pub(super) fn run(symbol: &str, url: &str) -> Result<(), CommandError> {
    let endpoint = Endpoint::parse(url).map_err(|why| anyhow::anyhow!("--url: {why}"))?;
    let base = endpoint.base_path().trim_end_matches('/').to_owned();
    let client = Client::new(endpoint, ANSWER_BYTES);
    let path = format!("{base}/v1/prices/{symbol}/explain");
    let answer = runtime::task::block_on(client.get(&path, PATIENCE))
        .with_context(|| format!("the oracle at {} does not answer", client.endpoint()))?;
    let text = String::from_utf8_lossy(&answer.body);
    // A price that is halted is explained, too.
    if !answer.status.is_success() && answer.status.as_u16() != 503 {
        let status = answer.status.as_u16();
        return Err(anyhow::anyhow!("the oracle answers {status}: {}", text.trim()).into());
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", text.trim_end()).context("cannot write to standard output")?;
    Ok(())
}
