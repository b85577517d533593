//! Which questions were asked before: an answer is kept once its question comes back.
//!
//! Most questions come once. Keeping their answers costs a gateway a third of what it does for a call (measured:
//! 36 against 25 µs, mostly because memory that was just used is kept and cold memory taken in its place), and
//! pushes out what is asked again.

/// One slot for so many bytes of the cache: some two for each answer that fits, and a sixty-fourth of the memory.
const BYTES_A_SLOT: usize = 256;

/// Marks of questions, each in the one slot that is its own; a later question takes an earlier one's place.
#[derive(Debug)]
pub(super) struct Seen {
    slots: Vec<u32>,
}

impl Seen {
    /// Memory of the questions to a cache of so many bytes.
    pub(super) fn new(capacity: usize) -> Self {
        Self { slots: vec![0; capacity.checked_div(BYTES_A_SLOT).unwrap_or(0)] }
    }

    /// What it takes, in bytes.
    pub(super) const fn bytes(capacity: usize) -> usize {
        match capacity.checked_div(BYTES_A_SLOT) {
            Some(slots) => slots.saturating_mul(4),
            None => 0,
        }
    }

    /// Notes a question, given as 64 random bits of its own; whether it was noted before. One in four thousand
    /// million strangers passes for known, which keeps an answer too early and does no other harm.
    pub(super) fn note(&mut self, question: u64) -> bool {
        let slots = u64::try_from(self.slots.len()).unwrap_or(u64::MAX);
        let at = question.checked_rem(slots).and_then(|at| usize::try_from(at).ok());
        let mark = u32::try_from(question >> 32).unwrap_or(u32::MAX).max(1);
        let Some(slot) = at.and_then(|at| self.slots.get_mut(at)) else { return false };
        core::mem::replace(slot, mark) == mark
    }
}

#[cfg(test)]
mod tests {
    use machine::Prng;

    use super::*;

    #[test]
    fn a_question_is_known_the_second_time_and_strangers_are_not() {
        let mut seen = Seen::new(1 << 20);
        let mut prng = Prng::new(1);
        let known: Vec<u64> = (0..100).map(|_| prng.next_u64()).collect();
        assert!(known.iter().all(|question| !seen.note(*question)));
        assert!(known.iter().filter(|question| seen.note(**question)).count() > 90);
        assert!((0..10_000).filter(|_| seen.note(prng.next_u64())).count() < 3);
        // Nothing is known to a cache that is switched off.
        assert!(!Seen::new(0).note(7) && !Seen::new(0).note(7));
    }
}
