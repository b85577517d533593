//! One item on its way: the core decides, this carries it out.

mod baton;

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use gateway_core::{Call, CallInput, CallOutput, Doubt, Refusal, RefusalReason, Reply, UpstreamId};
use runtime::http::Bytes;
use runtime::{clock, task};
use units::Timestamp;
use wire_eth::{Answer, AnswerKind};

use crate::chain::ChainShell;
use crate::checks::Checks;
use crate::keeping::fits;
use crate::opinion;
use crate::passing::{Arrival, Begun, begin};
use crate::plan::{Forward, Forwarded};
use crate::remainder::Remainder;
use crate::sharing::Lead;
use crate::testimony::keep_wrong;
use crate::upstream::{Attempted, Clients, Outgoing, attempt, reply_of};

use baton::Baton;

type Flight = Pin<Box<dyn Future<Output = Arrival> + Send>>;

/// Carries one call through the core to its one end. Where others wait for the same answer and this one's
/// client leaves first, or has no more time, the call is left behind with the [`Lead`], to go on from there.
///
/// # Errors
/// The core's refusal, where no upstream's answer can be given.
pub(crate) async fn forward(
    chain: &Arc<ChainShell>,
    clients: &Arc<Clients>,
    plan: &Forward<'_>,
    lead: Option<&Lead>,
) -> Result<Forwarded, Refusal> {
    let _place = match plan.client {
        Some(client) => Some(chain.gate.admit(plan.class, client, plan.deadline).await?),
        None => None,
    };
    let call = Call::new(plan.request());
    let (flights, arrived) = (Vec::new(), Vec::new());
    let rests = Vec::new();
    let mut journey = Journey {
        chain,
        clients,
        plan,
        lead,
        call,
        flights,
        arrived,
        rests,
        by_hash: 0,
        suspects: 0,
    };
    journey.go_on(Some(CallInput::Start)).await
}

/// A call under way: the core's state of it, and the sockets that wait for answers.
struct Journey<'a> {
    chain: &'a Arc<ChainShell>,
    clients: &'a Arc<Clients>,
    plan: &'a Forward<'a>,
    /// For whom else it is made.
    lead: Option<&'a Lead>,
    call: Call<'a>,
    flights: Vec<(u8, Flight)>,
    arrived: Vec<(u8, Bytes, Answer)>,
    /// The rests of those that are passed on.
    rests: Vec<(u8, Remainder)>,
    /// The attempts that name blocks by hash, as bits; a call has 32 attempts at most.
    by_hash: u64,
    /// The attempts whose answers a check found strange, as bits.
    suspects: u64,
}

impl Journey<'_> {
    /// Goes on to the end, from an input or from where the call waits for one.
    async fn go_on(&mut self, input: Option<CallInput>) -> Result<Forwarded, Refusal> {
        let mut input = input;
        loop {
            if let Some(end) = input.and_then(|input| self.step(input)) {
                return end;
            }
            let next = self.next_input().await;
            if next == CallInput::Woke && self.is_left_to_others() {
                return Err(self.out_of_time());
            }
            input = Some(next);
        }
    }

    /// Hands one input to the core and does what it says; the end, where this was it.
    fn step(&mut self, input: CallInput) -> Option<Result<Forwarded, Refusal>> {
        let mut outputs = Vec::with_capacity(2);
        {
            let mut core = self.chain.core();
            self.call.handle_input(&mut core, clock::now(), input);
            while let Some(output) = self.call.poll_output() {
                let by_hash = match output {
                    CallOutput::Send { upstream, .. } | CallOutput::Trial { upstream } => {
                        core.accepts_hash_pins(upstream)
                    }
                    CallOutput::Cancel { .. }
                    | CallOutput::Deliver { .. }
                    | CallOutput::Refuse(_) => false,
                };
                outputs.push((output, by_hash));
            }
        }
        let mut end = None;
        for (output, by_hash) in outputs {
            match output {
                CallOutput::Send { attempt, upstream } => {
                    self.by_hash |= u64::from(by_hash).checked_shl(attempt.into()).unwrap_or(0);
                    let flight = self.take_off(upstream, by_hash, self.plan.deadline);
                    self.flights.push((attempt, flight));
                }
                CallOutput::Cancel { attempt } => {
                    self.flights.retain(|(number, _)| *number != attempt);
                }
                CallOutput::Deliver { attempt } => end = Some(Ok(self.land(attempt))),
                CallOutput::Refuse(refusal) => end = Some(Err(refusal)),
                CallOutput::Trial { upstream } => self.try_out(upstream, by_hash),
            }
        }
        end
    }

    /// Waits for whatever comes first: an answer, or the time the core asked to be woken at.
    async fn next_input(&mut self) -> CallInput {
        loop {
            let wake = self.call.next_deadline().map_or(Timestamp::MAX, |(at, _)| at);
            let (number, arrival) = task::select! {
                biased;
                arrived = self.first_to_arrive() => arrived,
                () = clock::sleep_until(wake) => return CallInput::Woke,
            };
            match arrival {
                Arrival::Whole(attempted) => return self.take_in(number, attempted),
                Arrival::Begun(begun) => {
                    let upstream = self.call.upstream(number).unwrap_or(UpstreamId(0));
                    if self.may_pass(number, upstream, &begun) {
                        let (attempted, rest) = begun.pass(self.chain, self.plan, upstream);
                        self.rests.push((number, rest));
                        return self.take_in(number, attempted);
                    }
                    self.flights.push((number, self.hold(upstream, begun)));
                }
            }
        }
    }

    async fn first_to_arrive(&mut self) -> (u8, Arrival) {
        poll_fn(|context| {
            for index in 0..self.flights.len() {
                let Some((number, flight)) = self.flights.get_mut(index) else { continue };
                if let Poll::Ready(arrival) = flight.as_mut().poll(context) {
                    let number = *number;
                    drop(self.flights.swap_remove(index));
                    return Poll::Ready((number, arrival));
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Whether an answer is passed on: nobody but this client waits for it, and nobody wants to look at it
    /// whole.
    fn may_pass(&mut self, number: u8, upstream: UpstreamId, begun: &Begun) -> bool {
        let Some(passing) = self.plan.passing else { return false };
        let is_kept = passing.is_to_be_kept() && begun.bytes().is_none_or(fits);
        if is_kept || !self.lead.is_none_or(Lead::go_alone) {
            return false;
        }
        let by_hash = self.is_by_hash(number);
        if opinion::is_sampled(self.chain, self.plan, (upstream, by_hash), begun.bytes()) {
            self.suspects |= 1_u64.checked_shl(number.into()).unwrap_or(0);
            return false;
        }
        true
    }

    /// Waits for the rest of an answer that is not passed on.
    fn hold(&self, upstream: UpstreamId, begun: Begun) -> Flight {
        let clients = Arc::clone(self.clients);
        Box::pin(async move {
            match clients.get(upstream) {
                Some(client) => Arrival::Whole(begun.gather(client).await),
                None => core::future::pending().await,
            }
        })
    }

    /// Takes in what an attempt brought; what it is for the core.
    fn take_in(&mut self, number: u8, attempted: Attempted) -> CallInput {
        let mut reply = reply_of(&attempted);
        if let (Some((wrong, body)), Some(upstream)) =
            (&attempted.wrong, self.call.upstream(number))
        {
            keep_wrong(self.chain, self.plan.case(), upstream, wrong, body);
        }
        let suspect = u64::from(attempted.suspect);
        self.suspects |= suspect.checked_shl(number.into()).unwrap_or(0);
        if let Some((body, answer)) = attempted.answer {
            // "There is no such thing" from one that is behind says only that it is behind.
            let nothing = answer.kind == AnswerKind::Result { null: true };
            if nothing && reply == Reply::Answer && !self.call.held(number) {
                reply = Reply::Doubtful(Doubt::MissingData);
            }
            self.arrived.push((number, body, answer));
        }
        CallInput::Replied { attempt: number, reply }
    }

    fn take_off(&self, upstream: UpstreamId, by_hash: bool, deadline: Timestamp) -> Flight {
        let (body, outgoing) = self.outgoing(by_hash, deadline);
        let clients = Arc::clone(self.clients);
        let passes = self.plan.passing.is_some();
        Box::pin(async move {
            match clients.get(upstream) {
                Some(client) if passes => match begin(client, &body, &outgoing).await {
                    Ok(attempted) => Arrival::Whole(attempted),
                    Err(start) => Arrival::Begun(Begun { call: outgoing, start }),
                },
                Some(client) => Arrival::Whole(attempt(client, &body, &outgoing).await),
                None => core::future::pending().await,
            }
        })
    }

    /// Copies the call to an upstream on trial; only the core waits for that answer, and as long as the
    /// gateway would: an upstream must not fail its trial because one client is impatient.
    fn try_out(&self, upstream: UpstreamId, by_hash: bool) {
        let started = clock::now();
        let (body, outgoing) = self.outgoing(by_hash, started.after(self.chain.timeout(None)));
        let (chain, class) = (Arc::clone(self.chain), self.plan.class);
        let clients = Arc::clone(self.clients);
        drop(task::spawn(async move {
            let Some(client) = clients.get(upstream) else { return };
            let reply = reply_of(&attempt(client, &body, &outgoing).await);
            let now = clock::now();
            chain.core().on_trial(now, upstream, class, reply, now.since(started));
        }));
    }

    fn outgoing(&self, by_hash: bool, deadline: Timestamp) -> (Vec<u8>, Outgoing) {
        let id = self.clients.next_id();
        let (method, params) = if by_hash { self.plan.by_hash } else { self.plan.by_number };
        let body = wire_eth::write_request(id, method, params);
        let outgoing = Outgoing {
            id,
            class: self.plan.class,
            null_means_missing: self.plan.null_means_missing,
            checks: Checks::of(self.chain, method, params),
            deadline,
            // Who joins may wait longer than who began.
            given_up_at: match self.lead {
                Some(_) => clock::now().after(self.chain.timeout(None)).max(deadline),
                None => deadline,
            },
        };
        (body, outgoing)
    }

    fn land(&mut self, attempt: u8) -> Forwarded {
        let position = self.arrived.iter().position(|(number, ..)| *number == attempt);
        let (_, body, answer) = self.arrived.swap_remove(
            position
                .expect("invariant: GW-1: the core delivers only attempts that brought an answer"),
        );
        let upstream = self.call.upstream(attempt).unwrap_or(UpstreamId(0));
        let by_hash = self.is_by_hash(attempt);
        let found = Forwarded { body, answer, upstream, attempts: self.call.attempts(), by_hash };
        let rest = self.rests.iter().position(|(number, _)| *number == attempt);
        if let (Some(rest), Some(passing)) = (rest, self.plan.passing) {
            passing.put(self.rests.swap_remove(rest).1);
            return found;
        }
        let suspect = self.suspects.checked_shr(attempt.into()).unwrap_or(0) & 1 == 1;
        opinion::consider(self.chain, self.clients, self.plan, &found, suspect);
        found
    }

    fn is_by_hash(&self, attempt: u8) -> bool {
        self.by_hash.checked_shr(attempt.into()).unwrap_or(0) & 1 == 1
    }

    /// Whether this client's time is up, but not that of others who wait for the answer.
    fn is_left_to_others(&self) -> bool {
        let is_over = clock::now() >= self.plan.deadline;
        is_over
            && self
                .lead
                .and_then(Lead::awaited_until)
                .is_some_and(|until| until > self.plan.deadline)
    }

    fn out_of_time(&self) -> Refusal {
        let attempts = self.call.attempts();
        Refusal { reason: RefusalReason::Deadline, attempts, may_have_taken_effect: false }
    }
}

impl Drop for Journey<'_> {
    /// A client that leaves early leaves no call behind in the core's accounts, unless others wait for it.
    fn drop(&mut self) {
        if self.call.is_done() {
            return;
        }
        let awaited = self.lead.filter(|lead| {
            !std::thread::panicking()
                && lead.awaited_until().is_some_and(|until| until > clock::now())
        });
        match awaited {
            Some(lead) => lead.leave(Box::new(Baton::take(self))),
            None => self.call.abandon(&mut self.chain.core()),
        }
    }
}
