//! What a client gets through the gateway is what the node would have said, byte for byte.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::value::RawValue;
use serde_json::{Value, json};
use testkit::contract;
use testkit::fleet::WATCHED;
use testkit::gateway::{Gateway, Upstream};
use testkit::http;
use testkit::proxy::Fault;
use testkit::rpc::Rpc;
use testkit::tools;
use testkit::world::World;

const ONE_ETHER_TRANSFER_OF_NOBODY: &str = "0xf86b8085174876e800830186a09400000000000000000000\
    0000000000000005ea3a1880de0b6b3a76400008025a0";

/// The members of an answer as the bytes they came in.
type Answer = BTreeMap<String, Box<RawValue>>;

fn answer(rpc: &Rpc, body: &str) -> Answer {
    let response = rpc.post(body.as_bytes()).expect("there is an answer");
    serde_json::from_slice(&response.body)
        .unwrap_or_else(|error| panic!("{error} in the answer to {body}: {}", response.text()))
}

fn member(answer: &Answer, name: &str) -> String {
    answer.get(name).map(|raw| raw.get().to_owned()).unwrap_or_default()
}

fn error_of(rpc: &Rpc, body: &str) -> (i64, String) {
    let error = member(&answer(rpc, body), "error");
    let error: Value = serde_json::from_str(&error).unwrap_or_default();
    let message = error["message"].as_str().unwrap_or_default().to_owned();
    (error["code"].as_i64().unwrap_or(0), message)
}

/// Calls with all kinds of results and errors. `block` and `transaction` are hashes that exist.
fn calls(contract: &str, block: &str, transaction: &str) -> Vec<(&'static str, Value)> {
    let nothing = format!("0x{:064x}", 1);
    let number = json!({"to": contract, "data": contract::NUMBER});
    let refuse = json!({"to": contract, "data": format!("{}{:064x}", contract::REFUSE, 9)});
    let logs = json!({"fromBlock": "0x2", "toBlock": "0x9", "address": contract});
    vec![
        ("eth_blockNumber", json!([])),
        ("eth_chainId", json!([])),
        ("net_version", json!([])),
        ("eth_gasPrice", json!([])),
        ("eth_maxPriorityFeePerGas", json!([])),
        ("eth_feeHistory", json!(["0x4", "latest", [10, 50]])),
        ("eth_getBlockByNumber", json!(["latest", false])),
        ("eth_getBlockByNumber", json!(["latest", true])),
        ("eth_getBlockByNumber", json!(["0x5", true])),
        ("eth_getBlockByNumber", json!(["earliest", false])),
        ("eth_getBlockByNumber", json!(["0xffffff", false])),
        ("eth_getBlockByHash", json!([block, true])),
        ("eth_getBlockByHash", json!([nothing, false])),
        ("eth_getBlockReceipts", json!(["0x5"])),
        ("eth_getBlockTransactionCountByNumber", json!(["0x5"])),
        ("eth_getTransactionByHash", json!([transaction])),
        ("eth_getTransactionByHash", json!([nothing])),
        ("eth_getTransactionReceipt", json!([transaction])),
        ("eth_getTransactionReceipt", json!([nothing])),
        ("eth_getTransactionByBlockNumberAndIndex", json!(["0x5", "0x0"])),
        ("eth_getBalance", json!([WATCHED, "latest"])),
        ("eth_getBalance", json!([WATCHED, "0x3"])),
        ("eth_getBalance", json!([WATCHED, {"blockHash": block}])),
        ("eth_getCode", json!([contract, "latest"])),
        ("eth_getStorageAt", json!([contract, "0x0", "latest"])),
        ("eth_getTransactionCount", json!([WATCHED, "latest"])),
        ("eth_getProof", json!([WATCHED, [], "latest"])),
        ("eth_call", json!([number, "latest"])),
        ("eth_call", json!([number])),
        ("eth_call", json!([number, "0x6"])),
        ("eth_call", json!([refuse, "latest"])),
        ("eth_estimateGas", json!([number])),
        ("eth_estimateGas", json!([refuse])),
        ("eth_getLogs", json!([logs])),
        ("eth_getLogs", json!([{"blockHash": block}])),
        ("eth_getLogs", json!([{"fromBlock": "0x9", "toBlock": "0x2"}])),
        ("eth_getBalance", json!(["0x12", "latest"])),
        ("eth_getBalance", json!([])),
        ("eth_call", json!([{"to": contract, "gas": "ten"}, "latest"])),
        ("eth_sendRawTransaction", json!(["0x00"])),
        ("eth_sendRawTransaction", json!([ONE_ETHER_TRANSFER_OF_NOBODY])),
        ("debug_traceTransaction", json!([transaction, {"tracer": "callTracer"}])),
        ("eth_noSuchMethod", json!([])),
    ]
}

#[test]
fn results_and_errors_must_arrive_as_the_node_wrote_them() {
    let _alone = tools::alone();
    let world = World::start();
    world.fleet.set_paused(true);
    // The gateway is to have seen the last block before it is asked for the latest.
    let ledger = world.fleet.ledger();
    let head = ledger.lock().expect("no thread panicked").head().cloned().expect("a head");
    let deadline = std::time::Instant::now() + Duration::from_secs(5);
    while world.gateway.chain()["head"]["hash"] != head.hash.as_str() {
        assert!(std::time::Instant::now() < deadline, "{:#}", world.gateway.chain());
        std::thread::sleep(Duration::from_millis(20));
    }
    let (node, gateway) = (Rpc::new(world.fleet.address(0)), world.gateway.rpc());
    let contract = world.fleet.contract().to_owned();
    let mut differing = Vec::new();
    for (method, params) in calls(&contract, &head.hash, &head.transactions[0]) {
        let body = json!({"jsonrpc": "2.0", "id": 77, "method": method, "params": params});
        let (own, through) =
            (answer(&node, &body.to_string()), answer(&gateway, &body.to_string()));
        assert_eq!(member(&through, "id"), "77");
        for name in ["result", "error"] {
            if member(&own, name) != member(&through, name) {
                let (own, through) = (member(&own, name), member(&through, name));
                differing.push(format!("{method} {params}: node {own} gateway {through}"));
            }
        }
    }
    assert!(differing.is_empty(), "{differing:#?}");
}

#[test]
fn ids_and_the_order_of_a_batch_must_come_back_as_they_were_sent() {
    let _alone = tools::alone();
    let world = World::start();
    let gateway = world.gateway.rpc();
    let ids = ["1", "0", "-7", "12345678901234567890123", "1.50", "1e2", "\"abc\"", "\"\"", "null"];
    for id in ids {
        for method in ["eth_chainId", "eth_blockNumber", "eth_subscribe"] {
            let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":[]}}"#);
            assert_eq!(member(&answer(&gateway, &body), "id"), id, "{method}");
        }
    }
    let methods = ["eth_getBalance", "eth_chainId", "eth_noSuchMethod", "eth_getBlockByNumber"];
    let items: Vec<String> = (0..200)
        .map(|at| {
            let method = methods[at % 4];
            let params =
                if at % 4 == 0 { json!([WATCHED, "latest"]) } else { json!(["0x4", false]) };
            format!(r#"{{"jsonrpc":"2.0","id":"item-{at}","method":"{method}","params":{params}}}"#)
        })
        .collect();
    let body = format!("[{}]", items.join(","));
    let response = gateway.post(body.as_bytes()).expect("the batch is answered");
    let answers: Vec<Value> = serde_json::from_slice(&response.body).expect("an array");
    assert_eq!(answers.len(), 200);
    for (at, answer) in answers.iter().enumerate() {
        assert_eq!(answer["id"], format!("item-{at}"));
        assert_eq!(answer.get("error").is_some(), at % 4 == 2, "{answer}");
    }
}

#[test]
fn a_limit_that_is_passed_must_be_named() {
    let _alone = tools::alone();
    let world = World::start();
    let gateway = world.gateway.rpc();
    let item = r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}"#;
    let batch = format!("[{}]", vec![item; 1001].join(","));
    let (code, message) = error_of(&gateway, &batch);
    assert!(code == -32600 && message.contains("1000"), "{code} {message}");
    let full = format!("[{}]", vec![item; 1000].join(","));
    let response = gateway.post(full.as_bytes()).expect("a full batch is answered");
    let answers: Vec<Value> = serde_json::from_slice(&response.body).expect("an array");
    assert_eq!(answers.len(), 1000);
    let long =
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"x","params":["{}"]}}"#, "a".repeat(6 << 20));
    let (code, message) = error_of(&gateway, &long);
    assert!(code == -32600 && message.contains("5242880"), "{code} {message}");
    let nested = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let deep = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"eth_call","params":{nested}}}"#);
    let (code, message) = error_of(&gateway, &deep);
    assert!(matches!(code, -32700 | -32600) && message.contains("64"), "{code} {message}");
    assert_eq!(error_of(&gateway, "[]").0, -32600);
    assert_eq!(error_of(&gateway, "{\"jsonrpc\":").0, -32700);
}

#[test]
fn start_up_calls_must_be_answered_with_every_node_down() {
    let _alone = tools::alone();
    let world = World::start();
    for proxy in &world.proxies {
        proxy.set(Fault::Refuse);
    }
    let gateway = world.gateway.rpc();
    assert_eq!(gateway.call("eth_chainId", &json!([])).expect("it is known"), "0x7a69");
    assert_eq!(gateway.call("net_version", &json!([])).expect("it is known"), "31337");
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_getBalance",
        "params": [WATCHED, "latest"]});
    assert_eq!(error_of(&gateway, &body.to_string()).0, -32002);
    for proxy in &world.proxies {
        proxy.set(Fault::None);
    }
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while gateway.call("eth_blockNumber", &json!([])).is_err() {
        assert!(std::time::Instant::now() < deadline, "it does not come back");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_is_not_there_yet_must_be_said_to_be_missing() {
    let _alone = tools::alone();
    let world = World::start();
    let gateway = world.gateway.rpc();
    for method in [
        "eth_subscribe",
        "eth_unsubscribe",
        "eth_newFilter",
        "eth_newBlockFilter",
        "eth_newPendingTransactionFilter",
        "eth_getFilterChanges",
        "eth_getFilterLogs",
        "eth_uninstallFilter",
    ] {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": []});
        let (code, message) = error_of(&gateway, &body.to_string());
        assert!(code == -32601 && message.contains(method), "{code} {message}");
    }
}

#[test]
fn secrets_of_upstream_urls_must_never_show() {
    const SECRETS: [&str; 4] =
        ["path-key-7f3a", "query-key-91bc", "pass-word-55de", "dXNlcjpwYXNzLXdvcmQtNTVkZQ"];
    let _alone = tools::alone();
    let mut world = World::start();
    let upstreams: Vec<Upstream> = world
        .proxies
        .iter()
        .enumerate()
        .map(|(node, proxy)| {
            let url = format!(
                "http://user:pass-word-55de@{}/v2/path-key-7f3a?apikey=query-key-91bc",
                proxy.address()
            );
            Upstream::new(&testkit::world::name(node), &url)
        })
        .collect();
    world.gateway = Gateway::start(&World::plan(Duration::from_secs(1), upstreams));
    let gateway = &world.gateway;
    let read = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_getBalance",
        "params": [WATCHED, "latest"]});
    let mut seen = vec![gateway.rpc().post(read.to_string().as_bytes()).expect("an answer").text()];
    let body =
        format!("no key path-key-7f3a here, see http://{}/v2/path-key-7f3a", gateway.address);
    let leaky = Fault::Status { status: 503, retry_after: None, body };
    for fault in [Fault::Refuse, leaky, Fault::Hang, Fault::Html, Fault::CutBody] {
        for proxy in &world.proxies {
            proxy.set(fault.clone());
        }
        let response = gateway.rpc().post(read.to_string().as_bytes()).expect("an answer");
        seen.push(format!("{:?} {}", response.headers, response.text()));
        std::thread::sleep(Duration::from_millis(600));
        for path in ["/metrics", "/v1/chains/ethereum", "/readyz", "/"] {
            seen.push(gateway.get(path).expect("an answer").text());
        }
        for path in
            ["/", "/api/v2/summary.json", "/api/v2/incidents.json", "/api/v2/components.json"]
        {
            let response = http::get(gateway.status, path, Duration::from_secs(5));
            seen.push(response.expect("an answer").text());
        }
    }
    seen.push(gateway.log());
    for secret in SECRETS {
        let shown = seen.iter().find(|text| text.contains(secret));
        assert!(shown.is_none(), "{secret} is shown in: {}", shown.map_or("", String::as_str));
    }
}
