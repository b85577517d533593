//! Recordings: everything that comes in and what came out of it, as lines of JSON.

mod line;
mod read;
mod write;

pub use line::Header;
pub use read::{Recorded, Recording, What};
pub use write::Recorder;
pub(crate) use write::outcomes;

/// Why a recording cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The file cannot be opened, written or read.
    #[error("cannot {what} {file}: {source}")]
    File {
        /// What was tried.
        what: &'static str,
        /// Which file.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no recording, or one of another version.
    #[error("{file} is no recording that this version reads: {why}")]
    Format {
        /// Which file.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// A line in the middle is not what was written.
    #[error("line {line} of {file} is damaged: {why}")]
    Damaged {
        /// Which file.
        file: String,
        /// Which line, from 1.
        line: u64,
        /// What is wrong.
        why: String,
    },
}
