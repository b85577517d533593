//! One node's HTTP server, on a thread of its own so that killing it is as thorough as for a process.

use std::sync::Arc;

use runtime::http::{
    Handler, HeaderName, HeaderValue, Limits, Listener, Method, Request, Response, StatusCode,
    serve,
};
use runtime::task::sync::oneshot;
use runtime::{clock, task};
use serde_json::json;
use units::Span;

use crate::fault::GarbleKind;
use crate::network::Turn;
use crate::node::answer;
use crate::shared::Shared;

/// How long a kill waits for the node's thread, which may be running someone's long call.
const KILL_WAIT: Span = Span::from_secs(2);
/// How often it looks.
const KILL_POLL: Span = Span::from_millis(1);

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    stop: oneshot::Sender<()>,
    thread: std::thread::JoinHandle<()>,
}

impl Server {
    /// Serves node `index` from `listener`.
    pub(crate) fn start(shared: Arc<Shared>, index: usize, name: &str, listener: Listener) -> Self {
        let (stop, stopped) = oneshot::channel();
        let handler = Arc::new(NodeHandler { shared, index });
        let thread = task::spawn_thread(&format!("practice-{name}"), move || async move {
            let limits = Limits { connections: 1_024, ..Limits::default() };
            // The runtime ends with this future and takes every connection with it at once.
            task::select! {
                () = serve(listener, limits, handler, std::future::pending()) => {}
                _ = stopped => {}
            }
        });
        Self { stop, thread }
    }

    /// Closes the listener and all connections; returns once they are closed.
    pub(crate) async fn kill(self) {
        let Self { stop, thread } = self;
        // Dropping the sender is what the thread waits for.
        drop(stop);
        let give_up = clock::now().after(KILL_WAIT);
        while !thread.is_finished() && clock::now() < give_up {
            clock::sleep(KILL_POLL).await;
        }
    }
}

/// Answers the requests of one node, with its faults in front.
struct NodeHandler {
    shared: Arc<Shared>,
    index: usize,
}

impl Handler for NodeHandler {
    async fn handle(&self, mut request: Request) -> Response {
        if request.method() != Method::POST {
            let allow = (HeaderName::from_static("allow"), HeaderValue::from_static("POST"));
            return Response::text(
                StatusCode::METHOD_NOT_ALLOWED,
                "JSON-RPC is spoken with POST here\n",
            )
            .with_header(allow.0, allow.1);
        }
        let body = match request.body().await {
            Ok(body) => body,
            Err(error) => return Response::text(StatusCode::BAD_REQUEST, format!("{error}\n")),
        };
        let Some(faults) = self.shared.network().faults(self.index).cloned() else {
            return Response::empty(StatusCode::NOT_FOUND);
        };
        if faults.hung {
            std::future::pending::<()>().await;
        }
        let turn = self.shared.network().take_turn(clock::now(), self.index);
        match turn {
            Turn::After(wait) => clock::sleep(wait.plus(faults.delay)).await,
            Turn::Felled => {
                let now = clock::now();
                self.shared.network().change(now, self.index, |faults| faults.felled = true);
                std::future::pending::<()>().await;
            }
        }
        let garble = self.shared.network().draw_garble(self.index);
        match garble {
            Some(kind) if kind != GarbleKind::Cut => garbled(kind),
            cut => self.answer(&body, cut.is_some()),
        }
    }
}

impl NodeHandler {
    /// The node's own answer; only half of it where `cut`.
    fn answer(&self, body: &[u8], cut: bool) -> Response {
        let snapshot = self.shared.network().snapshot(self.index);
        let Some(mut node) = snapshot else { return Response::empty(StatusCode::NOT_FOUND) };
        let mut response = answer(&mut node, body);
        if !node.accepted.is_empty() {
            self.shared.network().carry(clock::now(), self.index, &node.accepted);
            self.shared.wake();
        }
        if node.failed {
            return garbled(GarbleKind::InternalError);
        }
        if cut {
            response.truncate(response.len() / 2);
        }
        Response::json(StatusCode::OK, response)
    }
}

/// What a garbled node sends. Source of the forms: what providers and their proxies send.
fn garbled(kind: GarbleKind) -> Response {
    match kind {
        GarbleKind::Html | GarbleKind::Cut => Response::new(
            StatusCode::OK,
            "text/html; charset=utf-8",
            "<!doctype html><html><head><title>Just a moment...</title></head><body></body></html>",
        ),
        GarbleKind::TooManyRequests => {
            let error = json!({"code": -32005, "message": "daily request count exceeded, request rate limited"});
            let body = json!({"jsonrpc": "2.0", "id": null, "error": error}).to_string();
            Response::json(StatusCode::TOO_MANY_REQUESTS, body)
                .with_header(HeaderName::from_static("retry-after"), HeaderValue::from_static("1"))
        }
        GarbleKind::InternalError => {
            Response::text(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error\n")
        }
        GarbleKind::Unavailable => {
            Response::text(StatusCode::SERVICE_UNAVAILABLE, "upstream connect error\n")
        }
    }
}
