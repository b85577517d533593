//! How the drills of the page stand: what runs, and what came of the last ones.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use practice_page::{DrillEnded, DrillResult, DrillRunning};

/// Most results that are kept; a page of a drill has some hundred kilobytes.
const ENDED_MAX: usize = 20;

/// How many of the last things that a drill has said are shown.
const SAID_MAX: usize = 5;

/// What came of a drill, and its page.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub(super) result: DrillResult,
    pub(super) page: String,
}

#[derive(Debug, Default)]
pub(super) struct Standing(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    running: Option<DrillRunning>,
    /// The newest first.
    ended: VecDeque<(String, Result<Ended, String>)>,
    thread: Option<JoinHandle<()>>,
}

impl Standing {
    /// Notes that a drill begins; false where another one runs.
    pub(super) fn begin(&self, name: &str) -> bool {
        let mut inner = self.lock();
        if inner.running.is_some() {
            return false;
        }
        inner.running =
            Some(DrillRunning { name: name.to_owned(), per_mille: 0, said: Vec::new() });
        true
    }

    /// The thread of what runs.
    pub(super) fn keep(&self, thread: JoinHandle<()>) {
        self.lock().thread = Some(thread);
    }

    /// The thread of what runs or ran last.
    pub(super) fn thread(&self) -> Option<JoinHandle<()>> {
        self.lock().thread.take()
    }

    /// Notes how far it is.
    pub(super) fn progress(&self, per_mille: u32, now: &str) {
        let mut inner = self.lock();
        let Some(running) = &mut inner.running else { return };
        running.per_mille = per_mille.min(1_000);
        if running.said.last().is_none_or(|last| last != now) {
            running.said.push(now.to_owned());
            let over = running.said.len().saturating_sub(SAID_MAX);
            running.said.drain(..over);
        }
    }

    /// Notes what came of it.
    pub(super) fn end(&self, came: Result<Ended, String>) {
        let mut inner = self.lock();
        if let Some(running) = inner.running.take() {
            inner.ended.push_front((running.name, came));
            inner.ended.truncate(ENDED_MAX);
        }
    }

    /// The page of the newest drill of a name.
    pub(super) fn page(&self, name: &str) -> Option<String> {
        let inner = self.lock();
        let of_name = inner.ended.iter().filter(|(ended, _)| ended == name);
        of_name.filter_map(|(_, came)| came.as_ref().ok()).next().map(|it| it.page.clone())
    }

    /// What runs, and what came of the last ones.
    pub(super) fn views(&self) -> (Option<DrillRunning>, Vec<DrillEnded>) {
        let inner = self.lock();
        let view = |(name, came): &(String, Result<Ended, String>)| DrillEnded {
            name: name.clone(),
            came: came.as_ref().map(|it| it.result.clone()).map_err(Clone::clone),
        };
        (inner.running.clone(), inner.ended.iter().map(view).collect())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing is left half done where a holder panics: each change is one assignment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
