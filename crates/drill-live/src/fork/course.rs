//! The course of a run: ordinary reorgs, then the fault, then the healing and who comes back.

use incident::{Values, Watch};
use practice::{Action, Finality, World, WorldOptions};
use runtime::clock;
use units::Span;

use super::chains::Blocks;
use super::nodes::{Bug, Node, READERS_OWN, read, specs};
use super::reader::Record;
use super::users::{Judges, Users};
use super::watcher::Watched;
use crate::front::Front;

/// The longest that a phase may be asked to last, in seconds.
const PHASE_MAX: f64 = 600.0;

/// Blocks within which the transaction that parts the chain must be in one.
const PARTS_WITHIN: u64 = 20;

/// What goes wrong with the nodes that have the bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// They stop at the last block before the fork.
    Stuck,
    /// They follow the minority's branch.
    Minority,
    /// They take requests and answer none.
    Unresponsive,
}

/// All parameters, read.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) nodes: Vec<Node>,
    pub(super) left: String,
    pub(super) fault: Fault,
    /// Whether one transaction parts the minority by itself.
    by_transaction: bool,
    pub(super) chain: String,
    pub(super) block: Span,
    pub(super) slow: u64,
    pub(super) reorgs: u64,
    pub(super) before: f64,
    pub(super) lasts: f64,
    pub(super) after: f64,
    pub(super) rate: f64,
    pub(super) storm_times: f64,
    pub(super) stands: Option<u64>,
    pub(super) stale: u64,
}

impl Plan {
    /// Reads the parameters of a run.
    ///
    /// # Errors
    /// Where one of them is out of its range.
    pub(super) fn read(values: &Values) -> Result<Self, String> {
        let seconds = |name: &str| {
            let number = values.number(name)?;
            let fits = (0.0..=PHASE_MAX).contains(&number);
            fits.then_some(number)
                .ok_or_else(|| format!("the parameter `{name}` has to be from 0 to {PHASE_MAX}"))
        };
        let bug = Bug::new(
            values.word("bug_client")?,
            values.word("bug_from")?,
            values.word("bug_below")?,
        )?;
        let fault = match values.word("fault")? {
            "stuck" => Fault::Stuck,
            "minority" => Fault::Minority,
            "unresponsive" => Fault::Unresponsive,
            other => {
                return Err(format!(
                    "the parameter `fault` is `{other}`, and has to be stuck, minority or unresponsive"
                ));
            }
        };
        let by_transaction = match values.word("trigger")? {
            "transaction" => true,
            "command" => false,
            other => {
                return Err(format!(
                    "the parameter `trigger` is `{other}`, and has to be transaction or command"
                ));
            }
        };
        let stands = values.count("node_per_second")?;
        Ok(Self {
            nodes: read(values.word("nodes")?, &bug)?,
            left: values.word("left")?.to_owned(),
            fault,
            by_transaction,
            chain: values.word("chain")?.to_owned(),
            block: Span::from_millis(values.count("block_ms")?.clamp(50, 60_000)),
            slow: values.count("minority_slow")?.clamp(1, 100),
            reorgs: values.count("reorgs")?.min(100),
            before: seconds("before_seconds")?,
            lasts: seconds("lasts_seconds")?,
            after: seconds("after_seconds")?,
            rate: values.number("reads_per_second")?.clamp(0.1, 5_000.0),
            storm_times: values.number("storm_times")?.clamp(0.0, 1_000.0),
            stands: (stands > 0).then_some(stands),
            stale: values.count("stale_blocks")?,
        })
    }

    /// The names of the nodes with the bug.
    pub(super) fn affected(&self) -> Vec<&str> {
        self.nodes.iter().filter(|node| node.affected).map(|node| node.name.as_str()).collect()
    }

    /// Whether a node is an upstream in this run.
    pub(super) fn is_left(&self, name: &str) -> bool {
        self.left.is_empty() || self.left.split_whitespace().any(|left| left == name)
    }
}

/// What was seen of a run, and when what happened in it, in seconds since it began.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) records: Vec<Record>,
    pub(super) main: Blocks,
    pub(super) minority: Blocks,
    pub(super) watched: Watched,
    pub(super) fork_block: u64,
    pub(super) forked_at: f64,
    pub(super) healed_at: f64,
    pub(super) ended_at: f64,
    pub(super) reorgs: u64,
}

/// The nodes of a run.
pub(super) fn options(plan: &Plan) -> WorldOptions {
    WorldOptions { block_time: plan.block, nodes: specs(&plan.nodes), ..WorldOptions::default() }
}

/// A run under way.
struct Course<'a> {
    plan: &'a Plan,
    world: &'a World,
    users: Users,
}

/// Runs it to its end.
///
/// # Errors
/// Where a node cannot be reached or brought back.
pub(super) async fn run(
    plan: &Plan,
    world: &World,
    front: &Front,
    seed: u64,
    watch: &dyn Watch,
) -> Result<Seen, String> {
    let of = |name: &str| {
        let nodes = world.nodes();
        let node = nodes.into_iter().find(|node| node.name == name);
        node.map(|node| node.url).ok_or_else(|| format!("there is no node `{name}`"))
    };
    let own = of(READERS_OWN)?;
    let wrong = plan.affected().first().map(|name| of(name)).transpose()?;
    let earner = practice::maker_of_splits();
    let judges = Judges { own: &own, wrong: wrong.as_deref(), earner: &earner };
    let mut course = Course { plan, world, users: Users::come(plan, front, judges, seed)? };
    watch.progress(50, "ordinary reorgs");
    course.ordinary().await?;
    watch.progress(250, "the chain parts");
    course.fault().await?;
    watch.progress(750, "healed");
    course.heal().await?;
    front.end()?;
    Ok(course.users.end())
}

impl Course<'_> {
    /// Reorgs of one and two blocks, as any chain has them: now one node is on the orphans, now two are.
    async fn ordinary(&mut self) -> Result<(), String> {
        let block = self.plan.block.as_millis() as f64 / 1e3;
        self.users.pass(self.plan.before / 2.0).await;
        let names: Vec<&str> = self
            .plan
            .nodes
            .iter()
            .filter(|node| self.plan.is_left(&node.name))
            .map(|node| node.name.as_str())
            .collect();
        for nth in 0..self.plan.reorgs {
            let first = nth as usize % names.len().max(1);
            let depth = 1 + nth % 2;
            let hit: Vec<&str> = names.iter().skip(first).take(depth as usize).copied().collect();
            self.world.part(&hit, 1, Finality::Main).map_err(|error| error.to_string())?;
            self.users.pass(block * depth as f64).await;
            for name in hit {
                self.apply(name, &Action::Heal).await?;
            }
            self.users.seen().reorgs += 1;
            self.users.pass(block * 2.0).await;
        }
        self.users.pass(self.plan.before / 2.0).await;
        Ok(())
    }

    async fn apply(&self, name: &str, action: &Action) -> Result<(), String> {
        self.world.apply(name, action).await.map_err(|error| error.to_string())
    }

    async fn fault(&mut self) -> Result<(), String> {
        let affected = self.plan.affected();
        let at = self.users.at();
        self.users.seen().forked_at = at;
        match self.plan.fault {
            Fault::Minority if affected.is_empty() => {}
            Fault::Minority if self.plan.by_transaction => self.send_trigger().await?,
            Fault::Minority => {
                let parted = self.world.part(&affected, self.plan.slow, Finality::Nowhere);
                self.users.seen().fork_block = parted.map_err(|error| error.to_string())?;
            }
            Fault::Stuck => {
                for name in affected {
                    self.apply(name, &Action::Freeze).await?;
                }
            }
            Fault::Unresponsive => {
                for name in affected {
                    self.apply(name, &Action::Hang).await?;
                }
            }
        }
        self.users.pass(self.plan.lasts).await;
        Ok(())
    }

    /// Sends the transaction, and waits until it has parted the chain.
    async fn send_trigger(&mut self) -> Result<(), String> {
        self.world.send_trigger(self.plan.slow);
        let until = clock::now().after(self.plan.block.times(PARTS_WITHIN));
        while clock::now() < until {
            self.users.pass(0.01).await;
            if let Some(fork) = self.world.fork() {
                let at = self.users.at();
                let seen = self.users.seen();
                (seen.forked_at, seen.fork_block) = (at, fork);
                return Ok(());
            }
        }
        Err("the transaction did not part the chain: no version has the bug of 2020".to_owned())
    }

    async fn heal(&mut self) -> Result<(), String> {
        let at = self.users.at();
        self.users.seen().healed_at = at;
        for name in self.plan.affected() {
            self.apply(name, &Action::Heal).await?;
        }
        if self.plan.storm_times > 0.0 {
            self.world.limit(self.plan.stands);
            self.users.set_rate(self.plan.rate * self.plan.storm_times);
        }
        self.users.pass(self.plan.after).await;
        Ok(())
    }
}
