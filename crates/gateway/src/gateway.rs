//! Starting and stopping the gateway: chains, threads, the listener.

use std::net::SocketAddr;
use std::sync::Arc;

use gateway_core::{CacheSnapshot, ChainSnapshot, DomainReport, UpstreamId};
use runtime::clock;
use runtime::http::{Limits, ListenError, Listener, serve};
use runtime::task::{self, sync::watch};

use crate::chain::{ChainShell, Chains, LoggedEvent, admissions, caches, snapshots};
use crate::config::GatewayConfig;
use crate::gate::{AdmissionSnapshot, Gate};
use crate::latency::ClientLatency;
use crate::metrics::Metrics;
use crate::server::{HEAD_BYTES_READ, Server};
use crate::upstream::Clients;
use crate::{beacon, newheads, prober};

/// Why the gateway could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its address could not be bound.
    #[error("failed to open the gateway's listener")]
    Listen(#[source] ListenError),
}

/// A running gateway. [`Gateway::stop`] ends it and waits; dropping it ends it, too, without waiting.
#[derive(Debug)]
pub struct Gateway {
    address: SocketAddr,
    chains: Arc<Chains>,
    metrics: Arc<Metrics>,
    stop: watch::Sender<bool>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Gateway {
    /// Binds the listener and starts one thread for the probes and one for each worker.
    ///
    /// # Errors
    /// Where the address cannot be bound.
    pub fn start(config: GatewayConfig) -> Result<Self, StartError> {
        let listener = Listener::bind(config.listen).map_err(StartError::Listen)?;
        let address = listener.address();
        let seed = clock::unix_time().as_nanos();
        let metrics = Arc::new(Metrics::new());
        let chains = config.chains.iter().map(|chain| {
            let delays = metrics.queue_delays(&chain.name);
            let gate = Gate::new(&config.admission, chain.upstreams.len(), delays);
            let shell = ChainShell::new(chain.clone(), config.limits.clone(), gate, seed);
            (chain.name.clone(), Arc::new(shell))
        });
        let chains: Arc<Chains> = Arc::new(chains.collect());
        let (stop, stopped) = watch::channel(false);
        let mut threads = vec![spawn_probers(&chains, &config, stopped.clone())];
        for worker in 0..config.workers.max(1) {
            let listener = listener.share().map_err(StartError::Listen)?;
            let server = ServerParts {
                chains: Arc::clone(&chains),
                metrics: Arc::clone(&metrics),
                config: config.clone(),
            };
            threads.push(spawn_worker(worker, listener, server, stopped.clone()));
        }
        Ok(Self { address, chains, metrics, stop, threads })
    }

    /// The address that clients connect to.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What is known of each chain, by name.
    #[must_use]
    pub fn snapshots(&self) -> Vec<(String, ChainSnapshot)> {
        snapshots(&self.chains)
    }

    /// What clients of each chain waited lately, by name; `None` where nobody called within a minute.
    #[must_use]
    pub fn latencies(&self) -> Vec<(String, Option<ClientLatency>)> {
        let now = clock::now();
        self.chains.iter().map(|(name, chain)| (name.clone(), chain.latency.read(now))).collect()
    }

    /// What the way in to each chain's upstreams looks like, by name.
    #[must_use]
    pub fn admissions(&self) -> Vec<(String, AdmissionSnapshot)> {
        admissions(&self.chains)
    }

    /// How independent the endpoints of each chain are.
    #[must_use]
    pub fn domain_reports(&self) -> Vec<(String, DomainReport)> {
        self.chains
            .iter()
            .map(|(name, chain)| (name.clone(), chain.core().domain_report()))
            .collect()
    }

    /// The latest events of all chains, oldest first within each.
    #[must_use]
    pub fn events(&self) -> Vec<LoggedEvent> {
        self.chains.values().flat_map(|chain| chain.events()).collect()
    }

    /// What is kept of the answers of each chain, by name.
    #[must_use]
    pub fn caches(&self) -> Vec<(String, CacheSnapshot)> {
        self.chains.iter().map(|(name, chain)| (name.clone(), chain.cache_snapshot())).collect()
    }

    /// The metrics as OpenMetrics text.
    #[must_use]
    pub fn metrics(&self) -> String {
        self.metrics.render(&self.snapshots(), &caches(&self.chains), &self.admissions())
    }

    /// Stops accepting, lets calls in flight end, and waits for the threads.
    pub fn stop(self) {
        let _receivers_alive = self.stop.send(true).is_ok();
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a gateway thread ended in a panic");
            }
        }
    }
}

struct ServerParts {
    chains: Arc<Chains>,
    metrics: Arc<Metrics>,
    config: GatewayConfig,
}

fn spawn_probers(
    chains: &Arc<Chains>,
    config: &GatewayConfig,
    stopped: watch::Receiver<bool>,
) -> std::thread::JoinHandle<()> {
    let chains: Vec<Arc<ChainShell>> = chains.values().cloned().collect();
    let response_bytes = config.limits.response_bytes;
    task::spawn_thread("gateway-prober", move || async move {
        for chain in chains {
            let clients = Arc::new(Clients::new(&chain.config, response_bytes));
            for (index, upstream) in chain.config.upstreams.iter().enumerate() {
                if let (Some(endpoint), Ok(id)) = (upstream.ws.clone(), u8::try_from(index)) {
                    drop(task::spawn(newheads::follow(
                        Arc::clone(&chain),
                        UpstreamId(id),
                        endpoint,
                    )));
                }
            }
            if let Some(beacon) = chain.config.contest.beacon.clone() {
                drop(task::spawn(beacon::follow(Arc::clone(&chain), beacon)));
            }
            drop(task::spawn(prober::run(chain, clients)));
        }
        task::told_to_stop(stopped).await;
    })
}

fn spawn_worker(
    worker: usize,
    listener: Listener,
    parts: ServerParts,
    stopped: watch::Receiver<bool>,
) -> std::thread::JoinHandle<()> {
    task::spawn_thread(&format!("gateway-{worker}"), move || async move {
        let limits = Limits {
            body_bytes: parts.config.limits.body_bytes,
            head_bytes: HEAD_BYTES_READ,
            ..Limits::default()
        };
        let server = Arc::new(Server::new(parts.chains, parts.metrics, &parts.config));
        serve(listener, limits, server, task::told_to_stop(stopped)).await;
    })
}
