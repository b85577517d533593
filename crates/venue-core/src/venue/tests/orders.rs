//! Orders: matching, filters, lifetimes, self-trade, reduce-only, amendments and cancels.

use units::{Money, Span};

use super::bench::{
    Closed, account, closed, done, limit, market, number, order, refused, set_mark, trades, venue,
};
use crate::command::{
    Command, Lifetime, PlaceOrder, Protection, SelfTrade, Trigger, TriggerCondition, TriggerPrice,
};
use crate::event::{CloseReason, Event};
use crate::id::AccountId;
use crate::id::OrderId;
use crate::refusal::Refusal;
use crate::value::{Lots, PositionSide, Side, Ticks};
use crate::venue::Venue;

/// A venue with a price of 100,000.0 and three accounts with a million each.
fn open() -> (Venue, [AccountId; 3]) {
    let mut venue = venue();
    set_mark(&mut venue, 1_000_000);
    let accounts = [(); 3].map(|()| account(&mut venue, 1_000_000));
    (venue, accounts)
}

fn held(venue: &Venue, account: AccountId) -> i64 {
    let position = venue.position(account, market(), PositionSide::Both);
    position.map_or(0, |position| position.lots.number())
}

#[test]
fn the_best_price_trades_first_and_of_one_price_the_oldest() {
    // Whoever waits longest at the best price is promised the next trade.
    let (mut venue, [maker, other, taker]) = open();
    let worse = number(&done(&mut venue, limit(maker, Side::Sell, 1_000_010, 5)));
    let first = number(&done(&mut venue, limit(maker, Side::Sell, 1_000_005, 5)));
    let second = number(&done(&mut venue, limit(other, Side::Sell, 1_000_005, 5)));
    let said = done(&mut venue, limit(taker, Side::Buy, 1_000_010, 12));
    let seen: Vec<_> =
        trades(&said).iter().map(|trade| (trade.maker.order, trade.lots.number())).collect();
    assert_eq!(seen, [(first, 5), (second, 5), (worse, 2)]);
    assert_eq!(closed(&said)[2], (number(&said), 0, CloseReason::Filled));
    assert_eq!((held(&venue, taker), held(&venue, maker), held(&venue, other)), (12, -7, -5));
}

#[test]
fn both_sides_pay_their_fees_and_a_closed_position_pays_its_profit_out() {
    // Fees that are not counted, or profit that is, make money.
    let (mut venue, [maker, _, taker]) = open();
    done(&mut venue, limit(maker, Side::Sell, 1_000_000, 10));
    done(&mut venue, limit(taker, Side::Buy, 1_000_000, 10));
    // 0.01 at 100,000: the notional is 1,000, the fees are 0.2 and 0.5.
    assert_eq!(venue.fund().fees, Money::from_raw(700_000_000_000));
    done(&mut venue, limit(maker, Side::Buy, 1_000_100, 10));
    let said = done(&mut venue, limit(taker, Side::Sell, 1_000_100, 10));
    let trade = trades(&said)[0];
    assert_eq!(trade.taker.realised, Money::from_raw(100_000_000_000));
    assert_eq!(trade.maker.realised, Money::from_raw(-100_000_000_000));
    assert_eq!(venue.fund().costs, Money::ZERO);
}

#[test]
fn what_is_not_to_rest_is_closed() {
    let (mut venue, [maker, _, taker]) = open();
    done(&mut venue, limit(maker, Side::Sell, 1_000_000, 10));
    let with = |lifetime, lots| order(taker, Side::Buy, 1_000_000, lots, lifetime);
    let some = Command::Place(with(Lifetime::FillOrKill, 11));
    assert_eq!(refused(&mut venue, some), Refusal::FillOrKill);
    let some = Command::Place(with(Lifetime::PostOnly, 1));
    assert_eq!(refused(&mut venue, some), Refusal::PostOnly);
    let said = done(&mut venue, Command::Place(with(Lifetime::FillOrKill, 4)));
    assert_eq!(closed(&said), [(number(&said), 0, CloseReason::Filled)]);
    let said = done(&mut venue, Command::Place(with(Lifetime::ImmediateOrCancel, 7)));
    assert_eq!(closed(&said)[1], (number(&said), 1, CloseReason::Immediate));
    let bought = PlaceOrder { limit: None, ..with(Lifetime::ImmediateOrCancel, 1) };
    let said = done(&mut venue, Command::Place(bought));
    assert_eq!(closed(&said), [(number(&said), 1, CloseReason::Immediate)]);
}

#[test]
fn an_order_that_breaks_a_rule_is_refused_for_the_first_one() {
    let (mut venue, [who, _, _]) = open();
    let base = order(who, Side::Buy, 1_000_000, 10, Lifetime::GoodTillCancelled);
    let mut check = |placed: PlaceOrder, expect: Refusal| {
        assert_eq!(refused(&mut venue, Command::Place(placed)), expect);
    };
    check(PlaceOrder { account: AccountId::new(9), ..base }, Refusal::UnknownAccount);
    let most = Lots::new(1_000_000);
    check(PlaceOrder { position: PositionSide::Long, ..base }, Refusal::PositionSide);
    check(PlaceOrder { lots: Lots::ZERO, ..base }, Refusal::Lots(most));
    check(PlaceOrder { lots: Lots::new(1_000_001), ..base }, Refusal::Lots(most));
    check(PlaceOrder { limit: Some(Ticks::ZERO), ..base }, Refusal::Price);
    check(PlaceOrder { limit: None, ..base }, Refusal::Price);
    check(
        PlaceOrder { lifetime: Lifetime::GoodTill(units::Timestamp::ZERO), ..base },
        Refusal::Expiry,
    );
    check(PlaceOrder { limit: Some(Ticks::new(10)), ..base }, Refusal::Notional(Money::whole(5)));
    check(
        PlaceOrder { limit: Some(Ticks::new(1_100_001)), ..base },
        Refusal::Band(Ticks::new(1_100_000)),
    );
    let low = Ticks::new(899_999);
    check(
        PlaceOrder { side: Side::Sell, limit: Some(low), ..base },
        Refusal::Band(Ticks::new(900_000)),
    );
    check(PlaceOrder { reduce_only: true, ..base }, Refusal::ReduceOnly);
}

#[test]
fn the_arriving_order_says_what_happens_with_ones_own() {
    let cases: [(SelfTrade, &[Closed], i64); 4] = [
        (
            SelfTrade::Allow,
            &[
                (1, 0, CloseReason::Filled),
                (2, 0, CloseReason::Filled),
                (3, 0, CloseReason::Filled),
            ],
            2,
        ),
        (SelfTrade::CancelTaker, &[(3, 4, CloseReason::SelfTrade)], 0),
        (
            SelfTrade::CancelMaker,
            &[
                (1, 2, CloseReason::SelfTrade),
                (2, 0, CloseReason::Filled),
                (3, 2, CloseReason::Immediate),
            ],
            2,
        ),
        (
            SelfTrade::CancelBoth,
            &[(1, 2, CloseReason::SelfTrade), (3, 4, CloseReason::SelfTrade)],
            0,
        ),
    ];
    for (rule, expect, bought) in cases {
        let (mut venue, [who, other, _]) = open();
        done(&mut venue, limit(who, Side::Sell, 1_000_000, 2));
        done(&mut venue, limit(other, Side::Sell, 1_000_000, 2));
        let mut taking = order(who, Side::Buy, 1_000_000, 4, Lifetime::ImmediateOrCancel);
        taking.self_trade = rule;
        let said = done(&mut venue, Command::Place(taking));
        let seen: Vec<Closed> =
            closed(&said).iter().map(|(order, left, why)| (order.number(), *left, *why)).collect();
        assert_eq!(seen, expect, "{rule:?}");
        assert_eq!(held(&venue, who), bought, "{rule:?}");
    }
}

#[test]
fn what_only_reduces_is_cut_as_the_position_changes_the_newest_first() {
    // A stop that opens the other way is a position that nobody asked for.
    let (mut venue, [who, other, _]) = open();
    done(&mut venue, limit(other, Side::Sell, 1_000_000, 10));
    done(&mut venue, limit(who, Side::Buy, 1_000_000, 10));
    let reduce = |lots| PlaceOrder {
        reduce_only: true,
        ..order(who, Side::Sell, 1_000_100, lots, Lifetime::GoodTillCancelled)
    };
    let first = number(&done(&mut venue, Command::Place(reduce(6))));
    let said = done(&mut venue, Command::Place(reduce(6)));
    let Event::Accepted { order: second, placed } = said[0] else { panic!("{said:?}") };
    assert_eq!(placed.lots, Lots::new(4));
    assert_eq!(refused(&mut venue, Command::Place(reduce(1))), Refusal::ReduceOnly);
    done(&mut venue, limit(other, Side::Buy, 1_000_000, 7));
    let said = done(&mut venue, limit(who, Side::Sell, 1_000_000, 7));
    let last = number(&said);
    let cut = Event::Amended {
        order: first,
        price: Ticks::new(1_000_100),
        left: Lots::new(3),
        kept_place: true,
    };
    assert!(said.contains(&cut), "{said:?}");
    assert_eq!(
        closed(&said)[1..],
        [(second, 4, CloseReason::ReduceOnly), (last, 0, CloseReason::Filled)]
    );
    assert_eq!(held(&venue, who), 3);
}

#[test]
fn an_amendment_that_only_takes_lots_keeps_the_place() {
    let (mut venue, [one, two, taker]) = open();
    let first = number(&done(&mut venue, limit(one, Side::Sell, 1_000_000, 10)));
    let second = number(&done(&mut venue, limit(two, Side::Sell, 1_000_000, 10)));
    let amend = |account, order, price, lots| Command::Amend {
        account,
        order,
        price: Ticks::new(price),
        lots: Lots::new(lots),
    };
    done(&mut venue, amend(one, first, 1_000_000, 5));
    let said = done(&mut venue, limit(taker, Side::Buy, 1_000_000, 1));
    assert_eq!(trades(&said)[0].maker.order, first);
    // Lots that have traded count: four are left of five, and seven of eight.
    let said = done(&mut venue, amend(one, first, 1_000_000, 8));
    let expect = Event::Amended {
        order: first,
        price: Ticks::new(1_000_000),
        left: Lots::new(7),
        kept_place: false,
    };
    assert_eq!(said, [expect]);
    let said = done(&mut venue, limit(taker, Side::Buy, 1_000_000, 1));
    assert_eq!(trades(&said)[0].maker.order, second);
    assert_eq!(refused(&mut venue, amend(two, first, 1_000_000, 5)), Refusal::UnknownOrder);
    assert_eq!(
        refused(&mut venue, amend(one, first, 1_000_000, 1)),
        Refusal::Lots(Lots::new(1_000_000))
    );
    // A price that trades does so with the same number, and a refusal leaves the order where it was.
    assert_eq!(
        refused(&mut venue, amend(one, first, 899_999, 8)),
        Refusal::Band(Ticks::new(900_000))
    );
    let bid = number(&done(&mut venue, limit(taker, Side::Buy, 999_990, 3)));
    let said = done(&mut venue, amend(one, first, 999_990, 8));
    assert_eq!((trades(&said)[0].maker.order, trades(&said)[0].taker.order), (bid, first));
}

#[test]
fn cancels_take_what_is_ones_own() {
    let (mut venue, [one, two, _]) = open();
    let first = number(&done(&mut venue, limit(one, Side::Sell, 1_000_000, 10)));
    let second = number(&done(&mut venue, limit(one, Side::Buy, 999_000, 10)));
    let cancel = |account, order| Command::Cancel { account, order };
    assert_eq!(refused(&mut venue, cancel(two, first)), Refusal::UnknownOrder);
    let said = done(&mut venue, Command::CancelAll { account: one, market: None });
    let expect = [(first, 10, CloseReason::Cancelled), (second, 10, CloseReason::Cancelled)];
    assert_eq!(closed(&said), expect);
    assert_eq!(refused(&mut venue, cancel(one, first)), Refusal::UnknownOrder);
}

#[test]
fn time_cancels_what_it_was_told_to() {
    // A client that has lost its connection must not keep orders that it no longer sees.
    let (mut venue, [who, _, _]) = open();
    let until = venue.now().after(Span::from_secs(2));
    let placed = order(who, Side::Buy, 999_000, 10, Lifetime::GoodTill(until));
    let first = number(&done(&mut venue, Command::Place(placed)));
    let second = number(&done(&mut venue, limit(who, Side::Buy, 999_000, 10)));
    let after = |secs| Command::CancelAfter {
        account: who,
        market: market(),
        after: Span::from_secs(secs),
    };
    done(&mut venue, after(1));
    done(&mut venue, after(5));
    let mut said = Vec::new();
    venue.apply(until, &Command::Tick, &mut said);
    assert_eq!(closed(&said), [(first, 10, CloseReason::Expired)]);
    said.clear();
    venue.apply(until.after(Span::from_secs(9)), &Command::Tick, &mut said);
    assert_eq!(closed(&said), [(second, 10, CloseReason::CancelAfter)]);
    assert_eq!(venue.audit(), Vec::<&str>::new());
}

#[test]
fn a_maker_who_is_hit_fast_is_taken_out() {
    let (mut venue, [maker, _, taker]) = open();
    let protection = Some(Protection {
        window: Span::from_secs(1),
        lots_max: Lots::new(10),
        frozen: Span::from_secs(1),
    });
    done(&mut venue, Command::Protect { account: maker, market: market(), protection });
    for price in [1_000_000, 1_000_001, 1_000_002] {
        done(&mut venue, limit(maker, Side::Sell, price, 6));
    }
    let said = done(&mut venue, limit(taker, Side::Buy, 1_000_002, 18));
    assert_eq!(held(&venue, maker), -12);
    assert!(said.iter().any(|event| matches!(event, Event::ProtectionTripped(..))));
    assert_eq!(closed(&said)[2], (OrderId::new(3), 6, CloseReason::Protection));
    assert_eq!(refused(&mut venue, limit(maker, Side::Sell, 1_000_002, 6)), Refusal::Frozen);
}

#[test]
fn protection_holds_for_the_other_side_of_hedge_mode_before_it_is_there() {
    // Seed 12771 of the lockstep: a leg that was not opened yet was not frozen.
    let (mut venue, [maker, _, taker]) = open();
    done(&mut venue, Command::SetHedgeMode { account: maker, hedge: true });
    let second = Span::from_secs(1);
    let protection = Some(Protection { window: second, lots_max: Lots::new(1), frozen: second });
    done(&mut venue, Command::Protect { account: maker, market: market(), protection });
    let lasting = Lifetime::GoodTillCancelled;
    let of = |position, side| PlaceOrder { position, ..order(maker, side, 1_000_000, 6, lasting) };
    done(&mut venue, Command::Place(of(PositionSide::Long, Side::Buy)));
    done(&mut venue, limit(taker, Side::Sell, 1_000_000, 6));
    let short = Command::Place(of(PositionSide::Short, Side::Sell));
    assert_eq!(refused(&mut venue, short), Refusal::Frozen);
}

#[test]
fn all_or_nothing_does_not_count_on_what_may_go_while_it_trades() {
    // A part of what was to be all or nothing is a position that nobody wanted.
    let (mut venue, [maker, other, taker]) = open();
    done(&mut venue, limit(other, Side::Sell, 1_000_000, 5));
    done(&mut venue, limit(maker, Side::Buy, 1_000_000, 5));
    let reduce = PlaceOrder {
        reduce_only: true,
        ..order(maker, Side::Sell, 1_000_020, 5, Lifetime::GoodTillCancelled)
    };
    done(&mut venue, Command::Place(reduce));
    let fill = Command::Place(order(taker, Side::Buy, 1_000_020, 5, Lifetime::FillOrKill));
    let plain = number(&done(&mut venue, limit(maker, Side::Sell, 1_000_010, 1)));
    assert_eq!(refused(&mut venue, fill.clone()), Refusal::FillOrKill);
    done(&mut venue, Command::Cancel { account: maker, order: plain });
    let protection = Some(Protection {
        window: Span::from_secs(1),
        lots_max: Lots::new(5),
        frozen: Span::from_secs(1),
    });
    done(&mut venue, Command::Protect { account: maker, market: market(), protection });
    assert_eq!(refused(&mut venue, fill.clone()), Refusal::FillOrKill);
    let none = Command::Protect { account: maker, market: market(), protection: None };
    done(&mut venue, none);
    assert_eq!(trades(&done(&mut venue, fill))[0].lots, Lots::new(5));
}

#[test]
fn timers_do_not_pile_up_behind_an_order_that_is_amended_or_a_count_down_that_is_said_again() {
    // A client that does either all day would fill the memory.
    let (mut venue, [who, _, _]) = open();
    let until = venue.now().after(Span::from_secs(1_000));
    let placed = order(who, Side::Buy, 999_000, 10, Lifetime::GoodTill(until));
    let first = number(&done(&mut venue, Command::Place(placed)));
    let mut said = Vec::new();
    for step in 0..5_000_i64 {
        let price = Ticks::new(999_000 - step % 2);
        let amend = Command::Amend { account: who, order: first, price, lots: Lots::new(11) };
        let again =
            Command::CancelAfter { account: who, market: market(), after: Span::from_secs(500) };
        for command in [amend, again] {
            said.clear();
            venue.apply(venue.now().after(Span::from_micros(1)), &command, &mut said);
        }
    }
    assert!(venue.timers.len() < 3_000, "{}", venue.timers.len());
    said.clear();
    venue.apply(until, &Command::Tick, &mut said);
    assert_eq!(closed(&said), [(first, 11, CloseReason::CancelAfter)]);
}

#[test]
fn readers_see_the_book_and_their_own_orders() {
    // A client that cannot list its orders cannot know what to cancel.
    let (mut venue, [one, two, _]) = open();
    let first = number(&done(&mut venue, limit(one, Side::Buy, 999_000, 10)));
    let second = number(&done(&mut venue, limit(one, Side::Buy, 999_500, 5)));
    done(&mut venue, limit(two, Side::Buy, 999_000, 7));
    let mut placed = order(one, Side::Sell, 990_000, 3, Lifetime::GoodTillCancelled);
    placed.trigger = Some(Trigger {
        condition: TriggerCondition::Stop(Ticks::new(990_000)),
        by: TriggerPrice::Mark,
        close_position: false,
    });
    let waits = number(&done(&mut venue, Command::Place(placed)));
    let depth = venue.depth(market(), Side::Buy);
    let depth: Vec<_> = depth.map(|level| (level.price.number(), level.lots.number())).collect();
    assert_eq!(depth, [(999_500, 5), (999_000, 17)]);
    assert_eq!(venue.depth(market(), Side::Sell).count(), 0);
    let orders: Vec<_> = venue.open_orders(one, market()).map(|order| order.id).collect();
    assert_eq!(orders, [first, second]);
    let waiting: Vec<_> = venue.waiting_orders(one, market()).collect();
    assert_eq!(waiting, [(waits, placed)]);
    assert_eq!(venue.waiting_orders(two, market()).count(), 0);
}
