//! Alarms: what is told before it becomes an outage.

use gateway_core::{
    AlarmKind, ClientVersion, EventKind, ForkPoint, ForkSettings, UpstreamId, Verdict,
};

use crate::bench::{BLOCK, Bench};

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

const FIVE: [&str; 5] = ["one", "two", "three", "four", "five"];
const OLD: &str = "Geth/v1.9.13-stable-cbc4ac26/linux-amd64/go1.14.2";
const NEW: &str = "Geth/v1.9.23-stable-8c2f2715/linux-amd64/go1.15.2";
const OTHER: &str = "Nethermind/v1.9.28/linux-x64";

/// Five upstreams that say these versions, with forks declared, all at block 100.
fn running(operators: &[&str], versions: &[&'static str], forks: Vec<ForkSettings>) -> Bench {
    let mut bench = Bench::adapted(operators, None, |settings| {
        settings.forks = forks;
        settings.upstreams.iter_mut().for_each(|upstream| upstream.client = None);
    });
    for (script, version) in bench.scripts.iter_mut().zip(versions) {
        script.version = version;
    }
    bench.pass(2 * BLOCK);
    bench
}

fn alarms(bench: &Bench, kind: AlarmKind) -> Vec<String> {
    let alarms = bench.snapshot().alarms.into_iter();
    alarms.filter(|alarm| alarm.kind == kind).map(|alarm| alarm.text).collect()
}

#[test]
fn a_version_that_most_operators_run_must_be_told_before_its_bug_is() {
    let mut bench = running(&FIVE, &[OLD, OLD, OLD, NEW, OTHER], Vec::new());
    let told =
        "geth 1.9.13 has 3 of 5 operators' votes: one bug in it would be taken for the chain";
    assert_eq!(alarms(&bench, AlarmKind::VersionMajority), [told]);
    assert_eq!(bench.take_events(EventKind::Versions), [told]);
    let first = &bench.snapshot().versions[0];
    assert_eq!((first.version.as_str(), first.weight_milli), ("1.9.13", 3_000));
    // One of them is upgraded: noticed within five minutes, and the alarm is over.
    bench.scripts[0].version = NEW;
    bench.pass(301_000);
    assert_eq!(alarms(&bench, AlarmKind::VersionMajority), [""; 0]);
    assert_eq!(bench.take_events(EventKind::Versions), [format!("over: {told}")]);
}

#[test]
fn the_majority_is_of_operators_and_not_of_endpoints() {
    // Three endpoints of one operator are one vote of three.
    let operators = ["one", "one", "one", "two", "three"];
    let bench = running(&operators, &[OLD, OLD, OLD, NEW, OTHER], Vec::new());
    assert_eq!(alarms(&bench, AlarmKind::VersionMajority), [""; 0]);
    // Two and a half votes of four are more than half, although one operator also runs another version.
    let operators = ["one", "one", "two", "three", "four"];
    let bench = running(&operators, &[OLD, NEW, OLD, OLD, OTHER], Vec::new());
    let told = alarms(&bench, AlarmKind::VersionMajority);
    assert!(told[0].starts_with("geth 1.9.13 has 2.5 of 4 operators' votes"), "{told:?}");
}

fn fork(at: ForkPoint) -> Vec<ForkSettings> {
    let version = |text| ClientVersion::parse(text).expect("a version");
    let versions =
        vec![("geth".to_owned(), version("1.9.17")), ("Nethermind".to_owned(), version("1.9.0"))];
    vec![ForkSettings { name: "Berlin".to_owned(), at, versions }]
}

#[test]
fn who_will_part_at_a_fork_must_be_named_beforehand_with_the_block() {
    // A block a second: 100,000 blocks from block 100 are 27 hours.
    let versions = [OLD, NEW, OTHER, OLD, OTHER];
    let mut bench = running(&FIVE, &versions, fork(ForkPoint::Block(100_100)));
    let told = "2 of 5 upstreams are not ready for Berlin in 27 h and are expected to part at block 100100: \
                node-0 (geth 1.9.13, needs 1.9.17), node-3 (geth 1.9.13, needs 1.9.17)";
    assert_eq!(alarms(&bench, AlarmKind::ForkUnready), [told]);
    assert_eq!(bench.snapshot().forks[0].in_secs, Some(100_000));
    // As the hours go by it is told again, but not at each block.
    bench.produce(20, &[0, 1, 2, 3, 4]);
    assert_eq!(bench.take_events(EventKind::Forks), [told]);
    bench.scripts[0].version = NEW;
    bench.scripts[3].version = NEW;
    bench.pass(301_000);
    assert_eq!(alarms(&bench, AlarmKind::ForkUnready), [""; 0]);
    assert_eq!(bench.take_events(EventKind::Forks).len(), 1);
}

#[test]
fn a_fork_by_time_is_reckoned_in_the_chains_own_time() {
    // The bench's block 100 was made in second 100.
    let mut bench = running(&FIVE, &[OLD, NEW, NEW, NEW, OTHER], fork(ForkPoint::Time(110)));
    let snapshot = bench.snapshot();
    let seen = &snapshot.forks[0];
    assert_eq!((seen.block, seen.in_secs, seen.has_come), (Some(110), Some(10), false));
    let told = alarms(&bench, AlarmKind::ForkUnready);
    assert!(
        told[0].contains("1 of 5 upstreams is not ready for Berlin within the hour"),
        "{told:?}"
    );
    bench.produce(12, &[0, 1, 2, 3, 4]);
    let snapshot = bench.snapshot();
    assert!(snapshot.forks[0].has_come && snapshot.forks[0].in_secs.is_none());
    let told = alarms(&bench, AlarmKind::ForkUnready);
    assert!(told[0].contains("Berlin, which has come,"), "{told:?}");
}

#[test]
fn a_client_whose_first_version_was_not_declared_is_not_taken_for_ready() {
    let besu = "besu/v20.10.0/linux-x86_64/oracle_openjdk-java-11";
    let bench = running(&FIVE, &[NEW, NEW, NEW, besu, OTHER], fork(ForkPoint::Block(1_000)));
    let told = "1 of 5 upstreams is not known to be ready for Berlin within the hour: \
                node-3 (besu, not declared)";
    assert_eq!(alarms(&bench, AlarmKind::ForkUnready), [told]);
}

#[test]
fn versions_are_asked_again_at_once_when_branches_part() {
    let mut bench = running(&FIVE, &[NEW; 5], Vec::new());
    // Upgraded a moment ago: what is known is up to five minutes old.
    bench.scripts[0].version = OTHER;
    let mut own = bench.branch(100, 101, 6);
    for _ in 0..7 {
        bench.heads(&[own, own]);
        bench.produce(1, &[2, 3, 4]);
        own = bench.blocks.grow(own, own.number + 1, 6);
    }
    assert_eq!(bench.verdict(), Verdict::Split);
    let heaviest = &bench.snapshot().versions[0];
    assert_eq!((heaviest.weight_milli, heaviest.upstreams.len()), (4_000, 4));
}
