//! The buttons of the status page: a fragment of HTML that works without script.

use maud::{Markup, html};

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
                dl.practice-scenarios {
                    @for (label, path, does) in BUTTONS {
                        div { dt { (button(label, path)) } dd { (does) } }
                    }
                }
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
                    (strip(&standing.seconds))
                }
            }
        }
        .into_string()
    }
}

/// Orders second by second: done at the bottom, shed above it, on top what was refused, lost or not matched.
fn strip(seconds: &[Tally]) -> Markup {
    const HEIGHT: u64 = 60;
    const STEP: u64 = 5;
    let parts = |second: &Tally| {
        let done = second.opened + second.closed;
        let shed = second.openings_shed + second.closings_shed + second.unsent;
        [done, shed, second.refused + second.lost + second.unmatched]
    };
    let most = seconds.iter().map(|second| parts(second).iter().sum::<u64>()).max();
    let most = most.unwrap_or_default().max(1);
    let mut bars =
        [("answered", String::new()), ("minor", String::new()), ("critical", String::new())];
    let mut x = 0;
    for second in seconds {
        let mut y = HEIGHT;
        for ((_, path), part) in bars.iter_mut().zip(parts(second)) {
            let height = (part * HEIGHT).div_ceil(most).min(y);
            y -= height;
            if height > 0 {
                path.push_str(&format!("M{x} {y}h4v{height}h-4z"));
            }
        }
        x += STEP;
    }
    // So wide from the start that it does not shrink while it fills.
    let width = x.max(STEP * 60);
    html! {
        svg.practice-strip viewBox=(format!("0 0 {width} {HEIGHT}")) preserveAspectRatio="none" role="img"
            aria-label="Orders of traders second by second: done, shed or not sent, refused, unmatched or without an answer" {
            @for (class, path) in &bars { @if !path.is_empty() { path class=(class) d=(path) {} } }
        }
        p.practice-key {
            svg viewBox="0 0 10 10" aria-hidden="true" { rect.answered width="10" height="10" {} } " done "
            svg viewBox="0 0 10 10" aria-hidden="true" { rect.minor width="10" height="10" {} } " shed or not sent "
            svg viewBox="0 0 10 10" aria-hidden="true" { rect.critical width="10" height="10" {} }
            " refused, unmatched or lost, a second"
        }
    }
}

fn button(label: &str, path: &str) -> Markup {
    html! {
        form.practice-form method="post" data-live action=(format!("/practice/venue/{path}")) {
            button.practice-button type="submit" { (label) }
        }
    }
}
