//! What a capacity test is made of.

use runtime::client::Endpoint;
use units::Span;

use super::limits::Limits;
use super::mix::{Mix, Surface};
use super::threshold::Threshold;
use crate::holder::Holder;

/// A capacity test: steps of load, each so many times a base rate.
#[derive(Clone, Debug)]
pub struct Capacity {
    /// Draws the times and the calls.
    pub seed: u64,
    /// What is asked.
    pub endpoint: Endpoint,
    /// As what.
    pub surface: Surface,
    /// In whose name orders are sent.
    pub account: Option<Holder>,
    /// What is asked for.
    pub mix: Mix,
    /// Requests in a second at one time.
    pub rate: u32,
    /// The steps, in times of that, from low to high.
    pub steps: Vec<u32>,
    /// How long each lasts.
    pub step_lasts: Span,
    /// How long an answer is waited for.
    pub patience: Span,
    /// Within how long of when it was due an answer is of use.
    pub in_time: Span,
    /// The most requests under way at once, and so the most connections.
    pub under_way: usize,
    /// Addresses of this machine that the requests come from, in turn; 1 is the system's choice.
    pub clients: usize,
    /// What each step has to hold to.
    pub thresholds: Vec<Threshold>,
    /// How much may be asked of its target.
    pub limits: Limits,
    /// Of that, the most requests in a second that are sent there.
    pub most: u32,
}

/// The most steps: more make no table.
const STEPS_MAX: usize = 32;

/// So many times is the shortest latency that counts longer than what the load itself may add to it.
const LAG_PARTS: u64 = 10;

impl Capacity {
    /// How far the load may be behind its own schedule, with one request in a hundred, before a step says nothing: a tenth
    /// of the shortest latency that counts. A lag of 20 ms never makes a step void, however short that is.
    #[must_use]
    pub(crate) fn lag_max(&self) -> Span {
        let limits = self.thresholds.iter().filter_map(Threshold::latency_limit);
        limits.fold(self.in_time, Span::min).divided_by(LAG_PARTS)
    }

    /// How long after the first call of a look the next ones are due at the earliest, in turn: no sooner than the most
    /// that are sent there allows.
    pub(crate) fn looks(&self) -> impl Iterator<Item = Span> + use<> {
        let most = u64::from(self.most.max(1));
        (0_u64..).map(move |nth| Span::from_secs(nth).divided_by(most))
    }

    /// Whether a step may be run once more, with `run` of them over and `left` to come after it: only while all of it
    /// lasts no longer than a whole run may.
    pub(crate) fn has_time_to_repeat(&self, run: u64, left: u64) -> bool {
        let steps = run.saturating_add(1).saturating_add(left);
        self.step_lasts.times(steps) <= self.limits.lasts
    }

    /// Whether it stays within what may be asked of its target.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub fn check(&self) -> Result<(), String> {
        let (limits, per_second) = (&self.limits, self.most);
        if per_second == 0 || per_second > limits.per_second_max {
            return Err(format!("--most is from 1 to {} there", limits.per_second_max));
        }
        let ascending = self.steps.is_sorted_by(|one, next| one < next);
        if self.steps.is_empty()
            || self.steps.len() > STEPS_MAX
            || !ascending
            || self.steps.contains(&0)
        {
            return Err(format!(
                "--steps are up to {STEPS_MAX} whole numbers from low to high, such as 1,2,5,10"
            ));
        }
        if self.rate == 0 {
            return Err("--rate is at least 1".to_owned());
        }
        let asked = |times: &u32| u64::from(self.rate).saturating_mul(u64::from(*times));
        if let Some(times) = self.steps.iter().find(|times| asked(times) > u64::from(per_second)) {
            return Err(format!(
                "{times} times {} requests a second are more than the {per_second} that are sent there at most: take \
                 fewer --steps, a lower --rate, or say that it stands more with --most",
                self.rate
            ));
        }
        let steps = u64::try_from(self.steps.len()).unwrap_or(u64::MAX);
        if self.step_lasts == Span::ZERO {
            return Err("--step-seconds is at least 1".to_owned());
        }
        if self.step_lasts.times(steps) > limits.lasts {
            return Err(format!(
                "{steps} steps of {} last longer than the {} of a whole run",
                self.step_lasts, limits.lasts
            ));
        }
        if self.under_way == 0 || self.under_way > limits.under_way {
            return Err(format!("--connections are from 1 to {} there", limits.under_way));
        }
        if self.mix.is_signed() && self.account.is_none() {
            return Err("calls that are signed need a key, which they have none of".to_owned());
        }
        let unknown = self.thresholds.iter().find_map(|threshold| {
            let at = threshold.at().filter(|at| !self.steps.contains(at))?;
            Some(format!("threshold {threshold}: there is no step of {at}x"))
        });
        unknown.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Capacity {
        Capacity {
            seed: 1,
            endpoint: Endpoint::parse("http://127.0.0.1:1").unwrap(),
            surface: Surface::Gateway,
            account: None,
            mix: Mix::wallets(),
            rate: 50,
            steps: vec![1, 10, 100],
            step_lasts: Span::from_secs(10),
            patience: Span::from_secs(10),
            in_time: Span::from_secs(1),
            under_way: 100,
            clients: 1,
            thresholds: vec![Threshold::read("p99<1s@10x").unwrap()],
            limits: Limits::HERE,
            most: Limits::HERE.per_second,
        }
    }

    #[test]
    fn a_lag_counts_by_what_is_measured() {
        // A load that lags by a tenth of a second fails nobody who promises ten seconds, and everybody who promises one.
        let lag_max = |texts: &[&str], in_time| {
            let thresholds = texts.iter().map(|text| Threshold::read(text).unwrap()).collect();
            Capacity { thresholds, in_time: Span::from_secs(in_time), ..plan() }.lag_max()
        };
        assert_eq!(lag_max(&["p99<500ms", "p50<200ms", "failed<1%"], 1), Span::from_millis(20));
        assert_eq!(lag_max(&["failed<1%"], 30), Span::from_secs(3));
    }

    #[test]
    fn steps_that_are_run_again_do_not_make_a_run_longer_than_it_may_be() {
        // Another's host would be loaded for twice as long as is promised of it.
        let three = Capacity { limits: Limits::ELSEWHERE, ..plan() };
        let of = |seconds| Capacity { step_lasts: Span::from_secs(seconds), ..three.clone() };
        // The first of three is over, and two are left: a quarter of an hour has room for four of 225 s.
        assert!(of(225).has_time_to_repeat(1, 2));
        assert!(!of(226).has_time_to_repeat(1, 2));
        // It was run again, and the second one is void, too.
        assert!(!of(225).has_time_to_repeat(3, 1));
        assert!(of(180).has_time_to_repeat(3, 1));
    }

    #[test]
    fn a_look_at_each_call_comes_no_faster_than_the_most_that_is_sent() {
        // A thousand calls would be a load of their own, before the first step and whatever was said of it.
        let due: Vec<Span> = Capacity { most: 200, ..plan() }.looks().take(1_000).collect();
        assert_eq!(due[..3], [0, 5, 10].map(Span::from_millis));
        assert_eq!(due.last(), Some(&Span::from_millis(4_995)));
    }

    #[test]
    fn no_more_is_asked_than_may_be() {
        // A figure too many in a rate would take down what was only to be looked at.
        let (local, named) = (Limits::HERE, Limits::ELSEWHERE);
        let check = |plan: Capacity, limits: &Limits, most, expect: &str| {
            let checked = Capacity { limits: *limits, most, ..plan }.check();
            match checked {
                Ok(()) => assert_eq!(expect, ""),
                Err(why) => assert!(!expect.is_empty() && why.contains(expect), "{why}"),
            }
        };
        check(plan(), &local, local.per_second, "");
        check(plan(), &named, named.per_second, "10 times 50 requests");
        check(plan(), &named, 5_000, "");
        check(plan(), &named, 1_000_000, "--most is from 1 to");
        check(plan(), &named, 0, "--most");
        check(Capacity { steps: vec![2, 2], ..plan() }, &local, 20_000, "low to high");
        check(Capacity { steps: vec![0, 2], ..plan() }, &local, 20_000, "low to high");
        check(Capacity { steps: vec![], ..plan() }, &local, 20_000, "--steps");
        check(Capacity { steps: vec![1, 100], ..plan() }, &local, 20_000, "no step of 10x");
        check(Capacity { rate: 0, ..plan() }, &local, 20_000, "--rate");
        check(Capacity { rate: u32::MAX, ..plan() }, &local, 20_000, "4294967295");
        check(Capacity { step_lasts: Span::from_secs(600), ..plan() }, &named, 5_000, "longer");
        check(Capacity { step_lasts: Span::ZERO, ..plan() }, &local, 20_000, "at least 1");
        check(Capacity { under_way: 2_001, ..plan() }, &local, 20_000, "--connections");
        check(Capacity { mix: Mix::with_orders(), ..plan() }, &local, 20_000, "a key");
    }
}
