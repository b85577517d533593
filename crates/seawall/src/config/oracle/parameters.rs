//! The numbers of a feed's pipeline, each with the range in which it makes sense.

use std::ops::RangeInclusive;

use oracle_core::{Collateral, Parameters, Rule};
use units::{Ratio, Span};

use super::super::exact;
use super::super::reader::Reader;
use super::super::report::Report;

/// The keys of `[[oracle.feed]]` that are numbers of its pipeline.
pub(super) const KEYS: [&str; 40] = [
    "rule",
    "average",
    "average_ms",
    "collateral",
    "spread_max",
    "depth_min",
    "skew_half",
    "skew_half_ms",
    "skew_max",
    "skew_max_ms",
    "frozen_after",
    "frozen_after_ms",
    "frozen_groups",
    "frozen_move",
    "gate_factor",
    "gate_floor",
    "return_after",
    "return_after_ms",
    "weight_cap",
    "depth_time",
    "depth_time_ms",
    "storm_factor",
    "storm_rest",
    "storm_rest_ms",
    "confidence_floor",
    "confidence_max",
    "step_max",
    "step_sigmas",
    "held_max",
    "held_max_ms",
    "quorum_min",
    "quorum_share",
    "band_up",
    "band_down",
    "band_open",
    "band_double_after",
    "band_double_after_ms",
    "band_open_broken",
    "band_close",
    "band_agreement",
];

/// Any share but none.
const SHARE: RangeInclusive<Ratio> = Ratio::from_raw(1)..=Ratio::ONE;
/// Rates a minute may be more than the whole.
const RATE: RangeInclusive<Ratio> = Ratio::from_raw(1)..=Ratio::whole(100);
/// From one tick to a month.
const SPAN: RangeInclusive<Span> = Span::from_millis(250)..=Span::from_secs(30 * 86_400);
/// As many as one feed may have sources.
const GROUPS: RangeInclusive<u64> = 1..=64;
/// What an average is of: from a few of its parts to a day.
const AVERAGE: RangeInclusive<Span> = Span::from_secs(30)..=Span::from_secs(86_400);
/// How prices of sources become one.
const RULES: [Rule; 3] = [Rule::Guarded, Rule::First, Rule::VolumeMean];
/// What collateral is valued at.
const COLLATERAL: [Collateral; 3] =
    [Collateral::Banded, Collateral::Market, Collateral::Fundamental];
/// Standard deviations, or times the usual: beyond a thousand nothing is ever found.
const TIMES: RangeInclusive<u64> = 1..=1_000;

/// Puts what the file says in the place of defaults.
pub(super) fn read(
    table: &Reader<'_>,
    mut numbers: Parameters,
    report: &mut Report<'_>,
) -> Parameters {
    words(table, &mut numbers, report);
    shares(table, &mut numbers, report);
    spans(table, &mut numbers, report);
    counts(table, &mut numbers, report);
    if let Some(found) = exact::money(table, "depth_min", report) {
        numbers.depth_min = found.value;
    }
    let factor =
        table.text("gate_factor", "a number of 1 or more, such as \"3.5\"", report, |text| {
            exact::ratio(text).and_then(|factor| {
                let wide = factor >= Ratio::ONE;
                wide.then_some(factor).ok_or_else(|| format!("{factor} is below 1"))
            })
        });
    if let Some(found) = factor {
        numbers.gate_factor = found.value;
    }
    numbers
}

fn words(table: &Reader<'_>, numbers: &mut Parameters, report: &mut Report<'_>) {
    if let Some(found) = table.choice("rule", &RULES.map(|rule| (rule.name(), rule)), report) {
        numbers.rule = found.value;
    }
    let collateral = COLLATERAL.map(|collateral| (collateral.name(), collateral));
    if let Some(found) = table.choice("collateral", &collateral, report) {
        numbers.collateral = found.value;
    }
    if let Some(found) = table.span("average", &AVERAGE, report) {
        numbers.average = Some(found.value);
    }
}

fn shares(table: &Reader<'_>, numbers: &mut Parameters, report: &mut Report<'_>) {
    let shares = [
        ("spread_max", &mut numbers.spread_max, SHARE),
        ("frozen_move", &mut numbers.frozen_move, SHARE),
        ("gate_floor", &mut numbers.gate_floor, SHARE),
        ("weight_cap", &mut numbers.weight_cap, SHARE),
        ("confidence_floor", &mut numbers.confidence_floor, SHARE),
        ("confidence_max", &mut numbers.confidence_max, SHARE),
        ("step_max", &mut numbers.step_max, SHARE),
        ("quorum_share", &mut numbers.quorum_share, SHARE),
        ("band_up", &mut numbers.band_up, SHARE),
        ("band_down", &mut numbers.band_down, SHARE),
        ("band_open", &mut numbers.band_open, RATE),
        ("band_open_broken", &mut numbers.band_open_broken, RATE),
        ("band_close", &mut numbers.band_close, RATE),
        ("band_agreement", &mut numbers.band_agreement, SHARE),
    ];
    for (key, number, range) in shares {
        if let Some(found) = exact::share(table, key, &range, report) {
            *number = found.value;
        }
    }
}

fn spans(table: &Reader<'_>, numbers: &mut Parameters, report: &mut Report<'_>) {
    let spans = [
        ("skew_half", &mut numbers.skew_half),
        ("skew_max", &mut numbers.skew_max),
        ("frozen_after", &mut numbers.frozen_after),
        ("return_after", &mut numbers.return_after),
        ("depth_time", &mut numbers.depth_time),
        ("storm_rest", &mut numbers.storm_rest),
        ("held_max", &mut numbers.held_max),
        ("band_double_after", &mut numbers.band_double_after),
    ];
    for (key, span) in spans {
        if let Some(found) = table.span(key, &SPAN, report) {
            *span = found.value;
        }
    }
}

fn counts(table: &Reader<'_>, numbers: &mut Parameters, report: &mut Report<'_>) {
    let groups =
        [("frozen_groups", &mut numbers.frozen_groups), ("quorum_min", &mut numbers.quorum_min)];
    for (key, count) in groups {
        let found = table.number(key, GROUPS, report);
        if let Some(value) = found.and_then(|found| usize::try_from(found.value).ok()) {
            *count = value;
        }
    }
    let times =
        [("storm_factor", &mut numbers.storm_factor), ("step_sigmas", &mut numbers.step_sigmas)];
    for (key, count) in times {
        let found = table.number(key, TIMES, report);
        if let Some(value) = found.and_then(|found| u32::try_from(found.value).ok()) {
            *count = value;
        }
    }
}
