//! What became of the load, as numbers and as a table.

use std::fmt;
use std::time::Duration;

/// How many lost or wrong answers are told in full, for each phase.
const TOLD_MAX: usize = 6;

/// What became of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A true answer.
    Ok,
    /// A JSON-RPC error.
    Error(String),
    /// An HTTP status other than 200.
    Status(String),
    /// No whole answer, or one that is not JSON.
    Lost(String),
    /// An answer that is not true.
    Wrong(String),
}

/// One request of the load.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Which phase it was due in.
    pub phase: usize,
    /// What was asked.
    pub kind: String,
    /// From the moment it was due, not from when it could be sent.
    pub latency: Duration,
    /// What became of it.
    pub outcome: Outcome,
    /// What the response headers say of the way it took.
    pub trail: String,
}

/// The counts of one phase.
#[derive(Clone, Debug, Default)]
pub struct Phase {
    /// What happened in it.
    pub label: String,
    /// Requests that were due.
    pub sent: usize,
    /// True answers.
    pub ok: usize,
    /// JSON-RPC errors.
    pub errors: usize,
    /// HTTP errors.
    pub statuses: usize,
    /// No answers.
    pub lost: usize,
    /// Wrong answers.
    pub wrong: usize,
    /// Latencies, sorted.
    latencies: Vec<Duration>,
    /// The first failures in words.
    told: Vec<String>,
}

impl Phase {
    /// The latency that so many of a thousand requests stay below; zero where there are none.
    #[must_use]
    pub fn latency(&self, per_mille: usize) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        let at = (self.latencies.len() * per_mille / 1000).min(last);
        self.latencies.get(at).copied().unwrap_or_default()
    }

    /// Requests without a true answer.
    #[must_use]
    pub const fn failed(&self) -> usize {
        self.sent - self.ok
    }
}

/// The counts of all phases.
#[derive(Clone, Debug)]
pub struct Report {
    /// The phases in order.
    pub phases: Vec<Phase>,
}

impl Report {
    pub(super) fn new(labels: &[String], samples: &[Sample]) -> Self {
        let mut phases: Vec<Phase> =
            labels.iter().map(|label| Phase { label: label.clone(), ..Phase::default() }).collect();
        for sample in samples {
            if let Some(phase) = phases.get_mut(sample.phase) {
                add(phase, sample);
            }
        }
        for phase in &mut phases {
            phase.latencies.sort_unstable();
        }
        Self { phases }
    }

    /// All phases as one.
    #[must_use]
    pub fn total(&self) -> Phase {
        let mut total = Phase { label: "in all".to_owned(), ..Phase::default() };
        for phase in &self.phases {
            total.sent += phase.sent;
            total.ok += phase.ok;
            total.errors += phase.errors;
            total.statuses += phase.statuses;
            total.lost += phase.lost;
            total.wrong += phase.wrong;
            total.latencies.extend(&phase.latencies);
        }
        total.latencies.sort_unstable();
        total
    }

    /// Checks that every request got a true answer, and 99 of 100 within `p99`.
    ///
    /// # Panics
    /// Where one did not. Print the report first: it says which, and why.
    pub fn assert_clean(&self, p99: Duration) {
        let total = self.total();
        assert!(total.sent > 0, "no load was sent");
        assert_eq!(total.failed(), 0, "requests without a true answer");
        assert!(total.latency(990) < p99, "p99 is {:?}", total.latency(990));
    }
}

fn add(phase: &mut Phase, sample: &Sample) {
    phase.sent += 1;
    phase.latencies.push(sample.latency);
    let (count, why) = match &sample.outcome {
        Outcome::Ok => {
            phase.ok += 1;
            return;
        }
        Outcome::Error(why) => (&mut phase.errors, why),
        Outcome::Status(why) => (&mut phase.statuses, why),
        Outcome::Lost(why) => (&mut phase.lost, why),
        Outcome::Wrong(why) => (&mut phase.wrong, why),
    };
    *count += 1;
    if phase.told.len() < TOLD_MAX {
        phase
            .told
            .push(format!("{} after {:?}: {why} [{}]", sample.kind, sample.latency, sample.trail));
    }
}

fn milliseconds(latency: Duration) -> String {
    format!("{:.1}", latency.as_secs_f64() * 1e3)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<40} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>9} {:>9} {:>9} {:>9}",
            "phase",
            "sent",
            "ok",
            "error",
            "http",
            "lost",
            "wrong",
            "p50 ms",
            "p99 ms",
            "p99.9 ms",
            "max ms"
        )?;
        for phase in self.phases.iter().chain(std::iter::once(&self.total())) {
            writeln!(
                f,
                "{:<40} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>9} {:>9} {:>9} {:>9}",
                phase.label,
                phase.sent,
                phase.ok,
                phase.errors,
                phase.statuses,
                phase.lost,
                phase.wrong,
                milliseconds(phase.latency(500)),
                milliseconds(phase.latency(990)),
                milliseconds(phase.latency(999)),
                milliseconds(phase.latency(1000)),
            )?;
            for line in &phase.told {
                writeln!(f, "    {line}")?;
            }
        }
        Ok(())
    }
}
