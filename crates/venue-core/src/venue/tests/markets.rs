//! States of markets, the auction, spot markets and hedge mode.

use units::Money;

use super::bench::{
    account, closed, done, limit, market, number, order, refused, set_index, set_mark, trades,
    venue,
};
use crate::command::{Command, Lifetime, MarketState, PlaceOrder, Transfer};
use crate::event::{CloseReason, Event};
use crate::id::{AssetId, MarketId};
use crate::refusal::Refusal;
use crate::settings::{MarketKind, MarketSettings};
use crate::value::{Lots, PositionSide, Side, Ticks};
use crate::venue::Venue;

fn state(state: MarketState) -> Command {
    Command::SetState(market(), state)
}

#[test]
fn a_state_takes_only_what_it_takes() {
    let mut venue = venue();
    set_mark(&mut venue, 1_000_000);
    let (maker, who) = (account(&mut venue, 1_000_000), account(&mut venue, 1_000_000));
    done(&mut venue, limit(maker, Side::Sell, 1_000_000, 10));
    done(&mut venue, limit(who, Side::Buy, 1_000_000, 10));
    let rests = number(&done(&mut venue, limit(maker, Side::Buy, 999_000, 10)));
    done(&mut venue, state(MarketState::ReduceOnly));
    let more = limit(who, Side::Sell, 999_000, 11);
    assert_eq!(refused(&mut venue, more), Refusal::MarketState);
    assert_eq!(refused(&mut venue, limit(who, Side::Buy, 1, 1)), Refusal::MarketState);
    let said = done(&mut venue, limit(who, Side::Sell, 999_000, 4));
    assert_eq!(trades(&said).len(), 1);
    for closed_to_all in [MarketState::CancelOnly, MarketState::Halted] {
        done(&mut venue, state(closed_to_all));
        let less = limit(who, Side::Sell, 999_000, 1);
        assert_eq!(refused(&mut venue, less), Refusal::MarketState);
    }
    let said = done(&mut venue, Command::Cancel { account: maker, order: rests });
    assert_eq!(closed(&said), [(rests, 6, CloseReason::Cancelled)]);
}

/// What an auction trades at, and how many lots, given buys and sales as prices and lots.
fn auction(buys: &[(i64, i64)], sells: &[(i64, i64)]) -> Option<(i64, i64)> {
    let mut venue = venue();
    set_mark(&mut venue, 1_000_000);
    let (one, two) = (account(&mut venue, 1_000_000), account(&mut venue, 1_000_000));
    done(&mut venue, state(MarketState::Auction));
    let immediate = order(one, Side::Buy, 1_000_000, 1, Lifetime::ImmediateOrCancel);
    assert_eq!(refused(&mut venue, Command::Place(immediate)), Refusal::MarketState);
    for (price, lots) in buys {
        done(&mut venue, limit(one, Side::Buy, *price, *lots));
    }
    for (price, lots) in sells {
        let said = done(&mut venue, limit(two, Side::Sell, *price, *lots));
        assert_eq!(trades(&said), []);
    }
    let said = done(&mut venue, state(MarketState::Trading));
    let trades = trades(&said);
    let price = trades.first()?.price;
    assert!(trades.iter().all(|trade| trade.price == price), "{trades:?}");
    Some((price.number(), trades.iter().map(|trade| trade.lots.number()).sum()))
}

#[test]
fn an_auction_ends_at_the_price_at_which_most_trades() {
    // Any other price leaves somebody out who would have traded.
    let at = 1_000_000;
    assert_eq!(auction(&[(at - 2, 5)], &[(at - 1, 5)]), None);
    assert_eq!(auction(&[(at + 9, 5), (at + 5, 5)], &[(at + 4, 8)]), Some((at + 4, 8)));
    // Where a span of prices does alike: with the least left over, then nearest to the index, then the lower.
    assert_eq!(auction(&[(at + 9, 5)], &[(at - 9, 5)]), Some((at, 5)));
    assert_eq!(auction(&[(at + 9, 5)], &[(at + 3, 5)]), Some((at + 3, 5)));
    assert_eq!(auction(&[(at - 3, 5)], &[(at - 9, 5)]), Some((at - 3, 5)));
    assert_eq!(auction(&[(at + 9, 5), (at - 1, 5)], &[(at - 9, 5)]), Some((at, 5)));
    assert_eq!(auction(&[(at + 9, 9)], &[(at - 9, 5), (at + 2, 1)]), Some((at + 2, 6)));
}

fn spot(venue: &mut Venue) -> MarketId {
    let settings = MarketSettings {
        name: "BTCUSDT-SPOT".to_owned(),
        kind: MarketKind::Spot { base: AssetId::new(1) },
        brackets: vec![],
        ..crate::testing::perpetual()
    };
    let said = done(venue, Command::AddMarket(Box::new(settings)));
    let Event::MarketSet(spot) = said[0] else { panic!("{said:?}") };
    set_index(venue, spot, 1_000_000);
    spot
}

#[test]
fn a_spot_trade_moves_the_asset_against_cash() {
    // Whoever sells what another order has promised sells it twice.
    let mut venue = venue();
    set_mark(&mut venue, 1_000_000);
    let spot = spot(&mut venue);
    let (seller, buyer) = (account(&mut venue, 100), account(&mut venue, 1_000_000));
    let btc = AssetId::new(1);
    let deposit = Transfer { account: seller, asset: btc, amount: Money::whole(1) };
    done(&mut venue, Command::Deposit(deposit));
    let at = |who, side, lots| {
        let placed = order(who, side, 1_000_000, lots, Lifetime::GoodTillCancelled);
        Command::Place(PlaceOrder { market: spot, ..placed })
    };
    done(&mut venue, at(seller, Side::Sell, 600));
    assert_eq!(refused(&mut venue, at(seller, Side::Sell, 401)), Refusal::Balance);
    let half = Transfer { amount: Money::from_raw(500_000_000_000), ..deposit };
    assert_eq!(refused(&mut venue, Command::Withdraw(half)), Refusal::Balance);
    done(&mut venue, at(buyer, Side::Buy, 250));
    let bought = venue.account(buyer).expect("the buyer");
    assert_eq!(bought.holdings, [(btc, Money::from_raw(250_000_000_000))]);
    // A quarter at 100,000, with a fee of 0.05 %.
    let paid = Money::whole(25_000).plus(Money::from_raw(12_500_000_000_000));
    assert_eq!(bought.cash, Money::whole(1_000_000).minus(paid));
    assert_eq!(
        refused(&mut venue, Command::SetHedgeMode { account: seller, hedge: true }),
        Refusal::Position
    );
}

#[test]
fn hedge_mode_holds_both_sides_and_turns_neither() {
    let mut venue = venue();
    set_mark(&mut venue, 1_000_000);
    let (maker, who) = (account(&mut venue, 1_000_000), account(&mut venue, 1_000_000));
    done(&mut venue, Command::SetHedgeMode { account: who, hedge: true });
    done(&mut venue, limit(maker, Side::Sell, 1_000_000, 20));
    done(&mut venue, limit(maker, Side::Buy, 999_990, 20));
    let place = |side, position, lots| {
        let price = if side == Side::Buy { 1_000_000 } else { 999_990 };
        let placed = order(who, side, price, lots, Lifetime::ImmediateOrCancel);
        Command::Place(PlaceOrder { position, ..placed })
    };
    let both = place(Side::Buy, PositionSide::Both, 1);
    assert_eq!(refused(&mut venue, both), Refusal::PositionSide);
    let none = place(Side::Sell, PositionSide::Long, 1);
    assert_eq!(refused(&mut venue, none), Refusal::ReduceOnly);
    done(&mut venue, place(Side::Buy, PositionSide::Long, 5));
    done(&mut venue, place(Side::Sell, PositionSide::Short, 3));
    let said = done(&mut venue, place(Side::Sell, PositionSide::Long, 9));
    assert_eq!(trades(&said)[0].lots, Lots::new(5));
    let held = |side| venue.position(who, market(), side).map(|position| position.lots.number());
    assert_eq!((held(PositionSide::Long), held(PositionSide::Short)), (Some(0), Some(-3)));
    assert_eq!(trades(&said)[0].price, Ticks::new(999_990));
}
