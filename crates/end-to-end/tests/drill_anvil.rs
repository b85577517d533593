//! The drill of Infura's split over real nodes: its own users and its own counting, with anvils in the place of the
//! practice chain's nodes.

use std::time::Duration;

use drill_live::fork::{Outside, OutsidePlaces};
use incident::{Outcome, Value, Values};
use runtime::task;
use testkit::split::{Client, Split, WATCHED};
use testkit::tools;

const BLOCK_TIME: Duration = Duration::from_millis(400);
/// Blocks that the chain gets after it has parted, and how many of them the minority gets one in.
const BLOCKS: u64 = 12;
const MINORITY_SLOW: u64 = 3;

const OLD_GETH: &str = "Geth/v1.9.13-stable-cbc4ac26/linux-amd64/go1.14.2";
const NETHERMIND: &str = "Nethermind/v1.9.25-0-8c2f/X64-Linux/3.1.9";
const BESU: &str = "besu/v20.10.1/linux-x86_64/openjdk-java-11";

/// As the drill has it: three nodes of one provider with the bug, and two of others without.
const CLIENTS: [Client; 5] = [
    Client { operator: "infura", version: OLD_GETH },
    Client { operator: "infura", version: OLD_GETH },
    Client { operator: "infura", version: OLD_GETH },
    Client { operator: "second", version: NETHERMIND },
    Client { operator: "third", version: BESU },
];
const AFFECTED: [usize; 3] = [0, 1, 2];
const OTHERS: [usize; 2] = [3, 4];

/// The split over anvils behind a gateway that counts votes so.
fn drilled(votes: &str) -> Outcome {
    let lines = format!(
        "votes = \"{votes}\"\nsecond_opinion_per_mille = 20\nwhen_undecided = \"refuse\"\n"
    );
    let mut split = Split::start(&CLIENTS, BLOCK_TIME, &lines);
    let node = |(nth, client): (usize, &Client)| format!("node-{nth}={}", client.version);
    let nodes: Vec<String> = CLIENTS.iter().enumerate().map(node).collect();
    let mut parameters = Values::default();
    parameters.set("nodes", Value::Word(nodes.join(" ")));
    parameters.set("reads_per_second", Value::Number(80.0));
    let gateway = split.gateway.url();
    let (own, wrong) = (split.url(OTHERS[0]), split.url(AFFECTED[0]));
    let places = OutsidePlaces { gateway: &gateway, own: &own, wrong: &wrong, earner: WATCHED };
    task::block_on(async {
        let mut outside = Outside::new(&parameters, places, 1).expect("the plan can be read");
        let block = BLOCK_TIME.as_secs_f64();
        for _ in 0..3 {
            split.make(&[0, 1, 2, 3, 4], 0);
            outside.pass(block).await;
        }
        outside.parted(split.head(OTHERS[0]).0);
        for nth in 0..BLOCKS {
            split.make(&OTHERS, 0);
            if nth % MINORITY_SLOW == 0 {
                split.make(&AFFECTED, 1_111);
            }
            outside.pass(block).await;
        }
        outside.end()
    })
}

#[test]
fn real_nodes_show_what_the_practice_chains_show() {
    // What the drill says of votes would be true of its own small nodes alone. Real ones differ in what they answer, in
    // their pace, and in what they say of a block that they do not have.
    let _alone = tools::alone();
    let (voted, plain) = (drilled("operator"), drilled("none"));
    let of = |outcome: &Outcome, id: &str| outcome.get(id).unwrap_or_else(|| panic!("no {id}"));
    for (name, outcome) in [("plain", &plain), ("voted", &voted)] {
        assert!(of(outcome, "reads") > 300.0, "{name}: {:?}", outcome.figures);
        assert!(of(outcome, "minority_blocks") >= 3.0, "{name}: {:?}", outcome.figures);
        assert_eq!(of(outcome, "false_quarantines"), 0.0, "{name}: {:?}", outcome.figures);
    }
    let (wrong, left) = (of(&plain, "wrong_chain"), of(&voted, "wrong_chain"));
    assert!(wrong > 50.0, "a plain balancer serves both chains: {:?}", plain.figures);
    assert!(left * 5.0 < wrong, "{left} of {wrong} are left: {:?}", voted.figures);
    let lasted = BLOCK_TIME.as_secs_f64() * BLOCKS as f64;
    assert!(of(&voted, "quarantine_seconds") < lasted, "{:?}", voted.figures);
}
