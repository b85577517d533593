//! What does not help, what harms, and what this report does not cover.

use incident::{Better, Metric, Remedy, Role, Unit, Verdict};
use maud::{Markup, html};

use super::words;
use crate::drilled::{Drilled, Ran};
use crate::request::Form;

/// By how much another figure has to become worse to be told of, as a factor. What is measured live differs by itself,
/// and its times most of all.
const WORSE: f64 = 1.1;
const WORSE_LIVE: f64 = 1.3;

/// Most other figures that are told of.
const WORSE_MAX: usize = 2;

/// A remedy that does not do what it is named for, or that costs something.
struct Caveat<'a> {
    drilled: &'a Drilled,
    remedy: &'a Remedy,
    verdict: Verdict,
    /// What it is judged by, beside the run that it differs from.
    damage: Changed<'a>,
    /// Other figures that become worse.
    worse: Vec<Changed<'a>>,
}

/// A figure without a remedy and with it.
#[derive(Clone, Copy)]
struct Changed<'a> {
    metric: &'a Metric,
    before: f64,
    after: f64,
}

/// What the runs say against remedies, in plain words; nothing where they say nothing against any.
pub(super) fn does_not_help(drilled: &[Drilled]) -> Markup {
    let all: Vec<Caveat<'_>> =
        drilled.iter().filter(|it| !it.is_version()).flat_map(of_drill).collect();
    let of = |wanted: &dyn Fn(&Caveat<'_>) -> bool| -> Vec<&Caveat<'_>> {
        all.iter().filter(|it| wanted(it)).collect()
    };
    let groups = [
        ("Harms", of(&|it| it.verdict == Verdict::Harms)),
        ("Makes no difference", of(&|it| it.verdict == Verdict::MakesNoDifference)),
        ("Helps only somewhat", of(&|it| it.verdict == Verdict::HelpsSomewhat)),
        ("Helps, and makes something else worse", of(&|it| it.verdict == Verdict::Helps)),
    ];
    html! {
        @if !all.is_empty() {
            section #not-helping .card {
                h2 { "What does not help" }
                p .lead { "Remedies that were tried and harm, make no difference, help only somewhat, or cost something else; each beside the same run without it." }
                @for (name, caveats) in groups {
                    @if !caveats.is_empty() {
                        h3 { (name) }
                        ul .caveats { @for caveat in caveats { (said(caveat)) } }
                    }
                }
            }
        }
    }
}

fn of_drill(drilled: &Drilled) -> Vec<Caveat<'_>> {
    drilled.ran.iter().filter_map(|ran| caveat(drilled, ran)).collect()
}

/// Of what the articles name, and of other settings of the real part. Another world alone is no remedy.
fn caveat<'a>(drilled: &'a Drilled, ran: &'a Ran) -> Option<Caveat<'a>> {
    let Role::Remedy(id) = &ran.case.role else { return None };
    let remedy = drilled.incident.remedies.iter().find(|remedy| remedy.id == *id)?;
    if remedy.remedy.is_none()
        && (remedy.changes.is_empty() || remedy.parameters.names().next().is_some())
    {
        return None;
    }
    let judged = drilled.judged(&ran.case)?;
    let verdict = judged.verdict();
    let before = drilled.outcome(if remedy.defences_on { "on" } else { "off" })?;
    let changed = |metric: &'a Metric| {
        Some(Changed {
            metric,
            before: before.get(&metric.id)?,
            after: ran.outcome.get(&metric.id)?,
        })
    };
    let damage = Changed { metric: judged.metric, before: judged.without, after: judged.with };
    let others = drilled.incident.metrics.iter().filter(|it| it.id != judged.metric.id);
    let worse: Vec<Changed<'_>> = others
        .filter_map(changed)
        .filter(|it| is_worse(it, drilled.is_deterministic))
        .take(WORSE_MAX)
        .collect();
    let is_told = verdict != Verdict::Helps || !worse.is_empty();
    is_told.then_some(Caveat { drilled, remedy, verdict, damage, worse })
}

fn is_worse(changed: &Changed<'_>, is_deterministic: bool) -> bool {
    let Changed { metric, before, after } = changed;
    let is_time = matches!(metric.unit, Unit::Seconds | Unit::Milliseconds);
    if is_time && !is_deterministic {
        return false;
    }
    let worse = if is_deterministic { WORSE } else { WORSE_LIVE };
    match metric.better {
        Better::Lower => *before > 0.0 && *after > *before * worse,
        Better::Higher => *after > 0.0 && *before > *after * worse,
        Better::Neither => false,
    }
}

fn said(caveat: &Caveat<'_>) -> Markup {
    let Caveat { drilled, remedy, verdict, damage, worse } = caveat;
    html! {
        li {
            @if let Some(asked) = &remedy.remedy { "\u{201c}" (asked) "\u{201d}: " }
            b { (remedy.name) }
            " (" a href=(format!("#{}", drilled.name)) { (drilled.incident.title) } "): "
            (figure(damage))
            @if !worse.is_empty() {
                @if *verdict == Verdict::Harms { "; also worse: " } @else { "; but worse: " }
                @for (place, changed) in worse.iter().enumerate() { @if place > 0 { "; " } (figure(changed)) }
            }
            "."
        }
    }
}

fn figure(changed: &Changed<'_>) -> Markup {
    let Changed { metric, before, after } = changed;
    html! {
        (metric.name) " " span .figure { (metric.unit.show(*before)) " \u{2192} " b { (metric.unit.show(*after)) } " (" (words::change(*before, *after)) ")" }
    }
}

/// What this report does not say.
pub(super) fn not_covered(drilled: &[Drilled]) -> Markup {
    let live: Vec<&str> =
        drilled.iter().filter(|it| !it.is_deterministic).map(|it| it.name.as_str()).collect();
    html! {
        section #not-covered .card {
            h2 { "What is not covered" }
            ul {
                li { "The outside world is a model. Each drill says what its own leaves out; none of them knows what nobody has thought of." }
                li { "Figures that exchanges do not publish are fitted to the public record, and marked as derived: the leverage of accounts, their sizes, open interest by coin and venue, makers\u{2019} depth by the second." }
                li { "A drill says what a defence is worth against the crisis it replays. It is no forecast of losses, and no figure here is about your own book unless a portfolio was given." }
                @if !live.is_empty() {
                    li { "Measured live, over sockets on one machine, and different by a little in every run: " (live.join(", ")) ". Latencies of real networks and clouds are not in them." }
                }
                li { "The article\u{2019}s scatter of speed, safety and decentralisation has no axes and no data, and is not drawn. Its shares of what fails have no source." }
                li { "Custody, fraud, keys and people are not drilled." }
                @if drilled.iter().any(|it| it.form == Form::Short) {
                    li { "Short forms are smaller worlds, as the tests run them. The long forms are the ones to quote." }
                }
            }
        }
    }
}
