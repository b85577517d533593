//! Paths, methods and headers: which part of the front answers a request.

use std::sync::Arc;

use runtime::clock;
use runtime::http::{Bytes, Handler, HeaderName, Request, Response, StatusCode};
use wire_binance::{Endpoint, ErrorCode, Failure, Params};

use super::auth::{self, Claim};
use super::dispatch::Used;
use super::{Front, dispatch, own, refusal, stream};

/// What an address has used within the minute.
const WEIGHT: HeaderName = HeaderName::from_static("x-mbx-used-weight-1m");
/// What an account has sent within ten seconds.
const ORDERS_10S: HeaderName = HeaderName::from_static("x-mbx-order-count-10s");
/// What an account has sent within a minute.
const ORDERS_1M: HeaderName = HeaderName::from_static("x-mbx-order-count-1m");

/// After how many seconds to try again.
const RETRY_AFTER: HeaderName = HeaderName::from_static("retry-after");
/// What is let in while something is refused.
const LANES_OPEN: HeaderName = HeaderName::from_static("x-seawall-lanes-open");

/// Pages of other sites may read what everybody may; what is signed they cannot ask for, since they have no key.
const CORS: &str = concat!(
    "access-control-allow-origin: *\r\n",
    "access-control-allow-headers: *\r\n",
    "access-control-allow-methods: GET, POST, PUT, DELETE, OPTIONS\r\n",
);

/// What the root says to whoever opens it to see what is there.
const ROOT: &str = concat!(
    "Seawall's venue: a derivatives exchange with the surface of Binance's USD-margined futures.\n\n",
    "/fapi/v1/…          REST, such as /fapi/v1/exchangeInfo; ccxt's binanceusdm with its addresses changed\n",
    "/ws, /stream        streams\n",
    "/ws-fapi/v1         the WebSocket API\n",
    "/v1/openapi.json    what Binance does not give: the tape, the fund, the proof that money is conserved\n",
    "/healthz, /readyz, /metrics\n\n",
    "How to trade on it is in docs/venue.md of the source.\n",
);

/// Largest body: five orders in every detail are a few kilobytes.
pub(crate) const BODY_BYTES: usize = 64 << 10;

/// What answers requests.
#[derive(Debug)]
pub(crate) struct Server(pub Arc<Front>);

impl Handler for Server {
    async fn handle(&self, request: Request) -> Response {
        let monitors = matches!(request.path(), "/healthz" | "/readyz" | "/metrics");
        let response = if self.0.engine.is_broken() && !monitors {
            failed(&refusal::broken())
        } else if stream::is_socket(request.path()) {
            stream::open(&self.0, request)
        } else if own::is_own(request.path()) {
            own::answer(&self.0, request).await
        } else {
            self.surface(request).await
        };
        response.with_fixed(CORS)
    }
}

impl Server {
    /// Answers on Binance's surface.
    async fn surface(&self, mut request: Request) -> Response {
        let front = &self.0;
        if *request.method() == runtime::http::Method::OPTIONS {
            return Response::empty(StatusCode::NO_CONTENT);
        }
        let (method, path) = (request.method().as_str(), request.path());
        let Some(endpoint) = Endpoint::find(method, path) else {
            if path == "/" && matches!(method, "GET" | "HEAD") {
                return Response::text(StatusCode::OK, ROOT);
            }
            return failed(&Endpoint::not_found(method, path));
        };
        let body = match request.body().await {
            Ok(body) => body,
            Err(error) => {
                return failed(&Failure::said(ErrorCode::InvalidMessage, error.to_string()));
            }
        };
        let mut used = Used::default();
        let answered = match answer(front, endpoint, &request, &body, &mut used).await {
            Ok(answer) => Response::json(StatusCode::OK, answer),
            Err(failure) => self.refused(&failure, used),
        };
        let answered = answered.with_line(&WEIGHT, used.weight);
        match used.orders {
            Some([ten, minute]) => {
                answered.with_line(&ORDERS_10S, ten).with_line(&ORDERS_1M, minute)
            }
            None => answered,
        }
    }
}

impl Server {
    /// An error, with when to try again and what is let in meanwhile, where there is too much to do.
    fn refused(&self, failure: &Failure, used: Used) -> Response {
        let told = failed(failure);
        let known = failure.known();
        let code = |code| known == Some(code);
        if ![ErrorCode::Throttled, ErrorCode::TooManyRequests, ErrorCode::TooManyOrders]
            .into_iter()
            .any(code)
        {
            return told;
        }
        told.with_line(&RETRY_AFTER, used.retry_after.unwrap_or(1))
            .with_line(&LANES_OPEN, self.0.admission.lanes_open())
    }
}

/// Answers a request.
async fn answer(
    front: &Front,
    endpoint: Endpoint,
    request: &Request,
    body: &Bytes,
    used: &mut Used,
) -> Result<Vec<u8>, Failure> {
    let now = clock::unix_time();
    let params = Params::read(request.query().as_bytes(), body);
    let weight = params.as_ref().map_or(1, |params| endpoint.weight(params));
    used.weight = front.meter.weigh(request.peer().ip(), weight, now);
    let params = params?;
    let claim = Claim::sent(request, body);
    let caller = auth::check(front, endpoint, &params, claim)?;
    let typed = wire_binance::Request::read(endpoint, &params)?;
    dispatch::take(front, typed, caller, (claim, now), used).await
}

/// An error as it is told.
pub(crate) fn failed(failure: &Failure) -> Response {
    let status = StatusCode::from_u16(failure.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut body = Vec::new();
    failure.write(&mut body);
    Response::json(status, body)
}
