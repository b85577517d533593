//! Random numbers of several shapes.

use machine::Prng;

/// Random numbers.
#[derive(Clone, Debug)]
pub(super) struct Draw {
    random: Prng,
}

impl Draw {
    /// The same numbers for the same seed.
    pub(super) fn new(seed: u64) -> Self {
        Self { random: Prng::new(seed) }
    }

    /// A whole number below a bound.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        self.random.below(u64::from(bound)) as u32
    }

    /// A place in a table of so many.
    pub(super) fn index(&mut self, len: usize) -> usize {
        self.random.index(len)
    }

    /// From 0 to 1.
    pub(super) fn uniform(&mut self) -> f64 {
        f64::from(self.random.next_u64() as u32) / 4_294_967_296.0
    }

    /// About normal: the sum of twelve uniform ones.
    pub(super) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }

    /// A place, as often as its weight says.
    pub(super) fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.uniform() * weights.iter().sum::<f64>();
        for (place, weight) in weights.iter().enumerate() {
            if left < *weight {
                return place;
            }
            left -= weight;
        }
        0
    }
}
