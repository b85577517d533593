//! The page as HTML: readable without JavaScript, and cut into parts that the live stream replaces.

mod chain;
mod fork;
mod incidents;
mod prices;
mod venue;
mod verdicts;
mod versions;

use std::collections::BTreeMap;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::board::Board;
use crate::component::Severity;
use crate::incident::Incident;
use crate::text;
use crate::venue::AccountView;
use crate::verdict::Finding;

/// From so many upstreams on, rows have no charts of their own, to keep the page small.
const CHARTED_UPSTREAMS_MAX: usize = 24;

/// The style sheet, a file of its own because the policy allows no styles inside the page.
pub(crate) const STYLE: &str = concat!(include_str!("palette.css"), include_str!("style.css"));
/// The script that takes the live stream; the page works without it.
pub(crate) const SCRIPT: &str = include_str!("live.js");
/// The script of the account's page, which signs what it asks for.
pub(crate) const ACCOUNT_SCRIPT: &str = include_str!("account.js");
/// The colours of all that Seawall shows, as custom properties of a style sheet.
pub const PALETTE: &str = include_str!("palette.css");
/// The icon in the browser's tab, as SVG.
pub const ICON: &str = include_str!("icon.svg");

/// The page's content at one moment: as a whole, and by parts that can be replaced by their id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    /// What is inside `<main>`.
    pub(crate) main: String,
    /// Elements of `main` by their id.
    pub(crate) parts: BTreeMap<String, String>,
}

impl Frame {
    /// What changed since `before`: the parts, or `None` where parts came or went and all is replaced.
    pub(crate) fn changes<'a>(&'a self, before: &Self) -> Option<BTreeMap<&'a str, &'a str>> {
        let same_ids = self.parts.keys().eq(before.parts.keys());
        same_ids.then(|| {
            let changed =
                self.parts.iter().filter(|(id, part)| before.parts.get(*id) != Some(*part));
            changed.map(|(id, part)| (id.as_str(), part.as_str())).collect()
        })
    }
}

/// Collects the parts while the page is drawn.
#[derive(Debug, Default)]
struct Parts(BTreeMap<String, String>);

impl Parts {
    /// Notes that `markup` is the element with this id and gives it back.
    fn add(&mut self, id: String, markup: Markup) -> Markup {
        self.0.insert(id, markup.0.clone());
        markup
    }
}

/// Draws what is inside `<main>`. `panel` is trusted HTML of the installation itself.
pub(crate) fn frame(board: &Board, panel: Option<&str>, now_ms: u64) -> Frame {
    let mut parts = Parts::default();
    let finding = board.finding(now_ms);
    let verdict = parts.add("verdict".to_owned(), verdict(board, &finding));
    let notices = parts.add("notices".to_owned(), notices(board));
    let upstreams: usize = board.overview.chains.iter().map(|chain| chain.upstreams.len()).sum();
    let charts = upstreams <= CHARTED_UPSTREAMS_MAX;
    let chains: Vec<Markup> = board
        .overview
        .chains
        .iter()
        .map(|view| chain::section(&mut parts, board, view, charts))
        .collect();
    let prices = prices::section(&mut parts, board);
    let venue = venue::section(&mut parts, board, now_ms);
    let panel = panel.map(|panel| {
        let markup = html! { section #panel .card .panel { (PreEscaped(panel)) } };
        parts.add("panel".to_owned(), markup)
    });
    let incidents = parts.add("incidents".to_owned(), incidents::section(board));
    let events = parts.add("events".to_owned(), incidents::events(board));
    let limits = parts.add("limits".to_owned(), limits(board));
    let main = html! {
        (verdict) (notices)
        @if let Some(venue) = &venue { (venue) }
        @if let Some(prices) = &prices { (prices) }
        @for chain in &chains { (chain) }
        @if let Some(panel) = &panel { (panel) }
        (incidents) (events) (limits)
    };
    Frame { main: main.0, parts: parts.0 }
}

/// The whole page around `main`.
pub(crate) fn document(board: &Board, main: &str, now_ms: u64) -> String {
    let title = title(board, &board.finding(now_ms));
    shell(board, &title, &Way::Live("/live"), PreEscaped(main))
}

/// Draws what is inside `<main>` of the venue's page; empty where there is no venue.
pub(crate) fn venue_frame(board: &Board, now_ms: u64) -> Frame {
    venue::frame(board, now_ms)
}

/// The venue's whole page around `main`; `None` where there is no venue.
pub(crate) fn venue_document(board: &Board, main: &str, now_ms: u64) -> Option<String> {
    let view = board.overview.venue.as_ref()?;
    let title = title(board, &venue::finding(board, view, now_ms));
    Some(shell(board, &title, &Way::Live("/venue/live"), PreEscaped(main)))
}

/// The page that asks for an account's key; `None` where there is no venue.
pub(crate) fn account_document(board: &Board) -> Option<String> {
    board.overview.venue.as_ref()?;
    let title = format!("Your account · {} status", board.options.page_name);
    Some(shell(board, &title, &Way::Account, PreEscaped(&venue::entrance().0)))
}

/// An account as whoever holds its key sees it.
pub(crate) fn account(view: &AccountView) -> String {
    venue::fragment(view).0
}

/// A page of one incident, under its lasting address.
pub(crate) fn incident(board: &Board, incident: &Incident, now_ms: u64) -> String {
    let title = format!("{} · {} status", text::tidy(&incident.name, 80), board.options.page_name);
    let main = html! {
        p { a href="/" { "← All of the status page" } }
        (incidents::article(board, incident, now_ms, true))
    };
    shell(board, &title, &Way::Still, PreEscaped(&main.0))
}

/// The page for an address that does not exist.
pub(crate) fn not_found(board: &Board) -> String {
    let main = html! {
        section .card {
            h1 { "There is no such page" }
            p { "The " a href="/" { "status page" } " has everything that is shown." }
        }
    };
    shell(
        board,
        &format!("Not found · {} status", board.options.page_name),
        &Way::Still,
        PreEscaped(&main.0),
    )
}

fn title(board: &Board, finding: &Finding) -> String {
    format!("{} · {} status", finding.headline, board.options.page_name)
}

/// How a page goes on after it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// It stays as it is.
    Still,
    /// Its parts are replaced by the live stream at this path.
    Live(&'static str),
    /// It asks for an account.
    Account,
}

/// A script of the page's own, under an address that changes with its content.
fn script(path: &str, content: &str) -> Markup {
    html! { script src=(format!("{path}?v={:x}", text::fnv1a(content.bytes()))) defer {} }
}

fn shell(board: &Board, title: &str, way: &Way, main: PreEscaped<&str>) -> String {
    let stream = match way {
        Way::Live(path) => Some(*path),
        Way::Still | Way::Account => None,
    };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (title) }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="description" content="Health, incidents and their evidence, measured by this installation";
                link rel="icon" type="image/svg+xml" href="/favicon.svg";
                link rel="stylesheet" href=(format!("/style.css?v={:x}", text::fnv1a(STYLE.bytes())));
                link rel="alternate" type="application/atom+xml" title="Incidents" href="/history.atom";
                @if stream.is_some() {
                    noscript { meta http-equiv="refresh" content="10"; }
                    (script("/live.js", SCRIPT))
                }
                @if *way == Way::Account { (script("/account.js", ACCOUNT_SCRIPT)) }
            }
            body data-live=[stream] {
                (icons())
                a .skip href="#main" { "Skip to the content" }
                header .top {
                    a .brand href="/" { (PreEscaped(ICON)) span { b { (board.options.page_name) } " status" } }
                    @if board.overview.venue.is_some() { (ways()) }
                    @if stream.is_some() { p #live .live { noscript { "renewed every 10 s" } } }
                }
                @if stream.is_some() {
                    p #stale .stale role="alert" hidden { }
                    p #announce .quiet aria-live="polite" { }
                }
                main #main { (main) }
                (footer(board))
            }
        }
    };
    page.0
}

/// The pages that there are.
fn ways() -> Markup {
    html! {
        nav .ways aria-label="Pages" {
            a href="/" { "Status" } " " a href="/venue" { "Venue" } " " a href="/venue/account" { "Your account" }
        }
    }
}

fn footer(board: &Board) -> Markup {
    html! {
        footer .foot {
            nav aria-label="Other forms of this page" {
                a href="/api/v2/summary.json" { "JSON (Statuspage v2)" } " "
                a href="/history.atom" { "Atom" } " "
                a href="/history.rss" { "RSS" }
            }
            p { (board.options.page_name) @if !board.overview.version.is_empty() { " " (text::tidy(&board.overview.version, 40)) } }
        }
    }
}

fn verdict(board: &Board, finding: &Finding) -> Markup {
    let at = board.history.now_ms();
    html! {
        section #verdict .verdict .(finding.severity.class()) data-title=(title(board, finding)) {
            (icon(finding.severity))
            div {
                h1 { (finding.headline) }
                p .sentence { (finding.sentence) }
                @if !finding.cause.words.is_empty() {
                    p .place { "Where the fault is: " b { (finding.cause.words) } }
                }
                @if at > 0 {
                    p .measured {
                        "Measured at " time datetime=(text::iso(at)) { (text::clock(at)) " UTC" } ", from this one place"
                        (controls(board))
                    }
                }
            }
        }
    }
}

/// How the places outside everything that is watched do, where there are any.
fn controls(board: &Board) -> Markup {
    let controls = &board.overview.controls;
    let answering = controls.iter().filter(|control| control.answers == Some(true)).count();
    html! {
        @if !controls.is_empty() {
            "; " (answering) " of " (text::counted(controls.len(), "outside control")) " "
            @if answering == 1 { "answers" } @else { "answer" }
        }
    }
}

fn notices(board: &Board) -> Markup {
    html! {
        div #notices {
            @for notice in &board.overview.notices { p .notice { (text::tidy(notice, 500)) } }
        }
    }
}

fn limits(board: &Board) -> Markup {
    html! {
        section #limits .limits aria-labelledby="limits-title" {
            h2 #limits-title { "What is not measured" }
            ul {
                li { "All of this is seen from one place. From here a failure of the whole network cannot be told \
                      from one of this place's own way to it, so the first is never claimed"
                     @if board.overview.controls.is_empty() {
                         ", nor the second: no outside controls are configured."
                     } @else {
                         ", and the second only where the outside controls fail as well."
                     } }
                li { "Latency is the time between this installation and an upstream, and from a call's arrival to its \
                      answer; the way between you and here is not in it." }
                li { "Operators and clouds are what the configuration declares; two that secretly share a supplier \
                      still count as two." }
                li {
                    "Uptime and incidents are kept in memory"
                    @if let Some((first, _)) = board.history.span_ms { ", since " (text::moment(first)) " UTC" }
                    "; time that was not watched counts neither way."
                }
            }
        }
    }
}

/// A severity's icon; its shape tells it without its colour.
fn icon(severity: Severity) -> Markup {
    let name = severity.class();
    html! { svg .icon .(name) aria-hidden="true" { use href=(format!("#i-{name}")) {} } }
}

/// A pill with a severity's icon and colour, and words.
fn pill(severity: Severity, words: &str) -> Markup {
    html! { span .pill .(severity.class()) { (icon(severity)) (words) } }
}

/// The icons, once a page.
fn icons() -> Markup {
    html! {
        svg .sprite aria-hidden="true" {
            symbol id="i-good" viewBox="0 0 24 24" { circle cx="12" cy="12" r="11" {} path d="M6.5 12.5l3.7 3.7 7.3-8" {} }
            symbol id="i-minor" viewBox="0 0 24 24" { path .shape d="M12 1.8 23.2 21.5H.8z" {} path d="M12 8.6v6M12 17.8v.4" {} }
            symbol id="i-major" viewBox="0 0 24 24" { path .shape d="M12 .6 23.4 12 12 23.4.6 12z" {} path d="M12 6.4v7M12 17v.4" {} }
            symbol id="i-critical" viewBox="0 0 24 24" {
                path .shape d="M7.4 1h9.2L23 7.4v9.2L16.6 23H7.4L1 16.6V7.4z" {} path d="M8 8l8 8M16 8l-8 8" {}
            }
            symbol id="i-unknown" viewBox="0 0 24 24" {
                circle cx="12" cy="12" r="11" {} path d="M8.7 9.4a3.3 3.3 0 1 1 4.7 3c-.9.5-1.4 1-1.4 2M12 17.6v.4" {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
