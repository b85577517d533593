//! The WebSocket API: requests and answers over a socket, as they are over REST.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use runtime::http::{Bytes, WebSocket, WebSocketSender};
use runtime::{clock, task};
use wire_binance::{ApiRequest, Failure, LENGTH_MAX, RequestId, ToJson, write_api_answer};

use crate::front::auth::{self, Claim};
use crate::front::{Front, dispatch};

/// Largest message of a client: its parameters, and what stands around them.
pub(super) const MESSAGE_BYTES: usize = LENGTH_MAX;

/// Requests of one socket that are under way at once. Beyond that no more are read until one is answered.
const UNDER_WAY_MAX: usize = 64;

/// An answer that is JSON already.
struct Answered(Vec<u8>);

impl ToJson for Answered {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
}

/// Serves a socket until the client goes. Requests begin in the order in which they come.
pub(super) async fn serve(front: Arc<Front>, socket: WebSocket, from: IpAddr) {
    let (sender, mut receiver) = socket.split();
    let mut under_way: VecDeque<task::JoinHandle<()>> = VecDeque::new();
    while let Some(message) = receiver.receive().await {
        while under_way.front().is_some_and(task::JoinHandle::is_finished) {
            under_way.pop_front();
        }
        if under_way.len() >= UNDER_WAY_MAX
            && let Some(oldest) = under_way.pop_front()
            && oldest.await.is_err()
        {
            tracing::error!("a request of the WebSocket API ended in a panic");
        }
        let (front, sender) = (Arc::clone(&front), sender.clone());
        under_way.push_back(task::spawn(one(front, message, from, sender)));
    }
}

async fn one(front: Arc<Front>, message: Bytes, from: IpAddr, sender: WebSocketSender) {
    let text = std::str::from_utf8(&message).unwrap_or_default();
    let (id, outcome) = match ApiRequest::read(text) {
        Ok(request) => {
            let id = request.id.clone();
            (id, answer(&front, request, from).await)
        }
        Err(refusal) => (refusal.id, Err(refusal.failure)),
    };
    let _sent = sender.send(written(&id, outcome)).await;
}

fn written(id: &RequestId, outcome: Result<Vec<u8>, Failure>) -> Bytes {
    let mut out = Vec::new();
    match outcome {
        Ok(answer) => write_api_answer(id, Ok(&Answered(answer)), &[], &mut out),
        Err(failure) => write_api_answer(id, Err(&failure), &[], &mut out),
    }
    Bytes::from(out)
}

async fn answer(front: &Front, request: ApiRequest<'_>, from: IpAddr) -> Result<Vec<u8>, Failure> {
    let now = clock::unix_time();
    front.meter.weigh(from, request.endpoint.weight(&request.params), now);
    let caller =
        auth::check(front, request.endpoint, &request.params, Claim::of_api(&request, from))?;
    let typed = request.request()?;
    // There are no headers to tell it in.
    dispatch::count(front, &typed, caller.as_ref(), now);
    dispatch::answer(front, typed, caller.as_ref()).await
}
