//! Crises of markets, against the real cores of oracle and venue.
//!
//! The outside world is simulated: makers, people and their positions, what others pay elsewhere. Time is simulated too,
//! and everything is drawn from one seed, so that the same scene gives the same bytes, and a thousand of them take
//! minutes. What the cores are told to do stands in a configuration as users write it, read by the same reader.

mod cascade;
mod deleverage;
mod depeg;
mod market;

use incident::Mechanism;
use oracle::config::OracleConfig;
use venue::config::VenueConfig;

/// What a configuration's text says.
#[derive(Clone, Debug)]
pub struct Configured {
    /// The oracle's table, where there is one.
    pub oracle: Option<OracleConfig>,
    /// The venue's table, where there is one.
    pub venue: Option<VenueConfig>,
}

/// Reads a configuration as the binary does, or says every mistake in it.
pub type ReadConfiguration = fn(&str) -> Result<Configured, String>;

/// All mechanisms of this crate.
#[must_use]
pub fn mechanisms(read: ReadConfiguration) -> Vec<Box<dyn Mechanism>> {
    vec![
        Box::new(cascade::Cascade { read }),
        Box::new(depeg::Depeg { read }),
        Box::new(deleverage::Deleverage { read }),
    ]
}
