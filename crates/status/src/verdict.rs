//! The verdict in one sentence, with the evidence it rests on.
//!
//! An installation sees the world from one place; [`diagnose`] says what can be told from there. What it
//! cannot tell, such as its own connection's failure from one of the whole network, the sentences say.

use std::collections::BTreeSet;

use crate::cause::{Cause, Place, diagnose};
use crate::component::Severity;
use crate::model::{BlockView, ChainView, Overview, UpstreamState, UpstreamView, Verdict};
use crate::text;

/// Longest name or reason inside a sentence, in characters; the table has the whole of it.
const NAME_CHARS_MAX: usize = 40;
const REASON_CHARS_MAX: usize = 80;

/// Longest reason of a chain's verdict: it is the point of the sentence.
const VERDICT_REASON_CHARS_MAX: usize = 300;

/// Upstreams that a sentence names before it says "and so many more".
const NAMED_MAX: usize = 3;

/// A verdict in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The verdict in a few words, without a full stop.
    pub headline: String,
    /// The verdict and its evidence in a few sentences.
    pub sentence: String,
    /// Where the fault is.
    pub cause: Cause,
}

/// Client calls that got an error of ours over a short window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailingCalls {
    /// Calls that failed in the window.
    pub failed: u64,
    /// All calls of the window.
    pub total: u64,
    /// The window's length in milliseconds.
    pub window_ms: u64,
}

impl FailingCalls {
    /// The failures in a clause: `7 of 120 calls failed in the last 30 s`.
    #[must_use]
    pub fn clause(&self) -> String {
        let (failed, total) = (text::grouped(self.failed), text::grouped(self.total));
        format!("{failed} of {total} calls failed in the last {}", text::span(self.window_ms))
    }
}

/// The verdict on the whole installation. `failing` gives the calls of a chain that fail, if any do.
#[must_use]
pub fn overall(overview: &Overview, failing: &dyn Fn(&str) -> Option<FailingCalls>) -> Finding {
    let found: Vec<(&ChainView, Finding)> = overview
        .chains
        .iter()
        .map(|chain| (chain, chain_finding(overview, chain, failing(&chain.name))))
        .collect();
    let worst = found.iter().map(|(_, finding)| finding.severity).max();
    match (found.as_slice(), worst) {
        ([], _) | (_, None) => Finding {
            severity: Severity::Unknown,
            headline: "Not known yet".to_owned(),
            sentence: "Nothing has been measured yet.".to_owned(),
            cause: Cause::default(),
        },
        ([(_, only)], _) => only.clone(),
        (all, Some(Severity::Good)) => Finding {
            severity: Severity::Good,
            headline: format!("All {} chains answer normally", all.len()),
            sentence: join(all.iter().map(|(_, finding)| finding.sentence.as_str())),
            cause: Cause::default(),
        },
        (all, Some(worst)) => {
            let (bad, good): (Vec<_>, Vec<_>) =
                all.iter().partition(|(_, finding)| finding.severity > Severity::Good);
            let first = all.iter().find(|(_, finding)| finding.severity == worst);
            let headline = first.map_or_else(String::new, |(chain, finding)| {
                format!("{}: {}", name(&chain.name), lower_first(&finding.headline))
            });
            let cause = first.map(|(_, finding)| finding.cause.clone()).unwrap_or_default();
            let mut sentence = join(bad.iter().map(|(_, finding)| finding.sentence.as_str()));
            if !good.is_empty() {
                let names: Vec<String> = good.iter().map(|(chain, _)| name(&chain.name)).collect();
                let verb = if names.len() == 1 { "answers" } else { "answer" };
                sentence.push_str(&format!(" {} {verb} normally.", text::listed(&names)));
            }
            Finding { severity: worst, headline, sentence, cause }
        }
    }
}

/// The verdict on one chain of `overview`.
#[must_use]
pub fn chain_finding(
    overview: &Overview,
    chain: &ChainView,
    failing: Option<FailingCalls>,
) -> Finding {
    let cause = diagnose(overview, chain);
    let (severity, headline, mut sentence) = match chain.verdict {
        // Those that are left agree, which the chain calls healthy; who is out is still said first.
        Verdict::Healthy if chain.out().next().is_some() => degraded(chain, overview.at_unix_ms),
        Verdict::Healthy => {
            (Severity::Good, "Everything answers normally".to_owned(), healthy(chain))
        }
        Verdict::Degraded => degraded(chain, overview.at_unix_ms),
        Verdict::Split => (
            Severity::Major,
            "The chain has split; following the branch that won".to_owned(),
            split(chain),
        ),
        Verdict::Undecided => (
            Severity::Critical,
            "The chain has split and nothing decides it".to_owned(),
            undecided(chain),
        ),
        Verdict::Stalled => (Severity::Major, "No new blocks".to_owned(), stalled(chain)),
        Verdict::Unreachable => {
            (Severity::Critical, headline_away(&cause), unreachable(overview, chain))
        }
        Verdict::Unknown => {
            let sentence =
                format!("{}: waiting for the first answers of its upstreams.", name(&chain.name));
            (Severity::Unknown, "Not known yet".to_owned(), sentence)
        }
    };
    if !cause.sentence.is_empty() && chain.verdict != Verdict::Unknown {
        sentence.push(' ');
        sentence.push_str(&upper_first(&cause.sentence));
    }
    match failing {
        Some(failing) if severity < Severity::Critical => Finding {
            severity: severity.max(Severity::Major),
            headline: if severity == Severity::Good {
                "Some calls fail".to_owned()
            } else {
                format!("{headline}; some calls fail")
            },
            sentence: format!("{sentence} {}.", failing.clause()),
            cause,
        },
        _ => Finding { severity, headline, sentence, cause },
    }
}

fn headline_away(cause: &Cause) -> String {
    let is_ours = cause.place == Place::OurConnection;
    if is_ours { "Our own connection is down" } else { "Not answering" }.to_owned()
}

/// What the page says when nothing new has come for `age_ms` since a moment with `last` as its verdict.
#[must_use]
pub fn stale(last: &Finding, age_ms: u64) -> Finding {
    Finding {
        severity: last.severity.max(Severity::Unknown),
        headline: "Not known: the measurements have stopped".to_owned(),
        sentence: format!(
            "Nothing has been measured for {}. The last that was seen: {}",
            text::span(age_ms),
            last.sentence
        ),
        cause: Cause::default(),
    }
}

/// How an upstream that is out is told inside a sentence: `harbour, unreachable for 41 s (refused)`.
pub(crate) fn out_clause(upstream: &UpstreamView, at_unix_ms: u64) -> String {
    let mut clause = format!("{}, {}", name(&upstream.name), upstream.state.name());
    if upstream.since_unix_ms > 0 {
        clause.push_str(&format!(
            " for {}",
            text::span(at_unix_ms.saturating_sub(upstream.since_unix_ms))
        ));
    }
    if !upstream.reason.is_empty() {
        clause.push_str(&format!(" ({})", text::tidy(&upstream.reason, REASON_CHARS_MAX)));
    }
    clause
}

/// The number of distinct operators; those that declare none count as one, which errs on the safe side.
pub(crate) fn operators<'a>(upstreams: impl Iterator<Item = &'a UpstreamView>) -> usize {
    upstreams.map(|upstream| upstream.operator.as_str()).collect::<BTreeSet<_>>().len()
}

fn healthy(chain: &ChainView) -> String {
    let serving = chain.serving().count();
    let mut sentence = format!(
        "{} answers normally: {}, {serving} of {} agree, run by {}.",
        name(&chain.name),
        head(chain.head.as_ref()),
        text::counted(chain.upstreams.len(), "upstream"),
        text::counted(operators(chain.serving()), "operator"),
    );
    let returning: Vec<String> = chain
        .upstreams
        .iter()
        .filter(|upstream| upstream.state == UpstreamState::Probation)
        .map(|upstream| name(&upstream.name))
        .collect();
    if !returning.is_empty() {
        let verb = if returning.len() == 1 { "is" } else { "are" };
        sentence.push_str(&format!(" {} {verb} back and on probation.", text::listed(&returning)));
    }
    sentence
}

fn degraded(chain: &ChainView, at_unix_ms: u64) -> (Severity, String, String) {
    let (out, all, serving) = (chain.out().count(), chain.upstreams.len(), chain.serving().count());
    let operators = operators(chain.serving());
    let thin = out * 2 >= all && out > 0 || operators <= 1 && all > 1;
    let severity = if thin { Severity::Major } else { Severity::Minor };
    if out == 0 {
        let why = text::tidy(&chain.verdict_reason, VERDICT_REASON_CHARS_MAX);
        let sentence = format!(
            "{} is answering, with less in reserve: {why}. Its {}.",
            name(&chain.name),
            head(chain.head.as_ref())
        );
        return (severity, "Answering, with less in reserve".to_owned(), sentence);
    }
    let mut clauses: Vec<String> =
        chain.out().take(NAMED_MAX).map(|upstream| out_clause(upstream, at_unix_ms)).collect();
    if out > NAMED_MAX {
        clauses.push(format!("and {} more", out - NAMED_MAX));
    }
    let verb = if out == 1 { "is" } else { "are" };
    let head = head(chain.head.as_ref());
    let left = match serving {
        0 => format!("no upstream serves without reserve, last {head}"),
        1 => format!(
            "one of {} is left, and nothing can confirm its {head}",
            text::counted(all, "upstream")
        ),
        _ if operators == 1 => {
            format!(
                "the {serving} upstreams left have one operator, so nobody independent confirms their {head}"
            )
        }
        _ => {
            format!("{serving} of {all} upstreams, run by {operators} operators, agree on {head}")
        }
    };
    let sentence =
        format!("{} is answering: {left}. Out: {}.", name(&chain.name), clauses.join("; "));
    (
        severity,
        format!("Answering; {out} of {} {verb} out", text::counted(all, "upstream")),
        sentence,
    )
}

fn split(chain: &ChainView) -> String {
    let mut sentence = format!(
        "{} has split{}: following {}",
        name(&chain.name),
        fork(chain),
        head(chain.head.as_ref())
    );
    let (followed, others): (Vec<_>, Vec<_>) =
        chain.branches.iter().partition(|branch| branch.standing.is_followed());
    if let Some(first) = followed.first() {
        sentence.push_str(&format!(
            ", which {} confirm",
            text::counted(first.voters.len(), "upstream")
        ));
    }
    if !others.is_empty() {
        let on_others: usize = others.iter().map(|branch| branch.voters.len()).sum();
        let where_to = match others.len() {
            1 => "another branch".to_owned(),
            number => format!("{number} other branches"),
        };
        sentence.push_str(&format!(
            "; no calls go to {} on {where_to}",
            text::counted(on_others, "upstream")
        ));
    }
    sentence.push('.');
    push_reason(&mut sentence, chain);
    sentence
}

fn undecided(chain: &ChainView) -> String {
    let branches = match chain.branches.len() {
        0 | 1 => "its branches".to_owned(),
        number => format!("its {number} branches"),
    };
    let mut sentence = format!(
        "{} has split{} and none of {branches} has enough independent votes: only what all branches share is served.",
        name(&chain.name),
        fork(chain)
    );
    push_reason(&mut sentence, chain);
    sentence
}

fn stalled(chain: &ChainView) -> String {
    let answering = chain
        .upstreams
        .iter()
        .filter(|upstream| upstream.state != UpstreamState::Unreachable)
        .count();
    let stopped = chain.head.as_ref().and_then(|head| head.age_ms);
    let since = stopped.map_or_else(String::new, |age| {
        let blocks = age.checked_div(chain.block_time_ms).unwrap_or_default();
        format!(" for {}, {blocks} times the usual time between blocks", text::span(age))
    });
    let at = chain
        .head
        .as_ref()
        .map_or_else(|| "its head".to_owned(), |head| text::grouped(head.number));
    format!(
        "{} has stopped at block {at}: {} of {} that answer show no new block{since}. Reads of what exists still work.",
        name(&chain.name),
        answering,
        text::counted(chain.upstreams.len(), "upstream"),
    )
}

fn unreachable(overview: &Overview, chain: &ChainView) -> String {
    let since = chain
        .upstreams
        .iter()
        .map(|upstream| upstream.since_unix_ms)
        .max()
        .filter(|since| *since > 0);
    let lasting = since.map_or_else(String::new, |since| {
        format!(" for {}", text::span(overview.at_unix_ms.saturating_sub(since)))
    });
    format!(
        "{} does not answer: none of its {} could be used{lasting}.",
        name(&chain.name),
        text::counted(chain.upstreams.len(), "upstream"),
    )
}

fn head(block: Option<&BlockView>) -> String {
    match block {
        None => "no agreed head".to_owned(),
        Some(BlockView { number, age_ms: Some(age), .. }) => {
            format!("head {}, {} old", text::grouped(*number), text::span(*age))
        }
        Some(BlockView { number, .. }) => format!("head {}", text::grouped(*number)),
    }
}

fn fork(chain: &ChainView) -> String {
    chain
        .fork
        .as_ref()
        .map_or_else(String::new, |fork| format!(" after block {}", text::grouped(fork.number)))
}

fn push_reason(sentence: &mut String, chain: &ChainView) {
    let reason = upper_first(&text::tidy(&chain.verdict_reason, VERDICT_REASON_CHARS_MAX));
    if !reason.is_empty() {
        let stop = if reason.ends_with('…') { "" } else { "." };
        sentence.push_str(&format!(" {reason}{stop}"));
    }
}

fn name(name: &str) -> String {
    text::tidy(name, NAME_CHARS_MAX)
}

fn join<'a>(sentences: impl Iterator<Item = &'a str>) -> String {
    sentences.collect::<Vec<_>>().join(" ")
}

pub(crate) fn upper_first(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

#[cfg(test)]
mod tests;
