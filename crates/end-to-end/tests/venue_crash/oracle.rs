//! An oracle whose price walks, and now and then jumps, so that accounts are liquidated.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use machine::Prng;
use runtime::http::{Bytes, Handler, KillableServer, Limits, Listener, Request, Response};
use runtime::{clock, task};
use units::Span;

/// Where the price begins, in tenths of a dollar.
const BEGINS: u64 = 1_000_000;

/// How often it is told.
const EVERY: Span = Span::from_millis(20);

/// One of so many prices jumps.
const JUMPS: u64 = 40;

/// A price, and who tells it.
pub(crate) struct Oracle {
    pub(crate) address: SocketAddr,
    pub(crate) price: Arc<AtomicU64>,
    /// Whether the price stays where it is.
    pub(crate) still: Arc<AtomicBool>,
    _server: KillableServer,
}

struct Teller {
    price: Arc<AtomicU64>,
    still: Arc<AtomicBool>,
    prng: Arc<Mutex<Prng>>,
}

impl Oracle {
    pub(crate) fn start(seed: u64) -> Self {
        let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
        let (address, price) = (listener.address(), Arc::new(AtomicU64::new(BEGINS)));
        let prng = Arc::new(Mutex::new(Prng::new(seed)));
        let still = Arc::new(AtomicBool::new(false));
        let teller = Teller { price: Arc::clone(&price), still: Arc::clone(&still), prng };
        let teller = Arc::new(teller);
        let server = KillableServer::start("oracle", listener, Limits::default(), teller);
        Self { address, price, still, _server: server }
    }
}

impl Handler for Teller {
    async fn handle(&self, _request: Request) -> Response {
        let (response, sender) = Response::stream("text/event-stream");
        let (price, prng) = (Arc::clone(&self.price), Arc::clone(&self.prng));
        let still = Arc::clone(&self.still);
        drop(task::spawn(async move {
            loop {
                if !still.load(Ordering::Relaxed) {
                    walk(&price, &prng);
                }
                let now = price.load(Ordering::Relaxed);
                let said = format!(
                    "event: price\ndata: {{\"symbol\":\"BTC/USD\",\"status\":\"live\",\"market\":\"{0}.{1}\",\
                     \"fundamental\":null,\"liquidation\":\"{0}.{1}\",\"confidence\":\"1\",\"as_of\":0,\"age_ms\":0,\
                     \"clusters\":null}}\n\n",
                    now / 10,
                    now % 10
                );
                if sender.send(Bytes::from(said)).await.is_err() {
                    return;
                }
                clock::sleep(EVERY).await;
            }
        }));
        response
    }
}

/// A step by up to a thousandth, or a jump by five to fifteen per cent, back to where it began rather than away.
fn walk(price: &AtomicU64, prng: &Mutex<Prng>) {
    let mut prng = prng.lock().unwrap_or_else(PoisonError::into_inner);
    let now = price.load(Ordering::Relaxed);
    let per_mille = if prng.below(JUMPS) == 0 { 50 + prng.below(100) } else { prng.below(2) };
    let up = if now.abs_diff(BEGINS) > BEGINS / 5 { now < BEGINS } else { prng.below(2) == 0 };
    let step = now / 1_000 * per_mille;
    price.store(if up { now + step } else { now - step }, Ordering::Relaxed);
}
