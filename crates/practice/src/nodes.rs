//! The nodes of a world with their servers: what people and scenarios do things to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use runtime::clock;
use runtime::http::{KillableServer, ListenError, Listener};

use crate::action::Action;
use crate::fault::Faults;
use crate::server;
use crate::shared::Shared;

/// A node of the world, as declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSpec {
    /// Its name in URLs: lower-case letters, digits and dashes.
    pub name: String,
    /// Who runs it.
    pub operator: String,
    /// Where it runs.
    pub cloud: String,
    /// Its answer to `web3_clientVersion`.
    pub client_version: String,
}

/// Why an action on a node was not done.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    /// There is no such node.
    #[error("no node is named {name:?}; there are: {existing}")]
    UnknownNode {
        /// The name that was asked for.
        name: String,
        /// The names that exist.
        existing: String,
    },
    /// A scenario needs something that this world does not have.
    #[error("{0}")]
    NotHere(&'static str),
    /// A killed node could not have its port back.
    #[error("node {name} cannot come back")]
    Listen {
        /// The node's name.
        name: String,
        /// What the system said.
        #[source]
        source: ListenError,
    },
}

/// A node as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeView {
    /// Its name.
    pub name: String,
    /// Where it answers JSON-RPC.
    pub url: String,
    /// Who runs it.
    pub operator: String,
    /// Where it runs.
    pub cloud: String,
    /// Its answer to `web3_clientVersion`.
    pub client_version: String,
    /// What is wrong with it in a few words; "healthy" where nothing is.
    pub fault: String,
    /// The number and hash of its newest block.
    pub head: (u64, String),
}

/// The nodes of a world.
#[derive(Debug)]
pub(crate) struct Nodes {
    specs: Vec<NodeSpec>,
    addresses: Vec<SocketAddr>,
    shared: Arc<Shared>,
    servers: Mutex<Vec<Option<KillableServer>>>,
}

impl Nodes {
    /// Starts a server for each node.
    pub(crate) fn start(
        specs: Vec<NodeSpec>,
        listeners: Vec<Listener>,
        shared: Arc<Shared>,
    ) -> Self {
        let addresses = listeners.iter().map(Listener::address).collect();
        let serve = |(index, (node, listener)): (usize, (&NodeSpec, Listener))| {
            Some(server::start(Arc::clone(&shared), index, &node.name, listener))
        };
        let servers = specs.iter().zip(listeners).enumerate().map(serve).collect();
        Self { specs, addresses, shared, servers: Mutex::new(servers) }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.specs.len()
    }

    /// What the nodes share.
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// The index of the node of this name.
    ///
    /// # Errors
    /// Where there is none.
    pub(crate) fn find(&self, name: &str) -> Result<usize, ActionError> {
        let index = self.specs.iter().position(|spec| spec.name == name);
        index.ok_or_else(|| {
            let existing: Vec<&str> = self.specs.iter().map(|spec| spec.name.as_str()).collect();
            ActionError::UnknownNode { name: name.to_owned(), existing: existing.join(", ") }
        })
    }

    /// The name of a node, for people.
    pub(crate) fn name(&self, index: usize) -> &str {
        self.specs.get(index).map_or("", |spec| spec.name.as_str())
    }

    /// The names of nodes in a list for people.
    pub(crate) fn names(&self, nodes: &[usize]) -> String {
        nodes.iter().map(|index| self.name(*index)).collect::<Vec<_>>().join(", ")
    }

    /// The nodes as they are now, in the order they were declared.
    pub(crate) fn views(&self) -> Vec<NodeView> {
        let network = self.shared.network();
        let view = |(index, (spec, address)): (usize, (&NodeSpec, &SocketAddr))| NodeView {
            name: spec.name.clone(),
            url: format!("http://{address}"),
            operator: spec.operator.clone(),
            cloud: spec.cloud.clone(),
            client_version: network.client_version(index).unwrap_or_default().to_owned(),
            fault: network.faults(index).map(ToString::to_string).unwrap_or_default(),
            head: network
                .head(index)
                .map(|(number, hash)| (number, hash.to_string()))
                .unwrap_or_default(),
        };
        self.specs.iter().zip(&self.addresses).enumerate().map(view).collect()
    }

    /// Does something to a node; returns once it is done: a killed node refuses connections.
    ///
    /// # Errors
    /// Where a killed node cannot have its port back.
    pub(crate) async fn apply(&self, index: usize, action: &Action) -> Result<(), ActionError> {
        match action {
            Action::Kill => {
                let server = self.servers().get_mut(index).and_then(Option::take);
                if let Some(server) = server {
                    server.kill().await;
                }
            }
            Action::Revive | Action::Heal => self.revive(index)?,
            Action::Hang
            | Action::Freeze
            | Action::Slow(_)
            | Action::Lie(_)
            | Action::Branch
            | Action::Garble(_)
            | Action::Break(_)
            | Action::Stand { .. } => {}
        }
        self.change(index, |faults| action.change(faults));
        tracing::info!(node = self.name(index), ?action, "practice node changed");
        Ok(())
    }

    /// Changes a node's faults.
    pub(crate) fn change(&self, index: usize, change: impl FnOnce(&mut Faults)) {
        self.shared.network().change(clock::now(), index, change);
        self.shared.wake();
    }

    /// Heals every node.
    ///
    /// # Errors
    /// Where a killed node cannot have its port back; the others are healed all the same.
    pub(crate) async fn heal_all(&self) -> Result<(), ActionError> {
        let mut outcome = Ok(());
        for index in 0..self.count() {
            outcome = outcome.and(self.apply(index, &Action::Heal).await);
        }
        outcome
    }

    /// A node's faults.
    pub(crate) fn faults(&self, index: usize) -> Faults {
        self.shared.network().faults(index).cloned().unwrap_or_default()
    }

    fn servers(&self) -> MutexGuard<'_, Vec<Option<KillableServer>>> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a killed node's server again on its old port.
    fn revive(&self, index: usize) -> Result<(), ActionError> {
        let (Some(spec), Some(address)) = (self.specs.get(index), self.addresses.get(index)) else {
            return Ok(());
        };
        let mut servers = self.servers();
        let Some(place) = servers.get_mut(index).filter(|server| server.is_none()) else {
            return Ok(());
        };
        let listener = Listener::bind(*address)
            .map_err(|source| ActionError::Listen { name: spec.name.clone(), source })?;
        *place = Some(server::start(Arc::clone(&self.shared), index, &spec.name, listener));
        Ok(())
    }
}
