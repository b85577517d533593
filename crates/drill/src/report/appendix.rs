//! What a reader needs to check a drill: facts with sources, what the model leaves out, and how to run it again.

use incident::{Fact, Role, Value};
use maud::{Markup, html};

use crate::drilled::{Drilled, Ran};
use crate::request::Form;

/// Numbers of a list that are shown; more are a path, whose picture is above.
const NUMBERS_MAX: usize = 12;

/// The small print of a drill.
pub(super) fn appendix(drilled: &Drilled) -> Markup {
    let incident = &drilled.incident;
    html! {
        div .appendix {
            @if !incident.facts.is_empty() {
                h3 { "What is known, and who says so" }
                div .wide { table {
                    thead { tr { th { "What" } th { "the record" } th { "the article" } th { "source" } } }
                    tbody { @for fact in &incident.facts { (row(fact)) } }
                } }
            }
            @if !drilled.about.is_empty() { h3 { "The model, and what it leaves out" } p { (drilled.about) } }
            @if !drilled.is_only_data { (repeat(drilled)) }
        }
    }
}

fn row(fact: &Fact) -> Markup {
    html! {
        tr {
            td { (fact.what) }
            td { b { (fact.value) } }
            td { @match &fact.article { Some(article) => span .disputed { (article) }, None => "\u{2013}" } }
            td .source { (source(&fact.source)) }
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
            div .wide { table {
                thead { tr { th { "Defence" } th { "key of the real part" } th { "on" } th { "off" } } }
                tbody { @for defence in &incident.defences { @for change in &defence.off {
                    tr {
                        td { (defence.name) }
                        td { code { (change.key) } }
                        td { "as configured" }
                        td { code { (change.value.as_deref().unwrap_or("left out")) } }
                    }
                } } }
            } }
        }
        @if let Some(ran) = on { (parameters(ran)) }
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
