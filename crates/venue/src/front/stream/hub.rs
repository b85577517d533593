//! Who listens to which stream. Each socket has a line of messages with an end: whoever does not read is told so and
//! closed, and nobody waits for anybody.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use runtime::http::Bytes;
use runtime::task::sync::{Notify, mpsc, watch};
use venue_core::AccountId;
use wire_binance::stream::{STREAMS_MAX, StreamName, write_combined};
use wire_binance::{ListenKey, ToJson};

/// Messages that may wait for a socket; past it the socket is closed. One price may liquidate ten thousand accounts, which
/// is told at once: a socket has to bear that and its trades. What waits is shared by all sockets, and is some 10 MB.
const WAITING_MAX: usize = 1 << 15;

/// What somebody listens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Topic {
    /// A stream of markets.
    Market(StreamName),
    /// What concerns an account.
    User(AccountId),
}

/// A socket that listens.
#[derive(Debug)]
pub(crate) struct Line {
    id: u64,
    queue: mpsc::Sender<Bytes>,
    /// Whether messages are wrapped with the name of their stream.
    combined: AtomicBool,
    /// Why it is to be closed.
    ended: Mutex<Option<&'static str>>,
    closing: Notify,
}

impl Line {
    /// Has messages wrapped, or not.
    pub(crate) fn set_combined(&self, combined: bool) {
        self.combined.store(combined, Ordering::Relaxed);
    }

    /// Whether messages are wrapped.
    pub(crate) fn is_combined(&self) -> bool {
        self.combined.load(Ordering::Relaxed)
    }

    /// Resolves when it is to be closed, with the reason.
    pub(crate) async fn ended(&self) -> &'static str {
        loop {
            let closing = self.closing.notified();
            let ended = *self.ended.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(why) = ended {
                return why;
            }
            closing.await;
        }
    }

    fn end(&self, why: &'static str) {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
        self.closing.notify_one();
    }
}

/// A socket's own view of what it listens to.
#[derive(Debug)]
pub(crate) struct Place {
    /// The line.
    pub line: Arc<Line>,
    /// What comes.
    pub queue: mpsc::Receiver<Bytes>,
    /// What it listens to, by the names that were asked for.
    names: HashMap<StreamName, Topic>,
    hub: Arc<Hub>,
}

/// Why no more streams are taken.
pub(crate) const TOO_MANY: &str = "too many streams for one connection";

impl Place {
    /// Listens to a stream. `account` says whose stream a name of a user's is.
    ///
    /// # Errors
    /// Where there are as many as there may be, or nobody has that stream.
    pub(crate) fn listen(
        &mut self,
        name: StreamName,
        account: impl FnOnce(ListenKey) -> Option<AccountId>,
    ) -> Result<(), &'static str> {
        if self.names.contains_key(&name) {
            return Ok(());
        }
        if self.names.len() >= STREAMS_MAX {
            return Err(TOO_MANY);
        }
        let topic = if let StreamName::User(key) = name {
            Topic::User(account(key).ok_or("no such listen key")?)
        } else {
            Topic::Market(name)
        };
        self.names.insert(name, topic);
        self.hub
            .topics()
            .entry(topic)
            .or_default()
            .push((Arc::clone(&self.line), name.to_string()));
        Ok(())
    }

    /// Listens to a stream no more.
    pub(crate) fn leave(&mut self, name: StreamName) {
        if let Some(topic) = self.names.remove(&name) {
            self.hub.leave(topic, self.line.id);
        }
    }

    /// What it listens to.
    pub(crate) fn names(&self) -> Vec<StreamName> {
        let mut names: Vec<StreamName> = self.names.keys().copied().collect();
        names.sort_unstable();
        names
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for topic in self.names.values() {
            self.hub.leave(*topic, self.line.id);
        }
        self.hub.sockets.fetch_sub(1, Ordering::Relaxed);
    }
}

type Topics = HashMap<Topic, Vec<(Arc<Line>, String)>>;

/// All who listen.
#[derive(Debug)]
pub(crate) struct Hub {
    topics: Mutex<Topics>,
    ids: AtomicU64,
    sockets: AtomicU64,
    /// Sockets that were closed since they did not read.
    pub slow: AtomicU64,
    /// The number of the tape's newest entry.
    tape: watch::Sender<u64>,
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            topics: Mutex::default(),
            ids: AtomicU64::new(0),
            sockets: AtomicU64::new(0),
            slow: AtomicU64::new(0),
            tape: watch::channel(0).0,
        }
    }
}

impl Hub {
    fn topics(&self) -> MutexGuard<'_, Topics> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a socket.
    pub(crate) fn place(self: &Arc<Self>, combined: bool) -> Place {
        let (sender, queue) = mpsc::channel(WAITING_MAX);
        let line = Line {
            id: self.ids.fetch_add(1, Ordering::Relaxed),
            queue: sender,
            combined: AtomicBool::new(combined),
            ended: Mutex::new(None),
            closing: Notify::new(),
        };
        self.sockets.fetch_add(1, Ordering::Relaxed);
        Place { line: Arc::new(line), queue, names: HashMap::new(), hub: Arc::clone(self) }
    }

    fn leave(&self, topic: Topic, id: u64) {
        let mut topics = self.topics();
        if let Some(lines) = topics.get_mut(&topic) {
            lines.retain(|(line, _)| line.id != id);
            if lines.is_empty() {
                topics.remove(&topic);
            }
        }
    }

    /// How many sockets listen.
    pub(crate) fn sockets(&self) -> u64 {
        self.sockets.load(Ordering::Relaxed)
    }

    /// Whether somebody listens to it: else its message need not even be made.
    pub(crate) fn wants(&self, topic: Topic) -> bool {
        self.topics().contains_key(&topic)
    }

    /// What somebody listens to.
    pub(crate) fn wanted(&self) -> Vec<Topic> {
        self.topics().keys().copied().collect()
    }

    /// Tells a message to all who listen to it.
    pub(crate) fn tell(&self, topic: Topic, message: &(impl ToJson + ?Sized)) {
        let topics = self.topics();
        if let Some(lines) = topics.get(&topic) {
            self.tell_lines(lines, message);
        }
    }

    fn tell_lines(&self, lines: &[(Arc<Line>, String)], message: &(impl ToJson + ?Sized)) {
        let (mut plain, mut wrapped) = (None, None);
        for (line, name) in lines {
            let bytes = if line.is_combined() {
                wrapped.get_or_insert_with(|| {
                    let mut out = Vec::new();
                    write_combined(name, message, &mut out);
                    Bytes::from(out)
                })
            } else {
                plain.get_or_insert_with(|| Bytes::from(message.to_json()))
            };
            if line.queue.try_send(bytes.clone()).is_err() {
                self.slow.fetch_add(1, Ordering::Relaxed);
                line.end("messages are not read as fast as they come");
            }
        }
    }

    /// The names under which users' streams are listened to.
    pub(crate) fn users(&self) -> Vec<(AccountId, String)> {
        let topics = self.topics();
        let users = topics.iter().filter_map(|(topic, lines)| {
            if let Topic::User(account) = topic { Some((*account, lines)) } else { None }
        });
        let names = users.flat_map(|(account, lines)| {
            lines.iter().map(move |(_, name)| (account, name.clone()))
        });
        let mut names: Vec<_> = names.collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The accounts whose streams are listened to.
    pub(crate) fn user_accounts(&self) -> Vec<AccountId> {
        let topics = self.topics();
        let users = topics.keys().filter_map(|topic| {
            if let Topic::User(account) = topic { Some(*account) } else { None }
        });
        users.collect()
    }

    /// Tells a last message to all who listen to a user's stream by a name; nothing more of it comes to them.
    pub(crate) fn end_user(&self, account: AccountId, name: &str, last: &(impl ToJson + ?Sized)) {
        let topic = Topic::User(account);
        let ended = {
            let mut topics = self.topics();
            let Some(lines) = topics.get_mut(&topic) else { return };
            let (ended, on) = std::mem::take(lines).into_iter().partition(|(_, own)| own == name);
            *lines = on;
            if lines.is_empty() {
                topics.remove(&topic);
            }
            ended
        };
        self.tell_lines(&ended, last);
    }

    /// Closes everybody: what was lost cannot be told any more.
    pub(crate) fn end_all(&self, why: &'static str) {
        for (line, _) in self.topics().values().flatten() {
            line.end(why);
        }
    }

    /// The number of the tape's newest entry, as it grows.
    pub(crate) fn tape(&self) -> watch::Receiver<u64> {
        self.tape.subscribe()
    }

    /// Tells that there is a new entry.
    pub(crate) fn tape_grew(&self, number: u64) {
        self.tape.send_replace(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> StreamName {
        StreamName::parse(text).expect("a stream")
    }

    #[test]
    fn each_hears_what_it_has_asked_for_and_no_other_account() {
        let hub = Arc::new(Hub::default());
        let (mut one, mut other) = (hub.place(false), hub.place(true));
        let trades = name("btcusdt@trade");
        one.listen(trades, |_| None).expect("there is room");
        other.listen(trades, |_| None).expect("there is room");
        let key = name(&"a".repeat(64));
        assert!(one.listen(key, |_| None).is_err(), "a key that nobody has");
        other.listen(key, |_| Some(AccountId::new(2))).expect("it has");
        hub.tell(Topic::Market(trades), &7_u64);
        hub.tell(Topic::User(AccountId::new(1)), &8_u64);
        hub.tell(Topic::User(AccountId::new(2)), &9_u64);
        assert_eq!(one.queue.try_recv().ok(), Some(Bytes::from_static(b"7")));
        assert!(one.queue.try_recv().is_err());
        let wrapped = Bytes::from_static(b"{\"stream\":\"btcusdt@trade\",\"data\":7}");
        assert_eq!(other.queue.try_recv().ok(), Some(wrapped));
        assert!(other.queue.try_recv().is_ok_and(|bytes| bytes.ends_with(b"\"data\":9}")));
        // A user's stream that has ended says so, and nothing after it.
        let own = "a".repeat(64);
        assert_eq!(hub.users(), [(AccountId::new(2), own.clone())]);
        hub.end_user(AccountId::new(2), &own, &10_u64);
        hub.tell(Topic::User(AccountId::new(2)), &11_u64);
        assert!(other.queue.try_recv().is_ok_and(|bytes| bytes.ends_with(b"\"data\":10}")));
        assert!(other.queue.try_recv().is_err());
        one.leave(trades);
        drop(other);
        assert_eq!((hub.wanted().len(), hub.sockets()), (0, 1));
    }

    #[test]
    fn who_does_not_read_is_closed_and_holds_nobody_up() {
        // Else one client that stops reading fills the memory, or stops the streams of all.
        let hub = Arc::new(Hub::default());
        let mut slow = hub.place(false);
        let trades = name("btcusdt@trade");
        slow.listen(trades, |_| None).expect("there is room");
        for _ in 0..=WAITING_MAX {
            hub.tell(Topic::Market(trades), &7_u64);
        }
        let why = runtime::task::block_on(slow.line.ended());
        assert!(why.contains("not read"), "{why}");
        assert_eq!(hub.slow.load(Ordering::Relaxed), 1);
    }
}
