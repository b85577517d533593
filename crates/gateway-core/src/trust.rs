//! What an upstream's answers have shown of its honesty.

use std::collections::BTreeMap;

use units::{Span, Timestamp};

/// Wrong answers within [`REMEMBERED`] that put an upstream out: one may be a node's bad moment, such as a
/// reorg between two reads of its database.
pub(crate) const WRONG_MAX: usize = 3;

/// How long a wrong answer counts.
const REMEMBERED: Span = Span::from_secs(600);

/// How long an upstream is out the first time; each further time twice as long, up to [`OUT_MAX`]. It is not
/// asked meanwhile, so only time can bring it back.
const OUT_FIRST: Span = Span::from_secs(300);

/// Longest time out.
const OUT_MAX: Span = Span::from_secs(3_600);

/// After this long without being put out the next time counts as the first.
const FORGIVEN_AFTER: Span = Span::from_secs(6 * 3_600);

/// How long an upstream is under suspicion after a disagreement that nobody could settle.
const SUSPECTED_FOR: Span = Span::from_secs(600);

/// Checks counted by name. There are some dozen; names come from the shell.
const CHECKS_MAX: usize = 32;

/// The record of one upstream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trust {
    /// When the latest wrong answers came, oldest first.
    recent: Vec<Timestamp>,
    /// Wrong answers since the start, by the check that they failed.
    counts: BTreeMap<&'static str, u64>,
    out_until: Timestamp,
    times_out: u32,
    last_check: &'static str,
    suspected_until: Timestamp,
    /// Whether the latest header it showed hashes to its hash, where that could be told.
    pub(crate) seal: Option<bool>,
    /// The header for which it is out at present.
    pub(crate) forged: Option<String>,
}

impl Trust {
    /// Counts a wrong answer; true where there were enough of them to put the upstream out.
    pub(crate) fn note(&mut self, now: Timestamp, check: &'static str) -> bool {
        if self.counts.len() < CHECKS_MAX || self.counts.contains_key(check) {
            let count = self.counts.entry(check).or_insert(0);
            *count = count.saturating_add(1);
        }
        self.last_check = check;
        self.recent.retain(|at| now.since(*at) < REMEMBERED);
        self.recent.push(now);
        let surplus = self.recent.len().saturating_sub(WRONG_MAX);
        self.recent.drain(..surplus);
        self.recent.len() >= WRONG_MAX && !self.is_out(now)
    }

    /// Puts the upstream out for a while.
    pub(crate) fn put_out(&mut self, now: Timestamp) {
        if now.since(self.out_until) >= FORGIVEN_AFTER {
            self.times_out = 0;
        }
        let doubled = 1_u64.checked_shl(self.times_out).unwrap_or(u64::MAX);
        self.out_until = now.after(OUT_FIRST.times(doubled).min(OUT_MAX));
        self.times_out = self.times_out.saturating_add(1);
        self.recent.clear();
    }

    fn is_out(&self, now: Timestamp) -> bool {
        now < self.out_until
    }

    /// It took part in a disagreement that nobody settled.
    pub(crate) fn suspect(&mut self, now: Timestamp) {
        self.suspected_until = now.after(SUSPECTED_FOR);
    }

    /// Whether it is under suspicion: it answered wrongly, or may have.
    pub(crate) fn is_suspected(&self, now: Timestamp) -> bool {
        now < self.suspected_until || self.recent.iter().any(|at| now.since(*at) < REMEMBERED)
    }

    /// Wrong answers since the start, by the check that they failed.
    pub(crate) fn counts(&self) -> Vec<(&'static str, u64)> {
        self.counts.iter().map(|(check, count)| (*check, *count)).collect()
    }

    /// Why the record puts the upstream out at present.
    pub(crate) fn objection(&self, now: Timestamp) -> Option<String> {
        if let Some(forged) = &self.forged {
            return Some(format!("wrong answers: {forged}"));
        }
        self.is_out(now).then(|| {
            let left = self.out_until.since(now).as_secs();
            format!(
                "wrong answers: {WRONG_MAX} within ten minutes (last check: {}); out for another {left} s",
                self.last_check
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(secs: u64) -> Timestamp {
        Timestamp::from_nanos(secs * 1_000_000_000)
    }

    #[test]
    fn one_slip_puts_nobody_out_and_each_relapse_lasts_longer() {
        // A node out for ever after one bad moment, or back at once after each lie, would both be lost.
        let mut trust = Trust::default();
        assert!(!trust.note(at(0), "hash") && !trust.note(at(700), "hash"));
        assert!(!trust.note(at(800), "hash"), "the first is forgotten");
        assert!(trust.note(at(900), "opinion"));
        trust.put_out(at(900));
        let why = trust.objection(at(901)).unwrap();
        assert!(why.contains("opinion") && why.contains("299 s"), "{why}");
        assert_eq!(trust.objection(at(1_200)), None);
        trust.put_out(at(1_300));
        assert!(trust.objection(at(1_899)).is_some() && trust.objection(at(1_900)).is_none());
        (0..10).for_each(|_| trust.put_out(at(2_000)));
        assert!(trust.objection(at(5_599)).is_some() && trust.objection(at(5_600)).is_none());
        trust.put_out(at(40_000));
        assert!(trust.objection(at(40_300)).is_none(), "forgiven after six hours");
        assert_eq!(trust.counts(), [("hash", 3), ("opinion", 1)]);
    }

    #[test]
    fn suspicion_ends() {
        // A suspect is asked after ten times as often; for ever that would cost as much as the lies.
        let mut trust = Trust::default();
        assert!(!trust.is_suspected(at(5)));
        trust.suspect(at(5));
        assert!(trust.is_suspected(at(604)) && !trust.is_suspected(at(605)));
        trust.note(at(700), "hash");
        assert!(trust.is_suspected(at(1_299)) && !trust.is_suspected(at(1_300)));
    }
}
