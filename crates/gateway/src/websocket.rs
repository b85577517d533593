//! JSON-RPC over WebSocket: the same answers as over HTTP, several under way at once.

use std::sync::Arc;

use runtime::clock;
use runtime::http::{Bytes, Request, Response};
use runtime::task::{self, sync::mpsc};

use crate::gate::ClientId;
use crate::lane::Lane;

/// Calls of one connection that are under way at once; more wait unread.
const CONCURRENCY: usize = 64;

/// Answers the upgrade and serves the socket until either side leaves.
pub(crate) fn accept(
    lane: Arc<Lane>,
    request: Request,
    client: ClientId,
    message_bytes: usize,
) -> Response {
    request.upgrade(message_bytes, move |socket| async move {
        let (sender, mut receiver) = socket.split();
        let (answers, mut answered) = mpsc::channel::<Option<Bytes>>(CONCURRENCY);
        let mut under_way = 0_usize;
        loop {
            task::select! {
                biased;
                Some(answer) = answered.recv() => {
                    under_way -= 1;
                    if let Some(answer) = answer && !sender.send(answer).await {
                        return;
                    }
                }
                message = receiver.receive(), if under_way < CONCURRENCY => {
                    let Some(message) = message else { return };
                    under_way += 1;
                    let (lane, answers) = (Arc::clone(&lane), answers.clone());
                    drop(task::spawn(async move {
                        let deadline = clock::now().after(lane.chain.timeout(None));
                        // The receiver is gone once the client is: then its calls are given up.
                        task::select! {
                            biased;
                            () = answers.closed() => {}
                            answered = lane.answer(&message, client, (deadline, false)) => {
                                let answer = answered.body.map(Bytes::from);
                                let _client_waits = answers.send(answer).await.is_ok();
                            }
                        }
                    }));
                }
            }
        }
    })
}
