//! Keys in the URLs of upstreams stay inside.

use crate::support::{Act, Node, World, eventually};

/// As long as the shortest keys of providers.
const KEY: &str = "s3cret01234567890123";

const SEND: &str = "eth_sendRawTransaction";

#[test]
fn a_providers_key_must_show_nowhere() {
    let nodes = vec![Node::start(), Node::start()];
    let urls: Vec<String> = nodes
        .iter()
        .map(|node| format!("http://{KEY}:{KEY}@{}/v2/{KEY}?key={KEY}", node.address))
        .collect();
    let mut world = World::with(nodes, |config| {
        for (upstream, url) in config.chains[0].upstreams.iter_mut().zip(&urls) {
            upstream.http = runtime::client::Endpoint::parse(url).expect("a URL");
            upstream.ws =
                Some(runtime::client::Endpoint::parse(&url.replace("http", "ws")).expect("a URL"));
        }
    });
    world.await_serving();
    let mut shown = String::new();
    let mut ask = |world: &World| {
        for method in ["eth_call", SEND] {
            let answer = world.call(method, r#"["0x00","latest"]"#);
            shown.push_str(&format!("{:?}{}", answer.headers, answer.text()));
        }
        for path in ["/", "/v1/chains/testnet", "/metrics", "/readyz", "/nowhere"] {
            shown.push_str(&world.get(path).text());
        }
        shown.push_str(&format!("{:?}{:?}", world.gateway().events(), world.gateway()));
    };
    ask(&world);
    let seen = world.nodes[0].seen("eth_chainId");
    assert_eq!(seen[0].target, format!("/v2/{KEY}?key={KEY}"), "the provider gets its key");
    assert!(seen[0].authorization.is_some());
    // Providers repeat the path in their pages, and the key in their errors.
    let page = format!("<pre>Cannot POST /v2/{KEY}?key={KEY}</pre>");
    let words = |words: &str| Act::error(&format!(r#"{{"code":-32000,"message":"{words}{KEY}"}}"#));
    for act in [
        Act::Http(401, None, page.clone()),
        Act::Http(500, None, page),
        words("invalid project id "),
        words("nothing at /v2/"),
    ] {
        for method in ["eth_call", SEND, "eth_getBlockByNumber", "eth_chainId"] {
            world.nodes.iter().for_each(|node| node.on(method, act.clone()));
        }
        let unreachable =
            |world: &World| world.get("/v1/chains/testnet").text().contains("unreachable");
        eventually("the fault is noticed", || unreachable(&world));
        ask(&world);
    }
    world.nodes.iter_mut().for_each(Node::kill);
    ask(&world);
    assert!(!shown.contains(KEY), "{shown}");
}
