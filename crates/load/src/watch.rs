//! Whether the load itself kept up.

use std::fs;

use hdrhistogram::Histogram;
use runtime::clock;
use units::{Span, Timestamp};

use crate::tally::histogram;

/// Above this share of one core, in hundredths, a load has no room for a moment that wants more.
const BUSY_MAX: u64 = 90;

/// The latest that one request in a hundred may be handed to its line after it was due. Latency counts from the due
/// time, so that this much of any latency may be the load's own.
const LAG_MAX: Span = Span::from_millis(20);

/// What a load has used, and how it kept to its schedule.
#[derive(Clone, Copy, Debug)]
pub struct Watched {
    /// For how long it ran.
    pub ran: Span,
    /// The processor's time that its thread used, where the system says it.
    pub used: Option<Span>,
    /// How long its thread was ready and had no processor, where the system says it.
    pub waited: Option<Span>,
    /// How late requests were handed to their lines: of a hundred all but one were earlier.
    pub lag_p99: Span,
    /// And the latest of all.
    pub lag_max: Span,
}

impl Watched {
    /// Its thread's share of a core, in hundredths; nothing where the system does not say.
    #[must_use]
    pub fn busy_percent(&self) -> u64 {
        let used = self.used.unwrap_or(Span::ZERO).as_nanos();
        used.saturating_mul(100).checked_div(self.ran.as_nanos()).unwrap_or(0)
    }

    /// Why the run says nothing of the venue, where it does not.
    #[must_use]
    pub fn void(&self) -> Option<String> {
        self.void_beyond(LAG_MAX)
    }

    /// The same where so long a lag, or the usual one, does not matter yet for what is measured.
    pub(crate) fn void_beyond(&self, lag_max: Span) -> Option<String> {
        if self.busy_percent() > BUSY_MAX {
            return Some(format!("the load used {} % of its core", self.busy_percent()));
        }
        (self.lag_p99 > lag_max.max(LAG_MAX))
            .then(|| format!("the load was {} behind its own schedule", self.lag_p99))
    }
}

/// Watches a load from its own thread.
#[derive(Debug)]
pub(crate) struct Watch {
    began: Timestamp,
    before: Option<[Span; 2]>,
    lags: Histogram<u64>,
}

impl Watch {
    /// Begins now.
    pub(crate) fn new() -> Self {
        Self { began: clock::now(), before: of_thread(), lags: histogram() }
    }

    /// A request was handed to its line so late.
    pub(crate) fn lag(&mut self, lag: Span) {
        self.lags.saturating_record(lag.as_micros().max(1));
    }

    /// What was seen.
    pub(crate) fn end(&self) -> Watched {
        let spent = self.before.zip(of_thread()).map(|(before, now)| {
            let [used, waited] = now;
            [used.minus(before[0]), waited.minus(before[1])]
        });
        Watched {
            ran: clock::now().since(self.began),
            used: spent.map(|[used, _]| used),
            waited: spent.map(|[_, waited]| waited),
            lag_p99: Span::from_micros(self.lags.value_at_quantile(0.99)),
            lag_max: Span::from_micros(self.lags.max()),
        }
    }
}

/// What this thread has used of processors, and how long it has waited for one, as Linux counts them.
fn of_thread() -> Option<[Span; 2]> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let mut numbers = text.split_whitespace().map(|number| number.parse().map(Span::from_nanos));
    Some([numbers.next()?.ok()?, numbers.next()?.ok()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_that_cannot_keep_up_voids_its_run() {
        // Its own slowness would be told of the venue.
        let seconds = Span::from_secs;
        let well = Watched {
            ran: seconds(10),
            used: Some(seconds(6)),
            waited: None,
            lag_p99: Span::from_millis(2),
            lag_max: Span::from_millis(40),
        };
        assert_eq!((well.busy_percent(), well.void()), (60, None));
        assert!(Watched { used: Some(Span::from_millis(9_200)), ..well }.void().is_some());
        let behind = Watched { lag_p99: Span::from_millis(21), ..well };
        assert!(behind.void().is_some() && behind.void_beyond(Span::ZERO).is_some());
        assert_eq!(behind.void_beyond(Span::from_millis(50)), None);
    }
}
