//! Signed requests over the WebSocket API, many under way on one socket.

use std::collections::HashMap;

use runtime::client::{Endpoint, connect_websocket};
use runtime::http::{Bytes, WebSocket};
use runtime::task::sync::{mpsc, oneshot};
use runtime::{clock, task};
use units::Span;
use wire_binance::{ApiAnswer, Caller, Request, RequestId, write_api_request};

use crate::holder::Holder;
use crate::outcome::Answer;

/// Where the WebSocket API is.
pub(crate) const PATH: &str = "/ws-fapi/v1";

/// The largest answer that is taken: a list of open orders.
const ANSWER_BYTES: usize = 1 << 20;

/// How long opening a socket, or writing to one, may take.
const PATIENCE: Span = Span::from_secs(5);

/// How long a client that was thrown out waits before it comes again.
const PAUSE: Span = Span::from_millis(100);

/// Requests that are kept without an answer before those are forgotten that nobody waits for any more.
const FORGET_AT: usize = 256;

/// A request, and who waits for its answer.
#[derive(Debug)]
pub(crate) struct Parcel {
    /// What is asked.
    pub(crate) request: Request,
    /// Where the answer goes.
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// What is under way on a socket.
#[derive(Debug, Default)]
struct UnderWay {
    last: u64,
    waiting: HashMap<u64, oneshot::Sender<Answer>>,
}

/// Keeps a socket open and asks over it until nobody is left who would.
pub(crate) async fn serve(endpoint: Endpoint, holder: Holder, mut parcels: mpsc::Receiver<Parcel>) {
    loop {
        match connect_websocket(&endpoint, ANSWER_BYTES, PATIENCE).await {
            Ok(socket) => {
                if !talk(socket, &holder, &mut parcels).await {
                    return;
                }
            }
            Err(error) => tracing::debug!(%error, "no socket"),
        }
        if parcels.is_closed() {
            return;
        }
        clock::sleep(PAUSE).await;
    }
}

/// Talks until the socket ends, which gives true, or until nobody is left, which gives false.
async fn talk(
    mut socket: WebSocket,
    holder: &Holder,
    parcels: &mut mpsc::Receiver<Parcel>,
) -> bool {
    let mut under_way = UnderWay::default();
    loop {
        task::select! {
            parcel = parcels.recv() => {
                let Some(parcel) = parcel else { return false };
                let Some(text) = under_way.begin(parcel, holder) else { continue };
                let sent = task::select! {
                    sent = socket.send(text) => sent,
                    () = clock::sleep(PATIENCE) => false,
                };
                if !sent {
                    return true;
                }
            }
            message = socket.receive() => match message {
                Some(message) => under_way.end(&message),
                None => return true,
            }
        }
    }
}

impl UnderWay {
    /// Writes a request; `None` where there is none to be sent.
    fn begin(&mut self, parcel: Parcel, holder: &Holder) -> Option<Bytes> {
        if self.waiting.len() >= FORGET_AT {
            self.waiting.retain(|_, answer| !answer.is_closed());
        }
        if parcel.answer.is_closed() {
            return None;
        }
        self.last = self.last.saturating_add(1);
        let caller = Caller {
            key: &holder.key,
            secret: &holder.secret,
            timestamp: clock::unix_time().as_millis(),
            receive_window: None,
        };
        let mut text = Vec::new();
        let id = RequestId::Number(self.last);
        match write_api_request(&id, &parcel.request, Some(caller), &mut text) {
            Ok(()) => {
                self.waiting.insert(self.last, parcel.answer);
                Some(Bytes::from(text))
            }
            Err(failure) => {
                let _told = parcel.answer.send(Answer::of_failure(&failure)).is_ok();
                None
            }
        }
    }

    /// Tells who waits for an answer that has come.
    fn end(&mut self, message: &Bytes) {
        let text = std::str::from_utf8(message).unwrap_or_default();
        let Some(answer) = ApiAnswer::read(text) else { return };
        let RequestId::Number(number) = answer.id else { return };
        let Some(waiting) = self.waiting.remove(&number) else { return };
        let told = match answer.result {
            Ok(_) => Answer::Done,
            Err(failure) => Answer::of_failure(&failure),
        };
        let _told = waiting.send(told).is_ok();
    }
}
