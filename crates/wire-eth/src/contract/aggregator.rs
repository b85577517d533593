//! Chainlink's aggregators: `latestRoundData()`.

use units::{Price, fixed};

use super::abi::{OddAnswer, signed, unsigned, words};
use super::power::{is_price, ten_to};

/// A round of an aggregator, as it stands in the contract. Whether it is fit to use is another question.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// Its number; the upper bits count the aggregators behind the proxy.
    pub round: u128,
    /// The answer, with as many decimal places as `decimals()` says.
    pub answer: i128,
    /// When it was last written, in seconds since 1970; 0 where it is not complete.
    pub updated_at: u64,
    /// The round in which the answer was computed: an older one where this round has brought none.
    pub answered_in: u128,
}

/// Reads the answer to `latestRoundData()`.
///
/// # Errors
/// Where it is not five words of the types that the function has.
pub fn read_round(answer: &[u8]) -> Result<Round, OddAnswer> {
    let [round, answer, _started_at, updated_at, answered_in] = words(answer)?;
    let number = |word, what| -> Result<u128, OddAnswer> {
        unsigned(word, 80, what)?.try_into().map_err(|_never| OddAnswer::Range(what))
    };
    let updated_at = unsigned(updated_at, 64, "the time of the round")?;
    Ok(Round {
        round: number(round, "the number of the round")?,
        answer: signed(answer, "the answer")?,
        updated_at: updated_at
            .try_into()
            .map_err(|_never| OddAnswer::Range("the time of the round"))?,
        answered_in: number(answered_in, "the round of the answer")?,
    })
}

impl Round {
    /// The answer as a price, rounded to the nearest.
    ///
    /// # Errors
    /// Where it is nothing or below, or does not fit.
    pub fn price(&self, decimals: u8) -> Result<Price, OddAnswer> {
        if self.answer <= 0 {
            return Err(OddAnswer::Range("the answer"));
        }
        let one = ten_to(decimals).ok_or(OddAnswer::Range("the number of decimals"))?;
        let price = fixed::mul_div(self.answer, fixed::ONE, one, units::Rounding::Nearest);
        price.filter(is_price).map(Price::from_raw).ok_or(OddAnswer::Unfit)
    }
}
