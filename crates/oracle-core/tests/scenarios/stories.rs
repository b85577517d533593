//! The stories.

use oracle_core::{FeedId, Refusal, Status};
use units::Span;

use crate::market::{Market, SIX, coin, is, pegged, price, row};

#[test]
fn one_venue_that_is_dumped_moves_nothing_and_is_named() {
    // 2025-10-10: one venue's book went to 0.65 for forty minutes, and it was the price.
    let mut market = Market::new(pegged(&SIX), "1");
    market.secs(60);
    assert_eq!(market.status(), Status::Live);
    market.put(&[0], Some("0.65"));
    market.run(Span::from_secs(40 * 60), |tick| {
        assert!(tick.liquidation.is_some_and(|lane| lane >= price("0.99")), "{tick:?}");
        assert!(tick.market.is_some_and(|lane| lane >= price("0.99")), "{tick:?}");
    });
    assert_eq!((market.status(), market.refusal(0)), (Status::Live, Some(Refusal::Outlier)));
    market.put(&[0], Some("1"));
    market.secs(30);
    assert_eq!(market.refusal(0), Some(Refusal::Returning));
    market.secs(31);
    assert_eq!(market.refusal(0), None);
}

#[test]
fn a_true_insolvency_is_followed_within_twenty_minutes() {
    // A peg that is held against everybody lets a lender lend against nothing.
    let mut market = Market::new(pegged(&SIX), "1");
    market.secs(60);
    market.put(&[0, 1, 2, 3, 4, 5], Some("0.65"));
    market.secs(2);
    assert!(is(market.tick().market, "0.65"), "the market lane shows it at once");
    assert_eq!(market.tick().liquidation.map(|lane| lane > price("0.99")), Some(true));
    market.secs(20 * 60);
    assert!(market.tick().liquidation.is_some_and(|lane| lane < price("0.6501")));
}

#[test]
fn books_of_one_kind_do_not_open_the_band() {
    let mut market = Market::new(pegged(&SIX), "1");
    market.secs(60);
    market.put(&[0, 1, 2, 3, 4], Some("0.9"));
    market.secs(20 * 60);
    assert!(is(market.tick().market, "0.9"));
    assert!(is(market.tick().liquidation, "0.995"), "the pool does not agree");
}

#[test]
fn when_everything_is_silent_there_is_no_price_within_ten_seconds() {
    let mut market = Market::new(coin(&SIX), "100000");
    market.secs(60);
    market.put(&[0, 1, 2, 3, 4, 5], None);
    let mut halted_after = None;
    let mut passed = 0;
    market.run(Span::from_secs(12), |tick| {
        passed += 250;
        if tick.status == Status::Halted {
            halted_after.get_or_insert(passed);
            assert_eq!((tick.market, tick.liquidation, tick.fundamental), (None, None, None));
            assert!(is(tick.last_good.map(|last| last.price), "100000"));
        }
    });
    assert!(
        halted_after.is_some_and(|after| (5_000..=10_000).contains(&after)),
        "{halted_after:?}"
    );
}

#[test]
fn half_against_half_has_no_price() {
    let mut market = Market::new(coin(&SIX), "100000");
    market.secs(60);
    market.put(&[0, 1, 2], Some("90000"));
    market.secs(5);
    assert_eq!(market.status(), Status::Split);
    assert_eq!(market.tick().market, None);
    let [low, high] = market.tick().clusters[..] else { panic!("{:?}", market.tick()) };
    assert!(is(Some(low), "90000") && is(Some(high), "100000"), "{low} {high}");
    market.put(&[3, 4, 5], Some("90000"));
    market.secs(2);
    assert_eq!(market.status(), Status::Live);
    assert!(is(market.tick().market, "90000"));
}

#[test]
fn a_crash_that_all_show_passes_within_half_a_second() {
    let mut market = Market::new(coin(&SIX), "100000");
    market.secs(60);
    market.put(&[0, 1, 2, 3, 4, 5], Some("90000"));
    market.run(Span::from_millis(250), |tick| assert_eq!(tick.status, Status::Held));
    market.run(Span::from_millis(250), |tick| {
        assert_eq!(tick.status, Status::Live);
        assert!(is(tick.market, "90000"));
    });
}

#[test]
fn a_book_that_stands_still_in_a_moving_market_is_refused() {
    let mut market = Market::new(coin(&SIX), "100000");
    market.secs(60);
    market.still = vec![0, 5];
    market.put(&[1, 2, 3, 4], Some("100210"));
    market.secs(31);
    assert_eq!(market.refusal(0), Some(Refusal::Frozen));
    assert_eq!(market.refusal(5), None, "a pool may be quiet");
}

#[test]
fn wrong_units_are_an_outlier() {
    let mut market = Market::new(coin(&SIX), "100000");
    market.put(&[3], Some("100000000"));
    market.secs(60);
    assert_eq!(market.refusal(3), Some(Refusal::Outlier));
    assert_eq!(market.status(), Status::Live);
    assert!(is(market.tick().market, "100000"));
}

#[test]
fn a_venue_with_most_of_the_depth_is_not_the_price() {
    let mut market = Market::new(coin(&SIX), "100000");
    market.depths(&[90_000, 1_000, 1_000, 1_000, 1_000, 1_000]);
    market.secs(60);
    market.put(&[0], Some("99800"));
    market.secs(5);
    assert!(is(market.tick().market, "100000"));
}

#[test]
fn what_is_converted_with_an_old_price_is_as_old_and_as_bad() {
    // Ether in tether, a wrapped ether in ether: where the dollar price of tether stands still for a moment, both of the
    // others would look as fresh as if it did not.
    let mut market = Market::new(row(), "1");
    market.secs(60);
    let feeds = [0, 1, 2].map(FeedId::new);
    let all =
        |market: &Market| feeds.map(|feed| market.oracle.published(feed).expect("there").clone());
    let live = all(&market);
    assert!(
        live.iter().all(|tick| (tick.status, tick.age) == (Status::Live, Span::ZERO)),
        "{live:?}"
    );
    // Most of those that say what tether is go silent: for two seconds its last price is held.
    market.put(&[0, 1, 2], None);
    let mut ages = Vec::new();
    market.secs(4);
    for _ in 0..16 {
        market.run(Span::from_millis(250), |_| {});
        let [tether, ether, wrapped] = all(&market);
        if tether.status == Status::Held {
            assert!(tether.age > Span::ZERO);
            assert_eq!((ether.status, wrapped.status), (Status::Degraded, Status::Degraded));
            assert_eq!((ether.as_of, wrapped.as_of), (tether.as_of, tether.as_of));
            ages.push(wrapped.age);
        }
    }
    assert!(ages.is_sorted() && !ages.is_empty(), "{ages:?}");
    // None of them is held for longer because the one before was.
    let halted = all(&market);
    assert!(halted.iter().all(|tick| tick.status == Status::Halted), "{halted:?}");
}
