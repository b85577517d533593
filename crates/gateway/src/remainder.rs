//! Where the rest of an answer waits that goes to the client as it comes.

use std::sync::{Mutex, MutexGuard, PoisonError};

use runtime::http::Source;

/// The rest of an answer whose beginning is here.
#[derive(Debug)]
pub(crate) struct Remainder {
    /// How many bytes are to come, where that is known.
    pub(crate) left: Option<u64>,
    /// Where they come from.
    pub(crate) source: Box<dyn Source>,
}

/// For one call of a caller that can hand on a large answer as it comes: where its rest is put.
#[derive(Debug, Default)]
pub(crate) struct Passing(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    to_keep: bool,
    rest: Option<Remainder>,
}

impl Passing {
    /// Says that the answer is to be kept, and held whole for that, if it is not too large.
    pub(crate) fn want_to_keep(&self) {
        self.state().to_keep = true;
    }

    /// Whether the answer is to be kept.
    pub(crate) fn is_to_be_kept(&self) -> bool {
        self.state().to_keep
    }

    pub(crate) fn put(&self, rest: Remainder) {
        self.state().rest = Some(rest);
    }

    /// Whether an answer is passed on: only its beginning is here.
    pub(crate) fn is_passed(&self) -> bool {
        self.state().rest.is_some()
    }

    pub(crate) fn take(&self) -> Option<Remainder> {
        self.state().rest.take()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
