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
use crate::venue::AccountView;
use answer::{Lifetime, conditional, cors, empty_head, refuse};

/// Viewers of the live stream at once (`research/resilience.md` C5); the pages of more fetch themselves
/// anew every ten seconds.
const VIEWERS_MAX: usize = 1_000;

/// Where accounts are shown.
const ACCOUNT_PATH: &str = "/venue/account";

/// Largest request for an account: a time, a window and a signature.
const ACCOUNT_BYTES_MAX: usize = 1_024;

/// Makes an HTML fragment; what it gives is shown as it is, so it must escape what comes from outside.
pub type Panel = Arc<dyn Fn() -> String + Send + Sync>;

/// Makes the text of `/metrics`.
pub type Metrics = Arc<dyn Fn() -> String + Send + Sync>;

/// Looks at the account of whoever has signed a request, with the request's body.
pub type Accounts =
    Arc<dyn Fn(&Request, &[u8]) -> Result<AccountView, AccountRefused> + Send + Sync>;

/// Why an account is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRefused {
    /// The status of the HTTP answer that says so.
    pub status: u16,
    /// What is wrong, in words.
    pub why: String,
}

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
    /// The status page, and the venue's.
    shown: [Shown; 2],
}

/// A page that is drawn once for all, and who looks at it.
#[derive(Default)]
struct Shown {
    frame: Frame,
    viewers: Vec<mpsc::Sender<Bytes>>,
}

impl Shown {
    fn show(&mut self, frame: Frame) {
        let message = answer::message(&frame, &self.frame);
        self.frame = frame;
        self.viewers.retain(|viewer| viewer.try_send(message.clone()).is_ok());
    }
}

/// Which page.
#[derive(Clone, Copy, Debug)]
enum Which {
    Status,
    Venue,
}

impl Inner {
    const fn of(&mut self, which: Which) -> &mut Shown {
        let [status, venue] = &mut self.shown;
        match which {
            Which::Status => status,
            Which::Venue => venue,
        }
    }

    fn viewers(&self) -> usize {
        self.shown.iter().map(|shown| shown.viewers.len()).sum()
    }
}

#[derive(Clone, Default)]
struct Extras {
    accounts: Option<Accounts>,
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
        let mut inner = Inner { board, shown: Default::default() };
        inner.of(Which::Status).frame = page::frame(&inner.board, None, 0);
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
        inner.of(Which::Status).show(frame);
        let frame = page::venue_frame(&inner.board, at_ms);
        inner.of(Which::Venue).show(frame);
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

    /// Shows accounts at `/venue/account` to whoever signs for them.
    pub fn set_accounts(&self, accounts: Accounts) {
        self.write_extras().accounts = Some(accounts);
    }

    /// Hands requests for `prefix` (such as `/practice`) and all under it to `mount`, of any method.
    /// Requests that change something and come from another site's page are refused before that.
    pub fn mount(&self, prefix: &'static str, mount: Arc<dyn Mount>) {
        self.write_extras().mounts.push((prefix, mount));
    }

    /// Viewers of the live stream at present.
    #[must_use]
    pub fn viewers(&self) -> usize {
        self.lock().viewers()
    }

    /// Ends all live streams, so that a server that stops need not wait for them.
    pub fn close(&self) {
        self.lock().shown.iter_mut().for_each(|shown| shown.viewers.clear());
    }

    /// A viewer comes: everything first, then what changes. `None` where there are too many.
    fn watch(&self, which: Which) -> Option<Response> {
        let (response, sender) = Response::stream("text/event-stream");
        let mut inner = self.lock();
        inner.shown.iter_mut().for_each(|shown| shown.viewers.retain(|viewer| !viewer.is_closed()));
        if inner.viewers() >= VIEWERS_MAX {
            return None;
        }
        let shown = inner.of(which);
        sender.try_send(answer::first_message(&shown.frame)).ok()?;
        shown.viewers.push(sender);
        Some(response)
    }

    /// The page; drawn anew where it is so old that it must say so.
    fn page(&self, now_ms: u64) -> String {
        let inner = self.lock();
        if inner.board.is_fresh(now_ms) {
            let [status, _] = &inner.shown;
            return page::document(&inner.board, &status.frame.main, now_ms);
        }
        let frame = page::frame(&inner.board, None, now_ms);
        page::document(&inner.board, &frame.main, now_ms)
    }

    /// The venue's page; `None` where there is no venue.
    fn venue_page(&self, now_ms: u64) -> Option<String> {
        let inner = self.lock();
        if inner.board.is_fresh(now_ms) {
            let [_, venue] = &inner.shown;
            return page::venue_document(&inner.board, &venue.frame.main, now_ms);
        }
        let frame = page::venue_frame(&inner.board, now_ms);
        page::venue_document(&inner.board, &frame.main, now_ms)
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
    async fn handle(&self, mut request: Request) -> Response {
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
        if path == ACCOUNT_PATH && *request.method() == Method::POST {
            return account(&extras, &mut request).await;
        }
        if !reads {
            return answer::not_allowed();
        }
        let now_ms = clock::unix_time().as_millis();
        route(&self.state, &extras, &request, now_ms)
    }
}

/// Shows the account of whoever has signed a request, as a fragment of a page.
async fn account(extras: &Extras, request: &mut Request) -> Response {
    if answer::is_cross_site(request.headers()) {
        return refuse(
            StatusCode::FORBIDDEN,
            "this may only be asked for from the status page itself",
        );
    }
    let Some(accounts) = &extras.accounts else {
        return refuse(StatusCode::NOT_FOUND, "there is no venue whose accounts could be shown");
    };
    let Ok(body) = request.body().await else {
        return refuse(StatusCode::BAD_REQUEST, "the request did not come whole");
    };
    if body.len() > ACCOUNT_BYTES_MAX {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "the request is too large");
    }
    match accounts(request, &body) {
        Ok(view) => answer::html(StatusCode::OK, page::account(&view)),
        Err(AccountRefused { status, why }) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN);
            answer::refused(status, &why)
        }
    }
    .with_header(header::CACHE_CONTROL, answer::NO_STORE)
}

fn route(state: &StatusState, extras: &Extras, request: &Request, now_ms: u64) -> Response {
    let headers = request.headers();
    match request.path() {
        "/" => answer::html(StatusCode::OK, state.page(now_ms)),
        "/live" if *request.method() == Method::HEAD => empty_head("text/event-stream"),
        "/live" => state.watch(Which::Status).map_or_else(answer::too_many, answer::streamed),
        "/venue/live" if *request.method() == Method::HEAD => empty_head("text/event-stream"),
        "/venue/live" => state.watch(Which::Venue).map_or_else(answer::too_many, answer::streamed),
        "/venue" => shown_or_not(state, state.venue_page(now_ms)),
        ACCOUNT_PATH => {
            let page = page::account_document(&state.lock().board);
            shown_or_not(state, page)
        }
        "/account.js" => {
            let script = page::ACCOUNT_SCRIPT;
            conditional(headers, "text/javascript; charset=utf-8", script, Lifetime::Day)
        }
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

/// A page that there may not be.
fn shown_or_not(state: &StatusState, page: Option<String>) -> Response {
    match page {
        Some(page) => answer::html(StatusCode::OK, page),
        None => answer::html(StatusCode::NOT_FOUND, page::not_found(&state.lock().board))
            .with_header(header::CACHE_CONTROL, answer::NO_STORE),
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
