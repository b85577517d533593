//! The venue: a card on the status page, and a page of its own with everything.

mod account;
mod book;
mod card;
mod load;
mod money;
mod tape;

use maud::{Markup, html};

use super::{Frame, Parts, icon, incidents, notices, title};
use crate::board::Board;
use crate::component::ComponentKey;
use crate::incident::Incident;
use crate::standing;
use crate::text;
use crate::venue::VenueView;
use crate::verdict::{Finding, stale};

pub(super) use account::{entrance, fragment};
pub(super) use card::section;

/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 40;

/// Incidents of the venue on its page; the status page has them all.
const INCIDENTS_SHOWN: usize = 5;

/// The verdict on the venue at `now_ms`.
pub(super) fn finding(board: &Board, view: &VenueView, now_ms: u64) -> Finding {
    let finding = standing::finding(&board.overview, view, &board.venue_past.rates());
    if board.is_fresh(now_ms) {
        return finding;
    }
    stale(&finding, now_ms.saturating_sub(board.history.now_ms()))
}

/// Draws what is inside `<main>` of the venue's page; empty where there is no venue.
pub(super) fn frame(board: &Board, now_ms: u64) -> Frame {
    let Some(view) = &board.overview.venue else { return Frame::default() };
    let mut parts = Parts::default();
    let verdict = parts.add("verdict".to_owned(), verdict(board, view, now_ms));
    let notices = parts.add("notices".to_owned(), notices(board));
    let markets: Vec<Markup> = view
        .markets
        .iter()
        .take(book::BOOKS_MAX)
        .map(|market| book::market(&mut parts, board, market))
        .collect();
    let rest = parts.add("more-markets".to_owned(), book::others(view));
    let tape = tape::section(&mut parts, board, view);
    let fund = parts.add("fund".to_owned(), money::fund(board, view));
    let proof = parts.add("proof".to_owned(), money::proof(board, view));
    let load = parts.add("load".to_owned(), load::section(board, view));
    let prices = parts.add("venue-prices".to_owned(), money::prices(view));
    let incidents = parts.add("incidents".to_owned(), incidents_of(board));
    let main = html! {
        (verdict) (notices)
        @for market in &markets { (market) }
        (rest) (tape)
        div .pair { (fund) (proof) }
        (load) (prices) (incidents)
    };
    Frame { main: main.0, parts: parts.0 }
}

fn verdict(board: &Board, view: &VenueView, now_ms: u64) -> Markup {
    let finding = finding(board, view, now_ms);
    let at = board.history.now_ms();
    html! {
        section #verdict .verdict .slim .(finding.severity.class()) data-title=(title(board, &finding)) {
            (icon(finding.severity))
            div {
                h1 { (finding.headline) }
                p .sentence { (finding.sentence) }
                @if !finding.cause.words.is_empty() {
                    p .place { "Where the fault is: " b { (finding.cause.words) } }
                }
                p .measured {
                    "Measured at " time datetime=(text::iso(at)) { (text::clock(at)) " UTC" } "; "
                    (text::grouped(view.commands)) " commands, " (text::counted(view.accounts, "account")) ", "
                    (text::counted(view.open_orders, "open order"))
                }
            }
        }
    }
}

/// Whether an incident is one of the venue.
fn is_ours(incident: &Incident) -> bool {
    let ours = |key: &ComponentKey| match key {
        ComponentKey::Venue | ComponentKey::Market(_) => true,
        ComponentKey::Chain(_) | ComponentKey::Upstream(..) => false,
    };
    incident.affected.iter().any(ours)
}

fn incidents_of(board: &Board) -> Markup {
    let ours: Vec<&Incident> = board.incidents.all().filter(|it| is_ours(it)).collect();
    let open = ours.iter().filter(|incident| incident.resolved_ms.is_none()).count();
    html! {
        section #incidents .card aria-labelledby="incidents-title" {
            h2 #incidents-title { "Incidents of the venue" }
            @if open == 0 { p .none { "No open incident." } }
            @for incident in ours.iter().take(INCIDENTS_SHOWN) {
                (incidents::article(board, incident, board.history.now_ms(), false))
            }
            p .sub .more { a href="/" { "The status page has all of them" } ", the oracle's and the gateway's as well." }
        }
    }
}

/// A short name that is safe to show.
fn name(name: &str) -> String {
    text::tidy(name, NAME_CHARS_MAX)
}

/// An element's id of a market.
fn id_of(symbol: &str) -> String {
    ComponentKey::Market(symbol.to_owned()).id()
}

/// A fact of a definition list.
fn fact(term: &str, value: &str, note: &Markup) -> Markup {
    html! { div { dt { (term) } dd { b { (value) } span { (note) } } } }
}

/// How bad a price's status is, with its word.
fn price_pill(status: crate::price::PriceStatus) -> Markup {
    super::pill(crate::prices::severity(status), status.name())
}

#[cfg(test)]
mod tests;
