//! An account behind its key: the page that asks for the key, and what is shown to whoever holds it.

use maud::{Markup, html};
use units::{Money, Quantity};

use super::book::{direction, shown};
use super::{fact, name, tape};
use crate::component::Severity;
use crate::page::pill;
use crate::text;
use crate::venue::{AccountView, FillView, HoldingView, OrderView};

/// What asks for a key. The fields have no names and the form has no address: without the script nothing of them can be
/// sent, in a URL least of all.
pub(in crate::page) fn entrance() -> Markup {
    html! {
        section .card .entrance aria-labelledby="entrance-title" {
            h1 #entrance-title { "Your account" }
            p .sub {
                "The secret stays in this page: it signs what is asked for and is sent nowhere, and neither it nor the key is \
                 kept once you leave. A key that may only read is enough."
            }
            noscript {
                p .trouble {
                    "Signing needs JavaScript; without it the secret would have to be sent. What is shown here is at the \
                     venue itself, too, for signed requests of any client: "
                    code { "/fapi/v3/account" } ", " code { "/fapi/v3/positionRisk" } ", " code { "/fapi/v1/openOrders" }
                    ", " code { "/v1/queue" } "."
                }
            }
            form #account-form autocomplete="off" hidden {
                label { span { "Key" } input #account-key type="text" required maxlength="128" spellcheck="false" autocapitalize="off"; }
                label { span { "Secret" } input #account-secret type="password" required maxlength="256" autocomplete="off"; }
                button type="submit" { "Show it" }
            }
            p #account-holder hidden { span #account-who {} " " button #account-forget type="button" { "Forget the key" } }
            p #account-note .trouble role="alert" hidden { }
        }
        div #account {}
    }
}

/// An account as whoever holds its key sees it.
pub(in crate::page) fn fragment(view: &AccountView) -> Markup {
    html! {
        (standing(view))
        (positions(view))
        (orders(view))
        (fills(view))
        @if !view.tape.is_empty() {
            section .card .tape aria-labelledby="own-tape-title" {
                h2 #own-tape-title { "Liquidated" }
                (tape::lines(&view.tape, &view.settlement))
            }
        }
    }
}

fn standing(view: &AccountView) -> Markup {
    let (severity, words) = if view.liquidating {
        (Severity::Critical, "being liquidated")
    } else if view.maintenance > view.equity {
        (Severity::Critical, "due for liquidation")
    } else if view.equity > Money::ZERO
        && view.maintenance.raw().saturating_mul(2) > view.equity.raw()
    {
        (Severity::Major, "near liquidation")
    } else {
        (Severity::Good, "in good standing")
    };
    let settlement = name(&view.settlement);
    html! {
        section .card aria-labelledby="standing-title" {
            h2 #standing-title {
                (name(&view.name)) " " (pill(severity, words)) " "
                small .sub { "account " (view.number) " on the tape · at " (text::clock(view.at_unix_ms)) " UTC" }
            }
            dl .facts {
                (fact("Margin balance", &text::money(view.equity), &html! { (settlement) }))
                (fact("Liquidated below", &text::money(view.maintenance), &html! { (used(view)) }))
                (fact("Free for new risk", &text::money(view.available), &html! { (settlement) }))
                @for (asset, amount, worth) in &view.balances {
                    (fact(&name(asset), &text::money(*amount), &html! {
                        @if *asset != view.settlement { "worth " (text::money(*worth)) } @else { "cash" }
                    }))
                }
            }
        }
    }
}

/// How much of the margin balance its positions need.
fn used(view: &AccountView) -> String {
    if view.maintenance <= Money::ZERO {
        return "nothing is at risk".to_owned();
    }
    let used = view.maintenance.raw().saturating_mul(100).checked_div(view.equity.raw());
    match used {
        Some(used) if used >= 0 => format!("{used} % of the balance"),
        _ => "more than there is".to_owned(),
    }
}

fn positions(view: &AccountView) -> Markup {
    let heads = [
        "Market",
        "Held",
        "Entry",
        "Mark",
        "Liquidated at",
        "Profit",
        "Margin",
        "Deleveraging queue",
    ];
    let rows = view.positions.iter().map(position);
    listed("positions-title", &html! { "Positions" }, "None.", (&heads, rows))
}

/// A card with a table, or with the words that stand for none.
fn listed(
    id: &str,
    title: &Markup,
    none: &str,
    (heads, rows): (&[&str], impl ExactSizeIterator<Item = Markup>),
) -> Markup {
    html! {
        section .card aria-labelledby=(id) {
            h2 id=(id) { (title) }
            @if rows.len() == 0 { p .none { (none) } }
            @else {
                div .scroll {
                    table .figures .stacked {
                        thead { tr { @for head in heads { th scope="col" { (head) } } } }
                        tbody { @for row in rows { (row) } }
                    }
                }
            }
        }
    }
}

fn position(held: &HoldingView) -> Markup {
    let (price, quantity) = held.places;
    html! {
        tr {
            th scope="row" data-label="Market" { (name(&held.symbol)) }
            td data-label="Held" { (if held.long { "long " } else { "short " }) b { (text::fixed(held.quantity.raw(), quantity)) } }
            td data-label="Entry" { (text::fixed(held.entry.raw(), price)) }
            td data-label="Mark" { (shown(held.mark, price)) }
            td data-label="Liquidated at" { (held.liquidation.map_or_else(|| "never".to_owned(), |at| text::fixed(at.raw(), price))) }
            td data-label="Profit" .(sign(held.profit)) { (text::money(held.profit)) }
            td data-label="Margin" {
                @match held.isolated { Some(margin) => { "isolated " (text::money(margin)) } None => "cross" }
                span .sub { "up to " (held.leverage) " times" }
            }
            td data-label="Deleveraging queue" { (queue(held, quantity)) }
        }
    }
}

/// Where it stands in the queue of deleveraging, as numbers.
fn queue(held: &HoldingView, places: u8) -> Markup {
    html! {
        @match held.queue {
            Some((ahead, holders)) => {
                b { (text::grouped(u64::from(ahead))) } " of " (text::grouped(u64::from(holders))) " before it"
                @if held.ahead != Quantity::ZERO {
                    span .sub { (text::fixed(held.ahead.raw(), places)) " closed first" }
                }
            }
            None => "not in it",
        }
    }
}

const fn sign(amount: Money) -> &'static str {
    match amount.raw() {
        raw if raw < 0 => "loss",
        0 => "even",
        _ => "gain",
    }
}

fn orders(view: &AccountView) -> Markup {
    let heads = ["No.", "Market", "Side", "Price", "Left", "Of", "Placed, UTC"];
    let title = html! { "Open orders " span .sub { (orders_shown(view)) } };
    listed("orders-title", &title, "None.", (&heads, view.orders.iter().map(order_row)))
}

fn orders_shown(view: &AccountView) -> String {
    if view.open_orders > view.orders.len() {
        format!("the newest {} of {}", view.orders.len(), view.open_orders)
    } else {
        String::new()
    }
}

fn order_row(order: &OrderView) -> Markup {
    let (price, quantity) = order.places;
    html! {
        tr {
            th scope="row" data-label="No." { (order.number) }
            td data-label="Market" { (name(&order.symbol)) }
            td data-label="Side" {
                (if order.buys { "buy" } else { "sell" })
                @if order.reduce_only { span .sub { "only to reduce" } }
            }
            td data-label="Price" {
                (order.price.map_or_else(|| "market".to_owned(), |at| text::fixed(at.raw(), price)))
                @if let Some(trigger) = order.trigger { span .sub { "once at " (text::fixed(trigger.raw(), price)) } }
            }
            @if order.closes {
                td data-label="Left" { "all of the position" }
                td data-label="Of" { "–" }
            } @else {
                td data-label="Left" { (text::fixed(order.quantity.0.raw(), quantity)) }
                td data-label="Of" { (text::fixed(order.quantity.1.raw(), quantity)) }
            }
            td data-label="Placed, UTC" { (text::moment(order.at_unix_ms)) }
        }
    }
}

fn fills(view: &AccountView) -> Markup {
    let heads = ["Time, UTC", "Market", "Price", "Quantity", "Fee", "Realised"];
    let rows = view.fills.iter().map(fill_row);
    listed("fills-title", &html! { "Own trades" }, "None yet.", (&heads, rows))
}

fn fill_row(fill: &FillView) -> Markup {
    let (price, quantity) = fill.places;
    html! {
        tr {
            td data-label="Time, UTC" { (text::moment(fill.at_unix_ms)) }
            td data-label="Market" { (name(&fill.symbol)) }
            td data-label="Price" .price .(if fill.trade.bought { "bid" } else { "ask" }) {
                (direction(fill.trade.bought)) (text::fixed(fill.trade.price.raw(), price))
            }
            td data-label="Quantity" { (text::fixed(fill.trade.quantity.raw(), quantity)) }
            td data-label="Fee" { (text::money(fill.fee)) }
            td data-label="Realised" .(sign(fill.realised)) { (text::money(fill.realised)) }
        }
    }
}
