//! A simulated node: what it knows, how long it takes, and in which ways it fails.

use gateway_core::{
    BlockRef, Doubt, Failure, Header, MethodClass, Needs, Probe, ProbeAnswer, ProbeFailure, Reply,
    SubmitReply,
};
use machine::Prng;
use units::Span;

use super::truth::{Lie, Truth};

/// The chain id that every honest node reports.
pub(crate) const CHAIN_ID: u64 = 1;

/// A way to fail.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// Refuses connections.
    Killed,
    /// Takes connections and never answers.
    Hung,
    /// Answers from the past: its head stands.
    Frozen,
    /// Has a branch of its own, next to the true chain or far ahead.
    Lying(Lie),
    /// Answers with garbage in so many of a hundred cases.
    Garbling(u64),
    /// Says "too many requests".
    Throttling(Option<Span>),
    /// Takes so many times as long.
    Slow(u64),
    /// Fails calls of one class only.
    ClassBroken(MethodClass),
    /// Answers with an internal error in so many of a hundred calls.
    InternalError(u64),
    /// Has no method for fees.
    LacksMethod,
    /// Knows its head but not yet what is in it.
    MissingAtHead,
    /// Reports another chain id, over another chain.
    WrongChainId(Lie),
    /// Reports another genesis, over another chain.
    WrongGenesis(Lie),
}

impl Fault {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Killed => "fault killed",
            Self::Hung => "fault hung",
            Self::Frozen => "fault frozen",
            Self::Lying(_) => "fault lying",
            Self::Garbling(_) => "fault garbling",
            Self::Throttling(_) => "fault throttling",
            Self::Slow(_) => "fault slow",
            Self::ClassBroken(_) => "fault class broken",
            Self::InternalError(_) => "fault internal error",
            Self::LacksMethod => "fault lacks method",
            Self::MissingAtHead => "fault missing at head",
            Self::WrongChainId(_) => "fault wrong chain id",
            Self::WrongGenesis(_) => "fault wrong genesis",
        }
    }

    /// Whether a node with this fault tells no falsehood about the chain and answers head probes in time.
    pub(crate) const fn is_honest_and_there(&self) -> bool {
        match self {
            Self::ClassBroken(_)
            | Self::InternalError(_)
            | Self::LacksMethod
            | Self::MissingAtHead => true,
            Self::Killed
            | Self::Hung
            | Self::Frozen
            | Self::Lying(_)
            | Self::Garbling(_)
            | Self::Throttling(_)
            | Self::Slow(_)
            | Self::WrongChainId(_)
            | Self::WrongGenesis(_) => false,
        }
    }

    /// The other branch that the node is on.
    pub(crate) const fn lie(&self) -> Option<&Lie> {
        match self {
            Self::Lying(lie) | Self::WrongChainId(lie) | Self::WrongGenesis(lie) => Some(lie),
            Self::Killed
            | Self::Hung
            | Self::Frozen
            | Self::Garbling(_)
            | Self::Throttling(_)
            | Self::Slow(_)
            | Self::ClassBroken(_)
            | Self::InternalError(_)
            | Self::LacksMethod
            | Self::MissingAtHead => None,
        }
    }
}

/// A fault from one time to another, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Period {
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) fault: Fault,
}

/// One node: how it follows the chain and when it fails.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) operator: u64,
    /// How long a new block takes to reach it.
    pub(crate) delay: u64,
    /// What an answer takes it.
    pub(crate) latency: u64,
    /// In order and without overlap.
    pub(crate) periods: Vec<Period>,
}

/// An answer and how long it takes; `None` where it never comes.
pub(crate) type Timed<T> = Option<(u64, T)>;

impl Node {
    pub(crate) fn fault(&self, now: u64) -> Option<&Period> {
        self.periods.iter().find(|period| period.from <= now && now < period.to)
    }

    /// The head it shows.
    pub(crate) fn head(&self, truth: &Truth, now: u64) -> Header {
        let period = self.fault(now);
        if let Some(lie) = period.and_then(|period| period.fault.lie()) {
            return lie.head(now);
        }
        let at = match period {
            Some(Period { from, fault: Fault::Frozen, .. }) => *from,
            Some(_) | None => now,
        };
        let tip = truth.tip(at.saturating_sub(self.delay));
        truth.header(&tip.hash).expect("a tip is a true block")
    }

    /// Whether it has a block.
    pub(crate) fn has(&self, truth: &Truth, now: u64, block: BlockRef) -> bool {
        if let Some(lie) = self.fault(now).and_then(|period| period.fault.lie()) {
            let own = lie.header(&block.hash).is_some() && block.number <= lie.head(now).number;
            return own || truth.born(&block.hash).is_some_and(|born| born <= lie.since);
        }
        let known = match self.fault(now) {
            Some(Period { from, fault: Fault::Frozen, .. }) => *from,
            Some(_) | None => now,
        };
        truth.born(&block.hash).is_some_and(|born| born + self.delay <= known || born == 0)
    }

    fn time(&self, prng: &mut Prng, now: u64) -> u64 {
        let usual = self.latency * (50 + prng.below(100)) / 100 + 1_000;
        match self.fault(now) {
            Some(Period { fault: Fault::Slow(factor), .. }) => usual * factor,
            Some(_) | None => usual,
        }
    }

    /// What it answers to a probe within `timeout`.
    pub(crate) fn probe(
        &self,
        truth: &Truth,
        prng: &mut Prng,
        now: u64,
        (probe, timeout): (Probe, u64),
    ) -> (u64, ProbeAnswer) {
        let time = self.time(prng, now);
        let unreachable = |why: &str| ProbeAnswer::Failed(ProbeFailure::Unreachable(why.into()));
        let fault = self.fault(now).map(|period| period.fault);
        match fault {
            Some(Fault::Killed) => (100_000, unreachable("no connection")),
            Some(Fault::Hung) => (timeout, unreachable("no answer in time")),
            Some(Fault::Garbling(percent)) if prng.below(100) < percent => {
                (time, unreachable("not json-rpc"))
            }
            Some(Fault::Throttling(pause)) => {
                (time, ProbeAnswer::Failed(ProbeFailure::Throttled(pause)))
            }
            Some(_) | None if time > timeout => (timeout, unreachable("no answer in time")),
            Some(_) | None => (time, self.tell(truth, now, probe, fault)),
        }
    }

    fn tell(&self, truth: &Truth, now: u64, probe: Probe, fault: Option<Fault>) -> ProbeAnswer {
        let head = self.head(truth, now);
        let back = |blocks: u64| {
            let mut header = head;
            for _ in 0..blocks {
                header = truth.header(&header.parent).unwrap_or(header);
            }
            ProbeAnswer::Header(Some(header))
        };
        match (probe, fault) {
            (Probe::ChainId, Some(Fault::WrongChainId(_))) => ProbeAnswer::ChainId(999),
            (Probe::ChainId, _) => ProbeAnswer::ChainId(CHAIN_ID),
            (Probe::Genesis, Some(Fault::WrongGenesis(lie) | Fault::WrongChainId(lie))) => {
                let mut header = truth.genesis();
                header.hash = super::truth::hash(0, lie.branch);
                ProbeAnswer::Header(Some(header))
            }
            (Probe::Genesis, _) => ProbeAnswer::Header(Some(truth.genesis())),
            (Probe::ClientVersion, _) => {
                ProbeAnswer::ClientVersion { version: "node/1.0".into(), family: "node".into() }
            }
            (Probe::Head, _) => ProbeAnswer::Header(Some(head)),
            (Probe::Safe, _) => back(4),
            (Probe::Finalized, _) => back(8),
            (Probe::Header(hash), _) => {
                let own = fault.and_then(|fault| fault.lie()?.header(&hash));
                ProbeAnswer::Header(own.or_else(|| truth.header(&hash)))
            }
            (Probe::FeeHistory(_) | Probe::GasPrice(_), _) => ProbeAnswer::GasPrice(1_000_000_000),
            (Probe::HashPins(_), _) => ProbeAnswer::HashPins(true),
        }
    }

    /// What it answers to a call, as far as can be said when the call arrives.
    pub(crate) fn call(
        &self,
        truth: &Truth,
        prng: &mut Prng,
        now: u64,
        (class, needs): (MethodClass, Needs),
    ) -> Timed<Reply> {
        let time = self.time(prng, now);
        let failed = |why| Some((time, Reply::Failed(why)));
        let chance = |prng: &mut Prng, percent| prng.below(100) < percent;
        match self.fault(now).map(|period| period.fault) {
            Some(Fault::Killed) => return Some((100_000, Reply::Failed(Failure::Connect))),
            Some(Fault::Hung) => return None,
            Some(Fault::Garbling(percent)) if chance(prng, percent) => {
                let ways = [Failure::Malformed, Failure::ServerError, Failure::Broken];
                return failed(ways[prng.index(3)]);
            }
            Some(Fault::Throttling(pause)) => return failed(Failure::Throttled(pause)),
            Some(Fault::ClassBroken(broken)) if broken == class => {
                return failed(Failure::ServerError);
            }
            Some(Fault::InternalError(percent)) if chance(prng, percent) => {
                return Some((time, Reply::Doubtful(Doubt::InternalError)));
            }
            Some(Fault::LacksMethod) if class == MethodClass::Fee => {
                return Some((time, Reply::Doubtful(Doubt::MethodUnsupported)));
            }
            Some(Fault::MissingAtHead) if self.is_at_head(truth, now, needs) => {
                return Some((time, Reply::Doubtful(Doubt::MissingData)));
            }
            Some(_) | None => {}
        }
        let held = match needs {
            Needs::Head(block) => self.has(truth, now, block),
            Needs::Number(number) => self.head(truth, now).number >= number,
            Needs::Anything | Needs::Ahead => true,
        };
        let reply = if held { Reply::Answer } else { Reply::Doubtful(Doubt::MissingData) };
        Some((time, reply))
    }

    fn is_at_head(&self, truth: &Truth, now: u64, needs: Needs) -> bool {
        matches!(needs, Needs::Head(block) if block.number >= self.head(truth, now).number)
    }

    /// What it answers to a transaction that it may have `seen` already.
    pub(crate) fn submit(
        &self,
        truth: &Truth,
        prng: &mut Prng,
        now: u64,
        seen: bool,
    ) -> Timed<SubmitReply> {
        let (time, reply) = self.call(truth, prng, now, (MethodClass::Submit, Needs::Anything))?;
        let reply = match reply {
            Reply::Answer if seen => SubmitReply::AlreadyKnown,
            Reply::Answer | Reply::Doubtful(Doubt::MissingData | Doubt::MethodUnsupported) => {
                SubmitReply::Accepted
            }
            Reply::Doubtful(Doubt::InternalError) => SubmitReply::Rejected,
            Reply::Failed(why) => SubmitReply::Failed(why),
        };
        Some((time, reply))
    }
}
