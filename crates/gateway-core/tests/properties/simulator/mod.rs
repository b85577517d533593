//! A world in which the gateway's core runs for some virtual seconds: nodes, clients, an order of events.

mod check;
mod node;
mod plan;
mod step;
mod truth;

use std::collections::{BTreeMap, BTreeSet};

use gateway_core::{
    Call, Chain, MethodClass, Needs, Probe, ProbeAnswer, Reply, State, Submit, SubmitReply,
    UpstreamId,
};
use machine::Prng;
use units::Timestamp;

pub(crate) use check::Budget;
pub(crate) use node::Fault;
pub(crate) use plan::{BUDGET_PERCENT, MILLI, Plan, SECOND};

use check::Heads;

/// Something that will happen.
#[derive(Debug)]
enum Happening {
    /// The chain wanted to be polled.
    Poll,
    /// A client calls.
    Arrive,
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
    Submitted {
        call: u64,
        attempt: u8,
        reply: SubmitReply,
    },
    Tried {
        upstream: UpstreamId,
        class: MethodClass,
        reply: Reply,
        sent: u64,
    },
    Wake(u64),
    Abandon(u64),
}

/// A client's call on its way.
#[derive(Debug)]
struct Live {
    call: Call<'static>,
    class: MethodClass,
    needs: Needs,
    idempotent: bool,
    started: u64,
    /// How often it was pinned anew.
    rounds: u32,
    /// Attempts under way, and those that came back with something to give to a client.
    flying: BTreeSet<u8>,
    given: BTreeSet<u8>,
    outcomes: u32,
}

/// A transaction on its way.
#[derive(Debug)]
struct Sent {
    submit: Submit,
    started: u64,
    flying: BTreeSet<u8>,
    given: BTreeSet<u8>,
    outcomes: u32,
}

/// What came of a world.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// A hash over all outputs and events.
    pub(crate) trace: u64,
    /// How often each thing happened.
    pub(crate) tallies: BTreeMap<&'static str, u64>,
    /// How long answered calls took, in nanoseconds.
    pub(crate) latencies: Vec<u64>,
    /// Furthest that the agreed head was behind the anchor, as time since the anchor had a further block.
    pub(crate) behind_max: u64,
}

/// The running world.
pub(crate) struct World {
    plan: Plan,
    chain: Chain,
    prng: Prng,
    now: u64,
    queue: BTreeMap<(u64, u64), Happening>,
    queued: u64,
    poll_at: u64,
    next_call: u64,
    calls: BTreeMap<u64, Live>,
    submits: BTreeMap<u64, Sent>,
    /// Which transactions some node has.
    seen: BTreeSet<u64>,
    known_id: BTreeSet<UpstreamId>,
    paused_until: BTreeMap<UpstreamId, u64>,
    budget: Budget,
    heads: Heads,
    report: Report,
}

impl World {
    /// Runs a planned world to its end.
    ///
    /// # Panics
    ///
    /// Where a property does not hold, with the seed to run it again.
    pub(crate) fn run(plan: Plan) -> Report {
        let chain = Chain::new(plan.settings(), plan.seed, Timestamp::ZERO);
        let mut world = Self {
            chain,
            prng: Prng::new(plan.seed ^ 0x5ea_0a11),
            now: 0,
            queue: BTreeMap::new(),
            queued: 0,
            poll_at: u64::MAX,
            next_call: 0,
            calls: BTreeMap::new(),
            submits: BTreeMap::new(),
            seen: BTreeSet::new(),
            known_id: BTreeSet::new(),
            paused_until: BTreeMap::new(),
            budget: Budget::default(),
            heads: Heads::default(),
            report: Report::default(),
            plan,
        };
        for period in world.plan.nodes.iter().flat_map(|node| &node.periods) {
            *world.report.tallies.entry(period.fault.name()).or_default() += 1;
        }
        world.tally_by("true reorg", world.plan.truth.reorgs);
        if world.plan.verbose {
            world.say(&world.plan.to_string());
        }
        world.push(0, Happening::Poll);
        world.push(world.plan.block_time / 2 + SECOND, Happening::Arrive);
        while let Some(((at, _), happening)) = world.queue.pop_first() {
            // After the end nobody looks for heads; what is under way comes to its end.
            if at > world.plan.end && matches!(happening, Happening::Poll) {
                continue;
            }
            world.now = at;
            world.step(happening);
        }
        world.finish();
        world.report
    }

    fn time(&self) -> Timestamp {
        Timestamp::from_nanos(self.now)
    }

    fn push(&mut self, at: u64, happening: Happening) {
        self.queued += 1;
        self.queue.insert((at.max(self.now), self.queued), happening);
    }

    fn tally(&mut self, what: &'static str) {
        self.tally_by(what, 1);
    }

    fn tally_by(&mut self, what: &'static str, count: u64) {
        *self.report.tallies.entry(what).or_default() += count;
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
        let Plan { seed, .. } = self.plan;
        panic!(
            "at {}: {what}\nseed {seed}; again with: SEAWALL_SEED={seed} cargo test -p gateway-core --test properties",
            units::Span::from_nanos(self.now)
        );
    }

    fn require(&self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.fail(&what());
        }
    }

    fn step(&mut self, happening: Happening) {
        let probed = matches!(happening, Happening::Probed { .. });
        let polled = probed || matches!(happening, Happening::Poll);
        match happening {
            Happening::Poll => self.poll_at = u64::MAX,
            Happening::Arrive => {
                self.heads.watch(&self.plan, self.now);
                self.on_arrival();
            }
            Happening::Probed { upstream, probe, answer } => {
                self.on_probed(upstream, probe, answer);
            }
            Happening::Replied { call, attempt, reply } => self.on_replied(call, attempt, reply),
            Happening::Submitted { call, attempt, reply } => {
                self.on_submitted(call, attempt, reply);
            }
            Happening::Tried { upstream, class, reply, sent } => {
                self.note_pause(upstream, reply);
                let took = self.time().since(Timestamp::from_nanos(sent));
                let now = self.time();
                self.chain.on_trial(now, upstream, class, reply, took);
            }
            Happening::Wake(call) => self.on_wake(call),
            Happening::Abandon(call) => self.on_abandoned(call),
        }
        if polled {
            self.probe_and_wait();
        }
        self.after_step(probed);
    }

    /// Sends out the probes that are due; what calls teach the chain can only make the next ones later.
    fn probe_and_wait(&mut self) {
        let now = self.time();
        while self.now <= self.plan.end
            && let Some(order) = self.chain.poll_probe(now)
        {
            let node = &self.plan.nodes[order.upstream.index()];
            let asked = (order.probe, order.timeout.as_nanos());
            let (time, answer) = node.probe(&self.plan.truth, &mut self.prng, self.now, asked);
            let (upstream, probe) = (order.upstream, order.probe);
            self.push(self.now + time, Happening::Probed { upstream, probe, answer });
        }
        let (deadline, why) = self.chain.next_deadline();
        if self.now <= self.plan.end {
            self.require(deadline > now, || format!("{why}, but was just polled for"));
        }
        if deadline.as_nanos() < self.poll_at {
            self.poll_at = deadline.as_nanos();
            self.push(self.poll_at, Happening::Poll);
        }
    }

    /// Takes the events, and looks at the head.
    fn after_step(&mut self, probed: bool) {
        let mut reorg = false;
        while let Some(event) = self.chain.poll_event() {
            if self.plan.verbose {
                self.say(&format!("{:?} {} {}", event.upstream, event.kind.name(), event.text));
            }
            reorg |= event.kind == gateway_core::EventKind::Reorg;
            self.tally(event.kind.name());
            if event.text.starts_with("head goes back") {
                self.tally("step back");
            }
            let text = event.text.bytes().fold(0, |sum: u64, b| sum.rotate_left(5) ^ u64::from(b));
            self.trace(&[self.now, text]);
        }
        if probed {
            self.check_heads(reorg);
        }
        self.require(probed || !reorg, || "a reorg without a probe".to_owned());
    }

    fn check_heads(&mut self, reorg: bool) {
        let head = self.chain.view().map(|view| view.head);
        if let Err(what) = self.heads.check(&self.plan, self.now, head, reorg) {
            self.fail(&what);
        }
        let Some((anchor, head)) = self.plan.anchor.zip(head) else { return };
        if self.now > self.plan.end {
            return;
        }
        let delay = self.plan.nodes[anchor].delay;
        let further = self.plan.truth.reached(head.number + 1).map_or(u64::MAX, |at| at + delay);
        let behind = self.now.saturating_sub(further);
        self.report.behind_max = self.report.behind_max.max(behind);
    }

    fn on_probed(&mut self, upstream: UpstreamId, probe: Probe, answer: ProbeAnswer) {
        if answer == ProbeAnswer::ChainId(node::CHAIN_ID) {
            self.known_id.insert(upstream);
        }
        if let ProbeAnswer::Failed(gateway_core::ProbeFailure::Throttled(pause)) = &answer {
            let reply = Reply::Failed(gateway_core::Failure::Throttled(*pause));
            self.note_pause(upstream, reply);
        }
        let now = self.time();
        self.chain.on_probe(now, upstream, probe, answer);
    }

    /// What must be true when everything has come to its end.
    fn finish(&mut self) {
        let snapshot = self.chain.snapshot(self.time());
        for upstream in &snapshot.upstreams {
            self.require(upstream.in_flight == 0, || {
                format!("{} has {} calls under way for ever", upstream.name, upstream.in_flight)
            });
        }
        self.require(self.calls.is_empty(), || "a call was never answered".to_owned());
        let counts = snapshot.counts;
        let extras = counts.retries + counts.hedges + counts.trials;
        self.require(extras == self.budget.extras(), || {
            format!("{extras} extra calls counted, {} made", self.budget.extras())
        });
        self.tally_by("retry", counts.retries);
        self.tally_by("hedge", counts.hedges);
        self.tally_by("trial", counts.trials);
    }

    /// After all faults are over, every node serves again.
    fn check_healed(&self) {
        for index in 0..self.plan.nodes.len() {
            let id = UpstreamId(u8::try_from(index).expect("few nodes"));
            let state = self.chain.state(id);
            let rejoining = || {
                let known = self.chain.snapshot(self.time()).upstreams;
                known[index].reason.starts_with("back from a wrong branch")
            };
            let well = state == Some(State::Serving)
                || (state == Some(State::Probation) && self.plan.has_branches() && rejoining());
            self.require(well, || {
                format!("healed, but node {index} does not serve: {}", self.describe())
            });
        }
    }

    /// The agreed head and the upstreams, in words.
    fn describe(&self) -> String {
        let snapshot = self.chain.snapshot(self.time());
        let head = snapshot.head.map(|head| head.to_string()).unwrap_or_default();
        let shown = snapshot.upstreams.iter().map(|upstream| {
            let (name, state, reason) = (&upstream.name, upstream.state.name(), &upstream.reason);
            let head = upstream.head.map(|head| head.to_string()).unwrap_or_default();
            format!("\n    {name} {state} at {head}: {reason}, out for {:?}", upstream.ejected)
        });
        format!("agreed on {head}{}", shown.collect::<String>())
    }
}
