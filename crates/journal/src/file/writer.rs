//! The journal's own thread: takes a frame, writes it, syncs it, tells it.

use std::sync::Arc;

use super::frame::Frame;
use super::segments::{Maker, Remover, Segment};
use super::shared::{Next, Shared};
use crate::disk::Held;
use crate::fault::{Fault, is_full};
use crate::format::{HEAD, segment_name};
use crate::interface::{Appended, Stop, Told};
use crate::mark::{Epoch, Mark};

/// Stops the journal where its thread ends by a panic: of who is told, say. Else others would wait for it for ever.
struct StopWithThread(Arc<Shared>);

impl Drop for StopWithThread {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Ok(durable) = self.0.durable()
        {
            let why = "its thread has panicked".to_owned();
            self.0.stop(&Stop { full: false, durable, why });
        }
    }
}

/// What the thread owns.
pub(crate) struct Writer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) segment: Segment,
    /// Where the next frame goes; zero in a segment that has no head yet.
    pub(crate) offset: u64,
    pub(crate) maker: Maker,
    pub(crate) remover: Remover,
    pub(crate) epoch: Epoch,
    pub(crate) durable: Mark,
    pub(crate) told: Told,
    /// Held until the last byte is written.
    pub(crate) lock: Box<dyn Held>,
}

impl Writer {
    /// Works until the journal is closed or has stopped.
    pub(crate) fn run(mut self) {
        let _guard = StopWithThread(Arc::clone(&self.shared));
        self.maker.order(self.segment.index.saturating_add(1));
        // What is there already is not sealed: whoever comes back after a crash seals it first.
        let mut sealed = self.durable == Mark::GENESIS;
        loop {
            let next = self.shared.next(!sealed);
            let (frame, last) = match next {
                Next::Frame(frame) => (Some(frame), false),
                Next::Idle => (None, false),
                Next::Closed if sealed => break,
                Next::Closed => (None, true),
            };
            sealed = frame.is_none();
            let seal = || Frame::new(Vec::new(), self.epoch, self.durable);
            let mut frame = frame.unwrap_or_else(seal);
            let length = frame.length();
            match self.write(&mut frame) {
                Ok(()) => self.is_durable(frame, length),
                Err(stop) => {
                    self.shared.stop(&stop);
                    (self.told)(Appended::Unknown(stop));
                    break;
                }
            }
            if last {
                break;
            }
        }
        drop(self.lock);
    }

    fn is_durable(&mut self, frame: Frame, length: usize) {
        let before = std::mem::replace(&mut self.durable, frame.last);
        if before != self.durable {
            (self.told)(Appended::Durable(self.durable));
        }
        self.shared.is_durable(frame, length);
    }

    /// Writes a frame and makes it durable. What fails is not tried again: after an error nobody knows what is on the
    /// disk.
    fn write(&mut self, frame: &mut Frame) -> Result<(), Stop> {
        let first = frame.first();
        let mut bytes = frame.finish();
        let head = if self.offset == 0 { HEAD } else { 0 };
        let end = self.offset.saturating_add((bytes.len() + head) as u64);
        if end > self.segment.bytes {
            let index = self.segment.index.saturating_add(1);
            self.segment = self.maker.take(index).map_err(|fault| self.stop_by(&fault))?;
            self.maker.order(index.saturating_add(1));
            self.offset = 0;
        }
        if self.offset == 0 {
            // One write for both heads: they are in the same sector.
            bytes = frame.with_segment(self.segment.index);
        }
        let written = self.segment.file.write_at(self.offset, bytes);
        match written {
            Ok(written) if written == bytes.len() => {}
            Ok(written) => {
                return Err(self.stop(false, &format!("only {written} bytes were written")));
            }
            Err(error) => return Err(self.stop(is_full(&error), &format!("write: {error}"))),
        }
        let length = bytes.len() as u64;
        let synced = self.segment.file.sync_data();
        synced.map_err(|error| self.stop(is_full(&error), &format!("sync: {error}")))?;
        if self.offset == 0 {
            self.remover.add(self.segment.index, first);
        }
        self.offset = self.offset.saturating_add(length);
        Ok(())
    }

    fn stop(&self, full: bool, why: &str) -> Stop {
        let name = segment_name(self.segment.index);
        let why = format!("{name} at byte {}: {why}", self.offset);
        Stop { full, durable: self.durable, why }
    }

    fn stop_by(&self, fault: &Fault) -> Stop {
        let full = matches!(fault, Fault::Full { .. });
        Stop { full, durable: self.durable, why: fault.to_string() }
    }
}
