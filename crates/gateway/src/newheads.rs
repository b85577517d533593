//! New heads as an upstream tells them over its WebSocket; the polls go on beside it as a check.

use std::sync::Arc;

use gateway_core::{Probe, ProbeAnswer, UpstreamId};
use runtime::client::{Endpoint, connect_websocket};
use runtime::clock;
use runtime::http::Bytes;
use units::Span;
use wire_eth::HeaderSummary;

use crate::chain::ChainShell;
use crate::prober::core_header;

/// Largest message accepted: a header is under 2 KiB.
const MESSAGE_BYTES: usize = 64 * 1024;

/// Longest wait for the connection.
const CONNECT: Span = Span::from_secs(5);

/// First and longest pause before connecting again.
const PAUSE_FIRST: Span = Span::from_millis(500);
const PAUSE_MAX: Span = Span::from_secs(30);

/// Follows one upstream's new heads for as long as the gateway runs. Failing here costs nothing but
/// freshness: the polls find the same heads a little later.
pub(crate) async fn follow(chain: Arc<ChainShell>, upstream: UpstreamId, endpoint: Endpoint) {
    let mut pause = PAUSE_FIRST;
    loop {
        if listen(&chain, upstream, &endpoint).await {
            pause = PAUSE_FIRST;
        }
        clock::sleep(pause).await;
        pause = pause.times(2).min(PAUSE_MAX);
    }
}

/// One connection's life; true where at least one head came.
async fn listen(chain: &Arc<ChainShell>, upstream: UpstreamId, endpoint: &Endpoint) -> bool {
    let Ok(mut socket) = connect_websocket(endpoint, MESSAGE_BYTES, CONNECT).await else {
        return false;
    };
    let subscribe = wire_eth::write_request(1, "eth_subscribe", Some(r#"["newHeads"]"#));
    if !socket.send(Bytes::from(subscribe)).await {
        return false;
    }
    let mut any = false;
    while let Some(message) = socket.receive().await {
        let Some(header) = told_head(&message) else { continue };
        any = true;
        let answer = ProbeAnswer::Header(Some(core_header(&header)));
        chain.core().on_probe(clock::now(), upstream, Probe::Head, answer);
        chain.probe_now.notify_one();
    }
    any
}

/// The header in a subscription's notification.
fn told_head(message: &[u8]) -> Option<HeaderSummary> {
    #[derive(serde::Deserialize)]
    struct Notification<'a> {
        #[serde(borrow)]
        params: Params<'a>,
    }
    #[derive(serde::Deserialize)]
    struct Params<'a> {
        #[serde(borrow)]
        result: &'a serde_json::value::RawValue,
    }
    let notification: Notification<'_> = serde_json::from_slice(message).ok()?;
    // A header reads the same in a notification as in an answer.
    let answer = wire_eth::write_result("1", notification.params.result.get());
    wire_eth::read_header(&answer).ok()?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_is_told_from_the_answer_to_the_subscription() {
        let hash = "0x".to_owned() + &"ab".repeat(32);
        let head = format!(
            r#"{{"jsonrpc":"2.0","method":"eth_subscription","params":{{"subscription":"0x1","result":{{"number":"0x7","hash":"{hash}","parentHash":"{hash}","timestamp":"0x5"}}}}}}"#
        );
        assert_eq!(told_head(head.as_bytes()).map(|header| header.number), Some(7));
        assert_eq!(told_head(br#"{"jsonrpc":"2.0","id":1,"result":"0x1"}"#), None);
    }
}
