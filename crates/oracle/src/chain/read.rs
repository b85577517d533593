//! From a contract's raw answers to a price or an exchange rate, or the reason why there is none.

use units::{Price, Ratio, Span};
use wire_eth::{
    CallData, OddAnswer, RateKind, price_at_tick, read_address, read_decimals, read_observations,
    read_rate, read_round,
};

use super::calls::{Question, value_of_rate, value_of_source};
use super::config::{ChainRate, SourceContract};

/// Why nothing was read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoReading {
    /// The node did not say: nothing is known, and the last reading stands until it is too old.
    #[error("{0}")]
    Unanswered(String),
    /// What was said is no value: there is none at this block.
    #[error("{0}")]
    Refused(String),
}

impl NoReading {
    fn refused(why: impl Into<String>) -> Self {
        Self::Refused(why.into())
    }
}

impl From<OddAnswer> for NoReading {
    fn from(odd: OddAnswer) -> Self {
        Self::Refused(odd.to_string())
    }
}

/// What was answered to a question.
pub(super) type Lookup<'a> = &'a dyn Fn(&Question) -> Result<Vec<u8>, NoReading>;

/// The price that a contract says at a block of a time, in seconds since 1970.
pub(super) fn price_of(
    contract: SourceContract,
    block_secs: u64,
    lookup: Lookup<'_>,
) -> Result<Price, NoReading> {
    match contract {
        SourceContract::Chainlink { address, age_max } => {
            let decimals = read_decimals(&lookup(&(address, CallData::decimals()))?)?;
            let round = read_round(&lookup(&value_of_source(contract))?)?;
            let number = round.round;
            if round.answer <= 0 {
                let answer = round.answer;
                return Err(NoReading::refused(format!(
                    "the answer of round {number} is {answer}"
                )));
            }
            if round.updated_at == 0 {
                return Err(NoReading::refused(format!("round {number} is not complete")));
            }
            if round.answered_in < number {
                let old = round.answered_in;
                let why = format!("round {number} only repeats the answer of round {old}");
                return Err(NoReading::refused(why));
            }
            let age = block_secs.checked_sub(round.updated_at).map(Span::from_secs);
            let Some(age) = age else {
                let why = format!("round {number} is of a time after its block");
                return Err(NoReading::refused(why));
            };
            if age > age_max {
                let why = format!("round {number} is {age} old, and may be {age_max}");
                return Err(NoReading::refused(why));
            }
            Ok(round.price(decimals)?)
        }
        SourceContract::UniswapV3 { address, asset, unit, window_secs, liquidity_min } => {
            let token =
                |data| -> Result<_, NoReading> { Ok(read_address(&lookup(&(address, data))?)?) };
            let tokens = [token(CallData::token0())?, token(CallData::token1())?];
            let is_token0 = tokens == [asset, unit];
            if !is_token0 && tokens != [unit, asset] {
                let [one, other] = tokens;
                let why = format!("the pool is of the tokens {one} and {other}");
                return Err(NoReading::refused(why));
            }
            let decimals = |token| -> Result<u8, NoReading> {
                Ok(read_decimals(&lookup(&(token, CallData::decimals()))?)?)
            };
            let decimals = [decimals(asset)?, decimals(unit)?];
            let answer =
                lookup(&value_of_source(contract)).map_err(|why| observed(why, window_secs))?;
            let twap = read_observations(&answer, window_secs)?;
            if twap.liquidity < liquidity_min {
                let found = twap.liquidity;
                let why = format!(
                    "its liquidity was {found} over the window; {liquidity_min} is asked for"
                );
                return Err(NoReading::refused(why));
            }
            Ok(price_at_tick(twap.tick, is_token0, decimals)?)
        }
    }
}

/// A pool's own word for a window that it does not remember is `OLD`.
fn observed(why: NoReading, window_secs: u32) -> NoReading {
    match why {
        NoReading::Refused(why) if why == "reverted: OLD" => NoReading::Refused(format!(
            "the pool does not remember {window_secs} seconds (OLD): shorten the window, or raise its observation \
             cardinality and wait"
        )),
        why @ (NoReading::Refused(_) | NoReading::Unanswered(_)) => why,
    }
}

/// The exchange rate that a contract says.
pub(super) fn rate_of(rate: &ChainRate, lookup: Lookup<'_>) -> Result<Ratio, NoReading> {
    // Of a vault whose asset is not named both have 18.
    let mut decimals = [18, 18];
    if let (RateKind::Erc4626, Some(asset)) = (rate.kind, rate.asset) {
        let found = read_address(&lookup(&(rate.address, CallData::asset()))?)?;
        if found != asset {
            return Err(NoReading::refused(format!("the vault's asset is {found}")));
        }
        for (place, token) in decimals.iter_mut().zip([rate.address, asset]) {
            *place = read_decimals(&lookup(&(token, CallData::decimals()))?)?;
        }
    }
    Ok(read_rate(rate.kind, &lookup(&value_of_rate(rate))?, decimals)?)
}
