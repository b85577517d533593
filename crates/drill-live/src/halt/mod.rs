//! A chain that stands, and a provider that stands alone, seen through the real gateway.
//!
//! How long the chain stands, at full length and in simulated time, is what a model of [`drill_chain`] says. What
//! clients are told meanwhile is measured: the real gateway stands in front of the nodes of a practice chain, shortened
//! to seconds. First the nodes of one provider fail alone, frozen at their head or led onto a branch, while the chain
//! goes on; then all nodes stand at one head. Clients ask for the newest block throughout. They are misled by a block
//! that is old or of another branch while the chain goes on, by the word `stalled` (`x-seawall-verdict`) then, and by
//! its absence while the chain stands.
//!
//! The share of misled answers of each phase, times the phase's length in the record, gives the minutes in which
//! readers were misled.
//!
//! Left out: validators as processes, and clients that act on what they read.

mod judge;
mod model;
mod stand;

use incident::{Mechanism, Outcome, Parameter, Ports, Scene, Upstream, Values, Watch};

use crate::front;
use judge::Judged;
use model::Model;
use stand::Plan;

/// The mechanism.
#[derive(Debug)]
pub(crate) struct Halt;

impl Mechanism for Halt {
    fn name(&self) -> &'static str {
        "halt"
    }

    fn about(&self) -> &'static str {
        "A chain stands for as long as a model of its validators, votes or sequencer says, at full length. What clients \
         are told is measured, in shortened time: the real gateway in front of the nodes of a practice chain, of which \
         first one provider's fail alone and then all stand at one head. Misled is who gets an old block or one of \
         another branch while the chain goes on, or is not told that it stands while it does. Left out are validators \
         as processes, and what clients do with what they read. The configuration names the nodes as {alpha}, {bravo}, \
         {charlie}, {delta} and {echo}."
    }

    fn parameters(&self) -> Vec<Parameter> {
        let mut all = vec![
            Parameter::word(
                "model",
                "why the chain stands: versions, votes, upgrade, sequencer",
                "versions",
            ),
            Parameter::word(
                "alone",
                "how one provider's nodes fail: freeze, branch (each its own), split (one together)",
                "freeze",
            ),
            Parameter::number(
                "alone_nodes",
                "how many nodes that provider has, from alpha on; 1 to 4",
                1.0,
            ),
            Parameter::number("alone_minutes", "how long that lasts on the day", 30.0),
            Parameter::number("alone_seconds", "how long it lasts here", 7.0),
            Parameter::number("stands_seconds", "how long the chain stands here", 7.0),
            Parameter::number("block_ms", "time between two blocks here", 500.0),
            Parameter::number(
                "reads_per_second",
                "how often clients ask for the newest block",
                20.0,
            ),
        ];
        all.extend(model::parameters());
        all
    }

    fn figures(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("misled_minutes", "minutes of the day in which readers were misled"),
            ("stalled_minutes", "minutes in which the chain stood"),
            ("wrong_percent", "answers that were old or of another branch, one provider failing"),
            ("false_alarm_percent", "answers that called the chain stalled while it was not"),
            (
                "announced_seconds",
                "from the last block until the gateway said that the chain stands",
            ),
            ("labelled_percent", "answers said to be of a chain that stands, once it did"),
            ("back_seconds", "from the end of the stall until a new block was answered"),
            ("unanswered_percent", "questions without an answer"),
            ("voting_percent", "stake that still voted"),
            ("votes_landed_percent", "votes that landed"),
            ("validators_heard_percent", "validators of which a vote landed in time"),
            ("forks", "forks that could not be pruned"),
            ("backlog_largest", "most transactions that were not posted"),
        ]
    }

    fn is_deterministic(&self) -> bool {
        false
    }

    fn upstreams(
        &self,
        _parameters: &Values,
        configuration: &str,
        ports: &Ports,
    ) -> Result<Vec<Upstream>, String> {
        front::of_practice(configuration, ports)
    }

    fn run(&self, scene: &Scene<'_>, watch: &dyn Watch) -> Result<Outcome, String> {
        let values = scene.parameters;
        let model = Model::parse(values.word("model")?)?;
        let course = model.run(values, scene.seed)?;
        let plan = Plan::read(values, course.stalled_minutes > 0.0)?;
        let log = stand::run(scene, &plan, watch)?;
        let judged = Judged::of(&log);
        let mut outcome = Outcome::default();
        let alone = values.number("alone_minutes")? * judged.alone_misled;
        outcome.figure("misled_minutes", alone + judged.stall_misled(course.stalled_minutes));
        outcome.figure("stalled_minutes", course.stalled_minutes);
        judged.put(&mut outcome);
        for (id, value) in &course.figures {
            outcome.figure(id, *value);
        }
        for event in course.events {
            outcome.event(event.at, event.what);
        }
        for series in course.series {
            outcome.curve(series);
        }
        outcome.curve(log.lag());
        Ok(outcome)
    }
}
