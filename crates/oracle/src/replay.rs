//! Feeds a recording to a fresh desk, which must come to the same prices, bit for bit.

use std::fmt;

use oracle_core::Moment;

use crate::config::OracleConfig;
use crate::desk::Desk;
use crate::event::DeskEvent;
use crate::outcome::{FieldDifference, Outcome};
use crate::record::{RecordError, Recording, What, outcomes};

/// What a replay came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// Events that were fed, ticks among them.
    pub events: u64,
    /// Ticks that were compared.
    pub ticks: u64,
    /// When the first and the last tick were.
    pub between: Option<(Moment, Moment)>,
    /// The last digest of every feed, each of which holds all that were before.
    pub digests: Vec<(String, String)>,
    /// The first difference; nothing is fed after it.
    pub difference: Option<Difference>,
    /// Whether the last line was torn, and is left out.
    pub torn: bool,
    /// Why the recording was ended, where it says.
    pub ended: Option<String>,
}

/// The first thing that is not as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// This version understands the configuration otherwise.
    Config {
        /// Its digest as recorded.
        recorded: String,
        /// As found.
        found: String,
    },
    /// A tick of a feed.
    Tick {
        /// The line of the recording.
        line: u64,
        /// The feed.
        symbol: String,
        /// The number of the tick.
        tick: u64,
        /// Its digest as recorded.
        recorded: String,
        /// As found.
        found: String,
        /// The first field that differs, where it is one of those that are recorded.
        field: Option<FieldDifference>,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config { recorded, found } => write!(
                formatter,
                "the configuration is understood otherwise: its digest was {recorded} and is {found}"
            ),
            Self::Tick { line, symbol, tick, recorded, found, field } => {
                write!(
                    formatter,
                    "line {line}: tick {tick} of {symbol} was {recorded} and is {found}"
                )?;
                match field {
                    Some(FieldDifference { field, recorded, found }) => {
                        write!(formatter, "; {field} was {recorded} and is {found}")
                    }
                    None => formatter.write_str(
                        "; status and lanes are the same: a source's price, refusal or weight, an age or an average differs",
                    ),
                }
            }
        }
    }
}

/// Feeds a recording to a desk of a configuration, up to its end or the first difference.
///
/// # Errors
/// Where the recording cannot be read, or the configuration holds mistakes.
pub fn replay(
    recording: &mut Recording,
    config: &OracleConfig,
) -> Result<Replayed, crate::ReplayError> {
    let mut desk = Desk::new(config).map_err(crate::ReplayError::Config)?;
    let mut replayed = Replayed {
        events: 0,
        ticks: 0,
        between: None,
        digests: Vec::new(),
        difference: None,
        torn: false,
        ended: None,
    };
    let (recorded, found) =
        (&recording.header().config_digest, desk.oracle().settings_digest().to_string());
    if *recorded != found {
        let recorded = recorded.clone();
        replayed.difference = Some(Difference::Config { recorded, found });
        return Ok(replayed);
    }
    feed(recording, &mut desk, &mut replayed)?;
    let found = outcomes(&desk);
    let symbols = desk.feeds().map(|(_, symbol)| symbol.to_owned());
    replayed.digests = symbols.zip(found.into_iter().map(|outcome| outcome.digest)).collect();
    replayed.torn = recording.is_torn();
    Ok(replayed)
}

fn feed(
    recording: &mut Recording,
    desk: &mut Desk,
    replayed: &mut Replayed,
) -> Result<(), RecordError> {
    while let Some(recorded) = recording.next_line()? {
        let (at, line) = (recorded.at, recorded.line);
        match recorded.what {
            What::Event(event) => desk.take(at, &event),
            What::Tick(expected) => {
                desk.take(at, &DeskEvent::Tick);
                replayed.ticks = replayed.ticks.saturating_add(1);
                let first = replayed.between.map_or(at, |(first, _)| first);
                replayed.between = Some((first, at));
                if let Some(difference) = compare(desk, line, &expected) {
                    replayed.difference = Some(difference);
                    return Ok(());
                }
            }
            What::End(why) => replayed.ended = Some(why),
        }
        replayed.events = replayed.events.saturating_add(1);
        // What nobody fetches would be kept up to its bound.
        while desk.poll_event().is_some() || desk.poll_note().is_some() {}
    }
    Ok(())
}

fn compare(desk: &Desk, line: u64, expected: &[Outcome]) -> Option<Difference> {
    let found = outcomes(desk);
    let symbols = desk.feeds().map(|(_, symbol)| symbol);
    let default = Outcome::default();
    let expected = expected.iter().chain(std::iter::repeat(&default));
    let mut pairs = symbols.zip(expected).zip(&found);
    let ((symbol, recorded), found) = pairs.find(|((_, recorded), found)| recorded != found)?;
    Some(Difference::Tick {
        line,
        symbol: symbol.to_owned(),
        tick: found.tick,
        recorded: recorded.digest.clone(),
        found: found.digest.clone(),
        field: recorded.difference(found),
    })
}
