//! A source of prices that says the same for ever, as the oracle's stream has it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use runtime::http::{
    Bytes, Handler, KillableServer, Limits, ListenError, Listener, Request, Response,
};
use runtime::{clock, task};
use units::Span;

/// How often the price is said: a venue halts on some seconds of silence.
const EVERY: Span = Span::from_millis(200);

/// A server on a thread of its own that ends with this value.
#[derive(Debug)]
pub struct FixedPrices {
    address: SocketAddr,
    _server: KillableServer,
}

impl FixedPrices {
    /// Says this price of a feed at a free port of this machine.
    ///
    /// # Errors
    /// Where there is none.
    pub fn start(feed: &str, price: &str) -> Result<Self, ListenError> {
        let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.address();
        let said = serde_json::json!({
            "symbol": feed, "status": "live", "market": price, "fundamental": null, "liquidation": price,
            "confidence": "1", "as_of": 0, "age_ms": 0, "clusters": null,
        });
        let said = Bytes::from(format!("event: price\ndata: {said}\n\n"));
        let server =
            KillableServer::start("prices", listener, Limits::default(), Arc::new(Stream(said)));
        Ok(Self { address, _server: server })
    }

    /// Where it is.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Says one thing again and again to whoever asks.
struct Stream(Bytes);

impl Handler for Stream {
    async fn handle(&self, _request: Request) -> Response {
        let (response, sender) = Response::stream("text/event-stream");
        let said = self.0.clone();
        drop(task::spawn(async move {
            while sender.send(said.clone()).await.is_ok() {
                clock::sleep(EVERY).await;
            }
        }));
        response
    }
}
