//! What happens in a world that splits, drawn from its seed before it begins.

use gateway_core::{BlockRef, ChainSettings, LoneDissenter, UpstreamSettings};
use machine::Prng;
use units::Span;

use super::chains::{Blocks, Fork, Line};
use super::voter::{Away, CHAIN_ID, Voter};
use crate::simulator::{BUDGET_PERCENT, MILLI, SECOND};

/// What upstreams may run. The last two names are of no known client.
const CLIENTS: [&str; 8] = [
    "Geth/v1.9.13-stable/linux-amd64",
    "Geth/v1.9.23-stable/linux-amd64",
    "Geth/v1.9.13-omnibus/linux-arm64",
    "Nethermind/v1.9.0",
    "besu/v20.10.1",
    "erigon/v2.58.2",
    "Balancer/v3",
    "OtherProxy/v1",
];

/// The line of those that refuse the first block after the fork.
const STOPPED: usize = 3;

/// What else decides, beside votes: from when, and which line's blocks, `None` for every line's.
pub(crate) type Finality = Option<(u64, Option<usize>)>;

/// A world before it runs. Times are nanoseconds.
#[derive(Debug)]
pub(crate) struct SplitPlan {
    pub(crate) seed: u64,
    pub(crate) block_time: u64,
    pub(crate) blocks: Blocks,
    /// The branches, and last the one of those that stop at the fork.
    pub(crate) lines: Vec<Line>,
    /// Where they part, the lowest first.
    pub(crate) forks: Vec<Fork>,
    pub(crate) voters: Vec<Voter>,
    pub(crate) finality: Finality,
    /// Since when a beacon source tells what is final on the line that all end on.
    pub(crate) beacon: Option<u64>,
    /// When the operator says that the line that all end on is to be followed, if none has won.
    pub(crate) command: Option<u64>,
    pub(crate) hear_lone: bool,
    /// The line that all end on, and since when.
    pub(crate) last: (usize, u64),
    /// When the gateway starts and when it has to be well again.
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) verbose: bool,
}

impl SplitPlan {
    /// A world of that seed.
    pub(crate) fn random(seed: u64) -> Self {
        let mut prng = Prng::new(seed ^ 0x0511_7000);
        let long = prng.below(16) == 0;
        let block_time = if long { 12 } else { [2, 4, 4, 12][prng.index(4)] } * SECOND;
        let parts = 1_400 * SECOND;
        let over = parts + block_time * (9 + prng.below(20));
        let born_split = !long && prng.below(12) == 0;
        let start = match (long, born_split) {
            (true, _) => parts - 1_300 * SECOND,
            (false, true) => parts + block_time * (4 + prng.below(5)),
            (false, false) => parts - 32 * SECOND - block_time * (2 + prng.below(5)),
        };
        let end = over + 56 * block_time;
        let (blocks, lines, forks) = branches(&mut prng, block_time, (parts, over, end));
        let last = [0, 0, 1, forks[forks.len() - 1].to[0].map_or(0, usize::from)][prng.index(4)];
        let from = parts + block_time * (3 + prng.below(10));
        let (finality, beacon) = match prng.below(10) {
            0..=2 => (Some((from, Some(last))), None),
            3 => (Some((from, None)), None),
            4 => (Some((over, Some(last))), Some(from)),
            _ => (Some((over, Some(last))), None),
        };
        let command = (prng.below(8) == 0).then_some(from + 2 * block_time);
        let hear_lone = prng.below(6) == 0;
        let mut plan = Self {
            seed,
            block_time,
            blocks,
            lines,
            forks,
            voters: Vec::new(),
            finality,
            beacon,
            command,
            hear_lone,
            last: (last, over),
            start,
            end,
            verbose: false,
        };
        plan.voters = voters(&mut prng, &plan, long);
        plan
    }

    /// The chain as the gateway is told of it.
    pub(crate) fn settings(&self) -> ChainSettings {
        let upstreams = self.voters.iter().enumerate().map(|(index, voter)| UpstreamSettings {
            name: format!("node-{index}"),
            operator: format!("operator-{}", voter.operator),
            cloud: None,
            client: None,
            trusted: voter.trusted,
            quota: gateway_core::QuotaSettings::default(),
        });
        let block_time = Span::from_nanos(self.block_time);
        ChainSettings {
            retry_budget_percent: BUDGET_PERCENT,
            lone_dissenter: if self.hear_lone {
                LoneDissenter::Undecided
            } else {
                LoneDissenter::Outlier
            },
            ..ChainSettings::new("simulated", CHAIN_ID, block_time, upstreams.collect())
        }
    }

    /// What the beacon source calls final at a time.
    pub(crate) fn beacon_block(&self, now: u64) -> Option<BlockRef> {
        let tip = self.lines[self.last.0].tip(now);
        self.beacon.filter(|from| *from <= now)?;
        self.blocks.below(tip, tip.number - 1)
    }
}

/// The trunk, one or two branches that leave it or each other, and the line that stops at the fork.
fn branches(
    prng: &mut Prng,
    block_time: u64,
    (parts, over, end): (u64, u64, u64),
) -> (Blocks, Vec<Line>, Vec<Fork>) {
    let mut blocks = Blocks::default();
    let reorgs = [0, 0, 6][prng.index(3)];
    let mut trunk = blocks.trunk();
    trunk.grow((&mut blocks, prng), (block_time, parts), reorgs);
    let block = trunk.settle(parts);
    let stopped = trunk.part(3, parts);
    let other = trunk.part(1, parts);
    // At most one branch keeps the pace; the others lack the blocks of those who left.
    let mut paces = [1, [1, 1, 2, 3, 6, 18][prng.index(6)], [1, 2, 4][prng.index(3)]];
    if prng.below(3) == 0 {
        paces.swap(0, 1);
    }
    let third = prng.below(5);
    let mut lines = vec![trunk, other];
    let mut first = Fork { block, at: parts, from: 0, to: [Some(1), None], later: None };
    let mut forks = Vec::new();
    let parts_again = parts + block_time * (8 + prng.below(4));
    let nested = third == 1 && parts_again + 8 * block_time < over;
    if third == 0 {
        lines.push(lines[0].part(2, parts));
        first.to[1] = Some(2);
    }
    let base = prng.index(2);
    for (index, line) in lines.iter_mut().enumerate() {
        let pace = paces[index] * block_time;
        if nested && index == base {
            line.grow((&mut blocks, prng), (pace, parts_again), reorgs);
        } else {
            line.grow((&mut blocks, prng), (pace, over), reorgs);
        }
    }
    if nested {
        let block = lines[base].settle(parts_again);
        let mut again = lines[base].part(2, parts_again);
        again.grow((&mut blocks, prng), (block_time, over), reorgs);
        lines[base].grow((&mut blocks, prng), (paces[base] * block_time, over), reorgs);
        lines.push(again);
        let base = u8::try_from(base).expect("two branches");
        first.later = Some((2, base));
        // The fork is above the first one only where the branch had grown by then.
        if block.number > first.block.number {
            let to = [Some(2), None];
            forks.push(Fork { block, at: parts_again, from: base, to, later: None });
        } else {
            first = Fork { to: [Some(1), Some(2)], later: None, ..first };
        }
    }
    forks.insert(0, first);
    while lines.len() < STOPPED {
        lines.push(stopped.clone());
    }
    // Afterwards every branch keeps the pace.
    for line in &mut lines {
        line.grow((&mut blocks, prng), (block_time, end + 60 * SECOND), 0);
    }
    lines.push(stopped);
    (blocks, lines, forks)
}

fn voters(prng: &mut Prng, plan: &SplitPlan, long: bool) -> Vec<Voter> {
    let count = 3 + prng.index(6);
    let operators = (2 + prng.index(5)).min(count);
    let kinds = 1 + prng.index(4);
    let clients: Vec<&str> = (0..kinds).map(|_| CLIENTS[prng.index(CLIENTS.len())]).collect();
    let branches = if plan.forks.iter().any(|fork| fork.to.contains(&Some(2))) { 3 } else { 2 };
    let sides: Vec<usize> = (0..kinds).map(|_| prng.index(branches)).collect();
    let by_class = prng.below(4) > 0;
    let (crashes, joins) = (prng.below(3) == 0, prng.below(3) == 0);
    let (trusts, merges, loss) =
        (prng.below(4) == 0, prng.below(8) == 0, [0, 0, 2, 8][prng.index(4)]);
    let slow = prng.below(6) == 0;
    let heals_early = prng.below(2) == 0;
    let relabels = (prng.below(4) == 0).then(|| prng.index(count));
    (0..count)
        .map(|index| {
            let operator = if index < operators { index } else { prng.index(operators) };
            let kind = prng.index(kinds);
            let chosen = if by_class { sides[kind] } else { prng.index(branches) };
            let line = if prng.below(12) == 0 { STOPPED } else { chosen };
            let mut voter = Voter {
                operator,
                address: (merges && prng.below(3) == 0).then(|| "192.0.2.7".to_owned()),
                trusted: trusts && prng.below(3) == 0,
                versions: vec![(0, clients[kind])],
                lines: vec![(0, line)],
                away: Vec::new(),
                delay: MILLI * (5 + prng.below(plan.block_time / MILLI / 8)),
                latency: MILLI * (1 + prng.below(if slow { 250 } else { 40 })),
                loss,
            };
            voter.heal(prng, plan, heals_early);
            voter.leave(prng, plan, (long, joins, crashes));
            if relabels == Some(index) {
                let before = long && prng.below(2) == 0;
                let parts = plan.forks[0].at;
                let at = if before {
                    parts - 350 * SECOND
                } else {
                    parts + plan.block_time * (3 + prng.below(4))
                };
                voter.versions.push((at, CLIENTS[prng.index(CLIENTS.len())]));
            }
            voter
        })
        .collect()
}

impl Voter {
    /// Goes over to the line that all end on, early or when it is time; some go back once more.
    fn heal(&mut self, prng: &mut Prng, plan: &SplitPlan, early: bool) {
        let (last, over) = plan.last;
        let (parts, block_time) = (plan.forks[0].at, plan.block_time);
        let own = self.lines[0].1;
        let span = over.saturating_sub(parts + 6 * block_time);
        let heals = if early && prng.below(2) == 0 {
            parts + 6 * block_time + prng.below(span)
        } else {
            over
        };
        self.lines.push((heals, last));
        let again = heals + block_time * (2 + prng.below(3));
        if prng.below(4) == 0 && own != last && again + 2 * block_time < over {
            self.lines.push((again, own));
            self.lines.push((over, last));
        }
    }

    fn leave(
        &mut self,
        prng: &mut Prng,
        plan: &SplitPlan,
        (long, joins, crashes): (bool, bool, bool),
    ) {
        let (parts, block_time) = (plan.forks[0].at, plan.block_time);
        let back = (parts + block_time * (4 + prng.below(7))).min(plan.last.1);
        let hangs = prng.below(2) == 0;
        if joins && prng.below(4) == 0 {
            self.away.push(Away { from: 0, to: back, hangs });
        } else if long && prng.below(3) == 0 {
            // Gone for more than ten minutes, or for less, when the branches part.
            let gone = [1_000, 300][prng.index(2)] * SECOND;
            self.away.push(Away { from: parts - gone, to: back, hangs });
        } else if crashes && prng.below(3) == 0 {
            let from = parts + prng.below(8 * block_time);
            let to = (from + block_time + prng.below(6 * block_time)).min(plan.last.1);
            self.away.push(Away { from, to, hangs });
        }
    }
}

impl std::fmt::Display for SplitPlan {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let secs = |at: u64| at / SECOND;
        let shown = (secs(self.start), secs(self.last.1), secs(self.end), self.last.0);
        let millis = self.block_time / MILLI;
        writeln!(formatter, "block time {millis} ms; starts, over, ends, on line: {shown:?}")?;
        for fork in &self.forks {
            writeln!(formatter, "fork at {} s: {fork:?}", secs(fork.at))?;
        }
        let (finality, beacon, command) = (self.finality, self.beacon, self.command);
        writeln!(formatter, "finality {finality:?}, beacon {beacon:?}, command {command:?}")?;
        writeln!(formatter, "lone dissenters are heard: {}", self.hear_lone)?;
        for (index, voter) in self.voters.iter().enumerate() {
            writeln!(formatter, "{index}: {voter:?}")?;
        }
        Ok(())
    }
}
