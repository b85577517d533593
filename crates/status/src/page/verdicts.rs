//! The verdicts on a chain in turn, newest first, each with its reason.

use maud::{Markup, html};

use super::chain::severity;
use super::pill;
use crate::board::Board;
use crate::model::{ChainView, VerdictEntry};
use crate::text;

/// Verdicts that are always shown; the rest can be opened.
const SHOWN: usize = 4;

/// Verdicts that are shown at most.
const SHOWN_MAX: usize = 64;

/// Longest reason, in characters.
const REASON_CHARS_MAX: usize = 300;

pub(super) fn section(board: &Board, chain: &ChainView, id: &str) -> Markup {
    let now_ms = board.history.now_ms();
    // Each lasted until the next began; the last goes on.
    let ends = chain.verdicts.iter().skip(1).map(|next| Some(next.at_unix_ms)).chain([None]);
    let mut entries: Vec<(&VerdictEntry, Option<u64>)> = chain.verdicts.iter().zip(ends).collect();
    entries.reverse();
    entries.truncate(SHOWN_MAX);
    let (shown, rest) = entries.split_at(entries.len().min(SHOWN));
    html! {
        section .verdicts id=(format!("verdicts-{id}")) {
            @if !entries.is_empty() {
                h3 { "Verdicts" }
                ol reversed { @for (verdict, end) in shown { (entry(verdict, *end, now_ms)) } }
                @if !rest.is_empty() {
                    details id=(format!("verdicts-rest-{id}")) {
                        summary { (rest.len()) " earlier" }
                        ol reversed { @for (verdict, end) in rest { (entry(verdict, *end, now_ms)) } }
                    }
                }
            }
        }
    }
}

fn entry(entry: &VerdictEntry, end: Option<u64>, now_ms: u64) -> Markup {
    let began = entry.at_unix_ms;
    let lasted = end.unwrap_or(now_ms).saturating_sub(began);
    html! {
        li {
            (pill(severity(entry.verdict), entry.verdict.name())) " "
            span .when {
                @match end {
                    Some(end) => {
                        time datetime=(text::iso(began)) { (text::clock(began)) } " to "
                        time datetime=(text::iso(end)) { (text::clock(end)) } " UTC, " (text::span(lasted))
                    }
                    None => {
                        "since " time datetime=(text::iso(began)) { (text::moment(began)) } " UTC, for "
                        (text::span_coarse(lasted))
                    }
                }
            }
            span .why { (text::tidy(&entry.reason, REASON_CHARS_MAX)) }
        }
    }
}
