//! Streams over WebSocket: of markets, of accounts, and the WebSocket API.

mod api;
mod books;
mod forced;
mod hub;
mod market;
mod refused;
mod socket;
mod teller;
mod user;
mod watch;

use std::sync::Arc;

use runtime::http::{Request, Response};
use wire_binance::Params;
use wire_binance::stream::StreamName;

use super::Front;

pub(crate) use hub::Hub;
pub(crate) use teller::tell;

/// Why a socket is closed that does not read, or asks for what is not there, or not any more (RFC 6455: policy).
pub(super) const POLICY: u16 = 1_008;

/// Where the WebSocket API is.
const API: &str = "/ws-fapi/v1";

/// Whether a path is one of a socket. ccxt puts a word for the kind before `/ws`, and a number behind it.
pub(crate) fn is_socket(path: &str) -> bool {
    path == API || kind(path).is_some()
}

/// What a path asks for: wrapped messages or plain ones, and what stands behind it.
fn kind(path: &str) -> Option<(bool, &str)> {
    let own = ["/public", "/market", "/private"].iter().find_map(|word| path.strip_prefix(word));
    let path = own.unwrap_or(path);
    let behind = |start: &str| {
        let rest = path.strip_prefix(start)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    };
    behind("/ws").map(|rest| (false, rest)).or_else(|| behind("/stream").map(|rest| (true, rest)))
}

/// Opens a socket with the streams that its address names.
pub(crate) fn open(front: &Arc<Front>, request: Request) -> Response {
    let front = Arc::clone(front);
    if request.path() == API {
        let from = request.peer().ip();
        return request.upgrade(api::MESSAGE_BYTES, move |socket| api::serve(front, socket, from));
    }
    let (combined, names) = asked(request.path(), request.query());
    request
        .upgrade(socket::MESSAGE_BYTES, move |socket| socket::serve(front, socket, combined, names))
}

/// The streams that an address names. What is none of them is passed over, as on Binance.
fn asked(path: &str, query: &str) -> (bool, Vec<StreamName>) {
    let (combined, rest) = kind(path).unwrap_or((false, ""));
    let params = Params::read(query.as_bytes(), b"").unwrap_or_default();
    let listed = params.get("streams").unwrap_or_default().split('/');
    let listen = params.get("listenKey").into_iter();
    let names = rest.split('/').chain(listed).chain(listen);
    let names = names.filter(|name| !name.is_empty()).filter_map(StreamName::parse);
    (combined, names.take(wire_binance::stream::STREAMS_MAX).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_understood_as_clients_write_them() {
        // A socket whose streams are passed over is one on which nothing ever comes.
        let asked = |path: &str, query: &str| {
            assert!(is_socket(path), "{path}");
            let (combined, names) = asked(path, query);
            (combined, names.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(asked("/ws", ""), (false, Vec::new()));
        assert_eq!(asked("/public/ws/7", ""), (false, Vec::new()));
        assert_eq!(asked("/ws/btcusdt@trade", ""), (false, vec!["btcusdt@trade".to_owned()]));
        let both = vec!["btcusdt@depth@100ms".to_owned(), "!forceOrder@arr".to_owned()];
        assert_eq!(asked("/stream", "streams=btcusdt@depth@100ms/!forceOrder@arr"), (true, both));
        let key = "a".repeat(64);
        assert_eq!(asked("/private/ws", &format!("listenKey={key}")), (false, vec![key.clone()]));
        assert_eq!(asked(&format!("/ws/{key}"), ""), (false, vec![key]));
        assert!(is_socket("/ws-fapi/v1") && !is_socket("/wsx") && !is_socket("/fapi/v1/ws"));
    }
}
