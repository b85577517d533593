//! An upstream of a world that splits: which branch it follows, what it runs, when it is away.

use gateway_core::{
    BlockRef, Doubt, Failure, Header, Needs, Probe, ProbeAnswer, ProbeFailure, Reply,
};
use machine::Prng;

use super::chains::Blocks;
use super::plan::SplitPlan;

/// The chain id that everyone reports.
pub(crate) const CHAIN_ID: u64 = 1;

/// Blocks that `safe` and `finalized` are behind the head.
const SAFE: u64 = 4;
pub(crate) const FINAL: u64 = 8;

/// A time at which it gives no answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Away {
    pub(crate) from: u64,
    pub(crate) to: u64,
    /// Whether it takes questions and never answers, rather than refusing them.
    pub(crate) hangs: bool,
}

/// One upstream.
#[derive(Clone, Debug)]
pub(crate) struct Voter {
    pub(crate) operator: usize,
    /// The address that it is found at, where that tells something.
    pub(crate) address: Option<String>,
    pub(crate) trusted: bool,
    /// What it says it runs, from when.
    pub(crate) versions: Vec<(u64, &'static str)>,
    /// Which line it follows, from when.
    pub(crate) lines: Vec<(u64, usize)>,
    pub(crate) away: Vec<Away>,
    /// How long a new block takes to reach it, and what an answer takes it.
    pub(crate) delay: u64,
    pub(crate) latency: u64,
    /// Answers in a hundred that are lost on their way.
    pub(crate) loss: u64,
}

/// The last of a list of what holds from when that holds at a time.
fn at<T: Copy>(list: &[(u64, T)], now: u64) -> T {
    let next = list.partition_point(|(from, _)| *from <= now);
    list[next.max(1) - 1].1
}

impl Voter {
    pub(crate) fn is_away(&self, now: u64) -> Option<Away> {
        self.away.iter().copied().find(|away| away.from <= now && now < away.to)
    }

    /// Which line it follows.
    pub(crate) fn line(&self, now: u64) -> usize {
        at(&self.lines, now)
    }

    /// The head that it shows.
    pub(crate) fn head(&self, plan: &SplitPlan, now: u64) -> BlockRef {
        plan.lines[self.line(now)].tip(now.saturating_sub(self.delay))
    }

    /// The finalized block that it tells.
    fn finalized(&self, plan: &SplitPlan, now: u64) -> Option<BlockRef> {
        let head = self.head(plan, now);
        let number = head.number - FINAL;
        let fork = plan.forks[0].block.number;
        let may = plan.finality.is_some_and(|(from, line)| {
            from <= now && line.is_none_or(|line| line == self.line(now))
        });
        plan.blocks.below(head, if may { number } else { number.min(fork) })
    }

    fn time(&self, prng: &mut Prng) -> u64 {
        self.latency * (50 + prng.below(100)) / 100 + 1_000
    }

    /// Whether an answer is lost on its way; none is once all is over.
    fn loses(&self, plan: &SplitPlan, prng: &mut Prng, now: u64) -> bool {
        prng.below(100) < self.loss && now < plan.last.1
    }

    /// What it answers to a probe within `timeout`, and when.
    pub(crate) fn probe(
        &self,
        plan: &SplitPlan,
        prng: &mut Prng,
        now: u64,
        (probe, timeout): (Probe, u64),
    ) -> (u64, ProbeAnswer) {
        let time = self.time(prng);
        let lost = self.loses(plan, prng, now);
        let unreachable = |why: &str| ProbeAnswer::Failed(ProbeFailure::Unreachable(why.into()));
        match self.is_away(now) {
            Some(Away { hangs: false, .. }) => (100_000, unreachable("no connection")),
            Some(Away { hangs: true, .. }) => (timeout, unreachable("no answer in time")),
            None if lost || time > timeout => (timeout, unreachable("no answer in time")),
            None => (time, self.tell(plan, now, probe)),
        }
    }

    fn tell(&self, plan: &SplitPlan, now: u64, probe: Probe) -> ProbeAnswer {
        let header = |block: BlockRef| plan.blocks.header(&block.hash);
        let head = self.head(plan, now);
        match probe {
            Probe::ChainId => ProbeAnswer::ChainId(CHAIN_ID),
            Probe::Genesis => ProbeAnswer::Header(Some(Blocks::genesis())),
            Probe::ClientVersion => {
                let version = at(&self.versions, now);
                let family = version.split('/').next().unwrap_or_default().to_ascii_lowercase();
                ProbeAnswer::ClientVersion { version: version.to_owned(), family }
            }
            Probe::Head => ProbeAnswer::Header(header(head)),
            Probe::Safe => {
                let finalized = self.finalized(plan, now).map_or(0, |block| block.number);
                let number = finalized.max((head.number - SAFE).min(plan.forks[0].block.number));
                ProbeAnswer::Header(plan.blocks.below(head, number).and_then(header))
            }
            Probe::Finalized => ProbeAnswer::Header(self.finalized(plan, now).and_then(header)),
            // Only of its own branch, as nodes have it.
            Probe::Header(hash) => ProbeAnswer::Header(
                plan.blocks.header(&hash).filter(|header| plan.blocks.holds(head, header.block())),
            ),
            Probe::HashPins(_) => ProbeAnswer::HashPins(true),
            Probe::FeeHistory(_) | Probe::GasPrice(_) => ProbeAnswer::GasPrice(1_000_000_000),
        }
    }

    /// What it answers to a call and when, as far as can be said when the call arrives; `None` for never.
    pub(crate) fn call(
        &self,
        plan: &SplitPlan,
        prng: &mut Prng,
        now: u64,
        needs: Needs,
    ) -> Option<(u64, Reply)> {
        let time = self.time(prng);
        match self.is_away(now) {
            Some(Away { hangs: false, .. }) => {
                return Some((100_000, Reply::Failed(Failure::Connect)));
            }
            Some(Away { hangs: true, .. }) => return None,
            None if self.loses(plan, prng, now) => {
                return Some((time, Reply::Failed(Failure::Broken)));
            }
            None => {}
        }
        let head = self.head(plan, now);
        let held = match needs {
            Needs::Head(block) => plan.blocks.holds(head, block),
            Needs::Number(number) => head.number >= number,
            Needs::Anything | Needs::Ahead => true,
        };
        let reply = if held { Reply::Answer } else { Reply::Doubtful(Doubt::MissingData) };
        Some((time, reply))
    }

    /// The header of what it holds at a number.
    pub(crate) fn at_number(&self, plan: &SplitPlan, now: u64, number: u64) -> Option<Header> {
        let block = plan.blocks.below(self.head(plan, now), number)?;
        plan.blocks.header(&block.hash)
    }
}
