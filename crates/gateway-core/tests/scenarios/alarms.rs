//! Alarms: what is told before it becomes an outage.

use gateway_core::{AlarmKind, EventKind, UpstreamId};

use crate::bench::Bench;

#[test]
fn a_name_that_fails_must_be_told_once_and_its_end_too() {
    let mut bench = Bench::three();
    let reason = "name rpc.example has no address";
    for _ in 0..5 {
        bench.chain.on_name(UpstreamId(1), Some(reason.to_owned()));
        bench.pass(600);
    }
    let told = format!("node-1: {reason}; connections go to its last good addresses");
    let snapshot = bench.snapshot();
    assert!(snapshot.warnings.contains(&told), "{:?}", snapshot.warnings);
    assert_eq!(snapshot.alarms[0].kind, AlarmKind::NameFails);
    assert_eq!(bench.take_events(EventKind::Names), std::slice::from_ref(&told));
    bench.chain.on_name(UpstreamId(1), None);
    bench.pass(600);
    assert!(bench.snapshot().alarms.is_empty());
    assert_eq!(bench.take_events(EventKind::Names), [format!("over: {told}")]);
}
