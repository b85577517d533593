//! Users' streams. Their names are worked out from the key and never kept, so that a stream goes on after a restart; for how
//! long each goes on is kept here, and forgotten with the process: after a start everybody has the whole time.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use units::{Span, Timestamp};
use venue_core::AccountId;
use wire_binance::answer::Stream;
use wire_binance::stream::ListenKeyExpired;
use wire_binance::{ErrorCode, Failure, ListenKey, ToJson as _};

use super::auth::Caller;
use super::{Front, at_ms, now_ms};

/// How long a stream goes on that nobody lengthens. Source: Binance's.
const LIFE: Span = Span::from_secs(3_600);

/// Until when each key's stream goes on, by the key's hash. There are no more of them than keys.
#[derive(Debug)]
pub(crate) struct Listens {
    until: Mutex<BTreeMap<String, Timestamp>>,
    /// Until when those go on that were begun before this start.
    inherited: Timestamp,
}

impl Listens {
    /// As of a start.
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { until: Mutex::default(), inherited: now.after(LIFE) }
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Timestamp>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a key's stream, or lengthens it.
    fn begin(&self, key: &str, now: Timestamp) {
        self.kept().insert(key.to_owned(), now.after(LIFE));
    }

    /// Ends a key's stream.
    fn end(&self, key: &str) {
        self.kept().insert(key.to_owned(), Timestamp::ZERO);
    }

    /// Whether a key's stream goes on.
    pub(crate) fn goes_on(&self, key: &str, now: Timestamp) -> bool {
        now < self.kept().get(key).copied().unwrap_or(self.inherited)
    }

    /// Forgets what has ended: it is the same as what was never begun, once none is inherited any more.
    pub(crate) fn forget(&self, now: Timestamp) {
        if now >= self.inherited {
            self.kept().retain(|_, until| now < *until);
        }
    }
}

/// Begins the caller's stream, or lengthens it, and gives its name.
///
/// # Errors
/// Never.
pub(crate) fn start(front: &Front, caller: &Caller) -> Result<Vec<u8>, Failure> {
    front.listens.begin(&caller.key.id, at_ms(now_ms()));
    name(front, caller)
}

/// Lengthens the caller's stream.
///
/// # Errors
/// Where it has ended.
pub(crate) fn keep(front: &Front, caller: &Caller) -> Result<Vec<u8>, Failure> {
    let now = at_ms(now_ms());
    if !front.listens.goes_on(&caller.key.id, now) {
        return Err(Failure::of(ErrorCode::InvalidListenKey));
    }
    front.listens.begin(&caller.key.id, now);
    name(front, caller)
}

/// Ends the caller's stream.
///
/// # Errors
/// Never.
pub(crate) fn end(front: &Front, caller: &Caller) -> Result<Vec<u8>, Failure> {
    front.listens.end(&caller.key.id);
    let listen_key = front.keys.listen_key(&caller.key)?;
    expire(front, caller.key.account, listen_key);
    Ok(b"{}".to_vec())
}

/// Tells whoever listens to a user's stream that it has ended.
pub(crate) fn expire(front: &Front, account: AccountId, listen_key: ListenKey) {
    let last = ListenKeyExpired { event_time: now_ms(), listen_key };
    front.hub.end_user(account, listen_key.as_str(), &last);
}

fn name(front: &Front, caller: &Caller) -> Result<Vec<u8>, Failure> {
    Ok(Stream { listen_key: front.keys.listen_key(&caller.key)? }.to_json())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_ends_an_hour_after_it_was_lengthened_last() {
        // A client that was thrown away would be told its orders for ever; one that goes on must not lose them.
        let at = |minutes: u64| Timestamp::ZERO.after(Span::from_secs(60 * minutes));
        let listens = Listens::new(at(0));
        assert!(listens.goes_on("of-before", at(59)), "it was begun before this start");
        assert!(!listens.goes_on("of-before", at(60)));
        listens.begin("one", at(30));
        listens.begin("one", at(80));
        assert!(listens.goes_on("one", at(139)) && !listens.goes_on("one", at(140)));
        listens.begin("other", at(80));
        listens.end("other");
        assert!(!listens.goes_on("other", at(81)));
        listens.forget(at(140));
        assert_eq!(listens.kept().len(), 0, "nothing is kept of what has ended");
    }
}
