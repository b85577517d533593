//! When answers are given that are worth less than the processor's time. Whoever is refused at once asks again at once, and a
//! venue that answers all of that does nothing else. A request that is not answered yet keeps its connection from being
//! read, which costs nothing.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use units::{Span, Timestamp};
use venue_core::AccountId;

/// Who is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    /// An account.
    Account(AccountId),
    /// An address, where nobody needs to know whose the request is.
    Address(IpAddr),
}

/// Refusals that each is told at once within a second: who does not hammer never waits for one.
const REFUSALS: u32 = 5;

/// Answers to questions that each has at once within a second, while new risk is refused: enough to see a position go.
const QUESTIONS: u32 = 20;

/// All others are given so far apart: two thousand a second, a small part of what reading them would take at worst, and
/// more than enough for there always to be something to do.
const APART: Span = Span::from_micros(500);

/// The longest that anybody waits: clients take longer silence for a broken connection.
const LONGEST: Span = Span::from_secs(1);

/// Most whose answers are counted within a second; the others wait their turn.
const COUNTED_MAX: usize = 1 << 16;

/// When answers are given.
#[derive(Debug)]
pub(crate) struct Pace {
    at_once: u32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The second that is counted.
    second: u64,
    told: HashMap<Who, u32>,
    /// When the next is told that is not told at once.
    next: Timestamp,
}

impl Pace {
    /// That of refusals.
    pub(crate) fn of_refusals() -> Self {
        Self { at_once: REFUSALS, state: Mutex::default() }
    }

    /// That of answers to questions, while new risk is refused.
    pub(crate) fn of_questions() -> Self {
        Self { at_once: QUESTIONS, state: Mutex::default() }
    }

    /// How long an answer waits before it is given.
    pub(crate) fn hold(&self, who: Who, now: Timestamp) -> Span {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let second = now.since(Timestamp::ZERO).as_secs();
        if second != state.second {
            state.second = second;
            state.told.clear();
        }
        let known = state.told.len() < COUNTED_MAX || state.told.contains_key(&who);
        if known {
            let told = state.told.entry(who).or_insert(0);
            *told = told.saturating_add(1);
            if *told <= self.at_once {
                return Span::ZERO;
            }
        }
        let at = state.next.max(now).after(APART);
        if at.since(now) > LONGEST {
            return LONGEST;
        }
        state.next = at;
        at.since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_hammers_is_told_later_and_nobody_else() {
        // A flood of refusals would take the processor from those who want out.
        let pace = Pace::of_refusals();
        let now = Timestamp::ZERO.after(Span::from_secs(100));
        let who = |number| Who::Account(AccountId::new(number));
        let held: Vec<Span> = (0..5_000).map(|_| pace.hold(who(1), now)).collect();
        assert!(held.iter().take(5).all(|held| *held == Span::ZERO));
        assert_eq!((held[5], held[6]), (APART, APART.times(2)));
        assert_eq!(held.iter().max(), Some(&LONGEST));
        assert_eq!(pace.hold(who(2), now), Span::ZERO);
        let questions = Pace::of_questions();
        assert!((0..20).all(|_| questions.hold(who(1), now) == Span::ZERO));
        assert_eq!(questions.hold(who(1), now), APART);
        assert_eq!(pace.hold(who(1), now.after(LONGEST.times(2))), Span::ZERO);
    }
}
