//! Second opinions: the core says which answers are asked for again and of whom, this asks and compares.

use std::sync::Arc;

use gateway_core::{Fixed, Look, MethodClass, Needs, OpinionRequest, Reply, Side, UpstreamId};
use runtime::http::Bytes;
use runtime::{clock, task};
use wire_eth::{AnswerKind, Comparison, Subject};

use crate::chain::ChainShell;
use crate::checks::Checks;
use crate::evidence::Case;
use crate::plan::{Forward, Forwarded};
use crate::testimony::keep_dispute;
use crate::upstream::{Clients, Outgoing, attempt, reply_of};

/// Largest answer that is held until a second one has come, in bytes; larger ones are not compared.
const HELD_MAX: usize = 1024 * 1024;

/// Has an answer that goes to the client asked for again, where the core wants that. Nobody waits for it.
pub(crate) fn consider(
    chain: &Arc<ChainShell>,
    clients: &Arc<Clients>,
    plan: &Forward<'_>,
    found: &Forwarded,
    suspect: bool,
) {
    if chain.config.second_opinion_per_mille == 0
        || !is_comparable(plan)
        || found.body.len() > HELD_MAX
    {
        return;
    }
    let (AnswerKind::Result { .. }, Some(fixed)) =
        (found.answer.kind, fixed_of(plan, found.by_hash))
    else {
        return;
    };
    let result = found.body.get(found.answer.value.clone()).unwrap_or_default();
    let look = match suspect {
        true => Look::Suspect,
        false if wire_eth::looks_empty(result) => Look::Empty,
        false => Look::Plain,
    };
    let Forward { method, class, needs, .. } = *plan;
    let request = OpinionRequest { class, method, needs, fixed, first: found.upstream, look };
    let second = chain.core().take_opinion(clock::now(), &request);
    if let Some(second) = second {
        let question = Question::of(chain, clients, plan, found, (fixed, look));
        drop(task::spawn(question.settle(second)));
    }
}

/// Whether the core wants an answer asked for again of which only the beginning has come, and which will have
/// `bytes`, where that is known. Then it is to be held whole, and handed to [`consider`] as a suspect one.
pub(crate) fn is_sampled(
    chain: &ChainShell,
    plan: &Forward<'_>,
    (first, by_hash): (UpstreamId, bool),
    bytes: Option<usize>,
) -> bool {
    if chain.config.second_opinion_per_mille == 0
        || !is_comparable(plan)
        || bytes.is_some_and(|bytes| bytes > HELD_MAX)
    {
        return false;
    }
    let Some(fixed) = fixed_of(plan, by_hash) else { return false };
    let Forward { method, class, needs, .. } = *plan;
    let request = OpinionRequest { class, method, needs, fixed, first, look: Look::Plain };
    chain.core().is_sampled(clock::now(), &request)
}

/// Whether nodes of every make answer the method alike. Estimates, traces and simulations they do not.
fn is_comparable(plan: &Forward<'_>) -> bool {
    match plan.class {
        MethodClass::State | MethodClass::Block | MethodClass::Logs => plan.idempotent,
        MethodClass::Execution => plan.method == "eth_call",
        MethodClass::Transaction
        | MethodClass::Trace
        | MethodClass::Fee
        | MethodClass::Submit
        | MethodClass::Meta => false,
    }
}

/// How the block of an answered call is fixed; `None` where its answer may change from moment to moment.
fn fixed_of(plan: &Forward<'_>, by_hash: bool) -> Option<Fixed> {
    match plan.subject {
        Subject::Block(_) if by_hash => Some(Fixed::Hash { pins: plan.by_hash != plan.by_number }),
        Subject::Block(block) => Some(Fixed::Number(block.number)),
        Subject::Hash(_) => Some(Fixed::Hash { pins: false }),
        Subject::Through(number) => Some(Fixed::Number(number)),
        Subject::Transaction | Subject::Open => None,
    }
}

/// A call that was answered, with all that asking again takes.
struct Question {
    chain: Arc<ChainShell>,
    clients: Arc<Clients>,
    method: String,
    class: MethodClass,
    needs: Needs,
    subject: Subject,
    fixed: Fixed,
    look: Look,
    by_hash: (String, Option<String>),
    by_number: (String, Option<String>),
    first: UpstreamId,
    body: Bytes,
}

impl Question {
    fn of(
        chain: &Arc<ChainShell>,
        clients: &Arc<Clients>,
        plan: &Forward<'_>,
        found: &Forwarded,
        (fixed, look): (Fixed, Look),
    ) -> Self {
        let form =
            |(method, params): (&str, Option<&str>)| (method.to_owned(), params.map(str::to_owned));
        Self {
            chain: Arc::clone(chain),
            clients: Arc::clone(clients),
            method: plan.method.to_owned(),
            class: plan.class,
            needs: plan.needs,
            subject: plan.subject,
            fixed,
            look,
            by_hash: form(plan.by_hash),
            by_number: form(plan.by_number),
            first: found.upstream,
            body: found.body.clone(),
        }
    }

    fn request(&self) -> OpinionRequest<'_> {
        OpinionRequest {
            class: self.class,
            method: &self.method,
            needs: self.needs,
            fixed: self.fixed,
            first: self.first,
            look: self.look,
        }
    }

    async fn settle(self, second: UpstreamId) {
        let Some(other) = self.ask(second).await else { return };
        match wire_eth::compare(&self.body, &other) {
            Comparison::Same => self.chain.core().on_compared(true),
            Comparison::Incomparable => self.chain.core().on_compared(false),
            Comparison::Different => self.dispute(second, &other).await,
        }
    }

    async fn dispute(&self, second: UpstreamId, other: &Bytes) {
        let referee = self.chain.core().take_referee(clock::now(), &self.request(), second);
        let third = match referee {
            Some(referee) => self.ask(referee).await.map(|body| (referee, body)),
            None => None,
        };
        let side = |body: &Bytes| match (
            wire_eth::compare(&self.body, body),
            wire_eth::compare(other, body),
        ) {
            (Comparison::Same, _) => Side::First,
            (_, Comparison::Same) => Side::Second,
            (_, _) => Side::Neither,
        };
        let sides = third.as_ref().map(|(id, body)| (*id, side(body)));
        let now = clock::now();
        let outvoted = self.chain.core().on_dispute(now, &self.request(), second, sides);
        let mut answers = vec![(self.first, &self.body), (second, other)];
        answers.extend(third.as_ref().map(|(id, body)| (*id, body)));
        let params = self.by_hash.1.as_deref().unwrap_or("[]");
        let case = Case { method: &self.method, params, needs: self.needs, subject: self.subject };
        keep_dispute(&self.chain, case, outvoted, &answers);
        self.chain.probe_now.notify_one();
    }

    /// Asks one more upstream; its answer, where it gives one.
    async fn ask(&self, upstream: UpstreamId) -> Option<Bytes> {
        let client = self.clients.get(upstream)?;
        let by_hash = self.chain.core().accepts_hash_pins(upstream);
        let (method, params) = if by_hash { &self.by_hash } else { &self.by_number };
        let (started, id) = (clock::now(), self.clients.next_id());
        let deadline = started.after(self.chain.timeout(None));
        let body = wire_eth::write_request(id, method, params.as_deref());
        let outgoing = Outgoing {
            id,
            class: self.class,
            null_means_missing: false,
            checks: Checks::of(&self.chain, method, params.as_deref()),
            deadline,
            given_up_at: deadline,
        };
        let attempted = attempt(client, &body, &outgoing).await;
        let reply = reply_of(&attempted);
        let now = clock::now();
        self.chain.core().on_opinion(now, upstream, self.class, reply, now.since(started));
        let (body, _) = attempted.answer.filter(|_| reply == Reply::Answer)?;
        Some(body)
    }
}
