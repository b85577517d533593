//! The venue's own book as its makers keep it: around a price that sales move, and that comes back as others can carry
//! the asset to where it is dear.

use super::terms::Terms;

/// How far from the best price the levels of a ladder are, in hundredths of a per cent.
const LEVELS: [f64; 18] = [
    5.0, 10.0, 20.0, 35.0, 50.0, 75.0, 100.0, 150.0, 200.0, 300.0, 400.0, 600.0, 900.0, 1_300.0,
    1_800.0, 2_500.0, 3_300.0, 4_500.0,
];

/// A sale is worked off in slices, since depth changes on the way.
const SLICES: u32 = 20;

/// Below this the price of a book is nothing any more.
const GAP_MIN: f64 = -7.0;

/// The gap between the venue's own book and what the asset is worth: the logarithm of one over the other.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Own {
    gap: f64,
}

impl Own {
    /// What the book stands at, of what the asset is worth.
    pub(crate) fn price(&self, reference: f64) -> f64 {
        reference * libm::exp(self.gap)
    }

    /// The gap as a part of the worth: 0.35 where it stands at 0.65.
    pub(crate) fn part(&self) -> f64 {
        1.0 - libm::exp(self.gap)
    }

    /// Somebody has sold so many dollars into it, or bought them (below zero).
    pub(crate) fn sold(&mut self, dollars: f64, terms: &Terms, second: f64) {
        for _ in 0..SLICES {
            let depth = depth_at(self.gap, terms, second);
            self.gap -= dollars / f64::from(SLICES) / (100.0 * depth);
        }
        self.gap = self.gap.max(GAP_MIN);
    }

    /// Time goes by, and the gap closes.
    pub(crate) fn goes_on(&mut self, seconds: f64, terms: &Terms, second: f64) {
        let halted = second >= terms.halted.0 && second < terms.halted.1;
        let half_life = if halted { terms.halted_half_life } else { terms.open_half_life };
        self.gap *= libm::exp2(-seconds / half_life);
    }

    /// The ladder of both sides: price and dollars of each level, bids first.
    pub(crate) fn ladder(
        &self,
        reference: f64,
        terms: &Terms,
        second: f64,
    ) -> [Vec<(f64, f64)>; 2] {
        let middle = self.price(reference);
        let spread = if terms.is_thin(second) { terms.thin_spread } else { terms.spread };
        [-1.0, 1.0].map(|side| {
            let mut before = 0.0;
            let level = |at: &f64| {
                let off = at / 10_000.0;
                let depth = depth_at(self.gap + side * off, terms, second);
                let dollars = depth * 100.0 * (off - before);
                before = off;
                (middle * libm::exp(side * (off + spread / 2.0)), dollars)
            };
            LEVELS.iter().map(level).collect()
        })
    }
}

/// Dollars for each per cent of the price, where the book stands with a gap.
pub(crate) fn depth_at(gap: f64, terms: &Terms, second: f64) -> f64 {
    let depth = if terms.is_thin(second) { terms.thin_usd } else { terms.depth_usd };
    if gap < libm::log(terms.bargain) { depth * terms.bargain_times } else { depth }
}
