//! What the gateway tells about itself: readiness, chains, metrics, and which path is which chain.

use serde_json::{Value, json};

use crate::support::{Act, CHAIN_ID, Node, World, chain, eventually, json};

#[test]
fn an_orchestrator_must_not_send_traffic_before_a_head_is_agreed() {
    let node = Node::start();
    node.on("eth_getBlockByNumber", Act::Hold);
    let world = World::with(vec![node], |_| {});
    assert_eq!(world.get("/healthz").status(), 200);
    let waiting = world.get("/readyz");
    assert_eq!(waiting.status(), 503);
    assert!(waiting.text().contains("testnet"), "{}", waiting.text());
    world.nodes[0].plainly("eth_getBlockByNumber");
    eventually("ready", || world.get("/readyz").status() == 200);
}

/// The names of an object's members, sorted.
fn members(object: &Value) -> Vec<&str> {
    object.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn tools_that_read_a_chains_state_rely_on_its_fields() {
    let world = World::of(3);
    eventually("all know the finalized block", || world.snapshot().finalized.is_some());
    let answer = world.get("/v1/chains/testnet");
    assert_eq!((answer.status(), answer.header("content-type")), (200, Some("application/json")));
    let chain = json(&answer);
    let designed = ["branches", "chain", "contested", "domains", "finalized", "fork", "head"];
    let designed = designed.into_iter().chain(["upstreams", "verdict"]);
    for name in designed {
        assert!(members(&chain).contains(&name), "{name} is missing in {chain}");
    }
    let head = json!({"number": 100, "hash": world.nodes[0].hash_of(100)});
    assert_eq!(chain["chain"], "testnet");
    assert_eq!(chain["verdict"], "healthy");
    assert_eq!(chain["head"], head);
    assert_eq!(chain["finalized"], json!({"number": 98, "hash": world.nodes[0].hash_of(98)}));
    assert_eq!(chain["fork"], Value::Null);
    assert_eq!(chain["domains"], 3);
    assert_eq!(chain["contested"], false);
    let branch = &chain["branches"][0];
    assert_eq!((&branch["head"], &branch["weight"]), (&head, &json!(3.0)));
    assert_eq!(branch["voters"], json!(["a", "b", "c"]));
    assert_eq!((&branch["standing"], &branch["first"]), (&json!("agreed"), &Value::Null));
    assert_eq!(chain["branches"].as_array().map(Vec::len), Some(1));
    let upstreams = chain["upstreams"].as_array().expect("a list");
    assert_eq!(upstreams.len(), 3);
    for (upstream, letter) in upstreams.iter().zip(["a", "b", "c"]) {
        assert_eq!(upstream["name"], letter);
        assert_eq!(upstream["state"], "serving");
        assert_eq!(upstream["head"], head);
        assert_eq!(upstream["client"], "scripted");
        assert_eq!(upstream["operator"], format!("operator-{letter}"));
        assert_eq!(upstream["cloud"], format!("cloud-{letter}"));
        assert!(upstream["reason"].is_string(), "{upstream}");
    }
}

#[test]
fn dashboards_and_alerts_rely_on_the_names_of_metrics() {
    let world = World::with(vec![Node::start(), Node::start()], |config| {
        config.chains[0].upstreams[0].quota.per_second = Some(1_000);
    });
    world.await_serving();
    let quota = json(&world.get("/v1/chains/testnet"))["upstreams"][0]["quota"].clone();
    assert_eq!((&quota["second_limit"], &quota["learned"]), (&json!(1_000), &json!(false)));
    assert!(quota["day_used"].as_u64().is_some_and(|used| used > 3), "probes count: {quota}");
    assert_eq!(world.call("eth_call", r#"[{},"latest"]"#).status(), 200);
    let metrics = world.get("/metrics");
    assert_eq!(metrics.status(), 200);
    assert!(metrics.header("content-type").is_some_and(|of| of.contains("openmetrics-text")));
    let text = metrics.text();
    for line in [
        r#"seawall_gateway_calls_total{chain="testnet",class="execution",outcome="answered"} 1"#,
        r#"seawall_gateway_call_duration_seconds_count{chain="testnet",class="execution"} 1"#,
        r#"seawall_gateway_events_since_start{chain="testnet",kind="answered"} 1"#,
        r#"seawall_gateway_head_number{chain="testnet"} 100"#,
        r#"seawall_gateway_finalized_number{chain="testnet"} "#,
        r#"seawall_gateway_domains_serving{chain="testnet"} 2"#,
        r#"seawall_gateway_verdict{chain="testnet",kind="healthy"} 1"#,
        r#"seawall_gateway_alarms{chain="testnet",kind="name_fails"} 0"#,
        r#"seawall_gateway_alarms{chain="testnet",kind="version_majority"} "#,
        r#"seawall_gateway_alarms{chain="testnet",kind="last_domain"} 0"#,
        r#"seawall_gateway_upstream_quota_used{chain="testnet",upstream="a",per="day"} "#,
        r#"seawall_gateway_upstream_quota_limit{chain="testnet",upstream="a",per="second"} 1000"#,
        r#"seawall_gateway_upstream_state{chain="testnet",upstream="a",state="serving"} 1"#,
        r#"seawall_gateway_upstream_state{chain="testnet",upstream="a",state="rejected"} 0"#,
        r#"seawall_gateway_upstream_head_number{chain="testnet",upstream="b"} 100"#,
        r#"seawall_gateway_upstream_calls_since_start{chain="testnet",upstream="a"} "#,
        r#"seawall_gateway_upstream_failures_since_start{chain="testnet",upstream="a"} 0"#,
        r#"seawall_gateway_upstream_version{chain="testnet",upstream="a",client="scripted",version="Scripted/v1.2.3"} 1"#,
        "# EOF",
    ] {
        assert!(text.lines().any(|found| found.starts_with(line)), "{line} is not in\n{text}");
    }
    assert_eq!(world.gateway().metrics().lines().count(), text.lines().count());
}

#[test]
fn an_upstream_that_was_upgraded_must_not_show_both_versions() {
    let world = World::of(1);
    world.get("/metrics");
    let of_old = |text: &str| text.contains("Scripted/v1.2.3");
    assert!(of_old(&world.get("/metrics").text()));
    world.nodes[0].on("web3_clientVersion", Act::result(r#""Scripted/v2.0.0""#));
    // The identity is asked for again after an absence.
    world.nodes[0].on("eth_getBlockByNumber", Act::Http(500, None, String::new()));
    eventually("the new version is shown", || {
        world.get("/metrics").text().contains("Scripted/v2.0.0")
    });
    assert!(!of_old(&world.get("/metrics").text()));
}

#[test]
fn a_path_must_lead_to_its_chain_and_to_no_other() {
    let world = World::of(1);
    let by_id = format!("/{CHAIN_ID}");
    let head = |path: &str| {
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}"#;
        let answer = world.post_to(path, &[], body);
        (answer.status(), json(&answer))
    };
    let expected = json!({"jsonrpc": "2.0", "id": 1, "result": format!("{CHAIN_ID:#x}")});
    for path in ["/", "/testnet", "/testnet/", &by_id] {
        assert_eq!(head(path), (200, expected.clone()), "{path}");
    }
    assert_eq!(json(&world.get("/"))["chain"], "testnet");
    assert_eq!(json(&world.get("/v1/chains/"))["chains"], json!(["testnet"]));
    for path in ["/mainnet", "/1", "/testnet/more"] {
        let (status, answer) = head(path);
        // Every client reads the error member as an object with a code and a message.
        assert_eq!((status, &answer["error"]["code"]), (404, &json!(-32600)), "{path}");
        let words = answer["error"]["message"].as_str().expect("a message");
        assert!(words.contains("testnet"), "{words}");
        let page = world.get(path);
        assert_eq!((page.status(), &json(&page)["chains"]), (404, &json!(["testnet"])));
    }
    assert_eq!(world.get("/v1/chains/mainnet").status(), 404);
}

#[test]
fn with_two_chains_the_root_must_not_pick_one() {
    let nodes = vec![Node::start(), Node::start()];
    nodes[1].set_chain_id(1_000_000);
    let urls: Vec<String> = nodes.iter().map(Node::url).collect();
    let world = World::with(nodes, |config| {
        config.chains =
            vec![chain("one", CHAIN_ID, &urls[..1]), chain("two", 1_000_000, &urls[1..])];
    });
    eventually("ready", || world.get("/readyz").status() == 200);
    let id = |path: &str| {
        let answer = world.post_to(path, &[], r#"{"id":1,"method":"eth_chainId"}"#);
        (answer.status(), json(&answer)["result"].clone())
    };
    assert_eq!(id("/"), (404, Value::Null));
    assert_eq!(id("/one"), (200, json!(format!("{CHAIN_ID:#x}"))));
    assert_eq!(id("/two"), (200, json!("0xf4240")));
    assert_eq!(id("/1000000"), (200, json!("0xf4240")));
    assert_eq!(json(&world.get("/"))["chains"], json!(["one", "two"]));
}

#[test]
fn a_page_in_a_browser_may_call_and_reads_our_headers() {
    let world = World::of(1);
    let options =
        testkit::http::Connection::open(world.address(), std::time::Duration::from_secs(20))
            .and_then(|mut client| client.exchange("OPTIONS", "/", &[("connection", "close")], b""))
            .expect("an answer");
    assert_eq!(options.status(), 204);
    let answer = world.call("eth_chainId", "[]");
    for message in [&options, &answer] {
        assert_eq!(message.header("access-control-allow-origin"), Some("*"));
        let exposed = message.header("access-control-expose-headers").unwrap_or_default();
        assert!(exposed.contains("x-seawall-upstream"), "{exposed}");
    }
}
