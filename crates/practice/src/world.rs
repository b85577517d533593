//! The world's shell: threads, sockets and the clock around the pure network.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use runtime::client::Endpoint;
use runtime::http::{ListenError, Listener};
use runtime::task::sync::watch;
use runtime::{clock, task};
use units::Span;

use crate::action::Action;
use crate::chain::MarkSource;
use crate::network::{Finality, Network, NetworkOptions, Split};
use crate::nodes::{ActionError, NodeSpec, NodeView, Nodes};
use crate::scenario::{Scenario, Scene};
use crate::shared::Shared;
use crate::stage::Stage;

/// What a world is made from.
#[derive(Clone, Debug)]
pub struct WorldOptions {
    /// The chain's id; 31337 by default, which development tools know.
    pub chain_id: u64,
    /// The span between blocks; two seconds by default. Timestamps are whole seconds and always
    /// rise, so under one second they run ahead of the clock.
    pub block_time: Span,
    /// The nodes; five under five operators in four clouds by default.
    pub nodes: Vec<NodeSpec>,
    /// The address to listen on; loopback by default.
    pub bind: IpAddr,
    /// The first node's port, the others follow; 0 takes any free ones.
    pub first_port: u16,
    /// The seed of everything random in the world.
    pub seed: u64,
    /// Where the prices of pools and exchange rates on the chain come from; without it there are none.
    pub marks: Option<Arc<dyn MarkSource>>,
}

impl Default for WorldOptions {
    fn default() -> Self {
        // Invented operators; the versions are of releases that existed side by side.
        let nodes = [
            ("alpha", "northwind", "aws/us-east-1", "Geth/v1.16.4-stable/linux-amd64/go1.24.7"),
            (
                "bravo",
                "harbour",
                "hetzner/fsn1",
                "Nethermind/v1.33.1+f2ca9f31/linux-x64/dotnet9.0.9",
            ),
            (
                "charlie",
                "meridian",
                "gcp/europe-west4",
                "besu/v25.9.0/linux-x86_64/openjdk-java-21",
            ),
            ("delta", "breakwater", "ovh/gra", "erigon/3.1.0/linux-amd64/go1.24.7"),
            ("echo", "self", "hetzner/fsn1", "reth/v1.8.2-9c30bf7/x86_64-unknown-linux-gnu"),
        ];
        let spec = |(name, operator, cloud, client): (&str, &str, &str, &str)| NodeSpec {
            name: name.to_owned(),
            operator: operator.to_owned(),
            cloud: cloud.to_owned(),
            client_version: client.to_owned(),
        };
        Self {
            chain_id: 31_337,
            block_time: Span::from_secs(2),
            nodes: nodes.map(spec).into(),
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            first_port: 0,
            seed: 1,
            marks: None,
        }
    }
}

/// Why a world cannot start.
#[derive(Debug, thiserror::Error)]
pub enum PracticeError {
    /// There is nothing to run.
    #[error("a practice world needs at least one node")]
    NoNodes,
    /// A name does not do for URLs, or two nodes have it.
    #[error(
        "node name {0:?} must be of lower-case letters, digits and dashes, and the only one of its kind"
    )]
    Name(String),
    /// The ports run past the last one.
    #[error("ports for all nodes starting at {0} do not exist, the last port is 65535")]
    Ports(u16),
    /// A node cannot listen.
    #[error("node {name} cannot start")]
    Listen {
        /// The node's name.
        name: String,
        /// What the system said.
        #[source]
        source: ListenError,
    },
}

/// A running practice world. Dropping it ends its nodes.
#[derive(Debug)]
pub struct World {
    options: WorldOptions,
    nodes: Arc<Nodes>,
    stage: Stage,
    /// Dropped with the world, which ends the driver.
    _running: watch::Sender<()>,
}

impl World {
    /// Starts the nodes and the making of blocks. Some blocks exist from the start, so that there
    /// is a finalized one.
    ///
    /// # Errors
    /// Where there is no node, a name does not do, or a port cannot be had.
    pub fn start(options: WorldOptions) -> Result<Self, PracticeError> {
        check_names(&options.nodes)?;
        let listeners = listen(&options)?;
        let network = Network::new(NetworkOptions {
            chain_id: options.chain_id,
            block_time: options.block_time.max(Span::from_millis(1)),
            seed: options.seed,
            client_versions: options.nodes.iter().map(|node| node.client_version.clone()).collect(),
            unix_seconds: clock::unix_time().as_secs(),
            start: clock::now(),
            marks: options.marks.clone(),
        });
        let shared = Arc::new(Shared::new(network));
        let nodes = Arc::new(Nodes::start(options.nodes.clone(), listeners, Arc::clone(&shared)));
        let (running, stopped) = watch::channel(());
        drop(task::spawn_thread("practice-chain", move || drive(shared, stopped)));
        let stage = Stage::new(Arc::clone(&nodes), options.block_time);
        Ok(Self { options, nodes, stage, _running: running })
    }

    /// Says where the gateway over these nodes answers, for the storm of clients.
    pub fn set_gateway(&self, gateway: Endpoint) {
        self.stage.set_gateway(gateway);
    }

    /// The chain's id.
    #[must_use]
    pub fn chain_id(&self) -> u64 {
        self.options.chain_id
    }

    /// The span between blocks.
    #[must_use]
    pub fn block_time(&self) -> Span {
        self.options.block_time
    }

    /// The nodes as they are now, in the order they were declared.
    #[must_use]
    pub fn nodes(&self) -> Vec<NodeView> {
        self.nodes.views()
    }

    /// Does something to a node; returns once it is done: a killed node refuses connections.
    ///
    /// # Errors
    /// Where there is no such node, or a killed one cannot have its port back.
    pub async fn apply(&self, node: &str, action: &Action) -> Result<(), ActionError> {
        self.nodes.apply(self.nodes.find(node)?, action).await
    }

    /// Parts nodes from the others at once, by the newest block, whose number it gives: they follow a branch of their own,
    /// which gets one block where the main one gets `slow`. Healing a node leads it back.
    ///
    /// # Errors
    /// Where there is no such node.
    pub fn part(&self, nodes: &[&str], slow: u64, finality: Finality) -> Result<u64, ActionError> {
        let nodes = nodes.iter().map(|name| self.nodes.find(name)).collect::<Result<_, _>>()?;
        let fork = self.nodes.shared().network().part(&Split { nodes, slow, finality });
        self.nodes.shared().wake();
        Ok(fork.unwrap_or_default())
    }

    /// Sends the one transaction on which the versions of Geth with the bug of 2020-11-11 and all others do not agree: in
    /// the block that it gets into the chain parts by itself, where there are nodes of such versions. Theirs then gets one
    /// block where the others get `slow`.
    pub fn send_trigger(&self, slow: u64) {
        self.nodes.shared().network().send_trigger(clock::now(), slow);
        self.nodes.shared().wake();
    }

    /// The block after which some nodes are on a branch of their own, where that is so.
    #[must_use]
    pub fn fork(&self) -> Option<u64> {
        self.nodes.shared().network().forked_after()
    }

    /// From now on each node stands so many requests a second; any number again where there is none.
    pub fn limit(&self, per_second: Option<u64>) {
        self.stage.limit(per_second);
    }

    /// Ends the scenario that runs and heals every node. Nodes that run another client than their own come
    /// back to it one after another, as in an upgrade, after this has returned.
    ///
    /// # Errors
    /// Where a killed node cannot have its port back; the others are healed all the same.
    pub async fn heal_all(&self) -> Result<(), ActionError> {
        self.stage.heal().await
    }

    /// Starts a scenario over all nodes; the one that runs is ended.
    ///
    /// # Errors
    /// Where a node that it names does not exist, or it needs a gateway and none is known.
    pub fn play(&self, scenario: &Scenario) -> Result<(), ActionError> {
        self.stage.play(scenario)
    }

    /// How the scenario that runs, or the last one, stands.
    #[must_use]
    pub fn scene(&self) -> Option<Scene> {
        self.stage.scene()
    }

    /// Lines that tell people what to try. `gateway_url` is where the gateway answers and
    /// `control_url` where [`World::handle`] is mounted, both without a slash at the end.
    #[must_use]
    pub fn hints(&self, gateway_url: &str, control_url: &str) -> Vec<String> {
        let name = self.options.nodes.first().map_or("", |node| node.name.as_str());
        let request = r#"{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}"#;
        vec![
            format!(
                "ask      curl -s {gateway_url} -H 'content-type: application/json' -d '{request}'"
            ),
            format!("look     curl -s {control_url}/practice"),
            format!("kill     curl -s -X POST {control_url}/practice/nodes/{name}/kill"),
            format!("freeze   curl -s -X POST {control_url}/practice/nodes/{name}/freeze"),
            format!("slow     curl -s -X POST '{control_url}/practice/nodes/{name}/slow?ms=800'"),
            format!(
                "lie      curl -s -X POST '{control_url}/practice/nodes/{name}/lie?about=branch'"
            ),
            format!("split    curl -s -X POST {control_url}/practice/split"),
            format!("storm    curl -s -X POST {control_url}/practice/storm"),
            format!("version  curl -s -X POST {control_url}/practice/one-version"),
            format!("heal     curl -s -X POST {control_url}/practice/heal"),
        ]
    }
}

/// Delivers messages and makes blocks when they are due, until the world is dropped.
async fn drive(shared: Arc<Shared>, mut stopped: watch::Receiver<()>) {
    loop {
        let jobs = shared.network().advance(clock::now());
        for job in jobs {
            let block = job.build();
            if job.is_refused(&block) {
                shared.network().refuse();
            }
            shared.network().publish(clock::now(), &job, block);
        }
        let deadline = shared.network().next_deadline();
        task::select! {
            () = clock::sleep_until(deadline) => {}
            () = shared.woken() => {}
            _ = stopped.changed() => return,
        }
    }
}

fn check_names(nodes: &[NodeSpec]) -> Result<(), PracticeError> {
    if nodes.is_empty() {
        return Err(PracticeError::NoNodes);
    }
    for (index, node) in nodes.iter().enumerate() {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let taken = nodes.iter().take(index).any(|other| other.name == node.name);
        if node.name.is_empty() || taken || !node.name.bytes().all(fits) {
            return Err(PracticeError::Name(node.name.clone()));
        }
    }
    Ok(())
}

fn listen(options: &WorldOptions) -> Result<Vec<Listener>, PracticeError> {
    let bind = |(offset, node): (usize, &NodeSpec)| {
        let port = match options.first_port {
            0 => Some(0),
            first => u16::try_from(offset).ok().and_then(|offset| first.checked_add(offset)),
        };
        let port = port.ok_or(PracticeError::Ports(options.first_port))?;
        Listener::bind(SocketAddr::new(options.bind, port))
            .map_err(|source| PracticeError::Listen { name: node.name.clone(), source })
    };
    options.nodes.iter().enumerate().map(bind).collect()
}
