//! The page over a real socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use runtime::http::{Limits, Listener, serve};
use runtime::task::sync::oneshot;

use super::*;
use crate::testing::{overview, venue};

struct Server {
    state: Arc<StatusState>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let prefix = format!("{name}: ");
        self.head.lines().find_map(|line| line.strip_prefix(prefix.as_str()))
    }
}

impl Server {
    fn start() -> Self {
        let state = Arc::new(StatusState::new(StatusOptions::default()));
        let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
        let address = listener.address();
        let (stop, stopped) = oneshot::channel::<()>();
        let shared = Arc::clone(&state);
        let thread = runtime::task::spawn_thread("status", move || async move {
            let stop = async { drop(stopped.await) };
            serve(listener, Limits::default(), Arc::new(handler(shared)), stop).await;
        });
        Self { state, address, stop: Some(stop), thread: Some(thread) }
    }

    /// Gives the page an overview of this very moment.
    fn update(&self) {
        let now = clock::unix_time().as_millis();
        let mut overview = overview(0, &[]);
        overview.at_unix_ms = now;
        self.state.update(overview, Vec::new());
    }

    /// Gives the page an overview with a venue.
    fn update_with_venue(&self) {
        let at_unix_ms = clock::unix_time().as_millis();
        let overview = Overview { at_unix_ms, venue: Some(venue()), ..overview(0, &[]) };
        self.state.update(overview, Vec::new());
    }

    fn open(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a valid time");
        stream.write_all(request.as_bytes()).expect("the server reads");
        stream
    }

    fn ask(&self, line: &str, headers: &str) -> Answer {
        let mut text = String::new();
        let request = format!(
            "{line} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n",
            self.address
        );
        self.open(&request).read_to_string(&mut text).expect("a whole answer");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path}"), "")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.state.close();
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            assert!(thread.join().is_ok() || std::thread::panicking());
        }
    }
}

#[test]
fn pages_and_files_are_served_with_a_strict_policy() {
    let server = Server::start();
    server.update();
    let page = server.get("/");
    assert_eq!(page.status, 200);
    assert!(page.body.contains("ethereum answers normally"));
    assert!(
        page.header("content-security-policy")
            .is_some_and(|policy| policy.starts_with("default-src 'self';"))
    );
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    for (path, kind) in [
        ("/style.css", "text/css; charset=utf-8"),
        ("/live.js", "text/javascript; charset=utf-8"),
        ("/favicon.svg", "image/svg+xml"),
        ("/history.atom", "application/atom+xml; charset=utf-8"),
        ("/history.rss", "application/rss+xml; charset=utf-8"),
        ("/api/v2/summary.json", "application/json; charset=utf-8"),
        ("/api/v2/incidents/unresolved.json", "application/json; charset=utf-8"),
        ("/healthz", "text/plain; charset=utf-8"),
    ] {
        let answer = server.get(path);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)), "{path}");
    }
}

#[test]
fn unknown_paths_are_really_not_found() {
    // Aggregators tell a status page from a catch-all site by this.
    let server = Server::start();
    for path in [
        "/nothing",
        "/api/v2/nothing.json",
        "/api/v1/summary.json",
        "/incidents/nothing",
        "/metrics",
        "/style.css/x",
    ] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}

#[test]
fn only_reading_is_allowed() {
    let server = Server::start();
    let refused = server.ask("POST /", "Content-Length: 0\r\n");
    assert_eq!((refused.status, refused.header("allow")), (405, Some("GET, HEAD")));
    assert_eq!(server.ask("DELETE /api/v2/summary.json", "").status, 405);
    let head = server.ask("HEAD /api/v2/summary.json", "");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(server.ask("HEAD /live", "").status, 200);
    assert_eq!(server.state.viewers(), 0);
}

#[test]
fn pollers_are_told_when_nothing_changed() {
    let server = Server::start();
    server.update();
    let first = server.get("/api/v2/summary.json");
    assert_eq!(first.header("cache-control"), Some("public, max-age=10"));
    assert_eq!(first.header("access-control-allow-origin"), Some("*"));
    let tag = first.header("etag").expect("an ETag").to_owned();
    server.update();
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let again = server.ask("GET /api/v2/summary.json", &format!("If-None-Match: {known}\r\n"));
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{known}");
        assert_eq!(again.header("etag"), Some(tag.as_str()));
    }
    assert_eq!(server.ask("GET /api/v2/summary.json", "If-None-Match: \"other\"\r\n").status, 200);
}

#[test]
fn readiness_needs_a_fresh_measurement() {
    let server = Server::start();
    assert_eq!(server.get("/readyz").status, 503);
    server.update();
    assert_eq!(server.get("/readyz").status, 200);
    server.state.update(overview(0, &[]), Vec::new());
}

/// The next event of a live stream, as its name and data.
fn event(lines: &mut impl Iterator<Item = std::io::Result<String>>) -> (String, String) {
    let mut name = String::new();
    for line in lines {
        let line = line.expect("the stream goes on");
        if let Some(event) = line.strip_prefix("event: ") {
            name = event.to_owned();
        }
        if let Some(data) = line.strip_prefix("data: ") {
            return (name, data.to_owned());
        }
    }
    panic!("the stream ended");
}

#[test]
fn viewers_get_everything_first_and_then_what_changes() {
    let server = Server::start();
    server.update();
    let stream = server.open("GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let mut lines = BufReader::new(stream).lines();
    let (name, data) = event(&mut lines);
    assert_eq!(name, "page");
    assert!(data.contains("ethereum answers normally"));
    assert_eq!(server.state.viewers(), 1);
    let mut next = overview(0, &[("harbour", crate::model::UpstreamState::Unreachable, 0)]);
    next.at_unix_ms = clock::unix_time().as_millis();
    server.state.update(next, Vec::new());
    let (name, data) = event(&mut lines);
    assert_eq!(name, "parts");
    assert!(
        data.contains("4 of 5 upstreams, run by 3 operators, agree")
            && !data.contains("What is not measured")
    );
    server.state.close();
    assert_eq!(server.state.viewers(), 0);
}

#[test]
fn a_viewer_that_does_not_read_is_dropped_and_does_not_hold_up_the_rest() {
    let state = StatusState::new(StatusOptions::default());
    // Nobody reads this response's body.
    let unread = state.watch(Which::Status).expect("room for a viewer");
    for second in 0..40 {
        state.update(overview(second, &[]), Vec::new());
    }
    assert_eq!(state.viewers(), 0);
    drop(unread);
}

#[test]
fn viewers_beyond_the_limit_are_sent_away() {
    let state = StatusState::new(StatusOptions::default());
    let held: Vec<_> = (0..VIEWERS_MAX).map_while(|_| state.watch(Which::Status)).collect();
    assert_eq!(held.len(), VIEWERS_MAX);
    assert!(state.watch(Which::Status).is_none());
    drop(held);
    assert!(state.watch(Which::Status).is_some());
}

struct Echo;

impl Mount for Echo {
    fn handle(&self, request: Request) -> Pin<Box<dyn Future<Output = Response> + Send + '_>> {
        let text = format!("{} {}", request.method(), request.path());
        Box::pin(async move { Response::text(StatusCode::OK, text) })
    }
}

#[test]
fn mounted_buttons_work_but_not_from_another_site() {
    let server = Server::start();
    server.state.mount("/practice", Arc::new(Echo));
    server.state.set_panel(Arc::new(|| "<form>kill</form>".to_owned()));
    server.state.set_metrics(Arc::new(|| "# EOF\n".to_owned()));
    server.update();
    assert_eq!(server.get("/metrics").body, "# EOF\n");
    assert!(server.get("/").body.contains("<form>kill</form>"));
    let post = |headers: &str| {
        server.ask("POST /practice/kill", &format!("Content-Length: 0\r\n{headers}"))
    };
    assert_eq!(post("").body, "POST /practice/kill");
    assert_eq!(post(&format!("Origin: http://{}\r\n", server.address)).status, 200);
    assert_eq!(post("Sec-Fetch-Site: same-origin\r\n").status, 200);
    assert_eq!(post("Sec-Fetch-Site: cross-site\r\n").status, 403);
    assert_eq!(post("Origin: https://example.org\r\n").status, 403);
    assert_eq!(post("Origin: null\r\n").status, 403);
    assert_eq!(server.get("/practice").body, "GET /practice");
    assert_eq!(server.get("/practices").status, 404);
}

#[test]
fn the_venues_pages_are_there_where_there_is_a_venue() {
    let server = Server::start();
    server.update();
    for path in ["/venue", "/venue/account"] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
    server.update_with_venue();
    for (path, content) in [("/venue", "BTCUSDT"), ("/venue/account", "account-form")] {
        let page = server.get(path);
        assert_eq!(page.status, 200, "{path}");
        assert!(page.body.contains(content), "{path}");
        let policy = page.header("content-security-policy");
        assert!(policy.is_some_and(|policy| policy.starts_with("default-src 'self';")), "{path}");
    }
    let script = server.get("/account.js");
    assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(server.ask("HEAD /venue/live", "").status, 200);
    let stream = server.open("GET /venue/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let (name, data) = event(&mut BufReader::new(stream).lines());
    assert_eq!(name, "page");
    assert!(data.contains("Liquidation tape"));
    assert_eq!(server.state.viewers(), 1);
}

#[test]
fn an_account_is_shown_to_who_signs_and_to_no_other_site() {
    let server = Server::start();
    server.update_with_venue();
    let ask = |headers: &str, body: &str| {
        let length = body.len();
        let headers = format!("{headers}Content-Length: {length}\r\n\r\n{body}");
        server.ask("POST /venue/account", headers.trim_end_matches("\r\n"))
    };
    assert_eq!(ask("", "signature=1").status, 404, "nobody shows accounts");
    server.state.set_accounts(Arc::new(|request, body| {
        let key = request.headers().get("x-mbx-apikey").and_then(|key| key.to_str().ok());
        if (key, body) == (Some("key"), b"signature=1") {
            return Ok(AccountView { name: "<you>".to_owned(), ..AccountView::default() });
        }
        Err(AccountRefused { status: 401, why: "it was not signed <so>".to_owned() })
    }));
    let shown = ask("X-MBX-APIKEY: key\r\n", "signature=1");
    assert_eq!((shown.status, shown.header("cache-control")), (200, Some("no-store")));
    assert!(shown.body.contains("&lt;you&gt;"));
    let refused = ask("X-MBX-APIKEY: key\r\n", "signature=2");
    assert_eq!((refused.status, refused.body.as_str()), (401, "it was not signed <so>"));
    assert_eq!(refused.header("content-type"), Some("text/plain; charset=utf-8"));
    let other = ask("X-MBX-APIKEY: key\r\nSec-Fetch-Site: cross-site\r\n", "signature=1");
    assert_eq!(other.status, 403);
    assert_eq!(ask("X-MBX-APIKEY: key\r\n", &"x".repeat(2_000)).status, 413);
}
