//! Trades that their account cannot bear, and how far orders that only reduce may go.

use units::{Money, Ratio};

use super::bench::{
    account, closed, done, limit, market, number, order, refused, set_index, set_mark, trades,
    venue,
};
use crate::command::{
    Command, Lifetime, PlaceOrder, SelfTrade, Trigger, TriggerCondition, TriggerPrice,
};
use crate::event::{CloseReason, Event};
use crate::id::{AccountId, MarketId};
use crate::refusal::Refusal;
use crate::settings::MarketSettings;
use crate::value::{Lots, PositionSide, Side, Ticks};
use crate::venue::Venue;

fn money(text: &str) -> Money {
    Money::parse(text.as_bytes()).expect("an amount")
}

/// Two markets without fees at 100,000, where a lot is worth 100 and maintenance is 0.4 %, and the mark is the index.
fn open() -> Venue {
    let mut venue = venue();
    let mut settings = crate::testing::perpetual();
    settings.fees.maker = Ratio::ZERO;
    settings.fees.taker = Ratio::ZERO;
    settings.mark.basis_band = Ratio::ZERO;
    done(&mut venue, Command::SetMarket(market(), Box::new(settings.clone())));
    let second = MarketSettings { name: "ETHUSDT".to_owned(), ..settings };
    done(&mut venue, Command::AddMarket(Box::new(second)));
    set_mark(&mut venue, 1_000_000);
    set_index(&mut venue, other(), 1_000_000);
    venue
}

fn other() -> MarketId {
    MarketId::new(1)
}

/// An account with so much, and so much leverage.
fn trader(venue: &mut Venue, whole: i128, leverage: u16) -> AccountId {
    let account = account(venue, whole);
    for market in [market(), other()] {
        done(venue, Command::SetLeverage { account, market, leverage });
    }
    account
}

fn reduce(account: AccountId, side: Side, price: i64, lots: i64, lifetime: Lifetime) -> PlaceOrder {
    PlaceOrder { reduce_only: true, ..order(account, side, price, lots, lifetime) }
}

/// Lets one account buy lots from another.
fn trade(venue: &mut Venue, buyer: AccountId, seller: AccountId, ticks: i64, lots: i64) {
    done(venue, limit(seller, Side::Sell, ticks, lots));
    done(venue, limit(buyer, Side::Buy, ticks, lots));
}

fn cash(venue: &Venue, account: AccountId) -> Money {
    venue.account(account).expect("the account").cash
}

fn lots(venue: &Venue, account: AccountId) -> i64 {
    let position = venue.position(account, market(), PositionSide::Both);
    position.map_or(0, |position| position.lots.number())
}

/// The limit that an order was taken with.
fn limit_of(events: &[Event]) -> Option<i64> {
    let Some(Event::Accepted { placed, .. }) = events.first() else { panic!("{events:?}") };
    placed.limit.map(Ticks::number)
}

#[test]
fn nobody_closes_against_a_second_account_beyond_what_is_there() {
    // Who sells to himself at the band's end keeps the gain and leaves the loss to the fund.
    let mut venue = open();
    let (long, rich) = (trader(&mut venue, 1_000, 100), trader(&mut venue, 1_000_000, 1));
    trade(&mut venue, long, rich, 1_000_000, 100);
    let second = trader(&mut venue, 1_000_000, 1);
    done(&mut venue, limit(second, Side::Buy, 900_000, 1_000));
    set_mark(&mut venue, 950_000);
    // 500 of 1,000 are left: 5 % of 9,500, which is 50,000 ticks of 100 lots at 0.0001.
    let gone = Lifetime::ImmediateOrCancel;
    let said = done(&mut venue, Command::Place(reduce(long, Side::Sell, 860_000, 100, gone)));
    assert_eq!(limit_of(&said), Some(900_000), "and not 860,000");
    assert_eq!(trades(&said).len(), 1);
    assert_eq!((lots(&venue, long), cash(&venue, long)), (0, Money::ZERO));
}

#[test]
fn an_order_that_reduces_goes_no_further_than_the_bankruptcy_price() {
    // The same, for limits, market orders, stops and amends, both ways; but whoever wants out still gets out.
    let mut venue = open();
    let (long, short) = (trader(&mut venue, 300, 50), trader(&mut venue, 300, 50));
    trade(&mut venue, long, short, 1_000_000, 100);
    // 300 on 10,000 are 3 %.
    let rests = Lifetime::GoodTillCancelled;
    let said = done(&mut venue, Command::Place(reduce(long, Side::Sell, 950_000, 100, rests)));
    assert_eq!(limit_of(&said), Some(970_000));
    let resting = number(&said);
    let amend = |price| Command::Amend {
        account: long,
        order: resting,
        price: Ticks::new(price),
        lots: Lots::new(100),
    };
    done(&mut venue, amend(980_000));
    let said = done(&mut venue, amend(940_000));
    assert!(matches!(said.as_slice(), [Event::Amended { price, .. }] if price.number() == 970_000));
    done(&mut venue, Command::CancelAll { account: long, market: None });
    let said = done(&mut venue, limit(short, Side::Buy, 1_080_000, 100));
    assert_eq!(limit_of(&said), Some(1_030_000), "whether it says that it reduces or not");
    done(&mut venue, Command::CancelAll { account: short, market: None });
    // Half of it may use all but what the other half has to have: 280 on 5,000.
    let said = done(&mut venue, Command::Place(reduce(long, Side::Sell, 940_000, 50, rests)));
    assert_eq!(limit_of(&said), Some(944_000));
    done(&mut venue, Command::CancelAll { account: long, market: None });
    // A market order would go down to 950,000.
    let rich = trader(&mut venue, 1_000_000, 1);
    done(&mut venue, limit(rich, Side::Buy, 975_000, 30));
    done(&mut venue, limit(rich, Side::Buy, 960_000, 100));
    let gone = Lifetime::ImmediateOrCancel;
    let at_market = PlaceOrder { limit: None, ..reduce(long, Side::Sell, 0, 100, gone) };
    let said = done(&mut venue, Command::Place(at_market));
    assert_eq!(limit_of(&said), None, "it stays one");
    assert_eq!(trades(&said).len(), 1, "the bid within its reach");
    assert!(matches!(closed(&said).as_slice(), [_, (_, 70, CloseReason::Immediate)]));
}

#[test]
fn a_stop_that_fires_goes_no_further_either_and_says_so() {
    // A trigger must not be the way round, and a reader has to know where what was fired rests.
    let mut venue = open();
    let (long, short) = (trader(&mut venue, 300, 50), trader(&mut venue, 1_000_000, 1));
    trade(&mut venue, long, short, 1_000_000, 100);
    let condition = TriggerCondition::Stop(Ticks::new(990_000));
    let trigger = Trigger { condition, by: TriggerPrice::Mark, close_position: false };
    let rests = reduce(long, Side::Sell, 940_000, 120, Lifetime::GoodTillCancelled);
    done(&mut venue, Command::Place(PlaceOrder { trigger: Some(trigger), ..rests }));
    let said = set_mark(&mut venue, 985_000);
    let fired = said.iter().skip_while(|event| !matches!(event, Event::Triggered(_)));
    assert!(matches!(fired.collect::<Vec<_>>().as_slice(), [
        Event::Triggered(_),
        Event::Amended { price, left, .. },
    ] if (price.number(), left.number()) == (970_000, 100)));
}

#[test]
fn an_order_that_rests_trades_only_while_its_account_can_bear_it() {
    // Margin is checked when an order is placed. What has gone since would be the fund's, and the winner's is a friend.
    let mut venue = open();
    let (who, rich) = (trader(&mut venue, 1_000, 50), trader(&mut venue, 1_000_000, 1));
    let stale = number(&done(&mut venue, limit(who, Side::Buy, 1_000_000, 200)));
    // The book is thin: nobody has traded when the index is 6 % lower. 200 lots would have lost 1,200 of 1,000.
    set_mark(&mut venue, 940_000);
    let said = done(&mut venue, limit(rich, Side::Sell, 940_000, 200));
    // With 75.2 of maintenance 275.2 are missing.
    let refused = CloseReason::Refused(Refusal::Margin(money("275.2")));
    assert_eq!(closed(&said), [(stale, 200, refused)]);
    assert_eq!((trades(&said).len(), cash(&venue, who)), (0, money("1000")));
    // A part of it can be borne.
    done(&mut venue, Command::CancelAll { account: rich, market: None });
    done(&mut venue, limit(who, Side::Buy, 1_000_000, 100));
    assert_eq!(trades(&done(&mut venue, limit(rich, Side::Sell, 940_000, 100))).len(), 1);
}

#[test]
fn an_order_that_reduces_and_rests_is_looked_at_again_when_its_turn_comes() {
    // What covered it when it was placed may have been lost in another market.
    let mut venue = open();
    let (who, rich) = (trader(&mut venue, 1_000, 50), trader(&mut venue, 1_000_000, 1));
    trade(&mut venue, who, rich, 1_000_000, 100);
    let elsewhere = |account, side| PlaceOrder {
        market: other(),
        ..order(account, side, 1_000_000, 100, Lifetime::GoodTillCancelled)
    };
    done(&mut venue, Command::Place(elsewhere(rich, Side::Sell)));
    done(&mut venue, Command::Place(elsewhere(who, Side::Buy)));
    let lifetime = Lifetime::GoodTillCancelled;
    let said = done(&mut venue, Command::Place(reduce(who, Side::Sell, 950_000, 100, lifetime)));
    let stale = number(&said);
    set_index(&mut venue, other(), 940_000);
    // 400 are left, of which the other position has to have 37.6; 500 would be lost.
    let said = done(&mut venue, limit(rich, Side::Buy, 950_000, 100));
    let refused = CloseReason::Refused(Refusal::Margin(money("137.6")));
    assert_eq!(closed(&said), [(stale, 100, refused)]);
    assert_eq!(lots(&venue, who), 100);
}

#[test]
fn an_isolated_position_is_not_opened_into_a_loss_that_only_the_fund_could_pay() {
    // Its margin is all that answers for it: bought far above the mark with little margin it is insolvent at once.
    let mut venue = open();
    let (who, rich) = (trader(&mut venue, 2_000, 100), trader(&mut venue, 1_000_000, 1));
    done(&mut venue, Command::SetMarginMode { account: who, market: market(), isolated: true });
    done(&mut venue, limit(rich, Side::Sell, 1_100_000, 100));
    done(&mut venue, limit(who, Side::Buy, 1_100_000, 100));
    let stands = venue.isolated_standing(who, market(), PositionSide::Both);
    assert_eq!(stands, Some((money("100"), money("40"))), "1,100 less 1,000 of loss");
    assert_eq!(cash(&venue, who), money("900"));
    // Nor may it be closed and turned at a price that its margin does not answer for.
    done(&mut venue, limit(rich, Side::Buy, 980_000, 200));
    let turned = limit(who, Side::Sell, 980_000, 150);
    assert_eq!(refused(&mut venue, turned), Refusal::Margin(money("100")));
    let said = done(&mut venue, limit(who, Side::Sell, 980_000, 100));
    assert_eq!(limit_of(&said), Some(990_000));
}

#[test]
fn a_fill_or_kill_order_does_not_count_what_cannot_be_borne() {
    // All or nothing must not become a part because a maker has nothing left.
    let mut venue = open();
    let (poor, rich) = (trader(&mut venue, 1_000, 50), trader(&mut venue, 1_000_000, 1));
    done(&mut venue, limit(poor, Side::Buy, 1_000_000, 120));
    done(&mut venue, limit(poor, Side::Buy, 999_990, 120));
    done(&mut venue, limit(rich, Side::Buy, 930_000, 50));
    set_mark(&mut venue, 940_000);
    let seller = trader(&mut venue, 1_000_000, 1);
    let kill =
        |lots| Command::Place(order(seller, Side::Sell, 930_000, lots, Lifetime::FillOrKill));
    assert_eq!(refused(&mut venue, kill(171)), Refusal::FillOrKill, "only one of the two");
    let said = done(&mut venue, kill(170));
    assert_eq!((trades(&said).len(), lots(&venue, poor)), (2, 120));
}

#[test]
fn cancelling_ones_own_makers_ends() {
    // A taker that cancels what it meets must not go round in circles, however many orders there are and whatever
    // closing them does to others of theirs.
    let mut venue = open();
    let who = trader(&mut venue, 1_000_000, 10);
    let rich = trader(&mut venue, 1_000_000, 1);
    trade(&mut venue, who, rich, 1_000_000, 100);
    for level in 0..100 {
        let price = 1_000_010 + 10 * (level % 7);
        let rests = order(who, Side::Sell, price, 1, Lifetime::GoodTillCancelled);
        let reduce_only = level % 2 == 0;
        done(&mut venue, Command::Place(PlaceOrder { reduce_only, ..rests }));
    }
    let sweep = order(who, Side::Buy, 1_000_100, 50, Lifetime::GoodTillCancelled);
    let sweep = PlaceOrder { self_trade: SelfTrade::CancelMaker, ..sweep };
    let said = done(&mut venue, Command::Place(sweep));
    let own = closed(&said);
    assert_eq!(own.len(), 100, "each once");
    assert!(own.iter().all(|(_, _, reason)| *reason == CloseReason::SelfTrade));
    assert_eq!(venue.open_orders(who, market()).count(), 1, "what came last rests");
    let back = order(who, Side::Sell, 1_000_000, 10, Lifetime::GoodTillCancelled);
    let back = PlaceOrder { self_trade: SelfTrade::CancelMaker, ..back };
    assert_eq!(closed(&done(&mut venue, Command::Place(back))).len(), 1);
}
