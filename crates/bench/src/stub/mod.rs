//! A stand-in for a node: speaks JSON-RPC well enough for the gateway to trust it, and answers at once.

mod answer;
mod chain;

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use runtime::http::{Limits, Listener, Request, Response, StatusCode, serve};
use runtime::{clock, task};

pub(crate) use answer::CHAIN_ID;
use answer::Node;
pub(crate) use chain::{BLOCK_TIME_SECS, FIRST_HEAD};

use crate::say;

/// Serves every address until the process is ended. The last one fails every call that is no probe.
pub(crate) fn run(addresses: &[&str]) -> Result<()> {
    let Some(last) = addresses.len().checked_sub(1) else {
        bail!("stub: say at which addresses");
    };
    let now = clock::unix_time().as_secs();
    let node = Arc::new(Node::new(chain::StubChain::new(now, FIRST_HEAD)));
    task::block_on(async {
        let mut servers = Vec::new();
        for (index, address) in addresses.iter().enumerate() {
            let address = address.parse().with_context(|| format!("{address} is no address"))?;
            let listener = Listener::bind(address)?;
            let (node, sick) = (Arc::clone(&node), index == last);
            let handler = move |request: Request| answer(Arc::clone(&node), sick, request);
            let limits = Limits { connections: 16_384, ..Limits::default() };
            let serving = serve(listener, limits, Arc::new(handler), std::future::pending());
            servers.push(task::spawn(serving));
        }
        say("ready");
        for server in servers {
            server.await?;
        }
        Ok(())
    })
}

async fn answer(node: Arc<Node>, sick: bool, mut request: Request) -> Response {
    let Ok(body) = request.body().await else {
        return Response::empty(StatusCode::BAD_REQUEST);
    };
    let call = answer::read(&body);
    if sick && !call.is_probe() {
        return Response::text(StatusCode::INTERNAL_SERVER_ERROR, "out of order\n");
    }
    Response::json(StatusCode::OK, node.answer(&call, clock::unix_time().as_secs()))
}
