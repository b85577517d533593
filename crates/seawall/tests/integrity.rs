//! Real headers, roots and receipts through the gateway: what the practice world makes is what it proves.

use std::net::SocketAddr;

use gateway::Gateway;
use gateway::config::{AdmissionConfig, ChainConfig, ClientLimits, GatewayConfig, UpstreamConfig};
use gateway_core::{ChainSnapshot, State};
use practice::{Action, Lie, World, WorldOptions};
use runtime::client::{CallResponse, Client, Endpoint};
use runtime::http::HeaderMap;
use runtime::{clock, task};
use serde_json::{Value, json};
use units::Span;

/// The longest wait for anything; far beyond what a loaded machine needs.
const PATIENCE: Span = Span::from_secs(30);

fn gateway(world: &World) -> Gateway {
    let upstreams = world.nodes().into_iter().map(|node| {
        let http = Endpoint::parse(&node.url).expect("a URL");
        UpstreamConfig::new(&node.name, http, &node.operator)
    });
    let (id, block_time) = (world.chain_id(), world.block_time());
    let chain = ChainConfig {
        second_opinion_per_mille: 1_000,
        ..ChainConfig::new("practice", id, block_time, upstreams.collect())
    };
    let config = GatewayConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        workers: 1,
        limits: ClientLimits::default(),
        chains: vec![chain],
        admin_token: None,
        admission: AdmissionConfig::default(),
    };
    Gateway::start(config).expect("a free port")
}

fn snapshot(gateway: &Gateway) -> ChainSnapshot {
    gateway.snapshots().swap_remove(0).1
}

async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let give_up = clock::now().after(PATIENCE);
    while !holds() {
        assert!(clock::now() < give_up, "not within {PATIENCE}: {what}");
        clock::sleep(Span::from_millis(20)).await;
    }
}

async fn call(client: &Client, method: &str, params: Value) -> (CallResponse, Value) {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
    let response = client.post(body.into(), &HeaderMap::new(), PATIENCE).await.expect("an answer");
    let answer: Value = serde_json::from_slice(&response.body).expect("JSON");
    (response, answer["result"].clone())
}

/// Whether an answer came from the gateway's memory.
fn is_kept(response: &CallResponse) -> bool {
    let header = response.headers.get("x-seawall-cache");
    header.is_some_and(|value| value.as_bytes() == b"hit")
}

#[test]
fn true_blocks_are_proven_and_kept_and_a_forged_head_puts_its_node_out() {
    // A proof that fails on true blocks keeps all of them out of the memory, and one that is never made
    // lets a node show any header it likes.
    task::block_on(async {
        let options =
            WorldOptions { block_time: Span::from_millis(400), ..WorldOptions::default() };
        let world = World::start(options).expect("starts");
        let gateway = gateway(&world);
        let all_serve = || {
            let upstreams = snapshot(&gateway).upstreams;
            upstreams.iter().all(|upstream| upstream.state == State::Serving)
        };
        eventually("all serve", all_serve).await;
        let url = format!("http://{}", gateway.address());
        let client = Client::new(Endpoint::parse(&url).expect("a URL"), 1 << 22);
        let (_, head) = call(&client, "eth_getBlockByNumber", json!(["latest", true])).await;
        for (method, params) in [
            ("eth_getBlockByHash", json!([head["hash"], true])),
            ("eth_getBlockByHash", json!([head["hash"], false])),
            ("eth_getBlockReceipts", json!([head["hash"]])),
        ] {
            let (_, first) = call(&client, method, params.clone()).await;
            assert!(first.is_object() || first.is_array(), "{first}");
            // What is asked for once is not kept yet.
            let (_, second) = call(&client, method, params.clone()).await;
            let (again, third) = call(&client, method, params.clone()).await;
            assert_eq!((&first, &first), (&second, &third));
            assert!(is_kept(&again), "{method} {params} was not kept");
        }
        let honest = snapshot(&gateway);
        assert!(honest.upstreams.iter().all(|upstream| upstream.wrong_answers.is_empty()));
        assert_eq!(honest.opinions.different, 0);

        let liar = honest.upstreams[0].name.clone();
        let lie = Action::Lie(Lie::Head { blocks: 5 });
        world.apply(&liar, &lie).await.expect("lies");
        let is_out = || {
            let upstream = snapshot(&gateway).upstreams[0].clone();
            upstream.state == State::Quarantined
                && upstream.reason.contains("does not hash to its hash")
        };
        eventually("the liar is put out", is_out).await;
        world.apply(&liar, &Action::Heal).await.expect("is honest again");
        eventually("it is back", all_serve).await;
        gateway.stop();
    });
}
