//! A source of prices that says what it is told to, as the oracle's stream has it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use runtime::http::{
    Bytes, Handler, KillableServer, Limits, ListenError, Listener, Request, Response,
};
use runtime::{clock, task};
use units::Span;

/// How often each price is said: a venue halts on some seconds of silence, and a fall has to be felt at once.
const EVERY: Span = Span::from_millis(100);

/// What is said of each feed.
type Said = Arc<Mutex<BTreeMap<String, String>>>;

/// A server on a thread of its own that ends with this value. What it says stays the same until it is told otherwise.
#[derive(Debug)]
pub struct Prices {
    address: SocketAddr,
    said: Said,
    _server: KillableServer,
}

impl Prices {
    /// Says this price of a feed at a free port of this machine.
    ///
    /// # Errors
    /// Where there is none.
    pub fn start(feed: &str, price: &str) -> Result<Self, ListenError> {
        let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.address();
        let said = Said::default();
        let stream = Arc::new(Stream(Arc::clone(&said)));
        let server = KillableServer::start("prices", listener, Limits::default(), stream);
        let prices = Self { address, said, _server: server };
        prices.say(feed, price);
        Ok(prices)
    }

    /// Says this price of a feed from now on, of one more or in the place of what it said of it.
    pub fn say(&self, feed: &str, price: &str) {
        let event = serde_json::json!({
            "symbol": feed, "status": "live", "market": price, "fundamental": null, "liquidation": price,
            "confidence": "1", "as_of": 0, "age_ms": 0, "clusters": null,
        });
        let event = format!("event: price\ndata: {event}\n\n");
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.insert(feed.to_owned(), event);
    }

    /// Where it is.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Says everything again and again to whoever asks.
struct Stream(Said);

impl Handler for Stream {
    async fn handle(&self, _request: Request) -> Response {
        let (response, sender) = Response::stream("text/event-stream");
        let said = Arc::clone(&self.0);
        drop(task::spawn(async move {
            loop {
                let now: String =
                    said.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
                if sender.send(Bytes::from(now)).await.is_err() {
                    return;
                }
                clock::sleep(EVERY).await;
            }
        }));
        response
    }
}
