//! The `fundamental` table of a feed: what the asset can be redeemed for.

use std::ops::RangeInclusive;

use oracle_core::{Cap, FundamentalSettings, RateSettings};
use units::{Ratio, Span};

use super::super::exact;
use super::super::reader::{Found, Reader};
use super::super::report::Report;
use super::super::value::shown;
use super::feed;

/// The keys of the table.
pub(super) const KEYS: &[&str] = &[
    "base",
    "rate",
    "growth_max",
    "loss_max",
    "snapshot",
    "snapshot_age",
    "snapshot_age_ms",
    "readers",
    "age_max",
    "age_max_ms",
    "cap",
];

/// The keys of `snapshot`: a ratio never comes without its time.
const SNAPSHOT_KEYS: &[&str] = &["ratio", "time"];

/// Any share.
const SHARE: RangeInclusive<Ratio> = Ratio::ZERO..=Ratio::ONE;
/// From an hour to a year.
const SNAPSHOT_AGE: RangeInclusive<Span> = Span::from_secs(3_600)..=Span::from_secs(365 * 86_400);
/// From a few blocks to a week.
const AGE: RangeInclusive<Span> = Span::from_secs(60)..=Span::from_secs(7 * 86_400);
/// Seconds since 1970, from the first chain on to where a figure in milliseconds would begin.
const TIMES: RangeInclusive<u64> = 1_200_000_000..=99_999_999_999;

/// What the asset can be redeemed for, as far as it could be read.
#[derive(Clone, Debug)]
pub(super) struct FundamentalDraft {
    /// The feed of what comes out.
    pub base: Option<Found<String>>,
    /// The rate: a number, or the name of one that is read.
    pub rate: Option<Found<Rate>>,
    settings: RateSettings,
}

/// How much comes out.
#[derive(Clone, Debug)]
pub(super) enum Rate {
    Fixed(Ratio),
    Named(String),
}

/// Reads the table.
pub(super) fn read(table: &Reader<'_>, report: &mut Report<'_>) -> FundamentalDraft {
    let accepted = "how much comes out for one: a number, such as \"1\", or the name of an exchange rate, such as \"wsteth\"";
    table.missing("rate", accepted, report);
    let mut settings = RateSettings::default();
    let shares = [("growth_max", &mut settings.growth_max), ("loss_max", &mut settings.loss_max)];
    for (key, share) in shares {
        if let Some(found) = exact::share(table, key, &SHARE, report) {
            *share = found.value;
        }
    }
    let spans = [
        ("snapshot_age", &mut settings.snapshot_age, SNAPSHOT_AGE),
        ("age_max", &mut settings.age_max, AGE),
    ];
    for (key, span, range) in spans {
        if let Some(found) = table.span(key, &range, report) {
            *span = found.value;
        }
    }
    let readers = table.number("readers", 1..=8, report);
    if let Some(readers) = readers.and_then(|found| usize::try_from(found.value).ok()) {
        settings.readers = readers;
    }
    let caps = [Cap::Hold, Cap::Bind].map(|cap| (cap.name(), cap));
    if let Some(found) = table.choice("cap", &caps, report) {
        settings.cap = found.value;
    }
    if let Some(table) = table.table("snapshot", SNAPSHOT_KEYS, report) {
        settings.snapshot = snapshot(&table, report);
    }
    FundamentalDraft {
        base: table.text("base", feed::SYMBOL, report, feed::symbol),
        rate: table.text("rate", accepted, report, rate),
        settings,
    }
}

fn snapshot(table: &Reader<'_>, report: &mut Report<'_>) -> Option<(Ratio, u64)> {
    let accepted = "the exchange rate at that time, such as \"1.0523\"";
    table.missing("ratio", accepted, report);
    table.missing("time", "when the rate was that, in seconds since 1970", report);
    let ratio = table.text("ratio", accepted, report, exact::ratio);
    let time = table.number("time", TIMES, report);
    Some((ratio?.value, time?.value.saturating_mul(1_000)))
}

fn rate(text: &str) -> Result<Rate, String> {
    if let Ok(fixed) = exact::ratio(text) {
        return Ok(Rate::Fixed(fixed));
    }
    let plain = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_' | '.');
    let is_name =
        !text.is_empty() && text.chars().all(plain) && text.chars().any(char::is_alphabetic);
    if is_name {
        Ok(Rate::Named(text.to_owned()))
    } else {
        Err(format!("{} is neither a number nor a name", shown(text)))
    }
}

impl FundamentalDraft {
    /// What the core needs, and the name of the rate where it is one that is read.
    pub(super) fn finish(self) -> Option<(FundamentalSettings, Option<String>)> {
        let (fixed, name) = match self.rate?.value {
            Rate::Fixed(fixed) => (Some(fixed), None),
            Rate::Named(name) => (None, Some(name)),
        };
        let rate = RateSettings { fixed, ..self.settings };
        Some((FundamentalSettings { base: self.base.map(|base| base.value), rate }, name))
    }
}
