//! A storm: many clients who ask at a fixed rate, whatever becomes of what they asked before.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::http::{Connection, Message};

/// Connections at once; what is due while all of them wait is not sent, and counted as that.
const CONNECTIONS: u64 = 800;
/// A request without an answer for so long is lost.
const TIMEOUT: Duration = Duration::from_secs(20);
/// What is not sent within so long of its time is not sent at all.
const LATE: Duration = Duration::from_millis(200);

/// What became of the storm's requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StormCounts {
    /// Requests that were due.
    pub due: u64,
    /// Of these, those that all connections were too busy for.
    pub unsent: u64,
    /// Answered with a result.
    pub answered: u64,
    /// Told to come back: HTTP 429 with the time to wait.
    pub told: u64,
    /// Told that nobody is there: HTTP 503.
    pub refused: u64,
    /// Anything else.
    pub lost: u64,
}

/// A running storm.
#[derive(Debug)]
pub struct Storm {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    address: SocketAddr,
    clients: u64,
    every: Duration,
    started: Instant,
    next: AtomicU64,
    stop: AtomicBool,
    counts: Mutex<StormCounts>,
}

impl Storm {
    /// Starts `rate` reads a second from so many clients, each named in `x-forwarded-for` by an address of
    /// its own. No two reads are the same, so that each has to be asked.
    #[must_use]
    pub fn start(address: SocketAddr, rate: u32, clients: u64) -> Self {
        let shared = Arc::new(Shared {
            address,
            clients,
            every: Duration::from_secs(1) / rate,
            started: Instant::now(),
            next: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            counts: Mutex::default(),
        });
        let spawn = |_| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || shared.send())
        };
        Self { threads: (0..CONNECTIONS).map(spawn).collect(), shared }
    }

    /// What became of the requests since this was last asked.
    #[must_use]
    pub fn take_counts(&self) -> StormCounts {
        std::mem::take(&mut *self.shared.counts())
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        for thread in self.threads.drain(..) {
            assert!(thread.join().is_ok() || thread::panicking(), "a storm's thread panicked");
        }
    }
}

impl Shared {
    fn counts(&self) -> MutexGuard<'_, StormCounts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One connection's life: takes the next request that is due, again and again.
    fn send(&self) {
        let mut connection = None;
        while !self.stop.load(Ordering::SeqCst) {
            let number = self.next.fetch_add(1, Ordering::SeqCst);
            let due = self.every * u32::try_from(number).unwrap_or(u32::MAX);
            let late = self.started.elapsed().saturating_sub(due);
            self.counts().due += 1;
            if late > LATE {
                self.counts().unsent += 1;
                continue;
            }
            thread::sleep(due.saturating_sub(self.started.elapsed()));
            let answer = self.ask(&mut connection, number);
            let mut counts = self.counts();
            match answer.as_ref().map(|answer| (answer.status(), answer)) {
                Ok((200, answer)) if answer.text().contains("\"result\"") => counts.answered += 1,
                Ok((429, answer)) if answer.header("retry-after") == Some("003") => {
                    counts.told += 1;
                }
                Ok((503, _)) => counts.refused += 1,
                Ok(_) | Err(_) => counts.lost += 1,
            }
        }
    }

    fn ask(&self, kept: &mut Option<Connection>, number: u64) -> std::io::Result<Message> {
        let mut connection = match kept.take() {
            Some(connection) => connection,
            None => Connection::open(self.address, TIMEOUT)?,
        };
        let client = number % self.clients;
        let address = format!("10.9.{}.{}", client / 250, client % 250 + 1);
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["{number:#042x}","latest"]}}"#
        );
        let headers = [("content-type", "application/json"), ("x-forwarded-for", address.as_str())];
        let answer = connection.exchange("POST", "/", &headers, body.as_bytes())?;
        if answer.header("connection") != Some("close") {
            *kept = Some(connection);
        }
        Ok(answer)
    }
}
