//! A call that goes on although the client that it was made for has left, because others wait for its answer.

use super::{Call, CallRequest};
use crate::chain::Chain;

/// A call between two clients: what was tried, what is under way and what came back so far.
#[derive(Debug)]
pub struct Handover(Call<'static>);

impl Call<'_> {
    /// Takes the call away from its client. What is under way stays so until it is taken up or abandoned.
    #[must_use]
    pub fn hand_over(&mut self) -> Handover {
        let ended = Self { done: true, ..Self::new(self.request) };
        let call = core::mem::replace(self, ended);
        Handover(Call {
            request: CallRequest { method: "", ..call.request },
            attempts: call.attempts,
            tried: call.tried,
            outputs: call.outputs,
            hedge_at: call.hedge_at,
            hedges: call.hedges,
            resume_at: call.resume_at,
            rounds: call.rounds,
            last_failure: call.last_failure,
            seeks_room: call.seeks_room,
            done: call.done,
        })
    }
}

impl Handover {
    /// Goes on with the call for somebody who asks the same and waits until a deadline of their own.
    #[must_use]
    pub fn take_up(self, request: CallRequest<'_>) -> Call<'_> {
        Call { request, ..self.0 }
    }

    /// Settles accounts where nobody goes on with it.
    pub fn abandon(mut self, chain: &mut Chain) {
        self.0.abandon(chain);
    }
}
