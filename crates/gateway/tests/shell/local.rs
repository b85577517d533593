//! Answers that need no upstream, and the shapes of ids and notifications.

use serde_json::{Value, json};

use crate::support::{Act, CHAIN_ID, World, chain, dead_url, json};

#[test]
fn a_wallet_must_be_able_to_start_while_every_upstream_is_down() {
    let urls = [dead_url(), dead_url()];
    let world = World::with(Vec::new(), |config| {
        config.chains = vec![chain("testnet", CHAIN_ID, &urls)];
    });
    for (method, result) in [
        ("eth_chainId", json!(format!("{CHAIN_ID:#x}"))),
        ("net_version", json!(CHAIN_ID.to_string())),
        ("eth_accounts", json!([])),
    ] {
        let answer = world.call(method, "[]");
        assert_eq!(answer.status(), 200, "{method}");
        assert_eq!(json(&answer), json!({"jsonrpc": "2.0", "id": 1, "result": result}));
        assert_eq!(answer.header("x-seawall-upstream"), Some("none"));
        assert_eq!(answer.header("x-seawall-attempts"), Some("0"));
    }
    let soon = [("seawall-timeout-ms", "50")];
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber"}"#;
    let answer = world.post_to("/", &soon, call);
    assert_eq!((answer.status(), json(&answer)["error"]["code"].clone()), (503, json!(-32002)));
    assert_eq!(json(&answer)["error"]["data"]["reason"], "not_ready");
}

#[test]
fn the_head_that_clients_hear_is_the_agreed_one() {
    let world = World::of(3);
    assert_eq!(world.head(), "0x64");
    // One node alone does not move it.
    world.nodes[0].mine();
    let upstream_head = || world.snapshot().upstreams[0].head.expect("a head").number;
    crate::support::eventually("the new block is known", || upstream_head() == 101);
    assert_eq!(world.head(), "0x64");
    world.nodes[1].mine();
    crate::support::eventually("the head moves", || world.head() == "0x65");
}

#[test]
fn a_client_finds_its_answer_by_its_id_byte_for_byte() {
    let world = World::of(1);
    for id in [
        "0",
        "-7",
        "9007199254740993",
        "123456789012345678901234567890",
        "1.50",
        "1e3",
        "null",
        r#""a""#,
        r#""""#,
        r#""\u0041\n\"x""#,
        r#""é""#,
    ] {
        for (method, params) in
            [("eth_chainId", "[]"), ("eth_call", r#"[{},"latest"]"#), ("eth_subscribe", "[]")]
        {
            let body = format!(r#"{{"method":"{method}","id" : {id} ,"params":{params}}}"#);
            let answer = world.post(&body).text();
            let start = format!(r#"{{"jsonrpc":"2.0","id":{id},"#);
            assert!(answer.starts_with(&start), "{body} is answered {answer}");
        }
    }
}

#[test]
fn what_is_no_call_is_refused_with_a_reason_and_its_id() {
    let world = World::of(1);
    for (body, id, code) in [
        (r#"{"id":5,"params":[]}"#, json!(5), -32600),
        (r#"{"id":{},"method":"eth_chainId"}"#, Value::Null, -32600),
        (r#"{"id":6,"method":"eth_chainId","params":7}"#, json!(6), -32600),
        ("", Value::Null, -32700),
        ("{", Value::Null, -32700),
        ("nonsense", Value::Null, -32700),
    ] {
        let answer = world.post(body);
        let error = json(&answer);
        assert_eq!((answer.status(), &error["id"]), (200, &id), "{body}");
        assert_eq!(error["error"]["code"], code, "{body}");
    }
}

#[test]
fn a_notification_is_carried_out_and_not_answered() {
    let world = World::of(1);
    world.nodes[0].on("eth_call", Act::result("1"));
    let silent = r#"{"jsonrpc":"2.0","method":"eth_call","params":[{},"latest"]}"#;
    let answer = world.post(silent);
    assert_eq!((answer.status(), answer.text().as_str()), (204, ""));
    assert_eq!(world.nodes[0].answered("eth_call"), 1);
    let all = world.post(&format!("[{silent},{silent}]"));
    assert_eq!((all.status(), all.text().as_str()), (204, ""));
    let some = world.post(&format!(r#"[{silent},{{"id":1,"method":"net_version"}},{silent}]"#));
    let expected = json!([{"jsonrpc": "2.0", "id": 1, "result": CHAIN_ID.to_string()}]);
    assert_eq!((some.status(), json(&some)), (200, expected));
}
