//! An oracle that says what it is told to: the stream that a venue follows, and nothing else.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::http;

/// How often each price is said again. A venue takes one that is older than some seconds for held.
const EVERY: Duration = Duration::from_millis(200);

/// Prices by feed, and how often they were set.
#[derive(Debug, Default)]
struct Said {
    prices: BTreeMap<String, String>,
    version: u64,
}

#[derive(Debug, Default)]
struct Shared {
    said: Mutex<Said>,
    changed: Condvar,
}

/// An oracle on a port of its own. Its threads end with the process, or when their clients leave.
#[derive(Clone, Debug)]
pub struct Oracle {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Oracle {
    /// Says these prices, each by its feed.
    ///
    /// # Panics
    /// Where the system gives no port.
    #[must_use]
    pub fn start(prices: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("the system must give a port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let oracle = Self { address, shared: Arc::default() };
        for (feed, price) in prices {
            oracle.set(feed, price);
        }
        let shared = Arc::clone(&oracle.shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                // A client that leaves ends its stream; that is no failure.
                thread::spawn(move || drop(tell(&shared, stream)));
            }
        });
        oracle
    }

    /// Says another price from now on, to all who listen at once.
    pub fn set(&self, feed: &str, price: &str) {
        let mut said = self.shared.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.prices.insert(feed.to_owned(), price.to_owned());
        said.version += 1;
        drop(said);
        self.shared.changed.notify_all();
    }

    /// Where it is.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

fn tell(shared: &Shared, mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let _request = http::read_message(&mut BufReader::new(stream.try_clone()?))?;
    stream.write_all(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
    )?;
    let mut seen = 0;
    loop {
        let said = shared.said.lock().unwrap_or_else(PoisonError::into_inner);
        let (said, _) = shared
            .changed
            .wait_timeout_while(said, EVERY, |said| said.version == seen)
            .unwrap_or_else(PoisonError::into_inner);
        seen = said.version;
        let events: String = said.prices.iter().map(|(feed, price)| event(feed, price)).collect();
        drop(said);
        write!(stream, "{:x}\r\n{events}\r\n", events.len())?;
    }
}

fn event(feed: &str, price: &str) -> String {
    format!(
        "event: price\ndata: {{\"symbol\":\"{feed}\",\"status\":\"live\",\"market\":\"{price}\",\"fundamental\":null,\
         \"liquidation\":\"{price}\",\"confidence\":\"1\",\"as_of\":0,\"age_ms\":0,\"clusters\":null}}\n\n"
    )
}
