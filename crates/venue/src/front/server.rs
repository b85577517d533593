//! Paths, methods and headers: which part of the front answers a request.

use std::net::IpAddr;
use std::sync::Arc;

use runtime::clock;
use runtime::http::{Bytes, Handler, HeaderName, Request, Response, StatusCode};
use wire_binance::{Endpoint, ErrorCode, Failure, Params};

use super::auth::{self, Claim};
use super::{Front, dispatch, own, stream};

/// What an address has used within the minute.
const WEIGHT: HeaderName = HeaderName::from_static("x-mbx-used-weight-1m");
/// What an account has sent within ten seconds.
const ORDERS_10S: HeaderName = HeaderName::from_static("x-mbx-order-count-10s");
/// What an account has sent within a minute.
const ORDERS_1M: HeaderName = HeaderName::from_static("x-mbx-order-count-1m");

/// Pages of other sites may read what everybody may; what is signed they cannot ask for, since they have no key.
const CORS: &str = concat!(
    "access-control-allow-origin: *\r\n",
    "access-control-allow-headers: *\r\n",
    "access-control-allow-methods: GET, POST, PUT, DELETE, OPTIONS\r\n",
);

/// Largest body: five orders in every detail are a few kilobytes.
pub(crate) const BODY_BYTES: usize = 64 << 10;

/// What answers requests.
#[derive(Debug)]
pub(crate) struct Server(pub Arc<Front>);

impl Handler for Server {
    async fn handle(&self, request: Request) -> Response {
        let response = if stream::is_socket(request.path()) {
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
            return failed(&Endpoint::not_found(method, path));
        };
        let body = match request.body().await {
            Ok(body) => body,
            Err(error) => {
                return failed(&Failure::said(ErrorCode::InvalidMessage, error.to_string()));
            }
        };
        let from = request.peer().ip();
        let outcome = answer(front, endpoint, &request, &body, from).await;
        let (answered, told) = match outcome {
            Ok((answer, told)) => (Response::json(StatusCode::OK, answer), told),
            Err((failure, told)) => (failed(&failure), told),
        };
        let answered = answered.with_line(&WEIGHT, told.weight);
        match told.orders {
            Some([ten, minute]) => {
                answered.with_line(&ORDERS_10S, ten).with_line(&ORDERS_1M, minute)
            }
            None => answered,
        }
    }
}

/// What a client is told of its limits.
#[derive(Clone, Copy, Debug, Default)]
struct Used {
    weight: u32,
    orders: Option<[u32; 2]>,
}

async fn answer(
    front: &Front,
    endpoint: Endpoint,
    request: &Request,
    body: &Bytes,
    from: IpAddr,
) -> Result<(Vec<u8>, Used), (Failure, Used)> {
    let now = clock::unix_time();
    let mut used = Used::default();
    let params = match Params::read(request.query().as_bytes(), body) {
        Ok(params) => params,
        Err(failure) => {
            used.weight = front.meter.weigh(from, 1, now);
            return Err((failure, used));
        }
    };
    used.weight = front.meter.weigh(from, endpoint.weight(&params), now);
    let checked = auth::check(front, endpoint, &params, Claim::sent(request, body))
        .and_then(|caller| Ok((caller, wire_binance::Request::read(endpoint, &params)?)));
    let (caller, typed) = match checked {
        Ok(checked) => checked,
        Err(failure) => return Err((failure, used)),
    };
    if let Some(caller) = &caller {
        let orders = u32::try_from(typed.orders()).unwrap_or(u32::MAX);
        if orders > 0 {
            used.orders = Some(front.meter.count(caller.key.account, orders, now));
        }
    }
    match dispatch::answer(front, typed, caller.as_ref()).await {
        Ok(answer) => Ok((answer, used)),
        Err(failure) => Err((failure, used)),
    }
}

/// An error as it is told.
pub(crate) fn failed(failure: &Failure) -> Response {
    let status = StatusCode::from_u16(failure.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut body = Vec::new();
    failure.write(&mut body);
    Response::json(status, body)
}
