//! The readers of contracts' answers against models that know only bytes and small numbers.
//!
//! The first byte of an input says which reader takes the rest, and a few that follow what it was asked.

mod batch;

use units::{Price, fixed};
use wire_eth::{
    CallData, RateKind, TICK_MAX, price_at_tick, read_address, read_bytes, read_decimals,
    read_observations, read_rate, read_round, revert_reason,
};

use crate::target::{Form, Target};

/// The target of [`contract`].
pub const CONTRACT: Target =
    Target { name: "contract", run: contract, seeds, words: &[], form: Form::Orders };

/// Bytes of a word.
const WORD: usize = 32;

/// Reads an input as one contract's answer.
///
/// # Panics
///
/// Where a reader panics, or says something else than its model.
pub fn contract(bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else { return };
    match which % 8 {
        0 => round(rest),
        1 => observations(rest),
        2 => rate(rest),
        3 => small(rest),
        4 => tick(rest),
        5 => batch::check(rest),
        6 => {
            let reason = revert_reason(rest);
            let shown = |text: &str| text.chars().all(|sign| (' '..='~').contains(&sign));
            assert!(reason.is_none_or(|text| text.len() <= 64 && shown(&text)));
        }
        _ => {
            let text = String::from_utf8_lossy(rest);
            let even = text.strip_prefix("0x").is_some_and(|digits| {
                digits.len() % 2 == 0 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
            });
            assert_eq!(read_bytes(&text).is_some(), even, "{text:?}");
        }
    }
}

/// The number in the last sixteen bytes of a word, where nothing stands before it.
fn number(word: &[u8]) -> Option<u128> {
    let (high, low) = word.split_at(WORD / 2);
    let low = low.iter().fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
    high.iter().all(|byte| *byte == 0).then_some(low)
}

/// The number below or above nothing in a word, where it fits sixteen bytes.
fn signed(word: &[u8]) -> Option<i128> {
    let low: [u8; 16] = word.get(WORD / 2..)?.try_into().ok()?;
    let value = i128::from_be_bytes(low);
    let fill = if value < 0 { 0xff } else { 0 };
    word.iter().take(WORD / 2).all(|byte| *byte == fill).then_some(value)
}

fn words(answer: &[u8]) -> Vec<&[u8]> {
    answer.chunks(WORD).collect()
}

fn round(answer: &[u8]) {
    let read = read_round(answer);
    let words = words(answer);
    let model = || {
        if answer.len() != 5 * WORD {
            return None;
        }
        let small = |place: usize, bits: u32| number(words[place]).filter(|it| *it < 1 << bits);
        Some((small(0, 80)?, signed(words[1])?, small(3, 64)?, small(4, 80)?))
    };
    let said = read
        .map(|round| (round.round, round.answer, u128::from(round.updated_at), round.answered_in));
    assert_eq!(said.ok(), model());
    let Ok(round) = read else { return };
    for decimals in [0, 8, 18, 36] {
        let price = round.price(decimals);
        assert!(price.is_err() || round.answer > 0, "{round:?} has no price");
        // What has as many places as a price is the price.
        let fits = round.answer > 0 && round.answer <= fixed::WHOLE_MAX * fixed::ONE;
        assert_eq!(round.price(12).ok(), fits.then(|| Price::from_raw(round.answer)));
    }
}

fn observations(rest: &[u8]) {
    let Some((window, answer)) = rest.split_first_chunk::<2>() else { return };
    let window = u32::from(u16::from_be_bytes(*window));
    let Ok(twap) = read_observations(answer, window) else { return };
    assert!(twap.tick.abs() <= TICK_MAX && twap.liquidity > 0 && window > 0);
    // Where no sum has run over the mean is a plain quotient.
    let words = words(answer);
    let at = number(words[0]).map_or(0, |at| usize::try_from(at).unwrap_or(0) / WORD);
    let (then, now) = (signed(words[at + 1]), signed(words[at + 2]));
    let (then, now) = then.zip(now).expect("both were read");
    if (now - then).abs() < 1 << 55 {
        let mean = (now - then).div_euclid(i128::from(window));
        assert_eq!(i128::from(twap.tick), mean);
    }
}

fn rate(rest: &[u8]) {
    let Some(([kind, own, other], answer)) = rest.split_first_chunk::<3>() else { return };
    let kind = RateKind::ALL[usize::from(kind % 4)];
    let Ok(ratio) = read_rate(kind, answer, [own % 37, other % 37]) else { return };
    let raw = ratio.raw();
    assert!((1_000_000..=fixed::ONE * 1_000_000).contains(&raw), "{ratio}");
    if kind != RateKind::Erc4626 {
        assert_eq!(number(answer).map(|value| value / 1_000_000), Some(raw.unsigned_abs()));
    }
}

fn small(answer: &[u8]) {
    let whole = (answer.len() == WORD).then(|| number(answer)).flatten();
    let decimals = whole.filter(|number| *number <= 36);
    assert_eq!(read_decimals(answer).ok().map(u128::from), decimals);
    let address = answer.len() == WORD && answer.iter().take(12).all(|byte| *byte == 0);
    let read = read_address(answer).ok();
    assert_eq!(read.map(|address| address.0.to_vec()), address.then(|| answer[12..].to_vec()));
}

/// Prices grow with their ticks in one direction, fall in the other, and are one another's inverse.
fn tick(rest: &[u8]) {
    let Some(([high, middle, low, own, other], _)) = rest.split_first_chunk::<5>() else { return };
    let span = u32::from_be_bytes([0, *high, *middle, *low]) % (2 * TICK_MAX.unsigned_abs());
    let tick = i32::try_from(span).expect("below two million") - TICK_MAX;
    let decimals = [own % 37, other % 37];
    let price = |tick, is_token0| price_at_tick(tick, is_token0, decimals).ok();
    if let (Some(one), Some(next)) = (price(tick, true), price(tick + 1, true)) {
        assert!(one <= next, "{tick}: {one} {next}");
    }
    if let (Some(one), Some(next)) = (price(tick, false), price(tick + 1, false)) {
        assert!(one >= next, "{tick}: {one} {next}");
    }
    let [own, other] = decimals;
    let turned = price_at_tick(tick, false, [other, own]).ok();
    if let (Some(one), Some(other)) = (price(tick, true), turned)
        && one > Price::from_raw(1_000_000)
        && other > Price::from_raw(1_000_000)
    {
        let product = fixed::mul_div(one.raw(), other.raw(), fixed::ONE, units::Rounding::Nearest);
        let off = product.map_or(fixed::ONE, |product| (product - fixed::ONE).abs());
        // Each is rounded to a trillionth, which is a millionth of the smaller of the two at most.
        assert!(off <= fixed::ONE / 500_000, "{tick}: {one} times {other}");
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let word = |number: i128| {
        let fill = if number < 0 { 0xff } else { 0 };
        [[fill; 16], number.to_be_bytes()].concat()
    };
    let answer = |head: &[u8], numbers: &[i128]| {
        let mut bytes = head.to_vec();
        numbers.iter().for_each(|number| bytes.extend(word(*number)));
        bytes
    };
    let one = 1_000_000_000_000_000_000;
    let mut refused = vec![6, 0x08, 0xc3, 0x79, 0xa0];
    refused.extend(word(32).into_iter().chain(word(3)).chain(*b"OLD").chain([0; 29]));
    let mut text = vec![7];
    text.extend(CallData::observe(60).to_string().bytes());
    let mut seeds = vec![
        answer(&[0], &[9, 187_743_000_000, 1_736_000_000, 1_736_000_011, 9]),
        answer(&[1, 0, 60], &[64, 160, 2, 0, 12_000_000, 2, 0, 60 << 108]),
        answer(&[2, 0, 18, 18], &[one + 228]),
        answer(&[2, 3, 18, 6], &[1_050_000_000_000]),
        answer(&[3], &[18]),
        vec![4, 13, 137, 72, 18, 6],
        refused,
        text,
    ];
    seeds.extend(batch::seeds().into_iter().map(|seed| [&[5, 3], &*seed].concat()));
    seeds
}
