//! What clients met, and the figures and curves that come of it.

use incident::{Outcome, Series};

use super::spec::Load;

/// What became of a call in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Met {
    /// A right answer.
    Answer,
    /// An answer that is wrong: a balance of zero for an account that has one.
    Wrong,
    /// None.
    Nothing,
}

/// The stretch of time that is looked at as one, in seconds: short beside a failover, long beside a call.
const STRETCH: f64 = 0.5;
/// Share of failed calls, in hundredths, above which a stretch counts as disturbed, and of failed and late ones above
/// which it is not as good as was promised.
const DISTURBED_PERCENT: u64 = 5;
/// Most stretches of a run: of two minutes and its end.
const STRETCHES_MAX: usize = 300;

/// A stretch of the run.
#[derive(Clone, Copy, Debug, Default)]
struct Stretch {
    /// Calls that were due in it, and those of them that failed.
    due: u64,
    due_failed: u64,
    /// Calls that were due in it and failed or took longer than was promised.
    due_late: u64,
    /// Calls that ended in it with an answer, a wrong one, and none.
    answered: u64,
    wrong: u64,
    failed: u64,
    /// What providers were asked in it.
    asked: u64,
}

/// All that was counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    stretches: Vec<Stretch>,
    latencies_ms: Vec<u32>,
    /// Calls that began.
    pub(super) calls: u64,
    /// Tries of clients, the first ones among them.
    pub(super) tries: u64,
    /// Sessions that began.
    pub(super) begun: u64,
    /// Sessions all of whose calls were answered, and those that ended with one that was not.
    pub(super) sessions: (u64, u64),
    /// Transactions that were due, and those that were taken.
    pub(super) transactions: (u64, u64),
    /// The oldest that the newest block known was, in seconds since there was a newer one.
    pub(super) stale: f64,
    /// How often an upstream was put out that was well.
    pub(super) good_removed: u64,
    /// Seconds with fewer than two well domains of which nothing was said.
    pub(super) blind: f64,
    /// Seconds for which the status page said something else than was so.
    pub(super) page_wrong: f64,
    /// Seconds for which upstreams were out that were well, all upstreams together.
    pub(super) good_out: f64,
}

impl Tally {
    fn at(&mut self, seconds: f64) -> Option<&mut Stretch> {
        let nth = (seconds.max(0.0) / STRETCH) as usize;
        if nth >= self.stretches.len() && nth < STRETCHES_MAX {
            self.stretches.resize(nth + 1, Stretch::default());
        }
        self.stretches.get_mut(nth)
    }

    /// A call was due.
    pub(super) fn due(&mut self, due: f64) {
        self.calls += 1;
        self.at(due).into_iter().for_each(|it| it.due += 1);
    }

    /// A call that was due at a time has come to an end. An answer that is too late is none; what it counts as is given.
    pub(super) fn end(&mut self, (due, now): (f64, f64), met: Met, load: &Load) -> Met {
        let took_ms = (now - due) * 1_000.0;
        let met = if took_ms > load.in_time_ms as f64 { Met::Nothing } else { met };
        let failed = met == Met::Nothing;
        let late = failed || took_ms > load.objective_ms as f64;
        if let Some(stretch) = self.at(due) {
            stretch.due_failed += u64::from(failed);
            stretch.due_late += u64::from(late);
        }
        if !failed {
            self.latencies_ms.push(took_ms.max(0.0) as u32);
        }
        if let Some(stretch) = self.at(now) {
            match met {
                Met::Answer => stretch.answered += 1,
                Met::Wrong => stretch.wrong += 1,
                Met::Nothing => stretch.failed += 1,
            }
        }
        met
    }

    /// Providers were asked so often.
    pub(super) fn asked(&mut self, seconds: f64, count: u64) {
        self.at(seconds).into_iter().for_each(|it| it.asked += count);
    }

    /// The figures and curves. Trouble began and ended outside at these times; calls that have not ended have failed.
    pub(super) fn outcome(mut self, (begins, ends): (f64, f64), lasts: f64) -> Outcome {
        let sum = |of: fn(&Stretch) -> u64| self.stretches.iter().map(of).sum::<u64>() as f64;
        let (answered, wrong, asked) =
            (sum(|it| it.answered), sum(|it| it.wrong), sum(|it| it.asked));
        let calls = self.calls as f64;
        let failed = (calls - answered - wrong).max(0.0);
        let mut outcome = Outcome::default();
        outcome.figure("calls", calls);
        outcome.figure("answered", answered);
        outcome.figure("failed", failed);
        outcome.figure("failed_percent", 100.0 * failed / calls);
        outcome.figure("wrong_answers", wrong);
        outcome.figure("failed_or_wrong", failed + wrong);
        outcome.figure("sessions_completed", self.sessions.0 as f64);
        outcome.figure("sessions_lost", self.sessions.1 as f64);
        outcome.figure("sessions_unfinished", self.begun.saturating_sub(self.sessions.0) as f64);
        outcome.figure("upstream_calls", asked);
        outcome.figure("upstream_calls_per_call", asked / calls);
        outcome.figure("tries_per_call", self.tries as f64 / calls);
        outcome.figure("blind_seconds", self.blind);
        outcome.figure("page_wrong_seconds", self.page_wrong);
        outcome.figure("good_out_seconds", self.good_out);
        outcome.figure("good_removed", self.good_removed as f64);
        outcome.figure("stale_seconds", self.stale);
        let (sent, taken) = self.transactions;
        let lost = sent.saturating_sub(taken) as f64;
        outcome.figure("transactions", sent as f64);
        outcome.figure("transactions_failed", lost);
        if sent > 0 {
            outcome.figure("transactions_failed_percent", 100.0 * lost / sent as f64);
        }
        outcome.figure("reads_failed", (failed - lost).max(0.0));
        let whole = (lasts / STRETCH) as usize;
        self.stretches.resize(whole.max(1), Stretch::default());
        let disturbed: Vec<bool> = self.stretches.iter().map(Stretch::is_disturbed).collect();
        let above = self.stretches.iter().filter(|it| it.is_above_objective()).count();
        outcome.figure("above_objective_seconds", above as f64 * STRETCH);
        outcome.figure("failover_seconds", first_ends(&disturbed, begins));
        outcome.figure("recovery_seconds", last_ends(&disturbed, ends));
        self.latencies_ms.sort_unstable();
        for (id, hundredth) in [("p50_ms", 50), ("p99_ms", 99)] {
            let nth = self.latencies_ms.len() * hundredth / 100;
            outcome.figure(id, self.latencies_ms.get(nth).map_or(f64::NAN, |it| f64::from(*it)));
        }
        self.draw(&mut outcome);
        outcome
    }

    fn draw(&self, outcome: &mut Outcome) {
        let mut curve = |id: &str, name: &str, of: fn(&Stretch) -> u64| {
            let point =
                |(nth, it): (usize, &Stretch)| (nth as f64 * STRETCH, of(it) as f64 / STRETCH);
            let points = self.stretches.iter().enumerate().map(point).collect();
            outcome.curve(Series::new(id, name, "a second", points));
        };
        curve("due", "calls due", |it| it.due);
        curve("answered", "calls answered", |it| it.answered);
        curve("failed", "calls that failed", |it| it.failed);
        curve("wrong", "wrong answers", |it| it.wrong);
        curve("asked", "requests to providers", |it| it.asked);
    }
}

impl Stretch {
    const fn is_disturbed(&self) -> bool {
        self.due_failed * 100 > self.due * DISTURBED_PERCENT
    }

    const fn is_above_objective(&self) -> bool {
        self.due_late * 100 > self.due * DISTURBED_PERCENT
    }
}

/// From a time on, when the first disturbance after it was over, in seconds since then; zero where there was none.
fn first_ends(disturbed: &[bool], from: f64) -> f64 {
    let from = (from / STRETCH) as usize;
    let after = disturbed.get(from..).unwrap_or_default();
    let Some(begins) = after.iter().position(|it| *it) else { return 0.0 };
    let lasts = after.iter().skip(begins).position(|it| !*it);
    lasts.map_or(after.len(), |lasts| begins + lasts) as f64 * STRETCH
}

/// From a time on, when the last disturbance was over, in seconds since then.
fn last_ends(disturbed: &[bool], from: f64) -> f64 {
    let from = (from / STRETCH) as usize;
    let after = disturbed.get(from..).unwrap_or_default();
    after.iter().rposition(|it| *it).map_or(0.0, |nth| (nth + 1) as f64 * STRETCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load() -> Load {
        Load { in_time_ms: 1_000, objective_ms: 500, ..Load::default() }
    }

    #[test]
    fn recovery_is_when_the_last_disturbance_ends_and_failover_when_the_first_does() {
        // Else a storm that goes on for ever could look like one that was over at once.
        let mut tally = Tally::default();
        let bad = |at: f64| (2.0..4.0).contains(&at) || (6.0..6.5).contains(&at);
        for tenth in 0..100 {
            let at = f64::from(tenth) / 10.0;
            tally.due(at);
            let met = if bad(at) { Met::Nothing } else { Met::Answer };
            tally.end((at, at + 0.01), met, &load());
        }
        let outcome = tally.outcome((2.0, 3.0), 10.0);
        assert_eq!(outcome.get("failover_seconds"), Some(2.0));
        assert_eq!(outcome.get("recovery_seconds"), Some(3.5));
        assert_eq!(outcome.get("failed"), Some(25.0));
    }

    #[test]
    fn an_answer_that_comes_too_late_and_a_call_that_never_ends_have_failed() {
        // Work that nobody waits for any more is what a storm is made of.
        let mut tally = Tally::default();
        (0..3).for_each(|_| tally.due(1.0));
        assert_eq!(tally.end((1.0, 1.2), Met::Answer, &load()), Met::Answer);
        assert_eq!(tally.end((1.0, 2.5), Met::Answer, &load()), Met::Nothing);
        let outcome = tally.outcome((0.0, 0.0), 5.0);
        assert_eq!((outcome.get("answered"), outcome.get("failed")), (Some(1.0), Some(2.0)));
    }

    #[test]
    fn late_answers_count_against_the_promise_and_lost_transactions_apart_from_reads() {
        // A gateway that answers everything late would look as good as one that answers at once.
        let mut tally = Tally::default();
        for tenth in 0..20 {
            let at = f64::from(tenth) / 10.0;
            tally.due(at);
            tally.end((at, at + if tenth < 10 { 0.01 } else { 0.7 }), Met::Answer, &load());
        }
        tally.due(1.5);
        tally.transactions = (1, 0);
        tally.end((1.5, 1.9), Met::Nothing, &load());
        let outcome = tally.outcome((0.0, 0.0), 2.0);
        assert_eq!(outcome.get("above_objective_seconds"), Some(1.0));
        let failed = ["transactions_failed", "reads_failed"].map(|id| outcome.get(id));
        assert_eq!(failed, [Some(1.0), Some(0.0)]);
    }
}
