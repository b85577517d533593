//! Reading a call, and its answer.

use std::fmt::Write as _;

use super::chain::StubChain;

/// The chain that the stub is a node of.
pub(crate) const CHAIN_ID: u64 = 1337;
/// How far `safe` and `finalized` are behind the head.
const SAFE_DEPTH: u64 = 4;
const FINALIZED_DEPTH: u64 = 8;
/// Logs in an answer: 200 KB.
const LOGS: u64 = 335;

/// A call as far as the stub needs it. The texts are as they came.
#[derive(Debug)]
pub(super) struct Call<'a> {
    id: &'a str,
    method: &'a str,
    params: &'a str,
}

impl Call<'_> {
    /// Whether only somebody who watches the node's health asks this.
    pub(super) fn is_probe(&self) -> bool {
        // The gateway asks for the balance at a hash to learn whether the node reads that form.
        !matches!(self.method, "eth_call" | "eth_getLogs")
    }
}

/// Finds id, method and parameters of a single call, in which no text holds a quote.
pub(super) fn read(body: &[u8]) -> Call<'_> {
    let text = std::str::from_utf8(body).unwrap_or_default();
    let after = |key: &str| text.split_once(key).map_or("", |(_, after)| after);
    let until = |text: &'static str| move |it: char| text.contains(it);
    let id = after(r#""id":"#).split(until(",}")).next().unwrap_or_default();
    Call {
        id: if id.is_empty() { "null" } else { id },
        method: after(r#""method":""#).split('"').next().unwrap_or_default(),
        params: after(r#""params":"#),
    }
}

/// Answers as a node would.
#[derive(Debug)]
pub(super) struct Node {
    chain: StubChain,
}

impl Node {
    pub(super) fn new(chain: StubChain) -> Self {
        Self { chain }
    }

    /// The answer's JSON; `now` in seconds since 1970.
    pub(super) fn answer(&self, call: &Call<'_>, now: u64) -> String {
        let id = call.id;
        match self.result(call, now) {
            Some(result) => format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#),
            None => format!(
                r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32601,"message":"the method {} does not exist"}}}}"#,
                call.method
            ),
        }
    }

    fn result(&self, call: &Call<'_>, now: u64) -> Option<String> {
        let block = |number: Option<u64>| {
            let known = number.filter(|number| *number <= self.chain.head(now));
            known.and_then(|it| self.chain.block_json(it)).unwrap_or_else(|| "null".to_owned())
        };
        Some(match call.method {
            "eth_chainId" => format!("\"{CHAIN_ID:#x}\""),
            "net_version" => format!("\"{CHAIN_ID}\""),
            "web3_clientVersion" => r#""Geth/v1.16.7-stub/linux""#.to_owned(),
            "eth_syncing" => "false".to_owned(),
            "eth_blockNumber" => format!("\"{:#x}\"", self.chain.head(now)),
            "eth_getBalance" => r#""0x0""#.to_owned(),
            // With what is around it 115 bytes, a few more or less by the id's length.
            "eth_call" => format!("\"0x{:064x}\"", 12_345),
            "eth_getBlockByNumber" => block(self.number(first(call.params), now)),
            "eth_getBlockByHash" => block(self.chain.number(first(call.params))),
            "eth_getLogs" => self.logs(call.params, now)?,
            _ => return None,
        })
    }

    fn number(&self, block: &str, now: u64) -> Option<u64> {
        let head = self.chain.head(now);
        match block {
            "latest" | "pending" => Some(head),
            "safe" => head.checked_sub(SAFE_DEPTH),
            "finalized" => head.checked_sub(FINALIZED_DEPTH),
            "earliest" => Some(0),
            number => u64::from_str_radix(number.strip_prefix("0x")?, 16).ok(),
        }
    }

    /// Logs of the block that the filter begins with, all of the filter's contract.
    fn logs(&self, params: &str, now: u64) -> Option<String> {
        let member = |key: &str| params.split_once(key)?.1.split('"').nth(2);
        let number = self.number(member("fromBlock")?, now)?;
        let (hash, address) = (self.chain.hash(number)?, member("address")?);
        let mut logs = String::with_capacity(220 << 10);
        for index in 0..LOGS {
            let comma = if index == 0 { '[' } else { ',' };
            write!(
                logs,
                r#"{comma}{{"address":"{address}","topics":["0x{index:064x}","0x{index:064x}","0x{index:064x}"],"data":"0x{index:064x}","blockNumber":"{number:#x}","transactionHash":"0x{index:064x}","transactionIndex":"0x0","blockHash":"{hash}","logIndex":"{index:#x}","removed":false}}"#
            )
            .ok()?;
        }
        logs.push(']');
        Some(logs)
    }
}

/// The first parameter's text.
fn first(params: &str) -> &str {
    params.split('"').nth(1).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_another_size_would_measure_something_else() {
        let node = Node::new(StubChain::new(10_000_000, 100));
        let size = |method: &str, params: &str| {
            let text = format!(
                r#"{{"jsonrpc":"2.0","id":123456789,"method":"{method}","params":{params}}}"#
            );
            let answer = node.answer(&read(text.as_bytes()), 10_000_000);
            assert!(answer.starts_with(r#"{"jsonrpc":"2.0","id":123456789,"result":"#), "{answer}");
            answer.len()
        };
        assert_eq!(size("eth_call", r#"[{"to":"0x1"},"latest"]"#), 110);
        let block = size("eth_getBlockByNumber", r#"["0x10",false]"#);
        assert!((1_200..1_500).contains(&block), "{block}");
        let logs = size(
            "eth_getLogs",
            r#"[{"fromBlock":"0x10","toBlock":"0x10","address":"0x00000000000000000000000000000000000000aa"}]"#,
        );
        assert!((190_000..210_000).contains(&logs), "{logs}");
    }
}
