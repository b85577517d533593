//! The lines of a recording: a header, then one line for each event, with what came out at each tick.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

use oracle_core::{Moment, SourceId};
use runtime::http::Bytes;
use serde::{Deserialize, Serialize};
use units::{Span, Timestamp};

use crate::chain::ChainEvent;
use crate::event::{ConnectionId, DeskEvent};
use crate::outcome::Outcome;

/// The version of the lines below; another one is not read.
pub(super) const VERSION: u32 = 1;

/// The first line: what the numbers in the others stand for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the lines.
    pub seawall_oracle_recording: u32,
    /// The version of Seawall that made it; empty where it does not say.
    #[serde(default)]
    pub seawall: String,
    /// The oracle's tables of the configuration.
    pub config: String,
    /// The digest of that configuration.
    pub config_digest: String,
    /// The connections' names.
    pub connections: Vec<String>,
    /// The sources' names.
    pub sources: Vec<String>,
    /// The feeds' symbols.
    pub feeds: Vec<String>,
    /// The chains' names.
    pub chains: Vec<String>,
}

/// Any other line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line<'a> {
    /// Nanoseconds of the monotonic clock, and milliseconds since 1970.
    pub at: (u64, u64),
    #[serde(borrow)]
    pub what: Event<'a>,
}

/// What a line is about; numbers are places in the lists of the header.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Event<'a> {
    Opened(usize),
    Closed(usize, #[serde(borrow)] Cow<'a, str>),
    Frame(usize, #[serde(borrow)] Body<'a>),
    RestQuote(usize, #[serde(borrow)] Body<'a>),
    RestBook(usize, #[serde(borrow)] Body<'a>),
    RestFailed(usize, #[serde(borrow)] Cow<'a, str>),
    Chain(usize, Cow<'a, ChainEvent>),
    Tick(Vec<Outcome>),
    /// The recording ends here, and why.
    End(#[serde(borrow)] Cow<'a, str>),
}

/// Bytes as they came: as text where they are UTF-8, else in hexadecimal digits.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Body<'a> {
    Text(#[serde(borrow)] Cow<'a, str>),
    Hex(String),
}

impl<'a> Body<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(Cow::Borrowed(text)),
            Err(_) => {
                let mut digits = String::with_capacity(bytes.len().saturating_mul(2));
                for byte in bytes {
                    // Writing to a text cannot fail.
                    let written = write!(digits, "{byte:02x}");
                    debug_assert!(written.is_ok(), "a text takes everything");
                }
                Self::Hex(digits)
            }
        }
    }

    fn into_bytes(self) -> Result<Bytes, String> {
        match self {
            Self::Text(text) => Ok(Bytes::from(text.into_owned())),
            Self::Hex(digits) => {
                let pairs = digits.as_bytes().chunks(2);
                let byte = |pair: &[u8]| {
                    let pair = std::str::from_utf8(pair).ok()?;
                    u8::from_str_radix(pair, 16).ok().filter(|_| pair.len() == 2)
                };
                let bytes: Option<Vec<u8>> = pairs.map(byte).collect();
                bytes.map(Bytes::from).ok_or_else(|| "bytes are no hexadecimal digits".to_owned())
            }
        }
    }
}

impl<'a> Line<'a> {
    /// The line of an event; of a tick with what came out of it.
    pub(super) fn of(at: Moment, event: &'a DeskEvent, outcomes: Vec<Outcome>) -> Self {
        let what = match event {
            DeskEvent::Opened(id) => Event::Opened(id.0),
            DeskEvent::Closed(id, why) => Event::Closed(id.0, Cow::Borrowed(why)),
            DeskEvent::Frame(id, bytes) => Event::Frame(id.0, Body::of(bytes)),
            DeskEvent::RestQuote(source, body) => Event::RestQuote(source.place(), Body::of(body)),
            DeskEvent::RestBook(source, body) => Event::RestBook(source.place(), Body::of(body)),
            DeskEvent::RestFailed(source, why) => {
                Event::RestFailed(source.place(), Cow::Borrowed(why))
            }
            DeskEvent::Chain(chain, event) => Event::Chain(*chain, Cow::Borrowed(event)),
            DeskEvent::Tick => Event::Tick(outcomes),
        };
        Self { at: (at.now.as_nanos(), at.unix_ms), what }
    }

    /// When it was.
    pub(super) const fn moment(&self) -> Moment {
        let now = Timestamp::ZERO.after(Span::from_nanos(self.at.0));
        Moment { now, unix_ms: self.at.1 }
    }
}

/// What a line says, apart from when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Event(DeskEvent),
    Tick(Vec<Outcome>),
    End(String),
}

impl Event<'_> {
    /// What it says.
    pub(super) fn said(self) -> Result<Said, String> {
        let source = SourceId::new;
        let text = |text: Cow<'_, str>| -> Arc<str> { text.into() };
        let event = match self {
            Self::Opened(id) => DeskEvent::Opened(ConnectionId(id)),
            Self::Closed(id, why) => DeskEvent::Closed(ConnectionId(id), text(why)),
            Self::Frame(id, body) => DeskEvent::Frame(ConnectionId(id), body.into_bytes()?),
            Self::RestQuote(id, body) => DeskEvent::RestQuote(source(id), body.into_bytes()?),
            Self::RestBook(id, body) => DeskEvent::RestBook(source(id), body.into_bytes()?),
            Self::RestFailed(id, why) => DeskEvent::RestFailed(source(id), text(why)),
            Self::Chain(chain, event) => DeskEvent::Chain(chain, Arc::new(event.into_owned())),
            Self::Tick(outcomes) => return Ok(Said::Tick(outcomes)),
            Self::End(why) => return Ok(Said::End(why.into_owned())),
        };
        Ok(Said::Event(event))
    }
}
