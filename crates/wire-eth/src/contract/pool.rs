//! Uniswap v3's pools: `observe(uint32[])`, the mean tick over a window, and what it is as a price.

use alloy_primitives::U256;
use units::Price;

use super::abi::{OddAnswer, WORD, signed, unsigned};
use super::power::power;

/// The largest tick of a pool, and the smallest but for its sign: 1.0001 to this is just below 2^128.
pub const TICK_MAX: i32 = 887_272;

/// What a pool's observations say of a window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Twap {
    /// The arithmetic mean of the ticks, second by second, rounded down: the geometric mean of the prices.
    pub tick: i32,
    /// The harmonic mean of the liquidity that was in range. It is low where there was little at any time, however
    /// much there is now.
    pub liquidity: u128,
}

/// Reads the answer to `observe` with two points: the beginning of a window of so many seconds, and now.
///
/// # Errors
/// Where it is not two lists of two, or what they say cannot be.
pub fn read_observations(answer: &[u8], window_secs: u32) -> Result<Twap, OddAnswer> {
    if answer.is_empty() {
        return Err(OddAnswer::Empty);
    }
    let [ticks_at, seconds_at] = [offset(answer, 0)?, offset(answer, 1)?];
    let ticks = pair(answer, ticks_at)?;
    let seconds = pair(answer, seconds_at)?;
    let [then, now] = ticks.map(|word| signed(word, "the sum of ticks"));
    let tick = mean_tick(then?, now?, window_secs)?;
    let [then, now] = seconds.map(|word| unsigned(word, 160, "the sum of seconds per liquidity"));
    let liquidity = harmonic_liquidity(then?, now?, window_secs)?;
    Ok(Twap { tick, liquidity })
}

/// The price of a token of a pool in the other one, exact to the trillionth: 1.0001^tick is how many of the smallest
/// units of `token1` one smallest unit of `token0` is. `decimals` are those of the priced token and of the other.
///
/// # Errors
/// Where the tick is none, or the price does not fit.
pub fn price_at_tick(tick: i32, is_token0: bool, decimals: [u8; 2]) -> Result<Price, OddAnswer> {
    if tick.unsigned_abs() > TICK_MAX.unsigned_abs() {
        return Err(OddAnswer::Range("the mean tick"));
    }
    let size = power(tick.unsigned_abs());
    let up = (tick >= 0) == is_token0;
    let raw = if up { size } else { size.inverse() };
    let [own, other] = decimals.map(i32::from);
    let price = raw.in_trillionths(own.saturating_sub(other));
    price.map(Price::from_raw).ok_or(OddAnswer::Unfit)
}

/// The place in words that the word at `index` points to.
fn offset(answer: &[u8], index: usize) -> Result<usize, OddAnswer> {
    let at: usize = word(answer, index)
        .and_then(|word| U256::from_be_bytes(*word).try_into().ok())
        .ok_or(OddAnswer::List)?;
    if at.is_multiple_of(WORD) {
        at.checked_div(WORD).ok_or(OddAnswer::List)
    } else {
        Err(OddAnswer::List)
    }
}

/// The two words of a list of two that begins at a place in words.
fn pair(answer: &[u8], at: usize) -> Result<[&[u8; WORD]; 2], OddAnswer> {
    let nth =
        |step: usize| at.checked_add(step).and_then(|at| word(answer, at)).ok_or(OddAnswer::List);
    if U256::from_be_bytes(*nth(0)?) != U256::from(2) {
        return Err(OddAnswer::List);
    }
    Ok([nth(1)?, nth(2)?])
}

fn word(answer: &[u8], index: usize) -> Option<&[u8; WORD]> {
    answer.as_chunks::<WORD>().0.get(index)
}

/// The sums are kept in 56 bits and start again from the other end when they run over; their difference does not mind.
fn mean_tick(then: i128, now: i128, window_secs: u32) -> Result<i32, OddAnswer> {
    const BITS: i128 = 1 << 56;
    const HALF: i128 = 1 << 55;
    let fits = |sum: &i128| (-HALF..HALF).contains(sum);
    if !fits(&then) || !fits(&now) {
        return Err(OddAnswer::Range("the sum of ticks"));
    }
    let moved = now.saturating_sub(then).saturating_add(HALF).rem_euclid(BITS).saturating_sub(HALF);
    let mean = moved.checked_div_euclid(i128::from(window_secs));
    let mean = mean.and_then(|mean| i32::try_from(mean).ok());
    mean.filter(|tick| tick.unsigned_abs() <= TICK_MAX.unsigned_abs())
        .ok_or(OddAnswer::Range("the mean tick"))
}

/// Seconds over liquidity are summed in 2^-128, in 160 bits that run over as well.
fn harmonic_liquidity(then: U256, now: U256, window_secs: u32) -> Result<u128, OddAnswer> {
    let mask = (U256::ONE << 160_usize).wrapping_sub(U256::ONE);
    let passed = now.wrapping_sub(then) & mask;
    let seconds = U256::from(window_secs) << 128_usize;
    let liquidity =
        seconds.checked_div(passed).ok_or(OddAnswer::Range("the sum of seconds per liquidity"))?;
    // A pool without liquidity counts as if it had one: so the sum grows by this much at most.
    if liquidity.is_zero() {
        return Err(OddAnswer::Range("the sum of seconds per liquidity"));
    }
    liquidity.try_into().map_err(|_too_large| OddAnswer::Range("the liquidity"))
}
