//! How much a gateway of the user's own is asked at most.

use std::sync::{Mutex, PoisonError};

use units::{Span, Timestamp};

/// Most requests in a second. The drills ask for some hundreds; what is more is retries of callers that nobody answers,
/// and a machine that others use has to bear it.
const REQUESTS_MAX: u64 = 2_000;
/// How long a run against it takes at most; the drills take seconds.
const LASTS_MAX: Span = Span::from_secs(300);

/// Counts the requests to whoever answers, and lets no more through than may be.
#[derive(Debug)]
pub(super) struct Pace {
    /// Since when it counts; nothing where any number may come.
    began: Option<Timestamp>,
    counted: Mutex<Counted>,
}

#[derive(Debug, Default)]
struct Counted {
    /// The second that is counted, and how many came in it.
    second: u64,
    count: u64,
    /// Whether one was held back, and why.
    held: Option<String>,
}

impl Pace {
    /// Any number: what is asked is on this machine and ours.
    pub(super) fn any() -> Self {
        Self { began: None, counted: Mutex::default() }
    }

    /// What a gateway of the user's own is asked from now on.
    pub(super) fn of_target(now: Timestamp) -> Self {
        Self { began: Some(now), counted: Mutex::default() }
    }

    /// Whether one more request may be sent now.
    pub(super) fn takes(&self, now: Timestamp) -> bool {
        let Some(began) = self.began else { return true };
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let second = now.since(began).as_millis() / 1_000;
        if second != counted.second {
            (counted.second, counted.count) = (second, 0);
        }
        counted.count += 1;
        let is_long = now.since(began) > LASTS_MAX;
        if counted.count > REQUESTS_MAX && !is_long {
            counted.held =
                Some(format!("asks for more than {REQUESTS_MAX} requests in a second of it"));
        } else if is_long {
            counted.held = Some(format!("takes longer than {} s", LASTS_MAX.as_millis() / 1_000));
        }
        counted.count <= REQUESTS_MAX && !is_long
    }

    /// An error where something was held back.
    pub(super) fn end(&self) -> Result<(), String> {
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        match &counted.held {
            None => Ok(()),
            Some(why) => Err(format!(
                "the run against your gateway {why}, which is the most; so its figures say nothing"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_of_others_is_not_asked_more_than_it_is_to_be() {
        // A storm of retries of a drill would take down the machine that it was to measure.
        let start = Timestamp::ZERO.after(Span::from_secs(100));
        let pace = Pace::of_target(start);
        let taken = |at: Timestamp| (0..3_000).filter(|_| pace.takes(at)).count();
        assert_eq!(taken(start), 2_000);
        assert_eq!(taken(start.after(Span::from_secs(1))), 2_000);
        assert!(pace.end().is_err_and(|why| why.contains("2000 requests")));
        let pace = Pace::of_target(start);
        assert!(pace.takes(start.after(Span::from_secs(300))) && pace.end().is_ok());
        assert!(!pace.takes(start.after(Span::from_secs(301))) && pace.end().is_err());
        let pace = Pace::any();
        assert!((0..3_000).all(|_| pace.takes(start)), "ours is asked as the drill says");
    }
}
