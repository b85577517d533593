//! How much each upstream may have under way at once. The chain only keeps to it; whoever sets it learns
//! here what the upstreams did.

use units::Timestamp;

use crate::chain::Chain;
use crate::load::UpstreamLoad;
use crate::settings::UpstreamId;
use crate::upstream::{State, Upstream};

/// Part of an upstream's room that hedges leave free: what is only asked to be quicker must not keep
/// out what has not been asked at all.
const SPARED_BY_HEDGES: u32 = 4;

/// Which share of an upstream's room may be filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    /// All of it.
    Whole,
    /// What hedges may have.
    Spare,
}

/// What an upstream is good for at present, as far as room is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It serves.
    Serving,
    /// Asked where nobody serves: it lags, or came back a moment ago.
    Doubtful,
    /// It asked to be left alone for a while.
    Paused,
    /// It is away or put out; calls to it are only attempts to find out whether it is back.
    Out,
}

impl Upstream {
    /// Whether one more call may be under way to it.
    pub(crate) const fn has_room(&self, share: Share) -> bool {
        match share {
            Share::Whole => self.in_flight < self.room,
            Share::Spare => {
                let spared = self.room.saturating_add(1).div_ceil(SPARED_BY_HEDGES);
                self.in_flight < self.room.saturating_sub(spared)
            }
        }
    }
}

impl Chain {
    /// Sets how many calls may be under way to an upstream at once; without bound until it is set. Calls
    /// under way beyond it go on.
    pub fn set_room(&mut self, upstream: UpstreamId, calls: u32) {
        if let Some(upstream) = self.upstreams.get_mut(upstream.index()) {
            upstream.room = calls;
        }
    }

    /// What an upstream did since this was last asked.
    pub fn take_load(&mut self, upstream: UpstreamId) -> UpstreamLoad {
        let Some(upstream) = self.upstreams.get_mut(upstream.index()) else {
            return UpstreamLoad::default();
        };
        let peak = upstream.in_flight;
        core::mem::replace(&mut upstream.load, UpstreamLoad { peak, ..UpstreamLoad::default() })
    }

    /// What an upstream is good for at `now`; out where there is no such upstream.
    #[must_use]
    pub fn standing(&self, now: Timestamp, upstream: UpstreamId) -> Standing {
        let Some(upstream) = self.upstreams.get(upstream.index()) else { return Standing::Out };
        if !self.may_be_asked(upstream) || upstream.endpoint_breaker.is_open() {
            return Standing::Out;
        }
        if upstream.is_throttled(now) {
            return Standing::Paused;
        }
        match upstream.state {
            State::Serving => Standing::Serving,
            State::Lagging | State::Probation => Standing::Doubtful,
            State::Unreachable | State::Quarantined | State::Rejected => Standing::Out,
        }
    }
}
