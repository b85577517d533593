//! A market: its prices, the best of its book, its newest trades.

use maud::{Markup, html};
use units::{Price, Quantity};

use super::{id_of, name, price_pill};
use crate::board::Board;
use crate::charts;
use crate::component::ComponentKey;
use crate::page::{Parts, pill};
use crate::standing::{market_severity, market_trouble, market_words};
use crate::text;
use crate::venue::{LevelView, MarketState, MarketView, TradeView, VenueView};

/// Markets that are shown with book and trades; more have a line each, to keep the page small.
pub(super) const BOOKS_MAX: usize = 6;

/// Markets that have a line each; of more, the venue's `/v1/markets` has the list.
const LINES_MAX: usize = 40;

/// Levels of each side, and trades of each market.
const LEVELS: usize = 10;

pub(super) fn market(parts: &mut Parts, board: &Board, market: &MarketView) -> Markup {
    let id = id_of(&market.symbol);
    let head = parts.add(format!("head-{id}"), head(board, market, &id));
    let book = parts.add(format!("book-{id}"), book(market, &id));
    let trades = parts.add(format!("trades-{id}"), trades(market, &id));
    html! {
        section .card .market aria-labelledby=(format!("title-{id}")) {
            (head)
            div .trading { (book) (trades) }
        }
    }
}

/// Markets beyond those that have books here.
pub(super) fn others(view: &VenueView) -> Markup {
    html! {
        section #more-markets .card .chain hidden[view.markets.len() <= BOOKS_MAX] {
            h2 { "Other markets" }
            ul .plain {
                @for market in view.markets.iter().skip(BOOKS_MAX).take(LINES_MAX) {
                    li {
                        b { (name(&market.symbol)) } " " (pill(market_severity(market), &market_words(market)))
                        " mark " (shown(market.mark, market.places.0))
                        ", bid " (shown(market.bids.first().map(|level| level.price), market.places.0))
                        ", ask " (shown(market.asks.first().map(|level| level.price), market.places.0))
                    }
                }
            }
            @if view.markets.len() > BOOKS_MAX + LINES_MAX {
                p .sub { "And " (view.markets.len() - BOOKS_MAX - LINES_MAX) " more." }
            }
        }
    }
}

fn head(board: &Board, market: &MarketView, id: &str) -> Markup {
    let (price, quantity) = market.places;
    let history = board.history.component(&ComponentKey::market(market));
    html! {
        div .market-head id=(format!("head-{id}")) {
            h2 id=(format!("title-{id}")) {
                (name(&market.symbol)) " " (pill(market_severity(market), &market_words(market)))
            }
            p .number-large { b { (shown(market.mark, price)) } span { "mark" } }
            @if let Some(history) = history { (charts::minutes(history, board.history.now_ms())) }
            dl .lanes {
                div {
                    dt { "index " (name(&market.feed)) }
                    dd { (shown(market.index, price)) " " (price_status(market)) }
                }
                div { dt { "last" } dd { (shown(market.last, price)) } }
                div { dt { "a day" } dd { @match market.day_bps { Some(bps) => (text::change(bps)), None => "–" } } }
                div { dt { "traded in a day" } dd { (text::money(market.day_quote)) } }
                div { dt { "open interest" } dd { (text::fixed(market.open_interest.raw(), quantity)) } }
            }
            @if let Some(trouble) = market_trouble(market) {
                p .trouble { (name(&market.symbol)) " " (trouble) "." }
            }
        }
    }
}

/// The price's status where the pill of the market does not tell it, and its age where it is old.
fn price_status(market: &MarketView) -> Markup {
    let told_above = market.state == MarketState::Trading;
    html! {
        @if !told_above { (price_pill(market.status)) }
        @if let Some(age) = market.age_ms.filter(|age| *age >= 2_000) {
            span .bad { " " (text::span(age)) " old" }
        }
    }
}

/// A price that may not be there.
pub(super) fn shown(price: Option<Price>, places: u8) -> String {
    price.map_or_else(|| "–".to_owned(), |price| text::fixed(price.raw(), places))
}

fn book(market: &MarketView, id: &str) -> Markup {
    let bids = market.bids.get(..LEVELS.min(market.bids.len())).unwrap_or_default();
    let asks = market.asks.get(..LEVELS.min(market.asks.len())).unwrap_or_default();
    let most = bids.iter().chain(asks).map(|level| level.quantity).max().unwrap_or(Quantity::ZERO);
    html! {
        div .book id=(format!("book-{id}")) {
            h3 { "Book " span .sub { (spread(market)) } }
            div .sides {
                (side(market, bids, most, "bid"))
                (side(market, asks, most, "ask"))
            }
        }
    }
}

/// What lies between the best bid and the best ask.
fn spread(market: &MarketView) -> String {
    let (Some(bid), Some(ask)) = (market.bids.first(), market.asks.first()) else {
        return match (market.bids.is_empty(), market.asks.is_empty()) {
            (true, true) => "nothing rests here".to_owned(),
            (true, false) => "nobody buys".to_owned(),
            (false, _) => "nobody sells".to_owned(),
        };
    };
    let apart = ask.price.minus(bid.price);
    let bps = apart.over(bid.price, units::Rounding::Nearest).map_or(0, units::Ratio::as_bps);
    format!(
        "spread {}, {}.{:02} %",
        text::fixed(apart.raw(), market.places.0),
        bps / 100,
        bps.unsigned_abs() % 100
    )
}

fn side(market: &MarketView, levels: &[LevelView], most: Quantity, which: &'static str) -> Markup {
    let caption = if which == "bid" { "Bids" } else { "Asks" };
    html! {
        div .side .(which) {
            (charts::depth(levels.iter().map(|level| share(level.quantity, most)), LEVELS, which))
            table {
                caption .quiet { (caption) " of " (name(&market.symbol)) }
                thead { tr {
                    th scope="col" { (if which == "bid" { "Bid" } else { "Ask" }) }
                    th scope="col" { "Quantity" }
                } }
                tbody {
                    @for place in 0..rows(market) {
                        @match levels.get(place) {
                            Some(level) => tr {
                                td .price { (text::fixed(level.price.raw(), market.places.0)) }
                                td { (text::fixed(level.quantity.raw(), market.places.1)) }
                            },
                            None => tr { td .price { "\u{a0}" } td {} },
                        }
                    }
                }
            }
        }
    }
}

/// Rows of book and trades: always as many, so that nothing jumps, but where nothing was ever there.
fn rows(market: &MarketView) -> usize {
    let is_empty = market.bids.is_empty() && market.asks.is_empty() && market.recent.is_empty();
    if is_empty { 1 } else { LEVELS }
}

/// A quantity as a part of another, of a hundred.
fn share(part: Quantity, whole: Quantity) -> u64 {
    let share = part.raw().saturating_mul(100).checked_div(whole.raw()).unwrap_or(0);
    u64::try_from(share).unwrap_or(0).clamp(1, 100)
}

fn trades(market: &MarketView, id: &str) -> Markup {
    let shown: Vec<&TradeView> = market.recent.iter().take(LEVELS).collect();
    html! {
        div .trades id=(format!("trades-{id}")) {
            h3 { "Trades " span .sub { (text::grouped(market.trades)) " so far" } }
            table {
                caption .quiet { "The newest trades of " (name(&market.symbol)) }
                thead { tr { th scope="col" { "Price" } th scope="col" { "Quantity" } th scope="col" { "Time, UTC" } } }
                tbody {
                    @for place in 0..rows(market) {
                        @match shown.get(place) {
                            Some(trade) => tr {
                                td .price .(if trade.bought { "bid" } else { "ask" }) {
                                    (direction(trade.bought)) (text::fixed(trade.price.raw(), market.places.0))
                                }
                                td { (text::fixed(trade.quantity.raw(), market.places.1)) }
                                td .when { (text::clock(trade.at_unix_ms)) }
                            },
                            None => tr { td .price { "\u{a0}" } td {} td {} },
                        }
                    }
                }
            }
        }
    }
}

/// An arrow that tells by its shape what its colour tells, with a word for who hears the page.
pub(super) fn direction(up: bool) -> Markup {
    html! {
        span aria-hidden="true" { (if up { "▲ " } else { "▼ " }) }
        span .quiet { (if up { "bought at " } else { "sold at " }) }
    }
}
