//! The page over HTTP: routes, the live stream, and what the installation mounts beside it.

mod answer;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use runtime::clock;
use runtime::http::{Bytes, Handler, HeaderMap, Method, Request, Response, StatusCode, header};
use runtime::task::sync::mpsc;

use crate::board::{Board, StatusOptions};
use crate::feed;
use crate::model::{EventView, Overview};
use crate::page::{self, Frame};
use crate::statuspage;
use answer::{Lifetime, conditional, cors, empty_head, refuse};

/// Viewers of the live stream at once (`research/resilience.md` C5); the pages of more fetch themselves
/// anew every ten seconds.
const VIEWERS_MAX: usize = 1_000;

/// Makes an HTML fragment; what it gives is shown as it is, so it must escape what comes from outside.
pub type Panel = Arc<dyn Fn() -> String + Send + Sync>;

/// Makes the text of `/metrics`.
pub type Metrics = Arc<dyn Fn() -> String + Send + Sync>;

/// What answers requests under a prefix of the page's server.
pub trait Mount: Send + Sync {
    /// Answers one request, of any method, whose path is the prefix or lies under it.
    fn handle(&self, request: Request) -> Pin<Box<dyn Future<Output = Response> + Send + '_>>;
}

/// The page's state, shared between the binary that updates it and the server that shows it.
pub struct StatusState {
    inner: Mutex<Inner>,
    extras: RwLock<Extras>,
}

struct Inner {
    board: Board,
    frame: Frame,
    viewers: Vec<mpsc::Sender<Bytes>>,
}

#[derive(Clone, Default)]
struct Extras {
    panel: Option<Panel>,
    metrics: Option<Metrics>,
    mounts: Vec<(&'static str, Arc<dyn Mount>)>,
}

impl std::fmt::Debug for StatusState {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("StatusState")
            .field("viewers", &self.viewers())
            .finish_non_exhaustive()
    }
}

impl StatusState {
    /// A page that has seen nothing yet.
    #[must_use]
    pub fn new(options: StatusOptions) -> Self {
        let board = Board::new(options);
        let frame = page::frame(&board, None, 0);
        let inner = Inner { board, frame, viewers: Vec::new() };
        Self { inner: Mutex::new(inner), extras: RwLock::new(Extras::default()) }
    }

    /// Takes in the newest overview and the events since the last call, oldest first. To be called about
    /// once a second: it follows incidents, draws the page once, and sends what changed to all viewers. A
    /// viewer that does not keep up is dropped; its browser comes back by itself.
    pub fn update(&self, overview: Overview, events: Vec<EventView>) {
        let panel = self.extras().panel;
        // Drawn before the lock is taken: the panel is not ours and may take its time.
        let panel = panel.map(|panel| panel());
        let mut inner = self.lock();
        let at_ms = overview.at_unix_ms;
        inner.board.observe(overview, events);
        let frame = page::frame(&inner.board, panel.as_deref(), at_ms);
        let message = answer::message(&frame, &inner.frame);
        inner.frame = frame;
        inner.viewers.retain(|viewer| viewer.try_send(message.clone()).is_ok());
    }

    /// Shows a fragment of the installation's own, such as the practice world's buttons, from the next
    /// update on. Forms in it that are marked `data-live` act without leaving the page.
    pub fn set_panel(&self, panel: Panel) {
        self.write_extras().panel = Some(panel);
    }

    /// Serves `/metrics`, in the format of [`runtime::metrics::CONTENT_TYPE`].
    pub fn set_metrics(&self, metrics: Metrics) {
        self.write_extras().metrics = Some(metrics);
    }

    /// Hands requests for `prefix` (such as `/practice`) and all under it to `mount`, of any method.
    /// Requests that change something and come from another site's page are refused before that.
    pub fn mount(&self, prefix: &'static str, mount: Arc<dyn Mount>) {
        self.write_extras().mounts.push((prefix, mount));
    }

    /// Viewers of the live stream at present.
    #[must_use]
    pub fn viewers(&self) -> usize {
        self.lock().viewers.len()
    }

    /// Ends all live streams, so that a server that stops need not wait for them.
    pub fn close(&self) {
        self.lock().viewers.clear();
    }

    /// A viewer comes: everything first, then what changes. `None` where there are too many.
    fn watch(&self) -> Option<Response> {
        let (response, sender) = Response::stream("text/event-stream");
        let mut inner = self.lock();
        inner.viewers.retain(|viewer| !viewer.is_closed());
        if inner.viewers.len() >= VIEWERS_MAX {
            return None;
        }
        sender.try_send(answer::first_message(&inner.frame)).ok()?;
        inner.viewers.push(sender);
        Some(response)
    }

    /// The page; drawn anew where it is so old that it must say so.
    fn page(&self, now_ms: u64) -> String {
        let inner = self.lock();
        if inner.board.is_fresh(now_ms) {
            return page::document(&inner.board, &inner.frame.main, now_ms);
        }
        let frame = page::frame(&inner.board, None, now_ms);
        page::document(&inner.board, &frame.main, now_ms)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // The board is only ever replaced by whole values, so one left by a panic is still sound.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn extras(&self) -> Extras {
        self.extras.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn write_extras(&self) -> std::sync::RwLockWriteGuard<'_, Extras> {
        self.extras.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What [`runtime::http::serve`] takes to serve the page of `state`.
#[must_use]
pub fn handler(state: Arc<StatusState>) -> impl Handler {
    StatusHandler { state }
}

struct StatusHandler {
    state: Arc<StatusState>,
}

impl Handler for StatusHandler {
    async fn handle(&self, request: Request) -> Response {
        let extras = self.state.extras();
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let path = request.path();
        let under = |prefix: &str| {
            path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if let Some((_, mount)) = extras.mounts.iter().find(|(prefix, _)| under(prefix)) {
            if !reads && answer::is_cross_site(request.headers()) {
                return refuse(
                    StatusCode::FORBIDDEN,
                    "this may only be asked for from the status page itself",
                );
            }
            return mount.handle(request).await;
        }
        if !reads {
            return answer::not_allowed();
        }
        let now_ms = clock::unix_time().as_millis();
        route(&self.state, &extras, &request, now_ms)
    }
}

fn route(state: &StatusState, extras: &Extras, request: &Request, now_ms: u64) -> Response {
    let headers = request.headers();
    match request.path() {
        "/" => answer::html(StatusCode::OK, state.page(now_ms)),
        "/live" if *request.method() == Method::HEAD => empty_head("text/event-stream"),
        "/live" => state.watch().map_or_else(answer::too_many, answer::streamed),
        "/style.css" => conditional(headers, "text/css; charset=utf-8", page::STYLE, Lifetime::Day),
        "/live.js" => {
            conditional(headers, "text/javascript; charset=utf-8", page::SCRIPT, Lifetime::Day)
        }
        "/favicon.svg" => conditional(headers, "image/svg+xml", page::ICON, Lifetime::Day),
        "/history.atom" => {
            let xml = feed::atom(&state.lock().board);
            cors(conditional(
                headers,
                "application/atom+xml; charset=utf-8",
                xml,
                Lifetime::TenSeconds,
            ))
        }
        "/history.rss" => {
            let xml = feed::rss(&state.lock().board);
            cors(conditional(
                headers,
                "application/rss+xml; charset=utf-8",
                xml,
                Lifetime::TenSeconds,
            ))
        }
        "/healthz" => Response::text(StatusCode::OK, "ok\n"),
        "/readyz" if state.lock().board.is_fresh(now_ms) => {
            Response::text(StatusCode::OK, "ready\n")
        }
        "/readyz" => {
            Response::text(StatusCode::SERVICE_UNAVAILABLE, "no measurement in the last 15 s\n")
        }
        "/metrics" => metrics(extras),
        path => under(state, headers, path, now_ms),
    }
}

fn metrics(extras: &Extras) -> Response {
    match &extras.metrics {
        Some(metrics) => Response::new(StatusCode::OK, runtime::metrics::CONTENT_TYPE, metrics()),
        None => refuse(StatusCode::NOT_FOUND, "metrics are not served here"),
    }
}

fn under(state: &StatusState, headers: &HeaderMap, path: &str, now_ms: u64) -> Response {
    let inner = state.lock();
    if let Some(name) = path.strip_prefix("/api/v2/") {
        let document = statuspage::document(&inner.board, name, now_ms);
        return cors(match document {
            Some(json) => {
                conditional(headers, "application/json; charset=utf-8", json, Lifetime::TenSeconds)
            }
            None => {
                Response::json(StatusCode::NOT_FOUND, r#"{"error":"there is no such document"}"#)
            }
        });
    }
    let incident = path.strip_prefix("/incidents/").and_then(|id| inner.board.incidents.find(id));
    match incident {
        Some(incident) => {
            answer::html(StatusCode::OK, page::incident(&inner.board, incident, now_ms))
        }
        None => answer::html(StatusCode::NOT_FOUND, page::not_found(&inner.board))
            .with_header(header::CACHE_CONTROL, answer::NO_STORE),
    }
}

#[cfg(test)]
mod tests;
