//! The engine's thread without a thread, and the engine with one on disks that fail.

mod bench;
mod crashes;
mod fifo;
mod order;
mod panics;
mod schedule;

use units::{Money, Price, Quantity, Timestamp};
use venue_core::{
    AccountId, AssetId, AssetSettings, Command, Lots, MarketId, MarketSettings, PlaceOrder,
    PriceOf, PriceUpdate, Side, Ticks, Transfer, VenueSettings,
};
use venue_views::{ClientId, Labels};

use super::{Done, Outcome, Work};

pub(crate) use bench::Bench;
pub(crate) use fifo::Fifo;

/// The market of the tests.
pub(crate) const MARKET: MarketId = MarketId::new(0);

/// Work of the venue itself, that is always in time.
pub(crate) fn own(command: Command, labels: Labels) -> Work {
    Work { account: None, command, labels, deadline: Timestamp::MAX }
}

/// What makes a small venue: an asset, a market at a hundred, two accounts with money.
fn beginning() -> Vec<Work> {
    let usdt = AssetSettings::plain("USDT");
    let (tick, lot) = (Price::from_raw(100_000_000_000), Quantity::from_raw(1_000_000_000));
    let market = MarketSettings::perpetual("BTCUSDT", tick, lot);
    let settings = VenueSettings { digest_every: 7, ..VenueSettings::default() };
    let update = PriceUpdate::live(PriceOf::Index(MARKET), Price::whole(100), Timestamp::MAX);
    let mut all = vec![
        own(Command::Configure(settings), Labels::default()),
        own(Command::AddAsset(usdt), Labels::default()),
        own(Command::AddMarket(Box::new(market)), Labels::default()),
        own(Command::Price(update), Labels::default()),
    ];
    for number in 0..2 {
        let (asset, amount) = (AssetId::SETTLEMENT, Money::whole(1_000_000));
        let transfer = Transfer { account: AccountId::new(number), asset, amount };
        all.push(own(Command::OpenAccount, Labels::account(format!("trader-{number}"))));
        all.push(own(Command::Deposit(transfer), Labels::default()));
    }
    all
}

/// The name of an order.
pub(crate) fn name(number: u64) -> ClientId {
    ClientId::new(&format!("order-{number}")).expect("a name")
}

/// An order of one lot around a hundred, by turns of either account and side.
fn order(number: u64) -> Work {
    let account = AccountId::new((number % 2) as u32);
    let side = if number.is_multiple_of(3) { Side::Sell } else { Side::Buy };
    let price = Ticks::new(995 + (number * 7 % 11) as i64);
    let placed = PlaceOrder::limit(account, MARKET, side, price, Lots::new(1_000));
    let (command, labels) = (Command::Place(placed), Labels::client(name(number)));
    Work { account: Some(account), command, labels, deadline: Timestamp::MAX }
}

pub(crate) fn done(outcome: Outcome) -> Done {
    let Outcome::Done(done) = outcome else { panic!("it was not done: {outcome:?}") };
    done
}
