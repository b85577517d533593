//! Server-sent events (WHATWG HTML, section 9.2): each reader pulls the newest tick once it has taken the one before,
//! so that a slow one skips ticks and holds up nobody, and no queue grows.

use std::fmt::Write as _;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use runtime::clock;
use runtime::http::{HeaderName, HeaderValue, Lost, Response, Source, StatusCode, header};
use runtime::task::{self, sync::watch};
use units::Span;

use crate::published::Published;

/// Streams at once; each takes a socket and, at four ticks a second, some work.
const STREAMS_MAX: usize = 1_000;

/// After so long without an event a comment is sent: proxies cut what is silent for a minute, and a client can tell
/// a dead connection from a quiet market.
const HEARTBEAT: Span = Span::from_secs(5);

/// What a stream begins with: how long a browser waits before it comes back, in milliseconds.
const HELLO: &str = "retry: 1000\n: seawall oracle\n\n";

/// Writes events of a tick.
pub(crate) trait Writer: std::fmt::Debug + Send {
    /// Adds the events of what is published; nothing where there is no news.
    fn write(&mut self, published: &Published, out: &mut String);
}

/// How many streams there are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Streams(Arc<AtomicUsize>);

impl Streams {
    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// A response that goes on until its reader goes or the server stops.
    pub(crate) fn open(
        &self,
        published: watch::Receiver<Arc<Published>>,
        stopped: watch::Receiver<bool>,
        writer: Box<dyn Writer>,
    ) -> Response {
        if self.0.fetch_add(1, Ordering::Relaxed) >= STREAMS_MAX {
            self.0.fetch_sub(1, Ordering::Relaxed);
            let words = format!("there are {STREAMS_MAX} streams already; poll instead\n");
            return Response::text(StatusCode::SERVICE_UNAVAILABLE, words);
        }
        let place = Place(Arc::clone(&self.0));
        let events = Events { published, stopped, writer, begun: false, _place: place };
        let no_buffering = HeaderName::from_static("x-accel-buffering");
        Response::pulled("text/event-stream", HELLO.into(), None, Box::new(events))
            .with_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))
            .with_header(no_buffering, HeaderValue::from_static("no"))
    }
}

/// A place among the streams; given back when it is dropped.
#[derive(Debug)]
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Debug)]
struct Events {
    published: watch::Receiver<Arc<Published>>,
    stopped: watch::Receiver<bool>,
    writer: Box<dyn Writer>,
    begun: bool,
    _place: Place,
}

impl Source for Events {
    fn next<'a>(
        &'a mut self,
        piece: &'a mut Vec<u8>,
    ) -> Pin<Box<dyn Future<Output = Result<bool, Lost>> + Send + 'a>> {
        Box::pin(async move {
            let mut text = String::new();
            let quiet_until = clock::now().after(HEARTBEAT);
            while text.is_empty() {
                if self.begun {
                    task::select! {
                        biased;
                        _ = self.stopped.wait_for(|stopped| *stopped) => return Ok(false),
                        changed = self.published.changed() => if changed.is_err() { return Ok(false) },
                        () = clock::sleep_until(quiet_until) => {
                            text.push_str(": nothing new\n\n");
                            break;
                        }
                    }
                }
                self.begun = true;
                let published = Arc::clone(&self.published.borrow_and_update());
                self.writer.write(&published, &mut text);
            }
            piece.extend_from_slice(text.as_bytes());
            Ok(true)
        })
    }
}

/// Adds one event. `name` is left out for messages, `id` where it has none. The data must be one line, as JSON is.
pub(crate) fn put(out: &mut String, name: Option<&str>, id: Option<&str>, data: &str) {
    for (field, value) in [("event", name), ("id", id), ("data", Some(data))] {
        if let Some(value) = value {
            // Writing to a text cannot fail.
            let written = writeln!(out, "{field}: {value}");
            debug_assert!(written.is_ok(), "a text takes everything");
        }
    }
    out.push('\n');
}
