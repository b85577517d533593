//! One venue's server, on a thread of its own so that refusing connections is as thorough as for a process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use runtime::http::{
    Handler, HeaderName, HeaderValue, KillableServer, Limits, Listener, Method, Request, Response,
    StatusCode, WebSocket,
};
use runtime::{clock, task};
use units::Span;

use crate::asset::Place;
use crate::fault::{Lie, garbage};
use crate::floor::Floor;
use crate::sight::STEP_MS;
use crate::venue::{self, Reply};

/// How large a client's message may be; requests to venues are far below.
const MESSAGE_BYTES_MAX: usize = 64 << 10;
/// How many connections one venue holds; a client has one or two.
const CONNECTIONS_MAX: usize = 256;
/// The close code of a connection that is cut off (RFC 6455 section 7.4.1: "going away").
const AWAY: u16 = 1_001;

/// What the venues' threads share.
#[derive(Debug)]
pub(crate) struct Shared {
    floor: Mutex<Floor>,
    connections: AtomicU64,
}

impl Shared {
    /// Shares a floor.
    pub(crate) const fn new(floor: Floor) -> Self {
        Self { floor: Mutex::new(floor), connections: AtomicU64::new(1) }
    }

    /// The floor; held only for short steps.
    pub(crate) fn floor(&self) -> MutexGuard<'_, Floor> {
        // Whatever a panic left is only prices and faults.
        self.floor.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves a venue from `listener`.
pub(crate) fn start(shared: Arc<Shared>, place: Place, listener: Listener) -> KillableServer {
    let limits = Limits { connections: CONNECTIONS_MAX, ..Limits::default() };
    let handler = Arc::new(Venue { shared, place });
    KillableServer::start(&format!("venue-{}", place.name()), listener, limits, handler)
}

/// Answers for one venue.
struct Venue {
    shared: Arc<Shared>,
    place: Place,
}

impl Handler for Venue {
    async fn handle(&self, request: Request) -> Response {
        let (sight, faults) = {
            let floor = self.shared.floor();
            (floor.sight(self.place, now_ms()), floor.faults(self.place).clone())
        };
        if request.wants_websocket() && venue::streams(self.place, request.path()) {
            if faults.unstreamed {
                return Response::text(StatusCode::SERVICE_UNAVAILABLE, "no streams today\n");
            }
            let line = Line {
                shared: Arc::clone(&self.shared),
                place: self.place,
                path: request.path().to_owned(),
                query: request.query().to_owned(),
            };
            return request.upgrade(MESSAGE_BYTES_MAX, move |socket| line.run(socket));
        }
        if request.method() != Method::GET {
            return Response::text(StatusCode::METHOD_NOT_ALLOWED, "only GET is answered here\n");
        }
        if faults.silent {
            std::future::pending::<()>().await;
        }
        if let Some(retry_s) = faults.limited_s {
            return Response::text(StatusCode::TOO_MANY_REQUESTS, "too many questions\n")
                .with_header(HeaderName::from_static("retry-after"), HeaderValue::from(retry_s));
        }
        let (status, body) = venue::rest(self.place, request.path(), request.query(), &sight);
        let body = match faults.lie {
            Some(Lie::Garbage) => garbage(&body, sight.step()),
            _ => body,
        };
        Response::json(StatusCode::from_u16(status).unwrap_or(StatusCode::OK), body)
    }
}

/// A WebSocket that a client has opened.
struct Line {
    shared: Arc<Shared>,
    place: Place,
    path: String,
    query: String,
}

impl Line {
    async fn run(self, mut socket: WebSocket) {
        let number = self.shared.connections.fetch_add(1, Ordering::Relaxed);
        let mut session = venue::session(self.place, number);
        let cuts = self.shared.floor().faults(self.place).cuts;
        let sight = || self.shared.floor().sight(self.place, now_ms());
        let mut replies = session.open(&self.path, &self.query, &sight());
        let mut turn = 0;
        let mut next = clock::now();
        loop {
            let faults = self.shared.floor().faults(self.place).clone();
            if faults.cuts != cuts {
                return socket.close(AWAY, "").await;
            }
            for reply in replies.drain(..) {
                turn += 1;
                let lives = match reply {
                    _ if faults.silent || faults.mute => true,
                    Reply::Text(text) if faults.lie == Some(Lie::Garbage) => {
                        socket.send(garbage(&text, turn).into()).await
                    }
                    Reply::Text(text) => socket.send(text.into()).await,
                    Reply::Ping(payload) => socket.ping(payload.into()).await,
                    Reply::Close(code, reason) => return socket.close(code, reason).await,
                };
                if !lives {
                    return;
                }
            }
            replies = task::select! {
                message = socket.receive() => {
                    let Some(message) = message else { return };
                    session.receive(&String::from_utf8_lossy(&message), &sight())
                }
                () = clock::sleep_until(next) => {
                    next = next.after(Span::from_millis(STEP_MS)).max(clock::now());
                    session.tick(&sight())
                }
            };
        }
    }
}

/// The wall clock in milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    clock::unix_time().as_millis()
}
