//! Writes a recording, on a thread of its own: the engine hands over, and never waits for a disk.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use oracle_core::Moment;

use crate::config::RecordConfig;
use crate::desk::Desk;
use crate::event::DeskEvent;
use crate::outcome::Outcome;

use super::RecordError;
use super::line::{Event, Header, Line, VERSION};

/// Events that wait to be written: a minute of a thousand messages a second. Where a disk is slower than that for
/// so long the recording ends, for one with a hole in it would prove nothing.
const WAITING_MAX: usize = 65_536;

/// How often what was written is handed to the system, so that a crash loses little.
const FLUSH_EVERY: Duration = Duration::from_secs(1);

type Piece = (Moment, DeskEvent, Vec<Outcome>);

/// Hands what comes in and what came out to the thread that writes it.
#[derive(Debug)]
pub struct Recorder {
    pieces: SyncSender<Piece>,
    writer: std::thread::JoinHandle<String>,
}

impl Recorder {
    /// Begins a recording of a desk that has heard nothing yet.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn start(config: &RecordConfig, text: &str, desk: &Desk) -> Result<Self, RecordError> {
        let name = config.file.display().to_string();
        let failed = |source| RecordError::File { what: "write", file: name.clone(), source };
        let mut file = BufWriter::new(File::create(&config.file).map_err(failed)?);
        let header = Header {
            seawall_oracle_recording: VERSION,
            seawall: env!("CARGO_PKG_VERSION").to_owned(),
            config: text.to_owned(),
            config_digest: desk.oracle().settings_digest().to_string(),
            connections: desk.connection_names().map(str::to_owned).collect(),
            sources: desk.plan().sources().map(|(_, source)| source.name.clone()).collect(),
            feeds: desk.feeds().map(|(_, symbol)| symbol.to_owned()).collect(),
            chains: desk.chains().iter().map(|chain| chain.name.to_string()).collect(),
        };
        let header = json(&header);
        file.write_all(&header).and_then(|()| file.flush()).map_err(failed)?;
        let (pieces, received) = sync_channel(WAITING_MAX);
        let writer = Writer {
            file,
            left: config.bytes_max.saturating_sub(u64::try_from(header.len()).unwrap_or(u64::MAX)),
        };
        let writer = std::thread::Builder::new()
            .name("oracle-recorder".to_owned())
            .spawn(move || writer.run(&received))
            .map_err(failed)?;
        Ok(Self { pieces, writer })
    }

    /// Hands over an event that the desk has just taken. Why the recording has ended, where it has; it takes nothing
    /// more then.
    pub fn take(&self, at: Moment, event: DeskEvent, desk: &Desk) -> Option<String> {
        let is_tick = matches!(event, DeskEvent::Tick);
        let outcomes = if is_tick { outcomes(desk) } else { Vec::new() };
        match self.pieces.try_send((at, event, outcomes)) {
            Ok(()) => None,
            Err(TrySendError::Full(_)) => {
                Some("the recording has ended: the disk is too slow".to_owned())
            }
            Err(TrySendError::Disconnected(_)) => Some("the recording has ended".to_owned()),
        }
    }

    /// Waits until everything is written; why the recording has ended, where that was before.
    pub fn finish(self) -> String {
        drop(self.pieces);
        self.writer.join().unwrap_or_else(|_panic| "the writer panicked".to_owned())
    }
}

/// What came out of the newest tick, of every feed.
pub(crate) fn outcomes(desk: &Desk) -> Vec<Outcome> {
    let oracle = desk.oracle();
    desk.feeds().filter_map(|(id, _)| oracle.published(id)).map(Outcome::from).collect()
}

struct Writer {
    file: BufWriter<File>,
    /// Bytes that may still be written.
    left: u64,
}

impl Writer {
    /// Writes until nothing more comes, or nothing more fits; why it ended.
    fn run(mut self, pieces: &Receiver<Piece>) -> String {
        let why = match self.write(pieces) {
            Ok(why) => why,
            Err(error) => format!("the file cannot be written: {error}"),
        };
        tracing::info!(why, "the recording has ended");
        why
    }

    fn write(&mut self, pieces: &Receiver<Piece>) -> std::io::Result<String> {
        loop {
            match pieces.recv_timeout(FLUSH_EVERY) {
                Ok((at, event, outcomes)) => {
                    let line = json(&Line::of(at, &event, outcomes));
                    let Some(left) =
                        u64::try_from(line.len()).ok().and_then(|size| self.left.checked_sub(size))
                    else {
                        let why = "it has reached its largest size";
                        return self.end(at, why);
                    };
                    self.left = left;
                    self.file.write_all(&line)?;
                    if matches!(event, DeskEvent::Tick) {
                        self.file.flush()?;
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.file.flush()?,
                Err(RecvTimeoutError::Disconnected) => {
                    self.file.flush()?;
                    return Ok("the oracle has stopped".to_owned());
                }
            }
        }
    }

    fn end(&mut self, at: Moment, why: &str) -> std::io::Result<String> {
        let what = Event::End(Cow::Borrowed(why));
        let line = json(&Line { at: (at.now.as_nanos(), at.unix_ms), what });
        self.file.write_all(&line)?;
        self.file.flush()?;
        Ok(why.to_owned())
    }
}

fn json(what: &impl serde::Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(what)
        .expect("invariant: texts, numbers and lists of them are always JSON");
    line.push(b'\n');
    line
}
