//! What came of a day, as figures, curves and events.

use incident::{Outcome, Series};
use units::Timestamp;

use super::day::Day;
use super::terms::Terms;
use crate::market::heard::MINUTE;

/// The figures.
pub(super) const FIGURES: &[(&str, &str)] = &[
    (
        "wrongful_usd",
        "dollars liquidated of accounts that are solvent at the night's worst price by the news alone",
    ),
    ("liquidated_usd", "dollars liquidated"),
    ("shortfall_usd", "dollars of losses that accounts could not pay, whoever did"),
    ("liquidated_accounts", "people liquidated, each once"),
    ("wrongful_percent", "wrongful dollars, of those liquidated"),
    (
        "wrongful_accounts",
        "people who are solvent at the night's worst price by the news alone, when they were first liquidated",
    ),
    ("fund_paid_usd", "dollars that the insurance fund paid"),
    (
        "fund_drawdown_usd",
        "dollars that the insurance fund fell by at most, fees that came in counted",
    ),
    ("deleveraged_usd", "dollars of positions closed against opposite holders"),
    ("backstop_usd", "dollars of positions that the backstop took over"),
    ("unpaid_usd", "dollars of losses that nobody was there to pay"),
    ("peak_minute_usd", "dollars liquidated in the worst minute"),
    ("peak_at_minutes", "the worst minute, in minutes since 20:00"),
    ("share_2050_2130", "how much of it was liquidated from 20:50 to 21:30, in per cent"),
    ("usd_20_21", "dollars liquidated from 20:00 to 21:00"),
    ("usd_21_22", "dollars liquidated from 21:00 to 22:00"),
    ("usd_22_04", "dollars liquidated after 22:00"),
    ("gain", "dollars liquidated, over those of the same day without impact"),
    ("low_first", "the first market's lowest price, in per cent of the beginning"),
    ("low_second", "the second market's"),
    ("low_third", "the third market's"),
    ("below_first", "how far its price was below the fundamental at most, in per cent"),
    ("below_second", "the same of the second market"),
    ("below_third", "the same of the third market"),
    ("liquidated_percent", "dollars liquidated, of those held with leverage or in the portfolio"),
];

/// The outcome of a day; `alone` is what was liquidated on the same day without impact.
pub(super) fn outcome(day: &Day, terms: &Terms, alone: Option<f64>) -> Outcome {
    let mut outcome = Outcome::default();
    let heard = &day.exchange.heard;
    let from = day.began.as_nanos() / MINUTE;
    let between = |low: u64, high: u64| heard.between(from + low, from + high);
    let all = heard.liquidated;
    let percent = |part: f64, of: f64| if of > 0.0 { part / of * 100.0 } else { 0.0 };
    for (id, value) in [
        ("wrongful_usd", heard.wrongful),
        ("liquidated_usd", all),
        ("shortfall_usd", heard.shortfall()),
        ("liquidated_accounts", heard.people),
        ("wrongful_percent", percent(heard.wrongful, all)),
        ("wrongful_accounts", heard.wrongful_people),
        ("fund_paid_usd", heard.fund_paid),
        ("fund_drawdown_usd", day.fund - day.fund_least),
        ("deleveraged_usd", heard.deleveraged),
        ("backstop_usd", heard.by_backstop),
        ("unpaid_usd", heard.unpaid),
        ("share_2050_2130", percent(between(50, 90), all)),
        ("usd_20_21", between(0, 60)),
        ("usd_21_22", between(60, 120)),
        ("usd_22_04", between(120, 1_440)),
        ("liquidated_percent", percent(all, held(terms))),
    ] {
        outcome.figure(id, value);
    }
    if let Some(alone) = alone.filter(|alone| *alone > 0.0) {
        outcome.figure("gain", all / alone);
    }
    let peak = heard.by_minute.iter().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(a.0)));
    let (minute, dollars) = peak.map_or((from, 0.0), |(minute, dollars)| (*minute, *dollars));
    outcome.figure("peak_minute_usd", dollars);
    outcome.figure("peak_at_minutes", minute.saturating_sub(from) as f64);
    let names = [
        ("low_first", "below_first"),
        ("low_second", "below_second"),
        ("low_third", "below_third"),
    ];
    for ((low, below), (id, apart)) in day.low.iter().zip(&day.below).zip(names) {
        outcome.figure(id, low * 100.0);
        outcome.figure(apart, -below * 100.0);
    }
    outcome.digest = Some(hex(&day.exchange.venue.digest()));
    events(&mut outcome, day, minute.saturating_sub(from));
    let minutes = 0..(terms.hours * 60.0) as u64;
    let points = minutes.map(|it| (it as f64 * 60.0, between(it, it + 1))).collect();
    outcome.curve(Series::new("liquidated", "Liquidated in a minute", "USD", points));
    for curve in &day.curves {
        outcome.curve(curve.clone());
    }
    outcome
}

/// Dollars that are held long when the day begins.
fn held(terms: &Terms) -> f64 {
    let positions = terms.holders.iter().flat_map(|holder| &holder.positions);
    let worth = positions.filter(|it| it.lots > 0).filter_map(|it| {
        let asset = terms.assets.get(it.asset)?;
        Some(asset.worth(venue_core::Lots::new(it.lots), asset.start))
    });
    worth.sum()
}

fn events(outcome: &mut Outcome, day: &Day, peak: u64) {
    let first = day.exchange.heard.first;
    let seconds = |at: Timestamp| at.since(day.began).as_nanos() as f64 / 1e9;
    let mut all: Vec<(f64, &str)> = [
        (first.liquidated, "The first account is liquidated."),
        (first.paid, "The fund pays for the first time."),
        (first.deleveraged, "Holders on the other side are closed for the first time."),
        (first.halted, "A market halts: nobody is left to pay its losses."),
    ]
    .into_iter()
    .filter_map(|(at, what)| Some((seconds(at?), what)))
    .collect();
    all.push((peak as f64 * 60.0, "The worst minute."));
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (at, what) in all {
        outcome.event(at, what);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
