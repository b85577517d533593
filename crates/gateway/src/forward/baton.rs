//! A call that goes on as a task of its own, because its client has left and others wait for the answer.

use std::mem::take;
use std::sync::Arc;

use gateway_core::{Handover, MethodClass, Needs};
use runtime::http::Bytes;
use units::Timestamp;
use wire_eth::{Answer, Subject};

use super::{Flight, Journey};
use crate::chain::ChainShell;
use crate::keeping::{key_of, settle};
use crate::plan::Forward;
use crate::sharing::{Errand, Lead, Onward};
use crate::upstream::Clients;

/// A call without a client: all that is known of it and all that is under way.
pub(super) struct Baton {
    chain: Arc<ChainShell>,
    clients: Arc<Clients>,
    plan: Plan,
    call: Option<Handover>,
    flights: Vec<(u8, Flight)>,
    arrived: Vec<(u8, Bytes, Answer)>,
    by_hash: u64,
    suspects: u64,
}

/// What a [`Forward`] says, without the request that it was read from.
struct Plan {
    method: String,
    class: MethodClass,
    needs: Needs,
    subject: Subject,
    by_hash: Form,
    by_number: Form,
    null_means_missing: bool,
}

/// Method and params.
type Form = (String, Option<String>);

fn borrowed((method, params): &Form) -> (&str, Option<&str>) {
    (method, params.as_deref())
}

impl Baton {
    /// Takes a call away from its client.
    pub(super) fn take(journey: &mut Journey<'_>) -> Self {
        let Forward { method, class, needs, subject, by_hash, by_number, .. } = *journey.plan;
        let form =
            |(method, params): (&str, Option<&str>)| (method.to_owned(), params.map(str::to_owned));
        let plan = Plan {
            method: method.to_owned(),
            class,
            needs,
            subject,
            by_hash: form(by_hash),
            by_number: form(by_number),
            null_means_missing: journey.plan.null_means_missing,
        };
        Self {
            chain: Arc::clone(journey.chain),
            clients: Arc::clone(journey.clients),
            plan,
            call: Some(journey.call.hand_over()),
            flights: take(&mut journey.flights),
            arrived: take(&mut journey.arrived),
            by_hash: journey.by_hash,
            suspects: journey.suspects,
        }
    }

    async fn carry_on(mut self, deadline: Timestamp, led: Lead) {
        let Some(call) = self.call.take() else { return };
        let plan = Forward {
            method: &self.plan.method,
            // Only who looks for a kept answer needs them.
            params: "",
            class: self.plan.class,
            needs: self.plan.needs,
            subject: self.plan.subject,
            // Only what may be asked twice is shared.
            idempotent: true,
            by_hash: borrowed(&self.plan.by_hash),
            by_number: borrowed(&self.plan.by_number),
            null_means_missing: self.plan.null_means_missing,
            client: None,
            deadline,
            passing: None,
        };
        let mut journey = Journey {
            chain: &self.chain,
            clients: &self.clients,
            plan: &plan,
            lead: Some(&led),
            call: call.take_up(plan.request()),
            flights: take(&mut self.flights),
            arrived: take(&mut self.arrived),
            rests: Vec::new(),
            by_hash: self.by_hash,
            suspects: self.suspects,
        };
        let end = journey.go_on(None).await;
        drop(journey);
        settle(&self.chain, &plan, &key_of(&self.chain, &plan), led, &end);
    }
}

impl Onward for Baton {
    fn run(self: Box<Self>, deadline: Timestamp, led: Lead) -> Errand {
        Box::pin(self.carry_on(deadline, led))
    }
}

impl Drop for Baton {
    /// A call that nobody carries on is not left behind in the core's accounts.
    fn drop(&mut self) {
        if let Some(call) = self.call.take() {
            call.abandon(&mut self.chain.core());
        }
    }
}

impl std::fmt::Debug for Baton {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Baton").field("method", &self.plan.method).finish_non_exhaustive()
    }
}
