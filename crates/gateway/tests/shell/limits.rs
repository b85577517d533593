//! What is over a limit gets a JSON-RPC error that says which.

use testkit::http::Message;

use crate::support::{Node, World, call, json};

fn world() -> World {
    let world = World::with(vec![Node::start()], |config| {
        config.limits.body_bytes = 4_000;
        config.limits.batch_items = 3;
        config.limits.depth = 8;
    });
    world.await_serving();
    world
}

fn check(answer: &Message, status: u16, words: &[&str]) {
    assert_eq!(answer.status(), status, "{}", answer.text());
    let error = json(answer)["error"].clone();
    assert_eq!(error["code"], -32600, "{error}");
    let message = error["message"].as_str().expect("a message");
    for word in words {
        assert!(message.contains(word), "{message} does not say {word}");
    }
}

#[test]
fn a_client_over_a_limit_must_learn_which() {
    let world = world();
    let one = call(1, "eth_chainId", "[]");
    check(&world.post(&format!("[{one},{one},{one},{one}]")), 200, &["batch", "3"]);
    assert_eq!(world.post(&format!("[{one},{one},{one}]")).status(), 200);

    let long = call(1, "eth_chainId", &format!(r#"["{}"]"#, "x".repeat(4_000)));
    check(&world.post(&long), 413, &["body", "4000 bytes"]);

    let deep = call(1, "eth_chainId", &format!("{}{}", "[".repeat(9), "]".repeat(9)));
    check(&world.post(&deep), 200, &["nested", "8"]);

    let key = "k".repeat(20_000);
    check(&world.post_to("/", &[("x-padding", &key)], &one), 431, &["head", "16384 bytes"]);
    let path = format!("/?{key}");
    check(&world.post_to(&path, &[], &one), 431, &["head", "16384 bytes"]);
    // Nothing of it went to an upstream.
    assert!(world.nodes[0].seen("eth_call").is_empty());
}

#[test]
fn a_long_method_name_must_not_come_back_at_full_length() {
    let world = world();
    let name = "m".repeat(3_000);
    world.nodes[0].on(&name, crate::support::Act::Http(500, None, String::new()));
    let answer = world.post(&call(1, &name, "[]"));
    assert_eq!(answer.status(), 503);
    assert!(answer.body.len() < 1_000, "{}", answer.text());
}
