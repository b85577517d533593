//! Seeded pseudo-random numbers for the cores.

/// A small generator whose whole state is one word: `SplitMix64`.
///
/// Not for secrets. The same seed gives the same numbers on every machine, which is what a
/// replayable core needs; the standard library has no generator and the cores take no crates.
///
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014);
/// the constants are those of its reference implementation.
#[derive(Clone, Debug)]
pub struct Prng {
    state: u64,
}

impl Prng {
    /// A generator that repeats itself exactly for the same `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 random bits.
    pub const fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number in `0..bound`, or 0 where `bound` is 0.
    ///
    /// The remainder favours small numbers by less than `bound / 2^64`, which no use here can see.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next_u64().checked_rem(bound).unwrap_or(0)
    }

    /// An index into something of `len` elements; 0 where it is empty.
    pub fn index(&mut self, len: usize) -> usize {
        let bound = u64::try_from(len).unwrap_or(u64::MAX);
        usize::try_from(self.below(bound)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::Prng;

    #[test]
    fn the_same_seed_gives_the_published_numbers() {
        // First three outputs of the reference implementation for seed 1234567.
        let mut prng = Prng::new(1_234_567);
        let numbers = [prng.next_u64(), prng.next_u64(), prng.next_u64()];
        assert_eq!(
            numbers,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn an_empty_range_gives_zero() {
        assert_eq!(Prng::new(7).below(0), 0);
        assert_eq!(Prng::new(7).index(0), 0);
    }
}
