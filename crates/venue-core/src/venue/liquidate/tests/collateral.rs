//! Margin loans: a loan of dollars that other assets carry.

use super::*;
use crate::settings::{HaircutTier, MarketKind};

/// A dollar that is not one, as on 2025-10-10 (incidents, 2): lends 72 % of its worth, and counts 91 %.
const SYNTHETIC: AssetId = AssetId::new(1);

/// A venue with a synthetic dollar and its market, in which a lot is one and a tick is a cent.
fn world(lend_bps: i128) -> World {
    let mut world = World::new(|_| {});
    let tier = HaircutTier {
        floor: Money::ZERO,
        initial: Ratio::from_bps(10_000 - lend_bps),
        maintenance: Ratio::from_bps(900),
    };
    let asset = AssetSettings { name: "USDE".to_owned(), haircuts: vec![tier] };
    world.does(Command::AddAsset(asset));
    let mut settings = crate::testing::perpetual();
    settings.name = "USDEUSDT".to_owned();
    settings.kind = MarketKind::Spot { base: SYNTHETIC };
    settings.brackets = vec![];
    settings.tick = Price::parse(b"0.01").expect("a price");
    settings.lot = units::Quantity::parse(b"1").expect("a quantity");
    settings.filters.band = Ratio::from_bps(9_000);
    world.does(Command::AddMarket(Box::new(settings)));
    say(&mut world, "1", "1");
    world
}

/// Says what the synthetic dollar is worth, in its market and by the liquidation lane.
fn say(world: &mut World, market: &str, liquidation: &str) -> Vec<Event> {
    let price = |text: &str| Price::parse(text.as_bytes()).expect("a price");
    let now = world.venue.now();
    let mut index = update(now, PriceOf::Index(MarketId::new(1)), PriceStatus::Live, 1);
    index.market = price(market);
    index.liquidation = price(liquidation);
    let mut events = world.does(Command::Price(index));
    let mut asset = update(now, PriceOf::Asset(SYNTHETIC), PriceStatus::Live, 1);
    asset.market = price(market);
    asset.liquidation = price(liquidation);
    events.extend(world.does(Command::Price(asset)));
    events
}

/// Somebody who has borrowed so many dollars on 10,000 synthetic ones, and has taken them out.
fn borrower(world: &mut World, dollars: i128) -> AccountId {
    let borrower = world.account(0, 1);
    world.deposit(borrower, SYNTHETIC, 10_000);
    let amount = Money::whole(dollars);
    let transfer = Transfer::money(borrower, amount);
    world.does(Command::Withdraw(transfer));
    assert_eq!(world.cash(borrower), Money::ZERO.minus(amount));
    borrower
}

fn held(world: &World, account: AccountId) -> Money {
    let account = world.venue.account(account).expect("an account");
    account.holdings.iter().map(|(_, amount)| *amount).sum_money()
}

trait SumMoney {
    fn sum_money(self) -> Money;
}

impl<I: Iterator<Item = Money>> SumMoney for I {
    fn sum_money(self) -> Money {
        self.fold(Money::ZERO, Money::plus)
    }
}

#[test]
fn a_dumped_market_liquidates_no_loan() {
    // On 2025-10-10 one venue's own book fell to 0.65, and loans were liquidated whose collateral was whole.
    let mut world = world(7_200);
    let borrower = borrower(&mut world, 7_000);
    let buyer = world.account(100_000, 1);
    let bid = PlaceOrder { market: MarketId::new(1), ..limit(buyer, Side::Buy, 0, 1_000) };
    world.does(Command::Place(PlaceOrder { limit: Some(Ticks::new(65)), ..bid }));
    let events = say(&mut world, "0.65", "0.999");
    assert_eq!(began_and_ended(&events), (false, false));
    assert_eq!(held(&world, borrower), Money::whole(10_000));
}

#[test]
fn a_true_fall_liquidates_just_enough_and_the_house_sells_it() {
    // Collateral that is gone must not carry a loan; what need not be sold stays.
    let mut world = world(7_200);
    let borrower = borrower(&mut world, 7_000);
    let buyer = world.account(100_000, 1);
    // 0.91 x 0.77 x 10,000 is 7,007: still enough. At 0.76 it is 6,916, and 84 are missing.
    assert_eq!(began_and_ended(&say(&mut world, "0.77", "0.77")), (false, false));
    let bid = PlaceOrder { market: MarketId::new(1), ..limit(buyer, Side::Buy, 0, 1_000) };
    world.does(Command::Place(PlaceOrder { limit: Some(Ticks::new(75)), ..bid }));
    let events = say(&mut world, "0.76", "0.76");
    assert_eq!(began_and_ended(&events), (true, true));
    // Half of the haircut of what is converted has to make up for the 84: 84 / (0.76 x 0.045), rounded up.
    let converted = Money::whole(10_000).minus(held(&world, borrower));
    assert_eq!(converted.to_string(), "2456.140350877193");
    let (equity, _) = world.venue.standing(super::super::Party::account(borrower));
    assert!(equity >= Money::ZERO && equity < Money::from_raw(10), "{equity}");
    let tape = world.tape();
    assert!(matches!(tape[0].what, Liquidated::Collateral { amount, .. } if amount == converted));
    // The house has sold what the pace allows: the floor is far above what the book holds.
    let trades: i64 = events
        .iter()
        .map(|event| if let Event::Trade(trade) = event { trade.lots.number() } else { 0 })
        .sum();
    assert_eq!(trades, 1_000);
    assert!(world.venue.fund().house < Money::ZERO, "it has paid for what it still holds");
    // Nobody would know what may come of it for the fund, were it shown at what was paid alone.
    let house: Vec<_> = world.venue.house().collect();
    let [view] = house.as_slice() else { panic!("{house:?}") };
    assert_eq!((view.asset, view.amount), (SYNTHETIC, converted.minus(Money::whole(1_000))));
    assert_eq!(
        (view.cash, view.worth.to_string().as_str()),
        (world.venue.fund().house, "1106.666666666666")
    );
}

#[test]
fn what_the_house_wins_goes_to_the_fund() {
    // The house is nobody's: its profit belongs to who stands for its losses.
    let mut world = world(9_000);
    let borrower = borrower(&mut world, 9_000);
    let buyer = world.account(100_000, 1);
    let bid = PlaceOrder { market: MarketId::new(1), ..limit(buyer, Side::Buy, 0, 20_000) };
    world.does(Command::Place(PlaceOrder { limit: Some(Ticks::new(98)), ..bid }));
    say(&mut world, "0.98", "0.98");
    let tape = world.tape();
    assert!(!tape.is_empty());
    let fund = world.venue.fund();
    assert!(fund.fund > Money::ZERO && fund.house == Money::ZERO, "{fund:?}");
    assert!(world.venue.house().all(|held| held.amount < Money::ONE && held.cash == Money::ZERO));
    assert!(held(&world, borrower) > Money::ZERO);
    assert!(held(&world, buyer) > Money::ZERO);
}

#[test]
fn a_loan_that_collateral_does_not_cover_is_paid_by_the_fund() {
    // A true insolvency: everything is converted, and the rest is the fund's.
    let mut world = world(7_200);
    let borrower = borrower(&mut world, 7_000);
    world.fund(5_000);
    let events = say(&mut world, "0.5", "0.5");
    assert_eq!(began_and_ended(&events), (true, true));
    assert_eq!((held(&world, borrower), world.cash(borrower)), (Money::ZERO, Money::ZERO));
    // 10,000 x 0.5 less 4.5 % is 4,775.
    let paid = Money::whole(7_000 - 4_775);
    assert_eq!(world.venue.fund().fund, Money::whole(5_000).minus(paid));
    assert_eq!(world.tape().last().map(|entry| entry.fund_paid), Some(paid));
}
