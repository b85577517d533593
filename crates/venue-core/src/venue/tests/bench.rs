//! A small venue for the tests of single commands.

use units::{Money, Ratio, Timestamp};

use crate::command::{Command, Transfer};
use crate::event::Event;
use crate::id::{AccountId, AssetId};
use crate::refusal::Refusal;
use crate::settings::{AssetSettings, HaircutTier};
use crate::venue::Venue;

/// The settlement asset, an asset that is collateral, and a perpetual contract.
pub(super) fn venue() -> Venue {
    let mut venue = Venue::new();
    done(
        &mut venue,
        Command::AddAsset(AssetSettings { name: "USDT".to_owned(), haircuts: vec![] }),
    );
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
        let _ = done(venue, Command::Deposit(settlement(*account, whole)));
    }
    *account
}

pub(super) fn settlement(account: AccountId, whole: i128) -> Transfer {
    Transfer { account, asset: AssetId::SETTLEMENT, amount: Money::whole(whole) }
}
