//! Drawing the alarms of a chain.

use units::{Span, Timestamp};

use crate::alarm::{Alarm, AlarmKind, Alarms};
use crate::chain::Chain;
use crate::probe::Kind;
use crate::settings::UpstreamId;
use crate::snapshot::Verdict;

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
        let held: Vec<Alarm> =
            [self.failing_names(), self.version_alarms(), self.fork_alarms()].concat();
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
}
