//! Orders that wait for a trigger.

use units::{Ratio, Span};

use super::bench::{
    account, closed, done, limit, market, number, order, refused, set_mark, trades, venue,
};
use crate::command::{Command, Lifetime, PlaceOrder, Trigger, TriggerCondition, TriggerPrice};
use crate::event::{CloseReason, Event};
use crate::id::{AccountId, OrderId};
use crate::refusal::Refusal;
use crate::value::{Lots, PositionSide, Side, Ticks};
use crate::venue::Venue;

/// A venue with a price of 100,000.0, a maker on both sides, and somebody who holds ten lots.
fn open() -> (Venue, AccountId, AccountId) {
    let mut venue = venue();
    set_mark(&mut venue, 1_000_000);
    let maker = account(&mut venue, 1_000_000);
    let who = account(&mut venue, 1_000_000);
    done(&mut venue, limit(maker, Side::Sell, 1_000_000, 10));
    done(&mut venue, limit(who, Side::Buy, 1_000_000, 10));
    done(&mut venue, limit(maker, Side::Buy, 980_000, 100));
    done(&mut venue, limit(maker, Side::Sell, 1_020_000, 100));
    (venue, maker, who)
}

fn waiting(who: AccountId, side: Side, lots: i64, condition: TriggerCondition) -> PlaceOrder {
    let by = TriggerPrice::Mark;
    let trigger = Some(Trigger { condition, by, close_position: lots == 0 });
    let immediate = order(who, side, 1, lots, Lifetime::ImmediateOrCancel);
    PlaceOrder { limit: None, trigger, ..immediate }
}

fn stop(price: i64) -> TriggerCondition {
    TriggerCondition::Stop(Ticks::new(price))
}

/// Moves the mark, and says which orders fired, and all that happened.
fn move_to(venue: &mut Venue, price: i64) -> (Vec<OrderId>, Vec<Event>) {
    let said = set_mark(venue, price);
    let fired =
        |event: &Event| if let Event::Triggered(order) = event { Some(*order) } else { None };
    (said.iter().filter_map(fired).collect(), said)
}

#[test]
fn a_stop_fires_where_the_price_goes_against_and_a_take_profit_the_other_way() {
    // A stop on the wrong side sells into a rise.
    let (mut venue, _, who) = open();
    let mut place = |side, condition| {
        let placed = waiting(who, side, 1, condition);
        number(&done(&mut venue, Command::Place(placed)))
    };
    let profit = |price| TriggerCondition::TakeProfit(Ticks::new(price));
    let sell_stop = place(Side::Sell, stop(990_000));
    let lower_stop = place(Side::Sell, stop(985_000));
    let equal_stop = place(Side::Sell, stop(990_000));
    let buy_dip = place(Side::Buy, profit(991_000));
    let buy_stop = place(Side::Buy, stop(1_010_000));
    let sell_high = place(Side::Sell, profit(1_009_000));
    assert_eq!(move_to(&mut venue, 990_001).0, [buy_dip]);
    assert_eq!(move_to(&mut venue, 985_000).0, [sell_stop, equal_stop, lower_stop]);
    assert_eq!(move_to(&mut venue, 1_010_000).0, [sell_high, buy_stop]);
    assert_eq!(move_to(&mut venue, 980_000).0, []);
}

#[test]
fn a_trailing_order_follows_the_best_and_fires_where_the_price_comes_back() {
    let (mut venue, _, who) = open();
    let callback = Ratio::from_bps(100);
    let now = TriggerCondition::Trailing { callback, from: None };
    let later = TriggerCondition::Trailing { callback, from: Some(Ticks::new(1_010_000)) };
    let now = number(&done(&mut venue, Command::Place(waiting(who, Side::Sell, 1, now))));
    let later = number(&done(&mut venue, Command::Place(waiting(who, Side::Sell, 1, later))));
    assert_eq!(move_to(&mut venue, 1_005_000).0, []);
    // One per cent below 1,005,000 is 994,950.
    assert_eq!(move_to(&mut venue, 994_951).0, []);
    assert_eq!(move_to(&mut venue, 994_950).0, [now]);
    assert_eq!(move_to(&mut venue, 1_011_000).0, []);
    assert_eq!(move_to(&mut venue, 1_000_891).0, []);
    assert_eq!(move_to(&mut venue, 1_000_890).0, [later]);
}

#[test]
fn an_order_that_closes_takes_what_the_position_is_then() {
    // Whoever sizes it when it comes leaves a rest, or opens the other way.
    let (mut venue, maker, who) = open();
    let placed = waiting(who, Side::Sell, 0, stop(990_000));
    let stop = number(&done(&mut venue, Command::Place(placed)));
    done(&mut venue, limit(maker, Side::Sell, 1_000_000, 5));
    done(&mut venue, limit(who, Side::Buy, 1_000_000, 5));
    let (fired, said) = move_to(&mut venue, 990_000);
    assert_eq!(fired, [stop]);
    assert_eq!(trades(&said)[0].lots, Lots::new(15));
    let position = venue.position(who, market(), PositionSide::Both).expect("a position");
    assert_eq!(position.lots, Lots::ZERO);
    let again = number(&done(
        &mut venue,
        Command::Place(waiting(who, Side::Sell, 0, super::triggers::stop(980_000))),
    ));
    let (_, said) = move_to(&mut venue, 970_000);
    let nothing = CloseReason::Refused(Refusal::ReduceOnly);
    assert_eq!(closed(&said), [(again, 0, nothing)]);
}

#[test]
fn a_trade_that_fires_a_stop_may_fire_the_next() {
    // Stops in a row are what a cascade is made of; each has to be done, and in its order.
    let (mut venue, maker, who) = open();
    let by_last = |price| {
        let mut placed = waiting(who, Side::Sell, 1, stop(price));
        placed.limit = Some(Ticks::new(price - 5_000));
        placed.trigger =
            placed.trigger.map(|trigger| Trigger { by: TriggerPrice::Last, ..trigger });
        Command::Place(placed)
    };
    let bids = [995_000, 990_000, 985_000];
    for price in bids {
        done(&mut venue, limit(maker, Side::Buy, price, 1));
    }
    let first = number(&done(&mut venue, by_last(995_000)));
    let second = number(&done(&mut venue, by_last(990_000)));
    let said = done(&mut venue, limit(who, Side::Sell, 995_000, 1));
    let prices: Vec<i64> = trades(&said).iter().map(|trade| trade.price.number()).collect();
    assert_eq!(prices, bids);
    let fired: Vec<&Event> =
        said.iter().filter(|event| matches!(event, Event::Triggered(_))).collect();
    assert_eq!(fired, [&Event::Triggered(first), &Event::Triggered(second)]);
}

#[test]
fn a_stop_on_the_last_price_looks_at_the_mark_until_something_is_traded() {
    // On a market that has just opened nobody could protect what they hold before somebody trades.
    let mut venue = venue();
    set_mark(&mut venue, 1_000_000);
    let who = account(&mut venue, 1_000_000);
    let mut place = |side, price| {
        let mut placed = waiting(who, side, 1, stop(price));
        placed.trigger =
            placed.trigger.map(|trigger| Trigger { by: TriggerPrice::Last, ..trigger });
        number(&done(&mut venue, Command::Place(placed)))
    };
    let (first, second) = (place(Side::Sell, 990_000), place(Side::Sell, 960_000));
    assert_eq!(move_to(&mut venue, 989_000).0, [first]);
    let (maker, taker) = (account(&mut venue, 1_000_000), account(&mut venue, 1_000_000));
    done(&mut venue, limit(maker, Side::Sell, 970_000, 1));
    done(&mut venue, limit(taker, Side::Buy, 970_000, 1));
    assert_eq!(move_to(&mut venue, 955_000).0, [], "the last price is a trade's from then on");
    assert!(venue.waits_for(who, second));
}

#[test]
fn an_order_that_would_fire_at_once_or_waits_for_nothing_is_refused() {
    let (mut venue, _, who) = open();
    let mut check = |side, lots, condition, expect| {
        let placed = waiting(who, side, lots, condition);
        assert_eq!(refused(&mut venue, Command::Place(placed)), expect);
    };
    check(Side::Sell, 1, stop(1_000_000), Refusal::Immediate);
    check(Side::Buy, 1, stop(1_000_000), Refusal::Immediate);
    check(Side::Buy, 1, TriggerCondition::TakeProfit(Ticks::new(1_000_000)), Refusal::Immediate);
    check(Side::Buy, 1, stop(0), Refusal::Price);
    let all = TriggerCondition::Trailing { callback: Ratio::whole(1), from: None };
    check(Side::Buy, 1, all, Refusal::Price);
    for _ in 0..10 {
        done(&mut venue, Command::Place(waiting(who, Side::Sell, 1, stop(900_000))));
    }
    let more = Command::Place(waiting(who, Side::Sell, 1, stop(900_000)));
    assert_eq!(refused(&mut venue, more), Refusal::Orders(10));
}

#[test]
fn orders_that_wait_are_cancelled_and_expire_like_others() {
    let (mut venue, _, who) = open();
    let until = venue.now().after(Span::from_secs(1));
    let mut placed = waiting(who, Side::Sell, 3, stop(900_000));
    (placed.lifetime, placed.limit) = (Lifetime::GoodTill(until), Some(Ticks::new(900_000)));
    let expires = number(&done(&mut venue, Command::Place(placed)));
    let wait = Command::Place(waiting(who, Side::Sell, 3, stop(900_000)));
    let one = number(&done(&mut venue, wait.clone()));
    let two = number(&done(&mut venue, wait));
    let said = done(&mut venue, Command::Cancel { account: who, order: one });
    assert_eq!(closed(&said), [(one, 3, CloseReason::Cancelled)]);
    let mut said = Vec::new();
    venue.apply(until, &Command::Tick, &mut said);
    assert_eq!(closed(&said), [(expires, 3, CloseReason::Expired)]);
    let said = done(&mut venue, Command::CancelAll { account: who, market: Some(market()) });
    assert_eq!(closed(&said), [(two, 3, CloseReason::Cancelled)]);
    assert_eq!(move_to(&mut venue, 900_000).0, []);
}
