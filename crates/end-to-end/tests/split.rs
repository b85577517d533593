//! Real nodes that part for good, as on 2020-11-11: the gateway must not follow the client with the bug, must
//! say so when it cannot decide, and must come back by itself.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::rpc::{self, RpcError};
use testkit::split::{Client, SHARED, Split, WATCHED};
use testkit::tools;

const BLOCK_TIME: Duration = Duration::from_secs(1);
const OLD_GETH: &str = "Geth/v1.9.13-stable-cbc4ac26/linux-amd64/go1.14.2";
const NEW_GETH: &str = "Geth/v1.9.23-stable-8c2f2715/linux-amd64/go1.15.2";

/// The balance of the watched account on either branch.
const ONE: u64 = 1_111;
const OTHER: u64 = 2_222;

const fn client(operator: &'static str, version: &'static str) -> Client {
    Client { operator, version }
}

fn infura() -> [Client; 5] {
    [
        client("a", OLD_GETH),
        client("b", OLD_GETH),
        client("c", OLD_GETH),
        client("d", "Nethermind/v1.9.25-0-8c2f/X64-Linux/3.1.9"),
        client("e", "besu/v20.10.1/linux-x86_64/openjdk-java-11"),
    ]
}

fn four_clients() -> [Client; 4] {
    [
        client("a", "Geth/v1.13.0-stable/linux-amd64/go1.21"),
        client("b", "besu/v24.1.0/linux-x86_64/openjdk-java-17"),
        client("c", "Nethermind/v1.25.4+20b10b35/linux-x64/dotnet8"),
        client("d", "erigon/2.58.2/linux-amd64/go1.20.5"),
    ]
}

/// What one read of the watched balance brought.
#[derive(Debug, PartialEq, Eq)]
enum Read {
    Balance(u64),
    Refused(Value),
}

fn read_at(split: &Split, block: &Value) -> Read {
    match split.gateway.rpc().call("eth_getBalance", &json!([WATCHED, block])) {
        Ok(balance) => {
            let wei = rpc::quantity(&balance).and_then(|wei| u64::try_from(wei).ok());
            Read::Balance(wei.expect("a small balance"))
        }
        Err(RpcError::Answer { code: -32_002, data, .. }) => Read::Refused(data),
        Err(other) => panic!("{other}: {:#}", split.gateway.chain()),
    }
}

fn read(split: &Split) -> Read {
    read_at(split, &json!("latest"))
}

/// Lets a moment of a block time pass with a read each few milliseconds.
fn reads_for(split: &Split, span: Duration) -> Vec<(Read, Value)> {
    let until = Instant::now() + span;
    let mut reads = Vec::new();
    while Instant::now() < until {
        // The verdict is looked at before the read, so that one that shows it was asked after it.
        let chain = split.gateway.chain();
        reads.push((read(split), chain));
        thread::sleep(Duration::from_millis(10));
    }
    reads
}

fn states(chain: &Value) -> Vec<&str> {
    let upstreams = chain["upstreams"].as_array().into_iter().flatten();
    upstreams.map(|upstream| upstream["state"].as_str().unwrap_or_default()).collect()
}

/// Makes blocks on both sides at once and reads meanwhile, so many block times long.
fn part(split: &mut Split, times: usize, (one, other): (&[usize], &[usize])) -> Vec<(Read, Value)> {
    let mut reads = Vec::new();
    for _ in 0..times {
        split.make(one, ONE);
        split.make(other, OTHER);
        reads.extend(reads_for(split, BLOCK_TIME));
    }
    reads
}

fn await_verdict(split: &Split, verdict: &str, patience: Duration) {
    let deadline = Instant::now() + patience;
    while split.gateway.chain()["verdict"] != verdict {
        assert!(Instant::now() < deadline, "not {verdict}: {:#}", split.gateway.chain());
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn three_geths_with_the_bug_must_not_take_the_gateway_with_them() {
    let _alone = tools::alone();
    let mut split = Split::start(&infura(), BLOCK_TIME, "");
    let all = [0, 1, 2, 3, 4];
    split.make(&all, 1);
    thread::sleep(2 * BLOCK_TIME);
    assert_eq!(split.gateway.chain()["verdict"], "healthy");

    let reads = part(&mut split, 5, (&[0, 1, 2], &[3, 4]));
    let chain = split.gateway.chain();
    assert_eq!(chain["verdict"], "split", "five blocks after the fork: {chain:#}");
    assert_eq!(
        states(&chain),
        ["quarantined", "quarantined", "quarantined", "serving", "serving"],
        "{chain:#}"
    );
    for loser in 0..3 {
        let reason = chain["upstreams"][loser]["reason"].as_str().unwrap_or_default();
        assert!(reason.contains("shared with every geth v1.9.13"), "{reason}");
    }
    let fork = SHARED + 1;
    assert_eq!(chain["fork"], json!({"number": fork, "hash": split.hash_at(0, fork)}));

    // Anvil shows a balance that was set already at the fork's own block. So a read counts from when the gateway has
    // a block above the fork, which is looked at after it: before the next one.
    let above_fork = |chain: &Value| chain["head"]["number"].as_u64() > Some(fork);
    let before = reads.windows(2).filter(|pair| {
        let [(read, _), (_, chain)] = pair else { return false };
        *read == Read::Balance(ONE) && above_fork(chain)
    });
    let before = u64::try_from(before.count()).unwrap_or(u64::MAX);
    let after = reads
        .iter()
        .filter(|(read, chain)| chain["verdict"] == "split" && *read == Read::Balance(ONE));
    assert_eq!(after.count(), 0, "answers of the losers after the verdict");
    let reported = chain["contest"]["served_before"].as_u64().unwrap_or(0);
    println!(
        "{} reads; {before} of the wrong branch before the verdict, {reported} reported, none after",
        reads.len()
    );
    assert!(reported <= before && before <= reported + 3, "{before} read, {reported} reported");

    // The broken nodes are mended and go over; they are watched, and have no vote.
    for loser in 0..3 {
        split.go_over(loser, 3);
    }
    for _ in 0..3 {
        split.make(&all, OTHER);
        thread::sleep(BLOCK_TIME);
    }
    let chain = split.gateway.chain();
    assert_eq!(states(&chain)[..3], ["probation"; 3], "{chain:#}");
    assert_eq!(chain["verdict"], "degraded");
    assert_eq!(read(&split), Read::Balance(OTHER));
    for _ in 0..33 {
        split.make(&all, OTHER);
        thread::sleep(BLOCK_TIME / 4);
    }
    await_verdict(&split, "healthy", 10 * BLOCK_TIME);
}

#[test]
fn two_against_two_must_be_said_and_not_decided_by_a_coin() {
    let _alone = tools::alone();
    let mut split = Split::start(&four_clients(), BLOCK_TIME, "");
    split.make(&[0, 1, 2, 3], 1);
    thread::sleep(2 * BLOCK_TIME);
    part(&mut split, 4, (&[0, 1], &[2, 3]));
    await_verdict(&split, "undecided", 2 * BLOCK_TIME);
    let fork = SHARED + 1;
    let Read::Refused(data) = read(&split) else { panic!("a side was taken") };
    assert_eq!((&data["reason"], &data["fork"]["number"]), (&json!("chain_split"), &json!(fork)));
    assert_eq!(data["branches"].as_array().map(Vec::len), Some(2), "{data:#}");
    let body = br#"{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}"#;
    let response = split.gateway.rpc().post(body).expect("an answer");
    assert_eq!(response.status(), 200, "ethers throws other statuses' bodies away");
    assert!(response.text().contains("chain_split"), "{}", response.text());

    // Everything at or below the fork is still answered. The balance is read one below, because anvil counts what
    // is set for the next block to the one before.
    let at_fork = json!(rpc::hex(fork));
    assert_eq!(read_at(&split, &json!(rpc::hex(fork - 1))), Read::Balance(1));
    let ask = |method: &str, params: Value| split.gateway.rpc().call(method, &params);
    let block = ask("eth_getBlockByNumber", json!([at_fork, false])).expect("the fork's block");
    assert_eq!(block["hash"].as_str(), Some(split.hash_at(0, fork).as_str()));
    let by_hash = ask("eth_getBlockByHash", json!([block["hash"], false])).expect("by hash");
    assert_eq!(by_hash["number"], at_fork);
    let logs = json!([{"fromBlock": "0x1", "toBlock": at_fork}]);
    assert_eq!(ask("eth_getLogs", logs).expect("logs"), json!([]));
    for above in [json!([rpc::hex(fork + 1), false]), json!(["latest", false])] {
        let refused = ask("eth_getBlockByNumber", above.clone());
        assert!(matches!(refused, Err(RpcError::Answer { code: -32_002, .. })), "{above}");
    }
    let contested = json!([split.hash_at(0, fork + 1), false]);
    let refused = ask("eth_getBlockByHash", contested);
    assert!(matches!(refused, Err(RpcError::Answer { code: -32_002, .. })), "a block above it");
    assert_eq!(ask("eth_chainId", json!([])).expect("the chain id"), json!("0x7a69"));

    // One side heals, and the gateway with it.
    split.go_over(2, 0);
    split.go_over(3, 0);
    for _ in 0..3 {
        split.make(&[0, 1, 2, 3], ONE);
        thread::sleep(BLOCK_TIME);
    }
    await_verdict(&split, "healthy", 5 * BLOCK_TIME);
    assert_eq!(read(&split), Read::Balance(ONE));
}

#[test]
fn finality_must_decide_where_votes_cannot() {
    let _alone = tools::alone();
    let clients = [
        client("a", OLD_GETH),
        client("b", OLD_GETH),
        client("c", OLD_GETH),
        client("d", NEW_GETH),
        client("e", NEW_GETH),
    ];
    let mut split = Split::start(&clients, BLOCK_TIME, "");
    split.make(&[0, 1, 2, 3, 4], 1);
    thread::sleep(2 * BLOCK_TIME);
    let fork = SHARED + 1;
    split.proxies.iter().for_each(|proxy| proxy.set_finalized(Some(fork - 2)));
    part(&mut split, 4, (&[0, 1, 2], &[3, 4]));
    await_verdict(&split, "undecided", 2 * BLOCK_TIME);
    split.proxies[3..].iter().for_each(|proxy| proxy.set_finalized(Some(fork + 1)));
    await_verdict(&split, "split", 4 * BLOCK_TIME);
    let chain = split.gateway.chain();
    assert_eq!(chain["contest"]["decided_by"], "finality", "{chain:#}");
    assert_eq!(states(&chain)[..3], ["quarantined"; 3]);
    assert_eq!(read(&split), Read::Balance(OTHER));
}

#[test]
fn an_orphan_of_two_blocks_must_not_be_called_a_split() {
    let _alone = tools::alone();
    let mut split = Split::start(&infura(), BLOCK_TIME, "");
    let all = [0, 1, 2, 3, 4];
    split.make(&all, 1);
    thread::sleep(2 * BLOCK_TIME);
    split.make(&[0, 1], ONE);
    split.make(&[2, 3, 4], OTHER);
    thread::sleep(BLOCK_TIME);
    split.make(&[0, 1], ONE);
    split.make(&[2, 3, 4], OTHER);
    thread::sleep(BLOCK_TIME / 2);
    split.go_over(0, 2);
    split.go_over(1, 2);
    for _ in 0..4 {
        split.make(&all, OTHER);
        thread::sleep(BLOCK_TIME);
        let chain = split.gateway.chain();
        assert!(!states(&chain).contains(&"quarantined"), "{chain:#}");
        assert_eq!(chain["contest"], Value::Null);
    }
    assert_eq!(split.gateway.chain()["verdict"], "healthy");
}
