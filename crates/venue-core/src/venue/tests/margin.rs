//! Margin, leverage, isolated positions, loans, funding and interest, through commands.

use units::{Money, Ratio};

use super::bench::{
    account, done, limit, market, order, price, refused, set_mark, settlement, venue,
};
use crate::command::{Command, Lifetime, PlaceOrder, PriceOf, PriceStatus, Transfer};
use crate::event::{BalanceReason, Event};
use crate::id::{AccountId, AssetId};
use crate::refusal::Refusal;
use crate::value::{Ends, PositionSide, Side, Ticks};
use crate::venue::Venue;

fn money(text: &str) -> Money {
    Money::parse(text.as_bytes()).expect("an amount")
}

fn leverage(account: AccountId, leverage: u16) -> Command {
    Command::SetLeverage { account, market: market(), leverage }
}

fn mode(account: AccountId, isolated: bool) -> Command {
    Command::SetMarginMode { account, market: market(), isolated }
}

fn moved(account: AccountId, amount: &str) -> Command {
    let (market, side) = (market(), PositionSide::Both);
    Command::MoveMargin { account, market, side, amount: money(amount) }
}

fn withdraw(account: AccountId, whole: i128) -> Command {
    Command::Withdraw(settlement(account, whole))
}

fn cash(venue: &Venue, account: AccountId) -> Money {
    venue.account(account).expect("the account").cash
}

/// A market without fees at 100,000, so that amounts are round: a lot is worth 100.
fn open() -> Venue {
    let mut venue = venue();
    let mut settings = crate::testing::perpetual();
    settings.fees.maker = Ratio::ZERO;
    settings.fees.taker = Ratio::ZERO;
    settings.mark.impact = Money::whole(1_000_000_000);
    done(&mut venue, Command::SetMarket(market(), Box::new(settings)));
    set_mark(&mut venue, 1_000_000);
    venue
}

/// Lets one account buy lots from another.
fn trade(venue: &mut Venue, buyer: AccountId, seller: AccountId, ticks: i64, lots: i64) {
    done(venue, limit(seller, Side::Sell, ticks, lots));
    done(venue, limit(buyer, Side::Buy, ticks, lots));
}

#[test]
fn an_order_is_refused_by_what_is_missing() {
    // Fees that are not counted leave an account short at the moment it trades.
    let mut venue = venue();
    set_mark(&mut venue, 1_000_000);
    let who = account(&mut venue, 1_000);
    let buy = |lots| limit(who, Side::Buy, 1_000_000, lots);
    assert_eq!(refused(&mut venue, buy(10)), Refusal::Margin(money("0.5")));
    done(&mut venue, buy(9));
    assert_eq!(refused(&mut venue, buy(1)), Refusal::Margin(money("0.05")));
    done(&mut venue, leverage(who, 10));
    done(&mut venue, buy(1));
    let sum = venue.assessment(who).expect("the account");
    assert_eq!((sum.initial, sum.available()), (money("100"), money("900")));
    // A market order's limit is the take bound, 5 % above.
    let placed = order(who, Side::Buy, 0, 50, Lifetime::ImmediateOrCancel);
    let at_market = Command::Place(PlaceOrder { limit: None, ..placed });
    done(&mut venue, at_market);
    let placed = order(who, Side::Buy, 0, 80, Lifetime::ImmediateOrCancel);
    let at_market = Command::Place(PlaceOrder { limit: None, ..placed });
    // 90 lots need 900, 80 lose 5 each, and pay 0.05 % of 8,400.
    assert_eq!(refused(&mut venue, at_market), Refusal::Margin(money("304.2")));
}

#[test]
fn leverage_is_bounded_by_brackets_and_by_margin() {
    // More than a bracket takes could not survive its own spread.
    let mut venue = open();
    let (who, other) = (account(&mut venue, 10_000), account(&mut venue, 100_000));
    assert_eq!(refused(&mut venue, leverage(who, 0)), Refusal::Leverage);
    assert_eq!(refused(&mut venue, leverage(who, 126)), Refusal::Leverage);
    let said = done(&mut venue, leverage(who, 100));
    let set = Event::LegSet { account: who, market: market(), leverage: 100, isolated: false };
    assert_eq!(said, [set]);
    trade(&mut venue, who, other, 1_000_000, 600);
    assert_eq!(refused(&mut venue, leverage(who, 101)), Refusal::Leverage, "the next bracket");
    assert_eq!(refused(&mut venue, leverage(who, 5)), Refusal::Margin(money("2000")));
    done(&mut venue, leverage(who, 8));
    let position = venue.position(who, market(), PositionSide::Both).expect("a position");
    assert_eq!(position.leverage, 8);
}

#[test]
fn profit_that_is_not_realised_is_not_paid_out() {
    // What a mark gives it can take back; what was paid out stays out.
    let mut venue = open();
    let (who, other) = (account(&mut venue, 10_000), account(&mut venue, 100_000));
    trade(&mut venue, who, other, 1_000_000, 50);
    set_mark(&mut venue, 1_100_000);
    let sum = venue.assessment(who).expect("the account");
    assert_eq!((sum.equity_worse, sum.initial), (money("10500"), money("5500")));
    assert_eq!(sum.withdrawable(), money("4500"));
    assert_eq!(refused(&mut venue, withdraw(who, 4_501)), Refusal::Margin(Money::ONE));
    done(&mut venue, withdraw(who, 4_500));
    // The other side has lost, and that counts.
    let sum = venue.assessment(other).expect("the account");
    assert_eq!(sum.withdrawable(), money("94000"));
}

#[test]
fn a_loan_is_carried_by_collateral_and_costs_interest() {
    // A loan beyond what the collateral carries is the fund's from the start.
    let mut venue = open();
    let who = account(&mut venue, 0);
    let btc = AssetId::new(1);
    let held = Transfer { account: who, asset: btc, amount: money("2") };
    done(&mut venue, Command::Deposit(held));
    let of = PriceOf::Asset(btc);
    done(&mut venue, price(of, PriceStatus::Live, [1_000_000, 1_000_000, 0]));
    assert_eq!(refused(&mut venue, withdraw(who, 180_001)), Refusal::Margin(Money::ONE));
    done(&mut venue, withdraw(who, 90_000));
    let out = Transfer { amount: money("1"), ..held };
    let more = Transfer { amount: money("1.000000000001"), ..held };
    assert!(matches!(refused(&mut venue, Command::Withdraw(more)), Refusal::Margin(_)));
    done(&mut venue, Command::Withdraw(out));
    let interest = |bps| Command::Interest { rate: Ratio::from_bps(bps) };
    assert_eq!(refused(&mut venue, interest(-1)), Refusal::Amount);
    assert_eq!(refused(&mut venue, interest(10_001)), Refusal::Amount);
    let said = done(&mut venue, interest(10));
    assert_eq!(cash(&venue, who), money("-90090"));
    assert!(matches!(said.as_slice(), [
        Event::Balance { reason: BalanceReason::Interest, .. },
        Event::Fund { market: None, change, .. },
    ] if *change == money("90")));
    let rich = account(&mut venue, 100);
    done(&mut venue, interest(10));
    assert_eq!(cash(&venue, rich), money("100"), "who has no loan pays nothing");
}

#[test]
fn funding_makes_and_loses_no_unit() {
    // Rounded to the nearest on both sides, money would come from nowhere; the bench audits after each command.
    let mut venue = open();
    let long = account(&mut venue, 10_000);
    let shorts = [account(&mut venue, 10_000), account(&mut venue, 10_000)];
    done(&mut venue, mode(shorts[1], true));
    trade(&mut venue, long, shorts[0], 1_000_000, 2);
    trade(&mut venue, long, shorts[1], 1_000_000, 1);
    let funding = |raw| Command::Funding { market: market(), rate: Ratio::from_raw(raw) };
    assert_eq!(refused(&mut venue, funding(1_000_000_000_001)), Refusal::Amount);
    // Of 300, 200 and 100 at a rate of a third of a trillionth of a per cent or so: 3, 2 and 1 and a rest each.
    set_mark(&mut venue, 1_000_003);
    let before = venue.fund().dust;
    let said = done(&mut venue, funding(10_000_000_001));
    let changed = |event: &Event| {
        if let Event::Balance { change, .. } = event { Some(change.raw()) } else { None }
    };
    let changes = said.iter().filter_map(changed);
    let changes: Vec<i128> = changes.collect();
    assert_eq!(changes, [-3_000_009_000_301, 2_000_006_000_200]);
    let isolated = venue.position(shorts[1], market(), PositionSide::Both).expect("a position");
    assert_eq!(isolated.isolated, Some(money("101.0000030001")));
    assert_eq!(venue.fund().dust.minus(before), Money::from_raw(1));
    // Below zero the shorts pay.
    done(&mut venue, funding(-10_000_000_001));
    assert_eq!(cash(&venue, long), money("9999.999999999999"));
    assert_eq!(venue.fund().dust.minus(before), Money::from_raw(3));
}

#[test]
fn an_isolated_position_answers_for_itself_alone() {
    // The cash must neither save it nor be lost with it.
    let mut venue = open();
    let (who, other) = (account(&mut venue, 10_000), account(&mut venue, 100_000));
    let said = done(&mut venue, mode(who, true));
    let set = Event::LegSet { account: who, market: market(), leverage: 1, isolated: true };
    assert_eq!(said, [set]);
    done(&mut venue, leverage(who, 10));
    assert_eq!(refused(&mut venue, moved(who, "1")), Refusal::Position, "nothing is held");
    trade(&mut venue, who, other, 1_000_000, 100);
    assert_eq!(cash(&venue, who), money("9000"));
    assert_eq!(refused(&mut venue, mode(who, false)), Refusal::Position);
    done(&mut venue, mode(who, true));
    let standing = |venue: &Venue| {
        venue.isolated_standing(who, market(), PositionSide::Both).expect("an isolated position")
    };
    assert_eq!(standing(&venue), (money("1000"), money("40")));
    let price_of = |venue: &Venue| venue.liquidation_price(who, market(), PositionSide::Both);
    // (10,000 - 1,000) / (0.1 x 0.996) is 90,361.44.
    assert_eq!(price_of(&venue), Some(Ticks::new(903_614)));
    assert_eq!(refused(&mut venue, moved(who, "0")), Refusal::Amount);
    assert_eq!(refused(&mut venue, moved(who, "9000.1")), Refusal::Margin(money("0.1")));
    assert_eq!(refused(&mut venue, moved(who, "-0.1")), Refusal::Margin(money("0.1")));
    let said = done(&mut venue, moved(who, "500"));
    assert!(matches!(said.as_slice(), [
        Event::Balance { reason: BalanceReason::Margin, .. },
        Event::IsolatedMargin { margin, .. },
    ] if *margin == money("1500")));
    done(&mut venue, moved(who, "-500"));
    set_mark(&mut venue, 910_000);
    assert_eq!(standing(&venue), (money("100"), money("36.4")));
    let sum = venue.assessment(who).expect("the account");
    assert_eq!(
        (sum.equity, sum.maintenance, sum.initial),
        (money("9000"), Money::ZERO, Money::ZERO)
    );
    trade(&mut venue, other, who, 910_000, 100);
    assert_eq!(cash(&venue, who), money("9100"));
    done(&mut venue, mode(who, false));
}

#[test]
fn a_cross_position_is_due_at_its_liquidation_price() {
    // What is shown to a holder has to be what the engine does.
    let mut venue = open();
    let (who, other) = (account(&mut venue, 10_000), account(&mut venue, 1_000_000));
    done(&mut venue, leverage(who, 20));
    trade(&mut venue, who, other, 1_000_000, 1_000);
    let ticks = venue.liquidation_price(who, market(), PositionSide::Both).expect("a price");
    let due = |venue: &mut Venue, ticks: Ticks| {
        venue.markets[0].risk.mark = Ends::known(ticks);
        venue.assessment(who).expect("the account").is_due()
    };
    assert!(due(&mut venue, ticks));
    assert!(!due(&mut venue, ticks.plus(Ticks::new(1))));
}

#[test]
fn six_times_the_margin_is_a_sixth_of_it_to_the_unit() {
    // A sixth that is rounded before it is used refuses, for two hundred-millionths, what the leverage says is allowed.
    let mut venue = open();
    let who = account(&mut venue, 10_000);
    done(&mut venue, leverage(who, 6));
    done(&mut venue, limit(who, Side::Buy, 1_000_000, 600));
    let sum = venue.assessment(who).expect("the account");
    assert_eq!((sum.initial, sum.available()), (money("10000"), Money::ZERO));
    let missing = Refusal::Margin(money("16.666666666667"));
    assert_eq!(refused(&mut venue, limit(who, Side::Buy, 1_000_000, 1)), missing, "rounded up");
    // An isolated position takes over the same.
    let isolated = account(&mut venue, 10_000);
    let other = account(&mut venue, 100_000);
    done(&mut venue, mode(isolated, true));
    done(&mut venue, leverage(isolated, 6));
    done(&mut venue, Command::CancelAll { account: who, market: None });
    trade(&mut venue, isolated, other, 1_000_000, 600);
    let position = venue.position(isolated, market(), PositionSide::Both).expect("a position");
    assert_eq!((cash(&venue, isolated), position.isolated), (Money::ZERO, Some(money("10000"))));
}
