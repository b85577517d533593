//! One node's HTTP server, on a thread of its own so that killing it is as thorough as for a process.

use std::sync::Arc;

use runtime::clock;
use runtime::http::{
    Handler, HeaderName, HeaderValue, KillableServer, Limits, Listener, Method, Request, Response,
    StatusCode,
};
use serde_json::json;

use crate::fault::GarbleKind;
use crate::network::Turn;
use crate::node::answer;
use crate::shared::Shared;

/// Serves node `index` from `listener`.
pub(crate) fn start(
    shared: Arc<Shared>,
    index: usize,
    name: &str,
    listener: Listener,
) -> KillableServer {
    let limits = Limits { connections: 1_024, ..Limits::default() };
    let handler = Arc::new(NodeHandler { shared, index });
    KillableServer::start(&format!("practice-{name}"), listener, limits, handler)
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
