//! Anvils of one genesis that part for good: each side makes other blocks, with other balances in them.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::gateway::{Gateway, Plan, Upstream};
use crate::node::Node;
use crate::proxy::Proxy;
use crate::rpc::{self, Rpc};
use crate::tools;

/// The account whose balance tells the branches apart, in wei.
pub const WATCHED: &str = "0x0000000000000000000000000000000000051de5";

/// Blocks that all share before anything parts.
pub const SHARED: u64 = 5;

/// The base fee of every block, so that blocks come out the same after a rollback too.
const BASE_FEE: &str = "0x3b9aca00";

/// One client, as it signs `web3_clientVersion`, and who runs it.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    /// Who runs it.
    pub operator: &'static str,
    /// What it says it is.
    pub version: &'static str,
}

/// The nodes, a proxy before each, and a gateway over those.
#[derive(Debug)]
pub struct Split {
    /// The gateway. It is first, so that it ends first.
    pub gateway: Gateway,
    /// The proxy before each node.
    pub proxies: Vec<Proxy>,
    nodes: Vec<Node>,
    /// The time of the genesis block, in seconds.
    genesis: u64,
    /// For each node the balance that each of its blocks set, by number from 1.
    histories: Vec<Vec<u64>>,
}

impl Split {
    /// Starts a node for each client, lets them share [`SHARED`] blocks in which the balance is 1, and starts
    /// the gateway with these lines under `[[gateway.chain]]`.
    ///
    /// # Panics
    /// Where a tool is missing or something does not start.
    #[must_use]
    pub fn start(clients: &[Client], block_time: Duration, chain_lines: &str) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let genesis = now - 100_000;
        let addresses: Vec<SocketAddr> = clients.iter().map(|_| tools::free_address()).collect();
        let nodes: Vec<Node> =
            addresses.iter().map(|address| Node::anvil(*address, genesis)).collect();
        let proxies: Vec<Proxy> = addresses.iter().map(|address| Proxy::to(*address)).collect();
        let mut upstreams = Vec::new();
        for (index, (client, proxy)) in clients.iter().zip(&proxies).enumerate() {
            proxy.set_client_version(Some(client.version));
            let mut upstream = Upstream::new(&format!("node-{index}"), &proxy.url());
            client.operator.clone_into(&mut upstream.operator);
            upstreams.push(upstream);
        }
        let mut histories = vec![Vec::new(); nodes.len()];
        for (node, history) in nodes.iter().zip(&mut histories) {
            (0..SHARED).for_each(|_| make(&node.rpc, genesis, history, 1));
        }
        let plan = Plan {
            block_time,
            upstreams,
            gateway_lines: String::new(),
            chain_lines: chain_lines.to_owned(),
        };
        let gateway = Gateway::start(&plan);
        Self { gateway, proxies, nodes, genesis, histories }
    }

    /// Makes the next block on each of these nodes; the watched account has this balance in it. Nodes with the
    /// same history come to the same block.
    pub fn make(&mut self, nodes: &[usize], balance: u64) {
        for index in nodes {
            make(&self.nodes[*index].rpc, self.genesis, &mut self.histories[*index], balance);
        }
    }

    /// Lets a node leave its branch for that of another node.
    ///
    /// # Panics
    /// Where a node does not answer.
    pub fn go_over(&mut self, node: usize, to: usize) {
        let wanted = self.histories[to].clone();
        let history = &mut self.histories[node];
        let shared = history.iter().zip(&wanted).take_while(|(a, b)| a == b).count();
        let depth = history.len() - shared;
        let rpc = &self.nodes[node].rpc;
        if depth > 0 {
            rpc.call("anvil_rollback", &json!([depth])).expect("anvil rolls back");
        }
        history.truncate(shared);
        for balance in &wanted[shared..] {
            make(rpc, self.genesis, history, *balance);
        }
        assert_eq!(self.head(node), self.head(to), "node {node} does not come to the same block");
    }

    /// The URL of a node, past its proxy.
    #[must_use]
    pub fn url(&self, node: usize) -> String {
        format!("http://{}", self.nodes[node].rpc.address())
    }

    /// The number and hash of a node's head.
    ///
    /// # Panics
    /// Where the node does not answer.
    #[must_use]
    pub fn head(&self, node: usize) -> (u64, String) {
        let block = self.nodes[node].rpc.call("eth_getBlockByNumber", &json!(["latest", false]));
        let block = block.expect("anvil answers");
        let number = rpc::quantity(&block["number"]).and_then(|number| u64::try_from(number).ok());
        (number.expect("a number"), block["hash"].as_str().unwrap_or_default().to_owned())
    }

    /// The hash that a node has at a height.
    ///
    /// # Panics
    /// Where the node does not answer.
    #[must_use]
    pub fn hash_at(&self, node: usize, number: u64) -> String {
        let asked = json!([rpc::hex(number), false]);
        let block = self.nodes[node].rpc.call("eth_getBlockByNumber", &asked);
        block.expect("anvil answers")["hash"].as_str().unwrap_or_default().to_owned()
    }
}

fn make(rpc: &Rpc, genesis: u64, history: &mut Vec<u64>, balance: u64) {
    let call = |method: &str, params: serde_json::Value| {
        rpc.call(method, &params).unwrap_or_else(|why| panic!("{method}: {why}"));
    };
    history.push(balance);
    let timestamp = genesis + 12 * u64::try_from(history.len()).unwrap_or(0);
    call("anvil_setBalance", json!([WATCHED, rpc::hex(balance)]));
    call("anvil_setNextBlockBaseFeePerGas", json!([BASE_FEE]));
    call("evm_mine", json!([{"timestamp": timestamp}]));
}
