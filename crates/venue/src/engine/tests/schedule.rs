//! What the venue does by itself.

use std::collections::BTreeMap;

use units::{Price, Ratio, Span, Timestamp};
use venue_core::{Command, PriceOf, PriceUpdate};
use venue_views::{Desk, Entry, FundingRule, Labels};

use super::{MARKET, beginning};
use crate::engine::schedule::Schedule;
use crate::engine::{EngineSettings, InterestRule};

const HOUR: u64 = 3_600;

fn at(secs: u64) -> Timestamp {
    Timestamp::ZERO.after(Span::from_secs(1_700_006_400 + secs))
}

/// Does for an hour and a bit what is due, a tick each second. When funding and interest were charged, in seconds.
fn charged(
    desk: &mut Desk,
    schedule: &mut Schedule,
    seconds: std::ops::Range<u64>,
) -> Vec<(u64, bool)> {
    let mut all = Vec::new();
    for second in seconds {
        for command in schedule.due(at(second), desk) {
            let funding = matches!(command, Command::Funding { .. });
            if funding || matches!(command, Command::Interest { .. }) {
                all.push((second, funding));
            }
            desk.take(&Entry::new(at(second), command, Labels::default()));
        }
    }
    all
}

fn settings() -> EngineSettings {
    let rule = FundingRule { interval: Span::from_secs(HOUR), ..FundingRule::default() };
    EngineSettings {
        tick: Span::from_secs(1),
        funding: BTreeMap::from([("BTCUSDT".to_owned(), rule)]),
        interest: Some(InterestRule {
            interval: Span::from_secs(HOUR / 2),
            rate: Ratio::from_bps(1),
        }),
        ..EngineSettings::default()
    }
}

fn desk() -> Desk {
    let mut desk = Desk::new();
    for work in beginning() {
        desk.take(&Entry::new(at(0), work.command, work.labels));
    }
    desk
}

#[test]
fn funding_and_interest_are_charged_once_at_their_times() {
    // Charged twice, or at another time, somebody pays for what they did not hold.
    let (mut desk, mut schedule) = (desk(), Schedule::new(&settings()));
    let all = charged(&mut desk, &mut schedule, 1..2 * HOUR + 9);
    let half = HOUR / 2;
    let expect = [
        (1, false),
        (half, false),
        (HOUR, true),
        (HOUR, false),
        (HOUR + half, false),
        (2 * HOUR, true),
        (2 * HOUR, false),
    ];
    assert_eq!(all, expect);
    let rates: Vec<_> = desk.funded(MARKET).expect("a market").iter().map(|it| it.rate).collect();
    assert_eq!(rates, [Ratio::from_bps(1); 2]);
}

#[test]
fn a_restart_does_not_charge_again_nor_leave_one_out() {
    // The times are in the durable state, not in the thread that is gone.
    let (mut desk, mut schedule) = (desk(), Schedule::new(&settings()));
    charged(&mut desk, &mut schedule, 1..HOUR + 5);
    let mut restored = Desk::restore(&desk.snapshot()).expect("a snapshot");
    let mut fresh = Schedule::new(&settings());
    assert_eq!(charged(&mut restored, &mut fresh, HOUR + 5..HOUR + 60), []);
    // It was away over the next time: charged as soon as it is back, once.
    let later = 2 * HOUR + 100;
    let mut fresh = Schedule::new(&settings());
    let all = charged(&mut restored, &mut fresh, later..later + 60);
    assert_eq!(all, [(later, true), (later, false)]);
}

#[test]
fn nothing_is_charged_without_a_mark() {
    // A refused entry four times a second until there is a price would fill the journal.
    let mut desk = Desk::new();
    for work in beginning() {
        if !matches!(work.command, Command::Price(_)) {
            desk.take(&Entry::new(at(0), work.command, work.labels));
        }
    }
    let mut schedule = Schedule::new(&settings());
    let all = charged(&mut desk, &mut schedule, 1..HOUR + 60);
    assert!(all.iter().all(|(_, funding)| !funding), "{all:?}");
    let update = PriceUpdate::live(PriceOf::Index(MARKET), Price::whole(100), at(HOUR + 60));
    desk.take(&Entry::new(at(HOUR + 60), Command::Price(update), Labels::default()));
    let all = charged(&mut desk, &mut schedule, HOUR + 60..HOUR + 70);
    assert_eq!(all, [(HOUR + 60, true)]);
}
