//! One side of a book: the prices that have orders.
//!
//! Prices near the best are places in a ring, with a bit for each that has orders: no searching, no allocation. The
//! others are in a tree. The ring follows the best price: where it has to look into the tree too often near the best,
//! the ring is moved, so that moving costs a constant for each time that it would have helped.
//!
//! A price is turned into a **rank**, which is higher where the price is better, so that both sides are one code.

use std::collections::BTreeMap;

use super::level::Level;
use super::order::Slot;
use crate::value::{Lots, Side, Ticks, WHOLE_LIMIT};

/// Prices in the ring: 128 words of 64 bits, so that one word of 128 bits says which of them are not empty.
const SPAN: i64 = 64 * 128;

/// How far below the best the ring begins after it has been moved; the rest is for better prices to come.
const BELOW_BEST: i64 = 64 * 96;

/// Ranks no further below the best than this are what the ring is for.
const NEAR_BEST: i64 = 64 * 48;

/// A tree that is looked into so seldom need not be avoided.
const MISSES_MIN: usize = 64;

/// The lowest rank of a ring that holds none.
const NO_BASE: i64 = 1 << 62;

/// No rank.
const NOWHERE: i64 = i64::MIN;

/// The prices of one side.
#[derive(Clone, Debug)]
pub(super) struct Ladder {
    side: Side,
    /// The best rank of all; `NOWHERE` if there is none.
    best: i64,
    /// The lowest rank of the ring, a multiple of 64.
    base: i64,
    /// A rank's place is its remainder.
    ring: Vec<Level>,
    /// A bit for each place that has orders.
    words: [u64; 128],
    /// A bit for each word that has bits.
    summary: u128,
    /// Prices in the ring that have orders.
    occupied: usize,
    /// Prices beyond the ring that have orders.
    far: BTreeMap<i64, Level>,
    /// The best rank of those.
    far_best: i64,
    /// How often the tree had to be looked into near the best since the ring was last moved.
    misses: usize,
}

impl Ladder {
    pub(super) const fn new(side: Side) -> Self {
        Self {
            side,
            best: NOWHERE,
            // Beyond all ranks, since there is no ring yet.
            base: NO_BASE,
            ring: Vec::new(),
            words: [0; 128],
            summary: 0,
            occupied: 0,
            far: BTreeMap::new(),
            far_best: NOWHERE,
            misses: 0,
        }
    }

    /// A price's rank: the higher the better.
    pub(super) const fn rank(&self, price: Ticks) -> i64 {
        match self.side {
            Side::Buy => price.number(),
            // Prices are within the limit, which is the book's condition.
            Side::Sell => WHOLE_LIMIT.wrapping_sub(price.number()),
        }
    }

    /// A rank's price.
    pub(super) const fn price(&self, rank: i64) -> Ticks {
        match self.side {
            Side::Buy => Ticks::new(rank),
            Side::Sell => Ticks::new(WHOLE_LIMIT.wrapping_sub(rank)),
        }
    }

    /// The best rank.
    pub(super) fn best(&self) -> Option<i64> {
        (self.best != NOWHERE).then_some(self.best)
    }

    /// The level of the best rank.
    pub(super) fn best_level(&self) -> Option<&Level> {
        self.level(self.best)
    }

    /// The level of a rank, if there is any.
    pub(super) fn level(&self, rank: i64) -> Option<&Level> {
        if self.holds(rank) { self.ring.get(place(rank)) } else { self.far.get(&rank) }
    }

    /// The next worse rank that has orders.
    pub(super) fn below(&self, rank: i64) -> Option<i64> {
        let near = self.ring_below(rank);
        if near.is_some_and(|near| near > self.far_best) {
            return near;
        }
        let far = self.far.range(..rank).next_back().map(|(rank, _)| *rank);
        near.max(far)
    }

    /// Adds an order at the end of its rank's list, and gives back the one before it.
    #[inline(always)]
    pub(super) fn append(&mut self, rank: i64, slot: Slot, lots: Lots) -> Option<Slot> {
        if !self.holds(rank) {
            return self.append_far(rank, slot, lots);
        }
        let before = self.ring.get_mut(place(rank))?.append(slot, lots);
        if before.is_none() {
            self.mark(rank);
            self.best = self.best.max(rank);
        }
        before
    }

    /// Takes an order of so many lots out of its rank's list, where it stood between two others.
    #[inline(always)]
    pub(super) fn detach(
        &mut self,
        rank: i64,
        lots: Lots,
        older: Option<Slot>,
        newer: Option<Slot>,
    ) {
        if !self.holds(rank) {
            self.detach_far(rank, lots, older, newer);
            return;
        }
        let Some(level) = self.ring.get_mut(place(rank)) else { return };
        level.detach(lots, older, newer);
        if older.is_none() && newer.is_none() {
            self.unmark(rank);
            if rank == self.best {
                self.best = self.below(rank).unwrap_or(NOWHERE);
            }
        }
    }

    /// [`append`](Self::append) beyond the ring.
    #[cold]
    fn append_far(&mut self, rank: i64, slot: Slot, lots: Lots) -> Option<Slot> {
        if self.best == NOWHERE {
            // There are no orders, so that the ring can be put anywhere.
            self.ring.resize(usize::try_from(SPAN).unwrap_or(0), Level::default());
            self.base = base_for(rank);
            self.misses = 0;
            return self.append(rank, slot, lots);
        }
        let before = self.far.entry(rank).or_default().append(slot, lots);
        self.far_best = self.far_best.max(rank);
        self.best = self.best.max(rank);
        self.missed(rank);
        before
    }

    /// [`detach`](Self::detach) beyond the ring.
    #[cold]
    fn detach_far(&mut self, rank: i64, lots: Lots, older: Option<Slot>, newer: Option<Slot>) {
        let Some(level) = self.far.get_mut(&rank) else { return };
        level.detach(lots, older, newer);
        if level.orders() == 0 {
            self.far.remove(&rank);
            self.far_best = self.far.last_key_value().map_or(NOWHERE, |(rank, _)| *rank);
            if rank == self.best {
                self.best = self.below(rank).unwrap_or(NOWHERE);
            }
        }
        self.missed(rank);
    }

    /// Takes lots off a rank, whose orders stay.
    pub(super) fn reduce(&mut self, rank: i64, by: Lots) {
        let level =
            if self.holds(rank) { self.ring.get_mut(place(rank)) } else { self.far.get_mut(&rank) };
        if let Some(level) = level {
            level.reduce(by);
        }
    }

    /// Whether the best rank is in the ring.
    #[cfg(test)]
    pub(super) const fn ring_has_best(&self) -> bool {
        self.holds(self.best)
    }

    /// Whether a rank is one of the ring's.
    const fn holds(&self, rank: i64) -> bool {
        rank.wrapping_sub(self.base).cast_unsigned() < SPAN.cast_unsigned()
    }

    /// The next lower rank in the ring that has orders.
    fn ring_below(&self, rank: i64) -> Option<i64> {
        let last = rank.min(self.base.saturating_add(SPAN)).saturating_sub(1);
        if last < self.base {
            return None;
        }
        let word = word_of(last);
        let above = 63_u32.wrapping_sub(bit_of(last));
        let bits = self.words.get(word)?.wrapping_shl(above);
        if bits != 0 {
            return Some(last.saturating_sub(i64::from(bits.leading_zeros())));
        }
        // Turned so that the word before is the highest bit. What comes after the ring's beginning is this word
        // itself or better ones, which the comparison leaves out.
        let turned = self.summary.rotate_right(u32::try_from(word).unwrap_or(0));
        let steps = i64::from(turned.leading_zeros()).saturating_add(1);
        let start = (last & !63).saturating_sub(steps.saturating_mul(64));
        if start < self.base {
            return None;
        }
        let bits = self.words.get(word_of(start))?;
        Some(start.saturating_add(63).saturating_sub(i64::from(bits.leading_zeros())))
    }

    /// Notes that a rank of the ring has orders.
    fn mark(&mut self, rank: i64) {
        let word = word_of(rank);
        if let Some(bits) = self.words.get_mut(word) {
            *bits |= 1_u64.wrapping_shl(bit_of(rank));
            self.summary |= summary_bit(word);
            self.occupied = self.occupied.wrapping_add(1);
        }
    }

    /// Notes that a rank of the ring has none.
    fn unmark(&mut self, rank: i64) {
        let word = word_of(rank);
        if let Some(bits) = self.words.get_mut(word) {
            *bits &= !1_u64.wrapping_shl(bit_of(rank));
            if *bits == 0 {
                self.summary &= !summary_bit(word);
            }
            self.occupied = self.occupied.wrapping_sub(1);
        }
    }

    /// Counts that the tree was looked into, and moves the ring where that would have helped often enough.
    fn missed(&mut self, rank: i64) {
        let near = self.best.saturating_sub(NEAR_BEST);
        if rank < near || self.best == NOWHERE || base_for(self.best) == self.base {
            return;
        }
        self.misses = self.misses.saturating_add(1);
        let levels = usize::try_from(SPAN).unwrap_or(0).min(self.far.len());
        let cost = self.occupied.saturating_add(levels);
        if self.misses > MISSES_MIN && self.misses.saturating_mul(4) > cost {
            self.move_ring(base_for(self.best));
        }
    }

    /// Moves the ring: what it no longer spans goes to the tree, what it now spans comes from there.
    fn move_ring(&mut self, base: i64) {
        let end = base.saturating_add(SPAN);
        let mut from = i64::MAX;
        while let Some(rank) = self.ring_below(from) {
            from = rank;
            if rank < base || rank >= end {
                let level = self.ring.get_mut(place(rank)).map(std::mem::take);
                self.far.insert(rank, level.unwrap_or_default());
                self.unmark(rank);
            }
        }
        self.base = base;
        while let Some(rank) = self.far.range(base..end).next().map(|(rank, _)| *rank) {
            let level = self.far.remove(&rank).unwrap_or_default();
            if let Some(place) = self.ring.get_mut(place(rank)) {
                *place = level;
            }
            self.mark(rank);
        }
        self.far_best = self.far.last_key_value().map_or(NOWHERE, |(rank, _)| *rank);
        self.misses = 0;
    }
}

/// Where the ring begins when this is the best rank.
const fn base_for(best: i64) -> i64 {
    best.saturating_sub(BELOW_BEST) & !63
}

/// A rank's place in the ring.
fn place(rank: i64) -> usize {
    usize::try_from(rank & (SPAN - 1)).unwrap_or(0)
}

/// The word that a rank's bit is in.
fn word_of(rank: i64) -> usize {
    place(rank) >> 6
}

/// A rank's bit in its word.
fn bit_of(rank: i64) -> u32 {
    u32::try_from(rank & 63).unwrap_or(0)
}

/// A word's bit in the summary.
fn summary_bit(word: usize) -> u128 {
    1_u128.wrapping_shl(u32::try_from(word).unwrap_or(0))
}
