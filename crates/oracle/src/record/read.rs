//! Reads a recording, line by line, also one that is still being written or whose last line is torn.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use oracle_core::Moment;

use crate::event::DeskEvent;
use crate::outcome::Outcome;

use super::RecordError;
use super::line::{Header, Line, Said, VERSION};

/// Longest line: the largest message with every byte escaped.
const LINE_BYTES_MAX: u64 = 64 << 20;

/// One line of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Which, from 1.
    pub line: u64,
    /// When it was.
    pub at: Moment,
    /// What it says.
    pub what: What,
}

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// What came in.
    Event(DeskEvent),
    /// Prices were worked out, and came out so, in the order of the feeds.
    Tick(Vec<Outcome>),
    /// The recording was ended, and why.
    End(String),
}

/// A recording that is being read.
#[derive(Debug)]
pub struct Recording {
    name: String,
    file: BufReader<File>,
    header: Header,
    line: u64,
    /// The beginning of a line whose end is not there yet.
    partial: Vec<u8>,
}

impl Recording {
    /// Opens a recording and reads its header.
    ///
    /// # Errors
    /// Where there is no such file, or it is no recording of this version.
    pub fn open(file: &Path) -> Result<Self, RecordError> {
        let name = file.display().to_string();
        let opened = File::open(file).map_err(|source| RecordError::File {
            what: "read",
            file: name.clone(),
            source,
        })?;
        let header = Header {
            seawall_oracle_recording: 0,
            seawall: String::new(),
            config: String::new(),
            config_digest: String::new(),
            connections: Vec::new(),
            sources: Vec::new(),
            feeds: Vec::new(),
            chains: Vec::new(),
        };
        let file = BufReader::new(opened);
        let mut recording = Self { name, file, header, line: 0, partial: Vec::new() };
        let first = recording.whole_line()?.ok_or_else(|| recording.format("it has no header"))?;
        let header: Header = serde_json::from_slice(&first)
            .map_err(|error| recording.format(&format!("its first line is no header: {error}")))?;
        if header.seawall_oracle_recording != VERSION {
            let version = header.seawall_oracle_recording;
            let why = format!("it is of version {version}, and this one reads version {VERSION}");
            return Err(recording.format(&why));
        }
        recording.header = header;
        Ok(recording)
    }

    /// What the recording is of.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The next line; `None` at the end, where there may be more later if it is still being written.
    ///
    /// # Errors
    /// Where the file cannot be read, or a whole line is damaged.
    pub fn next_line(&mut self) -> Result<Option<Recorded>, RecordError> {
        let Some(bytes) = self.whole_line()? else { return Ok(None) };
        let damaged =
            |why: String| RecordError::Damaged { file: self.name.clone(), line: self.line, why };
        let line: Line<'_> =
            serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        let at = line.moment();
        let what = match line.what.said().map_err(damaged)? {
            Said::Event(event) => What::Event(event),
            Said::Tick(outcomes) => What::Tick(outcomes),
            Said::End(why) => What::End(why),
        };
        Ok(Some(Recorded { line: self.line, at, what }))
    }

    /// Whether the last line is torn: the process that wrote it ended in the middle of it, or is still writing.
    #[must_use]
    pub const fn is_torn(&self) -> bool {
        !self.partial.is_empty()
    }

    /// The next line that has an end; its beginning waits until it has.
    fn whole_line(&mut self) -> Result<Option<Vec<u8>>, RecordError> {
        let room = LINE_BYTES_MAX.saturating_sub(u64::try_from(self.partial.len()).unwrap_or(0));
        let read = self.file.by_ref().take(room).read_until(b'\n', &mut self.partial);
        read.map_err(|source| RecordError::File { what: "read", file: self.name.clone(), source })?;
        if self.partial.last() != Some(&b'\n') {
            if u64::try_from(self.partial.len()).is_ok_and(|length| length >= LINE_BYTES_MAX) {
                let (file, line) = (self.name.clone(), self.line.saturating_add(1));
                return Err(RecordError::Damaged { file, line, why: "it is too long".to_owned() });
            }
            return Ok(None);
        }
        self.line = self.line.saturating_add(1);
        Ok(Some(std::mem::take(&mut self.partial)))
    }

    fn format(&self, why: &str) -> RecordError {
        RecordError::Format { file: self.name.clone(), why: why.to_owned() }
    }
}
