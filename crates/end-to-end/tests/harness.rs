//! The harness itself: a network that drifts apart, or a load that cannot tell a wrong answer from
//! a right one, would make every other test here worthless.

use std::thread;
use std::time::Duration;

use serde_json::json;
use testkit::fleet::{Fleet, Mode};
use testkit::load::{Load, Phase, Target};
use testkit::proxy::{Fault, Proxy};
use testkit::rpc::Rpc;
use testkit::tools;

const BLOCK_TIME: Duration = Duration::from_millis(300);

fn head_hash(fleet: &Fleet, node: usize) -> String {
    let rpc = Rpc::new(fleet.address(node));
    let block = rpc.call("eth_getBlockByNumber", &json!(["latest", false]));
    let block = block.expect("a living node answers");
    format!("{} {}", block["number"], block["hash"])
}

fn assert_one_head(fleet: &Fleet) {
    fleet.set_paused(true);
    let heads: Vec<String> = (0..3).map(|node| head_hash(fleet, node)).collect();
    assert!(heads.iter().all(|head| *head == heads[0]), "{heads:?}");
    fleet.set_paused(false);
}

#[test]
fn nodes_that_were_dead_frozen_late_or_apart_come_back_to_the_same_blocks() {
    let _alone = tools::alone();
    let fleet = Fleet::start(3, BLOCK_TIME);
    fleet.kill(0);
    fleet.set_mode(1, Mode::Frozen);
    let frozen = head_hash(&fleet, 1);
    fleet.await_blocks(3);
    assert_eq!(head_hash(&fleet, 1), frozen);
    fleet.revive(0);
    fleet.set_mode(1, Mode::Following);
    fleet.await_blocks(1);
    assert_one_head(&fleet);
    for depth in [1, 2, 5] {
        fleet.reorg(depth, &[2]);
        fleet.await_blocks(2);
        assert_ne!(head_hash(&fleet, 2), head_hash(&fleet, 0));
        fleet.set_mode(2, Mode::Following);
        fleet.await_blocks(1);
        assert_one_head(&fleet);
    }
    fleet.check();
}

#[test]
fn a_transaction_given_to_one_node_is_mined_by_all() {
    let _alone = tools::alone();
    let fleet = Fleet::start(3, BLOCK_TIME);
    let proxies: Vec<Proxy> = (0..3).map(|node| Proxy::of(&fleet, node)).collect();
    let rpcs: Vec<Rpc> = proxies.iter().map(|proxy| Rpc::new(proxy.address())).collect();
    let accounts = rpcs[0].call("eth_accounts", &json!([])).expect("anvil has accounts");
    let mut hashes = Vec::new();
    for turn in 0..12_usize {
        let transaction = json!([{
            "from": accounts[turn % 4], "to": accounts[5], "value": "0x1", "gas": "0x5208",
            "maxFeePerGas": "0x174876e800", "maxPriorityFeePerGas": "0x3b9aca00",
            "nonce": format!("{:#x}", turn / 4),
        }]);
        let signed = rpcs[0].call("eth_signTransaction", &transaction).expect("anvil signs");
        let sent = rpcs[turn % 3].call("eth_sendRawTransaction", &json!([signed]));
        hashes.push(sent.expect("the node takes it"));
        thread::sleep(Duration::from_millis(40));
    }
    fleet.await_blocks(3);
    for rpc in &rpcs {
        for hash in &hashes {
            let receipt = rpc.call("eth_getTransactionReceipt", &json!([hash]));
            assert_eq!(receipt.expect("the node answers")["status"], "0x1");
        }
    }
    fleet.check();
}

fn phase_under(fault: &Fault) -> (Phase, String) {
    let fleet = Fleet::start(1, BLOCK_TIME);
    let proxy = Proxy::of(&fleet, 0);
    proxy.set(fault.clone());
    let load = Load::start(Target::new(&fleet, proxy.address()), 200, 1);
    thread::sleep(Duration::from_millis(800));
    // What hangs ends with the fault.
    proxy.set(Fault::None);
    let report = load.finish();
    (report.total(), report.to_string())
}

#[test]
fn the_load_sees_each_kind_of_failure_for_what_it_is() {
    let _alone = tools::alone();
    let (healthy, table) = phase_under(&Fault::None);
    println!("{table}");
    assert!(healthy.sent > 100 && healthy.failed() == 0, "{table}");
    for fault in [Fault::Hang, Fault::Refuse, Fault::CutBody, Fault::CutJson, Fault::EmptyBody] {
        let (phase, table) = phase_under(&fault);
        assert!(phase.lost > 100 && phase.ok < 20, "{fault:?}\n{table}");
    }
    let (page, table) = phase_under(&Fault::Html);
    assert!(page.lost > 100, "{table}");
    let (busy, table) = phase_under(&Fault::too_many("3"));
    assert!(busy.statuses > 100, "{table}");
    let (lie, table) = phase_under(&Fault::WrongBranch { from: 0 });
    assert!(lie.wrong > 40 && lie.errors == 0, "{table}");
    let (ahead, table) = phase_under(&Fault::FarAhead(1_000_000));
    assert!(ahead.wrong > 40, "{table}");
    let half = Fault::Percent { percent: 50, fault: Box::new(Fault::status(502)) };
    let (half, table) = phase_under(&half);
    assert!(half.statuses > 40 && half.ok > 40, "{table}");
}

#[test]
fn the_load_sees_a_frozen_node_and_one_that_goes_back() {
    let _alone = tools::alone();
    let fleet = Fleet::start(2, BLOCK_TIME);
    let proxy = Proxy::of(&fleet, 1);
    let load = Load::start(Target::new(&fleet, proxy.address()), 200, 1);
    thread::sleep(Duration::from_secs(1));
    load.mark("frozen");
    fleet.set_mode(1, Mode::Frozen);
    thread::sleep(Duration::from_secs(3));
    fleet.set_mode(1, Mode::Following);
    load.mark("after a reorg");
    fleet.reorg(2, &[]);
    thread::sleep(Duration::from_secs(2));
    let report = load.finish();
    println!("{report}");
    assert_eq!(report.phases[0].failed(), 0, "{report}");
    assert!(report.phases[1].wrong > 50, "{report}");
    assert!(report.phases[2].failed() < 5, "{report}");
}
