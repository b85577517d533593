//! The hot path asks the allocator for nothing, once it is warm.
//!
//! A program of its own, since the counter stands in for the allocator of all of it.

use std::collections::BTreeMap;

use allocation_counter::measure;
use machine::Prng;
use units::{Money, Price, Quantity, Ratio, Timestamp};
use venue_core::{
    AccountId, AssetId, AssetSettings, Command, Event, Lifetime, Lots, MarketId, MarketSettings,
    OrderId, PlaceOrder, PriceOf, PriceUpdate, Side, Ticks, Transfer, Trigger, TriggerCondition,
    TriggerPrice, Venue,
};

const MARKET: MarketId = MarketId::new(0);
const ACCOUNTS: u64 = 200;
const FAIR: i64 = 100_000;

/// Commands before anything is counted: books, tables and lists have had their largest size by then.
const WARM: usize = 400_000;
/// Commands that are counted.
const COUNTED: usize = 100_000;

/// A venue with a market, accounts with money, and a flow of orders around a price that moves a little.
struct Flow {
    venue: Venue,
    random: Prng,
    now: u64,
    events: Vec<Event>,
    /// Resting orders, of whom, and what they were for.
    resting: Vec<(OrderId, AccountId, Side)>,
    trades: u64,
    refused: u64,
}

impl Flow {
    fn new() -> Self {
        let mut flow = Self {
            venue: Venue::new(),
            random: Prng::new(5),
            now: 0,
            events: Vec::with_capacity(10_000),
            resting: Vec::with_capacity(10_000),
            trades: 0,
            refused: 0,
        };
        let (tick, lot) = (Price::from_raw(100_000_000_000), Quantity::from_raw(1_000_000_000));
        flow.apply(&Command::AddAsset(AssetSettings::plain("USDT")));
        flow.apply(&Command::AddMarket(Box::new(MarketSettings::perpetual("BTC", tick, lot))));
        for account in (0..ACCOUNTS as u32).map(AccountId::new) {
            flow.apply(&Command::OpenAccount);
            let (asset, amount) = (AssetId::SETTLEMENT, Money::whole(100_000_000));
            flow.apply(&Command::Deposit(Transfer { account, asset, amount }));
        }
        let price = flow.price();
        flow.apply(&price);
        flow
    }

    fn apply(&mut self, command: &Command) {
        self.now += 1_000_000;
        self.events.clear();
        self.venue.apply(Timestamp::from_nanos(self.now), command, &mut self.events);
        for event in &self.events {
            if let Event::Accepted { order, placed } = event
                && placed.lifetime == Lifetime::GoodTillCancelled
                && self.resting.len() < self.resting.capacity()
            {
                self.resting.push((*order, placed.account, placed.side));
            }
            if let Event::Refused { .. } = event {
                self.refused += 1;
            }
            if let Event::Trade(_) = event {
                self.trades += 1;
            }
        }
    }

    fn price(&mut self) -> Command {
        let ticks = FAIR + self.random.below(41) as i64 - 20;
        let price = Price::from_raw(100_000_000_000 * i128::from(ticks));
        let as_of = Timestamp::from_nanos(self.now);
        Command::Price(PriceUpdate::live(PriceOf::Index(MARKET), price, as_of))
    }

    fn limit(&mut self, lifetime: Lifetime) -> PlaceOrder {
        let account = AccountId::new(self.random.below(ACCOUNTS) as u32);
        let side = if self.random.below(2) == 0 { Side::Buy } else { Side::Sell };
        let away = if lifetime == Lifetime::ImmediateOrCancel { -30 } else { 40 };
        let away = self.random.below(60) as i64 + away - 35;
        let price = if side == Side::Buy { FAIR - away } else { FAIR + away };
        let lots = Lots::new(1 + self.random.below(20) as i64);
        let order = PlaceOrder::limit(account, MARKET, side, Ticks::new(price), lots);
        PlaceOrder { lifetime, ..order }
    }

    /// The next command, and what it is called.
    fn next(&mut self) -> (&'static str, Command) {
        let kind = self.random.below(100);
        let full = self.resting.len() > 2_000;
        if kind >= 40 && kind < if full { 90 } else { 50 } && !self.resting.is_empty() {
            let place = self.random.index(self.resting.len());
            let (order, account, side) = self.resting.swap_remove(place);
            if kind.is_multiple_of(5) {
                self.resting.push((order, account, side));
                let away = self.random.below(60) as i64;
                let price = if side == Side::Buy { FAIR - away } else { FAIR + away };
                let lots = Lots::new(1 + self.random.below(20) as i64);
                return (
                    "amend",
                    Command::Amend { account, order, price: Ticks::new(price), lots },
                );
            }
            return ("cancel", Command::Cancel { account, order });
        }
        match kind {
            0..20 => ("take", Command::Place(self.limit(Lifetime::ImmediateOrCancel))),
            20..22 => ("price", self.price()),
            22 if self.random.below(50) == 0 => {
                let rate =
                    Ratio::from_raw(1_000_000 * i128::from(self.random.below(100)) - 50_000_000);
                ("funding", Command::Funding { market: MARKET, rate })
            }
            22 => {
                let orders = (0..4).map(|_| self.limit(Lifetime::ImmediateOrCancel));
                ("list", Command::PlaceAll(orders.collect()))
            }
            23 => ("tick", Command::Tick),
            24 => {
                let at = Ticks::new(FAIR + self.random.below(200) as i64 - 100);
                let condition = TriggerCondition::Stop(at);
                let trigger = Trigger { condition, by: TriggerPrice::Mark, close_position: false };
                let order = self.limit(Lifetime::ImmediateOrCancel);
                ("stop", Command::Place(PlaceOrder { trigger: Some(trigger), ..order }))
            }
            _ => ("place", Command::Place(self.limit(Lifetime::GoodTillCancelled))),
        }
    }
}

#[test]
fn warm_commands_ask_the_allocator_for_nothing() {
    // A command that waits for the allocator is slow now and then, and nobody sees why.
    let mut flow = Flow::new();
    for _ in 0..WARM {
        let (_, command) = flow.next();
        flow.apply(&command);
    }
    let (trades, refused) = (flow.trades, flow.refused);
    let mut asked: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for _ in 0..COUNTED {
        let (name, command) = flow.next();
        let info = measure(|| flow.apply(&command));
        let both = asked.entry(name).or_default();
        *both = (both.0 + 1, both.1 + info.count_total);
    }
    println!("of each kind how many, and how often they asked: {asked:?}");
    // Who waits for a trigger is in trees, which take a node for some of them.
    let stops = asked.remove("stop").expect("some stops");
    assert!(stops.1 < stops.0, "{stops:?}");
    // Funding goes through everybody in the order of accounts: one list for all of it, some times a day.
    let funding = asked.remove("funding").expect("some funding");
    assert!(funding.1 <= 2 * funding.0, "{funding:?}");
    assert_eq!(asked.len(), 7, "each kind has been there");
    assert!(asked.values().all(|both| both.1 == 0), "{asked:?}");
    let (trades, refused) = (flow.trades - trades, flow.refused - refused);
    assert!(trades > 20_000 && refused < 40_000, "{trades} trades, {refused} refused");
}
