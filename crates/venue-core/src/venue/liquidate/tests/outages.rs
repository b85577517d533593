//! Prices that permit no liquidation, or only some, and what comes after an outage.

use super::*;
use crate::command::MarketState;

/// A trader who is long a bitcoin with 5,000 dollars, and a book that takes it at once.
fn trader(world: &mut World) -> AccountId {
    let maker = world.account(10_000_000, 1);
    let trader = world.account(5_050, 20);
    world.trade(trader, maker, 100_000, COIN);
    world.order(maker, Side::Buy, 93_000, 10 * COIN);
    trader
}

#[test]
fn nobody_is_liquidated_on_a_price_that_is_held_or_halted() {
    // An old price says nothing about who is solvent now.
    for status in [PriceStatus::Held, PriceStatus::Halted] {
        let mut world = World::new(|_| {});
        let trader = trader(&mut world);
        // 450 against 427.25, until funding takes 95.45 of them.
        world.index(95_450);
        let events = world.price(status, 1, 1);
        assert_eq!(began_and_ended(&events), (false, false), "{status:?}");
        world.does(Command::Funding { market: market(), rate: Ratio::from_bps(10) });
        let (equity, maintenance) = world.venue.standing(super::super::Party::account(trader));
        assert!(equity < maintenance, "it is due at the last price");
        for events in [world.price(status, 1, 1), world.does(Command::Tick)] {
            assert_eq!(began_and_ended(&events), (false, false), "{status:?}");
        }
        assert_eq!(world.lots(trader), COIN);
        assert!(began_and_ended(&world.index_after(1, 95_450)).0, "but at a price after that");
    }
}

#[test]
fn a_liquidation_waits_while_its_price_is_held() {
    // What has begun must not go on where the price is not known any more, nor its time run.
    let mut world = World::new(|_| {});
    let trader = trader(&mut world);
    assert_eq!(began_and_ended(&world.index(94_500)), (true, false));
    world.price(PriceStatus::Held, 1, 1);
    world.does_after(Span::from_secs(20), Command::Tick);
    let events = world.index_after(1, 94_500);
    assert_eq!((began_and_ended(&events), world.lots(trader)), ((false, false), COIN));
    let events = world.index_after(10, 94_500);
    assert_eq!((began_and_ended(&events), world.lots(trader)), ((false, true), 0));
}

#[test]
fn a_capped_price_liquidates_nobody_on_the_difference() {
    // Where a bound binds, who is due only at the worse lane is not due.
    let mut world = World::new(|_| {});
    let trader = trader(&mut world);
    let events = world.price(PriceStatus::Capped, 93_500, 99_000);
    assert_eq!((began_and_ended(&events), world.lots(trader)), ((false, false), COIN));
}

#[test]
fn a_split_spares_the_solvent_for_a_minute() {
    // Longer than that their losses would be the fund's.
    let mut world = World::new(|_| {});
    let trader = trader(&mut world);
    // 450 at the better end: due, but solvent.
    let events = world.price(PriceStatus::Split, 95_400, 90_000);
    assert_eq!(began_and_ended(&events), (false, false));
    let events = world.does_after(Span::from_secs(59), Command::Tick);
    assert_eq!(began_and_ended(&events), (false, false));
    let events = world.does_after(Span::from_secs(1), Command::Tick);
    assert!(began_and_ended(&events).0);
    assert!(world.lots(trader) <= COIN);
}

#[test]
fn a_split_does_not_spare_the_insolvent() {
    // Who has nothing left at the better end has nothing left.
    let mut world = World::new(|_| {});
    let trader = trader(&mut world);
    let events = world.price(PriceStatus::Split, 94_900, 90_000);
    assert!(began_and_ended(&events).0);
    assert_eq!(world.lots(trader), COIN, "the book is below the bankruptcy price");
}

#[test]
fn after_a_silence_only_the_insolvent_are_liquidated_for_a_while() {
    // Who could not act while the venue was away is given a moment to.
    let mut world = World::new(|_| {});
    let trader = trader(&mut world);
    let events = world.index_after(31, 95_400);
    assert_eq!(began_and_ended(&events), (false, false), "450 against 427: due soon");
    let events = world.index(95_350);
    assert_eq!(began_and_ended(&events), (false, false), "due, but within the window");
    let events = world.index_after(20, 95_350);
    assert_eq!(began_and_ended(&events), (false, false));
    world.index_after(20, 95_350);
    let events = world.index_after(20, 95_350);
    assert!(began_and_ended(&events).0, "the window is over");
    assert_eq!(world.lots(trader), COIN);
}

#[test]
fn a_market_that_comes_back_begins_with_a_grace_window() {
    // The same for a halt of the market itself, in which nothing is liquidated at all.
    let mut world = World::new(|_| {});
    let trader = trader(&mut world);
    world.does(Command::SetState(market(), MarketState::Halted));
    let events = world.index(94_000);
    world.index_after(15, 94_000);
    assert_eq!(world.lots(trader), COIN, "{events:?}");
    world.index(95_300);
    world.does(Command::SetState(market(), MarketState::Trading));
    assert_eq!(world.lots(trader), COIN);
    let mut seconds = 0;
    while world.lots(trader) == COIN {
        world.index_after(10, 95_300);
        seconds += 10;
        assert!(seconds < 100, "it is never liquidated");
    }
    assert!(seconds >= 60, "after {seconds} s already");
}
