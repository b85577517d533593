//! The head where nobody has a vote: the highest one that is shown, as a plain balancer has it.
//!
//! It guards against nothing, and is there to be compared with.

use units::Timestamp;

use crate::block::BlockRef;
use crate::chain::Chain;
use crate::settings::Votes;
use crate::upstream::{State, Upstream};

impl Chain {
    /// Whether heads are voted on. Where they are not each upstream answers for itself, and answers to one client may be
    /// of several branches.
    #[must_use]
    pub fn counts_votes(&self) -> bool {
        self.settings.votes != Votes::Nobody
    }

    /// Makes the highest head that anyone who answers shows the head of the chain, on whatever branch it is; true where
    /// that moved it. Of several at one height the one that was the head stays it.
    pub(crate) fn follow_highest(&mut self, now: Timestamp) -> bool {
        let answers = |u: &&Upstream| {
            !matches!(u.state, State::Unreachable | State::Rejected | State::Quarantined)
        };
        let heads = self.upstreams.iter().filter(answers).filter_map(|u| Some(u.head?.block()));
        let rank = |head: &BlockRef| (head.number, self.agreed == Some(*head), head.hash);
        let Some(highest) = heads.max_by_key(rank) else { return false };
        match self.agreed {
            Some(agreed) if agreed == highest => return false,
            Some(agreed) => self.go_to(now, agreed, highest),
            None => self.set_head(now, highest),
        }
        true
    }
}
