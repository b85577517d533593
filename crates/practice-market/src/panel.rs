//! The buttons of the status page: a fragment of HTML that works without script.

use maud::{Markup, html};
use practice_page::{button, scenarios};

use crate::market::{Market, VenueView};

/// The buttons of a venue: label and action.
const BUTTONS: [(&str, &str); 12] = [
    ("Dump USDE", "dump?asset=USDE&to=0.65&over_s=20&for_s=2400"),
    ("Freeze", "freeze"),
    ("Late by 5 s", "delay?ms=5000"),
    ("Silence", "silence"),
    ("Disconnect", "disconnect"),
    ("No stream", "unstream"),
    ("Stream stuck", "mute"),
    ("Asked too often", "limit"),
    ("Refuse", "refuse"),
    ("Cents", "lie?about=units"),
    ("Crossed book", "lie?about=crossed"),
    ("Garbage", "lie?about=garbage"),
];

/// The buttons of the whole market: label, path and what it does.
const CHANGES: [(&str, &str, &str); 3] = [
    (
        "USDE falls everywhere",
        "fall?asset=USDE&to=0.65&over_s=60",
        "a true insolvency: every venue and the pool on the chain go to 0.65 within a minute, and the liquidation \
         price must follow, within some twenty minutes",
    ),
    (
        "Slash the wrapped ether",
        "rate?to=0.9",
        "its contract redeems it for 0.9 ether, as after a loss that is none: the rate is held where it can be \
         believed, and an alarm says so",
    ),
    ("Heal the market", "heal", "prices go back to what they were, and every venue is well"),
];

impl Market {
    /// The venues and what can be done to them, as a fragment for the status page. Its class names begin with
    /// `practice-`; its forms post to `/practice/market` and come back to `/`.
    #[must_use]
    pub fn panel_html(&self) -> String {
        html! {
            section.practice-panel aria-labelledby="market-title" {
                h2 #market-title { "Practice market" }
                p.practice-lead {
                    "Six venues that speak the wire formats of the real ones, and pools on the practice chain. Break \
                     some, and watch the oracle refuse them."
                }
                (scenarios("/practice/market", &CHANGES))
                @for fall in self.falls() { p.practice-scene role="status" { b { (fall) } " everywhere." } }
                table.practice-nodes {
                    caption.practice-caption { "Venues and their faults" }
                    thead { tr {
                        th scope="col" { "Venue" }
                        th scope="col" { "Fault" }
                        th scope="col" { "Actions" }
                    } }
                    tbody {
                        @for venue in self.venues() { (row(&venue)) }
                        (pools(&self.pool_fault()))
                    }
                }
            }
        }
        .into_string()
    }
}

fn row(venue: &VenueView) -> Markup {
    let healthy = venue.fault == "healthy";
    html! {
        tr.practice-node.practice-broken[!healthy] {
            th scope="row" { (venue.name) }
            td.practice-fault { (venue.fault) }
            td.practice-actions {
                @if !venue.fault.contains("refuses") {
                    @for (label, action) in BUTTONS { (venue_button(venue.name, label, action)) }
                }
                @if !healthy { (venue_button(venue.name, "Heal", "heal")) }
            }
        }
    }
}

fn pools(fault: &str) -> Markup {
    let (dump, healthy) = (BUTTONS[0], fault == "healthy");
    html! {
        tr.practice-node.practice-broken[!healthy] {
            th scope="row" { "pool" }
            td.practice-fault { (fault) }
            td.practice-actions {
                (venue_button("pool", dump.0, dump.1))
                @if !healthy { (venue_button("pool", "Heal", "heal")) }
            }
        }
    }
}

fn venue_button(venue: &str, label: &str, action: &str) -> Markup {
    let path = format!("/practice/market/venues/{venue}/{action}");
    button(label, Some(&format!("{label}: {venue}")), &path)
}
