//! Who is let in: classes of work, how long they wait, and what is sent away.

use maud::{Markup, html};

use super::name;
use crate::board::Board;
use crate::charts;
use crate::component::Severity;
use crate::page::pill;
use crate::standing::Rate;
use crate::text;
use crate::venue::{DelayView, LaneView, VenueView};

pub(super) fn section(board: &Board, view: &VenueView) -> Markup {
    let rates = board.venue_past.rates();
    let shedding = rates.iter().filter(|rate| rate.is_overload()).count();
    html! {
        section #load .card aria-labelledby="load-title" {
            h2 #load-title {
                "Admission "
                @if view.lanes.is_empty() { (pill(Severity::Unknown, "not known yet")) }
                @else if shedding == 0 { (pill(Severity::Good, "everybody gets in")) }
                @else { (pill(Severity::Minor, "some is sent away")) }
            }
            p .sub {
                @if view.fifo { "Everybody in turn, whatever it is that they ask for." }
                @else { "What cuts risk goes first, by what it does and not by what it says." }
                " Rates are of the last half a minute, delays of the last seconds."
            }
            figure {
                figcaption {
                    span { "Work of the last five minutes" }
                    span { "done " b { (text::grouped(sum(&board.venue_past.samples, |it| it.admitted))) }
                        ", sent away " b { (text::grouped(sum(&board.venue_past.samples, |it| it.shed))) } }
                }
                (charts::work(&board.venue_past, board.history.now_ms()))
            }
            div .scroll {
                table .figures .stacked {
                    caption .quiet { "Classes of work" }
                    thead { tr {
                        th scope="col" { "Class" } th scope="col" { "Waiting" } th scope="col" { "Queue delay, p50" }
                        th scope="col" { "p99" } th scope="col" { "Let in a second" } th scope="col" { "Sent away a second" }
                        th scope="col" { "Sent away so far" } th scope="col" { "Lane" }
                    } }
                    tbody {
                        @for (place, lane) in view.lanes.iter().enumerate() {
                            (row(lane, rates.get(place).copied().unwrap_or_default()))
                        }
                    }
                }
            }
        }
    }
}

fn sum<'a>(
    samples: impl IntoIterator<Item = &'a crate::standing::Sample>,
    what: impl Fn(&crate::standing::Sample) -> u64,
) -> u64 {
    samples.into_iter().map(what).sum()
}

fn row(lane: &LaneView, rate: Rate) -> Markup {
    let delay = |of: fn(&DelayView) -> u64| {
        lane.delay_us.as_ref().map_or_else(|| "–".to_owned(), |delay| text::latency(of(delay)))
    };
    html! {
        tr {
            th scope="row" data-label="Class" { (name(&lane.name)) }
            td data-label="Waiting" { (text::grouped(lane.waiting)) }
            td data-label="Queue delay, p50" { (delay(|it| it.p50)) }
            td data-label="p99" { (delay(|it| it.p99)) }
            td data-label="Let in a second" { (a_second(rate.admitted, rate.over_ms)) }
            td data-label="Sent away a second" {
                @if rate.is_overload() { strong .bad { (a_second(rate.shed, rate.over_ms)) } }
                @else { (a_second(rate.shed, rate.over_ms)) }
            }
            td data-label="Sent away so far" {
                (text::grouped(lane.shed))
                @if lane.coalesced > 0 { span .sub { (text::grouped(lane.coalesced)) " answered with another" } }
            }
            td data-label="Lane" {
                @if lane.open { (pill(Severity::Good, "open")) } @else { (pill(Severity::Minor, "closed")) }
            }
        }
    }
}

/// So many within a time, as a second has of them.
fn a_second(number: u64, over_ms: u64) -> String {
    let tenths = number.saturating_mul(10_000).checked_div(over_ms);
    match tenths {
        None => "–".to_owned(),
        Some(tenths) if tenths >= 1_000 => text::grouped(tenths / 10),
        Some(tenths) => format!("{}.{}", tenths / 10, tenths % 10),
    }
}
