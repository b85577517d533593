//! Keeps one connection to a venue: connects, subscribes, keeps alive, notices silence, and connects again.

use std::collections::VecDeque;
use std::sync::Arc;

use runtime::client::{Endpoint, connect_websocket};
use runtime::clock;
use runtime::http::{Bytes, WebSocket};
use runtime::task::sync::Notify;
use runtime::task::{self};
use units::{Span, Timestamp};

use crate::config::VenueReader;
use crate::event::{ConnectionId, DeskEvent, EventSender};
use crate::pause::Pauses;
use crate::pulse::Pulse;

/// Longest wait for the connection.
const CONNECT: Span = Span::from_secs(10);

/// Longest wait for a message to go out: a venue that does not read is gone.
const SEND: Span = Span::from_secs(5);

/// Largest message: a snapshot of tickers of all markets of a connection stays far below.
const MESSAGE_BYTES: usize = 4 << 20;

/// One connection to a venue.
#[derive(Debug)]
pub(crate) struct Supervisor {
    pub id: ConnectionId,
    pub reader: VenueReader,
    pub endpoint: Endpoint,
    pub markets: Vec<String>,
    /// Without anything for so long it is given up.
    pub give_up_after: Span,
    pub events: EventSender,
    /// Told when the venue asks for another connection.
    pub reconnect: Arc<Notify>,
    /// Where it says how it is.
    pub pulse: Arc<Pulse>,
}

impl Supervisor {
    /// Keeps the connection until the engine ends.
    pub(crate) async fn run(self, seed: u64) {
        let mut pauses = Pauses::new(seed);
        loop {
            let began = clock::now();
            let why = self.live().await;
            let opened = self.pulse.close(clock::now());
            let lived = if opened { clock::now().since(began) } else { Span::ZERO };
            if !self.events.send(DeskEvent::Closed(self.id, why.into())).await {
                return;
            }
            clock::sleep(pauses.after(lived)).await;
        }
    }

    /// One connection's life; why it ended.
    async fn live(&self) -> String {
        let mut socket = match connect_websocket(&self.endpoint, MESSAGE_BYTES, CONNECT).await {
            Ok(socket) => socket,
            Err(error) => return error.to_string(),
        };
        let mut asking: VecDeque<String> = self.reader.subscribe(&self.markets).into();
        // The first goes out at once: some venues close a connection that asks for nothing for five seconds.
        let first = asking.pop_front();
        if let Some(text) = first
            && !send(&mut socket, text).await
        {
            return "it went away while subscribing".to_owned();
        }
        self.pulse.open(clock::now());
        if !self.events.send(DeskEvent::Opened(self.id)).await {
            return "the engine has ended".to_owned();
        }
        self.listen(socket, asking).await
    }

    /// Reads what comes, sends what is still to be asked for, and keeps the connection alive.
    async fn listen(&self, mut socket: WebSocket, mut asking: VecDeque<String>) -> String {
        let keep_alive = self.reader.keep_alive();
        let every = keep_alive.as_ref().map_or(Span::MAX, |keep| keep.every);
        let mut heard = clock::now();
        let (mut kept, mut asked) = (heard, heard);
        loop {
            let ask_at = match asking.is_empty() {
                true => Timestamp::MAX,
                false => asked.after(self.reader.subscribe_pause()),
            };
            task::select! {
                biased;
                () = clock::sleep_until(ask_at) => {
                    asked = clock::now();
                    let text = asking.pop_front().unwrap_or_default();
                    if !send(&mut socket, text).await {
                        return "it went away while subscribing".to_owned();
                    }
                }
                () = clock::sleep_until(kept.after(every)) => {
                    kept = clock::now();
                    let text = keep_alive.as_ref().map_or_else(String::new, |keep| keep.text.clone());
                    if !send(&mut socket, text).await {
                        return "it went away".to_owned();
                    }
                }
                message = socket.receive() => {
                    let Some(frame) = message else { return "the venue closed it".to_owned() };
                    heard = clock::now();
                    self.pulse.hear(heard);
                    if !self.events.send(DeskEvent::Frame(self.id, frame)).await {
                        return "the engine has ended".to_owned();
                    }
                }
                () = clock::sleep_until(heard.after(self.give_up_after)) => {
                    socket.close(GOING_AWAY, "silent").await;
                    return format!("nothing came for {}", self.give_up_after);
                }
                () = self.reconnect.notified() => {
                    socket.close(GOING_AWAY, "reconnecting").await;
                    return "the venue asked for another connection".to_owned();
                }
            }
        }
    }
}

/// Sends a text; false where the venue does not take it.
async fn send(socket: &mut WebSocket, text: String) -> bool {
    let sending = socket.send(Bytes::from(text));
    task::select! {
        sent = sending => sent,
        () = clock::sleep(SEND) => false,
    }
}

/// RFC 6455 section 7.4.1.
const GOING_AWAY: u16 = 1001;
