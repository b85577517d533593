//! Each fault by itself on one node of three.

use std::thread;
use std::time::Duration;

use testkit::fleet::Mode;
use testkit::gateway::Gateway;
use testkit::proxy::{Break, Fault, Proxy};
use testkit::tools;
use testkit::world::{Trouble, World, name};

const RATE: u32 = 200;
const P99_MAX: Duration = Duration::from_secs(1);
const BLOCK_TIME: Duration = Duration::from_secs(1);

fn sometimes(percent: u64, fault: Fault) -> Fault {
    Fault::Percent { percent, fault: Box::new(fault) }
}

fn faults() -> Vec<(&'static str, Fault)> {
    let error = Break::Error { code: -32_000, message: "missing trie node".to_owned() };
    let broken = |how: Break| Fault::BreakMethod { method: "eth_call".to_owned(), how };
    vec![
        ("closed port", Fault::Refuse),
        ("hang", Fault::Hang),
        ("429", Fault::too_many("2")),
        ("500", Fault::status(500)),
        ("502", Fault::status(502)),
        ("503", Fault::status(503)),
        ("403", Fault::status(403)),
        ("html", Fault::Html),
        ("cut body", Fault::CutBody),
        ("cut json", Fault::CutJson),
        ("empty body", Fault::EmptyBody),
        ("slow by 3 s", Fault::Slow(Duration::from_secs(3))),
        ("eth_call hangs", broken(Break::Hang)),
        ("eth_call errs", broken(error)),
        ("eth_call gives 500", broken(Break::Status(500))),
        ("far ahead", Fault::FarAhead(1_000_000)),
        ("half 502", sometimes(50, Fault::status(502))),
        ("a third hangs", sometimes(33, Fault::Hang)),
        ("a third cut", sometimes(33, Fault::CutBody)),
    ]
}

#[test]
fn one_faulty_node_must_not_be_noticed_whatever_its_fault() {
    let _alone = tools::alone();
    let world = World::start();
    let load = world.load(RATE, 3);
    thread::sleep(Duration::from_secs(1));
    for (turn, (label, fault)) in faults().into_iter().enumerate() {
        let node = turn % 3;
        load.mark(label);
        world.proxies[node].set(fault);
        thread::sleep(Duration::from_millis(2500));
        world.proxies[node].set(Fault::None);
        thread::sleep(Duration::from_millis(300));
    }
    let report = load.finish();
    println!("{report}");
    report.assert_clean(P99_MAX);
}

#[test]
fn a_node_that_stands_still_or_is_late_must_be_found_out_and_come_back() {
    let _alone = tools::alone();
    let world = World::start();
    let load = world.load(RATE, 4);
    for (label, mode) in [("frozen", Mode::Frozen), ("five blocks late", Mode::Lagging(5))] {
        load.mark(label);
        world.fleet.set_mode(1, mode);
        world.gateway.await_state(&name(1), &["lagging"], BLOCK_TIME * 10);
        thread::sleep(BLOCK_TIME);
        world.fleet.set_mode(1, Mode::Following);
        world.gateway.await_state(&name(1), &["serving"], BLOCK_TIME * 15);
    }
    let report = load.finish();
    println!("{report}");
    report.assert_clean(P99_MAX);
}

#[test]
fn a_node_that_lies_must_be_shut_out_and_its_lie_never_served() {
    let _alone = tools::alone();
    let world = World::start();
    let load = world.load(RATE, 5);
    thread::sleep(Duration::from_secs(1));
    load.mark("another branch, other balances");
    world.proxies[2].set(Fault::WrongBranch { from: world.fleet.head() + 2 });
    world.gateway.await_state(&name(2), &["quarantined", "lagging"], BLOCK_TIME * 12);
    thread::sleep(BLOCK_TIME * 2);
    world.proxies[2].set(Fault::None);
    // Back from a wrong branch it is watched for 32 blocks.
    world.gateway.await_state(&name(2), &["probation", "serving"], BLOCK_TIME * 20);
    load.mark("a million blocks ahead");
    world.proxies[0].set(Fault::FarAhead(1_000_000));
    thread::sleep(BLOCK_TIME * 3);
    let head = world.gateway.chain()["head"]["number"].as_u64().unwrap_or(u64::MAX);
    assert!(head < 1_000_000, "{:#}", world.gateway.chain());
    world.proxies[0].set(Fault::None);
    let report = load.finish();
    println!("{report}");
    report.assert_clean(P99_MAX);
}

#[test]
fn a_node_of_another_chain_must_never_be_read_from() {
    let _alone = tools::alone();
    let mut world = World::start();
    let upstreams = world.upstreams();
    world.proxies[1].set(Fault::WrongChainId(1));
    world.gateway = Gateway::start(&World::plan(BLOCK_TIME, upstreams));
    world.gateway.await_state(&name(1), &["rejected"], BLOCK_TIME * 5);
    let before = world.proxies[1].counts();
    let load = world.load(RATE, 6);
    thread::sleep(Duration::from_secs(3));
    let report = load.finish();
    println!("{report}");
    report.assert_clean(P99_MAX);
    let after = world.proxies[1].counts();
    for method in ["eth_call", "eth_getBalance", "eth_getLogs", "eth_getTransactionReceipt"] {
        assert_eq!(after.get(method), before.get(method), "{method} went to the wrong chain");
    }
}

#[test]
fn a_node_whose_eth_call_is_broken_must_be_out_for_eth_call_only() {
    let _alone = tools::alone();
    // Without the cache, which would answer most of the calls by itself.
    let world = World::with(3, BLOCK_TIME, |plan| plan.chain_lines = "cache_bytes = 0".to_owned());
    // The broken node is by far the fastest, so that whatever may go to it does.
    for node in [1, 2] {
        world.proxies[node].set(Fault::Slow(Duration::from_millis(30)));
    }
    let message = "execution engine is down".to_owned();
    let how = Break::Error { code: -32_603, message };
    world.proxies[0].set(Fault::BreakMethod { method: "eth_call".to_owned(), how });
    let load = world.load(RATE, 7);
    thread::sleep(Duration::from_secs(2));
    let before: Vec<_> = world.proxies.iter().map(Proxy::counts).collect();
    // Two of three draws of two nodes hold the fast one: of the rarest method that is more than half only by chance
    // where there are few, and all but surely where there are 150.
    thread::sleep(Duration::from_secs(15));
    let report = load.finish();
    let gained = |node: usize, method: &str| {
        world.proxies[node].count(method) - before[node].get(method).copied().unwrap_or(0)
    };
    println!("{report}");
    for method in ["eth_call", "eth_getBalance", "eth_getLogs", "eth_getTransactionReceipt"] {
        let by_node = [0, 1, 2].map(|node| gained(node, method));
        println!("{method}: {by_node:?}");
        let [broken, others] = [by_node[0], by_node[1] + by_node[2]];
        if method == "eth_call" {
            assert!(broken * 10 < others, "eth_call still goes to the broken node");
        } else {
            assert!(broken > others, "the broken node is out for {method} too");
        }
    }
    report.assert_clean(P99_MAX);
}

#[test]
fn a_node_that_asks_for_a_pause_must_be_given_it() {
    let _alone = tools::alone();
    let world = World::start();
    let load = world.load(RATE, 8);
    thread::sleep(Duration::from_secs(1));
    world.proxies[0].set(Fault::too_many("3"));
    // Calls that are under way when the first 429 comes cannot be called back.
    thread::sleep(Duration::from_millis(700));
    let (at_first, counts) = (world.proxies[0].requests(), world.proxies[0].counts());
    assert!(at_first > 0);
    thread::sleep(Duration::from_millis(1800));
    let asked = world.proxies[0].requests() - at_first;
    assert_eq!(asked, 0, "asked in the pause: {counts:?} then {:?}", world.proxies[0].counts());
    world.proxies[0].set(Fault::None);
    // After its pause it is asked again, and carries everything alone if it must.
    thread::sleep(Duration::from_secs(2));
    world.apply(1, &Trouble::Kill);
    world.apply(2, &Trouble::Kill);
    thread::sleep(Duration::from_secs(3));
    world.heal(1);
    world.heal(2);
    let report = load.finish();
    println!("{report}");
    report.assert_clean(P99_MAX);
}
