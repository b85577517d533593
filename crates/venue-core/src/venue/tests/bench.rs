//! A small venue for the tests of single commands.

use units::{Money, Price, Ratio, Span, Timestamp};

use crate::command::{
    Command, Lifetime, PlaceOrder, PriceOf, PriceStatus, PriceUpdate, SelfTrade, Transfer,
};
use crate::event::{CloseReason, Event, Trade};
use crate::id::{AccountId, MarketId, OrderId};
use crate::refusal::Refusal;
use crate::settings::{AssetSettings, HaircutTier};
use crate::value::{Lots, PositionSide, Side, Ticks};
use crate::venue::Venue;

/// The settlement asset, an asset that is collateral, and a perpetual contract.
pub(super) fn venue() -> Venue {
    let mut venue = Venue::new();
    // Its prices are all of the beginning of time.
    venue.settings.price_age = Span::MAX;
    done(&mut venue, Command::AddAsset(AssetSettings::plain("USDT")));
    done(&mut venue, Command::AddAsset(collateral()));
    done(&mut venue, Command::AddMarket(Box::new(crate::testing::perpetual())));
    venue
}

/// An asset that lends 90 % of its worth, and counts 95 % of it.
pub(super) fn collateral() -> AssetSettings {
    let tier = HaircutTier {
        floor: Money::ZERO,
        initial: Ratio::from_bps(1_000),
        maintenance: Ratio::from_bps(500),
    };
    AssetSettings { name: "BTC".to_owned(), haircuts: vec![tier] }
}

/// Does a command a millisecond after the last one, and says what happened.
pub(super) fn events(venue: &mut Venue, command: Command) -> Vec<Event> {
    let mut events = Vec::new();
    let now = Timestamp::from_nanos(venue.now().as_nanos() + 1_000_000);
    venue.apply(now, &command, &mut events);
    assert_eq!(venue.audit(), Vec::<&str>::new(), "after {command:?}");
    events
}

/// Does a command that must not be refused.
pub(super) fn done(venue: &mut Venue, command: Command) -> Vec<Event> {
    let said = format!("{command:?}");
    let events = events(venue, command);
    let refused = events.iter().any(|event| matches!(event, Event::Refused { .. }));
    assert!(!refused, "{said} gave {events:?}");
    events
}

/// Does a command that must be refused, and says why it was.
pub(super) fn refused(venue: &mut Venue, command: Command) -> Refusal {
    let said = format!("{command:?}");
    match events(venue, command).as_slice() {
        [Event::Refused { refusal, .. }] => *refusal,
        other => panic!("{said} gave {other:?}"),
    }
}

/// Opens an account with so much of the settlement asset.
pub(super) fn account(venue: &mut Venue, whole: i128) -> AccountId {
    let opened = done(venue, Command::OpenAccount);
    let [Event::AccountOpened(account)] = opened.as_slice() else { panic!("{opened:?}") };
    if whole > 0 {
        done(venue, Command::Deposit(settlement(*account, whole)));
    }
    *account
}

pub(super) fn settlement(account: AccountId, whole: i128) -> Transfer {
    Transfer::money(account, Money::whole(whole))
}

/// An order's number, what was left of it, and why it was closed.
pub(super) type Closed = (u64, i64, CloseReason);

pub(super) fn market() -> MarketId {
    MarketId::new(0)
}

/// Sets the price of the market to one that is known well.
pub(super) fn set_mark(venue: &mut Venue, ticks: i64) -> Vec<Event> {
    set_index(venue, market(), ticks)
}

/// Sets the price of any market to one that is known well.
pub(super) fn set_index(venue: &mut Venue, market: MarketId, ticks: i64) -> Vec<Event> {
    let of = PriceOf::Index(market);
    done(venue, price(of, PriceStatus::Live, [ticks, ticks, 0]))
}

/// A price whose lanes and confidence are so many ticks.
pub(super) fn price(of: PriceOf, status: PriceStatus, ticks: [i64; 3]) -> Command {
    let tick = crate::testing::perpetual().tick.raw();
    let [market, liquidation, confidence] =
        ticks.map(|ticks| Price::from_raw(tick * i128::from(ticks)));
    let as_of = Timestamp::ZERO;
    Command::Price(PriceUpdate { of, status, market, liquidation, confidence, as_of })
}

pub(super) fn order(
    account: AccountId,
    side: Side,
    price: i64,
    lots: i64,
    lifetime: Lifetime,
) -> PlaceOrder {
    PlaceOrder {
        account,
        market: market(),
        side,
        position: PositionSide::Both,
        limit: Some(Ticks::new(price)),
        lots: Lots::new(lots),
        lifetime,
        reduce_only: false,
        self_trade: SelfTrade::Allow,
        trigger: None,
        tag: 0,
    }
}

/// A limit order that rests until it is cancelled.
pub(super) fn limit(account: AccountId, side: Side, price: i64, lots: i64) -> Command {
    Command::Place(order(account, side, price, lots, Lifetime::GoodTillCancelled))
}

/// The number of the order that was taken.
pub(super) fn number(events: &[Event]) -> OrderId {
    match events.first() {
        Some(Event::Accepted { order, .. }) => *order,
        other => panic!("{other:?}"),
    }
}

pub(super) fn trades(events: &[Event]) -> Vec<Trade> {
    let trade = |event: &Event| if let Event::Trade(trade) = event { Some(*trade) } else { None };
    events.iter().filter_map(trade).collect()
}

pub(super) fn closed(events: &[Event]) -> Vec<(OrderId, i64, CloseReason)> {
    let closed = |event: &Event| {
        let Event::Closed { order, left, reason, .. } = event else { return None };
        Some((*order, left.number(), *reason))
    };
    events.iter().filter_map(closed).collect()
}
