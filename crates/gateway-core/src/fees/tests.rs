//! The arithmetic of prices, against figures worked out by hand.

use super::*;
use crate::block::BlockHash;

const GWEI: u128 = 1_000_000_000;

fn block() -> BlockRef {
    BlockRef { number: 100, hash: BlockHash([7; 32]) }
}

fn at(secs: u64) -> Timestamp {
    Timestamp::from_nanos(secs * 1_000_000_000)
}

/// A history whose every block has the base fee `base` and these entry tips.
fn history(base: u128, entries: &[Option<u128>]) -> FeeHistory {
    FeeHistory {
        newest: 100,
        base_fees: vec![base; entries.len() + 1],
        tips: entries.iter().map(|entry| entry.map(|tip| [tip, tip * 2, tip * 3])).collect(),
    }
}

fn quote(base: u128, entries: &[Option<u128>]) -> FeeQuote {
    from_history(at(1), block(), &history(base, entries)).expect("a price")
}

fn tips(quote: &FeeQuote) -> [u128; 3] {
    quote.inclusion.map(|offer| offer.tip)
}

#[test]
fn an_offer_below_the_worst_base_fee_would_be_stuck() {
    // 8/8, then 9/8 of it for each block after the next: 1000, 1125, 1265.625 -> 1266.
    assert_eq!(worst_base_fee(1_000, 1), 1_000);
    assert_eq!(worst_base_fee(1_000, 2), 1_125);
    assert_eq!(worst_base_fee(1_000, 3), 1_266);
    // 100 gwei * (9/8)^9 = 288.650... gwei, each step rounded up.
    let ten = worst_base_fee(100 * GWEI, 10);
    assert_eq!(ten / 1_000_000, 288_650);
    // Ethereum's own rule never raises it by more: base + max(base / 8, 1), rounded down.
    for start in [0_u128, 1, 7, 8, 9, 1_000_003, 57 * GWEI] {
        let mut base = start;
        for blocks in 1..=10 {
            assert!(worst_base_fee(start, blocks) >= base, "{start} after {blocks}");
            base += (base / 8).max(1);
        }
    }
    assert_eq!(worst_base_fee(u128::MAX, 10), u128::MAX);
}

#[test]
fn ninety_times_the_price_takes_the_forty_blocks_that_the_rule_says() {
    // From the record of 2021: ln 90 / ln 1.125 = 38.2 full blocks.
    assert!(worst_base_fee(GWEI, 39) < 90 * GWEI);
    assert!(worst_base_fee(GWEI, 40) > 90 * GWEI);
}

#[test]
fn a_tip_is_what_got_transactions_into_recent_blocks() {
    let steady = quote(GWEI, &[Some(5); 20]);
    assert_eq!(tips(&steady), [5, 5, 5]);
    assert_eq!(steady.tips, Some([5, 10, 15]));
    assert_eq!(steady.inclusion[0].max_fee, GWEI + 5);
    // Every fourth block asks twenty times as much: only who is in a hurry has to pay that.
    let spiky: Vec<_> = (0..20).map(|n| Some(if n % 4 == 0 { 100 } else { 5 })).collect();
    assert_eq!(tips(&quote(GWEI, &spiky)), [100, 5, 5]);
    // One block of twenty is not worth paying for even then.
    let once: Vec<_> = (0..20).map(|n| Some(if n == 7 { 100 } else { 5 })).collect();
    assert_eq!(tips(&quote(GWEI, &once)), [5, 5, 5]);
    // One block that took transactions for nothing, as for a bundle paid otherwise, is not relied on.
    let bundle: Vec<_> = (0..20).map(|n| Some(if n % 10 == 0 { 0 } else { 5 })).collect();
    assert_eq!(tips(&quote(GWEI, &bundle)), [5, 5, 5]);
}

#[test]
fn who_can_wait_longer_never_pays_more() {
    let mut entries = vec![Some(50); 19];
    entries.push(Some(1));
    for rotation in 0..20 {
        entries.rotate_left(rotation);
        let [one, three, ten] = tips(&quote(GWEI, &entries));
        assert!(one >= three && three >= ten);
    }
}

#[test]
fn empty_blocks_say_nothing_of_tips() {
    let mut entries = vec![None; 15];
    entries.extend([Some(9); 5]);
    assert_eq!(tips(&quote(GWEI, &entries)), [9, 9, 9]);
    let idle = quote(GWEI, &[None; 20]);
    assert_eq!((tips(&idle), idle.tips), ([TIP_MIN; 3], None));
    assert_eq!(tips(&quote(0, &[Some(0)])), [TIP_MIN; 3]);
}

#[test]
fn an_answer_about_another_block_or_out_of_joint_is_no_price() {
    let good = history(GWEI, &[Some(1); 3]);
    let check = |change: fn(&mut FeeHistory)| {
        let mut history = good.clone();
        change(&mut history);
        from_history(at(1), block(), &history)
    };
    assert!(check(|_| {}).is_some());
    assert_eq!(check(|h| h.newest = 99), None);
    assert_eq!(check(|h| h.base_fees.truncate(3)), None);
    assert_eq!(check(|h| h.tips.truncate(2)), None);
    assert_eq!(check(|h| (h.tips, h.base_fees) = (vec![], vec![GWEI])), None);
}

/// Prices by the minute, each as if told then.
fn day_of(prices: impl Iterator<Item = u128>) -> (Fees, u64) {
    let mut fees = Fees::default();
    let mut minute = 0;
    for price in prices {
        minute += 1;
        fees.take(from_gas_price(at(minute * 60), block(), price));
    }
    (fees, minute * 60)
}

#[test]
fn stress_is_told_against_the_day_and_not_against_the_last_minute() {
    let fresh = Span::from_secs(60);
    // 23 hours at 20 gwei, then half an hour at 90 times that.
    let calm = std::iter::repeat_n(20 * GWEI, 23 * 60);
    let storm = std::iter::repeat_n(1_800 * GWEI, 30);
    let (fees, end) = day_of(calm.chain(storm));
    let stress = fees.report(at(end), fresh).stress.expect("a comparison");
    assert_eq!((stress.multiple_milli, stress.median), (90_000, 20 * GWEI));
    assert_eq!(stress.samples, 23 * 60 + 30);
    assert!(stress.covers > Span::from_secs(23 * 3_600));
    // What is older than a day is forgotten, and the memory is bounded.
    let (fees, end) = day_of(
        std::iter::repeat_n(GWEI, 3 * 1_440).chain(std::iter::repeat_n(2 * GWEI, 1_440 + 10)),
    );
    let stress = fees.report(at(end), fresh).stress.expect("a comparison");
    assert_eq!((stress.multiple_milli, fees.slots.len()), (1_000, SLOTS_MAX));
    assert!(stress.covers <= Span::from_secs(24 * 3_600));
}

#[test]
fn a_multiple_of_next_to_nothing_is_not_told() {
    let fresh = Span::from_secs(60);
    let (fees, end) = day_of(std::iter::repeat_n(GWEI, 5));
    assert_eq!(fees.report(at(end), fresh).stress, None);
    let (fees, end) = day_of(std::iter::repeat_n(0, 60));
    assert_eq!(fees.report(at(end), fresh).stress, None, "nothing cannot be multiplied");
}

#[test]
fn an_old_price_must_not_pass_for_a_new_one() {
    let (fees, end) = day_of(std::iter::repeat_n(GWEI, 60));
    let fresh = Span::from_secs(60);
    assert!(fees.report(at(end + 60), fresh).fresh);
    let late = fees.report(at(end + 61), fresh);
    assert!(!late.fresh && late.stress.is_none());
    assert_eq!(late.age, Span::from_secs(61));
    assert!(!Fees::default().report(at(1), fresh).fresh);
}

#[test]
fn no_price_overflows() {
    let huge = quote(u128::MAX, &[Some(u128::MAX / 4); 20]);
    assert_eq!(huge.inclusion[2].max_fee, u128::MAX);
    let (fees, end) = day_of(std::iter::repeat_n(u128::MAX, 60));
    assert!(fees.report(at(end), Span::from_secs(60)).stress.is_some());
}
