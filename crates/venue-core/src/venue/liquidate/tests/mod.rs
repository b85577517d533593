//! Liquidations from the first command to the last, each with the money counted after every command.

mod collateral;
mod crash;
mod forecast;
mod gentle;
mod outages;
mod random;
mod wave;

use units::{Money, Price, Ratio, Span, Timestamp};

use crate::command::{
    Command, Lifetime, PlaceOrder, PriceOf, PriceStatus, PriceUpdate, SelfTrade, Transfer,
};
use crate::deleverage::{Decision, verify};
use crate::event::Event;
use crate::id::{AccountId, AssetId, MarketId};
use crate::settings::{AssetSettings, MarketSettings, VenueSettings};
use crate::tape::{Liquidated, TakenBy, TapeEnd, TapeEntry};
use crate::value::{Lots, PositionSide, Side, Ticks};
use crate::venue::Venue;

/// One bitcoin in lots.
const COIN: i64 = 1_000;

/// A venue with one market in which a bitcoin is 1,000 lots and a dollar is ten ticks.
struct World {
    venue: Venue,
    /// Everything that has happened.
    events: Vec<Event>,
}

impl World {
    fn new(change: impl FnOnce(&mut MarketSettings)) -> Self {
        let mut settings = crate::testing::perpetual();
        // Less than what maintenance frees, so that a part can be enough.
        settings.fees.liquidation = Ratio::from_bps(10);
        // A basis that does not move the mark keeps the figures of a scenario whole.
        settings.mark.basis_band = Ratio::ZERO;
        // Far enough for a crash, so that orders can be placed on its way.
        settings.filters.band = Ratio::from_bps(5_000);
        settings.liquidation.fund_share = Ratio::ONE;
        settings.liquidation.backstop_share = Ratio::ONE;
        change(&mut settings);
        let mut world = Self { venue: Venue::new(), events: Vec::new() };
        // Scenarios let time pass without a price.
        world.venue.settings.price_age = Span::MAX;
        let asset = AssetSettings::plain("USDT");
        world.does(Command::AddAsset(asset));
        world.does(Command::AddMarket(Box::new(settings)));
        world.index(100_000);
        world
    }

    /// Does a command a millisecond later; it must not be refused. Gives what happened.
    fn does(&mut self, command: Command) -> Vec<Event> {
        self.does_after(Span::from_millis(1), command)
    }

    fn does_after(&mut self, span: Span, command: Command) -> Vec<Event> {
        let mut events = Vec::new();
        self.venue.apply(self.venue.now().after(span), &command, &mut events);
        assert_eq!(self.venue.audit(), Vec::<&str>::new(), "after {command:?}: {events:?}");
        let wrong = |event: &Event| matches!(event, Event::Refused { .. } | Event::Broken { .. });
        assert!(!events.iter().any(wrong), "{command:?} gave {events:?}");
        self.events.extend(events.iter().cloned());
        events
    }

    /// An account with so many dollars, and leverage.
    fn account(&mut self, dollars: i128, leverage: u16) -> AccountId {
        let account = AccountId::new(u32::try_from(self.venue.accounts()).expect("few"));
        self.does(Command::OpenAccount);
        if dollars > 0 {
            self.deposit(account, AssetId::SETTLEMENT, dollars);
        }
        self.does(Command::SetLeverage { account, market: market(), leverage });
        account
    }

    fn deposit(&mut self, account: AccountId, asset: AssetId, whole: i128) {
        let amount = Money::whole(whole);
        self.does(Command::Deposit(Transfer { account, asset, amount }));
    }

    fn fund(&mut self, dollars: i128) {
        self.does(Command::Fund(Money::whole(dollars)));
    }

    /// An order at a price in dollars.
    fn order(&mut self, account: AccountId, side: Side, dollars: i64, lots: i64) -> Vec<Event> {
        self.does(Command::Place(limit(account, side, dollars, lots)))
    }

    /// Has one account buy lots from another.
    fn trade(&mut self, buyer: AccountId, seller: AccountId, dollars: i64, lots: i64) {
        self.order(seller, Side::Sell, dollars, lots);
        self.order(buyer, Side::Buy, dollars, lots);
    }

    fn index(&mut self, dollars: i128) -> Vec<Event> {
        self.price(PriceStatus::Live, dollars, dollars)
    }

    fn index_after(&mut self, seconds: u64, dollars: i128) -> Vec<Event> {
        let update = update(self.venue.now(), PriceOf::Index(market()), PriceStatus::Live, dollars);
        self.does_after(Span::from_secs(seconds), Command::Price(update))
    }

    fn price(&mut self, status: PriceStatus, dollars: i128, liquidation: i128) -> Vec<Event> {
        let mut update = update(self.venue.now(), PriceOf::Index(market()), status, dollars);
        update.liquidation = Price::whole(liquidation);
        self.does(Command::Price(update))
    }

    fn lots(&self, account: AccountId) -> i64 {
        let position = self.venue.position(account, market(), PositionSide::Both);
        position.map_or(0, |position| position.lots.number())
    }

    fn cash(&self, account: AccountId) -> Money {
        self.venue.account(account).map_or(Money::ZERO, |account| account.cash)
    }

    /// The tape, once it has been held against its hashes.
    fn tape(&self) -> Vec<TapeEntry> {
        let entry = |event: &Event| {
            if let Event::Tape(entry) = event { Some(entry.clone()) } else { None }
        };
        let tape: Vec<_> = self.events.iter().filter_map(entry).collect();
        let mut end = TapeEnd::default();
        for entry in &tape {
            assert_eq!(end.follow(entry), Ok(()), "VN-7");
        }
        tape
    }

    /// Who took how many lots, at what price in dollars.
    fn taken(&self) -> Vec<(TakenBy, i64, i64)> {
        let position = |entry: &TapeEntry| match entry.what {
            Liquidated::Position { taken_by, lots, price, .. } => {
                Some((taken_by, lots.number(), price.number() / 10))
            }
            Liquidated::Collateral { .. } | Liquidated::Debt => None,
        };
        self.tape().iter().filter_map(position).collect()
    }

    /// The decisions of deleveraging, each worked out again.
    fn decisions(&self) -> Vec<Decision> {
        let decision = |event: &Event| {
            if let Event::Deleveraged(decision) = event {
                Some(Decision::clone(decision))
            } else {
                None
            }
        };
        let decisions: Vec<_> = self.events.iter().filter_map(decision).collect();
        for decision in &decisions {
            assert_eq!(verify(decision), Ok(()), "VN-7");
        }
        decisions
    }
}

fn market() -> MarketId {
    MarketId::new(0)
}

fn limit(account: AccountId, side: Side, dollars: i64, lots: i64) -> PlaceOrder {
    PlaceOrder {
        account,
        market: market(),
        side,
        position: PositionSide::Both,
        limit: Some(Ticks::new(dollars * 10)),
        lots: Lots::new(lots),
        lifetime: Lifetime::GoodTillCancelled,
        reduce_only: false,
        self_trade: SelfTrade::Allow,
        trigger: None,
        tag: 0,
    }
}

fn update(now: Timestamp, of: PriceOf, status: PriceStatus, dollars: i128) -> PriceUpdate {
    let price = Price::whole(dollars);
    PriceUpdate {
        of,
        status,
        market: price,
        liquidation: price,
        confidence: Price::ZERO,
        as_of: now,
    }
}

/// Whether a liquidation began, and whether it ended.
fn began_and_ended(events: &[Event]) -> (bool, bool) {
    let any = |wanted: fn(&Event) -> bool| events.iter().any(wanted);
    (
        any(|event| matches!(event, Event::LiquidationStarted { .. })),
        any(|event| matches!(event, Event::LiquidationEnded { .. })),
    )
}

fn with_backstop(account: AccountId) -> Command {
    let settings = VenueSettings { price_age: Span::MAX, ..VenueSettings::default() };
    Command::Configure(VenueSettings { backstop: Some(account), ..settings })
}
