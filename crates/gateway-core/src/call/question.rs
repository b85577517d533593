//! What is asked about a call on its way; nothing here changes it.

use super::Call;
use crate::attempt::{doubtful, only_missing_data};
use crate::chain::Chain;
use crate::request::Needs;

impl Call<'_> {
    /// The first doubtful answer that may be given to the client.
    pub(super) fn doubtful(&self, chain: &Chain) -> Option<u8> {
        let number = doubtful(&self.attempts, chain, self.request.needs);
        number.filter(|_| !self.is_void(chain))
    }

    /// Whether what it is about is agreed no longer, and it can be asked again as it is now.
    pub(super) fn is_void(&self, chain: &Chain) -> bool {
        self.request.idempotent && chain.is_void(self.request.needs)
    }

    /// Whether who answered an attempt may still be believed.
    pub(super) fn stands(&self, chain: &Chain, number: u8) -> bool {
        self.upstream(number).is_some_and(|id| !chain.is_put_out(id))
    }

    /// Whether every answer so far was that the block that the call is pinned to is missing.
    pub(super) fn misses_head(&self) -> bool {
        matches!(self.request.needs, Needs::Head(_)) && only_missing_data(&self.attempts)
    }

    /// Whether the block that the call is pinned to, and that nobody had, has left the agreed chain.
    pub(super) fn head_has_left(&self, chain: &Chain) -> bool {
        let Needs::Head(block) = self.request.needs else { return false };
        only_missing_data(&self.attempts) && chain.has_left(block)
    }

    /// Whether the call may be sent once more: always for reads, else only if nobody can have acted on it.
    pub(super) fn may_repeat(&self) -> bool {
        self.request.idempotent || self.attempts.iter().all(|attempt| attempt.harmless)
    }
}
