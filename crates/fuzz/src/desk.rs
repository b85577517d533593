//! The readers of the venue's shell: entries of its journal, its snapshots, and what the oracle says of a price.
//!
//! The first byte of an input says which one reads the rest.

use machine::{Codec as _, decode_all};
use units::{Money, Price, Quantity, Span, Timestamp};
use venue::prices::{FeedPlan, Feeds, Now};
use venue_core::{
    AccountId, AssetId, AssetSettings, Command, Lots, MarketId, MarketSettings, PlaceOrder,
    PriceOf, PriceUpdate, Side, Ticks, Transfer,
};
use venue_views::{ClientId, Desk, Entry, Labels};

use crate::target::{Form, Target};

/// The target of [`desk`].
pub const DESK: Target = Target { name: "desk", run: desk, seeds, words: &[], form: Form::Orders };

/// Reads an input as an entry, a snapshot, or an oracle's word.
///
/// # Panics
///
/// Where a reader panics, or reads something that is written in other bytes.
pub fn desk(bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else { return };
    match which % 3 {
        0 => {
            let Ok(entry) = decode_all::<Entry>(rest) else { return };
            let mut again = Vec::new();
            entry.encode(&mut again);
            assert!(again == rest, "an entry has two spellings");
            // Whatever it says, it is done or refused.
            let mut desk = small();
            desk.take(&entry);
        }
        1 => {
            let Ok(desk) = Desk::restore(rest) else { return };
            assert!(desk.snapshot() == rest, "a desk has two spellings");
        }
        _ => heard(rest),
    }
}

fn heard(text: &[u8]) {
    let now = Timestamp::ZERO.after(Span::from_secs(1_700_000_000));
    let now = Now { clock: now, unix: now };
    let of = PriceOf::Index(MarketId::new(0));
    let plan = FeedPlan { feed: "BTC/USD".to_owned(), of };
    let unit = Some("USDT/USD".to_owned());
    let mut feeds = Feeds::new(&[plan], unit, Span::from_secs(10), now);
    for line in text.split(|byte| *byte == b'\n') {
        for update in feeds.heard(line, now) {
            assert!(update.as_of <= now.unix, "a price of tomorrow");
        }
    }
}

/// A venue with a market, two accounts, orders and trades.
fn small() -> Desk {
    let mut desk = Desk::new();
    entries().iter().for_each(|entry| drop(desk.take(entry)));
    desk
}

fn entries() -> Vec<Entry> {
    let usdt = AssetSettings::plain("USDT");
    let (tick, lot) = (Price::from_raw(100_000_000_000), Quantity::from_raw(1_000_000_000));
    let market = MarketId::new(0);
    let price = PriceUpdate::live(PriceOf::Index(market), Price::whole(100), Timestamp::MAX);
    let mut all = vec![
        (Command::AddAsset(usdt), Labels::default()),
        (
            Command::AddMarket(Box::new(MarketSettings::perpetual("BTCUSDT", tick, lot))),
            Labels::default(),
        ),
        (Command::Price(price), Labels::default()),
    ];
    for number in 0..2 {
        let (account, asset) = (AccountId::new(number), AssetId::SETTLEMENT);
        let transfer = Transfer { account, asset, amount: Money::whole(1_000_000) };
        all.push((Command::OpenAccount, Labels::account(format!("trader-{number}"))));
        all.push((Command::Deposit(transfer), Labels::default()));
    }
    for (number, side) in [(0, Side::Sell), (1, Side::Buy), (0, Side::Sell), (1, Side::Sell)] {
        let (price, lots) = (Ticks::new(1_000), Lots::new(2_000 + i64::from(number)));
        let placed = PlaceOrder::limit(AccountId::new(number), market, side, price, lots);
        let name = ClientId::new(&format!("order-{}", all.len())).expect("a name");
        all.push((Command::Place(placed), Labels::client(name)));
    }
    all.push((Command::Tick, Labels::note("key/1", Some(b"secret".to_vec()))));
    let at = |second: u64| Timestamp::ZERO.after(Span::from_secs(1_700_000_000 + second));
    let entries = (0..).zip(all);
    entries.map(|(second, (command, labels))| Entry::new(at(second), command, labels)).collect()
}

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for entry in entries() {
        let mut bytes = vec![0];
        entry.encode(&mut bytes);
        seeds.push(bytes);
    }
    seeds.push([&[1], small().snapshot().as_slice()].concat());
    let unit = r#"{"symbol":"USDT/USD","status":"live","market":"0.99","age_ms":3}"#;
    for status in ["live", "capped", "split", "held"] {
        let price = r#""market":"100.5","liquidation":"99","confidence":"0.1","age_ms":250"#;
        let clusters = r#""clusters":["90","101.25"]"#;
        let text = format!(
            "{unit}\n{{\"symbol\":\"BTC/USD\",\"status\":\"{status}\",{price},{clusters}}}\n"
        );
        seeds.push([&[2], text.as_bytes()].concat());
    }
    seeds
}
