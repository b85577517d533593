//! The buttons of the status page: a fragment of HTML that works without script.

use maud::{Markup, html};
use practice_page::{scenarios, strip};

use crate::tally::Tally;
use crate::traders::Traders;

/// The buttons: label, path and what each does.
const BUTTONS: [(&str, &str, &str); 6] = [
    (
        "News: coins fall by 10 %",
        "shock?percent=10&over_s=10",
        "at every practice venue, within ten seconds: whoever has borrowed too much is liquidated, and each of it is on \
         the tape",
    ),
    (
        "Makers leave",
        "makers-leave",
        "all that makers offer is taken back: with a fall, the book is not enough, and the fund and the holders of the \
         other side have their turn",
    ),
    (
        "10 times the load",
        "load?times=10",
        "as much as the venue does in a second, and a little more",
    ),
    (
        "100 times the load",
        "load?times=100",
        "far more than it does: new risk is shed, and whoever closes a position is let in",
    ),
    (
        "Dump the collateral token",
        "dump?asset=USDE&to=0.65&over_s=20&for_s=2400",
        "on one practice venue, as on 2025-10-10: the oracle refuses that venue, and nobody is liquidated for it",
    ),
    (
        "Back to normal",
        "calm",
        "makers return, the load is as usual, coins come back to what they were, dumps end",
    ),
];

impl Traders {
    /// What can be done to the venue's world, as a fragment for the status page. Its class names begin with
    /// `practice-`; its forms post to `/practice/venue` and come back to `/`.
    #[must_use]
    pub fn panel_html(&self) -> String {
        let standing = self.standing();
        let (mode, recent) = (standing.mode, standing.recent);
        html! {
            section.practice-panel aria-labelledby="venue-practice-title" {
                h2 #venue-practice-title { "Practice traders" }
                p.practice-lead {
                    (standing.makers) " makers and " (standing.takers) " of " (standing.wanted)
                    " traders trade on the venue over its own API. Shock them, and watch the tape."
                }
                (scenarios("/practice/venue", &BUTTONS))
                div.practice-scene role="status" {
                    p {
                        b { (standing.holding) " traders hold a position" }
                        @if !mode.makers_stay { ", " b { "the makers have left" } }
                        @if mode.times != 1 { ", " b { "the load is " (mode.times) " times the usual" } }
                        ". In ten seconds: " (recent.opened) " positions opened and " (recent.closed) " closed, "
                        (recent.openings_shed) " openings and " (recent.closings_shed) " closings shed, "
                        (recent.unmatched) " without anybody to trade with, " (recent.refused) " refused, " (recent.lost) " without an answer, "
                        (recent.unsent) " not sent because too many were under way, "
                        b { (recent.liquidations) " liquidations" } "."
                    }
                    (orders(&standing.seconds))
                }
            }
        }
        .into_string()
    }
}

/// Orders second by second: done at the bottom, shed above it, on top what was refused, lost or not matched.
fn orders(seconds: &[Tally]) -> Markup {
    let parts = |second: &Tally| {
        let done = second.opened + second.closed;
        let shed = second.openings_shed + second.closings_shed + second.unsent;
        [done, shed, second.refused + second.lost + second.unmatched]
    };
    let seconds: Vec<_> = seconds.iter().map(parts).collect();
    let spoken = "Orders of traders second by second: done, shed or not sent, refused, unmatched or without an answer";
    strip(&seconds, spoken, ["done", "shed or not sent", "refused, unmatched or lost,"])
}
