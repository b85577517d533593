//! The verdict on a chain, in one word and one sentence.

use std::collections::BTreeMap;

use units::Timestamp;

use crate::block::BlockRef;
use crate::chain::Chain;
use crate::event::EventKind;
use crate::snapshot::{Verdict, VerdictChange};
use crate::upstream::{State, Upstream};

/// Verdicts kept with their reasons.
const HISTORY_MAX: usize = 64;

impl Chain {
    /// Whether all who answer stand at one block: then the chain has halted, and not a provider.
    #[must_use]
    pub fn is_stalled(&self) -> bool {
        self.verdict == Verdict::Stalled
    }

    /// Draws the verdict, and logs where it changed.
    pub(crate) fn judge_chain(&mut self, now: Timestamp) {
        let (verdict, reason) = self.verdict_now(now);
        if verdict != self.verdict || self.history.is_empty() {
            if verdict != self.verdict {
                let text = format!("{} to {}: {reason}", self.verdict.name(), verdict.name());
                self.log(now, None, EventKind::Verdict, text);
            }
            if self.history.len() >= HISTORY_MAX {
                self.history.pop_front();
            }
            self.history.push_back(VerdictChange { at: now, verdict, reason: reason.clone() });
        }
        self.verdict = verdict;
        self.verdict_reason = reason;
    }

    fn verdict_now(&self, now: Timestamp) -> (Verdict, String) {
        let total = self.upstreams.len();
        let reachable =
            self.upstreams.iter().any(|u| !matches!(u.state, State::Unreachable | State::Rejected));
        if !reachable {
            return (
                Verdict::Unreachable,
                format!("none of {total} upstreams gives a usable answer"),
            );
        }
        let Some(head) = self.agreed else { return self.without_head(now) };
        if let Some(verdict) = self.judge_branches() {
            return verdict;
        }
        if now.since(self.agreed_moved_at) > self.settings.stalled_after() {
            return self.judge_standstill(now, head);
        }
        if let Some(reason) = self.odd_ones_out().or_else(|| self.half_stopped(now, head)) {
            return (Verdict::Degraded, reason);
        }
        self.judge_strength()
    }

    /// The head has stood for long: either nobody has a new block, or those who have do not agree on it yet.
    fn judge_standstill(&self, now: Timestamp, head: BlockRef) -> (Verdict, String) {
        let stood = now.since(self.agreed_moved_at);
        let moves = |u: &&Upstream| {
            u.is_fresh(now, &self.settings) && !u.has_stood(now, &self.settings) && self.has_vote(u)
        };
        let moving = self.upstreams.iter().filter(moves).count();
        if moving == 0 {
            let reason = format!("no new block for {stood}: all who answer stand at {head}");
            return (Verdict::Stalled, reason);
        }
        let reason = format!(
            "{moving} upstreams have blocks after {head}, but none that most hold for {stood}"
        );
        (Verdict::Degraded, reason)
    }

    fn without_head(&self, now: Timestamp) -> (Verdict, String) {
        let total = self.upstreams.len();
        let pending = self.upstreams.iter().filter(|upstream| upstream.is_pending(now)).count();
        if pending > 0 {
            let why = format!("{pending} of {total} upstreams have not been heard from yet");
            return (Verdict::Unreachable, why);
        }
        let why = self.chains_apart(now);
        let why = why.unwrap_or_else(|| "no block is held by most operators yet".to_owned());
        (Verdict::Undecided, why)
    }

    /// Branches that have parted for good: one is followed, or none.
    fn judge_branches(&self) -> Option<(Verdict, String)> {
        let contest = self.contests.last()?;
        let fork = contest.fork;
        let Some(won) = &contest.won else {
            let reason = format!("branches parted at block {fork}: {}", contest.undecided);
            return Some((Verdict::Undecided, reason));
        };
        let lost = |u: &&Upstream| u.exile.as_ref().is_some_and(|exile| exile.lost);
        let out = self.upstreams.iter().filter(lost).count();
        let total = self.upstreams.len();
        let reason = format!(
            "{out} of {total} upstreams are on another branch since block {fork}; \
             followed by {}: {}",
            won.ground.name(),
            won.reason
        );
        Some((Verdict::Split, reason))
    }

    /// Those who contradict the others, with the alarm where that may mean more than it seems.
    fn odd_ones_out(&self) -> Option<String> {
        let out = self.members(|upstream| upstream.state == State::Quarantined);
        let alarm_of = |index: &usize| self.upstreams.get(*index)?.exile.as_ref()?.alarm.as_ref();
        let alarm = out.iter().find_map(alarm_of);
        let alarm = alarm.map_or_else(String::new, |alarm| format!("; {alarm}"));
        let (out, total) = (out.len(), self.upstreams.len());
        (out > 0).then(|| format!("{out} of {total} upstreams contradict the others{alarm}"))
    }

    /// Half of the operators standing at one block while others grow: they may have refused the next one, as
    /// most of one provider's nodes did on 2020-11-11.
    fn half_stopped(&self, now: Timestamp, agreed: BlockRef) -> Option<String> {
        let counts =
            |u: &Upstream| u.is_fresh(now, &self.settings) && u.is_linked() && self.has_vote(u);
        let answering = self.members(counts);
        let mut stopped: BTreeMap<BlockRef, u64> = BTreeMap::new();
        let mut total = 0_u64;
        for (index, weight) in answering.iter().zip(self.domains.weights(&answering)) {
            total = total.saturating_add(weight);
            let upstream = self.upstreams.get(*index).filter(|u| u.state == State::Lagging);
            if let Some(head) = upstream.and_then(|u| u.head).map(|head| head.block()) {
                let sum = stopped.entry(head).or_default();
                *sum = sum.saturating_add(weight);
            }
        }
        let (block, _) = stopped.into_iter().find(|(block, weight)| {
            weight.saturating_mul(2) >= total && block.number < agreed.number
        })?;
        let next = block.number.saturating_add(1);
        Some(format!(
            "half of the operators stand at block {block} while others grow: they may have refused block {next}"
        ))
    }

    /// How much is left to fall back on.
    fn judge_strength(&self) -> (Verdict, String) {
        let standing = self.members(|upstream| upstream.state == State::Serving);
        let total = self.upstreams.len();
        let serving = self.domains.count(standing.iter().copied());
        let domains = self.domains.count(0..total);
        if serving < 2 && domains > 1 {
            return (Verdict::Degraded, format!("{serving} of {domains} independent domains left"));
        }
        let standing = standing.len();
        if standing.saturating_mul(2) <= total {
            return (Verdict::Degraded, format!("{standing} of {total} upstreams serve"));
        }
        (Verdict::Healthy, format!("{standing} of {total} upstreams of {serving} domains agree"))
    }
}
