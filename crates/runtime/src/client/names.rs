//! Names to addresses, remembered by the whole process: a name that stops resolving keeps its last good
//! addresses, whichever thread learnt them.
//!
//! On 2025-10-20 a cloud's name servers answered with empty records for three hours while the machines
//! behind the names were well. Who kept what the name last stood for could go on.

mod question;
mod servers;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use crate::words::in_words;
use servers::Servers;

/// How long an answer to a name is used again, so that a burst of new connections asks once.
const NAME_KEPT: Duration = Duration::from_secs(5);
/// How old an answer may get while nobody connects, so that a name that fails is noticed before the next
/// connection needs it.
const NAME_WATCHED: Duration = Duration::from_secs(30);
/// How long a name may take to resolve where the addresses it had before can be used instead. Shorter than
/// the shortest probe (500 ms), so that a slow resolver does not make a node look dead.
const NAME_AWAITED: Duration = Duration::from_millis(250);
/// After this long a question is given up and may be asked anew; a resolver's own attempts end before.
const NAME_TIME_MAX: Duration = Duration::from_secs(30);
/// Most names remembered: several times the endpoints that a gateway can have. The one asked about longest
/// ago goes first.
const NAMES_MAX: usize = 1_024;

/// How names are looked up, for the whole process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameSettings {
    /// The servers that are asked, in order; the system's resolver where there are none. A server is asked for whole names:
    /// the system's search domains and its file of hosts do not count then.
    pub servers: Vec<SocketAddr>,
    /// What becomes of a name that has resolved and does not resolve any more.
    pub unresolved: Unresolved,
}

/// What becomes of a name that has resolved and does not resolve any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unresolved {
    /// Connections go to its last good addresses.
    #[default]
    LastGood,
    /// New connections fail, as with most programs, once the resolver has said so or the question is given up.
    Fails,
}

/// Says how names are looked up. Only what is said before the first connection of the process counts; false where that was
/// too late.
#[must_use]
pub fn look_names_up(settings: NameSettings) -> bool {
    SETTINGS.set(settings).is_ok()
}

static SETTINGS: OnceLock<NameSettings> = OnceLock::new();

/// Addresses of a name, or why there are none.
pub(super) type Found = io::Result<Vec<IpAddr>>;

/// Who is asked for the addresses of a name.
pub(super) trait Resolve: fmt::Debug + Send + Sync {
    /// The addresses of `host`. May take as long as it likes: it is waited for elsewhere.
    fn resolve(&self, host: String) -> Pin<Box<dyn Future<Output = Found> + Send>>;
}

/// The system's resolver. Each question has a thread of its own rather than one of the async runtime's, which
/// would not end before the answer had come.
#[derive(Debug)]
struct System;

impl Resolve for System {
    fn resolve(&self, host: String) -> Pin<Box<dyn Future<Output = Found> + Send>> {
        let (answer, answered) = oneshot::channel();
        let thread = std::thread::Builder::new().name("name-lookup".to_owned()).spawn(move || {
            let found = (host.as_str(), 0).to_socket_addrs();
            let found = found.map(|found| found.map(|address| address.ip()).collect());
            // Nobody waits any more where the question was given up.
            let _waited_for = answer.send(found).is_ok();
        });
        Box::pin(async move {
            thread?;
            answered.await.unwrap_or_else(|_| Err(io::Error::other("the resolver broke off")))
        })
    }
}

/// The addresses of names, for all connections of the process.
#[derive(Debug)]
pub(super) struct Names {
    resolver: Box<dyn Resolve>,
    unresolved: Unresolved,
    hosts: Mutex<BTreeMap<String, Host>>,
}

/// What is known of one name.
#[derive(Debug, Default)]
struct Host {
    /// What the name last resolved to; kept when it no longer does.
    addresses: Vec<IpAddr>,
    /// When the last answer came, a failure included.
    answered_at: Option<Instant>,
    /// Since when a question is under way; there is never more than one.
    asked_at: Option<Instant>,
    /// Why the last answer brought no address, if it brought none.
    failure: Option<String>,
    /// Told that an answer has come.
    answers: watch::Sender<()>,
}

impl Host {
    fn is_younger(&self, age: Duration) -> bool {
        self.answered_at.is_some_and(|at| at.elapsed() < age)
    }
}

impl Names {
    /// The names that all clients of this process share, as [`look_names_up`] said.
    pub(super) fn of_process() -> Arc<Self> {
        static NAMES: OnceLock<Arc<Names>> = OnceLock::new();
        let begin = || {
            let NameSettings { servers, unresolved } = SETTINGS.get_or_init(NameSettings::default);
            let resolver: Box<dyn Resolve> = match servers.as_slice() {
                [] => Box::new(System),
                servers => Box::new(Servers::new(servers)),
            };
            Arc::new(Self { unresolved: *unresolved, ..Self::new(resolver) })
        };
        Arc::clone(NAMES.get_or_init(begin))
    }

    pub(super) fn new(resolver: Box<dyn Resolve>) -> Self {
        Self { resolver, unresolved: Unresolved::LastGood, hosts: Mutex::default() }
    }

    /// The addresses of `host`: what it resolves to, or what it resolved to before where that fails or takes
    /// long.
    ///
    /// # Errors
    /// Where the name does not resolve and never did, in words.
    pub(super) async fn addresses(self: &Arc<Self>, host: &str) -> Result<Vec<IpAddr>, String> {
        loop {
            let (before, asked_at, mut answers) = {
                let mut hosts = self.hosts();
                let known = entry(&mut hosts, host);
                if known.is_younger(NAME_KEPT) && !known.addresses.is_empty() {
                    return Ok(known.addresses.clone());
                }
                let asked_at = self.ask(host, known);
                (known.addresses.clone(), asked_at, known.answers.subscribe())
            };
            if !before.is_empty() {
                let patience = asked_at + NAME_AWAITED;
                let _in_time = tokio::time::timeout_at(patience, answers.changed()).await.is_ok();
                let hosts = self.hosts();
                let Some(known) = hosts.get(host) else { return Ok(before) };
                return match &known.failure {
                    Some(reason) if known.addresses.is_empty() => Err(reason.clone()),
                    Some(_) | None => Ok(known.addresses.clone()),
                };
            }
            let _told = answers.changed().await.is_ok();
            let hosts = self.hosts();
            let Some(known) = hosts.get(host) else { continue };
            if !known.addresses.is_empty() {
                return Ok(known.addresses.clone());
            }
            // Neither addresses nor a reason: whoever asked has ended, so it is asked again.
            if let Some(reason) = &known.failure {
                return Err(reason.clone());
            }
        }
    }

    /// Why `host` does not resolve at present although it did before. Asks anew where the last answer is
    /// old, and does not wait for that.
    pub(super) fn failure(self: &Arc<Self>, host: &str) -> Option<String> {
        let mut hosts = self.hosts();
        let known = entry(&mut hosts, host);
        if !known.is_younger(NAME_WATCHED) {
            self.ask(host, known);
        }
        known.failure.clone().filter(|_| !known.addresses.is_empty())
    }

    /// Asks for the addresses of a name unless that is under way; since when it is.
    fn ask(self: &Arc<Self>, host: &str, known: &mut Host) -> Instant {
        if let Some(since) = known.asked_at {
            return since;
        }
        let now = Instant::now();
        known.asked_at = Some(now);
        let question = Question { names: Arc::clone(self), host: host.to_owned(), found: None };
        let resolving = self.resolver.resolve(host.to_owned());
        tokio::spawn(async move {
            let found = tokio::time::timeout(NAME_TIME_MAX, resolving).await;
            question.settle(found.unwrap_or_else(|_late| Err(io::ErrorKind::TimedOut.into())));
        });
        now
    }

    fn hosts(&self) -> MutexGuard<'_, BTreeMap<String, Host>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is known of `host`, made room for where there is nothing yet.
fn entry<'a>(hosts: &'a mut BTreeMap<String, Host>, host: &str) -> &'a mut Host {
    if hosts.len() >= NAMES_MAX && !hosts.contains_key(host) {
        let idle = hosts.iter().filter(|(_, known)| known.asked_at.is_none());
        let oldest = idle.min_by_key(|(_, known)| known.answered_at).map(|(name, _)| name.clone());
        oldest.into_iter().for_each(|name| drop(hosts.remove(&name)));
    }
    hosts.entry(host.to_owned()).or_default()
}

/// A question under way. Ends with its task, be it answered or dropped with the thread that asked.
struct Question {
    names: Arc<Names>,
    host: String,
    found: Option<Found>,
}

impl Question {
    fn settle(mut self, found: Found) {
        self.found = Some(found);
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        let mut hosts = self.names.hosts();
        let Some(known) = hosts.get_mut(&self.host) else { return };
        known.asked_at = None;
        let reason = match self.found.take() {
            Some(Ok(addresses)) if !addresses.is_empty() => {
                known.addresses = addresses;
                None
            }
            Some(Ok(_)) => Some(format!("name {} has no address", self.host)),
            Some(Err(error)) => {
                Some(format!("name {} did not resolve: {}", self.host, in_words(&error)))
            }
            None => {
                known.answers.send_replace(());
                return;
            }
        };
        let had = known.addresses.len();
        if reason.is_some() && self.names.unresolved == Unresolved::Fails {
            known.addresses.clear();
        }
        known.answered_at = Some(Instant::now());
        let (host, kept) = (self.host.as_str(), known.addresses.len());
        match (&reason, &known.failure) {
            (Some(reason), None) if kept > 0 => {
                tracing::warn!(host, reason, kept, "the last good addresses are used");
            }
            (Some(reason), _) if kept < had => {
                tracing::warn!(host, reason, had, "new connections to the name fail");
            }
            (None, Some(_)) => tracing::info!(host, "the name resolves again"),
            (Some(_) | None, _) => {}
        }
        known.failure = reason;
        known.answers.send_replace(());
    }
}

#[cfg(test)]
mod tests;
