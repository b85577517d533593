//! Broken invariants, planted by hand: each is seen after the command in which it broke, and stops what it must stop.

use units::Money;

use super::bench::{account, events, limit, market, set_mark, venue};
use crate::command::{Command, MarketState};
use crate::event::Event;
use crate::id::AccountId;
use crate::refusal::Refusal;
use crate::value::{Lots, Side};
use crate::venue::Venue;

/// A venue in which one account is long ten lots and the other short.
fn open() -> (Venue, AccountId) {
    let mut venue = venue();
    set_mark(&mut venue, 1_000_000);
    let (one, two) = (account(&mut venue, 1_000_000), account(&mut venue, 1_000_000));
    events(&mut venue, limit(one, Side::Buy, 1_000_000, 10));
    events(&mut venue, limit(two, Side::Sell, 1_000_000, 10));
    (venue, one)
}

/// What is said after a command.
fn after(venue: &mut Venue, command: &Command) -> Vec<Event> {
    let mut said = Vec::new();
    venue.apply(venue.now(), command, &mut said);
    said
}

fn broken(said: &[Event]) -> Vec<(&'static str, bool)> {
    let broken = |event: &Event| {
        let Event::Broken { invariant, market } = event else { return None };
        Some((*invariant, market.is_some()))
    };
    said.iter().filter_map(broken).collect()
}

#[test]
fn money_from_nowhere_halts_the_venue() {
    // VN-1: whatever lost or made it, it must not be traded with.
    let (mut venue, one) = open();
    venue.change_cash(one, Money::from_raw(1));
    let said = after(&mut venue, &Command::Tick);
    assert_eq!(broken(&said), [("VN-1", false)]);
    assert_eq!(venue.audit(), ["VN-1"]);
    let said = after(&mut venue, &limit(one, Side::Buy, 1_000_000, 1));
    assert_eq!(said, [Event::Refused { refusal: Refusal::Halted, tag: 0, index: 0 }]);
}

#[test]
fn a_position_without_another_side_halts_its_market() {
    // VN-2: nobody pays its profit.
    let (mut venue, one) = open();
    venue.markets[0].long = Lots::new(11);
    let said = after(&mut venue, &limit(one, Side::Buy, 999_000, 1));
    assert_eq!(broken(&said), [("VN-2", true)]);
    assert_eq!(venue.audit(), ["VN-2"]);
    let said = after(&mut venue, &limit(one, Side::Buy, 999_000, 1));
    assert_eq!(said, [Event::Refused { refusal: Refusal::MarketState, tag: 0, index: 0 }]);
}

#[test]
fn a_crossed_book_halts_its_market() {
    // VN-3: two who would trade and do not have been passed over.
    let (mut venue, one) = open();
    events(&mut venue, Command::SetState(market(), MarketState::Auction));
    events(&mut venue, limit(one, Side::Buy, 1_000_010, 1));
    events(&mut venue, limit(one, Side::Sell, 1_000_000, 1));
    venue.markets[0].state = MarketState::Trading;
    assert_eq!(venue.audit(), ["VN-3"]);
    let said = after(&mut venue, &limit(one, Side::Buy, 999_000, 1));
    assert_eq!(broken(&said), [("VN-3", true)]);
}

#[test]
fn a_reducing_order_that_could_increase_halts_its_market() {
    // VN-4: it would open a position that nobody asked for.
    let (mut venue, one) = open();
    events(&mut venue, limit(one, Side::Sell, 1_000_010, 3));
    venue.legs[0].sells.reduce_only = Lots::new(11);
    assert!(venue.audit().contains(&"VN-4"));
    let two = AccountId::new(1);
    let said = after(&mut venue, &limit(two, Side::Buy, 1_000_010, 1));
    assert_eq!(broken(&said), [("VN-4", true)]);
    assert_eq!(refused_after(&mut venue, one), Refusal::MarketState);
}

fn refused_after(venue: &mut Venue, who: AccountId) -> Refusal {
    let said = after(venue, &limit(who, Side::Sell, 1_000_010, 1));
    match said.as_slice() {
        [Event::Refused { refusal, .. }] => *refusal,
        other => panic!("{other:?}"),
    }
}
