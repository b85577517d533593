//! Which client versions the upstreams of a chain run, and which one most of them run.

use maud::{Markup, html};

use super::pill;
use crate::clients;
use crate::component::Severity;
use crate::model::ChainView;
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
        }
    }
}
