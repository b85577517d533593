//! Why a chain stands, and for how long.

use drill_chain::{Course, sequencer, upgrade, versions, votes};
use incident::{Parameter, Values};

/// A model of a chain.
#[derive(Clone, Copy, Debug)]
pub(super) enum Model {
    Versions,
    Votes,
    Upgrade,
    Sequencer,
}

impl Model {
    pub(super) fn parse(word: &str) -> Result<Self, String> {
        match word {
            "versions" => Ok(Self::Versions),
            "votes" => Ok(Self::Votes),
            "upgrade" => Ok(Self::Upgrade),
            "sequencer" => Ok(Self::Sequencer),
            other => {
                Err(format!("`model` is versions, votes, upgrade or sequencer, and not {other}"))
            }
        }
    }

    pub(super) fn run(self, values: &Values, seed: u64) -> Result<Course, String> {
        match self {
            Self::Versions => versions::run(values, seed),
            Self::Votes => votes::run(values),
            Self::Upgrade => upgrade::run(values),
            Self::Sequencer => sequencer::run(values),
        }
    }
}

/// What the models take; each looks at its own.
pub(super) fn parameters() -> Vec<Parameter> {
    let all = [
        versions::parameters(),
        votes::parameters(),
        upgrade::parameters(),
        sequencer::parameters(),
    ];
    all.into_iter().flatten().collect()
}
