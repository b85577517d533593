//! The practice world over real sockets: nodes that answer, fail and come back.

use practice::{Action, Garble, GarbleKind, Lie, NodeView, Scenario, World, WorldOptions};
use runtime::client::{CallError, CallResponse, Client, Endpoint};
use runtime::clock;
use runtime::http::{HeaderMap, HeaderValue, Limits, Listener, Request, StatusCode, serve};
use runtime::task;
use serde_json::{Value, json};
use std::sync::Arc;
use units::Span;

const PATIENCE: Span = Span::from_secs(5);

fn world() -> World {
    let options = WorldOptions { block_time: Span::from_millis(150), ..WorldOptions::default() };
    World::start(options).expect("starts")
}

fn node(world: &World, name: &str) -> NodeView {
    world.nodes().into_iter().find(|node| node.name == name).expect("a node of that name")
}

fn client(url: &str) -> Client {
    Client::new(Endpoint::parse(url).expect("a URL"), 1 << 20)
}

async fn post(client: &Client, method: &str, timeout: Span) -> Result<CallResponse, CallError> {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": []}).to_string();
    client.post(body.into(), &HeaderMap::new(), timeout).await
}

async fn head(client: &Client) -> u64 {
    let response = post(client, "eth_blockNumber", PATIENCE).await.expect("a response");
    let response: Value = serde_json::from_slice(&response.body).expect("JSON");
    let number = response["result"].as_str().expect("a quantity");
    u64::from_str_radix(number.trim_start_matches("0x"), 16).expect("hex")
}

/// Waits until a node's head is past `number`; fails where it does not get there.
async fn past(client: &Client, number: u64) -> u64 {
    let give_up = clock::now().after(PATIENCE);
    while clock::now() < give_up {
        let head = head(client).await;
        if head > number {
            return head;
        }
        clock::sleep(Span::from_millis(20)).await;
    }
    panic!("no block after {number} within {PATIENCE}");
}

#[test]
fn a_killed_node_refuses_connections_and_comes_back_on_its_port() {
    task::block_on(async {
        let world = world();
        let url = node(&world, "alpha").url;
        let kept_alive = client(&url);
        assert!(head(&kept_alive).await >= 24);
        world.apply("alpha", &Action::Kill).await.expect("killed");
        assert_eq!(node(&world, "alpha").fault, "killed");
        let refused = post(&client(&url), "eth_blockNumber", PATIENCE).await;
        assert!(matches!(refused, Err(CallError::Connect(_))), "{refused:?}");
        assert!(post(&kept_alive, "eth_blockNumber", PATIENCE).await.is_err());
        let bravo = client(&node(&world, "bravo").url);
        let ahead = past(&bravo, head(&bravo).await + 1).await;
        world.apply("alpha", &Action::Revive).await.expect("revived");
        assert!(head(&client(&url)).await + 1 >= ahead, "a revived node catches up at once");
    });
}

#[test]
fn a_hung_node_takes_requests_and_never_answers() {
    task::block_on(async {
        let world = world();
        let alpha = client(&node(&world, "alpha").url);
        world.apply("alpha", &Action::Hang).await.expect("hung");
        let outcome = post(&alpha, "eth_blockNumber", Span::from_millis(300)).await;
        assert!(matches!(outcome, Err(CallError::Timeout(_))), "{outcome:?}");
        world.apply("alpha", &Action::Heal).await.expect("healed");
        assert!(head(&alpha).await >= 24);
    });
}

#[test]
fn a_frozen_node_keeps_its_number_while_the_others_go_on() {
    task::block_on(async {
        let world = world();
        let (alpha, bravo) =
            (client(&node(&world, "alpha").url), client(&node(&world, "bravo").url));
        world.apply("alpha", &Action::Freeze).await.expect("frozen");
        let frozen = head(&alpha).await;
        past(&bravo, frozen + 2).await;
        assert_eq!(head(&alpha).await, frozen);
        world.heal_all().await.expect("healed");
        past(&alpha, frozen + 1).await;
    });
}

#[test]
fn garbled_answers_look_as_those_of_real_providers() {
    task::block_on(async {
        let world = world();
        let alpha = client(&node(&world, "alpha").url);
        let garble = |kind| Action::Garble(Garble { kind, percent: 100 });
        for (kind, status) in [
            (GarbleKind::Html, StatusCode::OK),
            (GarbleKind::Cut, StatusCode::OK),
            (GarbleKind::TooManyRequests, StatusCode::TOO_MANY_REQUESTS),
            (GarbleKind::InternalError, StatusCode::INTERNAL_SERVER_ERROR),
            (GarbleKind::Unavailable, StatusCode::SERVICE_UNAVAILABLE),
        ] {
            world.apply("alpha", &garble(kind)).await.expect("garbled");
            let response = post(&alpha, "eth_chainId", PATIENCE).await.expect("a response");
            assert_eq!(response.status, status);
            let limited = kind == GarbleKind::TooManyRequests;
            assert_eq!(response.headers.get("retry-after").is_some(), limited);
            assert_eq!(serde_json::from_slice::<Value>(&response.body).is_ok(), limited);
        }
        world.apply("alpha", &garble(GarbleKind::Html)).await.expect("garbled");
        world.apply("alpha", &Action::Lie(Lie::Balance)).await.expect("lies");
        assert_eq!(
            node(&world, "alpha").fault,
            "lies about balances, a web page in 100 % of answers"
        );
    });
}

/// Waits until `holds`; fails where that does not come.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let give_up = clock::now().after(PATIENCE);
    while !holds().await {
        assert!(clock::now() < give_up, "not {what} within {PATIENCE}");
        clock::sleep(Span::from_millis(20)).await;
    }
}

async fn hash_at(client: &Client, number: u64) -> Option<String> {
    let params = json!([format!("0x{number:x}"), false]);
    let body =
        json!({"jsonrpc": "2.0", "id": 1, "method": "eth_getBlockByNumber", "params": params});
    let response = client.post(body.to_string().into(), &HeaderMap::new(), PATIENCE).await;
    let response: Value =
        serde_json::from_slice(&response.expect("a response").body).expect("JSON");
    response["result"]["hash"].as_str().map(str::to_owned)
}

#[test]
fn a_split_leaves_most_nodes_on_a_branch_of_their_own_until_they_are_healed() {
    task::block_on(async {
        let world = world();
        let (alpha, delta) =
            (client(&node(&world, "alpha").url), client(&node(&world, "delta").url));
        let split = Scenario::parse("split", "client=keep&slow=1").expect("known").expect("reads");
        world.play(&split).expect("plays");
        until("parted", async || world.scene().is_some_and(|scene| scene.is_over)).await;
        let parted = world.nodes().iter().filter(|it| it.fault.contains("split branch")).count();
        assert_eq!(parted, 3);
        let number = head(&alpha).await.max(head(&delta).await) + 1;
        past(&alpha, number).await;
        past(&delta, number).await;
        let (bad, good) = (hash_at(&alpha, number).await, hash_at(&delta, number).await);
        assert!(bad.is_some() && good.is_some() && bad != good);
        world.heal_all().await.expect("healed");
        until("reorganised", async || hash_at(&alpha, number).await == good).await;
        assert!(world.nodes().iter().all(|node| node.fault == "healthy"));
    });
}

#[test]
fn a_storm_needs_a_gateway_and_an_unknown_node_is_named() {
    task::block_on(async {
        let world = world();
        let play = |name, query| {
            let scenario = Scenario::parse(name, query).expect("known").expect("reads");
            world.play(&scenario).expect_err("refused").to_string()
        };
        assert!(play("storm", "").contains("no gateway"));
        assert!(play("split", "nodes=alpha,zulu").contains("no node is named \"zulu\""));
        assert_eq!(world.scene(), None);
    });
}

#[test]
fn curl_and_the_page_can_break_and_heal_nodes() {
    task::block_on(async {
        let world = Arc::new(world());
        let listener = Listener::bind("127.0.0.1:0".parse().expect("an address")).expect("binds");
        let url = format!("http://{}", listener.address());
        let served = Arc::clone(&world);
        let handler = Arc::new(move |request: Request| {
            let world = Arc::clone(&served);
            async move { world.handle(request).await }
        });
        task::spawn(serve(listener, Limits::default(), handler, std::future::pending()));
        let send = async |path: &str, headers: &[(&'static str, &'static str)]| -> CallResponse {
            let client = client(&format!("{url}{path}"));
            let headers = headers.iter().map(|(name, value)| {
                (name.parse().expect("a name"), HeaderValue::from_static(value))
            });
            client.post("".into(), &headers.collect(), PATIENCE).await.expect("a response")
        };
        let done = send("/practice/nodes/alpha/slow?ms=1", &[]).await;
        assert_eq!(done.status, StatusCode::OK);
        let overview: Value = serde_json::from_slice(&done.body).expect("JSON");
        assert_eq!(overview["nodes"][0]["fault"], json!("slow by 1ms"));
        assert!(world.panel_html().contains("slow by 1ms"));

        let from_page =
            send("/practice/heal", &[("accept", "text/html,application/xhtml+xml")]).await;
        assert_eq!(from_page.status, StatusCode::SEE_OTHER);
        assert_eq!(from_page.headers.get("location"), Some("/"));
        assert_eq!(node(&world, "alpha").fault, "healthy");

        let foreign =
            send("/practice/nodes/alpha/kill", &[("origin", "http://evil.example")]).await;
        assert_eq!(foreign.status, StatusCode::FORBIDDEN);
        assert_eq!(send("/practice/nodes/zulu/kill", &[]).await.status, StatusCode::NOT_FOUND);
        let unknown = send("/practice/nodes/alpha/explode", &[]).await;
        assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
        assert!(String::from_utf8_lossy(&unknown.body).contains("freeze"));
        assert_eq!(send("/practice/split?slow=0", &[]).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(send("/practice/storm", &[]).await.status, StatusCode::CONFLICT);
        let list = client(&url).get("/practice", PATIENCE).await.expect("a response");
        let list: Value = serde_json::from_slice(&list.body).expect("JSON");
        assert_eq!(list["nodes"].as_array().map(Vec::len), Some(5));
    });
}
