//! Upstreams that have gone silent with calls under way: no new ones follow those while others are well.
//!
//! A breaker learns of silence only where a hedge is outrun, and the budget may have none left for hedges. Until
//! then one that hangs looks as quick as it was, fills its whole room, and what waits there holds places.

use units::{Span, Timestamp};

use crate::class::MethodClass;
use crate::upstream::Upstream;

/// So many calls under way of which none is answered are more than one slow question.
const UNANSWERED_MIN: u32 = 3;

/// Shortest silence that says something: above the pauses of garbage collectors, and of our own scheduling.
const SILENCE_MIN: Span = Span::from_millis(250);

/// Silence says something from so many times the slowest class's usual time to answer.
const SILENCE_TIMES: u64 = 3;

impl Upstream {
    /// Whether several calls are under way to it and it has not said a word for longer than answers take.
    pub(crate) fn is_mute(&self, now: Timestamp) -> bool {
        if self.in_flight < UNANSWERED_MIN || now.since(self.spoke_at) < SILENCE_MIN {
            return false;
        }
        let took = MethodClass::ALL.iter().map(|class| self.latency.get(*class).read(now));
        let usual = took.max().unwrap_or(Span::ZERO);
        now.since(self.spoke_at) >= usual.times(SILENCE_TIMES)
    }
}
