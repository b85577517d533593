//! Settings: what is refused, and what may follow what.

use units::{Money, Price, Quantity, Ratio};

use super::bench::{collateral, done, refused, venue};
use crate::command::Command;
use crate::id::{AccountId, AssetId, MarketId};
use crate::refusal::{Refusal, SettingsMistake};
use crate::settings::Bracket;
use crate::settings::{AssetSettings, MarketKind, MarketSettings, VenueSettings};
use crate::testing::perpetual;

fn mistake(change: impl FnOnce(&mut MarketSettings)) -> Refusal {
    let mut settings = MarketSettings { name: "ETHUSDT".to_owned(), ..perpetual() };
    change(&mut settings);
    refused(&mut venue(), Command::AddMarket(Box::new(settings)))
}

#[test]
fn a_market_that_is_not_consistent_is_refused() {
    // Margin by brackets that fall, or a notional that is rounded, would be wrong at every trade.
    use SettingsMistake as M;
    let check = |mistaken: Refusal, expect: M| assert_eq!(mistaken, Refusal::Settings(expect));
    check(mistake(|market| market.name = String::new()), M::Name);
    check(mistake(|market| market.name = "x".repeat(33)), M::Name);
    check(mistake(|market| market.name = "BTCUSDT".to_owned()), M::Name);
    check(mistake(|market| market.tick = Price::from_raw(1)), M::TickValue);
    check(mistake(|market| market.lot = Quantity::from_raw(-1_000_000_000)), M::TickValue);
    check(mistake(|market| market.brackets.clear()), M::Brackets);
    check(mistake(|market| market.brackets = Bracket::rows(&[(1, 40, 80)])), M::Brackets);
    let falling = Bracket::rows(&[(0, 40, 80), (10, 30, 80)]);
    check(mistake(|market| market.brackets = falling), M::Brackets);
    check(mistake(|market| market.brackets = Bracket::rows(&[(0, 90, 80)])), M::Brackets);
    check(mistake(|market| market.fees.maker = Ratio::from_bps(-6)), M::Ratio);
    check(mistake(|market| market.filters.band = Ratio::whole(1)), M::Ratio);
    check(mistake(|market| market.mark.impact = Money::ZERO), M::Limit);
    let spot = MarketKind::Spot { base: AssetId::SETTLEMENT };
    assert_eq!(mistake(|market| market.kind = spot), Refusal::UnknownAsset);
}

#[test]
fn maintenance_never_rises_for_anybody() {
    // A rule change must not liquidate people.
    let mut venue = venue();
    let market = MarketId::new(0);
    let change = |rows: &[(i128, i128, i128)]| {
        let settings = MarketSettings { brackets: Bracket::rows(rows), ..perpetual() };
        Command::SetMarket(market, Box::new(settings))
    };
    let rises = Refusal::Settings(SettingsMistake::MaintenanceRises);
    assert_eq!(refused(&mut venue, change(&[(0, 41, 80)])), rises);
    assert_eq!(refused(&mut venue, change(&[(0, 40, 80), (49_999, 50, 100)])), rises);
    done(&mut venue, change(&[(0, 40, 80), (50_001, 50, 300)]));
    let fixed = MarketSettings { lot: Quantity::whole(1), ..perpetual() };
    let fixed = refused(&mut venue, Command::SetMarket(market, Box::new(fixed)));
    assert_eq!(fixed, Refusal::Settings(SettingsMistake::Fixed));
    let asset = AssetId::new(1);
    let mut harsher = collateral();
    for tier in &mut harsher.haircuts {
        tier.maintenance = Ratio::from_bps(600);
    }
    assert_eq!(refused(&mut venue, Command::SetAsset(asset, harsher)), rises);
    let none = AssetSettings { haircuts: vec![], ..collateral() };
    assert_eq!(refused(&mut venue, Command::SetAsset(asset, none)), rises);
    done(&mut venue, Command::SetAsset(asset, collateral()));
}

#[test]
fn the_backstop_has_to_be_an_account() {
    // Positions that are taken over have to go somewhere.
    let mut venue = venue();
    let settings = VenueSettings { backstop: Some(AccountId::new(0)), ..VenueSettings::default() };
    let command = Command::Configure(settings);
    assert_eq!(refused(&mut venue, command.clone()), Refusal::UnknownAccount);
    super::bench::account(&mut venue, 0);
    done(&mut venue, command);
}
