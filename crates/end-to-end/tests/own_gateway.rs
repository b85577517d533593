//! A gateway of the user's own in the place of ours, as docs/drills/your-own.md shows it: here a naive round robin.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use practice::{World, WorldOptions};
use runtime::client::{Client, Endpoint};
use runtime::http::{HeaderMap, KillableServer, Limits, Listener, Request, Response, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use testkit::{gateway, tools};
use units::Span;

/// Ports that a drill's providers and nodes may take, from the first one on.
const PORTS: u16 = 12;
/// How long the round robin waits for a provider.
const PATIENCE: Span = Span::from_secs(2);

fn seawall(arguments: &[&str]) -> Output {
    let mut command = Command::new(gateway::binary());
    command.arg("drill").args(arguments).output().expect("the binary must start")
}

/// The first of so many ports that are free.
fn free_ports() -> u16 {
    let is_free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    for _ in 0..1_000 {
        let first = tools::free_address().port();
        if (first..first + PORTS).all(is_free) {
            return first;
        }
    }
    panic!("there are no {PORTS} free ports in a row")
}

/// Takes the providers in turn, whatever they answer.
fn round_robin(providers: &[String]) -> (KillableServer, SocketAddr) {
    let client = |url: &String| Client::new(Endpoint::parse(url).expect("a URL"), 4 << 20);
    let clients: Arc<Vec<Client>> = Arc::new(providers.iter().map(client).collect());
    let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("a port");
    let address = listener.address();
    let next = Arc::new(AtomicUsize::new(0));
    let handler = move |mut request: Request| {
        let (clients, nth) = (Arc::clone(&clients), next.fetch_add(1, Ordering::Relaxed));
        async move {
            let Ok(body) = request.body().await else {
                return Response::empty(StatusCode::BAD_REQUEST);
            };
            let client = &clients[nth % clients.len()];
            match client.post(body, &HeaderMap::new(), PATIENCE).await {
                Ok(answer) => Response::json(answer.status, answer.body),
                Err(_lost) => Response::empty(StatusCode::BAD_GATEWAY),
            }
        }
    };
    let server =
        KillableServer::start("round-robin", listener, Limits::default(), Arc::new(handler));
    (server, address)
}

/// Runs a drill's short form against a round robin beside Seawall with its defences on.
fn drilled(name: &str) -> Value {
    // The ports are free for as long as nobody else looks for some, and the callers' time is measured.
    let _alone = tools::alone();
    let folder = TempDir::new().expect("the system must give a temporary folder");
    let first = free_ports().to_string();
    let listed = seawall(&["providers", name, "--providers-at", &first]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let urls = listed.split_whitespace().filter(|word| word.starts_with("http://"));
    let urls: Vec<String> = urls.map(str::to_owned).collect();
    assert!(urls.len() > 1, "{listed}");
    let (_server, address) = round_robin(&urls);
    let json = folder.path().join("all.json");
    let target = format!("http://{address}");
    let output = seawall(&[
        "run",
        name,
        "--short",
        "--defence",
        "on",
        "--target",
        &target,
        "--providers-at",
        &first,
        "--settle",
        "1",
        "--json",
        &json.display().to_string(),
    ]);
    let said = String::from_utf8_lossy(&output.stdout);
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{why}");
    assert!(said.contains("yours") && said.contains(&urls[0]), "{said}");
    let text = fs::read_to_string(&json).expect("what came of the drill must be written");
    serde_json::from_str(&text).expect("JSON")
}

/// A figure of a case; null where the case has none.
fn figure(drilled: &Value, case: &str, id: &str) -> Value {
    let mut cases = drilled["cases"].as_array().into_iter().flatten();
    let case = cases.find(|it| it["id"] == case);
    case.map(|case| case["outcome"]["figures"][id].clone()).unwrap_or_default()
}

#[test]
fn a_round_robin_fails_with_its_providers_where_seawall_does_not() {
    // An SRE who drills what he runs has to see its damage, beside ours and counted alike; and no figure of it that
    // nobody could have measured.
    let drilled = drilled("arb-rpc");
    let failed = |case: &str| figure(&drilled, case, "failed").as_f64().expect("it is counted");
    let (yours, ours) = (failed("target"), failed("on"));
    assert!(yours > 50.0 && yours > 3.0 * ours, "{yours} failed of yours, and {ours} of ours");
    assert_eq!(figure(&drilled, "target", "blind_seconds"), Value::Null);
    assert!(figure(&drilled, "on", "blind_seconds").is_number());
}

#[test]
fn a_round_robin_serves_both_chains_where_seawall_does_not() {
    // The other kind of drill: its world, and not its providers, has fixed ports and is judged by.
    let drilled = drilled("chainsplit");
    let wrong = |case: &str| figure(&drilled, case, "wrong_chain").as_f64().expect("it is counted");
    let (yours, ours) = (wrong("target"), wrong("on"));
    assert!(
        yours > 5.0 && yours > 3.0 * ours,
        "{yours} answers of yours were wrong, {ours} of ours"
    );
}

#[test]
fn what_cannot_be_drilled_is_said_before_anything_runs() {
    // A stranger's endpoint must not be flooded for a slip, and nobody is to wait for a drill that cannot be.
    let market = seawall(&["run", "usde", "--short", "--target", "http://127.0.0.1:1"]);
    let why = String::from_utf8_lossy(&market.stderr);
    assert_eq!(market.status.code(), Some(2), "{why}");
    assert!(why.contains("usde takes no --target") && why.contains("arb-rpc"), "{why}");
    let other = seawall(&["run", "arb-rpc", "--short", "--target", "https://rpc.example.com/v2"]);
    let why = String::from_utf8_lossy(&other.stderr);
    assert_eq!(other.status.code(), Some(2), "{why}");
    assert!(why.contains("--confirm rpc.example.com"), "{why}");
    let mix = seawall(&["run", "mix", "--target", "http://127.0.0.1:1"]);
    let why = String::from_utf8_lossy(&mix.stderr);
    assert_eq!(mix.status.code(), Some(2), "{why}");
    assert!(why.contains("drill run mix takes no --target"), "{why}");
}

#[test]
fn a_node_of_its_own_chain_is_no_gateway_of_the_drills_providers() {
    // It has the number of the drill's chain, as every node for development: it would get a column without a fault.
    let options = WorldOptions { block_time: Span::from_secs(3), ..WorldOptions::default() };
    let world = World::start(options).expect("nodes must start");
    let nodes = world.nodes();
    let node = nodes.first().expect("there is a node").url.trim_end_matches('/').to_owned();
    let _alone = tools::alone();
    let first = free_ports().to_string();
    let output = seawall(&[
        "run",
        "arb-rpc",
        "--short",
        "--defence",
        "on",
        "--target",
        &node,
        "--settle",
        "0",
        "--providers-at",
        &first,
    ]);
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{why}");
    assert!(why.contains("but not from the drill's providers"), "{why}");
    assert!(why.contains(&format!("http://127.0.0.1:{first}")), "{why}");
}
