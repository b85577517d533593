//! What a run has shown, and whether it held to its thresholds.

use serde_json::{Value, json};
use units::Span;

use super::figures::Figures;
use super::threshold::Threshold;
use crate::watch::Watched;

/// The version of the JSON: it grows where a field changes its meaning or goes.
const VERSION: u32 = 1;

/// A step.
#[derive(Clone, Debug)]
pub struct StepReport {
    /// In times of the base rate.
    pub times: u32,
    /// How often it was run: more than once where the load did not keep its own schedule before.
    pub tries: u32,
    /// How long requests were due.
    pub lasted: Span,
    /// What was counted.
    pub figures: Figures,
    /// How the load kept to its schedule.
    pub watched: Watched,
    /// Why it says nothing of the target, where it does not.
    pub void: Option<String>,
    /// Whether the run was broken off in it.
    pub is_broken_off: bool,
}

impl StepReport {
    /// Whether it is held against the thresholds.
    #[must_use]
    pub const fn is_judged(&self) -> bool {
        self.void.is_none() && !self.is_broken_off
    }
}

/// How a run came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// All steps were run.
    Whole,
    /// Higher steps were left out, for a reason.
    Stopped(String),
    /// The load did not keep up at a step, for a reason.
    Void(u32, String),
    /// Somebody broke it off.
    BrokenOff,
}

/// What a threshold has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It held wherever it counts; what was measured at the highest of these steps.
    Held {
        /// That, in words, with the step.
        last: String,
    },
    /// It was crossed at these steps, with what was measured there.
    Crossed(Vec<(u32, String)>),
    /// No step that it counts at was run.
    NotReached,
}

/// A threshold and what it has come to.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Which.
    pub threshold: Threshold,
    /// What.
    pub state: State,
}

/// What a run comes to as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// All thresholds held.
    Held,
    /// One was crossed.
    Crossed,
    /// The load did not keep up, so that nothing can be said.
    Void,
    /// It was broken off before one was crossed.
    BrokenOff,
}

impl Judgement {
    /// A word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Crossed => "crossed",
            Self::Void => "void",
            Self::BrokenOff => "broken off",
        }
    }
}

/// What a run has shown.
#[derive(Clone, Debug)]
pub struct CapacityReport {
    /// What drew times and calls.
    pub seed: u64,
    /// Requests a second at one time.
    pub rate: u32,
    /// The steps that were run.
    pub steps: Vec<StepReport>,
    /// The thresholds.
    pub verdicts: Vec<Verdict>,
    /// The highest step up to which every threshold held, in times of the base rate. Each is looked at at every step, its
    /// mark left aside.
    pub capacity: Option<u32>,
    /// How it ended.
    pub end: End,
}

impl CapacityReport {
    /// Holds the steps against the thresholds.
    #[must_use]
    pub(crate) fn new(
        (seed, rate): (u64, u32),
        thresholds: &[Threshold],
        steps: Vec<StepReport>,
        end: End,
    ) -> Self {
        let judge = |threshold: &Threshold| Verdict {
            threshold: threshold.clone(),
            state: state(threshold, &steps),
        };
        let verdicts = thresholds.iter().map(judge).collect();
        let holds = |step: &&StepReport| {
            step.is_judged() && thresholds.iter().all(|it| it.holds(&step.figures))
        };
        let capacity = steps.iter().take_while(holds).last().map(|step| step.times);
        Self { seed, rate, steps, verdicts, capacity, end }
    }

    /// What it comes to. A crossing counts also where the run was not whole.
    #[must_use]
    pub fn judgement(&self) -> Judgement {
        let any = |is: fn(&State) -> bool| self.verdicts.iter().any(|it| is(&it.state));
        let crossed = any(|state| matches!(state, State::Crossed(_)));
        let not_reached = any(|state| matches!(state, State::NotReached));
        match &self.end {
            _ if crossed => Judgement::Crossed,
            End::Void(..) => Judgement::Void,
            End::BrokenOff => Judgement::BrokenOff,
            // What stands no lower step stands no higher one.
            End::Stopped(_) if not_reached => Judgement::Crossed,
            End::Whole | End::Stopped(_) => Judgement::Held,
        }
    }

    /// All of it as JSON, without the target.
    #[must_use]
    pub fn json(&self) -> Value {
        let verdict = |verdict: &Verdict| {
            let (word, crossed) = match &verdict.state {
                State::Held { .. } => ("held", Vec::new()),
                State::Crossed(at) => {
                    let at = at.iter().map(|(times, it)| json!({"times": times, "measured": it}));
                    ("crossed", at.collect())
                }
                State::NotReached => ("not reached", Vec::new()),
            };
            json!({"threshold": verdict.threshold.to_string(), "state": word, "crossed_at": crossed})
        };
        let end = match &self.end {
            End::Whole => json!({"how": "whole"}),
            End::Stopped(why) => json!({"how": "stopped", "why": why}),
            End::Void(times, why) => json!({"how": "void", "why": why, "times": times}),
            End::BrokenOff => json!({"how": "broken off"}),
        };
        json!({
            "version": VERSION, "seed": self.seed, "rate": self.rate,
            "steps": self.steps.iter().map(StepReport::json).collect::<Vec<_>>(),
            "thresholds": self.verdicts.iter().map(verdict).collect::<Vec<_>>(),
            "capacity": self.capacity.map(|times| json!({
                "times": times, "per_second": self.rate.saturating_mul(times),
            })),
            "end": end, "judgement": self.judgement().word(),
        })
    }
}

impl StepReport {
    fn json(&self) -> Value {
        let figures = &self.figures;
        let millis = |span: Span| span.as_micros() as f64 / 1e3;
        let took = |quantile| figures.latency(quantile).map(millis);
        let faults = figures.faults.iter();
        let faults =
            faults.map(|(fault, count)| json!({"fault": fault.to_string(), "count": count}));
        json!({
            "times": self.times, "tries": self.tries, "seconds": millis(self.lasted) / 1e3,
            "offered": figures.offered, "unsent": figures.unsent, "sent": figures.sent,
            "answered": figures.answered, "answered_by_end": figures.answered_by_end,
            "good": figures.good, "late": figures.late, "shed": figures.shed,
            "failed": figures.failed(), "faults": faults.collect::<Vec<_>>(),
            "latency_ms": {"p50": took(0.5), "p95": took(0.95), "p99": took(0.99), "p99.9": took(0.999), "max": took(1.0)},
            "load": {
                "void": self.void, "busy_percent": self.watched.busy_percent(),
                "lag_p99_ms": millis(self.watched.lag_p99), "lag_max_ms": millis(self.watched.lag_max),
            },
            "broken_off": self.is_broken_off,
        })
    }
}

fn state(threshold: &Threshold, steps: &[StepReport]) -> State {
    let counted: Vec<&StepReport> =
        steps.iter().filter(|step| step.is_judged() && threshold.counts_at(step.times)).collect();
    let crossed: Vec<(u32, String)> = counted
        .iter()
        .filter(|step| !threshold.holds(&step.figures))
        .map(|step| (step.times, threshold.shown(&step.figures)))
        .collect();
    match counted.last() {
        None => State::NotReached,
        Some(_) if !crossed.is_empty() => State::Crossed(crossed),
        Some(last) => {
            State::Held { last: format!("{} at {}x", threshold.shown(&last.figures), last.times) }
        }
    }
}

#[cfg(test)]
mod tests {
    use units::Timestamp;

    use super::super::answer::Came;
    use super::*;

    /// A step all of whose ten answers took so long.
    fn step(times: u32, millis: u64) -> StepReport {
        let due = Timestamp::ZERO.after(Span::from_secs(100));
        let mut figures = Figures::new(Span::from_secs(1), due.after(Span::from_secs(1)));
        for _ in 0..10 {
            figures.offer();
            figures.send();
            figures.end(due, due.after(Span::from_millis(millis)), Came::Good);
        }
        let watched = Watched {
            ran: Span::from_secs(1),
            used: None,
            waited: None,
            lag_p99: Span::ZERO,
            lag_max: Span::ZERO,
        };
        let lasted = Span::from_secs(1);
        StepReport { times, tries: 1, lasted, figures, watched, void: None, is_broken_off: false }
    }

    fn report(thresholds: &[&str], steps: Vec<StepReport>, end: End) -> CapacityReport {
        let thresholds: Vec<Threshold> =
            thresholds.iter().map(|text| Threshold::read(text).unwrap()).collect();
        CapacityReport::new((1, 50), &thresholds, steps, end)
    }

    #[test]
    fn the_capacity_is_the_last_step_before_one_that_does_not_hold() {
        // A step that happens to hold above one that does not would be promised to a board.
        let steps = || vec![step(1, 5), step(2, 8), step(5, 700), step(10, 20)];
        let seen = report(&["p99<500ms"], steps(), End::Whole);
        assert_eq!(seen.capacity, Some(2));
        assert_eq!(seen.judgement(), Judgement::Crossed);
        let text = seen.verdict();
        assert!(text.contains("crossed      p99<500ms") && text.contains("ms at 5x"), "{text}");
        assert!(text.contains("capacity     2x, 100 requests a second"), "{text}");
        let none = report(&["p99<1ms"], steps(), End::Whole);
        assert_eq!(none.capacity, None);
        assert!(none.verdict().contains("below the lowest step"));
        assert_eq!(report(&["p99<1s"], steps(), End::Whole).capacity, Some(10));
    }

    #[test]
    fn a_mark_says_where_a_crossing_counts_and_the_capacity_looks_everywhere() {
        // Whoever promises ten times may look at a hundred times without being failed for it.
        let steps = || vec![step(1, 5), step(10, 8), step(100, 700)];
        let seen = report(&["p99<500ms@10x"], steps(), End::Whole);
        assert_eq!((seen.judgement(), seen.capacity), (Judgement::Held, Some(10)));
        let seen = report(&["p99<500ms@100x"], steps(), End::Whole);
        assert_eq!((seen.judgement(), seen.capacity), (Judgement::Crossed, Some(10)));
    }

    #[test]
    fn what_the_load_could_not_do_is_not_told_of_the_target() {
        // A slow load would make a good platform look bad, or pass one that was never asked.
        let void = StepReport { void: Some("busy".to_owned()), ..step(10, 9_000) };
        let end = || End::Void(10, "busy".to_owned());
        let seen = report(&["p99<500ms"], vec![step(1, 5), void.clone()], end());
        assert_eq!((seen.judgement(), seen.capacity), (Judgement::Void, Some(1)));
        let seen = report(&["p99<5ms"], vec![step(1, 50), void], end());
        assert_eq!(seen.judgement(), Judgement::Crossed, "a crossing before it counts");
        let none = report(
            &["p99<500ms"],
            vec![StepReport { void: Some("busy".to_owned()), ..step(1, 5) }],
            end(),
        );
        assert!(none.verdict().contains("capacity     not known"), "{}", none.verdict());
        let cut = StepReport { is_broken_off: true, ..step(10, 9_000) };
        let seen = report(&["p99<500ms"], vec![step(1, 5), cut], End::BrokenOff);
        assert_eq!((seen.judgement(), seen.capacity), (Judgement::BrokenOff, Some(1)));
    }

    #[test]
    fn a_step_that_was_not_reached_since_a_lower_one_failed_is_no_pass() {
        // A platform that falls over at once would pass what is promised of ten times.
        let stopped = End::Stopped("nothing was answered".to_owned());
        let seen = report(&["p99<500ms@10x"], vec![step(1, 9_000)], stopped);
        assert_eq!(seen.judgement(), Judgement::Crossed);
        assert!(seen.verdict().contains("not reached  p99<500ms@10x"), "{}", seen.verdict());
    }

    #[test]
    fn the_json_says_what_the_table_says() {
        // What a pipeline reads must not differ from what people were shown.
        let json = report(&["p99<500ms"], vec![step(1, 5), step(2, 700)], End::Whole).json();
        assert_eq!(json["version"], 1);
        assert_eq!(json["judgement"], "crossed");
        assert_eq!(json["capacity"]["per_second"], 50);
        assert_eq!(json["thresholds"][0]["crossed_at"][0]["times"], 2);
        assert_eq!(
            (&json["steps"][0]["good"], &json["steps"][0]["offered"]),
            (&10.into(), &10.into())
        );
        let row = step(1, 5).row();
        assert!(row.contains("1x") && row.contains("100 %") && !row.contains("void"), "{row}");
    }
}
