//! Keeps the core's knowledge of the upstreams fresh: carries its probes out.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use gateway_core::{
    BlockHash, FEE_BLOCKS, FEE_PERCENTILES, FeeHistory, Header, Probe, ProbeAnswer, ProbeFailure,
    ProbeOrder,
};
use runtime::client::Client;
use runtime::http::{Bytes, HeaderMap};
use runtime::{clock, task};
use wire_eth::{Disposition, HeaderCheck, HeaderSummary, MethodClass};

use crate::chain::ChainShell;
use crate::upstream::{Clients, is_foreign};

/// Asks upstreams what the core wants to know, for as long as the gateway runs.
pub(crate) async fn run(chain: Arc<ChainShell>, clients: Arc<Clients>) {
    loop {
        let now = clock::now();
        loop {
            let order = chain.core().poll_probe(now);
            let Some(order) = order else { break };
            drop(task::spawn(carry_out(Arc::clone(&chain), Arc::clone(&clients), order)));
        }
        chain.gate.adapt(now, &mut chain.core());
        chain.drain_events();
        let (wake, _) = chain.core().next_deadline();
        task::select! {
            biased;
            () = chain.probe_now.notified() => {}
            () = clock::sleep_until(wake.min(now.after(TICK))) => {}
        }
    }
}

/// Longest time between two looks, so that events of the calls reach the log soon.
const TICK: units::Span = units::Span::from_millis(250);

async fn carry_out(chain: Arc<ChainShell>, clients: Arc<Clients>, order: ProbeOrder) {
    let Some(client) = clients.get(order.upstream) else { return };
    let answer = ask(&chain, client, clients.next_id(), &order).await;
    let (address, name_failure) = (address_of(client), client.name_failure());
    let now = clock::now();
    {
        let mut core = chain.core();
        core.on_address(now, order.upstream, address);
        core.on_name(order.upstream, name_failure);
        core.on_probe(now, order.upstream, order.probe, answer);
        chain.headers.set_checked(core.headers_hash());
        chain.stalled.store(core.is_stalled(), Ordering::Relaxed);
    }
    chain.probe_now.notify_one();
}

/// The network address as far as it tells machines apart. A loopback address does not: behind it may be
/// a tunnel, a side-car or a test to anywhere.
fn address_of(client: &Client) -> Option<String> {
    client
        .last_address()
        .filter(|address| !address.is_loopback())
        .map(|address| address.to_string())
}

async fn ask(chain: &ChainShell, client: &Client, id: u64, order: &ProbeOrder) -> ProbeAnswer {
    let (method, params) = question(&order.probe);
    let body: Bytes = wire_eth::write_request(id, method, Some(&params)).into();
    let response = match client.post(body, &HeaderMap::new(), order.timeout).await {
        Ok(response) => response,
        Err(error) => return ProbeAnswer::Failed(ProbeFailure::Unreachable(error.to_string())),
    };
    let retry_after = response.headers.get("retry-after");
    let now = clock::unix_time().as_secs();
    let status = response.status.as_u16();
    let (disposition, answer) =
        wire_eth::classify(MethodClass::Block, status, retry_after, now, &response.body, false);
    if answer.as_ref().is_some_and(|answer| is_foreign(&response.body, answer, id)) {
        let why = "answers with somebody else's id".to_owned();
        return ProbeAnswer::Failed(ProbeFailure::Unreachable(why));
    }
    let error = answer.filter(|answer| answer.kind == wire_eth::AnswerKind::Error);
    match disposition {
        Disposition::Failed(wire_eth::Failure::Throttled { retry_after }) => {
            let pause =
                retry_after.map(|pause| u64::try_from(pause.as_millis()).unwrap_or(u64::MAX));
            ProbeAnswer::Failed(ProbeFailure::Throttled(pause.map(units::Span::from_millis)))
        }
        Disposition::Failed(failure) => {
            ProbeAnswer::Failed(ProbeFailure::Unreachable(words_for(&failure)))
        }
        // A node that lacks the block or fails inside has not said what it thinks of hashes.
        Disposition::Answer if error.is_some() && matches!(order.probe, Probe::HashPins(_)) => {
            ProbeAnswer::HashPins(false)
        }
        Disposition::Answer
        | Disposition::Doubtful(_)
        | Disposition::AlreadyKnown
        | Disposition::NonceTooLow => match error {
            // Not to be shown on any page.
            _ if client.endpoint().is_key_in(&response.body) => {
                let why = "repeats a key of its URL in its answer".to_owned();
                ProbeAnswer::Failed(ProbeFailure::Refused(why))
            }
            Some(error) => refused(&order.probe, &response.body, &error),
            None => read(chain, &order.probe, &response.body),
        },
    }
}

/// A failure in words for the status page.
fn words_for(failure: &wire_eth::Failure) -> String {
    match failure {
        wire_eth::Failure::Throttled { .. } => "rate-limited".to_owned(),
        wire_eth::Failure::Payment => "refuses our key or plan (HTTP 401, 402 or 403)".to_owned(),
        wire_eth::Failure::ServerError(status) => format!("fails with HTTP {status}"),
        wire_eth::Failure::HttpStatus(status) => format!("answers with HTTP {status}"),
        wire_eth::Failure::Malformed => "answers with something that is not JSON-RPC".to_owned(),
    }
}

fn question(probe: &Probe) -> (&'static str, String) {
    const NOBODY: &str = "0x0000000000000000000000000000000000000000";
    match probe {
        Probe::ChainId => ("eth_chainId", "[]".to_owned()),
        Probe::Genesis => ("eth_getBlockByNumber", r#"["0x0",false]"#.to_owned()),
        Probe::ClientVersion => ("web3_clientVersion", "[]".to_owned()),
        Probe::Head => ("eth_getBlockByNumber", r#"["latest",false]"#.to_owned()),
        Probe::Safe => ("eth_getBlockByNumber", r#"["safe",false]"#.to_owned()),
        Probe::Finalized => ("eth_getBlockByNumber", r#"["finalized",false]"#.to_owned()),
        Probe::Header(hash) => ("eth_getBlockByHash", format!(r#"["{hash}",false]"#)),
        Probe::FeeHistory(block) => {
            let params =
                format!(r#"["{FEE_BLOCKS:#x}","{:#x}",{FEE_PERCENTILES:?}]"#, block.number);
            ("eth_feeHistory", params)
        }
        Probe::GasPrice(_) => ("eth_gasPrice", "[]".to_owned()),
        Probe::HashPins(block) => {
            ("eth_getBalance", format!(r#"["{NOBODY}",{{"blockHash":"{}"}}]"#, block.hash))
        }
    }
}

/// An error answer: the upstream is there. A tag or block that it does not know is an answer, too.
fn refused(probe: &Probe, body: &[u8], error: &wire_eth::Answer) -> ProbeAnswer {
    match probe {
        Probe::Safe | Probe::Finalized | Probe::Header(_) => ProbeAnswer::Header(None),
        Probe::ChainId
        | Probe::Genesis
        | Probe::ClientVersion
        | Probe::Head
        | Probe::HashPins(_)
        | Probe::FeeHistory(_)
        | Probe::GasPrice(_) => {
            let words =
                wire_eth::error_summary(body, error).unwrap_or_else(|| "an error".to_owned());
            ProbeAnswer::Failed(ProbeFailure::Refused(format!("answers with {words}")))
        }
    }
}

fn read(chain: &ChainShell, probe: &Probe, body: &[u8]) -> ProbeAnswer {
    let unusable = |why: &dyn core::fmt::Display| {
        ProbeAnswer::Failed(ProbeFailure::Unreachable(why.to_string()))
    };
    // A node that has the method but makes nothing of it will not do so at the next block either.
    let useless =
        |why: &dyn core::fmt::Display| ProbeAnswer::Failed(ProbeFailure::Refused(why.to_string()));
    match probe {
        Probe::ChainId => {
            wire_eth::read_quantity(body).map_or_else(|why| unusable(&why), ProbeAnswer::ChainId)
        }
        Probe::ClientVersion => match wire_eth::read_string(body) {
            Ok(version) => {
                let version: String =
                    version.chars().filter(|c| !c.is_control()).take(120).collect();
                let family = wire_eth::client_family(&version);
                ProbeAnswer::ClientVersion { version, family }
            }
            Err(why) => unusable(&why),
        },
        Probe::HashPins(_) => ProbeAnswer::HashPins(true),
        Probe::FeeHistory(_) => match wire_eth::read_fee_history(body) {
            Ok(wire_eth::FeeHistory { newest, base_fees, tips }) => {
                ProbeAnswer::FeeHistory(FeeHistory { newest, base_fees, tips })
            }
            Err(why) => useless(&why),
        },
        Probe::GasPrice(_) => {
            wire_eth::read_wei(body).map_or_else(|why| useless(&why), ProbeAnswer::GasPrice)
        }
        Probe::Genesis | Probe::Head | Probe::Safe | Probe::Finalized | Probe::Header(_) => {
            match wire_eth::read_sealed_header(body) {
                Ok(None) => ProbeAnswer::Header(None),
                Ok(Some(sealed)) => {
                    chain.headers.put(&sealed);
                    let header = core_header(&sealed.summary);
                    match sealed.check {
                        HeaderCheck::Matches => ProbeAnswer::Hashed { header, matches: true },
                        HeaderCheck::Differs => ProbeAnswer::Hashed { header, matches: false },
                        HeaderCheck::Unknown => ProbeAnswer::Header(Some(header)),
                    }
                }
                Err(why) => unusable(&why),
            }
        }
    }
}

/// The core's header for one on the wire.
pub(crate) const fn core_header(header: &HeaderSummary) -> Header {
    Header {
        number: header.number,
        hash: BlockHash(header.hash),
        parent: BlockHash(header.parent),
        timestamp: header.timestamp,
    }
}
