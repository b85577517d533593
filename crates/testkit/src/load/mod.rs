//! A steady load of reads that knows the right answers.
//!
//! Requests are due at fixed times whether or not earlier ones were answered, and latency counts
//! from when a request was due: a server that stalls is not spared the requests it held up.

mod ask;
mod report;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use machine::Prng;
use serde_json::Value;

pub use ask::BEHIND_MAX;
pub use report::{Outcome, Phase, Report, Sample};

use crate::fleet::{Fleet, Ledger};
use crate::http::{Connection, Message};
use ask::{Ask, Kind};

/// A request without an answer for so long is lost.
const TIMEOUT: Duration = Duration::from_secs(20);
/// A connection that was idle for longer is not used again.
const IDLE_MAX: Duration = Duration::from_secs(2);
/// The most connections at once.
const WORKERS_MAX: usize = 3000;

/// Where the load goes, and what is true there.
#[derive(Clone, Debug)]
pub struct Target {
    /// The server under test.
    pub address: SocketAddr,
    /// The path of the chain, such as `/`.
    pub path: String,
    /// What is true.
    pub ledger: Arc<Mutex<Ledger>>,
    /// The counter contract.
    pub contract: String,
    /// How long after a reorg answers of the old branch still pass.
    pub grace: Duration,
}

impl Target {
    /// A server that stands for the nodes of `fleet`.
    #[must_use]
    pub fn new(fleet: &Fleet, address: SocketAddr) -> Self {
        let contract = fleet.contract().to_owned();
        let grace = fleet.block_time() * 3;
        Self { address, path: "/".to_owned(), ledger: fleet.ledger(), contract, grace }
    }
}

#[derive(Clone, Copy, Debug)]
struct Job {
    due: Instant,
    kind: Kind,
    phase: usize,
}

#[derive(Debug)]
struct Shared {
    target: Target,
    jobs: Mutex<VecDeque<Job>>,
    wake: Condvar,
    idle: AtomicUsize,
    stop: AtomicBool,
    samples: Mutex<Vec<Sample>>,
    labels: Mutex<Vec<String>>,
    prng: Mutex<Prng>,
    /// The highest head that any answer has shown.
    served: AtomicU64,
}

/// A running load.
#[derive(Debug)]
pub struct Load {
    shared: Arc<Shared>,
    dispatcher: Option<JoinHandle<Vec<JoinHandle<()>>>>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Load {
    /// Starts `rate` requests a second; the same seed asks the same in the same order.
    #[must_use]
    pub fn start(target: Target, rate: u32, seed: u64) -> Self {
        let served = AtomicU64::new(held(&target.ledger).settled().saturating_sub(BEHIND_MAX));
        let shared = Arc::new(Shared {
            target,
            jobs: Mutex::new(VecDeque::new()),
            wake: Condvar::new(),
            idle: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            samples: Mutex::new(Vec::new()),
            labels: Mutex::new(vec!["start".to_owned()]),
            prng: Mutex::new(Prng::new(seed)),
            served,
        });
        let dispatcher = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || dispatch(&shared, Duration::from_secs(1) / rate))
        };
        Self { shared, dispatcher: Some(dispatcher) }
    }

    /// Begins a new phase: requests due from now on are counted under this label.
    pub fn mark(&self, label: &str) {
        held(&self.shared.labels).push(label.to_owned());
    }

    /// How many requests had no true answer so far.
    #[must_use]
    pub fn failed(&self) -> usize {
        held(&self.shared.samples).iter().filter(|sample| sample.outcome != Outcome::Ok).count()
    }

    /// Stops, waits for the answers that are still due, and counts.
    ///
    /// # Panics
    /// Where a thread of the load panicked.
    #[must_use]
    pub fn finish(mut self) -> Report {
        self.end();
        let (labels, samples) = (held(&self.shared.labels), held(&self.shared.samples));
        Report::new(&labels, &samples)
    }

    fn end(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        let Some(dispatcher) = self.dispatcher.take() else { return };
        let workers = dispatcher.join().expect("invariant: the dispatcher does not panic");
        for worker in workers {
            worker.join().expect("invariant: a worker does not panic");
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.end();
    }
}

/// Puts jobs up at their times; starts another worker whenever none is free.
fn dispatch(shared: &Arc<Shared>, every: Duration) -> Vec<JoinHandle<()>> {
    let mut workers = Vec::new();
    let mut due = Instant::now();
    while !shared.stop.load(Ordering::SeqCst) {
        let now = Instant::now();
        if now < due {
            thread::sleep(due - now);
            continue;
        }
        let kind = ask::pick(&mut held(&shared.prng));
        let phase = held(&shared.labels).len() - 1;
        let mut jobs = held(&shared.jobs);
        jobs.push_back(Job { due, kind, phase });
        let is_short = jobs.len() > shared.idle.load(Ordering::SeqCst);
        drop(jobs);
        if is_short && workers.len() < WORKERS_MAX {
            let shared = Arc::clone(shared);
            workers.push(thread::spawn(move || work(&shared)));
        }
        shared.wake.notify_one();
        due += every;
    }
    shared.wake.notify_all();
    workers
}

/// One connection's life: takes jobs until the load has stopped and none is left.
fn work(shared: &Shared) {
    let mut connection = None;
    while let Some(job) = next_job(shared) {
        let served = shared.served.load(Ordering::SeqCst);
        let ask = ask::make(&shared.target, job.kind, &shared.prng, served);
        let (outcome, trail) = perform(shared, &mut connection, &ask);
        let sample = Sample {
            phase: job.phase,
            kind: format!("{:?}", job.kind),
            latency: outcome.1 - job.due,
            outcome: outcome.0,
            trail,
        };
        held(&shared.samples).push(sample);
    }
}

fn next_job(shared: &Shared) -> Option<Job> {
    let mut jobs = held(&shared.jobs);
    loop {
        if let Some(job) = jobs.pop_front() {
            return Some(job);
        }
        if shared.stop.load(Ordering::SeqCst) {
            return None;
        }
        shared.idle.fetch_add(1, Ordering::SeqCst);
        let patience = Duration::from_millis(200);
        let waited = shared.wake.wait_timeout(jobs, patience);
        jobs = waited.unwrap_or_else(PoisonError::into_inner).0;
        shared.idle.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Sends a request and judges its answer; gives the time at which the answer was there.
fn perform(
    shared: &Shared,
    connection: &mut Option<Kept>,
    ask: &Ask,
) -> ((Outcome, Instant), String) {
    let response = exchange(shared, connection, ask);
    let arrived = Instant::now();
    let response = match response {
        Ok(response) => response,
        Err(error) => return ((Outcome::Lost(error.to_string()), arrived), String::new()),
    };
    let trail: Vec<String> = response
        .headers
        .iter()
        .filter(|(name, _)| name.starts_with("x-"))
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    ((read(shared, ask, &response), arrived), trail.join(", "))
}

/// A connection, and when it was last of use.
#[derive(Debug)]
struct Kept {
    connection: Connection,
    used: Instant,
}

fn exchange(shared: &Shared, connection: &mut Option<Kept>, ask: &Ask) -> std::io::Result<Message> {
    let mut open = match connection.take() {
        // A server may close an idle connection at any time; like other clients, do not trust it.
        Some(kept) if kept.used.elapsed() < IDLE_MAX => kept.connection,
        _ => Connection::open(shared.target.address, TIMEOUT)?,
    };
    let response = open.post_json(&shared.target.path, ask.body.as_bytes())?;
    if response.header("connection") != Some("close") {
        *connection = Some(Kept { connection: open, used: Instant::now() });
    }
    Ok(response)
}

fn read(shared: &Shared, ask: &Ask, response: &Message) -> Outcome {
    if response.status() != 200 {
        return Outcome::Status(format!("{}: {}", response.start, response.text()));
    }
    let answer: Value = match serde_json::from_slice(&response.body) {
        Ok(answer) => answer,
        Err(error) => return Outcome::Lost(format!("{error}: {}", response.text())),
    };
    let items = answer.as_array().map_or(std::slice::from_ref(&answer), Vec::as_slice);
    if let Some(failed) = items.iter().find(|item| item.get("error").is_some()) {
        return Outcome::Error(failed["error"].to_string());
    }
    match ask::judge(&shared.target, ask, &answer) {
        Ok(shown) => {
            note_shown(shared, shown);
            Outcome::Ok
        }
        Err(why) => Outcome::Wrong(why),
    }
}

/// Remembers the highest head that was shown; a reorg to a lower one cannot happen here, since the
/// network's new branch is always longer.
fn note_shown(shared: &Shared, shown: Option<u64>) {
    if let Some(number) = shown {
        shared.served.fetch_max(number, Ordering::SeqCst);
    }
}
