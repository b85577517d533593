//! The requests that are at a frail node at once: a few are worked on, the rest wait.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Who is there.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    inside: usize,
    working: usize,
    most: usize,
    falls: u64,
}

/// One request that is there, until it is dropped.
#[derive(Debug)]
pub(super) struct Inside<'a>(&'a Crowd);

impl Crowd {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Comes in; `None` where the node falls by it.
    pub(super) fn enter(&self, bears: usize) -> Option<Inside<'_>> {
        let mut state = self.state();
        if state.inside >= bears {
            state.falls += 1;
            return None;
        }
        state.inside += 1;
        state.most = state.most.max(state.inside);
        Some(Inside(self))
    }

    pub(super) fn falls(&self) -> u64 {
        self.state().falls
    }

    pub(super) fn most(&self) -> usize {
        self.state().most
    }
}

impl Inside<'_> {
    /// Waits for its turn, and then for as long as the work takes.
    pub(super) fn work(&self, at_once: usize, takes: Duration) {
        let mut state = self.0.state();
        while state.working >= at_once {
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.working += 1;
        drop(state);
        thread::sleep(takes);
        self.0.state().working -= 1;
        self.0.changed.notify_one();
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.state().inside -= 1;
    }
}
