//! What an upstream answers reaches the client as it was written, but for the id.

use crate::support::{Act, World, call};

fn check(world: &World, template: &str) {
    world.nodes[0].on("eth_call", Act::Body(template.to_owned()));
    let body = call(1, "eth_call", r#"[{},"latest"]"#).replace(r#""id":1"#, r#""id":"mine""#);
    let answer = world.post(&body);
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text(), template.replace("$ID", r#""mine""#));
    assert_eq!(answer.header("x-seawall-upstream"), Some("a"));
    assert_eq!(answer.header("x-seawall-attempts"), Some("1"));
}

#[test]
fn results_and_errors_keep_every_byte() {
    let world = World::of(1);
    for template in [
        r#"{"jsonrpc":"2.0","id":$ID,"result":"0x01"}"#,
        "\n{ \"result\" : { \"b\" : 1, \"a\":[ 2.50,1e400 , {} ] } ,\t\"id\" :$ID, \"jsonrpc\":\"2.0\" }\r\n",
        r#"{"id":$ID,"result":"été \u00e9 \ud83d\ude00","jsonrpc":"2.0","extra":{"id":7}}"#,
        r#"{"jsonrpc":"2.0","id":$ID,"result":null}"#,
        // A revert: its data is what the client shows, and no other node would say otherwise.
        r#"{"jsonrpc":"2.0","id":$ID,"error":{"code":3,"message":"execution reverted: no","data":"0x08c379a00000000000000000"}}"#,
        r#"{"error":{"data":{"why":[1]},"message":"gas required exceeds allowance (0)","code":-32000},"id":$ID}"#,
        r#"{"jsonrpc":"2.0","id":$ID,"error":{"code":-32602,"message":"missing value for required argument 1"}}"#,
    ] {
        check(&world, template);
    }
}

#[test]
fn a_large_result_keeps_every_byte() {
    let world = World::of(1);
    let items = vec![r#"{"address":"0x00","data":"0x"}"#; 60_000].join(", ");
    check(&world, &format!(r#"{{"jsonrpc":"2.0","id":$ID,"result":[{items}]}}"#));
}
