//! What the engine's thread and the journal's thread share.

use core::time::Duration;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::frame::{Frame, Frames};
use crate::interface::Stop;
use crate::mark::{Mark, Sequence};

/// What the journal's thread is to do next.
pub(crate) enum Next {
    /// Write this.
    Frame(Frame),
    /// Nothing has come for a while.
    Idle,
    /// Nothing will come any more.
    Closed,
}

/// What both threads see.
#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<State>,
    /// There is something to write, or nothing will come any more.
    work: Condvar,
    /// Something was written, or nothing will be any more.
    done: Condvar,
    pending_bytes: usize,
    seal_after: Duration,
}

#[derive(Debug)]
struct State {
    frames: Frames,
    durable: Mark,
    closed: bool,
    stopped: Option<Stop>,
}

impl Shared {
    pub(crate) fn new(durable: Mark, pending_bytes: usize, seal_after: Duration) -> Self {
        let state = State { frames: Frames::default(), durable, closed: false, stopped: None };
        Self {
            state: Mutex::new(state),
            work: Condvar::new(),
            done: Condvar::new(),
            pending_bytes,
            seal_after,
        }
    }

    /// Has `add` put frames in, once there is room for so many bytes more.
    pub(crate) fn submit(&self, bytes: usize, add: impl FnOnce(&mut Frames)) -> Result<(), Stop> {
        let mut state = self.state();
        loop {
            if let Some(stop) = &state.stopped {
                return Err(stop.clone());
            }
            let waiting = state.frames.bytes;
            if waiting == 0 || waiting.saturating_add(bytes) <= self.pending_bytes {
                break;
            }
            state = self.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        add(&mut state.frames);
        drop(state);
        self.work.notify_one();
        Ok(())
    }

    /// Waits until a record is durable.
    pub(crate) fn wait_for(&self, sequence: Sequence) -> Result<(), Stop> {
        let mut state = self.state();
        loop {
            if state.durable.sequence >= sequence {
                return Ok(());
            }
            if let Some(stop) = &state.stopped {
                return Err(stop.clone());
            }
            state = self.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for something to write; `unsealed` says whether to come back where nothing comes.
    pub(crate) fn next(&self, unsealed: bool) -> Next {
        let mut state = self.state();
        loop {
            if let Some(frame) = state.frames.pop() {
                return Next::Frame(frame);
            }
            if state.closed {
                return Next::Closed;
            }
            if unsealed {
                let (after, waited) = self
                    .work
                    .wait_timeout(state, self.seal_after)
                    .unwrap_or_else(PoisonError::into_inner);
                state = after;
                if waited.timed_out() && state.frames.bytes == 0 && !state.closed {
                    return Next::Idle;
                }
            } else {
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// A frame is on the disk.
    pub(crate) fn is_durable(&self, frame: Frame, length: usize) {
        let mut state = self.state();
        state.durable = frame.last;
        state.frames.recycle(frame, length);
        drop(state);
        self.done.notify_all();
    }

    /// The journal has stopped.
    pub(crate) fn stop(&self, stop: &Stop) {
        let mut state = self.state();
        state.stopped = Some(stop.clone());
        state.frames.drop_all();
        drop(state);
        self.done.notify_all();
    }

    /// Nothing will come any more.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.work.notify_one();
    }

    /// The last record that is durable, or why the journal has stopped.
    pub(crate) fn durable(&self) -> Result<Mark, Stop> {
        let state = self.state();
        state.stopped.clone().map_or(Ok(state.durable), Err)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
