//! What a reader needs to check a drill: facts with sources, what the model leaves out, and how to run it again.

use incident::{Fact, Role, Value, value_of};
use maud::{Markup, html};

use super::words;
use crate::drilled::{Drilled, Ran};
use crate::request::Form;

/// Numbers of a list that are shown; more are a path, whose picture is above.
const NUMBERS_MAX: usize = 12;

/// Letters of a key's value that are shown.
const SETTING_LETTERS: usize = 80;

/// The small print of a drill.
pub(super) fn appendix(drilled: &Drilled) -> Markup {
    let incident = &drilled.incident;
    html! {
        div .appendix {
            @if !incident.facts.is_empty() && !drilled.is_version() {
                h3 { "What is known, and who says so" }
                div .wide { table .stack {
                    thead { tr { th scope="col" { "What" } th scope="col" { "the record" } th scope="col" { "the article" } th scope="col" { "source" } } }
                    tbody { @for fact in &incident.facts { (row(fact)) } }
                } }
            }
            @if !drilled.about.is_empty() && !drilled.is_version() { h3 { "The model, and what it leaves out" } p { (drilled.about) } }
            @if !drilled.is_only_data { (repeat(drilled)) }
        }
    }
}

fn row(fact: &Fact) -> Markup {
    html! {
        tr {
            td data-label="What" { (words::prose(&fact.what)) }
            td data-label="the record" { b { (words::prose(&fact.value)) } }
            td data-label="the article" { @match &fact.article { Some(article) => span .disputed { (article) }, None => "\u{2013}" } }
            td data-label="source" .source { (source(&fact.source)) }
        }
    }
}

/// A source, with its address as a link where that is all it is.
fn source(text: &str) -> Markup {
    let is_address = text.starts_with("https://") && !text.contains(char::is_whitespace);
    html! { @if is_address { a href=(text) { (text) } } @else { (text) } }
}

fn repeat(drilled: &Drilled) -> Markup {
    let incident = &drilled.incident;
    let short = if drilled.form == Form::Short { " --short" } else { "" };
    let on = drilled.ran.iter().find(|ran| ran.case.role == Role::On).or(drilled.ran.first());
    html! {
        h3 { "To repeat it" }
        p { code { "seawall drill run " (drilled.name) " --seed " (drilled.seed) (short) } " "
            @if drilled.is_deterministic { "The same seed gives the same bytes." }
            @else { "The real program runs over its sockets, so figures differ a little from run to run." } }
        @if !incident.defences.is_empty() {
            div .wide { table .stack {
                thead { tr { th scope="col" { "Defence" } th scope="col" { "key of the real part" } th scope="col" { "on" } th scope="col" { "off" } } }
                tbody { @for defence in &incident.defences { @for change in &defence.off {
                    tr {
                        td data-label="Defence" { (defence.name) }
                        td data-label="key of the real part" { code { (change.key) } }
                        td data-label="on" { (setting(value_of(&incident.configuration, &change.key).as_deref())) }
                        td data-label="off" { (setting(change.value.as_deref())) }
                    }
                } } }
            } }
        }
        @if let Some(ran) = on { (parameters(ran)) }
    }
}

/// A key's value; a long one is a list, whose beginning is enough to know it by.
fn setting(value: Option<&str>) -> Markup {
    match value {
        None => html! { "not set: as usual" },
        Some(value) if value.chars().count() <= SETTING_LETTERS => html! { code { (value) } },
        Some(value) => {
            let lines: Vec<&str> = value.split_whitespace().collect();
            let start: String = lines.join(" ").chars().take(SETTING_LETTERS).collect();
            html! { code { (start) "\u{2026}" } }
        }
    }
}

fn parameters(ran: &Ran) -> Markup {
    html! {
        p .parameters {
            "Parameters: "
            @for (place, (name, value)) in ran.case.parameters.iter().enumerate() {
                @if place > 0 { ", " }
                code { (name) "\u{a0}=\u{a0}" (shown(value)) }
            }
            @if let Some(digest) = &ran.outcome.digest { ". Digest of the run with defences on: " code { (digest.get(..16).unwrap_or(digest)) } }
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Number(number) => format!("{number}"),
        Value::Word(word) => word.clone(),
        Value::Numbers(numbers) => {
            let first: Vec<String> = numbers.iter().take(NUMBERS_MAX).map(f64::to_string).collect();
            let more = if numbers.len() > NUMBERS_MAX { ", \u{2026}" } else { "" };
            format!("[{}{more}]", first.join(", "))
        }
    }
}
