//! The oracle's prices: each with its status, its lanes and sources over the last hour, and why it is what it is.

use maud::{Markup, html};
use units::{Money, Price};

use super::{Parts, pill};
use crate::board::Board;
use crate::component::Severity;
use crate::price::{CostView, PriceStatus, PriceView, SourceView};
use crate::prices::{chart, severity};
use crate::text;

/// Longest cause or reason, in characters.
const WORDS_MAX: usize = 240;

pub(super) fn section(parts: &mut Parts, board: &Board) -> Option<Markup> {
    let prices = &board.overview.prices;
    if prices.is_empty() {
        return None;
    }
    let heading = parts.add("prices-heading".to_owned(), heading(prices));
    let assets: Vec<Markup> = prices
        .iter()
        .map(|view| {
            let id = format!("price-{}", text::stable_id(&["price", &view.symbol]));
            let drawn = parts.add(format!("drawn-{id}"), drawing(board, view, &id));
            let head = parts.add(format!("head-{id}"), head(view, &id));
            let evidence = parts.add(format!("evidence-{id}"), evidence(view, &id));
            html! { article .asset { (head) (drawn) (evidence) } }
        })
        .collect();
    Some(html! {
        section .card .prices aria-labelledby="prices-heading" {
            (heading)
            (key())
            @for asset in &assets { (asset) }
        }
    })
}

fn heading(prices: &[PriceView]) -> Markup {
    let live = prices.iter().filter(|view| view.status == PriceStatus::Live).count();
    let worst = prices.iter().map(|view| severity(view.status)).max().unwrap_or(Severity::Unknown);
    html! {
        h2 #prices-heading {
            "Prices " (pill(worst, &format!("{live} of {} live", prices.len())))
        }
    }
}

/// What the lines are.
fn key() -> Markup {
    let entry = |class: &str, words: &str| {
        html! {
            li {
                svg .price-chart viewBox="0 0 24 8" aria-hidden="true" { path class=(class) d="M1 4h22" {} }
                (words)
            }
        }
    };
    html! {
        ul .price-key {
            (entry("lane market", "market"))
            (entry("lane liquidation", "liquidation: what collateral is valued at"))
            (entry("lane fundamental", "fundamental: what it is redeemed for"))
            (entry("source", "a source"))
            (entry("source refused", "a refused source"))
        }
    }
}

fn head(view: &PriceView, id: &str) -> Markup {
    html! {
        div .asset-head id=(format!("head-{id}")) {
            h3 { (text::tidy(&view.symbol, 40)) " " (pill(severity(view.status), view.status.name())) }
            (number(view))
            (lanes(view))
        }
    }
}

/// New every ten seconds, and a part of its own for that: it is most of an asset's bytes.
fn drawing(board: &Board, view: &PriceView, id: &str) -> Markup {
    html! {
        figure id=(format!("drawn-{id}")) {
            @if let Some(samples) = board.price_past.of(&view.symbol) {
                (chart(samples, board.overview.at_unix_ms))
            }
        }
    }
}

fn evidence(view: &PriceView, id: &str) -> Markup {
    let refused = view.sources.iter().filter(|source| source.refused.is_some()).count();
    html! {
        div .evidence id=(format!("evidence-{id}")) {
            @if !view.causes.is_empty() {
                ul .causes { @for cause in &view.causes { li { (text::tidy(cause, WORDS_MAX)) } } }
            }
            p .cost {
                b { (view.groups.0) } " independent sources are used; " (view.groups.1) " make it live."
                (costs(view))
            }
            (sources(view, refused, id))
        }
    }
}

fn number(view: &PriceView) -> Markup {
    html! {
        p .number-large {
            @match (view.market, view.clusters.is_empty()) {
                (Some(market), _) => {
                    b { (text::price(market)) }
                    @if let Some(confidence) = view.confidence { span { "± " (text::price_beside(confidence, market)) } }
                    @if let Some(age) = view.age_ms.filter(|age| *age >= 1_000) { span .bad { (text::span(age)) " old" } }
                }
                (None, false) => {
                    b { @for (place, price) in view.clusters.iter().enumerate() { @if place > 0 { " or " } (text::price(*price)) } }
                }
                (None, true) => {
                    b .bad { "no price" }
                    @if let Some((price, age)) = view.last_good {
                        span { "the last good one was " (text::price(price)) ", " (text::span_coarse(age)) " ago" }
                    }
                }
            }
        }
    }
}

/// The other lanes, where they say something else than the market.
fn lanes(view: &PriceView) -> Markup {
    let Some(fundamental) = view.fundamental else { return html! {} };
    html! {
        dl .lanes {
            div { dt { "liquidation" } dd { (lane(view.liquidation)) } }
            div { dt { "fundamental" } dd { (lane(Some(fundamental))) } }
        }
    }
}

fn lane(price: Option<Price>) -> String {
    price.map_or_else(|| "none".to_owned(), text::price)
}

fn costs(view: &PriceView) -> Markup {
    let [down, up] = &view.cost;
    let one = |cost: &CostView, way: &str| {
        html! {
            " " (way) " " b { "≥ $" (money(cost.at_least)) } " on " (names(&cost.on))
            @if !cost.not_seen.is_empty() { " (" (names(&cost.not_seen)) ": book not seen, counted as nothing)" }
        }
    };
    html! {
        @if down.is_some() || up.is_some() {
            " To move it by 1 %:"
            @if let Some(down) = down { (one(down, "down")) }
            @if down.is_some() && up.is_some() { ";" }
            @if let Some(up) = up { (one(up, "up")) }
            "."
        }
    }
}

fn money(money: Money) -> String {
    let whole = money.raw().checked_div(units::fixed::ONE).unwrap_or(0);
    text::grouped(u64::try_from(whole).unwrap_or(u64::MAX))
}

fn names(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| text::tidy(name, 40)).collect();
    text::listed(&names)
}

/// Refused sources in the open; the others behind a click, for they all say about the same.
fn sources(view: &PriceView, refused: usize, id: &str) -> Markup {
    let used = view.sources.len() - refused;
    html! {
        @if refused > 0 {
            ul .source-list {
                @for source in view.sources.iter().filter(|source| source.refused.is_some()) { (source_row(view, source)) }
            }
        }
        @if used > 0 {
            details id=(format!("used-{id}")) {
                summary { (text::counted(used, "source")) " used" }
                ul .source-list {
                    @for source in view.sources.iter().filter(|source| source.refused.is_none()) { (source_row(view, source)) }
                }
            }
        }
    }
}

fn source_row(view: &PriceView, source: &SourceView) -> Markup {
    let price = source.price.map_or_else(|| "no price".to_owned(), text::price);
    html! {
        li .(if source.refused.is_some() { "out" } else { "in" }) {
            span .name { (text::tidy(&source.name, 60)) }
            span .number { (price) @if let Some(off) = off(view, source) { span .sub { (off) } } }
            @if let Some(reason) = &source.refused {
                span .why { b { "refused" } ": " (text::tidy(reason, WORDS_MAX)) }
            } @else {
                span .why { (share(source.weight_bps)) " of the price" }
            }
        }
    }
}

fn share(bps: i64) -> String {
    format!("{}.{} %", bps / 100, bps % 100 / 10)
}

/// How far a source is from the market, in per cent; nothing where it is as good as there.
fn off(view: &PriceView, source: &SourceView) -> Option<String> {
    let (market, price) = (view.market?, source.price?);
    let ratio = price.minus(market).over(market, units::Rounding::Nearest)?;
    let bps = ratio.as_bps();
    let size = bps.unsigned_abs();
    let sign = if bps < 0 { "−" } else { "+" };
    (size >= 10).then(|| format!("{sign}{}.{:02} %", text::grouped(size / 100), size % 100))
}
