//! What a maker does, turn by turn.

use super::*;
use crate::book::bitcoin;
use units::Price;

const NOW: Timestamp = Timestamp::from_nanos(1_000_000_000_000);

const DONE: Told = Told::Done { traded: 0, rests: false };
const RESTS: Told = Told::Done { traded: 0, rests: true };

/// Tells a maker the same of everything that it wants, and gives what that was.
fn all(maker: &mut Maker, markets: &[Market], stays: bool, told: &Told) -> Vec<What> {
    let deeds = maker.turn(markets, (NOW, stays), 1_000);
    for what in &deeds {
        let asked = Told::Held(Vec::new());
        maker.told(what, if *what == What::Ask { &asked } else { told }, NOW);
    }
    deeds
}

/// A maker whose offers rest.
fn offering() -> (Maker, [Market; 1]) {
    let markets = [bitcoin()];
    let mut maker = Maker::new(3, &markets, &mut Dice::new(5));
    let first = all(&mut maker, &markets, true, &DONE);
    assert_eq!(first, [What::Ask, What::Leverage { market: 0, times: LEVERAGE }]);
    let offers = all(&mut maker, &markets, true, &RESTS);
    assert_eq!((offers.len(), maker.offers()), (12, 12));
    (maker, markets)
}

#[test]
fn offers_stand_on_both_sides_of_the_index_and_do_not_cross() {
    let (maker, markets) = offering();
    let of = |side| {
        let places = maker.ladders[0].places.iter().filter(move |place| place.side == side);
        places.map(|place| place.target(&markets[0], 0).expect("a price"))
    };
    assert!(of(Side::Buy).all(|ticks| ticks < 1_000_000 && ticks > 980_000));
    assert!(of(Side::Sell).all(|ticks| ticks > 1_000_000 && ticks < 1_020_000));
}

#[test]
fn what_is_far_from_where_it_belongs_is_moved_and_nothing_else() {
    // Who moves everything at each step of the index fills the venue with its own orders.
    let (mut maker, mut markets) = offering();
    assert_eq!(all(&mut maker, &markets, true, &RESTS), []);
    markets[0].set_index(Some(Price::whole(99_980)));
    let moved = all(&mut maker, &markets, true, &RESTS);
    assert_eq!(moved.len(), 2, "the two that are nearest: {moved:?}");
    let side = |what: &What| {
        let What::Move { side, .. } = what else { panic!("{what:?}") };
        *side
    };
    let sides: Vec<Side> = moved.iter().map(side).collect();
    assert_eq!(sides, [Side::Buy, Side::Sell], "bids go first in a fall");
    markets[0].set_index(Some(Price::whole(110_000)));
    assert_eq!(all(&mut maker, &markets, true, &RESTS).len(), 12);
}

#[test]
fn what_has_traded_is_offered_again() {
    let (mut maker, mut markets) = offering();
    markets[0].set_index(Some(Price::whole(101_000)));
    let moved = maker.turn(&markets, (NOW, true), 1_000);
    for what in &moved {
        maker.told(what, &Told::Done { traded: 40, rests: true }, NOW);
    }
    markets[0].set_index(Some(Price::whole(100_000)));
    for what in maker.turn(&markets, (NOW, true), 1_000) {
        let What::Move { lots, place, .. } = what else { panic!("{what:?}") };
        let wanted = markets[0].lots_for(maker.ladders[0].places[place].money);
        assert_eq!(lots, wanted + 40);
        maker.told(&what, &Told::Refused(Why::Gone), NOW);
    }
    assert_eq!(maker.offers(), 0);
    let anew = all(&mut maker, &markets, true, &RESTS);
    assert!(anew.len() == 12 && anew.iter().all(|what| matches!(what, What::Rest { .. })));
}

#[test]
fn makers_who_leave_take_everything_back_and_come_again() {
    let (mut maker, markets) = offering();
    assert_eq!(all(&mut maker, &markets, false, &DONE), [What::CancelAll { market: 0 }]);
    assert_eq!(all(&mut maker, &markets, false, &DONE), []);
    assert_eq!(all(&mut maker, &markets, true, &RESTS).len(), 12);
    // Nobody offers anything around a price that is not known.
    let mut unpriced = markets;
    unpriced[0].set_index(None);
    assert_eq!(all(&mut maker, &unpriced, true, &DONE), [What::CancelAll { market: 0 }]);
}

#[test]
fn after_an_outage_all_is_taken_back_before_anything_is_offered() {
    // What was sent before it may rest at prices of then.
    let (mut maker, mut markets) = offering();
    markets[0].set_index(Some(Price::whole(110_000)));
    assert_eq!(maker.turn(&markets, (NOW, true), 1_000).len(), 12, "they are never answered");
    maker.forget();
    let again = all(&mut maker, &markets, true, &Told::Lost);
    assert_eq!(again, [What::Ask, What::CancelAll { market: 0 }]);
    let again = all(&mut maker, &markets, true, &DONE);
    assert_eq!(again, [What::CancelAll { market: 0 }], "it has to be known to be done");
    assert_eq!(all(&mut maker, &markets, true, &RESTS).len(), 12);
}

#[test]
fn a_cancel_of_all_waits_for_what_is_under_way() {
    // Else it overtakes an order, which then rests and is never moved.
    let (mut maker, mut markets) = offering();
    markets[0].set_index(Some(Price::whole(110_000)));
    let moves = maker.turn(&markets, (NOW, true), 1_000);
    maker.told(&moves[0], &Told::Lost, NOW);
    assert_eq!(maker.turn(&markets, (NOW, true), 1_000), []);
    for what in &moves[1..] {
        maker.told(what, &RESTS, NOW);
    }
    assert_eq!(maker.turn(&markets, (NOW, true), 1_000), [What::CancelAll { market: 0 }]);
}

#[test]
fn offers_lean_away_from_what_is_held() {
    // A maker who does not is long of everything once everybody sells.
    let (mut maker, markets) = offering();
    maker.told(&What::Ask, &Told::Held(vec![(0, 100_000)]), NOW);
    let moved = all(&mut maker, &markets, true, &RESTS);
    assert!(!moved.is_empty());
    assert_eq!(maker.ladders[0].lean(&markets[0]), -200, "100 bitcoin are all that it may hold");
}

#[test]
fn there_is_no_more_than_there_is_room_for() {
    let (mut maker, mut markets) = offering();
    markets[0].set_index(Some(Price::whole(90_000)));
    assert_eq!(maker.turn(&markets, (NOW, true), 5).len(), 5);
    assert_eq!(maker.turn(&markets, (NOW, true), 0), []);
}
