//! Everything together: anvils, a fault proxy before each, and the gateway before those.

use std::time::Duration;

use crate::fleet::{Fleet, Mode};
use crate::gateway::{Gateway, Plan, Upstream};
use crate::load::{Load, Target};
use crate::proxy::{Fault, Proxy};

/// What can befall a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Its process is killed and its port closed.
    Kill,
    /// It stays at its head and goes on answering.
    Freeze,
    /// The proxy before it does something.
    Proxy(Fault),
}

/// A gateway over a fleet.
#[derive(Debug)]
pub struct World {
    /// The gateway. It is first, so that it ends first.
    pub gateway: Gateway,
    /// The proxy before each node.
    pub proxies: Vec<Proxy>,
    /// The nodes.
    pub fleet: Fleet,
}

/// The name that a node has in the gateway's configuration.
#[must_use]
pub fn name(node: usize) -> String {
    format!("node-{node}")
}

fn upstreams_of(proxies: &[Proxy]) -> Vec<Upstream> {
    let numbered = proxies.iter().enumerate();
    numbered.map(|(node, proxy)| Upstream::new(&name(node), &proxy.url())).collect()
}

impl World {
    /// Three nodes with a block each second, and a gateway over them.
    ///
    /// # Panics
    /// Where a tool is missing or something does not start.
    #[must_use]
    pub fn start() -> Self {
        Self::with(3, Duration::from_secs(1), |_| {})
    }

    /// So many nodes, and a gateway with a plan that `adapt` has changed.
    ///
    /// # Panics
    /// Where a tool is missing or something does not start.
    #[must_use]
    pub fn with(nodes: usize, block_time: Duration, adapt: impl FnOnce(&mut Plan)) -> Self {
        let fleet = Fleet::start(nodes, block_time);
        let proxies: Vec<Proxy> = (0..nodes).map(|node| Proxy::of(&fleet, node)).collect();
        let mut plan = Self::plan(block_time, upstreams_of(&proxies));
        adapt(&mut plan);
        let gateway = Gateway::start(&plan);
        Self { gateway, proxies, fleet }
    }

    /// A plan without anything special.
    #[must_use]
    pub const fn plan(block_time: Duration, upstreams: Vec<Upstream>) -> Plan {
        Plan { block_time, upstreams, gateway_lines: String::new(), chain_lines: String::new() }
    }

    /// The nodes as upstreams, each through its proxy, for another gateway.
    #[must_use]
    pub fn upstreams(&self) -> Vec<Upstream> {
        upstreams_of(&self.proxies)
    }

    /// A steady load through the gateway.
    #[must_use]
    pub fn load(&self, rate: u32, seed: u64) -> Load {
        Load::start(Target::new(&self.fleet, self.gateway.address), rate, seed)
    }

    /// Brings trouble over a node.
    pub fn apply(&self, node: usize, trouble: &Trouble) {
        match trouble {
            Trouble::Kill => {
                self.proxies[node].set(Fault::Refuse);
                self.fleet.kill(node);
            }
            Trouble::Freeze => self.fleet.set_mode(node, Mode::Frozen),
            Trouble::Proxy(fault) => self.proxies[node].set(fault.clone()),
        }
    }

    /// Ends whatever trouble a node had.
    pub fn heal(&self, node: usize) {
        self.fleet.revive(node);
        self.fleet.set_mode(node, Mode::Following);
        self.proxies[node].set(Fault::None);
    }
}
