//! The fund, the proof that money is conserved, and what the venue's prices are good for.

use maud::{Markup, html};
use units::Money;

use super::{fact, name, price_pill};
use crate::board::Board;
use crate::charts;
use crate::component::Severity;
use crate::page::pill;
use crate::standing::is_broken;
use crate::text;
use crate::venue::{CoverageView, VenueView};

/// Markets and assets in the list of prices; the venue's `/v1/prices` has all.
const PRICES_SHOWN: usize = 40;

/// Coverage that is older says so.
const COVERAGE_OLD_MS: u64 = 10_000;

pub(super) fn fund(board: &Board, view: &VenueView) -> Markup {
    let FundRead { worst, words } = read(view);
    let settlement = name(&view.settlement);
    html! {
        section #fund .card aria-labelledby="fund-title" {
            h2 #fund-title { "Insurance fund " (pill(worst, &words)) }
            p .number-large { b { (text::money(view.fund.fund)) } span { (settlement) } }
            figure {
                figcaption { span { "The last hour" } span { (charts::least_fund(&board.venue_past)) } }
                (charts::fund(&board.venue_past, board.history.now_ms()))
            }
            p .sub .gap {
                "What would be missing if all prices moved at once and nothing could be sold on the way"
                @if let Some(age) = old_coverage(board, view) { ", as of " (text::span(age)) " ago" } "."
            }
            table .figures {
                thead { tr {
                    th scope="col" { "Move" } th scope="col" { "Of the two largest" } th scope="col" { "Of all" }
                    th scope="col" { "The fund covers" }
                } }
                tbody { @for line in &view.fund.coverage { (coverage(line, view.fund.fund)) } }
            }
        }
    }
}

/// How long ago the coverage was worked out, where that is long.
fn old_coverage(board: &Board, view: &VenueView) -> Option<u64> {
    let age = board.overview.at_unix_ms.saturating_sub(view.fund.covered_unix_ms);
    (!view.fund.coverage.is_empty() && age > COVERAGE_OLD_MS).then_some(age)
}

/// The fund's standing against a move of ten per cent, which it is held against.
struct FundRead {
    worst: Severity,
    words: String,
}

fn read(view: &VenueView) -> FundRead {
    let ten = view.fund.coverage.iter().filter(|line| line.move_bps.unsigned_abs() <= 1_000);
    let short = ten.clone().any(|line| line.two_largest > view.fund.fund);
    let short_of_all = ten.clone().any(|line| line.all > view.fund.fund);
    if view.fund.coverage.is_empty() {
        return FundRead { worst: Severity::Unknown, words: "not worked out yet".to_owned() };
    }
    if short {
        let words = "a move of 10 % is not covered".to_owned();
        return FundRead { worst: Severity::Major, words };
    }
    let words =
        if short_of_all { "covers the two largest at 10 %" } else { "covers a move of 10 %" };
    let worst = if short_of_all { Severity::Minor } else { Severity::Good };
    FundRead { worst, words: words.to_owned() }
}

fn coverage(line: &CoverageView, fund: Money) -> Markup {
    html! {
        tr {
            th scope="row" { (text::change(line.move_bps).replace(".00", "")) }
            td { (text::money(line.two_largest)) }
            td { (text::money(line.all)) }
            td {
                @if line.all <= Money::ZERO { span .soft { "no loss" } }
                @else if line.all <= fund { "all" }
                @else if line.two_largest <= fund { span .warn { (part(fund, line.all)) " of it" } }
                @else { strong .bad { (part(fund, line.all)) " of it" } }
            }
        }
    }
}

/// The fund as a part of a loss, in whole per cent, rounded down.
fn part(fund: Money, loss: Money) -> String {
    let part = fund.raw().max(0).saturating_mul(100).checked_div(loss.raw()).unwrap_or(0);
    format!("{part} %")
}

pub(super) fn proof(board: &Board, view: &VenueView) -> Markup {
    let proof = &view.proof;
    let (severity, words) = if is_broken(view) {
        (Severity::Critical, "broken")
    } else {
        (Severity::Good, "money is conserved")
    };
    let now = board.overview.at_unix_ms;
    let line = |sign: &str, term: &str, amount: Money| {
        html! { div { dt { span .sign { (sign) } (term) } dd { (text::exact(amount)) } } }
    };
    html! {
        section #proof .card aria-labelledby="proof-title" {
            h2 #proof-title { "Conservation " (pill(severity, words)) }
            p .sub { "All money that was brought in is somewhere, to the last unit. In " (name(&view.settlement)) ":" }
            dl .sum {
                (line("", "accounts: cash and isolated margin", proof.accounts))
                (line("−", "cost of open positions", proof.costs))
                (line("+", "insurance fund", view.fund.fund))
                (line("+", "fees less rebates", proof.fees))
                (line("+", "the house, for collateral it took over", proof.house))
                (line("+", "what rounding left over", proof.dust))
                (line("−", "brought in: deposits less withdrawals", proof.brought_in))
                div .total .(severity.class()) { dt { span .sign { "=" } "made or lost" } dd { (text::exact(proof.excess)) } }
            }
            p .sub .gap {
                @if proof.counted_unix_ms == 0 { "Everything has yet to be counted anew." }
                @else {
                    "Everything was counted anew " (text::span(now.saturating_sub(proof.counted_unix_ms))) " ago: "
                    @if proof.broken.is_empty() { "all invariants hold." }
                    @else {
                        strong .bad { (text::listed(&proof.broken.iter().map(|it| name(it)).collect::<Vec<_>>())) }
                        " does not hold."
                    }
                }
            }
        }
    }
}

pub(super) fn prices(view: &VenueView) -> Markup {
    html! {
        section #venue-prices .card aria-labelledby="venue-prices-title" {
            h2 #venue-prices-title {
                "Prices it goes by "
                @if view.connected { (pill(Severity::Good, "oracle connected")) }
                @else { (pill(Severity::Critical, "oracle away")) }
            }
            p .sub { "From the oracle at " (text::tidy(&view.oracle, 80)) ", never from its own book. Of collateral it is what it is valued at." }
            dl .facts {
                @for market in view.markets.iter().take(PRICES_SHOWN) {
                    (fact(&format!("{}, index of {}", name(&market.feed), name(&market.symbol)),
                        &super::book::shown(market.index, market.places.0),
                        &html! { (price_pill(market.status)) }))
                }
                @for asset in view.assets.iter().take(PRICES_SHOWN) {
                    (fact(&format!("{}, collateral {}", name(&asset.feed), name(&asset.name)),
                        &asset.liquidation.map_or_else(|| "–".to_owned(), text::price),
                        &html! { (price_pill(asset.status)) }))
                }
            }
        }
    }
}
