//! What concerns more than one value of the venue: names twice, and what the core has to say of settings.

use units::Timestamp;
use venue_core::{AssetSettings, Command, Event, Refusal, SettingsMistake, Venue};

use super::super::oracle::OracleDraft;
use super::super::reader::twice;
use super::super::report::{Place, Report};
use super::{DEFAULT_SETTLEMENT, VenueDraft};

/// Checks what was read as a whole; `oracle` is the one of the same file.
pub(in super::super) fn check(
    draft: &VenueDraft,
    oracle: Option<&OracleDraft>,
    report: &mut Report<'_>,
) {
    let named = |name: &String| format!("{name:?}");
    let symbols = draft.markets.iter().filter_map(|market| market.symbol.as_ref());
    twice(symbols, named, "markets", report);
    twice(draft.assets.iter().filter_map(|asset| asset.name.as_ref()), named, "assets", report);
    // Keys are secrets of a kind, and not repeated.
    let keys = draft.keys.iter().filter_map(|key| key.key.as_ref());
    twice(keys, |_| "the key".to_owned(), "keys", report);
    feeds(draft, oracle, report);
    plain(draft, report);
    if draft.sound {
        settings(draft, report);
    }
}

/// What is signed cannot be changed on the way, but it can be read.
fn plain(draft: &VenueDraft, report: &mut Report<'_>) {
    let Some(listen) = &draft.listen else { return };
    if !listen.value.ip().is_loopback() && draft.tls_certificate.is_none() {
        let message = format!(
            "{} is reachable from outside this machine, and without TLS everybody on the way can read \
             accounts and orders; set tls_certificate and tls_key, or put a proxy with TLS in front",
            listen.value
        );
        report.warning(&listen.place, message);
    }
}

/// A feed that the oracle of the same file does not have would never bring a price.
fn feeds(draft: &VenueDraft, oracle: Option<&OracleDraft>, report: &mut Report<'_>) {
    let Some(oracle) = oracle else { return };
    let known: Vec<&str> = oracle.symbols().collect();
    let markets = draft.markets.iter().filter_map(|market| market.feed.as_ref());
    let assets = draft.assets.iter().filter_map(|asset| asset.feed.as_ref());
    for feed in markets.chain(assets).chain(&draft.settlement_feed) {
        if !known.contains(&feed.value.as_str()) {
            let message = format!(
                "the oracle has no feed {:?}; accepted: one of {}",
                feed.value,
                known.join(", ")
            );
            report.mistake(&feed.place, message);
        }
    }
}

/// What the core would refuse at the start is a mistake of the file.
fn settings(draft: &VenueDraft, report: &mut Report<'_>) {
    let (mut venue, now) = (Venue::new(), Timestamp::ZERO);
    let mut try_it = |command: Command, place: &Place, report: &mut Report<'_>| {
        let mut events = Vec::new();
        venue.apply(now, &command, &mut events);
        for event in events {
            if let Event::Refused { refusal: Refusal::Settings(mistake), .. } = event {
                report.mistake(place, words(mistake));
            }
        }
    };
    let name = draft.settlement.as_ref().map_or(DEFAULT_SETTLEMENT, |found| &found.value);
    let settlement = AssetSettings::plain(name);
    let Some(first) = draft.markets.first() else { return };
    try_it(Command::AddAsset(settlement), &first.place, report);
    for asset in &draft.assets {
        let Some(name) = &asset.name else { continue };
        let settings = AssetSettings { name: name.value.clone(), haircuts: asset.haircuts.clone() };
        try_it(Command::AddAsset(settings), &asset.place, report);
    }
    for market in &draft.markets {
        let Some(settings) = market.settings() else { continue };
        try_it(Command::AddMarket(Box::new(settings)), &market.place, report);
    }
}

const fn words(mistake: SettingsMistake) -> &'static str {
    match mistake {
        SettingsMistake::Name => "the name is taken, or the settlement asset's; accepted: another",
        SettingsMistake::TickValue => {
            "tick times lot is no whole number of trillionths; accepted: steps with at most twelve places together"
        }
        SettingsMistake::Brackets => {
            "brackets have to begin at 0 and rise, with maintenance no more than initial; accepted: such a list"
        }
        SettingsMistake::Haircuts => {
            "haircuts have to begin at 0 and rise, with maintenance no more than initial; accepted: such a list"
        }
        SettingsMistake::Ratio => {
            "a share does not go with another; accepted: a rebate of no more than the taker's fee"
        }
        SettingsMistake::MaintenanceRises => {
            "maintenance may not rise; accepted: what it was, or less"
        }
        SettingsMistake::Fixed => "what is traded may not change; accepted: what it was",
        SettingsMistake::Limit => {
            "an amount or a span is too large or nothing; accepted: something between"
        }
        SettingsMistake::TooMany => "there are too many; accepted: fewer",
    }
}
