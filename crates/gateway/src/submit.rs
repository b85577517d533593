//! A transaction on its way to several upstreams at once.

use std::sync::Arc;

use gateway_core::{
    BlockHash, MethodClass, Needs, Refusal, Submit, SubmitOutput, SubmitReply, UpstreamId,
};
use runtime::http::Bytes;
use runtime::task::sync::{mpsc, oneshot};
use runtime::{clock, task};
use units::Timestamp;
use wire_eth::{Answer, AnswerKind, Disposition};

use crate::chain::ChainShell;
use crate::forward::forward;
use crate::gate::ClientId;
use crate::plan::Forward;
use crate::upstream::{Attempted, Clients, Outgoing, attempt, reply_of};

/// What a client is told of its transaction.
#[derive(Debug)]
pub(crate) enum Submitted {
    /// An upstream's own answer.
    Answer {
        /// Its bytes.
        body: Bytes,
        /// Where things are in them.
        answer: Answer,
        /// Who sent it.
        upstream: UpstreamId,
        /// How many upstreams were asked.
        attempts: u8,
    },
    /// It is in, although no upstream said so in as many words: its hash is the result.
    In {
        /// The transaction's hash.
        hash: BlockHash,
        /// Who said so.
        upstream: UpstreamId,
        /// How many upstreams were asked.
        attempts: u8,
    },
}

/// Sends a raw transaction to several domains. The first acceptance is returned, and the other sends go
/// on in a task of their own, whether or not the client stays and however long it waits.
///
/// # Errors
/// The core's refusal, where no upstream gave any answer.
pub(crate) async fn submit(
    chain: &Arc<ChainShell>,
    clients: &Arc<Clients>,
    params: &str,
    client: ClientId,
    deadline: Timestamp,
) -> Result<Submitted, Refusal> {
    // Until the client is answered; the sends that go on after it keep to each upstream's room.
    let _place = chain.gate.admit(MethodClass::Submit, client, deadline).await?;
    let (answered, answer) = oneshot::channel();
    let (landed, landings) = mpsc::channel(16);
    let id = clients.next_id();
    let body: Bytes = wire_eth::write_request(id, "eth_sendRawTransaction", Some(params)).into();
    let broadcast = Broadcast {
        chain: Arc::clone(chain),
        clients: Arc::clone(clients),
        hash: wire_eth::raw_transaction_hash(params).map(BlockHash),
        id,
        body,
        deadline,
        sends_end: clock::now().after(chain.timeout(None)).max(deadline),
        submit: Submit::new(deadline),
        arrived: Vec::new(),
        landed,
        answered: Some(answered),
    };
    drop(task::spawn(broadcast.run(landings)));
    // The task ends only after answering; should it die, the client learns that much.
    answer.await.unwrap_or(Err(Refusal {
        reason: gateway_core::RefusalReason::Deadline,
        attempts: 0,
        may_have_taken_effect: true,
    }))
}

struct Broadcast {
    chain: Arc<ChainShell>,
    clients: Arc<Clients>,
    /// `None` where the parameters are no transaction, which every upstream will say.
    hash: Option<BlockHash>,
    /// The id that `body` carries.
    id: u64,
    body: Bytes,
    /// When the client stops waiting.
    deadline: Timestamp,
    /// When a send is given up, which is not before the client would be.
    sends_end: Timestamp,
    submit: Submit,
    arrived: Vec<(u8, Bytes, Answer)>,
    landed: mpsc::Sender<(u8, Attempted)>,
    answered: Option<oneshot::Sender<Result<Submitted, Refusal>>>,
}

impl Broadcast {
    async fn run(mut self, mut landings: mpsc::Receiver<(u8, Attempted)>) {
        let mut under_way = 0_usize;
        self.submit.start(&mut self.chain.core(), clock::now());
        loop {
            under_way += self.carry_out().await;
            if under_way == 0 && self.submit.is_done() {
                return;
            }
            let wake = self.submit.next_deadline().map_or(Timestamp::MAX, |(at, _)| at);
            task::select! {
                biased;
                landing = landings.recv() => {
                    let Some((number, attempted)) = landing else { return };
                    under_way = under_way.saturating_sub(1);
                    self.on_landing(number, attempted);
                }
                () = clock::sleep_until(wake) => self.submit.on_wake(&mut self.chain.core(), clock::now()),
            }
        }
    }

    /// Does what the core says; how many sends were started.
    async fn carry_out(&mut self) -> usize {
        let mut started = 0;
        while let Some(output) = self.submit.poll_output() {
            match output {
                SubmitOutput::Send { attempt, upstream } => {
                    self.send(attempt, upstream);
                    started += 1;
                }
                SubmitOutput::Deliver { attempt } => self.deliver(attempt),
                SubmitOutput::Succeed { attempt } => self.succeed(attempt),
                SubmitOutput::LookUp { attempt } => {
                    if self.is_known().await {
                        self.succeed(attempt);
                    } else {
                        self.deliver(attempt);
                    }
                }
                SubmitOutput::Refuse(refusal) => self.reply(Err(refusal)),
            }
        }
        started
    }

    fn send(&self, number: u8, upstream: UpstreamId) {
        let (clients, landed) = (Arc::clone(&self.clients), self.landed.clone());
        let body = self.body.clone();
        let outgoing = Outgoing {
            id: self.id,
            class: MethodClass::Submit,
            null_means_missing: false,
            checks: None,
            deadline: self.sends_end,
            given_up_at: self.sends_end,
        };
        drop(task::spawn(async move {
            let Some(client) = clients.get(upstream) else { return };
            let attempted = attempt(client, &body, &outgoing).await;
            // The receiver lives until every send has landed.
            let _sent = landed.send((number, attempted)).await.is_ok();
        }));
    }

    fn on_landing(&mut self, number: u8, attempted: Attempted) {
        let reply = submit_reply_of(&attempted);
        if let Some((body, answer)) = attempted.answer {
            self.arrived.push((number, body, answer));
        }
        self.submit.on_reply(&mut self.chain.core(), clock::now(), number, reply);
    }

    /// Whether the transaction is to be found: then its nonce was used by itself. One upstream that does
    /// not know it may only be behind, or without an index; the others are asked, too.
    async fn is_known(&self) -> bool {
        let Some(hash) = self.hash else { return false };
        let params = format!(r#"["{hash}"]"#);
        let by_hash = ("eth_getTransactionByHash", Some(params.as_str()));
        let look_up = Forward {
            method: "eth_getTransactionByHash",
            params: &params,
            class: MethodClass::Transaction,
            needs: Needs::Anything,
            subject: wire_eth::Subject::Transaction,
            idempotent: true,
            by_hash,
            by_number: by_hash,
            null_means_missing: true,
            client: None,
            deadline: self.deadline,
            passing: None,
        };
        let found = forward(&self.chain, &self.clients, &look_up, None).await;
        found.is_ok_and(|found| matches!(found.answer.kind, AnswerKind::Result { null: false }))
    }

    fn deliver(&mut self, attempt: u8) {
        let position = self.arrived.iter().position(|(number, ..)| *number == attempt);
        let Some((_, body, answer)) = position.map(|position| self.arrived.swap_remove(position))
        else {
            return;
        };
        let upstream = self.submit.upstream(attempt).unwrap_or(UpstreamId(0));
        self.reply(Ok(Submitted::Answer {
            body,
            answer,
            upstream,
            attempts: self.submit.attempts(),
        }));
    }

    fn succeed(&mut self, attempt: u8) {
        let Some(hash) = self.hash else { return self.deliver(attempt) };
        let upstream = self.submit.upstream(attempt).unwrap_or(UpstreamId(0));
        self.reply(Ok(Submitted::In { hash, upstream, attempts: self.submit.attempts() }));
    }

    /// Answers the client, who may have gone; the broadcast goes on either way.
    fn reply(&mut self, end: Result<Submitted, Refusal>) {
        if let Some(answered) = self.answered.take() {
            let _client_waits = answered.send(end).is_ok();
        }
    }
}

/// The core's word for what an upstream said to a transaction.
fn submit_reply_of(attempted: &Attempted) -> SubmitReply {
    match (reply_of(attempted), &attempted.disposition, &attempted.answer) {
        (gateway_core::Reply::Failed(why), ..) => SubmitReply::Failed(why),
        (_, Disposition::AlreadyKnown, _) => SubmitReply::AlreadyKnown,
        (_, Disposition::NonceTooLow, _) => SubmitReply::NonceTooLow,
        (_, _, Some((_, answer))) if matches!(answer.kind, AnswerKind::Result { .. }) => {
            SubmitReply::Accepted
        }
        (_, _, Some(_)) => SubmitReply::Rejected,
        (_, _, None) => SubmitReply::Failed(gateway_core::Failure::Malformed),
    }
}
