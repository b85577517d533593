//! The HTTP side: which path is which chain, what is JSON-RPC and what is about the gateway itself.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use runtime::http::{
    BodyError, Handler, HeaderName, HeaderValue, Method, Request, Response, StatusCode,
};
use runtime::{clock, metrics::CONTENT_TYPE};
use units::Span;
use wire_eth::RpcError;

use crate::answer::Answered;
use crate::chain::{Chains, admissions, caches, snapshots};
use crate::config::{GatewayConfig, Secret};
use crate::describe::chain_json;
use crate::fees::fees_json;
use crate::follow::follow;
use crate::gate::ClientId;
use crate::lane::Lane;
use crate::metrics::{CallMeters, Metrics};
use crate::upstream::{Clients, TIMEOUT_HEADER};
use crate::websocket;

const JSON: &str = "application/json";
const UPSTREAM_HEADER: HeaderName = HeaderName::from_static("x-seawall-upstream");
const ATTEMPTS_HEADER: HeaderName = HeaderName::from_static("x-seawall-attempts");
const CACHE_HEADER: HeaderName = HeaderName::from_static("x-seawall-cache");

/// Says that the chain has halted: an old block is then no sign of a broken provider.
const VERDICT_HEADER: HeaderName = HeaderName::from_static("x-seawall-verdict");

/// Browsers may call from any page: the gateway holds no cookies and refuses methods that use a node's keys.
const CORS: &str = concat!(
    "access-control-allow-origin: *\r\n",
    "access-control-allow-headers: *\r\n",
    "access-control-allow-methods: GET, POST, OPTIONS\r\n",
    "access-control-expose-headers: x-seawall-upstream, x-seawall-attempts, x-seawall-cache, \
     x-seawall-verdict, retry-after\r\n",
);

/// How long a browser may remember that it may call, in seconds; without it, it asks every five.
const PREFLIGHT_HEADER: HeaderName = HeaderName::from_static("access-control-max-age");

/// Largest request head in bytes: a browser sends under 2 KiB, and a client has no reason for more.
const HEAD_BYTES: usize = 16 * 1024;

/// What the server below reads before it breaks off without a word; beyond [`HEAD_BYTES`] and up to
/// this the client is told which limit it passed.
pub(crate) const HEAD_BYTES_READ: usize = 64 * 1024;

/// One worker thread's server: the chains are shared, the connections to upstreams are its own.
#[derive(Debug)]
pub(crate) struct Server {
    chains: Arc<Chains>,
    lanes: Vec<Arc<Lane>>,
    metrics: Arc<Metrics>,
    message_bytes: usize,
    admin_token: Option<Secret>,
    client_header: Option<HeaderName>,
}

impl Server {
    pub(crate) fn new(chains: Arc<Chains>, metrics: Arc<Metrics>, config: &GatewayConfig) -> Self {
        let lanes = chains.values().map(|chain| {
            let clients = Arc::new(Clients::new(&chain.config, config.limits.response_bytes));
            let meters = CallMeters::new(&metrics, &chain.config.name);
            Arc::new(Lane { chain: Arc::clone(chain), clients, meters })
        });
        Self {
            lanes: lanes.collect(),
            chains,
            metrics,
            message_bytes: config.limits.body_bytes,
            admin_token: config.admin_token.clone(),
            client_header: config.admission.client_header.clone(),
        }
    }

    fn client_of(&self, request: &Request) -> ClientId {
        ClientId::of(request, self.client_header.as_ref())
    }

    /// The chain of a path: its name or id; `/` where there is only one.
    fn lane(&self, path: &str) -> Option<&Arc<Lane>> {
        let name = path.trim_matches('/');
        if name.is_empty() {
            return self.lanes.first().filter(|_| self.lanes.len() == 1);
        }
        let id = name.parse().ok();
        self.lanes
            .iter()
            .find(|lane| lane.chain.config.name == name || Some(lane.chain.config.id) == id)
    }

    fn about(&self, path: &str) -> Response {
        match path {
            "/healthz" => Response::text(StatusCode::OK, "ok\n"),
            "/readyz" => self.ready(),
            "/metrics" => {
                let chains = &self.chains;
                let text =
                    self.metrics.render(&snapshots(chains), &caches(chains), &admissions(chains));
                Response::new(StatusCode::OK, CONTENT_TYPE, text)
            }
            _ => self.describe(path),
        }
    }

    /// Ready once every chain has an agreed head: before that only start-up calls are answered.
    fn ready(&self) -> Response {
        let waiting: Vec<&str> = self
            .chains
            .iter()
            .filter(|(_, chain)| chain.core().view().is_none())
            .map(|(name, _)| name.as_str())
            .collect();
        if waiting.is_empty() {
            return Response::text(StatusCode::OK, "ready\n");
        }
        let text = format!("no head is agreed yet on: {}\n", waiting.join(", "));
        Response::text(StatusCode::SERVICE_UNAVAILABLE, text)
    }

    fn describe(&self, path: &str) -> Response {
        let fees = path.strip_prefix("/v1/chains/").and_then(|path| path.strip_suffix("/fees"));
        if let Some(lane) = fees.and_then(|name| self.lane(name)) {
            let snapshot = lane.chain.core().snapshot(clock::now());
            let (status, text) = fees_json(&lane.chain.config.name, &snapshot);
            return Response::new(status, JSON, text);
        }
        let chain = match path.strip_prefix("/v1/chains/") {
            Some("") => None,
            Some(name) => self.lane(name),
            None => self.lane(path),
        };
        let of_evidence =
            path.strip_prefix("/v1/chains/").and_then(|rest| rest.strip_suffix("/evidence"));
        if let Some(lane) = of_evidence.and_then(|name| self.lane(name)) {
            return Response::new(StatusCode::OK, JSON, lane.chain.evidence.to_json());
        }
        if let Some(lane) = chain {
            let snapshot = lane.chain.core().snapshot(clock::now());
            return Response::new(
                StatusCode::OK,
                JSON,
                chain_json(&lane.chain.config.name, &snapshot, &lane.chain.gate.snapshot()),
            );
        }
        let names: Vec<String> = self.chains.keys().map(|name| format!("\"{name}\"")).collect();
        if matches!(path, "/" | "/v1/chains" | "/v1/chains/") {
            return Response::new(
                StatusCode::OK,
                JSON,
                format!(r#"{{"chains":[{}]}}"#, names.join(",")),
            );
        }
        let accepted =
            r#"["/healthz","/readyz","/metrics","/v1/chains/NAME","/v1/chains/NAME/fees"]"#;
        let body = format!(
            r#"{{"error":"nothing here","chains":[{}],"paths":{accepted}}}"#,
            names.join(",")
        );
        Response::new(StatusCode::NOT_FOUND, JSON, body)
    }

    /// For a client that calls: every JSON-RPC client reads an error object, whatever the status.
    fn no_such_chain(&self) -> Response {
        let names: Vec<&str> = self.chains.keys().map(String::as_str).collect();
        let words = format!("no such chain; POST to /NAME of one of: {}", names.join(", "));
        let body = RpcError::invalid_request(words).to_response(None);
        Response::new(StatusCode::NOT_FOUND, JSON, body)
    }

    /// The chain that a command is about.
    fn commanded(&self, path: &str) -> Option<&Arc<Lane>> {
        let name = path.strip_prefix("/v1/chains/")?.strip_suffix("/follow")?;
        self.lane(name).filter(|_| !name.is_empty())
    }

    async fn command(&self, lane: &Lane, mut request: Request) -> Response {
        match request.body().await {
            Ok(body) => follow(&lane.chain, self.admin_token.as_ref(), request.headers(), &body),
            Err(error) => unreadable(&error),
        }
    }

    async fn call(&self, lane: &Lane, mut request: Request) -> Response {
        let asked = asked_timeout(&request);
        let client = self.client_of(&request);
        let body = match request.body().await {
            Ok(body) => body,
            Err(error) => return unreadable(&error),
        };
        let deadline = clock::now().after(lane.chain.timeout(asked));
        let response = respond(lane.answer(&body, client, (deadline, true)).await);
        if lane.chain.stalled.load(Ordering::Relaxed) {
            return response.with_line(&VERDICT_HEADER, "stalled");
        }
        response
    }
}

impl Handler for Server {
    async fn handle(&self, request: Request) -> Response {
        let response = match *request.method() {
            _ if request.head_bytes() > HEAD_BYTES => head_too_large(),
            Method::POST => match (self.commanded(request.path()), self.lane(request.path())) {
                (Some(lane), _) => self.command(lane, request).await,
                (None, Some(lane)) => self.call(lane, request).await,
                (None, None) => self.no_such_chain(),
            },
            Method::GET | Method::HEAD if request.wants_websocket() => {
                match self.lane(request.path()) {
                    Some(lane) => {
                        let client = self.client_of(&request);
                        websocket::accept(Arc::clone(lane), request, client, self.message_bytes)
                    }
                    None => self.no_such_chain(),
                }
            }
            Method::GET | Method::HEAD => self.about(request.path()),
            Method::OPTIONS => Response::empty(StatusCode::NO_CONTENT)
                .with_header(PREFLIGHT_HEADER, HeaderValue::from_static("86400")),
            _ => Response::text(
                StatusCode::METHOD_NOT_ALLOWED,
                "POST json-rpc, or GET /v1/chains/NAME\n",
            ),
        };
        response.with_fixed(CORS)
    }
}

/// How long the client says it waits, where it says so.
fn asked_timeout(request: &Request) -> Option<Span> {
    Some(Span::from_millis(request.header(&TIMEOUT_HEADER)?.parse().ok()?))
}

fn respond(answered: Answered) -> Response {
    let status = answered.status;
    let body = answered.body.unwrap_or_default();
    let upstreams = if answered.upstreams.is_empty() { "none" } else { &answered.upstreams };
    let response = match answered.rest {
        Some(rest) => {
            let length = rest.left.map(|left| left.saturating_add(body.len() as u64));
            Response::pulled(JSON, body, length, rest.source)
        }
        None => Response::new(status, JSON, body),
    };
    let mut response = response
        .with_line(&UPSTREAM_HEADER, upstreams)
        .with_line(&ATTEMPTS_HEADER, answered.attempts);
    if let Some(cache) = answered.cache {
        response = response.with_line(&CACHE_HEADER, cache.name());
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        // The leading zeros are legal and read as 3 s by viem; ethers takes a plain "3" for milliseconds
        // and fails after twelve tries in 83 ms, but backs off by itself when it sees this form.
        response = response
            .with_header(HeaderName::from_static("retry-after"), HeaderValue::from_static("003"));
    }
    response
}

fn head_too_large() -> Response {
    let words = format!("request head is larger than the limit of {HEAD_BYTES} bytes");
    let body = RpcError::invalid_request(words).to_response(None);
    Response::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, JSON, body)
}

fn unreadable(error: &BodyError) -> Response {
    let (status, error) = match error {
        BodyError::TooLarge { limit } => {
            let words =
                format!("request body is larger than the limit of {limit} bytes (max_body_bytes)");
            (StatusCode::PAYLOAD_TOO_LARGE, RpcError::invalid_request(words))
        }
        BodyError::Timeout(_) => {
            (StatusCode::REQUEST_TIMEOUT, RpcError::invalid_request(error.to_string()))
        }
        BodyError::Broken(_) => {
            (StatusCode::BAD_REQUEST, RpcError::invalid_request(error.to_string()))
        }
    };
    Response::new(status, JSON, error.to_response(None))
}
