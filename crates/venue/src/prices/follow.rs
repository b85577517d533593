//! Follows the oracle's stream, and comes back to it when it breaks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use runtime::client::{CallError, Client, Endpoint, Incoming};
use runtime::clock;
use runtime::http::StatusCode;
use runtime::task::{self, sync::watch};
use units::{Span, Timestamp};
use venue_core::{Command, PriceUpdate};
use venue_views::Labels;

use super::feeds::{FeedPlan, Feeds, Now};
use super::sse::Events;
use crate::engine::{Engine, Work, unix_now};

/// How long the head of the stream is waited for.
const OPEN_TIMEOUT: Span = Span::from_secs(5);

/// A stream that says nothing for so long is dead: the oracle sends a comment every five seconds.
const QUIET: Span = Span::from_secs(12);

/// How long a broken stream is left alone before another one is tried; prices come four times a second, so that more
/// than a moment is felt.
const PAUSE: Span = Span::from_millis(500);

/// How often is looked whether the oracle has been away for too long.
const LOOK: Span = Span::from_millis(250);

/// Where prices come from, and how.
#[derive(Clone, Debug)]
pub struct PriceSettings {
    /// The oracle, by its root.
    pub oracle: Endpoint,
    /// What its feeds are the prices of.
    pub feeds: Vec<FeedPlan>,
    /// The feed of the settlement asset, by which all others are turned into it; one for one, if not given.
    pub settlement: Option<String>,
    /// After how long without a word from the oracle all prices are halted.
    pub halted_after: Span,
}

/// How the stream is.
#[derive(Debug, Default)]
pub struct PriceState {
    connected: AtomicBool,
    prices: AtomicU64,
    breaks: AtomicU64,
}

impl PriceState {
    /// Whether the oracle is there.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }

    /// Prices that were handed to the engine.
    #[must_use]
    pub fn prices(&self) -> u64 {
        self.prices.load(Ordering::Relaxed)
    }

    /// How often the stream broke, or could not be opened.
    #[must_use]
    pub fn breaks(&self) -> u64 {
        self.breaks.load(Ordering::Relaxed)
    }
}

/// Follows the oracle's stream.
#[derive(Debug)]
pub struct Prices {
    client: Client,
    base: String,
    path: String,
    /// What is wanted, where that may change.
    wanted: Option<watch::Receiver<Vec<FeedPlan>>>,
    feeds: Feeds,
    engine: Engine,
    state: Arc<PriceState>,
}

impl Prices {
    /// What will follow the stream once it [runs](Self::run).
    #[must_use]
    pub fn new(settings: PriceSettings, engine: Engine) -> Self {
        let PriceSettings { oracle, feeds, settlement, halted_after } = settings;
        let feeds = Feeds::new(&feeds, settlement, halted_after, now());
        let base = oracle.base_path().to_owned();
        let path = path_of(&base, &feeds.symbols());
        // A stream has no end, and each event its own bound.
        let client = Client::new(oracle, usize::MAX);
        Self { client, base, path, wanted: None, feeds, engine, state: Arc::default() }
    }

    /// Follows what is wanted from now on, as it changes.
    #[must_use]
    pub fn as_wanted(self, wanted: watch::Receiver<Vec<FeedPlan>>) -> Self {
        Self { wanted: Some(wanted), ..self }
    }

    /// How the stream is.
    #[must_use]
    pub fn state(&self) -> Arc<PriceState> {
        Arc::clone(&self.state)
    }

    /// Follows the stream until `stopped` says so.
    pub async fn run(mut self, stopped: watch::Receiver<bool>) {
        let mut told_to_stop = std::pin::pin!(task::told_to_stop(stopped));
        loop {
            if let Some(wanted) = &mut self.wanted {
                self.feeds.plan(&wanted.borrow_and_update());
                self.path = path_of(&self.base, &self.feeds.symbols());
            }
            task::select! {
                biased;
                () = &mut told_to_stop => return,
                why = self.stream() => tracing::warn!(why, "the oracle's stream has broken"),
            }
            self.state.connected.store(false, Ordering::Relaxed);
            self.state.breaks.fetch_add(1, Ordering::Relaxed);
            let again = clock::now().after(PAUSE);
            while clock::now() < again {
                self.tell_silence();
                task::select! {
                    biased;
                    () = &mut told_to_stop => return,
                    () = clock::sleep(LOOK) => {}
                }
            }
        }
    }

    /// Follows one stream to its end, and says why it ended.
    async fn stream(&mut self) -> String {
        let mut incoming = match self.open().await {
            Ok(incoming) => incoming,
            Err(why) => return why,
        };
        self.state.connected.store(true, Ordering::Relaxed);
        let (mut events, mut piece) = (Events::default(), Vec::new());
        let mut heard = clock::now();
        loop {
            task::select! {
                biased;
                more = incoming.next(&mut piece) => match more {
                    Ok(true) => heard = clock::now(),
                    Ok(false) => return "the oracle has ended it".to_owned(),
                    Err(error) => return error.to_string(),
                },
                () = changed(&mut self.wanted) => return "other feeds are wanted".to_owned(),
                () = clock::sleep(LOOK) => {}
            }
            if self.take(&mut events, &piece).is_err() {
                return "an event is longer than is read".to_owned();
            }
            piece.clear();
            self.tell_silence();
            if clock::now().since(heard) > QUIET {
                return format!("nothing came for {QUIET}");
            }
        }
    }

    /// Opens a stream. Meanwhile it is looked whether the oracle has been away for too long.
    async fn open(&mut self) -> Result<Incoming, String> {
        let opening = self.client.get_stream(&self.path, OPEN_TIMEOUT);
        let mut opening = std::pin::pin!(opening);
        let opened = loop {
            task::select! {
                biased;
                opened = &mut opening => break opened,
                () = clock::sleep(LOOK) => tell_silence(&mut self.feeds, &self.engine, &self.state),
            }
        };
        let (response, incoming) = opened.map_err(|error: CallError| error.to_string())?;
        match (response.status, incoming) {
            (StatusCode::OK, Some(incoming)) => Ok(incoming),
            (status, _) => Err(format!("the oracle answered with {status}")),
        }
    }

    fn take(&mut self, events: &mut Events, piece: &[u8]) -> Result<(), super::sse::TooLong> {
        let mut updates = Vec::new();
        let (feeds, now) = (&mut self.feeds, now());
        events.take(piece, |name, data| {
            if name == "price" {
                updates.extend(feeds.heard(data, now));
            }
        })?;
        tell(&self.engine, &self.state, updates);
        Ok(())
    }

    fn tell_silence(&mut self) {
        tell_silence(&mut self.feeds, &self.engine, &self.state);
    }
}

/// Waits until other feeds are wanted.
async fn changed(wanted: &mut Option<watch::Receiver<Vec<FeedPlan>>>) {
    if let Some(wanted) = wanted
        && wanted.changed().await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}

/// Halts all prices where the oracle has been away for too long.
fn tell_silence(feeds: &mut Feeds, engine: &Engine, state: &PriceState) {
    let silent = feeds.silent(now());
    if !silent.is_empty() {
        tracing::error!("the oracle has been away for too long: all prices are halted");
    }
    tell(engine, state, silent);
}

/// Hands prices to the engine. Nobody waits for what becomes of them.
fn tell(engine: &Engine, state: &PriceState, updates: Vec<PriceUpdate>) {
    for update in updates {
        let (command, labels) = (Command::Price(update), Labels::default());
        drop(engine.submit(Work { account: None, command, labels, deadline: Timestamp::MAX }));
        state.prices.fetch_add(1, Ordering::Relaxed);
    }
}

fn now() -> Now {
    Now { clock: clock::now(), unix: unix_now() }
}

/// The path of the stream of some symbols.
fn path_of(base: &str, symbols: &[&str]) -> String {
    let symbols: Vec<String> = symbols.iter().map(|symbol| encoded(symbol)).collect();
    format!("{}/v1/stream?symbols={}", base.trim_end_matches('/'), symbols.join(","))
}

/// A symbol as it may stand in a query.
fn encoded(symbol: &str) -> String {
    let mut text = String::new();
    for byte in symbol.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
