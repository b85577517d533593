//! What has to be asked for what is read on a chain.

use wire_eth::{Address, CallData, RateKind};

use super::config::{ChainConfig, ChainRate, SourceContract};
use super::event::ChainRound;

/// A contract, and what it is asked.
pub(crate) type Question = (Address, CallData);

/// What is asked every round, and what never changes and is asked now and then; no question twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Questions {
    /// Every round.
    pub values: Vec<Question>,
    /// Now and then.
    pub constants: Vec<Question>,
}

impl Questions {
    /// Whether a round holds a value for everything that never changes.
    pub(crate) fn are_known(&self, round: &ChainRound) -> bool {
        self.constants.iter().all(|(to, data)| {
            let (to, data) = (to.to_string(), data.to_string());
            round.answers.iter().any(|answer| answer.is_value_of(&to, &data))
        })
    }
}

/// Everything that a chain is asked.
pub(crate) fn questions(config: &ChainConfig) -> Questions {
    let mut all = Questions::default();
    for source in &config.sources {
        all.values.push(value_of_source(source.contract));
        all.constants.extend(constants_of_source(source.contract));
    }
    for rate in &config.rates {
        all.values.push(value_of_rate(rate));
        all.constants.extend(constants_of_rate(rate));
    }
    for list in [&mut all.values, &mut all.constants] {
        list.sort();
        list.dedup();
    }
    all
}

/// What a source's price is read of.
pub(super) fn value_of_source(contract: SourceContract) -> Question {
    match contract {
        SourceContract::Chainlink { address, .. } => (address, CallData::latest_round()),
        SourceContract::UniswapV3 { address, window_secs, .. } => {
            (address, CallData::observe(window_secs))
        }
    }
}

/// What has to be known to read it.
fn constants_of_source(contract: SourceContract) -> Vec<Question> {
    match contract {
        SourceContract::Chainlink { address, .. } => vec![(address, CallData::decimals())],
        SourceContract::UniswapV3 { address, asset, unit, .. } => vec![
            (address, CallData::token0()),
            (address, CallData::token1()),
            (asset, CallData::decimals()),
            (unit, CallData::decimals()),
        ],
    }
}

/// What an exchange rate is read of.
pub(super) fn value_of_rate(rate: &ChainRate) -> Question {
    (rate.address, CallData::rate(rate.kind))
}

fn constants_of_rate(rate: &ChainRate) -> Vec<Question> {
    match (rate.kind, rate.asset) {
        (RateKind::WstEth | RateKind::WbEth | RateKind::REth, _) | (RateKind::Erc4626, None) => {
            Vec::new()
        }
        (RateKind::Erc4626, Some(asset)) => vec![
            (rate.address, CallData::decimals()),
            (rate.address, CallData::asset()),
            (asset, CallData::decimals()),
        ],
    }
}
