//! What is kept of the upstreams' answers, for how long, and what is not.

use crate::support::{Act, Node, World, call, eventually, json};

const LATEST: &str = r#"[{},"latest"]"#;

/// Asks, and says where the answer came from.
fn ask(world: &World, method: &str, params: &str) -> (String, Option<String>) {
    let answer = world.call(method, params);
    assert_eq!(answer.status(), 200, "{}", answer.text());
    let result = json(&answer)["result"].to_string();
    (result, answer.header("x-seawall-cache").map(str::to_owned))
}

/// A gateway over one node that has been found to take hashes.
fn over_one() -> World {
    let world = World::keeping(vec![Node::start()]);
    eventually("whether it takes hashes is known", || {
        ask(&world, "eth_getBalance", r#"["0xa","latest"]"#);
        world.nodes[0].seen("eth_getBalance").last().is_some_and(|c| c.params.contains("blockHash"))
    });
    world
}

fn hit(value: &str) -> (String, Option<String>) {
    (format!("\"{value}\""), Some("hit".to_owned()))
}

fn miss(value: &str) -> (String, Option<String>) {
    (format!("\"{value}\""), Some("miss".to_owned()))
}

#[test]
fn a_read_at_the_head_is_asked_once_a_block() {
    // A contract that every visitor of a page reads would cost the provider one call a visitor.
    let world = over_one();
    // What is asked only once is not kept.
    assert_eq!(ask(&world, "eth_call", LATEST), miss("0x64"));
    assert_eq!(ask(&world, "eth_call", LATEST), miss("0x64"));
    for _ in 0..3 {
        assert_eq!(ask(&world, "eth_call", LATEST), hit("0x64"));
        assert_eq!(ask(&world, "eth_call", "[{}]"), hit("0x64"));
    }
    let answer = world.post(&call(77, "eth_call", LATEST));
    assert_eq!(json(&answer)["id"], 77);
    // Who said so is still told.
    assert_eq!(answer.header("x-seawall-upstream"), Some("a"));
    assert_eq!(answer.header("x-seawall-attempts"), Some("0"));
    assert_eq!(world.nodes[0].seen("eth_call").len(), 2);
    world.nodes[0].mine();
    eventually("the head moves", || world.head() == "0x65");
    assert_eq!(ask(&world, "eth_call", LATEST), miss("0x65"));
    assert_eq!(ask(&world, "eth_call", LATEST), hit("0x65"));
    assert_eq!(world.nodes[0].seen("eth_call").len(), 3);
    // Other parameters are another call.
    assert_eq!(ask(&world, "eth_call", r#"[{"to":"0x1"},"latest"]"#), miss("0x65"));
}

#[test]
fn a_reorg_drops_what_was_said_of_the_blocks_that_left() {
    // A receipt, asked for without naming a block, would be told of a block that is no more.
    let world = over_one();
    let receipt = |number: u64| {
        let hash = world.nodes[0].hash_of(number);
        Act::result(&format!(r#"{{"blockNumber":"{number:#x}","blockHash":"{hash}"}}"#))
    };
    let ask_receipt = |hash: &str| {
        let answer = world.call("eth_getTransactionReceipt", &format!(r#"["{hash}"]"#));
        let cache = answer.header("x-seawall-cache").map(str::to_owned);
        (json(&answer)["result"]["blockHash"].clone(), cache.unwrap_or_default())
    };
    for (hash, number) in [("0x01", 98), ("0x02", 100)] {
        world.nodes[0].on("eth_getTransactionReceipt", receipt(number));
        assert_eq!((ask_receipt(hash).1.as_str(), ask_receipt(hash).1.as_str()), ("miss", "miss"));
        assert_eq!(ask_receipt(hash), (world.nodes[0].hash_of(number).into(), "hit".to_owned()));
    }
    let old = world.nodes[0].hash_of(100);
    world.nodes[0].reorg(1);
    eventually("the head is on the new branch", || world.head() == "0x65");
    assert_ne!(world.nodes[0].hash_of(100), old);
    world.nodes[0].on("eth_getTransactionReceipt", receipt(101));
    assert_eq!(ask_receipt("0x02"), (world.nodes[0].hash_of(101).into(), "miss".to_owned()));
    assert_eq!(ask_receipt("0x01"), (world.nodes[0].hash_of(98).into(), "hit".to_owned()));
    let metrics = world.get("/metrics").text();
    assert!(metrics.contains(r#"cache_events_since_start{chain="testnet",kind="reorg"}"#));
}

#[test]
fn what_is_final_is_answered_while_every_upstream_is_down() {
    // The crisis that the cache is for. What is not final is of the past then, and refused.
    let mut world = over_one();
    let of_final = [
        ("eth_getBlockByNumber", r#"["finalized",false]"#),
        ("eth_getBlockByNumber", r#"["0x5",false]"#),
        ("eth_getBalance", r#"["0xb","0x62"]"#),
    ];
    eventually("it is known what is final", || world.snapshot().finalized.is_some());
    let ask_all = || -> Vec<String> {
        of_final.iter().map(|(method, params)| ask(&world, method, params).0).collect()
    };
    let before = ask_all();
    assert_eq!(ask_all(), before);
    (0..2).for_each(|_| assert_eq!(ask(&world, "eth_call", LATEST), miss("0x64")));
    world.nodes[0].kill();
    eventually("nobody answers", || world.snapshot().verdict.name() == "unreachable");
    for ((method, params), known) in of_final.iter().zip(before) {
        assert_eq!(ask(&world, method, params), (known, Some("hit".to_owned())), "{params}");
    }
    let answer = world.call("eth_call", LATEST);
    assert_eq!(answer.status(), 503, "{}", answer.text());
}

#[test]
fn what_may_change_is_asked_every_time() {
    // A nonce, a failure or a receipt that was not there yet would be told for ever.
    let world = over_one();
    let node = &world.nodes[0];
    node.on("eth_getTransactionCount", Act::result(r#""0x1""#));
    node.on("eth_getTransactionReceipt", Act::result("null"));
    node.on("eth_getLogs", Act::result("[]"));
    node.on("eth_gasPrice", Act::result(r#""0x1""#));
    node.on("eth_call", Act::error(r#"{"code":3,"message":"execution reverted","data":"0x"}"#));
    for (method, params) in [
        ("eth_getTransactionCount", r#"["0xa","pending"]"#),
        ("eth_getTransactionReceipt", r#"["0x01"]"#),
        ("eth_getLogs", r#"[{"fromBlock":"0x1","toBlock":"0x5"}]"#),
        ("eth_gasPrice", "[]"),
        ("eth_call", LATEST),
        // Not final: the node may mean another block by this number.
        ("eth_getCode", r#"["0xa","0x63"]"#),
    ] {
        let before = node.seen(method).len();
        for _ in 0..3 {
            let answer = world.call(method, params);
            assert_ne!(answer.header("x-seawall-cache"), Some("hit"), "{method}");
        }
        assert_eq!(node.seen(method).len(), before + 3, "{method}");
    }
}

#[test]
fn a_state_that_was_asked_for_by_number_is_not_taken_for_that_of_a_hash() {
    // A node that refuses hashes answers for whichever block it has at the height.
    let node = Node::start();
    node.refuse_hash_pins();
    let world = World::keeping(vec![node]);
    eventually("it was probed", || world.nodes[0].answered("eth_getBalance") > 0);
    for _ in 0..3 {
        assert_eq!(ask(&world, "eth_call", LATEST), miss("0x64"));
    }
    assert_eq!(world.nodes[0].seen("eth_call").len(), 3);
    eventually("it is known what is final", || world.snapshot().finalized.is_some());
    (0..2).for_each(|_| {
        assert_eq!(ask(&world, "eth_call", r#"[{},"finalized"]"#), miss("0x62"));
    });
    assert_eq!(ask(&world, "eth_call", r#"[{},"finalized"]"#), hit("0x62"));
}

#[test]
fn nothing_is_kept_where_the_operator_says_so() {
    let world = World::of(1);
    for _ in 0..3 {
        ask(&world, "eth_call", LATEST);
    }
    assert_eq!(world.nodes[0].seen("eth_call").len(), 3);
}

#[test]
fn a_batch_says_the_most_that_was_done_for_it() {
    let world = over_one();
    let batch = |second: &str| {
        let body = format!("[{},{}]", call(1, "eth_call", LATEST), call(2, "eth_call", second));
        let answer = world.post(&body);
        let items = json(&answer);
        assert_eq!((&items[0]["id"], &items[1]["id"]), (&1.into(), &2.into()));
        answer.header("x-seawall-cache").map(str::to_owned)
    };
    let fresh = |number: u64| format!(r#"[{{"to":"{number:#x}"}},"latest"]"#);
    (0..2).for_each(|_| assert_eq!(batch(&fresh(1)).as_deref(), Some("miss")));
    assert_eq!(batch(&fresh(1)).as_deref(), Some("hit"));
    assert_eq!(batch(&fresh(2)).as_deref(), Some("miss"));
}
