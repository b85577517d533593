//! Starting and stopping the oracle: threads, connections, the listener.

use std::net::SocketAddr;
use std::sync::Arc;

use oracle_core::ConfigMistake;
use runtime::clock;
use runtime::http::{ListenError, Listener};
use runtime::task::sync::{Notify, watch};
use runtime::task::{self};
use units::Timestamp;

use crate::config::OracleConfig;
use crate::desk::Desk;
use crate::engine::Engine;
use crate::event::{ConnectionId, EventSender, moment};
use crate::journal::Journal;
use crate::poller::Poller;
use crate::publish::Publisher;
use crate::published::Published;
use crate::pulse::Pulse;
use crate::record::{RecordError, Recorder};
use crate::rest::Rest;
use crate::server::{self, Server};
use crate::supervisor::Supervisor;

/// Room for what has come in and is not taken yet: a burst of all markets at once. Beyond it connections wait, and
/// with them the venues.
const EVENTS_WAITING_MAX: usize = 16_384;

/// Why the oracle could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its address could not be bound.
    #[error("failed to open the oracle's listener")]
    Listen(#[source] ListenError),
    /// Its configuration holds mistakes.
    #[error("the oracle's configuration holds mistakes")]
    Config(Vec<ConfigMistake>),
    /// Nothing can be written down.
    #[error(transparent)]
    Record(RecordError),
}

/// A running oracle. [`Running::stop`] ends it and waits; dropping it ends it, too, without waiting.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    published: watch::Receiver<Arc<Published>>,
    journal: Journal,
    faces: Arc<Server>,
    stop: watch::Sender<bool>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Running {
    /// Binds the listener and starts the threads: one for the connections, one for the engine, one for the server.
    ///
    /// # Errors
    /// Where the address cannot be bound, the configuration holds mistakes, or the recording cannot be begun.
    pub fn start(config: OracleConfig) -> Result<Self, StartError> {
        let desk = Desk::new(&config).map_err(StartError::Config)?;
        let listener = Listener::bind(config.listen).map_err(StartError::Listen)?;
        let address = listener.address();
        let recorder = match &config.record {
            Some(record) => Some(Recorder::start(record, config.text.as_str(), &desk)),
            None => None,
        };
        let recorder = recorder.transpose().map_err(StartError::Record)?;
        let first = Publisher::default().publish(moment(), &desk);
        let (publish, published) = watch::channel(Arc::new(first));
        let (stop, stopped) = watch::channel(false);
        let (events, received) = EventSender::channel(EVENTS_WAITING_MAX);
        let journal = Journal::default();
        let reconnects: Vec<Arc<Notify>> =
            desk.layout().connections.iter().map(|_| Arc::default()).collect();
        let inputs = spawn_inputs(&desk, &events, &reconnects, stopped.clone());
        let engine = Engine {
            desk,
            events: received,
            published: publish,
            journal: journal.clone(),
            recorder,
            reconnects,
        };
        let ended = stopped.clone();
        let engine = task::spawn_thread("oracle-engine", move || engine.run(ended));
        let faces = Arc::new(Server::new(published.clone(), &config.feeds, stopped.clone()));
        let server = server::start(listener, Arc::clone(&faces), stopped);
        let threads = vec![inputs, engine, server];
        Ok(Self { address, published, journal, faces, stop, threads })
    }

    /// The address that readers connect to.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What is published; a new one every tick.
    #[must_use]
    pub fn published(&self) -> watch::Receiver<Arc<Published>> {
        self.published.clone()
    }

    /// What happened.
    #[must_use]
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// What gives the metrics as OpenMetrics text; it outlives this value.
    pub fn meter(&self) -> impl Fn() -> String + Send + Sync + 'static {
        let faces = Arc::clone(&self.faces);
        move || faces.metrics()
    }

    /// Stops and waits for the threads.
    pub fn stop(self) {
        let _receivers_alive = self.stop.send(true).is_ok();
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the oracle ended in a panic");
            }
        }
    }
}

/// Starts everything that brings something in, on a thread of its own.
fn spawn_inputs(
    desk: &Desk,
    events: &EventSender,
    reconnects: &[Arc<Notify>],
    stopped: watch::Receiver<bool>,
) -> std::thread::JoinHandle<()> {
    let plans = desk.layout().connections.clone();
    let chains: Vec<_> = desk.layout().chains.iter().map(|chain| chain.config.clone()).collect();
    let reconnects = reconnects.to_vec();
    let events = events.clone();
    let seed = clock::unix_time().as_nanos();
    task::spawn_thread("oracle-inputs", move || async move {
        for ((number, plan), reconnect) in (0_u64..).zip(plans).zip(reconnects) {
            // What only answers has been without a stream from the beginning.
            let since = if plan.websocket.is_some() { clock::now() } else { Timestamp::ZERO };
            let pulse = Arc::new(Pulse::new(since, plan.quiet_after));
            if let Some(endpoint) = plan.rest.clone() {
                let rest = Rest::new(endpoint, &plan, events.clone(), Arc::clone(&pulse));
                drop(task::spawn(rest.run()));
            }
            let Some(endpoint) = plan.websocket else { continue };
            let supervisor = Supervisor {
                id: ConnectionId(usize::try_from(number).unwrap_or(usize::MAX)),
                reader: plan.reader,
                give_up_after: plan.give_up_after,
                endpoint,
                markets: plan.markets.into_iter().map(|(name, _)| name).collect(),
                events: events.clone(),
                reconnect,
                pulse,
            };
            drop(task::spawn(supervisor.run(seed.wrapping_add(number))));
        }
        for (place, chain) in chains.into_iter().enumerate() {
            drop(task::spawn(Poller::new(place, chain, events.clone()).run()));
        }
        task::told_to_stop(stopped).await;
    })
}
