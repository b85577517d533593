//! Clients of a world that splits: reads of the head, of what is below it, and of nothing in particular, some of
//! them answered from what is kept.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use gateway_core::{
    BlockRef, CacheKey, Call, CallInput, CallOutput, CallRequest, Failure, Looked, MethodClass,
    Needs, Offer, Permit, Refusal, RefusalReason, Reply, Source, UpstreamId,
};
use units::Timestamp;

use super::{Happening, SplitWorld};
use crate::simulator::SECOND;

/// The class of all reads.
pub(super) const CLASS: MethodClass = MethodClass::State;

/// How long a client waits, and the shell for a trial.
const PATIENCE: u64 = 8 * SECOND;
const TRIAL_PATIENCE: u64 = 10 * SECOND;

/// How often the shell pins a call anew.
const ROUNDS: u32 = 3;

/// Blocks that clients remember having been told of.
const REMEMBERED: usize = 24;

/// A kept answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    /// The block that it is of.
    block: BlockRef,
    /// How often who gave it had gone over to another branch by then, as far as was told.
    turns: u64,
}

/// A call on its way.
#[derive(Debug)]
struct Live {
    call: Call<'static>,
    needs: Needs,
    repeatable: bool,
    started: u64,
    rounds: u32,
    permit: Option<Permit>,
    flying: BTreeSet<u8>,
    /// What the attempts that came back were of.
    given: BTreeMap<u8, Option<BlockRef>>,
    outcomes: u32,
}

/// All clients.
#[derive(Debug, Default)]
pub(super) struct Clients {
    next: u64,
    calls: BTreeMap<u64, Live>,
    recent: VecDeque<BlockRef>,
}

impl Clients {
    pub(super) fn is_idle(&self) -> bool {
        self.calls.is_empty()
    }
}

impl SplitWorld {
    pub(super) fn on_arrival(&mut self) {
        if self.now >= self.plan.end {
            self.check_healed();
            return;
        }
        let gap = 1 + self.prng.below(self.plan.block_time / 2);
        self.push((self.now + gap).min(self.plan.end), Happening::Arrive);
        let Some(view) = self.chain.view() else { return };
        if self.clients.recent.back() != Some(&view.head) {
            self.clients.recent.push_back(view.head);
            if self.clients.recent.len() > REMEMBERED {
                self.clients.recent.pop_front();
            }
        }
        let known = self.clients.recent.len();
        let below = view.head.number - self.prng.below(12);
        let needs = match self.prng.below(10) {
            0 => Needs::Anything,
            1 | 2 => Needs::Number(below),
            // A block that the client was told of before, wherever the head is by now.
            3 | 4 => Needs::Head(self.clients.recent[self.prng.index(known)]),
            _ => Needs::Head(view.head),
        };
        let pinned = match needs {
            Needs::Head(block) => block,
            Needs::Anything | Needs::Number(_) | Needs::Ahead => view.head,
        };
        let contested = self.chain.is_contested(&pinned.hash);
        let newest = pinned == view.head && matches!(needs, Needs::Head(_));
        if view.undecided && (newest || contested) {
            self.tally("refused as undecided");
            return;
        }
        let Ok(permit) = self.look_up(needs, view.head) else { return };
        self.tally("call");
        self.budget.call(self.now);
        let id = self.clients.next;
        self.clients.next += 1;
        let repeatable = self.prng.below(20) > 0;
        let live = Live {
            call: Call::new(self.request(needs, repeatable, self.now)),
            needs,
            repeatable,
            started: self.now,
            rounds: 0,
            permit,
            flying: BTreeSet::new(),
            given: BTreeMap::new(),
            outcomes: 0,
        };
        self.clients.calls.insert(id, live);
        self.input(id, CallInput::Start);
    }

    fn request(&self, needs: Needs, idempotent: bool, started: u64) -> CallRequest<'static> {
        let deadline = Timestamp::from_nanos(started + PATIENCE);
        CallRequest { class: CLASS, method: CLASS.name(), needs, idempotent, deadline }
    }

    /// Looks whether the answer is kept: an error where it is, and so no call is needed.
    fn look_up(&mut self, needs: Needs, head: BlockRef) -> Result<Option<Permit>, ()> {
        let Some(params) = params(needs) else { return Ok(None) };
        let key = CacheKey::new(1, CLASS.name(), &params);
        match self.cache.look_up(&mut self.chain, &key, head, key.fingerprint()) {
            Looked::Miss(permit) => Ok(Some(permit.wanted())),
            Looked::Hit { value, origin } => {
                self.tally("kept answer");
                self.check_kept(needs, value, origin);
                Err(())
            }
        }
    }

    /// What is kept is of our branch.
    fn check_kept(&self, needs: Needs, kept: Kept, origin: UpstreamId) {
        let Kept { block, turns } = kept;
        let ours = |block| self.chain.view().is_some_and(|v| self.plan.blocks.holds(v.head, block));
        let by_number = match needs {
            Needs::Number(number) => {
                self.require(block.number == number, || "kept of another block".to_owned());
                true
            }
            Needs::Head(_) | Needs::Anything | Needs::Ahead => false,
        };
        // Nothing in an answer by number shows that who gave it had just gone over to another branch; what it shows
        // at the next look does.
        let told = &self.told[origin.index()];
        let shown = told.head.and_then(|head| {
            self.plan.blocks.below(head, head.number.min(block.number)).filter(|_| by_number)
        });
        let unknown = turns == told.turns && shown.is_some_and(ours);
        self.require(unknown || ours(block), || {
            format!("a kept answer of {block} is served, which left")
        });
    }

    /// Hands an input to a call and does what comes out.
    fn input(&mut self, id: u64, input: CallInput) {
        let now = self.time();
        let Some(live) = self.clients.calls.get_mut(&id) else { return };
        live.call.handle_input(&mut self.chain, now, input);
        loop {
            let live = self.clients.calls.get_mut(&id);
            let Some(output) = live.and_then(|live| live.call.poll_output()) else { break };
            self.output(id, output);
        }
        let Some(live) = self.clients.calls.get(&id) else { return };
        match live.call.next_deadline() {
            None => {
                self.require(live.outcomes == 1, || format!("{} outcomes", live.outcomes));
                self.clients.calls.remove(&id);
            }
            Some((at, why)) => {
                self.require(at > now, || format!("call {id} waits for the past: {why}"));
                self.push(at.as_nanos(), Happening::Wake(id));
            }
        }
    }

    fn output(&mut self, id: u64, output: CallOutput) {
        match output {
            CallOutput::Send { attempt, upstream } => self.on_send(id, attempt, upstream),
            CallOutput::Cancel { attempt } => {
                if let Some(live) = self.clients.calls.get_mut(&id) {
                    live.flying.remove(&attempt);
                }
            }
            CallOutput::Deliver { attempt } => self.on_deliver(id, attempt),
            CallOutput::Refuse(refusal) => self.on_refuse(id, refusal),
            CallOutput::Trial { upstream } => {
                let Some(needs) = self.clients.calls.get(&id).map(|live| live.needs) else {
                    return;
                };
                self.trace(&[4, self.now, id, u64::from(upstream.0)]);
                self.check_target(upstream);
                self.count_extra();
                let voter = &self.plan.voters[upstream.index()];
                let timed = voter.call(&self.plan, &mut self.prng, self.now, needs);
                let (time, reply) =
                    timed.unwrap_or((TRIAL_PATIENCE, Reply::Failed(Failure::Timeout)));
                let tried = Happening::Tried { upstream, reply, sent: self.now };
                self.push(self.now + time, tried);
            }
        }
    }

    fn on_send(&mut self, id: u64, attempt: u8, upstream: UpstreamId) {
        self.trace(&[5, self.now, id, u64::from(upstream.0)]);
        self.check_target(upstream);
        if attempt > 0 {
            self.count_extra();
        }
        let Some(live) = self.clients.calls.get_mut(&id) else { return };
        live.flying.insert(attempt);
        let (needs, done) = (live.needs, live.outcomes > 0);
        self.require(!done, || "sent after the end".to_owned());
        let voter = &self.plan.voters[upstream.index()];
        if let Some((time, reply)) = voter.call(&self.plan, &mut self.prng, self.now, needs) {
            self.push(self.now + time, Happening::Replied { call: id, attempt, reply });
        }
    }

    fn count_extra(&mut self) {
        if let Err(what) = self.budget.extra(self.now) {
            self.fail(&what);
        }
    }

    /// No call goes to one that is known to be on a branch that lost.
    fn check_target(&self, upstream: UpstreamId) {
        let lost = self.lost.get(&upstream.index()).filter(|(_, _, sure)| *sure <= self.now);
        self.require(lost.is_none(), || format!("sent to {upstream:?}, which lost: {lost:?}"));
    }

    pub(super) fn on_replied(&mut self, id: u64, attempt: u8, reply: Reply) {
        let Some(live) = self.clients.calls.get_mut(&id) else { return };
        if !live.flying.remove(&attempt) {
            return;
        }
        let upstream = live.call.upstream(attempt).expect("a numbered attempt has an upstream");
        let voter = &self.plan.voters[upstream.index()];
        if matches!(reply, Reply::Answer | Reply::Doubtful(_)) {
            let of = match live.needs {
                Needs::Head(block) => Some(block),
                Needs::Number(number) => {
                    voter.at_number(&self.plan, self.now, number).map(|header| header.block())
                }
                Needs::Anything | Needs::Ahead => None,
            };
            live.given.insert(attempt, of);
        }
        self.input(id, CallInput::Replied { attempt, reply });
    }

    pub(super) fn on_wake(&mut self, id: u64) {
        let now = self.time();
        let Some(live) = self.clients.calls.get(&id) else { return };
        if live.call.next_deadline().is_some_and(|(at, _)| at <= now) {
            self.input(id, CallInput::Woke);
        }
    }

    fn on_deliver(&mut self, id: u64, attempt: u8) {
        self.trace(&[2, self.now, id, u64::from(attempt)]);
        self.tally("answered");
        let Some(live) = self.clients.calls.get_mut(&id) else { return };
        live.outcomes += 1;
        let (needs, permit, repeatable) = (live.needs, live.permit, live.repeatable);
        let upstream = live.call.upstream(attempt).expect("a numbered attempt has an upstream");
        let (given, started) = (live.given.get(&attempt).copied(), live.started);
        self.require(given.is_some(), || format!("attempt {attempt} delivered without an answer"));
        self.require(self.now <= started + PATIENCE, || "answered too late".to_owned());
        if repeatable {
            self.check_answer(needs, upstream);
        }
        if let (Some(permit), Some(params), Some(Some(block))) = (permit, params(needs), given) {
            let source = match needs {
                Needs::Head(block) => Source::Block(block),
                Needs::Anything | Needs::Number(_) | Needs::Ahead => Source::Through(block.number),
            };
            let turns = self.told[upstream.index()].turns;
            let value = Kept { block, turns };
            let offer = Offer { value, bytes: 100, source, origin: upstream };
            let key = CacheKey::new(1, CLASS.name(), &params);
            if self.cache.keep(&mut self.chain, permit, &key, offer) {
                self.tally("kept");
            }
        }
    }

    /// What is delivered is of our branch, from one who is not known to be on another.
    fn check_answer(&self, needs: Needs, upstream: UpstreamId) {
        let lost = self.lost.get(&upstream.index()).filter(|(_, _, sure)| *sure <= self.now);
        self.require(lost.is_none(), || format!("an answer of {upstream:?}, which lost: {lost:?}"));
        let Some(view) = self.chain.view() else { return };
        match needs {
            Needs::Head(block) => {
                let ours = self.plan.blocks.holds(view.head, block);
                let undecided = if view.undecided { " while undecided" } else { "" };
                self.require(ours, || {
                    format!("an answer of {block}, which left, is delivered{undecided}")
                });
            }
            Needs::Number(number) => {
                let above = view.undecided && number > view.head.number;
                self.require(!above, || {
                    format!("an answer of {number} is delivered, which is contested")
                });
            }
            Needs::Anything | Needs::Ahead => {}
        }
    }

    fn on_refuse(&mut self, id: u64, refusal: Refusal) {
        self.trace(&[3, self.now, id]);
        let Some(live) = self.clients.calls.get_mut(&id) else { return };
        live.outcomes += 1;
        let (started, rounds) = (live.started, live.rounds);
        self.require(self.now <= started + PATIENCE, || "refused too late".to_owned());
        let late = self.now >= started + PATIENCE;
        if refusal.reason != RefusalReason::Reorged || rounds >= ROUNDS || late {
            self.tally("refused");
            return;
        }
        self.tally("pinned anew");
        let Some(mut live) = self.clients.calls.remove(&id) else { return };
        let Some(view) = self.chain.view() else { return };
        if view.undecided {
            self.tally("refused as undecided");
            return;
        }
        let again = self.clients.next;
        self.clients.next += 1;
        live.needs = Needs::Head(view.head);
        live.permit = None;
        live.rounds += 1;
        live.outcomes = 0;
        live.flying.clear();
        live.given.clear();
        live.call = Call::new(self.request(live.needs, live.repeatable, live.started));
        self.clients.calls.insert(again, live);
        self.budget.call(self.now);
        self.input(again, CallInput::Start);
    }
}

/// The parameters that the answer to such a call is kept by.
fn params(needs: Needs) -> Option<String> {
    match needs {
        Needs::Head(block) => Some(format!("[\"{}\"]", block.hash)),
        Needs::Number(number) => Some(format!("[{number}]")),
        Needs::Anything | Needs::Ahead => None,
    }
}
