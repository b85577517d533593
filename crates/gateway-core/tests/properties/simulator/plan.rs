//! What happens in a world, drawn from its seed before it begins.

use gateway_core::{ChainSettings, MethodClass, QuotaSettings, UpstreamSettings};
use machine::Prng;
use units::Span;

use super::node::{CHAIN_ID, Fault, Node, Period};
use super::truth::{Lie, Truth};

pub(crate) const SECOND: u64 = 1_000_000_000;
pub(crate) const MILLI: u64 = 1_000_000;

/// Per cent of first calls that the budget allows in every world.
pub(crate) const BUDGET_PERCENT: u32 = 20;

/// A world before it runs.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) block_time: u64,
    pub(crate) truth: Truth,
    pub(crate) nodes: Vec<Node>,
    pub(crate) lies: Vec<Lie>,
    /// A node without any fault, if the world has one for certain.
    pub(crate) anchor: Option<usize>,
    /// Whether liars may make up as much as half of the operators.
    pub(crate) wild: bool,
    /// Client calls in a hundred that may not be repeated.
    pub(crate) writes_percent: u64,
    /// Client calls a second.
    pub(crate) rate: u64,
    /// When all faults are over.
    pub(crate) heal_at: u64,
    /// Whether its events are printed.
    pub(crate) verbose: bool,
    /// When all honest nodes must serve again, and no more clients come.
    pub(crate) end: u64,
}

impl Plan {
    /// A random world.
    pub(crate) fn random(seed: u64) -> Self {
        let mut prng = Prng::new(seed);
        let block_time = [1, 1, 1, 2, 2, 12][prng.index(6)] * SECOND;
        let heal_at = (15 + prng.below(10)) * SECOND + 2 * block_time;
        let end = heal_at + 5 * SECOND + 8 * block_time.min(6 * SECOND) + 2 * block_time;
        let count = 1 + prng.index(6);
        let operators = (1 + prng.below(4)).min(count as u64);
        let reorg_percent = [0, 5, 15][prng.index(3)];
        let truth = Truth::new(&mut prng, block_time, end + 30 * SECOND, reorg_percent);
        let anchor = (prng.below(10) < 7).then(|| prng.index(count));
        let wild = prng.below(10) == 0;
        let mut plan = Self {
            seed,
            block_time,
            truth,
            nodes: Vec::new(),
            lies: Vec::new(),
            anchor,
            wild,
            writes_percent: 3,
            rate: [5, 20, 60][prng.index(3)],
            heal_at,
            verbose: false,
            end,
        };
        for index in 0..count {
            let operator =
                if (index as u64) < operators { index as u64 } else { prng.below(operators) };
            let mut node = plan.node(&mut prng, operator);
            if anchor != Some(index) {
                let liars = (operators - 1) / 2;
                let may_lie = wild || (operator < liars && anchor.is_none_or(|a| a != index));
                node.periods = plan.periods(&mut prng, may_lie);
            }
            plan.nodes.push(node);
        }
        plan
    }

    /// A world in which those that have the head all go and only a frozen node is left for a while.
    pub(crate) fn stranded(seed: u64) -> Self {
        let mut plan = Self::two_of_three(seed, 0, [Fault::Killed, Fault::Killed], (SECOND, 20));
        plan.anchor = None;
        let to = plan.heal_at;
        plan.nodes[0].periods = vec![Period { from: 3 * SECOND, to, fault: Fault::Frozen }];
        plan
    }

    /// Three nodes of three operators and steady calls; two of the nodes have the given faults for a while.
    pub(crate) fn two_of_three(
        seed: u64,
        healthy: usize,
        faults: [Fault; 2],
        (block_time, rate): (u64, u64),
    ) -> Self {
        let mut prng = Prng::new(seed);
        let heal_at = 6 * SECOND + 12 * block_time.min(6 * SECOND);
        let end = heal_at + 6 * SECOND + 10 * block_time;
        let truth = Truth::new(&mut prng, block_time, end + 30 * SECOND, 0);
        let mut plan = Self {
            seed,
            block_time,
            truth,
            nodes: Vec::new(),
            lies: Vec::new(),
            anchor: Some(healthy),
            wild: false,
            writes_percent: 0,
            rate,
            heal_at,
            verbose: false,
            end,
        };
        let mut faults = faults.into_iter();
        for index in 0..3 {
            let mut node = plan.node(&mut prng, index as u64);
            if index != healthy {
                let from = 4 * SECOND + prng.below(2 * SECOND);
                let fault = faults.next().expect("two faults for two nodes");
                node.periods = vec![Period { from, to: heal_at, fault }];
            }
            plan.nodes.push(node);
        }
        plan
    }

    fn node(&self, prng: &mut Prng, operator: u64) -> Node {
        let delay = MILLI * (5 + prng.below(self.block_time / MILLI / 8));
        Node { operator, delay, latency: MILLI * (1 + prng.below(40)), periods: Vec::new() }
    }

    fn periods(&mut self, prng: &mut Prng, may_lie: bool) -> Vec<Period> {
        let mut periods: Vec<Period> = Vec::new();
        let mut now = if prng.below(4) == 0 { 0 } else { SECOND + prng.below(6 * SECOND) };
        while now < self.heal_at {
            let to = (now + SECOND / 2 + prng.below(12 * SECOND)).min(self.heal_at);
            let fault = self.fault(prng, may_lie, now);
            if now > 0 && matches!(fault, Fault::WrongChainId(_) | Fault::WrongGenesis(_)) {
                // A node that is replaced by another one is away for a while, and so looked at anew.
                let back = (now + 5 * SECOND).min(self.heal_at);
                periods.push(Period { from: now, to: back, fault: Fault::Killed });
                let to = (back + 5 * SECOND).min(self.heal_at);
                periods.push(Period { from: back, to, fault });
                now = to;
            } else {
                periods.push(Period { from: now, to, fault });
                now = to;
            }
            now += SECOND / 2 + prng.below(8 * SECOND);
        }
        periods
    }

    fn fault(&mut self, prng: &mut Prng, may_lie: bool, now: u64) -> Fault {
        let pause = [None, Some(Span::from_millis(300)), Some(Span::from_secs(2))][prng.index(3)];
        let percent = 30 + prng.below(71);
        let class = [MethodClass::Execution, MethodClass::State, MethodClass::Block][prng.index(3)];
        match prng.below(if may_lie { 15 } else { 10 }) {
            0 => Fault::Killed,
            1 => Fault::Hung,
            2 => Fault::Frozen,
            3 => Fault::Garbling(percent),
            4 => Fault::Throttling(pause),
            5 => Fault::Slow(2 + prng.below(100)),
            6 => Fault::ClassBroken(class),
            7 => Fault::InternalError(percent),
            8 => Fault::MissingAtHead,
            9 => Fault::LacksMethod,
            10 => Fault::WrongChainId(self.lie(prng, now)),
            11 => Fault::WrongGenesis(self.lie(prng, now)),
            _ => Fault::Lying(self.lie(prng, now)),
        }
    }

    fn lie(&mut self, prng: &mut Prng, now: u64) -> Lie {
        let fork = self.truth.tip(now);
        let skip = [0, 0, 20, 1_000_000][prng.index(4)];
        let period = self.block_time * (40 + prng.below(100)) / 100;
        let lie = Lie::new(self.lies.len() as u64 + 1, fork, skip, now, period);
        self.lies.push(lie);
        lie
    }

    /// The chain as the gateway is told of it.
    pub(crate) fn settings(&self) -> ChainSettings {
        let upstreams = self.nodes.iter().enumerate().map(|(index, node)| UpstreamSettings {
            name: format!("node-{index}"),
            operator: format!("operator-{}", node.operator),
            cloud: None,
            client: None,
            trusted: false,
            quota: QuotaSettings::default(),
        });
        ChainSettings {
            name: "simulated".to_owned(),
            chain_id: CHAIN_ID,
            block_time: Span::from_nanos(self.block_time),
            genesis: None,
            votes: gateway_core::Votes::default(),
            lone_dissenter: gateway_core::LoneDissenter::default(),
            when_undecided: gateway_core::WhenUndecided::default(),
            retry_budget_percent: BUDGET_PERCENT,
            second_opinion_per_mille: 10,
            forks: Vec::new(),
            upstreams: upstreams.collect(),
        }
    }

    /// Whether a node can be on another branch than the others, be it an orphan that it froze on.
    pub(crate) fn has_branches(&self) -> bool {
        !self.lies.is_empty() || self.truth.reorgs > 0
    }

    /// Whether honest nodes that are there have more than half of all operators' votes at a time.
    pub(crate) fn honest_majority(&self, now: u64) -> bool {
        let mut votes = std::collections::BTreeMap::new();
        for node in &self.nodes {
            let entry: &mut (u64, u64) = votes.entry(node.operator).or_default();
            let honest = node.fault(now).is_none_or(|period| period.fault.is_honest_and_there());
            entry.0 += u64::from(honest);
            entry.1 += 1;
        }
        let operators = votes.len() as u64;
        let weight: u64 = votes.values().map(|(honest, all)| 5_040 * honest / all).sum();
        weight * 2 > operators * 5_040
    }
}

impl std::fmt::Display for Plan {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            formatter,
            "block time {} ms, anchor {:?}, wild {}, {} calls/s, healed at {} ms",
            self.block_time / MILLI,
            self.anchor,
            self.wild,
            self.rate,
            self.heal_at / MILLI
        )?;
        for (index, node) in self.nodes.iter().enumerate() {
            let (operator, latency) = (node.operator, node.latency / MILLI);
            writeln!(formatter, "node {index}: operator {operator}, {latency} ms")?;
            for period in &node.periods {
                let (from, to) = (period.from / MILLI, period.to / MILLI);
                writeln!(formatter, "    {from:>6} to {to:>6}: {:?}", period.fault)?;
            }
        }
        Ok(())
    }
}
