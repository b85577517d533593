//! A connection to the WebSocket API, over which makers offer and traders ask what they hold. When it breaks, everything
//! that was under way counts as not known, and its makers begin anew.

use std::collections::BTreeMap;
use std::sync::Arc;

use runtime::client::connect_websocket;
use runtime::http::{Bytes, WebSocket};
use runtime::task::sync::mpsc;
use runtime::{clock, task};
use units::{Span, Timestamp};
use wire_binance::{ApiAnswer, Caller, RequestId, write_api_request};

use crate::deed::{Deed, Seat, Told, What};
use crate::shared::Shared;
use crate::wire;

/// How often makers look at the index.
const LOOK: Span = Span::from_millis(500);

/// Requests that are under way at once: no more than the venue reads of one connection.
const UNDER_WAY_MAX: usize = 48;

/// How long an answer is waited for.
const PATIENCE: Span = Span::from_secs(8);

/// How long a connection may take, and the longest answer.
const CONNECT_PATIENCE: Span = Span::from_secs(5);
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// How long is waited before another connection is tried: at first, and at most.
const PAUSE: (Span, Span) = (Span::from_millis(500), Span::from_secs(5));

/// A connection, and whose it is.
pub(crate) struct Line {
    shared: Arc<Shared>,
    /// The makers who offer over it.
    makers: Vec<usize>,
    /// What traders want to know.
    asks: mpsc::Receiver<Deed>,
    /// What is under way, and until when.
    pending: BTreeMap<u64, (Deed, Timestamp)>,
    next: u64,
}

impl Line {
    /// A connection that is not open yet.
    pub(crate) const fn new(
        shared: Arc<Shared>,
        makers: Vec<usize>,
        asks: mpsc::Receiver<Deed>,
    ) -> Self {
        Self { shared, makers, asks, pending: BTreeMap::new(), next: 0 }
    }

    /// Keeps a connection until the task is dropped.
    pub(crate) async fn run(mut self) {
        let (first, longest) = PAUSE;
        let mut pause = first;
        loop {
            let socket =
                connect_websocket(&self.shared.api.socket, ANSWER_BYTES_MAX, CONNECT_PATIENCE);
            match socket.await {
                Ok(socket) => {
                    let from = clock::now();
                    self.serve(socket).await;
                    tracing::info!("a connection of the practice makers has ended");
                    if clock::now().since(from) > longest {
                        pause = first;
                    }
                }
                Err(error) => tracing::debug!(%error, "the practice makers cannot connect"),
            }
            self.lose();
            clock::sleep(pause).await;
            pause = pause.times(2).clamped(first, longest);
        }
    }

    async fn serve(&mut self, mut socket: WebSocket) {
        let mut look = clock::now();
        loop {
            task::select! {
                biased;
                message = socket.receive() => match message {
                    Some(message) => self.answered(&message),
                    None => return,
                },
                Some(deed) = self.asks.recv() => {
                    if !self.send(&mut socket, deed).await {
                        return;
                    }
                }
                () = clock::sleep_until(look) => {
                    look = clock::now().after(LOOK);
                    self.expire();
                    if !self.offer(&mut socket).await {
                        return;
                    }
                }
            }
        }
    }

    /// Sends what makers want done. False where the connection is gone.
    async fn offer(&mut self, socket: &mut WebSocket) -> bool {
        for maker in self.makers.clone() {
            let room = UNDER_WAY_MAX.saturating_sub(self.pending.len());
            let deeds = self.shared.crowd().maker_turn(maker, clock::now(), room);
            for deed in deeds {
                if matches!(deed.what, What::Leverage { .. } | What::Deposit(_)) {
                    self.shared.spawn(deed);
                } else if !self.send(socket, deed).await {
                    return false;
                }
            }
        }
        true
    }

    /// Sends a request. False where the connection is gone.
    async fn send(&mut self, socket: &mut WebSocket, deed: Deed) -> bool {
        let Some(text) = self.written(&deed) else {
            self.shared.told(&deed, &Told::Lost);
            return true;
        };
        self.pending.insert(self.next, (deed, clock::now().after(PATIENCE)));
        self.next += 1;
        socket.send(text).await
    }

    fn written(&self, deed: &Deed) -> Option<Bytes> {
        let key = self.shared.key(deed.who)?;
        let request = wire::request(&deed.what, self.shared.crowd().markets())?;
        let caller = Caller {
            key: &key.key,
            secret: &key.secret,
            timestamp: clock::unix_time().as_millis(),
            receive_window: None,
        };
        let mut text = Vec::new();
        write_api_request(&RequestId::Number(self.next), &request, Some(caller), &mut text).ok()?;
        Some(Bytes::from(text))
    }

    fn answered(&mut self, message: &Bytes) {
        let text = std::str::from_utf8(message).unwrap_or_default();
        let Some(ApiAnswer { id: RequestId::Number(id), result }) = ApiAnswer::read(text) else {
            return;
        };
        let Some((deed, _)) = self.pending.remove(&id) else { return };
        let told = match result {
            Ok(body) => wire::told(&deed.what, body, self.shared.crowd().markets()),
            Err(failure) => wire::failed(&failure),
        };
        self.shared.told(&deed, &told);
    }

    /// Gives up what was not answered in time.
    fn expire(&mut self) {
        let now = clock::now();
        let late = self.pending.extract_if(.., |_, (_, until)| *until <= now);
        let late: Vec<Deed> = late.map(|(_, (deed, _))| deed).collect();
        for deed in late {
            self.shared.told(&deed, &Told::Lost);
        }
    }

    /// The connection is gone: what became of anything is not known.
    fn lose(&mut self) {
        for (_, (deed, _)) in std::mem::take(&mut self.pending) {
            self.shared.told(&deed, &Told::Lost);
        }
        while let Ok(deed) = self.asks.try_recv() {
            self.shared.told(&deed, &Told::Lost);
        }
        let mut crowd = self.shared.crowd();
        for maker in &self.makers {
            crowd.forget(*maker);
        }
    }
}

/// Whether a deed goes over a line, and not over HTTP.
pub(crate) const fn is_for_line(deed: &Deed) -> bool {
    matches!((deed.who, deed.what), (Seat::Taker(_), What::Ask))
}
