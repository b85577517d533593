//! The venue in short, on the status page.

use maud::{Markup, html};

use super::book::shown;
use super::{fact, finding, name};
use crate::board::Board;
use crate::charts;
use crate::component::{ComponentKey, Severity};
use crate::page::{Parts, pill};
use crate::price::PriceStatus;
use crate::standing::{is_broken, market_severity, market_words};
use crate::text;
use crate::venue::{MarketState, MarketView, VenueState, VenueView};

/// Markets in short on the status page.
const MARKETS_SHOWN: usize = 12;

pub(in crate::page) fn section(parts: &mut Parts, board: &Board, now_ms: u64) -> Option<Markup> {
    let view = board.overview.venue.as_ref()?;
    let heading = parts.add("venue-heading".to_owned(), heading(board, view, now_ms));
    let facts = parts.add("venue-facts".to_owned(), facts(board, view));
    let markets = parts.add("venue-markets".to_owned(), markets(board, view));
    Some(html! {
        section .card .chain .venue aria-labelledby="venue-heading" { (heading) (facts) (markets) }
    })
}

fn heading(board: &Board, view: &VenueView, now_ms: u64) -> Markup {
    let severity = finding(board, view, now_ms).severity;
    let word = match &view.state {
        VenueState::Starting => "starting",
        VenueState::Stopped(_) => "stopped",
        VenueState::Draining => "drained",
        VenueState::Running if is_broken(view) => "halted itself",
        VenueState::Running if severity == Severity::Good => "open",
        VenueState::Running => "open, not all well",
    };
    html! {
        h2 #venue-heading {
            "Venue " (pill(severity, word)) " "
            small { a href="/venue" { "Books, trades and liquidations" } " · " a href="/venue/account" { "Your account" } }
        }
    }
}

fn facts(board: &Board, view: &VenueView) -> Markup {
    let open = view.markets.iter().filter(|market| {
        market.state == MarketState::Trading && market.status == PriceStatus::Live
    });
    let rates = board.venue_past.rates();
    let over_ms = rates.first().map_or(0, |rate| rate.over_ms);
    let (admitted, shed) = rates.iter().fold((0_u64, 0_u64), |(admitted, shed), rate| {
        (admitted + rate.admitted, shed + rate.shed)
    });
    let a_second = admitted.saturating_mul(1_000).checked_div(over_ms);
    html! {
        dl #venue-facts .facts {
            (fact("Markets that trade", &format!("{} of {}", open.count(), view.markets.len()), &html! {
                @if view.connected { "oracle connected" } @else { strong .bad { "oracle away" } }
            }))
            (fact("Insurance fund", &text::money(view.fund.fund), &html! { (name(&view.settlement)) }))
            (fact("Liquidations", &text::grouped(view.taped), &html! {
                (text::grouped(board.venue_past.taped())) " in the last five minutes"
            }))
            (fact("Commands a second", &a_second.map_or_else(|| "–".to_owned(), text::grouped), &html! {
                @if rates.iter().any(|rate| rate.is_overload()) { strong .bad { (text::grouped(shed)) " sent away" } }
                @else { "nobody is sent away" }
            }))
            (fact("Money made or lost", &text::exact(view.proof.excess), &html! {
                @if is_broken(view) { strong .bad { "an invariant is broken" } } @else { "conserved" }
            }))
        }
    }
}

fn markets(board: &Board, view: &VenueView) -> Markup {
    html! {
        div #venue-markets .scroll {
            table role="table" {
                caption .quiet { "Markets of the venue" }
                thead role="rowgroup" { tr role="row" {
                    th role="columnheader" scope="col" { "Market" } th role="columnheader" scope="col" { "State" }
                    th role="columnheader" scope="col" { "Mark" } th role="columnheader" scope="col" { "Bid" }
                    th role="columnheader" scope="col" { "Ask" } th role="columnheader" scope="col" { "A day" }
                    th role="columnheader" scope="col" { "Last hour" }
                } }
                tbody role="rowgroup" {
                    @for market in view.markets.iter().take(MARKETS_SHOWN) { (row(board, market)) }
                }
            }
            @if view.markets.len() > MARKETS_SHOWN {
                p .sub { "And " (view.markets.len() - MARKETS_SHOWN) " more, on the venue's page." }
            }
        }
    }
}

fn row(board: &Board, market: &MarketView) -> Markup {
    let places = market.places.0;
    let severity = market_severity(market);
    let best =
        |level: Option<&crate::venue::LevelView>| shown(level.map(|level| level.price), places);
    let history = board.history.component(&ComponentKey::market(market));
    html! {
        tr .(severity.class()) role="row" {
            th role="rowheader" scope="row" { (name(&market.symbol)) }
            td role="cell" data-label="State" { (pill(severity, &market_words(market))) }
            td role="cell" .number data-label="Mark" { (shown(market.mark, places)) }
            td role="cell" .number data-label="Bid" { (best(market.bids.first())) }
            td role="cell" .number data-label="Ask" { (best(market.asks.first())) }
            td role="cell" .number data-label="A day" { (market.day_bps.map_or_else(|| "–".to_owned(), text::change)) }
            td role="cell" data-label="Last hour" {
                @if let Some(history) = history { (charts::minutes(history, board.history.now_ms())) }
            }
        }
    }
}
