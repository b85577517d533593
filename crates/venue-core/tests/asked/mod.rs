//! What whoever runs a simulation asks for, and the worlds that are run for it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// A number in the environment, such as `SEAWALL_SEEDS`.
#[expect(clippy::disallowed_methods, reason = "which worlds are run is the caller's choice")]
pub(crate) fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// What a thread says of a world.
enum Word<T> {
    Begun(u64),
    Done(u64, Result<T, String>),
}

/// What two threads share: the next seed, and the lowest that failed.
struct Shared {
    next: AtomicU64,
    failed: AtomicU64,
}

/// Runs so many worlds on two threads, by their seeds; what came of each. Of those that fail it says the lowest.
///
/// Where `SEAWALL_PATIENCE` is asked for, a world that takes more seconds than that ends all of it: a fault can make the
/// engine go round for ever.
pub(crate) fn run_worlds<T: Send>(
    many: u64,
    run: fn(u64) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let shared = Shared { next: AtomicU64::new(0), failed: AtomicU64::new(u64::MAX) };
    let mut done = BTreeMap::new();
    let mut failed = BTreeMap::new();
    thread::scope(|scope| {
        let (says, hears) = channel();
        for _ in 0..2 {
            let (shared, says) = (&shared, says.clone());
            scope.spawn(move || work(shared, many, run, &says));
        }
        drop(says);
        let mut begun = BTreeSet::new();
        while let Some(word) = next_word(&hears, &begun) {
            match word {
                Word::Begun(seed) => drop(begun.insert(seed)),
                Word::Done(seed, result) => {
                    begun.remove(&seed);
                    match result {
                        Ok(result) => drop(done.insert(seed, result)),
                        Err(told) => drop(failed.insert(seed, told)),
                    }
                }
            }
        }
    });
    match failed.pop_first() {
        Some((_, told)) => Err(told),
        None => Ok(done.into_values().collect()),
    }
}

fn next_word<T>(hears: &Receiver<Word<T>>, begun: &BTreeSet<u64>) -> Option<Word<T>> {
    let Some(patience) = asked("SEAWALL_PATIENCE") else { return hears.recv().ok() };
    match hears.recv_timeout(Duration::from_secs(patience)) {
        Ok(word) => Some(word),
        Err(RecvTimeoutError::Disconnected) => None,
        Err(RecvTimeoutError::Timeout) => {
            let seed = begun.first().copied().unwrap_or_default();
            // Nobody can stop the thread, and what is printed would be lost with the test.
            let told = format!("\nseed {seed}: the world does not come to an end\n");
            drop(std::io::stderr().write_all(told.as_bytes()));
            std::process::abort()
        }
    }
}

fn work<T>(shared: &Shared, many: u64, run: fn(u64) -> Result<T, String>, says: &Sender<Word<T>>) {
    loop {
        let seed = shared.next.fetch_add(1, Ordering::SeqCst);
        if seed >= many || seed > shared.failed.load(Ordering::SeqCst) {
            return;
        }
        drop(says.send(Word::Begun(seed)));
        let result = catch_unwind(AssertUnwindSafe(|| run(seed)))
            .unwrap_or_else(|panic| Err(format!("seed {seed}: {}", words(panic.as_ref()))));
        if result.is_err() {
            shared.failed.fetch_min(seed, Ordering::SeqCst);
        }
        drop(says.send(Word::Done(seed, result)));
    }
}

/// What a panic said.
fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("it panicked: {}", text.unwrap_or("without a word"))
}
