//! Worlds in which upstreams part for good: the core under delays, loss, crashes, late joiners and early healers,
//! held against what the rule says.

mod chains;
mod check;
mod client;
mod oracle;
mod plan;
mod voter;

use std::collections::{BTreeMap, BTreeSet};

use gateway_core::{
    Cache, Chain, EventKind, Probe, ProbeAnswer, ProbeFailure, Reply, State, UpstreamId,
};
use machine::Prng;
use units::Timestamp;

use crate::simulator::{Budget, MILLI, SECOND};
use chains::REORG_MAX;
use check::Rule;
use client::Clients;
use oracle::{Seen, Told};
pub(crate) use plan::SplitPlan;

/// Bytes of the cache: some answers are pushed out.
const CACHE_BYTES: usize = 64 * 1024;

/// Something that will happen.
#[derive(Debug)]
enum Happening {
    Poll,
    /// A client calls.
    Arrive,
    /// The beacon source and the operator have their say.
    Referee,
    Probed {
        upstream: UpstreamId,
        probe: Probe,
        answer: ProbeAnswer,
    },
    Replied {
        call: u64,
        attempt: u8,
        reply: Reply,
    },
    Tried {
        upstream: UpstreamId,
        reply: Reply,
        sent: u64,
    },
    Wake(u64),
}

/// What came of a world.
#[derive(Debug, Default)]
pub(crate) struct SplitReport {
    /// A hash over all outputs and events.
    pub(crate) trace: u64,
    /// How often each thing happened.
    pub(crate) tallies: BTreeMap<&'static str, u64>,
}

/// The running world.
pub(crate) struct SplitWorld {
    plan: SplitPlan,
    chain: Chain,
    cache: Cache<client::Kept>,
    prng: Prng,
    now: u64,
    queue: BTreeMap<(u64, u64), Happening>,
    queued: u64,
    poll_at: u64,
    told: Vec<Told>,
    /// Who is on a branch that lost: at which fork, on which side, and from when that must be known.
    lost: BTreeMap<usize, (usize, u8, u64)>,
    beacon: Option<gateway_core::BlockRef>,
    rule: Rule,
    clients: Clients,
    budget: Budget,
    report: SplitReport,
}

impl SplitWorld {
    /// Runs a planned world to its end.
    ///
    /// # Panics
    ///
    /// Where a property does not hold, with the seed to run it again.
    pub(crate) fn run(plan: SplitPlan) -> SplitReport {
        let start = Timestamp::from_nanos(plan.start);
        let mut world = Self {
            chain: Chain::new(plan.settings(), plan.seed, start),
            cache: Cache::new(CACHE_BYTES),
            prng: Prng::new(plan.seed ^ 0x5ea_0a12),
            now: plan.start,
            queue: BTreeMap::new(),
            queued: 0,
            poll_at: u64::MAX,
            told: vec![Told::default(); plan.voters.len()],
            lost: BTreeMap::new(),
            beacon: None,
            rule: Rule::default(),
            clients: Clients::default(),
            budget: Budget::default(),
            report: SplitReport::default(),
            plan,
        };
        world.describe_plan();
        for (index, voter) in world.plan.voters.iter().enumerate() {
            world.chain.on_address(start, id(index), voter.address.clone());
        }
        world.push(world.now, Happening::Poll);
        world.push(world.now + world.plan.block_time, Happening::Arrive);
        world.push(world.now + world.plan.block_time, Happening::Referee);
        while let Some(((at, _), happening)) = world.queue.pop_first() {
            // After the end nobody looks for heads; what is under way comes to its end.
            if at > world.plan.end && matches!(happening, Happening::Poll | Happening::Referee) {
                continue;
            }
            world.now = at;
            world.step(happening);
        }
        world.finish();
        world.report
    }

    /// Prints the plan where asked to, and notes what is in it.
    fn describe_plan(&mut self) {
        if self.plan.verbose {
            self.say(&self.plan.to_string());
        }
        let plan = &self.plan;
        let three = plan.forks[0].to[1].is_some();
        let operators: BTreeSet<(usize, usize)> =
            plan.voters.iter().map(|voter| (voter.operator, voter.lines[0].1)).collect();
        let distinct: BTreeSet<usize> = plan.voters.iter().map(|voter| voter.operator).collect();
        let any = |holds: fn(&voter::Voter) -> bool| plan.voters.iter().any(holds);
        let happens = [
            ("a second fork", plan.forks.len() > 1),
            ("three branches", three),
            ("an operator on both sides", operators.len() > distinct.len()),
            ("a late joiner", any(|voter| voter.away.iter().any(|away| away.from == 0))),
            ("a crash", any(|voter| voter.away.iter().any(|away| away.from > 0))),
            ("another name", any(|voter| voter.versions.len() > 1)),
            ("a relapse", any(|voter| voter.lines.len() > 2)),
            ("an operator at two addresses", any(|voter| voter.address.is_some())),
            ("a split before the start", plan.start > plan.forks[0].at),
        ];
        for (what, _) in happens.into_iter().filter(|(_, happens)| *happens) {
            self.tally(what);
        }
    }

    fn time(&self) -> Timestamp {
        Timestamp::from_nanos(self.now)
    }

    fn push(&mut self, at: u64, happening: Happening) {
        self.queued += 1;
        self.queue.insert((at.max(self.now), self.queued), happening);
    }

    fn tally(&mut self, what: &'static str) {
        *self.report.tallies.entry(what).or_default() += 1;
    }

    /// Mixes a value into the trace.
    fn trace(&mut self, words: &[u64]) {
        for word in words {
            self.report.trace = (self.report.trace ^ word).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn say(&self, what: &str) {
        crate::say(&format!("{:>8} {what}", self.now / MILLI));
    }

    fn fail(&self, what: &str) -> ! {
        let (seed, at) = (self.plan.seed, self.now / MILLI);
        let again = "cargo test -p gateway-core --test properties every_split";
        panic!(
            "at {at} ms: {what}\n{}\nseed {seed}; again with: SEAWALL_SEED={seed} {again}",
            self.describe()
        );
    }

    fn require(&self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.fail(&what());
        }
    }

    fn seen(&self) -> Seen<'_> {
        let (plan, told, lost) = (&self.plan, self.told.as_slice(), &self.lost);
        Seen { plan, told, lost, beacon: self.beacon, now: self.now }
    }

    fn step(&mut self, happening: Happening) {
        let mut looks = matches!(happening, Happening::Probed { .. } | Happening::Referee);
        match happening {
            Happening::Poll => self.poll_at = u64::MAX,
            Happening::Arrive => self.on_arrival(),
            Happening::Referee => self.on_referee(),
            Happening::Probed { upstream, probe, answer } => {
                self.take_in(upstream, probe, &answer);
                self.chain.on_probe(self.time(), upstream, probe, answer);
            }
            Happening::Replied { call, attempt, reply } => self.on_replied(call, attempt, reply),
            Happening::Tried { upstream, reply, sent } => {
                let took = self.time().since(Timestamp::from_nanos(sent));
                self.chain.on_trial(self.time(), upstream, client::CLASS, reply, took);
            }
            Happening::Wake(call) => self.on_wake(call),
        }
        if looks || self.poll_at == u64::MAX {
            self.probe_and_wait();
        }
        let reorg = self.take_events();
        looks |= reorg;
        if looks {
            self.check_head(reorg);
            self.check_rule();
        }
    }

    fn probe_and_wait(&mut self) {
        if self.now > self.plan.end {
            return;
        }
        let now = self.time();
        while let Some(order) = self.chain.poll_probe(now) {
            let voter = &self.plan.voters[order.upstream.index()];
            let asked = (order.probe, order.timeout.as_nanos());
            let (time, answer) = voter.probe(&self.plan, &mut self.prng, self.now, asked);
            let (upstream, probe) = (order.upstream, order.probe);
            self.push(self.now + time, Happening::Probed { upstream, probe, answer });
        }
        let (deadline, why) = self.chain.next_deadline();
        self.require(deadline > now, || format!("{why}, but was just polled for"));
        if deadline.as_nanos() < self.poll_at {
            self.poll_at = deadline.as_nanos();
            self.push(self.poll_at, Happening::Poll);
        }
    }

    /// Notes what an upstream tells, before the core hears it.
    fn take_in(&mut self, upstream: UpstreamId, probe: Probe, answer: &ProbeAnswer) {
        let told = &mut self.told[upstream.index()];
        if let ProbeAnswer::Failed(ProbeFailure::Unreachable(_)) = answer {
            if matches!(probe, Probe::Head | Probe::ChainId | Probe::Genesis) {
                told.lost += 1;
                if told.lost == 2 {
                    told.gone_since = Some(self.now);
                }
            }
            return;
        }
        told.heard_since.get_or_insert(self.now);
        match (probe, answer) {
            (Probe::Head, ProbeAnswer::Header(Some(header))) => {
                let (blocks, head) = (&self.plan.blocks, header.block());
                let floor = told.head.and_then(|old| blocks.below(old, old.number - REORG_MAX));
                told.turns += u64::from(floor.is_some_and(|floor| !blocks.holds(head, floor)));
                told.head = Some(head);
                told.head_at = self.now;
                (told.lost, told.gone_since) = (0, None);
            }
            (Probe::ChainId, ProbeAnswer::ChainId(_)) => told.identified = true,
            (Probe::Finalized, ProbeAnswer::Header(Some(header))) => {
                told.finalized = Some(header.block());
            }
            (Probe::ClientVersion, ProbeAnswer::ClientVersion { version, .. }) => {
                if told.names.last().is_none_or(|(_, last)| last != version) {
                    told.names.push((self.now, version.clone()));
                }
            }
            (_, _) => {}
        }
    }

    fn on_referee(&mut self) {
        self.push(self.now + self.plan.block_time, Happening::Referee);
        let now = self.time();
        if let Some(block) = self.plan.beacon_block(self.now) {
            self.beacon = Some(block);
            self.chain.on_beacon_finalized(now, block);
        }
        let undecided = self.chain.view().is_some_and(|view| view.undecided);
        // Where too few can say what is final nobody else can end a split whose winners have all left.
        let deserted = self.now > self.plan.last.1 + 16 * self.plan.block_time
            && self.lost.len() == self.told.len();
        if deserted || (self.plan.command.is_some_and(|at| at <= self.now) && undecided) {
            let tip = self.plan.lines[self.plan.last.0].tip(self.now);
            let held = self.chain.snapshot(now).contest.map(|contest| contest.fork);
            let fork = self.plan.forks.iter().find(|fork| Some(fork.block) == held);
            self.rule.commanded = fork.and_then(|fork| fork.side(tip));
            if self.chain.follow(now, tip.hash).is_ok() {
                self.tally("a command");
                self.plan.command = None;
            }
        }
    }

    /// Takes the events; whether the head left its branch.
    fn take_events(&mut self) -> bool {
        let mut reorg = false;
        while let Some(event) = self.chain.poll_event() {
            if self.plan.verbose {
                self.say(&format!("{:?} {} {}", event.upstream, event.kind.name(), event.text));
            }
            reorg |= event.kind == EventKind::Reorg;
            self.note_probation(&event);
            self.rule.read(&event.text);
            self.rule.stirred |= matches!(event.kind, EventKind::Contest | EventKind::Verdict);
            let known = [
                ("have met again", "met again"),
                ("everyone is back", "everyone back"),
                ("finality overrules", "overruled"),
                ("it is waived", "probation waived"),
                ("everyone else is wrong", "an alarm about the others"),
                ("on a branch of its own", "odd one out"),
            ];
            for (_, what) in known.into_iter().filter(|(words, _)| event.text.contains(words)) {
                self.tally(what);
            }
            let text = event.text.bytes().fold(0, |sum: u64, b| sum.rotate_left(5) ^ u64::from(b));
            self.trace(&[self.now, text]);
        }
        reorg
    }

    /// Notes who is back after having been the odd one out, and so has no vote for a while.
    fn note_probation(&mut self, event: &gateway_core::Event) {
        if event.text.contains("it is waived") {
            self.told.iter_mut().for_each(|told| told.back_at = None);
        }
        let height = self.chain.view().map_or(0, |view| view.head.number);
        let left = event.text.split_once(" to probation: back from a wrong branch; ");
        let left = left.and_then(|(_, rest)| rest.split_once(' ')?.0.parse::<u64>().ok());
        if let Some((upstream, left)) = event.upstream.zip(left)
            && !self.lost.contains_key(&upstream.index())
        {
            self.told[upstream.index()].back_at = Some((height + left).saturating_sub(32));
        }
    }

    /// What must be true when everything has come to its end.
    fn finish(&self) {
        let snapshot = self.chain.snapshot(self.time());
        for upstream in &snapshot.upstreams {
            self.require(upstream.in_flight == 0, || {
                format!("{} has {} calls under way for ever", upstream.name, upstream.in_flight)
            });
        }
        self.require(self.clients.is_idle(), || "a call was never answered".to_owned());
        let counts = snapshot.counts;
        let extras = counts.retries + counts.hedges + counts.trials;
        self.require(extras == self.budget.extras(), || {
            format!("{extras} extra calls counted, {} made", self.budget.extras())
        });
    }

    /// Everybody is back on one branch for long enough: all serve, and the verdict says so.
    fn check_healed(&self) {
        let snapshot = self.chain.snapshot(self.time());
        let well = snapshot.verdict == gateway_core::Verdict::Healthy
            && snapshot.upstreams.iter().all(|upstream| upstream.state == State::Serving);
        self.require(well, || "healed, but not all is well".to_owned());
    }

    /// The verdict, the agreed head and the upstreams, in words.
    fn describe(&self) -> String {
        let snapshot = self.chain.snapshot(self.time());
        let head = snapshot.head.map(|head| head.to_string()).unwrap_or_default();
        let shown = snapshot.upstreams.iter().enumerate().map(|(index, upstream)| {
            let (name, state, reason) = (&upstream.name, upstream.state.name(), &upstream.reason);
            let told = &self.told[index];
            format!("\n    {name} {state}: {reason}; told {:?}, {}", told.head, told.lost)
        });
        let (verdict, reason) = (snapshot.verdict.name(), &snapshot.verdict_reason);
        let contest = &snapshot.contest;
        format!("{verdict}: {reason}; agreed on {head}; {contest:?}{}", shown.collect::<String>())
    }
}

fn id(index: usize) -> UpstreamId {
    UpstreamId(u8::try_from(index).expect("few upstreams"))
}

/// Seconds and nanoseconds in words.
pub(crate) fn secs(nanos: u64) -> u64 {
    nanos / SECOND
}
