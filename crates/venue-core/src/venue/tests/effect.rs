//! Which commands only cut risk.

use units::{Money, Span};

use super::bench::{account, done, limit, market, number, order, set_mark, venue};
use crate::command::{Command, Lifetime, PlaceOrder, Trigger, TriggerCondition, TriggerPrice};
use crate::id::{AccountId, OrderId};
use crate::value::{Lots, PositionSide, Side, Ticks};
use crate::venue::{Promised, Venue};

/// An account that is long ten lots, and one that is short as many.
fn held() -> (Venue, AccountId, AccountId) {
    let mut venue = venue();
    let (long, short) = (account(&mut venue, 100_000), account(&mut venue, 100_000));
    set_mark(&mut venue, 1_000_000);
    done(&mut venue, limit(short, Side::Sell, 1_000_000, 10));
    done(&mut venue, limit(long, Side::Buy, 1_000_000, 10));
    (venue, long, short)
}

fn sell(account: AccountId, lots: i64) -> PlaceOrder {
    PlaceOrder { limit: None, ..order(account, Side::Sell, 0, lots, Lifetime::ImmediateOrCancel) }
}

fn reduce(placed: PlaceOrder) -> PlaceOrder {
    PlaceOrder { reduce_only: true, ..placed }
}

fn stop(placed: PlaceOrder, close_position: bool) -> PlaceOrder {
    let (condition, by) = (TriggerCondition::Stop(Ticks::new(900_000)), TriggerPrice::Mark);
    PlaceOrder { trigger: Some(Trigger { condition, by, close_position }), ..placed }
}

fn cuts(venue: &Venue, command: &Command) -> bool {
    venue.cuts_risk(command, &Promised::default())
}

#[test]
fn an_order_cuts_risk_by_what_it_does_and_not_by_its_flag() {
    // Whoever dresses new risk up as a reduction would be served before those who want out.
    let (venue, long, short) = held();
    let place = |placed| cuts(&venue, &Command::Place(placed));
    assert!(place(sell(long, 10)) && place(sell(long, 1)));
    assert!(!place(sell(long, 11)), "one lot of it is new risk");
    assert!(place(reduce(sell(long, 11))), "the core cuts it to what is held");
    assert!(!place(sell(short, 1)) && !place(reduce(sell(short, 1))), "it is short already");
    assert!(!place(PlaceOrder { position: PositionSide::Long, ..reduce(sell(long, 1)) }));
    assert!(!place(sell(AccountId::new(9), 1)), "nobody knows it");
    assert!(place(stop(sell(long, 1), true)) && !place(stop(sell(short, 1), true)));
    assert!(!place(stop(sell(long, 1), false)), "it may open once it fires");
}

#[test]
fn a_position_is_closed_once() {
    // With a lot held, any number of sales would each look like closing it.
    let (mut venue, long, _) = held();
    let (four, ten) = (Command::Place(sell(long, 4)), Command::Place(sell(long, 10)));
    let mut promised = Promised::default();
    promised.add(&four);
    assert!(venue.cuts_risk(&four, &promised) && !venue.cuts_risk(&ten, &promised));
    promised.add(&four);
    assert!(!venue.cuts_risk(&four, &promised));
    promised.remove(&four);
    promised.remove(&four);
    assert_eq!(promised, Promised::default());
    let list = |count| Command::PlaceAll(vec![sell(long, 5); count]);
    assert!(cuts(&venue, &list(2)) && !cuts(&venue, &list(3)) && !cuts(&venue, &list(0)));
    // What rests will close it, too.
    done(&mut venue, limit(long, Side::Sell, 1_010_000, 7));
    assert!(cuts(&venue, &Command::Place(sell(long, 3))) && !cuts(&venue, &four));
}

#[test]
fn cancels_and_margin_cut_risk_and_what_may_not_does_not() {
    let (mut venue, long, short) = held();
    let resting = number(&done(&mut venue, limit(long, Side::Buy, 990_000, 5)));
    let cancel = |account, order| Command::Cancel { account, order };
    assert!(cuts(&venue, &cancel(long, resting)));
    assert!(!cuts(&venue, &cancel(short, resting)), "it is another's");
    assert!(!cuts(&venue, &cancel(long, OrderId::new(99))));
    assert_eq!((venue.open_orders_of(long), venue.open_orders_of(short)), (1, 0));
    let amend = |price, lots| {
        let (price, lots) = (Ticks::new(price), Lots::new(lots));
        cuts(&venue, &Command::Amend { account: long, order: resting, price, lots })
    };
    assert!(amend(990_000, 4) && !amend(990_000, 6) && !amend(991_000, 5));
    let after = |after| Command::CancelAfter { account: long, market: market(), after };
    assert!(cuts(&venue, &after(Span::from_secs(1))) && !cuts(&venue, &after(Span::ZERO)));
    let everywhere = Command::CancelAll { account: short, market: None };
    assert!(cuts(&venue, &everywhere));
    let leverage = |account, leverage| Command::SetLeverage { account, market: market(), leverage };
    done(&mut venue, leverage(long, 10));
    assert!(cuts(&venue, &leverage(long, 5)) && !cuts(&venue, &leverage(long, 20)));
    let margin = |amount| Command::MoveMargin {
        account: long,
        market: market(),
        side: PositionSide::Both,
        amount: Money::whole(amount),
    };
    assert!(!cuts(&venue, &margin(1)), "the position has no margin of its own");
    let alone = account(&mut venue, 100_000);
    done(&mut venue, Command::SetMarginMode { account: alone, market: market(), isolated: true });
    done(&mut venue, limit(short, Side::Sell, 1_000_000, 1));
    done(&mut venue, limit(alone, Side::Buy, 1_000_000, 1));
    let margin = |amount| Command::MoveMargin {
        account: alone,
        market: market(),
        side: PositionSide::Both,
        amount: Money::whole(amount),
    };
    assert!(cuts(&venue, &margin(1)) && !cuts(&venue, &margin(-1)));
}
