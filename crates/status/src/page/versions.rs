//! Which client versions the upstreams of a chain run, which one most of them run, and who is ready for the next fork.

use maud::{Markup, html};

use super::pill;
use crate::clients;
use crate::component::Severity;
use crate::model::{ChainView, ForkView};
use crate::text;

/// Versions that are shown; more on one chain would be an inventory of its own.
const SHOWN: usize = 12;

pub(super) fn section(chain: &ChainView, id: &str) -> Markup {
    let shares = clients::shares(chain);
    let all = chain.upstreams.len();
    html! {
        section .versions id=(format!("versions-{id}")) {
            h3 { "Client versions" }
            ul {
                @for share in shares.iter().take(SHOWN) {
                    li {
                        meter min="0" max=(all) value=(share.upstreams.len()) aria-hidden="true" {}
                        span {
                            b { (share.client) } " "
                            span .count { (share.upstreams.len()) " of " (all) }
                            @if share.has_majority { " " (pill(Severity::Minor, "majority")) }
                            span .sub { (text::tidy(&text::listed(&share.upstreams), 160)) }
                        }
                    }
                }
            }
            @if shares.len() > SHOWN { p .sub { "And " (shares.len() - SHOWN) " more." } }
            @if !chain.forks.is_empty() {
                h3 { "Known forks" }
                dl { @for fork in chain.forks.iter().take(SHOWN) { (known_fork(fork)) } }
            }
        }
    }
}

/// A fork: when it comes, and whose versions do not know it.
fn known_fork(fork: &ForkView) -> Markup {
    let severity = if fork.has_come { Severity::Major } else { Severity::Minor };
    html! {
        dt {
            b { (text::tidy(&fork.name, 60)) } " "
            span .count {
                @if let Some(block) = fork.block { "block " (text::grouped(block)) ", " }
                @match (fork.has_come, fork.in_ms) {
                    (true, _) => { "has come" }
                    (false, Some(ms)) => { "in " (text::span_coarse(ms)) }
                    (false, None) => { "time not known" }
                }
            }
            @if !fork.unready.is_empty() {
                " " (pill(severity, &format!("{} not ready", fork.unready.len())))
            } @else if fork.unknown.is_empty() { " " (pill(Severity::Good, "all ready")) }
        }
        @for unready in fork.unready.iter().take(SHOWN) { dd .sub { (text::tidy(unready, 160)) } }
        @if !fork.unknown.is_empty() { dd .sub { "not known: " (text::tidy(&text::listed(&fork.unknown), 160)) } }
    }
}
