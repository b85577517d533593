//! Practice nodes that are themselves the providers of a drill.

use incident::Scene;
use practice::{World, WorldOptions};
use runtime::client::CallResponse;
use serde_json::Value;

use super::listen_at;
use crate::part::Places;

/// What the gateway says of an answer that came from an upstream: which one it was.
const BY_NODE: &str = "x-seawall-upstream";
/// What a node says of a transaction that cannot be paid for, which tells its answer from another gateway's own.
const UNPAID: &str = "insufficient funds";

/// Starts nodes where the user's gateway has been told of them, or at any free addresses, with the scene's seed. Their
/// names are the places that their addresses stand for.
///
/// # Errors
/// Where they cannot be started.
pub(crate) fn nodes(scene: &Scene<'_>, options: WorldOptions) -> Result<(World, Places), String> {
    let first = listen_at(scene, 0)?;
    let options =
        WorldOptions { seed: scene.seed, bind: first.ip(), first_port: first.port(), ..options };
    let world = World::start(options).map_err(|error| error.to_string())?;
    let places = world.nodes().into_iter().fold(Places::default(), |places, node| {
        let address = node.url.trim_start_matches("http://").trim_end_matches('/');
        places.with(&node.name, address)
    });
    Ok((world, places))
}

/// Whether an answer to a transaction is a node's, as far as it does not bring a result. Seawall's gateway names the
/// node; of another one's answers those count that only a node gives.
pub(crate) fn is_of_node(answer: &CallResponse, said: &Value) -> bool {
    let error = said.pointer("/error/message").and_then(Value::as_str);
    answer.headers.get(BY_NODE).is_some() || error.is_some_and(|error| error.contains(UNPAID))
}
