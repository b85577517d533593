//! What a WebSocket connection is for, by the path that it is opened with.

use super::control::STREAMS_MAX;
use super::name::StreamName;
use crate::failure::{ErrorCode, Failure};
use crate::params::Params;

/// What a connection is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    /// Streams: those that it begins with, and whether each message is wrapped with the name of its stream.
    Streams {
        /// The first of them; more may be asked for.
        names: Vec<StreamName>,
        /// Whether messages are wrapped.
        combined: bool,
    },
    /// Requests and their answers.
    Api,
}

impl Connection {
    /// Reads a path and the query behind it: `/ws`, `/ws/NAME/NAME`, `/stream?streams=NAME/NAME`, each also below
    /// `/public`, `/market` and `/private`, and `/ws-fapi/v1`. `None` where it is none of them. A number in the place of
    /// a name only tells a client's connections apart. A user's stream may also be named by `listenKey=`.
    ///
    /// # Errors
    /// Where there is no stream of a name, or there are too many.
    pub fn read(path: &str, query: &[u8]) -> Result<Option<Self>, Failure> {
        let path = path.trim_end_matches('/');
        if path == "/ws-fapi/v1" {
            return Ok(Some(Self::Api));
        }
        let mut parts = path.split('/').skip(1).peekable();
        parts.next_if(|part| matches!(*part, "public" | "market" | "private"));
        let combined = match parts.next() {
            Some("ws") => false,
            Some("stream") => true,
            Some(_) | None => return Ok(None),
        };
        let params = Params::read(query, b"")?;
        let listed = params.get("streams").unwrap_or_default();
        let listen_key = params.get("listenKey").into_iter();
        let mut names = Vec::new();
        for text in parts.chain(listed.split('/')).chain(listen_key) {
            if text.is_empty() || text.bytes().all(|byte| byte.is_ascii_digit()) {
                continue;
            }
            let name = StreamName::parse(text);
            names.push(
                name.ok_or_else(|| Failure::with(ErrorCode::InvalidParameter, &["streams"]))?,
            );
            if names.len() > STREAMS_MAX {
                return Err(Failure::of(ErrorCode::TooManyParameters));
            }
        }
        Ok(Some(Self::Streams { names, combined }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_that_clients_open() {
        // ccxt puts a number behind the path, which is no stream.
        let read = |path: &str, query: &str| match Connection::read(path, query.as_bytes()) {
            Ok(Some(Connection::Streams { names, combined })) => {
                let names: Vec<_> = names.iter().map(StreamName::to_string).collect();
                format!("{combined} {}", names.join(" "))
            }
            other => format!("{other:?}"),
        };
        let key = "a".repeat(64);
        assert_eq!(read("/ws", ""), "false ");
        assert_eq!(read("/ws/btcusdt@trade/!ticker@arr", ""), "false btcusdt@trade !ticker@arr");
        assert_eq!(
            read("/stream", "streams=btcusdt@trade/ethusdt@depth5"),
            "true btcusdt@trade ethusdt@depth5"
        );
        assert_eq!(read("/public/ws/0", ""), "false ");
        assert_eq!(read("/market/stream", "streams=!markPrice%40arr"), "true !markPrice@arr");
        assert_eq!(read("/private/ws", &format!("listenKey={key}")), format!("false {key}"));
        assert_eq!(read(&format!("/ws/{key}"), ""), format!("false {key}"));
        assert_eq!(read("/ws-fapi/v1", "x=1"), "Ok(Some(Api))");
        for path in ["", "/", "/fapi/v1/ping", "/public", "/public/public/ws", "/wss"] {
            assert_eq!(read(path, ""), "Ok(None)", "{path}");
        }
        assert!(read("/ws/btcusdt@x", "").starts_with("Err"));
        let many = vec!["a@trade"; STREAMS_MAX + 1].join("/");
        assert!(read("/stream", &format!("streams={many}")).starts_with("Err"));
    }
}
