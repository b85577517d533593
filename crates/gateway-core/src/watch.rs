//! Drawing the alarms of a chain.

use units::{Span, Timestamp};

use crate::alarm::{Alarm, AlarmKind, Alarms};
use crate::chain::Chain;
use crate::probe::Kind;
use crate::settings::UpstreamId;
use crate::snapshot::Verdict;
use crate::upstream::{State, Upstream};

/// Used share of a day's requests, in per cent, from which on it is told.
const DAY_LOW: u64 = 80;

/// How long until the alarms are drawn anew. They are for people; twice a second is as good as at once.
const DRAWN_ANEW: Span = Span::from_millis(500);

impl Chain {
    /// An upstream's name was looked up: why it does not resolve at present, although it did before; `None`
    /// where it does.
    pub fn on_name(&mut self, upstream: UpstreamId, failure: Option<String>) {
        if let Some(known) = self.upstreams.get_mut(upstream.index()) {
            known.name_failure = failure;
        }
    }

    /// Draws the alarms anew where that is due, and logs those that are new, say something new or are over.
    pub(crate) fn draw_alarms(&mut self, now: Timestamp) {
        if now.since(self.alarms.drawn_at) < DRAWN_ANEW {
            return;
        }
        let split = matches!(self.verdict, Verdict::Split | Verdict::Undecided);
        if split && !self.alarms.split {
            self.ask_versions(now);
        }
        let held: Vec<Alarm> = [
            self.failing_names(),
            self.version_alarms(),
            self.fork_alarms(),
            self.low_quotas(now),
            self.last_domain(now),
        ]
        .concat();
        let drawn = Alarms { held: held.clone(), drawn_at: now, split };
        let before = core::mem::replace(&mut self.alarms, drawn);
        for alarm in before.held.iter().filter(|old| !held.iter().any(|new| new.is_same(old))) {
            let text = format!("over: {}", alarm.text);
            self.log(now, alarm.upstream, alarm.kind.event(), text);
        }
        for alarm in held.into_iter().filter(|new| !before.held.contains(new)) {
            self.log(now, alarm.upstream, alarm.kind.event(), alarm.text);
        }
    }

    /// Who runs what is what one wants to know when branches part; what was told minutes ago may be past.
    fn ask_versions(&mut self, now: Timestamp) {
        for upstream in &mut self.upstreams {
            upstream.schedule.set_due(Kind::ClientVersion, now);
        }
    }

    fn failing_names(&self) -> Vec<Alarm> {
        let named = self.upstreams.iter().enumerate();
        let failing = named.filter_map(|(index, upstream)| {
            let reason = upstream.name_failure.as_ref()?;
            Some(Alarm {
                kind: AlarmKind::NameFails,
                upstream: u8::try_from(index).ok().map(UpstreamId),
                subject: String::new(),
                text: format!(
                    "{}: {reason}; connections go to its last good addresses",
                    upstream.settings.name
                ),
            })
        });
        failing.collect()
    }

    /// Upstreams of whose day most is used: told at 80, 90 and 100 per cent, and beyond in such steps.
    fn low_quotas(&self, now: Timestamp) -> Vec<Alarm> {
        let used = self.upstreams.iter().enumerate();
        let low = used.filter_map(|(index, upstream)| {
            let percent = upstream.quota.day_percent(now).filter(|percent| *percent >= DAY_LOW)?;
            let limit = upstream.quota.snapshot(now).day_limit?;
            let tens = percent.checked_div(10).unwrap_or(0).saturating_mul(10);
            Some(Alarm {
                kind: AlarmKind::QuotaLow,
                upstream: u8::try_from(index).ok().map(UpstreamId),
                subject: String::new(),
                text: format!(
                    "{}: {tens} % of its {limit} requests a day are used",
                    upstream.settings.name
                ),
            })
        });
        low.collect()
    }

    /// Where one domain fails next and nobody is left, somebody should know beforehand.
    fn last_domain(&self, now: Timestamp) -> Vec<Alarm> {
        let all = self.domains.count(0..self.upstreams.len());
        // Until all have been heard, or have failed to answer, few are left only to be asked.
        if all < 2 || self.upstreams.iter().any(|upstream| upstream.is_pending(now)) {
            return Vec::new();
        }
        let is_healthy = |upstream: &Upstream| {
            upstream.state == State::Serving
                && !upstream.endpoint_breaker.is_open()
                && !upstream.is_throttled(now)
                && upstream.quota.day_percent(now).is_none_or(|percent| percent < 100)
        };
        let healthy: Vec<usize> = (0..self.upstreams.len())
            .filter(|index| self.upstreams.get(*index).is_some_and(is_healthy))
            .collect();
        let left = self.domains.count(healthy.iter().copied());
        let name = healthy.first().and_then(|index| self.upstreams.get(*index));
        let text = match (left, name) {
            (0, _) => format!("none of {all} independent domains is healthy"),
            (1, Some(upstream)) => format!(
                "one healthy domain of {all} is left, {}: nobody stands in when it fails",
                upstream.settings.operator
            ),
            (_, _) => return Vec::new(),
        };
        let subject = String::new();
        vec![Alarm { kind: AlarmKind::LastDomain, upstream: None, subject, text }]
    }
}
