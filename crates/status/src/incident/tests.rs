//! Scripted overviews and the incidents that come of them.

use super::*;
use crate::model::{UpstreamState, Verdict};
use crate::testing::{START_MS, overview};

const UNREACHABLE: UpstreamState = UpstreamState::Unreachable;

/// A log with its history, fed second by second.
pub(super) struct Script {
    pub(super) log: IncidentLog,
    history: History,
    past: VenuePast,
    second: u64,
}

impl Script {
    pub(super) fn new() -> Self {
        Self {
            log: IncidentLog::new(IncidentSettings::default()),
            history: History::default(),
            past: VenuePast::default(),
            second: 0,
        }
    }

    pub(super) fn feed(&mut self, overview: &Overview) {
        self.history.observe(overview);
        self.past.observe(overview.at_unix_ms, overview.venue.as_ref());
        self.log.observe(overview, &self.history, &self.past);
        self.second += 1;
    }

    fn run(&mut self, seconds: u64, out: &[(&str, UpstreamState, u64)]) {
        for _ in 0..seconds {
            self.feed(&overview(self.second, out));
        }
    }

    pub(super) fn run_with(&mut self, seconds: u64, change: impl Fn(&mut Overview)) {
        for _ in 0..seconds {
            let mut overview = overview(self.second, &[]);
            change(&mut overview);
            self.feed(&overview);
        }
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.log.all().map(|incident| incident.name.as_str()).collect()
    }

    pub(super) fn statuses(&self) -> Vec<&'static str> {
        self.log.all().next().map_or_else(Vec::new, |incident| {
            incident.updates.iter().map(|update| update.status.name()).collect()
        })
    }
}

#[test]
fn a_dead_upstream_is_announced_followed_and_closed() {
    let mut script = Script::new();
    script.run(10, &[]);
    script.run(8, &[("harbour", UNREACHABLE, 10)]);
    assert!(script.names().is_empty(), "announced too soon");
    script.run(22, &[("harbour", UNREACHABLE, 10)]);
    assert_eq!(script.names(), ["harbour (ethereum): unreachable"]);
    assert_eq!(script.statuses(), ["investigating", "identified"]);
    script.run(200, &[]);
    assert_eq!(script.statuses(), ["investigating", "identified", "monitoring", "resolved"]);
    let incident = script.log.all().next().expect("one incident").clone();
    assert_eq!(incident.started_ms, START_MS + 10_000);
    assert_eq!(incident.announced_late_ms(), 8_000);
    assert_eq!(incident.lasted_ms(u64::MAX), 30_000);
    assert_eq!(incident.impact, Severity::Minor);
    assert!(
        incident.updates[0].body.starts_with("harbour, unreachable for 8 s (cannot connect"),
        "{incident:?}"
    );
    assert!(incident.updates[1].body.contains("4 other upstreams serve and agree"));
    assert_eq!(
        incident.updates[3].body,
        "Closed. It lasted 30 s as measured, and was announced 8 s after it began."
    );
    assert_eq!(script.log.find(&incident.id), Some(&incident));
}

#[test]
fn two_nodes_down_make_one_incident_each_and_half_down_make_one() {
    let mut script = Script::new();
    script.run(5, &[]);
    script.run(20, &[("harbour", UNREACHABLE, 5), ("northwind", UpstreamState::Lagging, 5)]);
    let mut names = script.names();
    names.sort_unstable();
    assert_eq!(names, ["harbour (ethereum): unreachable", "northwind (ethereum): lagging"]);

    let mut script = Script::new();
    let down = ["harbour", "northwind", "meridian"].map(|name| (name, UNREACHABLE, 5));
    script.run(5, &[]);
    script.run(20, &down);
    assert_eq!(script.names(), ["ethereum: few upstreams left"]);
    let incident = script.log.open()[0];
    assert_eq!((incident.impact, incident.affected.len()), (Severity::Major, 4));
    // Two heal: what is left is no longer the chain's trouble but still harbour's.
    script.run(20, &down[..1]);
    assert_eq!(script.log.open().len(), 2);
    assert!(script.names().contains(&"harbour (ethereum): unreachable"));
}

#[test]
fn a_flapping_upstream_makes_one_incident() {
    let mut script = Script::new();
    for _ in 0..10 {
        let since = script.second;
        script.run(15, &[("harbour", UNREACHABLE, since)]);
        script.run(15, &[]);
    }
    assert_eq!(script.names().len(), 1);
    let incident = script.log.open()[0].clone();
    assert_eq!(incident.relapses, 9);
    assert!(incident.updates.len() <= UPDATES_MAX);
    assert_eq!(incident.started_ms, START_MS);
    // Having come back so often it is watched for the longest time.
    script.run(400, &[]);
    assert_eq!(script.log.open().len(), 1);
    script.run(300, &[]);
    assert!(script.log.open().is_empty());
}

#[test]
fn a_blip_is_no_incident_but_constant_blips_are() {
    let mut script = Script::new();
    script.run(5, &[("harbour", UNREACHABLE, 0)]);
    script.run(30, &[]);
    assert!(script.names().is_empty());
    for _ in 0..10 {
        let since = script.second;
        script.run(5, &[("harbour", UNREACHABLE, since)]);
        script.run(2, &[]);
    }
    assert_eq!(script.names().len(), 1);
}

#[test]
fn probation_is_not_yet_recovery() {
    let mut script = Script::new();
    script.run(20, &[("harbour", UNREACHABLE, 0)]);
    script.run(300, &[("harbour", UpstreamState::Probation, 20)]);
    assert_eq!(script.statuses(), ["investigating", "identified"]);
    script.run(10, &[]);
    assert_eq!(script.statuses().last(), Some(&"monitoring"));
}

#[test]
fn all_away_is_critical_and_never_called_identified() {
    let mut script = Script::new();
    let down = ["harbour", "northwind", "meridian", "lantern", "lantern-two"]
        .map(|name| (name, UNREACHABLE, 0));
    for _ in 0..60 {
        let mut overview = overview(script.second, &down);
        // That calls fail then is no second incident.
        overview.chains[0].calls.failed = script.second * 100;
        script.feed(&overview);
    }
    assert_eq!(script.names(), ["ethereum: not answering"]);
    assert_eq!(script.log.open()[0].impact, Severity::Critical);
    assert_eq!(script.statuses(), ["investigating"]);
    assert_eq!(script.log.open()[0].announced_late_ms(), 3_000);
}

#[test]
fn splits_stalls_and_failing_calls_open_incidents() {
    let check = |change: &dyn Fn(&mut Overview), expect: &str, impact| {
        let mut script = Script::new();
        script.run(31, &[]);
        script.run_with(40, change);
        assert_eq!(script.names(), [expect]);
        assert_eq!(script.log.open()[0].impact, impact);
    };
    let verdict = |verdict| move |overview: &mut Overview| overview.chains[0].verdict = verdict;
    check(&verdict(Verdict::Split), "ethereum: chain split", Severity::Major);
    check(&verdict(Verdict::Undecided), "ethereum: chain split, undecided", Severity::Critical);
    check(&verdict(Verdict::Stalled), "ethereum: no new blocks", Severity::Major);
    check(&verdict(Verdict::Degraded), "ethereum: less in reserve", Severity::Minor);
    let failing = |overview: &mut Overview| {
        let chain = &mut overview.chains[0];
        chain.calls.failed = (overview.at_unix_ms - START_MS) / 100;
    };
    check(&failing, "ethereum: calls fail", Severity::Major);
    let classes = |overview: &mut Overview| {
        overview.chains[0].upstreams[2].failing_classes = vec!["state".to_owned()];
    };
    check(&classes, "meridian (ethereum): some methods fail", Severity::Minor);
}

#[test]
fn a_worse_turn_is_told_and_raises_the_impact() {
    let mut script = Script::new();
    script.run_with(20, |overview| overview.chains[0].verdict = Verdict::Stalled);
    script.run_with(20, |overview| overview.chains[0].verdict = Verdict::Undecided);
    assert_eq!(script.names(), ["ethereum: chain split, undecided"]);
    let incident = script.log.open()[0];
    assert_eq!((incident.impact, incident.updates.len()), (Severity::Critical, 2));
}

#[test]
fn what_began_before_the_first_look_does_not_count_as_lateness() {
    let mut script = Script::new();
    script.second = 3_600;
    script.run(20, &[("harbour", UNREACHABLE, 0)]);
    assert_eq!(script.log.open()[0].announced_late_ms(), 8_000);
}

#[test]
fn a_cause_is_not_upheld_once_everything_is_away() {
    let mut script = Script::new();
    script.run(30, &[("harbour", UpstreamState::Lagging, 0)]);
    assert_eq!(script.statuses(), ["investigating", "identified"]);
    let all = ["harbour", "northwind", "meridian", "lantern", "lantern-two"]
        .map(|name| (name, UNREACHABLE, 30));
    script.run(1, &all);
    let harbour = script
        .log
        .open()
        .into_iter()
        .find(|incident| incident.name.starts_with("harbour"))
        .cloned();
    let last = harbour.and_then(|incident| incident.updates.last().cloned()).expect("an update");
    assert_eq!(last.status, IncidentStatus::Investigating);
    assert!(last.body.ends_with("None of 5 upstreams serves ethereum."), "{}", last.body);
}

#[test]
fn a_laptop_that_slept_reports_nothing_it_did_not_watch() {
    let mut script = Script::new();
    script.run(3, &[("harbour", UNREACHABLE, 0)]);
    script.second += 3_600;
    script.run(2, &[("harbour", UNREACHABLE, 0)]);
    assert!(script.names().is_empty());
}

#[test]
fn the_same_overviews_give_the_same_incidents() {
    let run = || {
        let mut script = Script::new();
        script.run(30, &[("harbour", UNREACHABLE, 3)]);
        script.run(300, &[("northwind", UpstreamState::Quarantined, 40)]);
        script.log.all().cloned().collect::<Vec<_>>()
    };
    let incidents = run();
    assert_eq!(incidents.len(), 2);
    assert_eq!(incidents, run());
}

#[test]
fn old_incidents_are_dropped() {
    let mut script = Script::new();
    for _ in 0..CLOSED_MAX + 10 {
        let since = script.second;
        script.run(10, &[("harbour", UNREACHABLE, since)]);
        script.run(140, &[]);
    }
    assert_eq!(script.log.all().count(), CLOSED_MAX);
}
