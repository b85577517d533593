//! The buttons of the status page: a fragment of HTML that works without script.

use maud::{Markup, html};
use practice_page::{button, scenarios, strip};

use crate::load::Tally;
use crate::nodes::NodeView;
use crate::scenario::{Scene, short};
use crate::world::World;

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
                    "These nodes are made up, their failures are real. Break some, or play a scenario over all of \
                     them, and watch the gateway."
                }
                (scenarios("/practice", &SCENARIOS))
                @if let Some(scene) = self.scene() { (told(&scene)) }
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
            }
        }
        .into_string()
    }
}

/// The buttons of what happens to all nodes: label, path and what it does.
const SCENARIOS: [(&str, &str, &str); 6] = [
    (
        "Split the chain",
        "split",
        "as on 2020-11-11: three of the five come to run Geth v1.9.13, then follow a branch of their own that grows \
         slower and on which nothing becomes final. What a node says it runs counts once it has said so for ten \
         minutes, so in a world just started finality decides",
    ),
    (
        "Split, undecided",
        "split?nodes=alpha,bravo&client=keep&slow=1&finality=none",
        "two nodes part with their own clients, and nothing becomes final anywhere; kill one of the other three \
         and neither side has most",
    ),
    (
        "One version",
        "one-version",
        "all nodes come to run Geth v1.9.13, one after another: nothing breaks, and one bug would break everything",
    ),
    (
        "Storm the recovery",
        "storm",
        "all nodes die, clients call at 50 times the usual rate, and the nodes come back one by one; a node that gets \
         more than it stands dies again",
    ),
    (
        "Slow split",
        "split?slow=18",
        "the same split with one block where the others get 18, as it was on Ethereum",
    ),
    (
        "Heal all",
        "heal",
        "ends the scenario; nodes go back to the main branch by a reorganisation, and to their own clients one by one",
    ),
];

/// How the scenario stands that is played, or was.
fn told(scene: &Scene) -> Markup {
    let all = scene.seconds.iter().fold(Tally::default(), |sum, second| sum.plus(*second));
    html! {
        div.practice-scene role="status" {
            p { b { (if scene.is_over { "Done: " } else { "Now: " }) } (scene.phase) "." }
            @if !scene.seconds.is_empty() {
                (calls(&scene.seconds))
                p {
                    "Calls: " b { (all.answered) " answered" } ", " b { (all.shed) " shed with HTTP 429" } ", "
                    (all.refused) " refused, " (all.failed) " without an answer in time, "
                    (all.unsent) " not sent because too many were under way. "
                    @match scene.felled {
                        0 => { "No node died of the load." }
                        1 => { "One node died of the load." }
                        nodes => { (nodes) " times a node died of the load." }
                    }
                }
            }
        }
    }
}

/// Calls second by second: answered at the bottom, shed above it, what failed or was refused on top.
fn calls(seconds: &[Tally]) -> Markup {
    let parts = |it: &Tally| [it.answered, it.shed, it.refused + it.failed];
    let seconds: Vec<_> = seconds.iter().map(parts).collect();
    let spoken = "Calls second by second: answered, shed, refused or without an answer";
    strip(&seconds, spoken, ["answered", "shed", "refused or lost,"])
}

fn row(node: &NodeView) -> Markup {
    let healthy = node.fault == "healthy";
    let client = short(&node.client_version);
    html! {
        tr.practice-node.practice-broken[!healthy] {
            th scope="row" { (node.name) }
            td { (client) " by " (node.operator) " in " (node.cloud) }
            td { (node.head.0) }
            td.practice-fault { (node.fault) }
            td.practice-actions {
                @if node.fault.starts_with("killed") {
                    (node_button(node, "Revive", "revive"))
                } @else {
                    @for (label, action) in BUTTONS { (node_button(node, label, action)) }
                }
                @if !healthy { (node_button(node, "Heal", "heal")) }
            }
        }
    }
}

fn node_button(node: &NodeView, label: &str, action: &str) -> Markup {
    let path = format!("/practice/nodes/{}/{action}", node.name);
    button(label, Some(&format!("{label}: {}", node.name)), &path)
}
