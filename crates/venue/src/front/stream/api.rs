//! The WebSocket API: requests and answers over a socket, as they are over REST.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use runtime::http::{Bytes, WebSocket, WebSocketSender};
use runtime::{clock, task};
use wire_binance::{
    ApiRequest, ErrorCode, Failure, LENGTH_MAX, RequestId, ToJson, write_api_answer,
};

use super::POLICY;
use super::refused::{Refused, Telling};
use crate::front::Front;
use crate::front::auth::{self, Claim};
use crate::front::dispatch::{self, Used};

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
    let line = Arc::new(Line { sender, refused: Refused::default() });
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
        let (front, line) = (Arc::clone(&front), Arc::clone(&line));
        under_way.push_back(task::spawn(one(front, message, from, line)));
    }
}

/// A socket as its requests share it.
struct Line {
    sender: WebSocketSender,
    refused: Refused,
}

async fn one(front: Arc<Front>, message: Bytes, from: IpAddr, line: Arc<Line>) {
    let text = std::str::from_utf8(&message).unwrap_or_default();
    let (id, outcome) = match ApiRequest::read(text) {
        Ok(request) => {
            let id = request.id.clone();
            (id, answer(&front, request, from).await)
        }
        Err(refusal) => (refusal.id, Err(refusal.failure)),
    };
    let overload = |failure: &Failure| failure.known() == Some(ErrorCode::Throttled);
    if !outcome.as_ref().is_err_and(overload) {
        let _sent = line.sender.send(written(&id, outcome)).await;
        return;
    }
    match line.refused.add(&id, clock::now()) {
        Telling::Now => {
            let _sent = line.sender.send(written(&id, outcome)).await;
        }
        Telling::Later(together) => {
            clock::sleep(together).await;
            let _sent = line.sender.send(line.refused.told()).await;
        }
        Telling::WithOthers => {}
        Telling::Close => {
            line.sender.close(POLICY, "too many requests were refused").await;
        }
    }
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
    let weight = front.meter.weigh(from, request.endpoint.weight(&request.params), now);
    let claim = Claim::of_api(&request, from);
    let caller = auth::check(front, request.endpoint, &request.params, claim)?;
    let typed = request.request()?;
    // There are no headers to tell it in.
    let mut used = Used { weight, ..Used::default() };
    dispatch::take(front, typed, caller, (claim, now), &mut used).await
}
