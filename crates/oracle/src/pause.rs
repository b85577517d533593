//! How long to wait before connecting again.

use machine::Prng;
use units::Span;

/// The shortest pause: the strictest venues allow one connection a second from one address over five minutes.
const SHORTEST: Span = Span::from_secs(1);

/// The longest one: a venue that is back is found within a minute.
const LONGEST: Span = Span::from_secs(60);

/// A connection that lived so long was well: the next pause is short again.
const WELL_AFTER: Span = Span::from_secs(60);

/// Pauses that double, each with up to as much again by chance, so that connections do not all come back at once.
#[derive(Debug)]
pub(crate) struct Pauses {
    next: Span,
    chance: Prng,
}

impl Pauses {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { next: SHORTEST, chance: Prng::new(seed) }
    }

    /// The pause after a connection that lived so long; nothing where it could not be had.
    pub(crate) fn after(&mut self, lived: Span) -> Span {
        if lived >= WELL_AFTER {
            self.next = SHORTEST;
        }
        let least = self.next;
        self.next = least.times(2).min(LONGEST);
        least.plus(Span::from_nanos(self.chance.below(least.as_nanos()))).min(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_venue_that_refuses_everybody_is_not_hammered() {
        // Venues ban an address that connects more often than some hundred times in five minutes.
        let mut pauses = Pauses::new(7);
        let mut before = Span::ZERO;
        for _ in 0..10 {
            let pause = pauses.after(Span::ZERO);
            assert!(pause >= SHORTEST && pause <= LONGEST, "{pause}");
            before = before.plus(pause);
        }
        assert!(before > Span::from_secs(180), "ten tries within {before}");
        pauses.after(Span::from_secs(61));
        assert!(pauses.next <= Span::from_secs(2), "one that was well is tried again soon");
    }
}
