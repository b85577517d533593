//! Reorgs of one, two and five blocks: the gateway goes along, and nobody is punished for them.

use std::thread;
use std::time::Duration;

use testkit::fleet::Mode;
use testkit::tools;
use testkit::world::{World, name};

const RATE: u32 = 100;
const P99_MAX: Duration = Duration::from_secs(1);

/// Asserts that all nodes serve again, or are watched after a wrong branch, and the gateway's head is the
/// network's.
fn assert_all_follow(world: &World) {
    for node in 0..3 {
        world.gateway.await_state(&name(node), &["serving", "probation"], Duration::from_secs(10));
    }
    let chain = world.gateway.chain();
    let ledger = world.fleet.ledger();
    let ledger = ledger.lock().expect("no thread panicked");
    let number = chain["head"]["number"].as_u64().unwrap_or(0);
    assert!(number + 3 > ledger.settled(), "{chain:#}");
    let block = ledger.block(number).expect("the network has the gateway's head");
    assert_eq!(chain["head"]["hash"], block.hash.as_str());
}

#[test]
fn an_ordinary_reorg_must_be_followed_and_nobody_quarantined() {
    let _alone = tools::alone();
    let world = World::start();
    let load = world.load(RATE, 1);
    thread::sleep(Duration::from_secs(2));
    for depth in [1, 2, 5] {
        load.mark(&format!("reorg of {depth}"));
        world.fleet.reorg(depth, &[]);
        for _ in 0..30 {
            thread::sleep(Duration::from_millis(100));
            let chain = world.gateway.chain();
            let upstreams = chain["upstreams"].as_array().cloned().unwrap_or_default();
            let punished = upstreams.iter().any(|upstream| upstream["state"] == "quarantined");
            assert!(!punished, "after a reorg of {depth}: {chain:#}");
        }
        assert_all_follow(&world);
    }
    let report = load.finish();
    println!("{report}");
    report.assert_clean(P99_MAX);
}

#[test]
fn a_node_that_stays_on_the_old_branch_must_not_be_read_from() {
    let _alone = tools::alone();
    // A world each: who was on a wrong branch has no vote for 32 blocks, and so no say in the next.
    for (node, depth) in [(0, 1), (1, 2), (2, 5)] {
        let world = World::start();
        let load = world.load(RATE, 2);
        load.mark(&format!("node {node} stays {depth} back"));
        thread::sleep(Duration::from_secs(2));
        world.fleet.reorg(depth, &[node]);
        // Its branch grows along with the network's: by number alone it looks well.
        world.fleet.await_blocks(6);
        let state = world.gateway.state(&name(node));
        assert!(
            state != "serving",
            "node {node} is on a branch alone: {:#}",
            world.gateway.chain()
        );
        world.fleet.set_mode(node, Mode::Following);
        assert_all_follow(&world);
        let report = load.finish();
        println!("{report}");
        report.assert_clean(P99_MAX);
    }
}
