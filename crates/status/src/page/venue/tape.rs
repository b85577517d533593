//! The liquidation tape: each entry with who absorbed the loss.

use maud::{Markup, html};
use units::Money;

use super::name;
use crate::board::Board;
use crate::charts;
use crate::page::Parts;
use crate::text;
use crate::venue::{TakenBy, TapeLine, TapeWhat, VenueView};

/// Entries on the page. The tape itself is at the venue's `/v1/tape`, whole.
const LINES_SHOWN: usize = 20;

pub(super) fn section(parts: &mut Parts, board: &Board, view: &VenueView) -> Markup {
    let head = parts.add("tape-head".to_owned(), head(board, view));
    let lines = parts.add("tape-lines".to_owned(), lines(&view.tape, &view.settlement));
    html! {
        section .card .tape aria-labelledby="tape-title" { (head) (lines) }
    }
}

fn head(board: &Board, view: &VenueView) -> Markup {
    html! {
        div #tape-head {
            h2 #tape-title { "Liquidation tape" }
            p .sub {
                "Every liquidation and deleveraging, numbered without a gap: "
                b { (text::grouped(view.taped)) } " so far, " b { (text::grouped(board.venue_past.taped())) }
                " in the last five minutes, " b { (view.liquidating) } " going on."
            }
            figure {
                figcaption { span { "Entries over the last five minutes" } }
                (charts::taped(&board.venue_past, board.history.now_ms()))
            }
        }
    }
}

/// Entries as rows, the newest first.
pub(super) fn lines(tape: &[TapeLine], settlement: &str) -> Markup {
    let settlement = name(settlement);
    html! {
        div #tape-lines .scroll {
            @if tape.is_empty() { p .none { "Nobody has been liquidated." } }
            @else {
                table .stacked {
                    caption .quiet { "The newest entries of the tape" }
                    thead { tr {
                        th scope="col" { "No." } th scope="col" { "Time, UTC" } th scope="col" { "Account" }
                        th scope="col" { "What" } th scope="col" { "Taken by" }
                        th scope="col" { "Who paid the loss, in " (settlement) } th scope="col" { "Fund after" }
                    } }
                    tbody { @for line in tape.iter().take(LINES_SHOWN) { (row(line)) } }
                }
            }
        }
    }
}

fn row(line: &TapeLine) -> Markup {
    html! {
        tr {
            th scope="row" data-label="No." { (text::grouped(line.number)) }
            td .when data-label="Time, UTC" { (text::clock(line.at_unix_ms)) }
            td data-label="Account" { (line.account) }
            td .wide data-label="What" { (what(&line.what)) }
            td data-label="Taken by" { (taken_by(&line.what)) }
            td .wide data-label="Who paid the loss" { (losses(line)) }
            td .figure data-label="Fund after" { (text::money(line.fund)) }
        }
    }
}

fn what(what: &TapeWhat) -> Markup {
    html! {
        @match what {
            TapeWhat::Position { symbol, long, quantity, price, mark, places, .. } => {
                (if *long { "long " } else { "short " })
                b { (text::fixed(quantity.raw(), places.1)) " " (name(symbol)) }
                " at " (text::fixed(price.raw(), places.0))
                span .aside { "mark " (text::fixed(mark.raw(), places.0)) }
            }
            TapeWhat::Collateral { asset, amount, credited } => {
                "collateral " b { (text::money(*amount)) " " (name(asset)) }
                span .aside { "the account got " (text::money(*credited)) " for it" }
            }
            TapeWhat::Debt => { "what it owes and cannot pay" }
        }
    }
}

fn taken_by(what: &TapeWhat) -> &'static str {
    match what {
        TapeWhat::Position { taken_by: TakenBy::Book, .. } => "the book",
        TapeWhat::Position { taken_by: TakenBy::Backstop, .. } => "the backstop",
        TapeWhat::Position { taken_by: TakenBy::Holders, .. } => "opposite holders",
        TapeWhat::Collateral { .. } => "the house",
        TapeWhat::Debt => "–",
    }
}

/// Who paid, and how much; what the account itself has paid is no loss of others.
fn losses(line: &TapeLine) -> Markup {
    let payers = [
        (line.fund_paid, "the fund", "fund"),
        (line.holders_paid, "opposite holders", "holders"),
        (line.socialised, "everybody", "everybody"),
        (line.unpaid, "nobody: left unpaid", "unpaid"),
    ];
    let paid: Vec<_> = payers.iter().filter(|(amount, ..)| *amount != Money::ZERO).collect();
    html! {
        @if paid.is_empty() { "no loss" }
        @for (place, (amount, who, class)) in paid.iter().enumerate() {
            @if place > 0 { ", " }
            span .payer .(*class) { (who) " " b { (text::money(*amount)) } }
        }
        @if line.fee != Money::ZERO { span .aside { "its fee to the fund " (text::money(line.fee)) } }
    }
}
