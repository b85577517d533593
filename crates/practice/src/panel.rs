//! The buttons of the status page: a fragment of HTML that works without script.

use maud::{Markup, html};

use crate::world::{NodeView, World};

/// The buttons of a node that answers: label and action.
const BUTTONS: [(&str, &str); 9] = [
    ("Kill", "kill"),
    ("Hang", "hang"),
    ("Freeze", "freeze"),
    ("Slow", "slow?ms=800"),
    ("Invent blocks", "lie?about=head"),
    ("Wrong branch", "lie?about=branch"),
    ("429", "garble?kind=429"),
    ("Cut answers", "garble?kind=cut"),
    ("Break eth_call", "break?method=eth_call"),
];

impl World {
    /// The nodes and what can be done to them, as a fragment for the status page. Its class names
    /// begin with `practice-`; its forms post to `/practice` and come back to `/`.
    #[must_use]
    pub fn panel_html(&self) -> String {
        let nodes = self.nodes();
        html! {
            section.practice-panel aria-labelledby="practice-title" {
                h2 #practice-title { "Practice world" }
                p.practice-lead {
                    "These nodes are made up, their failures are real. Break some and watch the gateway."
                }
                table.practice-nodes {
                    caption.practice-caption { "Nodes and their faults" }
                    thead { tr {
                        th scope="col" { "Node" }
                        th scope="col" { "Runs" }
                        th scope="col" { "Head" }
                        th scope="col" { "Fault" }
                        th scope="col" { "Actions" }
                    } }
                    tbody { @for node in &nodes { (row(node)) } }
                }
                form.practice-heal-all method="post" action="/practice/heal" {
                    button.practice-button type="submit" { "Heal all" }
                }
            }
        }
        .into_string()
    }
}

fn row(node: &NodeView) -> Markup {
    let healthy = node.fault == "healthy";
    let client = node.client_version.split('/').next().unwrap_or_default();
    html! {
        tr.practice-node.practice-broken[!healthy] {
            th scope="row" { (node.name) }
            td { (client) " by " (node.operator) " in " (node.cloud) }
            td { (node.head.0) }
            td.practice-fault { (node.fault) }
            td.practice-actions {
                @if node.fault.starts_with("killed") {
                    (button(node, "Revive", "revive"))
                } @else {
                    @for (label, action) in BUTTONS { (button(node, label, action)) }
                }
                @if !healthy { (button(node, "Heal", "heal")) }
            }
        }
    }
}

fn button(node: &NodeView, label: &str, action: &str) -> Markup {
    html! {
        form.practice-form method="post" action=(format!("/practice/nodes/{}/{action}", node.name)) {
            button.practice-button type="submit" aria-label=(format!("{label}: {}", node.name)) { (label) }
        }
    }
}
