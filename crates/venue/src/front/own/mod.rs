//! What Binance does not give: the whole tape, the fund and its coverage, the proof that money is conserved, each price's
//! status, everybody's place in the queue of deleveraging; and the administration.
//!
//! Everything below `/v1` is described by a document at `/v1/openapi.json`, which a test holds against what is served.

mod admin;
pub(crate) mod books;
mod markets;
mod openapi;
mod queue;
mod tape;
mod withdraw;

use std::sync::Arc;

use runtime::http::{HeaderName, Method, Request, Response, StatusCode};
use serde::Serialize;
use wire_binance::{ErrorCode, Failure, Params};

use super::auth::{self, Caller, Claim};
use super::keys::Key;
use super::server::failed;
use super::{Front, json};
use crate::engine::EngineState;

/// What a path may be asked by.
const ALLOW: HeaderName = HeaderName::from_static("allow");

/// Whether a path is one of these.
pub(crate) fn is_own(path: &str) -> bool {
    path.starts_with("/v1/") || matches!(path, "/healthz" | "/readyz" | "/metrics")
}

/// Answers a request below `/v1`, or of a monitor.
pub(crate) async fn answer(front: &Arc<Front>, mut request: Request) -> Response {
    let body = match request.body().await {
        Ok(body) => body,
        Err(error) => return failed(&Failure::said(ErrorCode::InvalidMessage, error.to_string())),
    };
    match (request.method(), request.path()) {
        (&Method::OPTIONS, _) => Response::empty(StatusCode::NO_CONTENT),
        (&Method::GET | &Method::HEAD, "/healthz") => Response::text(StatusCode::OK, "ok\n"),
        (&Method::GET | &Method::HEAD, "/readyz") => ready(front),
        (&Method::GET | &Method::HEAD, "/metrics") => {
            let metrics = front.metrics.render(front);
            Response::new(StatusCode::OK, runtime::metrics::CONTENT_TYPE, metrics)
        }
        (&Method::GET, "/v1/tape") if request.wants_websocket() => tape::stream(front, request),
        (method, path) => match openapi::other_methods(method.as_str(), path) {
            Some(allowed) => {
                let status = StatusCode::METHOD_NOT_ALLOWED.as_u16();
                let not_found = wire_binance::Endpoint::not_found(method.as_str(), path);
                failed(&Failure { status, ..not_found }).with_line(&ALLOW, allowed)
            }
            None => match route(front, &request, &body).await {
                Ok(answer) => Response::json(StatusCode::OK, answer),
                Err(failure) => failed(&failure),
            },
        },
    }
}

async fn route(front: &Arc<Front>, request: &Request, body: &[u8]) -> Result<Vec<u8>, Failure> {
    let params = &Params::read(request.query().as_bytes(), body)?;
    let claim = Claim::sent(request, body);
    match (request.method().as_str(), request.path()) {
        ("GET", "/v1/openapi.json") => json(&openapi::document()),
        ("GET", "/v1/tape") => tape::range(front, params),
        ("GET", "/v1/markets") => books::markets(front),
        ("GET", "/v1/prices") => books::prices(front),
        ("GET", "/v1/fund") => books::fund(front),
        ("GET", "/v1/conservation") => books::conservation(front),
        ("GET", "/v1/admission") => json(&front.admission.figures()),
        ("GET", "/v1/queue") => {
            let caller = caller(front, params, claim, |key| key.permissions.read)?;
            queue::places(front, &caller.key)
        }
        ("POST", "/v1/withdrawals") => {
            let caller = caller(front, params, claim, |key| key.permissions.withdraw)?;
            withdraw::withdraw(front, &caller, params).await
        }
        (method, path) => match path.strip_prefix("/v1/admin/") {
            Some(rest) => {
                caller(front, params, claim, |key| key.permissions.admin)?;
                admin::answer(front, (method, rest), params).await
            }
            None => Err(wire_binance::Endpoint::not_found(method, path)),
        },
    }
}

/// Who asks, if the key may.
fn caller(
    front: &Front,
    params: &Params<'_>,
    claim: Claim<'_>,
    may: impl FnOnce(&Key) -> bool,
) -> Result<Caller, Failure> {
    let (key, deadline) = auth::signed(front, params, claim)?;
    let way = claim.way();
    if may(&key) {
        Ok(Caller { key, deadline, way, over: None })
    } else {
        Err(Failure::of(ErrorCode::RejectedKey))
    }
}

/// A parameter that has to be there.
fn wanted<'p>(params: &'p Params<'_>, name: &str) -> Result<&'p str, Failure> {
    let value = params.get(name).filter(|value| !value.is_empty());
    value.ok_or_else(|| Failure::mandatory(name))
}

/// A number that may be there.
fn number(params: &Params<'_>, name: &'static str) -> Result<Option<u64>, Failure> {
    match params.get(name) {
        None => Ok(None),
        Some(text) => <u64 as wire_binance::Value>::read(text, name).map(Some),
    }
}

/// Ready once there is a market whose price is good for new orders.
fn ready(front: &Front) -> Response {
    let not = |why: String| Response::text(StatusCode::SERVICE_UNAVAILABLE, why);
    match front.engine.state() {
        EngineState::Running => {}
        EngineState::Draining => return not("it drains: no orders are taken\n".to_owned()),
        EngineState::Stopped(why) => return not(format!("the engine has stopped: {why}\n")),
    }
    let markets = front.markets();
    let ready = front.look(|desk| {
        let halted = desk.venue().is_halted();
        let mut views = markets.all().iter().filter_map(|market| desk.venue().market(market.id));
        !halted && views.any(|view| view.mark.is_some())
    });
    if ready {
        return Response::text(StatusCode::OK, "ready\n");
    }
    not("no market has a price yet\n".to_owned())
}

/// A list under a name.
#[derive(Debug, Serialize)]
struct Listed<T> {
    /// What there is.
    items: Vec<T>,
}
