//! Quotas: the load moves before one trips, and whoever is left alone is told of.

use gateway_core::{AlarmKind, EventKind, Failure, MethodClass, QuotaSettings, Reply, UpstreamId};
use units::Span;

use crate::bench::{BLOCK, Bench, down};

const CLASS: MethodClass = MethodClass::State;

/// Upstreams of three operators, of which the first bears so many requests.
fn limited(per_second: Option<u64>, per_day: Option<u64>) -> Bench {
    let mut bench = Bench::adapted(&["one", "two", "three"], None, |settings| {
        settings.upstreams[0].quota = QuotaSettings { per_second, per_day };
    });
    bench.pass(2 * BLOCK);
    bench
}

/// How many of so many reads each upstream was asked, and the most that the first was sent within a second.
fn shares(bench: &mut Bench, reads: usize) -> ([usize; 3], u64) {
    let (mut asked, mut most) = ([0; 3], 0);
    for _ in 0..reads {
        let (to, _) = bench.served(CLASS, |_| Reply::Answer);
        to.iter().for_each(|id| asked[id.index()] += 1);
        bench.pass(1);
        most = most.max(bench.snapshot().upstreams[0].quota.second_used);
    }
    (asked, most)
}

#[test]
fn the_load_moves_before_a_declared_limit_trips() {
    let mut bench = limited(Some(50), None);
    // 500 a second: without the limit it would have a third of them.
    let ([first, second, third], most) = shares(&mut bench, 500);
    assert!(most <= 50, "{most} within a second to the one that bears 50");
    assert!(first >= 30, "it is still used: {first}");
    assert!(second > 170 && third > 170, "{second} and {third}");
    let quota = bench.snapshot().upstreams[0].quota;
    assert!(!quota.learned, "{quota:?}");
}

#[test]
fn who_has_nothing_left_is_asked_where_nobody_else_is_well() {
    // With its day used up it is still better than no answer.
    let mut bench = limited(None, Some(10));
    assert!(bench.snapshot().upstreams[0].quota.day_used > 10, "probes count");
    assert_eq!(shares(&mut bench, 100).0[0], 0);
    for script in &mut bench.scripts[1..] {
        script.fails = down();
    }
    bench.pass(10 * BLOCK);
    assert_eq!(shares(&mut bench, 10).0[0], 10);
}

#[test]
fn a_hedge_does_not_use_up_what_is_left_for_calls() {
    let mut bench = Bench::adapted(&["one", "two"], None, |settings| {
        settings.upstreams[0].quota = QuotaSettings { per_second: None, per_day: Some(10) };
    });
    bench.pass(2 * BLOCK);
    let (mut call, outputs) = bench.read(CLASS);
    assert_eq!(crate::bench::sends(&outputs), [UpstreamId(1)]);
    let hedged = bench.wake(&mut call);
    assert!(crate::bench::sends(&hedged).is_empty(), "{hedged:?}");
}

#[test]
fn the_rate_at_which_an_upstream_refuses_is_kept_to_afterwards() {
    let mut bench = limited(None, None);
    // It takes 40 calls within a second and refuses the next one, without having told of a limit.
    let mut taken = 0;
    while taken < 40 {
        let (to, _) = bench.served(CLASS, |_| Reply::Answer);
        taken += to.iter().filter(|id| id.index() == 0).count();
    }
    let refuse = |id: UpstreamId| {
        if id.index() == 0 {
            Reply::Failed(Failure::Throttled(Some(Span::from_millis(100))))
        } else {
            Reply::Answer
        }
    };
    while !bench.served(CLASS, refuse).0.contains(&UpstreamId(0)) {}
    let quota = bench.snapshot().upstreams[0].quota;
    assert!(quota.learned, "{quota:?}");
    let limit = quota.second_limit.expect("a limit");
    assert!((40..=60).contains(&limit), "{quota:?}");
    bench.pass(2 * BLOCK);
    let (_, most) = shares(&mut bench, 500);
    assert!(most <= limit + 1, "{most} within a second, learned {limit}");
    // An hour later nothing is left of it.
    bench.pass(3_700_000);
    assert_eq!(bench.snapshot().upstreams[0].quota.second_limit, None);
}

#[test]
fn a_day_that_runs_low_is_told_while_there_is_time() {
    let mut bench = limited(None, Some(200));
    bench.take_events(EventKind::Quota);
    let mut told = Vec::new();
    for _ in 0..400 {
        bench.pass(BLOCK / 4);
        told.extend(bench.take_events(EventKind::Quota));
    }
    assert_eq!(told[0], "node-0: 80 % of its 200 requests a day are used");
    assert!(told[1].contains("90 %") && told[2].contains("100 %"), "{told:?}");
    let kinds: Vec<AlarmKind> = bench.snapshot().alarms.iter().map(|alarm| alarm.kind).collect();
    assert_eq!(kinds, [AlarmKind::QuotaLow]);
}

#[test]
fn the_last_healthy_domain_is_told_of_before_it_fails_too() {
    let mut bench = Bench::new(&["one", "one", "two", "three"]);
    bench.pass(2 * BLOCK);
    assert!(bench.snapshot().alarms.is_empty());
    // Two endpoints are left, but of one operator.
    for script in &mut bench.scripts[2..] {
        script.fails = down();
    }
    bench.pass(10 * BLOCK);
    let told = "one healthy domain of 3 is left, one: nobody stands in when it fails";
    assert_eq!(bench.take_events(EventKind::LastDomain), [told]);
    assert!(bench.snapshot().warnings.iter().any(|warning| warning == told));
    bench.scripts[2].fails = None;
    bench.pass(20 * BLOCK);
    assert_eq!(bench.take_events(EventKind::LastDomain), [format!("over: {told}")]);
}

#[test]
fn a_domain_whose_day_is_used_up_is_no_healthy_one() {
    let mut bench = limited(None, Some(10));
    bench.scripts[1].fails = down();
    bench.pass(10 * BLOCK);
    let told = bench.take_events(EventKind::LastDomain);
    assert_eq!(told, ["one healthy domain of 3 is left, three: nobody stands in when it fails"]);
}

#[test]
fn at_the_start_nobody_is_the_last_one() {
    let mut bench = Bench::silent(&["one", "two", "three"], None);
    bench.pass(3 * BLOCK);
    assert_eq!(bench.take_events(EventKind::LastDomain), [""; 0]);
}
