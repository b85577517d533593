//! The venue core in another program: two accounts trade, the price falls, one of them is liquidated, and every unit of
//! money is accounted for. `cargo run -p venue-core --example embed`

use std::io::{self, Write as _};

use units::{Money, Price, Quantity, Timestamp};
use venue_core::{
    AccountId, AssetId, AssetSettings, Command, Event, Lots, MarketId, MarketSettings, PlaceOrder,
    PriceOf, PriceUpdate, Side, Ticks, Transfer, Venue,
};

const MARKET: MarketId = MarketId::new(0);
const MAKER: AccountId = AccountId::new(0);
const TRADER: AccountId = AccountId::new(1);

fn deposit(account: AccountId, whole: i128) -> Command {
    let (asset, amount) = (AssetId::SETTLEMENT, Money::whole(whole));
    Command::Deposit(Transfer { account, asset, amount })
}

fn order(account: AccountId, side: Side, ticks: i64, lots: i64) -> Command {
    let (price, lots) = (Ticks::new(ticks), Lots::new(lots));
    Command::Place(PlaceOrder::limit(account, MARKET, side, price, lots))
}

/// A price that is true at the second at which it comes.
fn price(second: u64, whole: i128) -> Command {
    let (of, at) = (PriceOf::Index(MARKET), Timestamp::from_nanos(second * 1_000_000_000));
    Command::Price(PriceUpdate::live(of, Price::whole(whole), at))
}

fn main() -> io::Result<()> {
    let (tick, lot) = (Price::from_raw(100_000_000_000), Quantity::from_raw(1_000_000_000));
    let contract = MarketSettings::perpetual("BTCUSDT", tick, lot);
    let usdt = AssetSettings { name: "USDT".to_owned(), haircuts: Vec::new() };
    let commands = [
        Command::AddAsset(usdt),
        Command::AddMarket(Box::new(contract)),
        Command::OpenAccount,
        Command::OpenAccount,
        deposit(MAKER, 1_000_000),
        deposit(TRADER, 2_100),
        Command::SetLeverage { account: TRADER, market: MARKET, leverage: 50 },
        price(7, 100_000),
        order(MAKER, Side::Sell, 1_000_000, 1_000),
        order(TRADER, Side::Buy, 1_000_000, 1_000),
        order(MAKER, Side::Buy, 982_000, 5_000),
        price(11, 98_200),
    ];
    let (mut venue, mut events) = (Venue::new(), Vec::new());
    for (second, command) in (0..).zip(&commands) {
        let now = Timestamp::from_nanos(u64::saturating_mul(second, 1_000_000_000));
        venue.apply(now, command, &mut events);
    }
    let mut out = io::stdout().lock();
    for event in &events {
        if let Event::Tape(entry) = event {
            writeln!(out, "{entry}")?;
        }
    }
    let fund = venue.fund();
    let (brought_in, accounts) = (fund.brought_in, fund.accounts);
    writeln!(
        out,
        "brought in {brought_in} = accounts {accounts} + fees {} + fund {}",
        fund.fees, fund.fund
    )?;
    writeln!(out, "made or lost: {}; broken: {:?}", fund.excess(), venue.audit())
}
