//! A chain that parts: some nodes have a bug, and follow a branch of their own, stop before it, or answer nothing.
//!
//! The nodes are the practice world's: they execute real transactions and speak JSON-RPC over sockets, and those whose
//! version lies in the bug's range part from the others at one block, from which on both branches have blocks, payments
//! and makers of their own. Nobody commands that: the nodes have the bug of 2020, and one transaction is sent on which
//! they and the others do not agree. Before that there are ordinary reorgs of one and two blocks. Over them runs the real
//! gateway, and users read through it: the newest block, a balance, a receipt. One node belongs to the reader alone; by it
//! and by one with the bug every answer is judged when the run is over.
//!
//! Left out: work and difficulty (the minority's pace is given), the minority's miners giving up, transactions of others
//! than the faucet's, nodes that differ in what they answer besides the chain. Time is scaled: a block takes part of a
//! second.

mod chains;
mod course;
mod nodes;
mod outside;
mod reader;
mod tally;
mod users;
mod watcher;

use incident::{Mechanism, Outcome, Parameter, Ports, Scene, Upstream, Values, Watch};
use runtime::task;

use crate::front::{self, Front};
use course::Plan;
pub use outside::{Outside, Places as OutsidePlaces};

/// Figures of what Seawall's gateway says of its upstreams, which another one does not say in its way.
const NOT_TOLD: [&str; 3] = ["detect_seconds", "quarantine_seconds", "false_quarantines"];

/// The mechanism `fork`.
#[derive(Debug)]
pub struct Fork;

impl Mechanism for Fork {
    fn name(&self) -> &'static str {
        "fork"
    }

    fn about(&self) -> &'static str {
        "Embedded EVM nodes of one genesis, behind the real gateway. Nodes whose version has the bug disagree with the \
         others on one transaction and follow a branch of their own, with fewer blocks and other payments, or stop, or \
         answer nothing; before that there \
         are ordinary reorgs of one and two blocks, and after it the nodes are healed and users may come back many at a \
         time. Users read the newest block, a balance and receipts through the gateway, and each answer is judged by both \
         chains. Left out: work and difficulty (the minority's pace is given), miners who give up, and other differences \
         between clients. Time is scaled."
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::given(
                "nodes",
                "the nodes as name=version with spaces between; the places {name} of the configuration are their addresses",
            ),
            Parameter::word(
                "left",
                "which upstreams of the configuration are left in it, by name; all where it is empty",
                "",
            ),
            Parameter::word("bug_client", "the client that has the bug", "geth"),
            Parameter::word("bug_from", "the first version with it", "1.9.7"),
            Parameter::word("bug_below", "the first version without it again", "1.9.17"),
            Parameter::word(
                "fault",
                "what the nodes with the bug do: stuck (stop before the fork), minority (follow the wrong branch) or unresponsive",
                "minority",
            ),
            Parameter::word(
                "trigger",
                "what parts a minority: transaction (one that the real bug, of Geth 1.9.7 to 1.9.16, executes otherwise) or command (whatever the versions are)",
                "transaction",
            ),
            Parameter::word("chain", "the chain's name in the configuration", "ethereum"),
            Parameter::number(
                "block_ms",
                "time between blocks, in milliseconds; as the configuration has it",
                200.0,
            ),
            Parameter::number(
                "minority_slow",
                "the minority gets one block where the chain gets so many",
                5.0,
            ),
            Parameter::number("reorgs", "ordinary reorgs before the fork", 2.0),
            Parameter::number("before_seconds", "quiet before the fork, besides the reorgs", 0.6),
            Parameter::number("lasts_seconds", "from the fork until the nodes are healed", 3.0),
            Parameter::number("after_seconds", "from then to the end", 1.0),
            Parameter::number("reads_per_second", "reads of all users together", 60.0),
            Parameter::number(
                "storm_times",
                "how many times as many reads once the nodes are healed; 0 for no more than before",
                0.0,
            ),
            Parameter::number(
                "node_per_second",
                "what each node stands in that storm, in requests a second; 0 for any number",
                0.0,
            ),
            Parameter::number(
                "stale_blocks",
                "an answer about a block further back than so many is out of date",
                5.0,
            ),
        ]
    }

    fn figures(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("wrong_answers", "answers of the wrong chain, or long out of date"),
            ("wrong_chain", "answers of the wrong chain"),
            ("stale_answers", "answers of the right chain that were long out of date"),
            ("wrong_percent", "their share of all reads, per cent"),
            ("wrong_seconds", "seconds in which such answers were given"),
            ("false_confirmations", "payments shown as confirmed that are not on the chain"),
            (
                "detect_seconds",
                "seconds from the fork until the gateway said that something is wrong; the rest of the run where it never did",
            ),
            (
                "quarantine_seconds",
                "seconds from the fork until no node with the bug was asked; the rest of the run where that never came",
            ),
            ("false_quarantines", "upstreams that were right and were put out for what they said"),
            ("failed_requests", "reads that got no answer"),
            ("undecided_answers", "of these, those that were told that branches have parted"),
            ("shed_requests", "of these, those that were told to come back later"),
            ("reads", "reads in all"),
            ("reorgs", "ordinary reorgs before the fork"),
            ("minority_blocks", "blocks of the wrong chain"),
        ]
    }

    fn is_deterministic(&self) -> bool {
        false
    }

    fn upstreams(
        &self,
        parameters: &Values,
        configuration: &str,
        ports: &Ports,
    ) -> Result<Vec<Upstream>, String> {
        let plan = Plan::read(parameters)?;
        let places: Vec<String> = plan.nodes.iter().map(|node| node.name.clone()).collect();
        front::upstreams(&nodes::leave(configuration, &plan.left)?, &places, ports)
    }

    fn run(&self, scene: &Scene<'_>, watch: &dyn Watch) -> Result<Outcome, String> {
        let plan = Plan::read(scene.parameters)?;
        watch.progress(0, "nodes and gateway start");
        let (world, places) = front::nodes(scene, course::options(&plan))?;
        let configuration = nodes::leave(scene.configuration, &plan.left)?;
        let scene = &Scene { configuration: &configuration, ..*scene };
        let front = Front::open(scene, &places, &plan.chain, watch)?;
        let seen = task::block_on(course::run(&plan, &world, &front, scene.seed, watch))?;
        let mut outcome = tally::outcome(&plan, &seen);
        front.leave_untold(&mut outcome, &NOT_TOLD);
        Ok(outcome)
    }
}
