//! Batches: order, errors of single items, one head for all.

use std::thread;

use serde_json::{Value, json};

use crate::support::{Act, Node, World, call, eventually, json};

#[test]
fn items_go_back_in_their_order_and_each_fails_alone() {
    let world = World::of(2);
    let revert = r#"{"code":3,"message":"execution reverted","data":"0x08c379a0"}"#;
    world.nodes.iter().for_each(|node| node.on("eth_estimateGas", Act::error(revert)));
    let body = format!(
        "[{},{},17,{},{},{}]",
        call(1, "eth_getBalance", r#"["0x0","latest"]"#),
        call(2, "eth_estimateGas", "[{}]"),
        r#"{"id":"x","method":5}"#,
        call(3, "eth_newFilter", "[{}]"),
        call(1, "eth_chainId", "[]"),
    );
    let answer = world.post(&body);
    assert_eq!(answer.status(), 200);
    let items = json(&answer);
    let items = items.as_array().expect("an array");
    let ids: Vec<&Value> = items.iter().map(|item| &item["id"]).collect();
    assert_eq!(ids, [&json!(1), &json!(2), &Value::Null, &json!("x"), &json!(3), &json!(1)]);
    assert_eq!(items[0]["result"], "0x64");
    assert_eq!(items[1]["error"]["code"], 3);
    let codes: Vec<&Value> = items[2..5].iter().map(|item| &item["error"]["code"]).collect();
    assert_eq!(codes, [&json!(-32600), &json!(-32600), &json!(-32601)]);
    assert_eq!(items[5]["result"], "0x1e61");
    // Two of them went to an upstream; a hedge may have gone out beside them.
    let attempts = answer.header("x-seawall-attempts").and_then(|text| text.parse::<u32>().ok());
    assert!(attempts.is_some_and(|attempts| (2..=4).contains(&attempts)), "{attempts:?}");
}

#[test]
fn an_empty_batch_is_one_error_and_not_an_empty_array() {
    let world = World::of(1);
    let answer = world.post(" [ ] ");
    assert_eq!((answer.status(), json(&answer)["id"].clone()), (200, Value::Null));
    assert_eq!(json(&answer)["error"]["code"], -32600);
}

#[test]
fn a_head_that_moves_amid_a_batch_must_not_show_two_chains_in_one_answer() {
    let world = World::of(1);
    world.nodes[0].on("eth_call", Act::Hold);
    // More items than are sent at once: the last ones start after the head has moved.
    let mut items = vec![call(0, "eth_blockNumber", "[]")];
    items.extend((1..80).map(|id| call(id, "eth_call", r#"[{},"latest"]"#)));
    items.push(call(80, "eth_getBlockByNumber", r#"["latest",false]"#));
    let body = format!("[{}]", items.join(","));
    let answer = thread::scope(|scope| {
        let batch = scope.spawn(|| world.post(&body));
        eventually("the batch is under way", || world.nodes[0].under_way("eth_call") > 0);
        world.nodes[0].mine();
        eventually("the head moves", || world.head() == "0x65");
        world.nodes[0].plainly("eth_call");
        batch.join().expect("the client does not panic")
    });
    let items = json(&answer);
    let items = items.as_array().expect("an array");
    assert_eq!(items.len(), 81);
    for item in &items[..80] {
        assert_eq!(item["result"], "0x64", "{item}");
    }
    assert_eq!(items[80]["result"]["number"], "0x64");
}

#[test]
fn a_batch_of_large_answers_must_not_fill_the_memory() {
    let world = World::with(vec![Node::start()], |config| config.limits.response_bytes = 20_000);
    world.await_serving();
    world.nodes[0].on("eth_call", Act::result(&format!(r#""0x{}""#, "0".repeat(4_000))));
    let items: Vec<String> = (0..200).map(|id| call(id, "eth_call", r#"[{},"latest"]"#)).collect();
    let answer = json(&world.post(&format!("[{}]", items.join(","))));
    let items = answer.as_array().expect("an array");
    assert_eq!(items.len(), 200);
    assert!(items[0]["result"].is_string());
    let error = &items[199]["error"];
    assert_eq!((&items[199]["id"], &error["code"]), (&json!(199), &json!(-32600)));
    assert!(error["message"].as_str().is_some_and(|words| words.contains("20000")), "{error}");
    assert!(world.nodes[0].seen("eth_call").len() < 100);
}

#[test]
fn a_batch_names_all_who_answered_it() {
    let world = World::of(2);
    // Each knows one of the methods.
    world.nodes[0].on("eth_gasPrice", Act::result(r#""0x1""#));
    world.nodes[1].on("eth_syncing", Act::result("false"));
    let body = format!("[{},{}]", call(1, "eth_gasPrice", "[]"), call(2, "eth_syncing", "[]"));
    let answer = world.post(&body);
    assert_eq!(json(&answer)[0]["result"], "0x1", "{}", answer.text());
    assert_eq!(json(&answer)[1]["result"], false, "{}", answer.text());
    assert_eq!(answer.header("x-seawall-upstream"), Some("a,b"));
}
