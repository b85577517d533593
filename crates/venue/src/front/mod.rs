//! The exchange that Binance's clients trade on: REST, streams and the WebSocket API over the [engine](crate::engine),
//! and beside them what Binance does not give.
//!
//! A request goes through [`server`] (paths, limits), [`auth`] (key, time, signature), `wire-binance` (bytes to typed),
//! and a file by its subject, which gives the engine work or asks the desk. What is wrong is a `Failure` on every way.

mod account;
mod alarms;
pub(crate) mod auth;
mod data;
mod dispatch;
mod history;
mod keys;
mod listen;
mod market;
mod meter;
mod metrics;
mod own;
mod range;
pub(crate) mod refusal;
mod server;
mod settings;
mod show;
mod stream;
mod trade;

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use runtime::clock;
use units::Timestamp;
use venue_core::Command;
use venue_views::{ClientId, Desk, Labels};
use wire_binance::{ErrorCode, Failure};

use crate::admission::{Admission, SharedBoard};
use crate::config::VenueConfig;
use crate::engine::{Done, Engine, Work};
use alarms::Alarms;
use auth::Caller;
use keys::Keys;
use market::Markets;
use meter::Meter;
use metrics::Metrics;
pub(crate) use server::{BODY_BYTES, Server};
use stream::Hub;
pub(crate) use stream::tell;

/// How long what the venue asks of itself may wait.
const OWN_PATIENCE_MS: u64 = 10_000;

/// All that the worker threads share.
#[derive(Debug)]
pub(crate) struct Front {
    pub config: VenueConfig,
    pub engine: Engine,
    pub admission: Admission,
    pub keys: Keys,
    pub meter: Meter,
    pub metrics: Metrics,
    pub hub: Arc<Hub>,
    pub alarms: Arc<Alarms>,
    markets: RwLock<Arc<Markets>>,
    /// What names of orders begin with that their clients did not name, and how many there were.
    named: (String, AtomicU64),
}

impl Front {
    /// The front of an engine that runs.
    ///
    /// # Errors
    /// Where a key's account is not there: its name.
    pub(crate) fn new(
        config: VenueConfig,
        engine: Engine,
        board: SharedBoard,
    ) -> Result<Self, String> {
        let keys = engine.read(|desk| {
            let account = |name: &str| desk.account_named(name);
            let keys = Keys::new(config.master_secret.as_ref(), &config.keys, account)?;
            keys.set_made(desk.notes(keys::NOTES), account);
            Ok::<_, String>(keys)
        })?;
        let markets = engine.read(|desk| Markets::of(desk.venue(), &config));
        let metrics = Metrics::default();
        board.record(metrics.waits());
        let mut prefix = String::from("sw");
        // The time of the start tells names of one start from those of another.
        write!(prefix, "{:x}", clock::unix_time().as_nanos()).unwrap_or_default();
        Ok(Self {
            admission: Admission::new(
                engine.clone(),
                board,
                config.admission,
                config.capacity_per_second,
            ),
            keys,
            meter: Meter::default(),
            metrics,
            hub: Arc::default(),
            alarms: Arc::default(),
            markets: RwLock::new(Arc::new(markets)),
            named: (prefix, AtomicU64::new(0)),
            config,
            engine,
        })
    }

    /// What is durable, for a look.
    pub(crate) fn look<R>(&self, look: impl FnOnce(&Desk) -> R) -> R {
        self.engine.read(look)
    }

    /// All markets as they are now.
    pub(crate) fn markets(&self) -> Arc<Markets> {
        Arc::clone(&self.markets.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes over changed settings, states and keys.
    pub(crate) fn refresh(&self) {
        let markets = self.look(|desk| {
            self.keys.set_made(desk.notes(keys::NOTES), |name| desk.account_named(name));
            Markets::of(desk.venue(), &self.config)
        });
        *self.markets.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(markets);
    }

    /// A name for an order that its client did not name.
    pub(crate) fn name_order(&self) -> ClientId {
        let (prefix, count) = &self.named;
        let number = count.fetch_add(1, Ordering::Relaxed);
        ClientId::new(&format!("{prefix}x{number:x}")).unwrap_or_default()
    }

    /// Has the engine do something for who asks; what was done, or why it was not.
    pub(crate) async fn work(
        &self,
        caller: &Caller,
        command: Command,
        labels: Labels,
    ) -> Result<Done, Failure> {
        let (account, deadline) = (Some(caller.key.account), caller.deadline);
        self.hand_over(Work { account, command, labels, deadline }).await
    }

    /// Has the engine do something that the venue itself or its administration asks for.
    pub(crate) async fn own_work(&self, command: Command, labels: Labels) -> Result<Done, Failure> {
        let until = now_ms().saturating_add(OWN_PATIENCE_MS);
        let work = Work { account: None, command, labels, deadline: at_ms(until) };
        self.hand_over(work).await
    }

    async fn hand_over(&self, work: Work) -> Result<Done, Failure> {
        // Of a list each entry is told by itself.
        let alone = !matches!(work.command, Command::PlaceAll(_));
        let done = refusal::done(self.admission.submit(work).await)?;
        match done.refused.first() {
            Some((_, refusal)) if alone => Err(refusal::of_desk(*refusal)),
            _ => Ok(done),
        }
    }
}

/// The time in milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    clock::unix_time().as_millis()
}

/// Milliseconds since 1970 as the venue's clock has them.
pub(crate) const fn at_ms(millis: u64) -> Timestamp {
    Timestamp::from_nanos(millis.saturating_mul(1_000_000))
}

/// An answer as JSON.
///
/// # Errors
/// Never: what is answered can be written.
pub(crate) fn json(answer: &impl serde::Serialize) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(answer).map_err(|_| Failure::of(ErrorCode::Unknown))
}
