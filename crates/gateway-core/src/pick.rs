//! Whom a call goes to: power of two choices on latency within the healthy set, other domains first.

use units::{Span, Timestamp};

use crate::block::BlockRef;
use crate::chain::{Chain, UPSTREAMS_MAX};
use crate::class::MethodClass;
use crate::quota::Headroom;
use crate::request::Needs;
use crate::room::Share;
use crate::settings::UpstreamId;
use crate::upstream::{Relation, State, Upstream};

/// Upstreams as bits, by position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tried(u64);

impl Tried {
    pub(crate) fn add(&mut self, id: UpstreamId) {
        self.0 |= 1_u64.checked_shl(u32::from(id.0)).unwrap_or(0);
    }

    pub(crate) fn has(self, index: usize) -> bool {
        let bit = u32::try_from(index).ok().and_then(|index| 1_u64.checked_shl(index)).unwrap_or(0);
        self.0 & bit != 0
    }
}

/// What a call asks of an upstream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) class: MethodClass,
    pub(crate) needs: Needs,
    pub(crate) method: &'a str,
    pub(crate) tried: Tried,
    /// How much of an upstream's room it may fill.
    pub(crate) share: Share,
}

/// What came of choosing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Picked {
    /// This one.
    One(UpstreamId),
    /// Those that could help have as much under way as they bear; it will not last.
    Busy,
    /// All that could help were tried.
    Nobody,
}

/// How good a choice an upstream is; lower ranks are only looked at when no higher one is left.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// Serving, has the block, answers this class.
    Good,
    /// Has the block and answers this class, but is on probation or lagging.
    Fair,
    /// Well, but one more would pass what it lets us ask: it would refuse that and what comes after.
    Spent,
    /// Has the block, but is out for this class: better than no answer.
    Doubtful,
    /// May have come back since it was last looked at.
    Last,
    /// Asked to be left alone, and nobody else is left: asked now and then whether it still wants to be.
    Paused,
}

/// How often one that asked for a pause is asked all the same where nobody else is left. Losing every call
/// for the rest of its pause would be the alternative.
const PAUSE_TEST: Span = Span::from_millis(200);

/// A fixed list of candidates, so that choosing allocates nothing.
struct Candidates {
    ids: [u8; UPSTREAMS_MAX],
    len: usize,
    /// Whether there are more that have no room.
    busy: bool,
}

impl Chain {
    /// Chooses an upstream that was not tried yet and has room.
    pub(crate) fn pick(&mut self, now: Timestamp, wanted: &Wanted<'_>) -> Picked {
        let mut busy = false;
        for rank in [Rank::Good, Rank::Fair, Rank::Spent, Rank::Doubtful, Rank::Last] {
            // Those that are not well are no way round the bounds of those that are.
            if busy && rank >= Rank::Spent {
                return Picked::Busy;
            }
            let mut list = self.candidates(now, wanted, rank, true);
            if list.len == 0 {
                list = self.candidates(now, wanted, rank, false);
            }
            busy |= list.busy;
            if let Some(id) = self.better_of_two(now, wanted.class, &list) {
                return Picked::One(id);
            }
        }
        if busy {
            return Picked::Busy;
        }
        self.pick_paused(now, wanted).map_or(Picked::Nobody, Picked::One)
    }

    /// The last resort, only where nobody is well, not where those who are were only tried already.
    fn pick_paused(&mut self, now: Timestamp, wanted: &Wanted<'_>) -> Option<UpstreamId> {
        let class = wanted.class;
        let well =
            |u: &Upstream| u.state == State::Serving && u.admits(class) && !u.is_throttled(now);
        if self.upstreams.iter().any(well) {
            return None;
        }
        let list = self.candidates(now, wanted, Rank::Paused, false);
        let id = self.better_of_two(now, class, &list)?;
        self.upstreams.get_mut(id.index())?.pause_tested_at = now;
        Some(id)
    }

    /// Whether anyone could be asked who was not told to be left alone.
    pub(crate) fn earliest_pause_end(&self, now: Timestamp) -> Option<Timestamp> {
        let usable =
            |upstream: &&Upstream| !matches!(upstream.state, State::Rejected | State::Quarantined);
        let mut pauses =
            self.upstreams.iter().filter(usable).map(|upstream| upstream.throttled_until);
        let earliest = pauses.by_ref().min()?;
        (earliest > now).then_some(earliest)
    }

    fn candidates(
        &self,
        now: Timestamp,
        wanted: &Wanted<'_>,
        rank: Rank,
        elsewhere: bool,
    ) -> Candidates {
        let mut list = Candidates { ids: [0; UPSTREAMS_MAX], len: 0, busy: false };
        for (index, upstream) in self.upstreams.iter().enumerate() {
            let passed =
                wanted.tried.has(index) || (elsewhere && self.tried_domain(wanted.tried, index));
            if !passed && self.rank(now, wanted, upstream) == Some(rank) {
                if !upstream.has_room(wanted.share) {
                    list.busy = true;
                    continue;
                }
                if let (Some(slot), Ok(id)) = (list.ids.get_mut(list.len), u8::try_from(index)) {
                    *slot = id;
                }
                list.len = list.len.saturating_add(1);
            }
        }
        list
    }

    fn tried_domain(&self, tried: Tried, index: usize) -> bool {
        let domain = self.domains.of(index);
        tried != Tried::default()
            && (0..self.upstreams.len())
                .any(|other| tried.has(other) && self.domains.of(other) == domain)
    }

    /// Whether an upstream may be sent anything at all. Never one of a wrong chain: where the identity is
    /// unknown it is not asked even as the last; on a branch that we have left behind not either, even while
    /// the time that a reorg may take still runs.
    pub(crate) fn may_be_asked(&self, upstream: &Upstream) -> bool {
        !matches!(upstream.state, State::Rejected | State::Quarantined)
            && upstream.exile.is_none()
            && !upstream.is_left_behind(self.agreed)
            && upstream.chain_id == Some(self.settings.chain_id)
            && upstream.genesis.is_some()
    }

    fn rank(&self, now: Timestamp, wanted: &Wanted<'_>, upstream: &Upstream) -> Option<Rank> {
        if !self.may_be_asked(upstream) {
            return None;
        }
        if upstream.is_throttled(now) {
            let due = now.since(upstream.pause_tested_at) >= PAUSE_TEST;
            return (due && !upstream.lacks(wanted.method, now)).then_some(Rank::Paused);
        }
        let holds = self.holds(upstream, wanted.needs);
        let answers = upstream.admits(wanted.class) && !upstream.lacks(wanted.method, now);
        if upstream.quota.headroom(now) == Headroom::Spent {
            let well = matches!(upstream.state, State::Serving | State::Probation | State::Lagging);
            // A hedge is no last resort.
            let last_resort = well && holds && answers && wanted.share == Share::Whole;
            return last_resort.then_some(Rank::Spent);
        }
        Some(match upstream.state {
            State::Serving if holds && answers => Rank::Good,
            State::Probation | State::Lagging if holds && answers => Rank::Fair,
            State::Serving | State::Probation | State::Lagging if holds => Rank::Doubtful,
            State::Serving | State::Probation | State::Lagging | State::Unreachable => Rank::Last,
            State::Quarantined | State::Rejected => return None,
        })
    }

    /// Whether an upstream is known to have what a call needs.
    pub(crate) fn has(&self, id: UpstreamId, needs: Needs) -> bool {
        self.upstreams.get(id.index()).is_some_and(|upstream| self.holds(upstream, needs))
    }

    /// Whether an upstream is known to have what the call is about.
    fn holds(&self, upstream: &Upstream, needs: Needs) -> bool {
        match needs {
            Needs::Head(block) => self.holds_block(upstream, block),
            Needs::Number(number) => {
                upstream.is_linked() && upstream.head.is_some_and(|head| head.number >= number)
            }
            Needs::Anything | Needs::Ahead => upstream.is_linked(),
        }
    }

    fn holds_block(&self, upstream: &Upstream, block: BlockRef) -> bool {
        match upstream.relation {
            // The usual case: the block is the agreed head or was a moment ago.
            Relation::Holds(_) if self.agreed == Some(block) => true,
            Relation::Holds(_) | Relation::Behind(_) | Relation::Diverged { .. } => {
                upstream.head.is_some_and(|head| self.tree.holds(head.hash, block))
            }
            Relation::Unknown | Relation::Unlinked => false,
        }
    }

    fn better_of_two(
        &mut self,
        now: Timestamp,
        class: MethodClass,
        list: &Candidates,
    ) -> Option<UpstreamId> {
        if list.len == 0 {
            return None;
        }
        let first = self.prng.index(list.len);
        let second = match list.len {
            1 => first,
            len => {
                let other = self.prng.index(len.saturating_sub(1));
                if other >= first { other.saturating_add(1) } else { other }
            }
        };
        let (one, other) = (list.ids.get(first).copied()?, list.ids.get(second).copied()?);
        let worse = self.load_of(now, class, one) > self.load_of(now, class, other);
        Some(UpstreamId(if worse { other } else { one }))
    }

    /// What a new call would wait for here: recent latency, failures included, times the calls under way.
    fn load_of(&self, now: Timestamp, class: MethodClass, id: u8) -> u64 {
        self.upstreams.get(usize::from(id)).map_or(u64::MAX, |upstream| {
            let penalty = upstream.penalty.get(class).read(now);
            let latency = upstream.latency.get(class).read(now).plus(penalty).as_nanos();
            let load = latency.saturating_mul(u64::from(upstream.in_flight).saturating_add(1));
            match upstream.quota.headroom(now) {
                Headroom::Scarce(times) => load.saturating_mul(times),
                Headroom::Free | Headroom::Spent => load,
            }
        })
    }
}
