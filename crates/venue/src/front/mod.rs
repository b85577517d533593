//! The exchange that Binance's clients trade on: REST, streams and the WebSocket API over the [engine](crate::engine),
//! and beside them what Binance does not give.
//!
//! A request goes through [`server`] (paths, limits), [`auth`] (key, time, signature), `wire-binance` (bytes to typed),
//! and a file by its subject, which gives the engine work or asks the desk. What is wrong is a `Failure` on every way.

mod account;
mod alarms;
pub(crate) mod auth;
mod credits;
mod data;
mod dispatch;
mod history;
mod keys;
mod listen;
mod market;
mod meter;
mod metrics;
mod own;
mod pace;
mod range;
pub(crate) mod refusal;
mod server;
mod settings;
mod show;
mod stream;
mod trade;
mod unpriced;

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use runtime::clock;
use runtime::task::sync::watch;
use units::{Span, Timestamp};
use venue_core::{Command, Promised};
use venue_views::{ClientId, Desk, Labels};
use wire_binance::{ErrorCode, Failure};

use crate::admission::{Admission, SharedBoard};
use crate::config::VenueConfig;
use crate::engine::{Done, Engine, Outcome, ShedReason, Work};
use crate::listed;
use crate::prices::FeedPlan;
use alarms::Alarms;
use auth::{Caller, Way};
use credits::Credits;
use keys::Keys;
use listen::Listens;
use market::Markets;
use meter::Meter;
use metrics::Metrics;
use pace::{Pace, Who};
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
    pub listens: Listens,
    pub meter: Meter,
    pub credits: Credits,
    refusals: Pace,
    questions: Pace,
    pub metrics: Metrics,
    pub hub: Arc<Hub>,
    pub alarms: Arc<Alarms>,
    /// What prices are wanted, as markets are added.
    pub feeds: watch::Sender<Vec<FeedPlan>>,
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
        let markets = engine.read(|desk| Markets::of(desk, &config));
        let feeds = engine.read(|desk| listed::feeds(desk, &config));
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
            listens: Listens::new(at_ms(now_ms())),
            meter: Meter::new(&config.limits),
            credits: Credits::default(),
            refusals: Pace::of_refusals(),
            questions: Pace::of_questions(),
            metrics,
            hub: Arc::default(),
            alarms: Arc::default(),
            feeds: watch::channel(feeds).0,
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
        let (markets, feeds) = self.look(|desk| {
            self.keys.set_made(desk.notes(keys::NOTES), |name| desk.account_named(name));
            (Markets::of(desk, &self.config), listed::feeds(desk, &self.config))
        });
        *self.markets.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(markets);
        self.feeds.send_if_modified(|before| {
            let changed = *before != feeds;
            *before = feeds;
            changed
        });
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
        let (account, deadline) = (caller.key.account, caller.deadline);
        let cuts_risk = || self.look(|desk| desk.venue().cuts_risk(&command, &Promised::default()));
        let who = Who::Account(account);
        if let Some(over) = caller.over
            && !cuts_risk()
        {
            return Err(self.refuse(who, caller.way, over.failure()).await);
        }
        let place = self.credits.take(account, deadline, cuts_risk).await?;
        let work = Work { account: Some(account), command, labels, deadline };
        let alone = !matches!(work.command, Command::PlaceAll(_));
        let outcome = self.admission.submit(work).await;
        drop(place);
        let is_overload = matches!(outcome, Outcome::Shed(ShedReason::Full | ShedReason::Overload));
        match told(outcome, alone) {
            Err(failure) if is_overload => Err(self.refuse(who, caller.way, failure).await),
            told => told,
        }
    }

    /// Tells a refusal when its time has come; on a socket at once, since whatever else is on it would wait, too.
    pub(crate) async fn refuse(&self, who: Who, way: Way, failure: Failure) -> Failure {
        if way == Way::Http {
            let held = self.refusals.hold(who, clock::now());
            if held > Span::ZERO {
                clock::sleep(held).await;
            }
        }
        failure
    }

    /// Waits until a question is answered: not at all, but for who asks much over HTTP while new risk is refused.
    pub(crate) async fn ask(&self, who: Who, way: Way) {
        let mut held = Span::ZERO;
        if way == Way::Http && self.admission.is_overloaded() {
            held = self.questions.hold(who, clock::now());
            if held > Span::ZERO {
                clock::sleep(held).await;
            }
        }
        self.admission.asked(held);
    }

    /// Has the engine do something that the venue itself or its administration asks for.
    pub(crate) async fn own_work(&self, command: Command, labels: Labels) -> Result<Done, Failure> {
        let until = now_ms().saturating_add(OWN_PATIENCE_MS);
        let work = Work { account: None, command, labels, deadline: at_ms(until) };
        let alone = !matches!(work.command, Command::PlaceAll(_));
        told(self.admission.submit(work).await, alone)
    }
}

/// What was done, or why it was not. Of a list each entry is told by itself, where it did not come alone.
fn told(outcome: Outcome, alone: bool) -> Result<Done, Failure> {
    let done = refusal::done(outcome)?;
    match done.refused.first() {
        Some((_, refusal)) if alone => Err(refusal::of_desk(*refusal)),
        _ => Ok(done),
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
