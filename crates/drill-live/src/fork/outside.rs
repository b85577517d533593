//! The drill's users and its counting over nodes of somebody else's, such as real ones that a test runs.

use incident::{Mechanism as _, Outcome, Values};

use super::course::Plan;
use super::users::{Judges, Users};
use super::{Fork, tally};
use crate::front::Front;

/// Nodes that the drill does not run: whoever does makes their blocks, parts them, and says when.
#[derive(Debug)]
pub struct Outside {
    plan: Plan,
    users: Users,
}

/// Where everything is.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// The URL of the gateway, a Seawall.
    pub gateway: &'a str,
    /// The URL of a node that follows the chain, past the gateway.
    pub own: &'a str,
    /// The URL of a node that will be on the wrong branch.
    pub wrong: &'a str,
    /// An account that owns something on that branch alone, once it has parted.
    pub earner: &'a str,
}

impl Outside {
    /// Users who read through the gateway, by parameters of the mechanism; those that are not given are the usual ones.
    ///
    /// # Errors
    /// Where a parameter or a URL is wrong.
    pub fn new(parameters: &Values, places: Places<'_>, seed: u64) -> Result<Self, String> {
        let mut all = Values::default();
        for parameter in Fork.parameters() {
            if let Some(usual) = parameter.usual {
                all.set(parameter.name, usual);
            }
        }
        let plan = Plan::read(&all.with(parameters))?;
        let judges = Judges { own: places.own, wrong: Some(places.wrong), earner: places.earner };
        let users = Users::come(&plan, &Front::of(places.gateway)?, judges, seed)?;
        Ok(Self { plan, users })
    }

    /// Lets so many seconds pass in which users read.
    pub async fn pass(&mut self, seconds: f64) {
        self.users.pass(seconds).await;
    }

    /// From now on nodes are on two branches, which have parted after this block.
    pub fn parted(&mut self, after_block: u64) {
        let at = self.users.at();
        let seen = self.users.seen();
        (seen.forked_at, seen.fork_block) = (at, after_block);
    }

    /// What came of it, had everything been healed now.
    #[must_use]
    pub fn end(mut self) -> Outcome {
        let at = self.users.at();
        self.users.seen().healed_at = at;
        tally::outcome(&self.plan, &self.users.end())
    }
}
