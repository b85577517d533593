//! Starting and stopping the venue: journal, setup, threads, the listener.

use std::hash::{BuildHasher as _, RandomState};
use std::net::SocketAddr;
use std::sync::Arc;

use runtime::http::{Limits, ListenError, Listener, PerAddress, TlsIdentity, serve};
use runtime::task::{self, sync::watch};
use units::{Money, Span};
use venue_core::{AssetId, Command, Transfer};
use venue_views::Labels;

use crate::admission::{SharedBoard, lanes};
use crate::config::{JournalConfig, MarketConfig, TlsFiles, VenueConfig};
use crate::engine::{self, Engine, EngineSettings, EngineState};
use crate::front::{BODY_BYTES, Front, Server, refusal, tell};
use crate::prices::{PriceSettings, PriceState, Prices};
use crate::setup::{self, SetupError};
use crate::watch::Watch;

/// Largest head of a request; a query of several orders is far below.
const HEAD_BYTES: usize = 32 << 10;

/// Connections of one address at once, where nothing is said of it: more than any client's pool has.
const PER_ADDRESS: usize = 64;

/// How long a client may take to send its body: bodies are small.
const BODY_TIMEOUT: Span = Span::from_secs(5);

/// After how long without a word from the oracle all prices are halted: twice what makes its stream count as dead, and
/// what it holds a price itself.
const HALTED_AFTER: Span = Span::from_secs(5);

/// Why the venue could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its address could not be bound.
    #[error("failed to open the venue's listener")]
    Listen(#[source] ListenError),
    /// Its certificate or key cannot be used.
    #[error("TLS cannot be served: {0}")]
    Tls(String),
    /// The journal cannot be gone on with.
    #[error(
        "the journal in {folder} cannot be gone on with; nothing was changed, and nothing is served. Copy the folder \
         before anything else; docs/journal.md says what to do (\"When something is wrong\")"
    )]
    Engine {
        /// The data folder.
        folder: String,
        /// Why.
        #[source]
        source: engine::StartError,
    },
    /// The configuration does not go with the journal.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// A key's account is not there.
    #[error("there is no account {0}")]
    Account(String),
}

/// A running venue. [`Running::stop`] ends it and waits; dropping it ends it, too, without waiting.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    tls: bool,
    front: Arc<Front>,
    prices: Arc<PriceState>,
    stop: watch::Sender<bool>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Running {
    /// Binds the listener, comes back to what the journal holds, does what the configuration wants beside it, and
    /// starts the threads.
    ///
    /// # Errors
    /// Where one of these fails: nothing is served then.
    pub fn start(config: VenueConfig) -> Result<Self, StartError> {
        let listener = Listener::bind(config.listen).map_err(StartError::Listen)?;
        let listener = match &config.tls {
            Some(files) => listener.with_tls(identity(files)?),
            None => listener,
        };
        let (address, tls) = (listener.address(), listener.is_tls());
        let (engine, board) = start_engine(&config)?;
        prepare(&engine, &config)?;
        // From here on: a reading after this has everything that is not told.
        let subscription = engine.subscribe();
        let front = Front::new(config, engine, board).map_err(StartError::Account)?;
        let front = Arc::new(front);
        let (stop, stopped) = watch::channel(false);
        let prices = Prices::new(
            PriceSettings {
                oracle: front.config.prices.clone(),
                feeds: front.feeds.borrow().clone(),
                settlement: front.config.settlement_feed.clone(),
                halted_after: HALTED_AFTER,
            },
            front.engine.clone(),
        );
        let price_state = prices.state();
        let prices = prices.as_wanted(front.feeds.subscribe());
        let (told, ended) = (Arc::clone(&front), stopped.clone());
        let streams = task::spawn_thread("venue-streams", move || async move {
            let alarms = Arc::clone(&told.alarms).tell(told.config.webhooks.clone(), ended.clone());
            let (alarms, prices) = (task::spawn(alarms), task::spawn(prices.run(ended.clone())));
            tell(told, subscription, ended).await;
            if alarms.await.is_err() || prices.await.is_err() {
                tracing::error!("what tells alarms, or follows prices, ended in a panic");
            }
        });
        let per_address = per_address(&front.config);
        let mut threads = vec![streams];
        for worker in 0..front.config.workers.max(1) {
            let listener = listener.share().map_err(StartError::Listen)?;
            let limits = Limits {
                body_bytes: BODY_BYTES,
                head_bytes: HEAD_BYTES,
                body_timeout: BODY_TIMEOUT,
                per_address: Some(per_address.clone()),
                ..Limits::default()
            };
            let (front, stopped) = (Arc::clone(&front), stopped.clone());
            threads.push(spawn_worker(worker, (listener, limits), front, stopped));
        }
        Ok(Self { address, tls, front, prices: price_state, stop, threads })
    }

    /// The address that clients connect to.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether clients come over TLS.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.tls
    }

    /// How the engine stands.
    #[must_use]
    pub fn state(&self) -> EngineState {
        self.front.engine.state()
    }

    /// The engine, for others of the same process.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.front.engine.clone()
    }

    /// What others of the same process look at it with; it outlives this value.
    #[must_use]
    pub fn watch(&self) -> Watch {
        Watch { front: Arc::clone(&self.front), prices: Arc::clone(&self.prices) }
    }

    /// What gives the metrics as OpenMetrics text; it outlives this value.
    pub fn meter(&self) -> impl Fn() -> String + Send + Sync + 'static {
        let front = Arc::clone(&self.front);
        move || front.metrics.render(&front)
    }

    /// Puts money into an account that has none: what a practice world begins with.
    pub fn endow(&self, account: &str, amount: Money) {
        let empty = self.front.look(|desk| {
            let account = desk.account_named(account)?;
            let view = desk.venue().account(account)?;
            (view.cash == Money::ZERO).then_some(account)
        });
        let Some(account) = empty else { return };
        let transfer = Transfer { account, asset: AssetId::SETTLEMENT, amount };
        let front = Arc::clone(&self.front);
        let work =
            async move { front.own_work(Command::Deposit(transfer), Labels::default()).await };
        match apart(work) {
            Some(Ok(done)) if refusal::first(&done.events).is_none() => {}
            _ => tracing::warn!(%account, "an account could not be endowed"),
        }
    }

    /// Stops accepting, lets requests in flight end, and waits until everything is written.
    pub fn stop(self) {
        let _receivers_alive = self.stop.send(true).is_ok();
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the venue ended in a panic");
            }
        }
        self.front.engine.stop();
    }
}

fn identity(files: &TlsFiles) -> Result<TlsIdentity, StartError> {
    let read = |file: &std::path::Path| {
        std::fs::read(file).map_err(|error| StartError::Tls(format!("{}: {error}", file.display())))
    };
    TlsIdentity::from_pem(&read(&files.certificate)?, &read(&files.key)?).map_err(StartError::Tls)
}

fn start_engine(config: &VenueConfig) -> Result<(Engine, SharedBoard), StartError> {
    let funding =
        config.markets.iter().map(|market| (market.settings.name.clone(), market.funding()));
    let defaults = EngineSettings::default();
    let JournalConfig { segment_bytes, snapshot_every, pass_over, .. } = config.journal;
    let settings = EngineSettings {
        journal: journal::Settings { segment_bytes, ..defaults.journal },
        snapshot_every,
        pass_over,
        capacity_per_second: config.capacity_per_second,
        funding: funding.collect(),
        usual_funding: Some(MarketConfig::USUAL_FUNDING),
        ..defaults
    };
    let seed = RandomState::new().hash_one("lanes");
    let (intake, board) = lanes(config.admission, config.capacity_per_second, seed);
    let folder = config.data.display().to_string();
    let (engine, started) = Engine::start(&config.data, &settings, Box::new(intake))
        .map_err(|source| StartError::Engine { folder: folder.clone(), source })?;
    tracing::info!(
        folder,
        snapshot = started.snapshot,
        replayed = started.replayed,
        digests = started.digests,
        entries = started.entries,
        digest = started.digest,
        took = %started.took,
        "the journal is gone on with"
    );
    match (started.left_undone, pass_over) {
        (Some(record), _) => tracing::warn!(record, "a record was left undone, as was asked for"),
        (None, Some(record)) => tracing::warn!(
            record,
            "no such record was to be done again: nothing was left undone, and --pass-over can go"
        ),
        (None, None) => {}
    }
    if let Some(cut) = &started.cut {
        tracing::warn!(
            ?cut,
            "the journal's end was not whole, and is cut off: nobody was told of it"
        );
    }
    for passed_over in &started.passed_over {
        tracing::warn!(?passed_over, "a snapshot could not be used");
    }
    Ok((engine, board))
}

/// Does what the configuration wants and the journal does not have.
fn prepare(engine: &Engine, config: &VenueConfig) -> Result<(), StartError> {
    let (engine, config) = (engine.clone(), config.clone());
    match apart(async move { setup::carry_out(&engine, &config).await }) {
        Some(outcome) => Ok(outcome?),
        None => Err(StartError::Setup(SetupError::Lost {
            what: "the configuration".to_owned(),
            why: "its thread ended in a panic".to_owned(),
        })),
    }
}

/// Runs something to its end on a thread of its own: the caller may be on a runtime that must not wait.
fn apart<F>(work: F) -> Option<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    std::thread::spawn(move || task::block_on(work)).join().ok()
}

/// How many connections an address may have.
fn per_address(config: &VenueConfig) -> PerAddress {
    let asked = config.limits.connections_per_address;
    let most = asked.and_then(|most| usize::try_from(most).ok()).unwrap_or(PER_ADDRESS);
    PerAddress::new(most, asked.is_some())
}

fn spawn_worker(
    worker: usize,
    (listener, limits): (Listener, Limits),
    front: Arc<Front>,
    stopped: watch::Receiver<bool>,
) -> std::thread::JoinHandle<()> {
    task::spawn_thread(&format!("venue-{worker}"), move || async move {
        serve(listener, limits, Arc::new(Server(front)), task::told_to_stop(stopped)).await;
    })
}
