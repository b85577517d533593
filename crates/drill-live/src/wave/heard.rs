//! A client of the public stream of liquidations.

use std::net::SocketAddr;

use runtime::client::{Endpoint, connect_websocket};
use runtime::http::{Bytes, WebSocket};
use runtime::task;
use runtime::task::sync::{oneshot, watch};
use serde_json::Value;
use units::Span;

use super::amount;

/// How long the socket may take to open.
const PATIENCE: Span = Span::from_secs(10);

/// Largest message.
const MESSAGE_BYTES: usize = 1 << 20;

/// A liquidation that was told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    /// When it was, by the venue's clock.
    pub(super) at_ms: u64,
    /// What it came to.
    pub(super) dollars: f64,
}

/// Somebody who listens, on a task of their own.
pub(super) struct Listening {
    stop: watch::Sender<bool>,
    heard: oneshot::Receiver<Vec<Told>>,
}

impl Listening {
    /// Begins; it listens when this returns.
    pub(super) async fn begin(address: SocketAddr) -> Result<Self, String> {
        let endpoint = Endpoint::parse(&format!("ws://{address}/ws/!forceOrder@arr"))?;
        let socket = connect_websocket(&endpoint, MESSAGE_BYTES, PATIENCE).await;
        let mut socket = socket.map_err(|error| format!("the stream does not open: {error}"))?;
        let ask = br#"{"method":"LIST_SUBSCRIPTIONS","id":1}"#;
        if !socket.send(Bytes::from_static(ask)).await || socket.receive().await.is_none() {
            return Err("the stream closes at once".to_owned());
        }
        let (stop, stopped) = watch::channel(false);
        let (tell, heard) = oneshot::channel();
        drop(task::spawn(async move {
            // Whoever began it may be gone.
            drop(tell.send(listen(socket, stopped).await));
        }));
        Ok(Self { stop, heard })
    }

    /// Ends, and gives what was heard.
    pub(super) async fn end(self) -> Vec<Told> {
        self.stop.send_replace(true);
        self.heard.await.unwrap_or_default()
    }
}

async fn listen(mut socket: WebSocket, mut stopped: watch::Receiver<bool>) -> Vec<Told> {
    let mut heard = Vec::new();
    loop {
        let message = task::select! {
            _ = stopped.wait_for(|stopped| *stopped) => return heard,
            message = socket.receive() => message,
        };
        let Some(message) = message else { return heard };
        let told: Value = serde_json::from_slice(&message).unwrap_or_default();
        if told["e"] == "forceOrder" {
            let order = &told["o"];
            heard.push(Told {
                at_ms: order["T"].as_u64().unwrap_or_default(),
                dollars: amount(&order["q"]) * amount(&order["ap"]),
            });
        }
    }
}
