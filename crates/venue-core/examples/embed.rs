//! The venue core in another program: two accounts trade, the price falls, one of them is liquidated, and every unit of
//! money is accounted for. `cargo run -p venue-core --example embed`

use std::io::{self, Write as _};

use units::{Money, Price, Quantity, Timestamp};
use venue_core::{
    AccountId, AssetSettings, Command, Event, Lots, MarketId, MarketSettings, PlaceOrder, PriceOf,
    PriceUpdate, Side, Ticks, Transfer, Venue,
};

const MARKET: MarketId = MarketId::new(0);

fn main() -> io::Result<()> {
    let (maker, trader) = (AccountId::new(0), AccountId::new(1));
    let deposit = |account, whole| Command::Deposit(Transfer::money(account, Money::whole(whole)));
    let price =
        |whole| PriceUpdate::live(PriceOf::Index(MARKET), Price::whole(whole), Timestamp::ZERO);
    let order = |account, side, ticks, lots| {
        Command::Place(PlaceOrder::limit(account, MARKET, side, Ticks::new(ticks), Lots::new(lots)))
    };
    // A tick of 0.1 and a lot of 0.001.
    let (tick, lot) = (Price::from_raw(100_000_000_000), Quantity::from_raw(1_000_000_000));
    let commands = [
        Command::AddAsset(AssetSettings::plain("USDT")),
        Command::AddMarket(Box::new(MarketSettings::perpetual("BTCUSDT", tick, lot))),
        Command::OpenAccount,
        Command::OpenAccount,
        deposit(maker, 1_000_000),
        deposit(trader, 2_100),
        Command::SetLeverage { account: trader, market: MARKET, leverage: 50 },
        Command::Price(price(100_000)),
        order(maker, Side::Sell, 1_000_000, 1_000),
        order(trader, Side::Buy, 1_000_000, 1_000),
        order(maker, Side::Buy, 982_000, 5_000),
        Command::Price(price(98_200)),
    ];
    let (mut venue, mut events, mut out) = (Venue::new(), Vec::new(), io::stdout().lock());
    for command in &commands {
        venue.apply(Timestamp::ZERO, command, &mut events);
    }
    for event in &events {
        if let Event::Tape(entry) = event {
            writeln!(out, "{entry}")?;
        }
    }
    writeln!(out, "{}; broken: {:?}", venue.fund(), venue.audit())
}
