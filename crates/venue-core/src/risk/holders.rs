//! The lines of a source, by who holds them.
//!
//! What a subject's margin would be if all sources stood at their edges changes with each edge of its sources. It lies
//! where the lines of one of them are, its **home**: a price that moves then reads and writes memory in one row, which
//! is most of what a sweep costs. The subject's other lines are **guests** that know where it is.

use super::columns::{Held, at};

/// The place of a subject's worst margin: among the homes of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Home {
    pub(super) source: u16,
    pub(super) place: u32,
}

/// What a sweep has made of a subject's worst margin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passed {
    /// It stays on its side of zero, or is back above it.
    Stays,
    /// It is below zero now.
    Near,
    /// It would be even if this source stood at its price.
    Gone,
}

/// A change of an edge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    /// By how much what lines are read at there changes.
    pub(super) by: i64,
    /// By how much it is lower than at the price, afterwards.
    pub(super) band: i64,
}

impl Change {
    /// Carries it over to a worst margin. Sums and products stay within 2^63, which `LINES_MAX` sees to.
    pub(super) const fn pass(self, worst: &mut i64, slope: i64) -> Passed {
        let before = *worst;
        let after = before.wrapping_add(slope.wrapping_mul(self.by));
        *worst = after;
        if after >= 0 || before < 0 {
            Passed::Stays
        } else if after.wrapping_add(slope.wrapping_mul(self.band)) < 0 {
            Passed::Gone
        } else {
            Passed::Near
        }
    }
}

/// Lines of which some lie with their subject's worst margin, and others elsewhere.
#[derive(Clone, Debug, Default)]
pub(super) struct Holders {
    pub(super) homes: Homes,
    pub(super) guests: Guests,
}

/// Lines with their subject's worst margin.
#[derive(Clone, Debug, Default)]
pub(super) struct Homes {
    pub(super) subjects: Vec<u32>,
    pub(super) slopes: Vec<i64>,
    pub(super) worsts: Vec<i64>,
}

/// Lines whose subject's worst margin is elsewhere.
#[derive(Clone, Debug, Default)]
pub(super) struct Guests {
    pub(super) subjects: Vec<u32>,
    pub(super) slopes: Vec<i64>,
    pub(super) homes: Vec<Home>,
}

/// Lines that are gone through at once: a bit of a word each.
const CHUNK: usize = 64;

/// The bit of a number's sign.
const TOP: u64 = 1 << 63;

impl Homes {
    /// Carries a change of the edge over to all worst margins, and tells who has become near and who is gone. Which of
    /// many that is can hardly be guessed, so that it is not branched on line by line.
    pub(super) fn pass(&mut self, change: Change, near: &mut Vec<u32>, gone: &mut Vec<u32>) {
        let slopes = self.slopes.chunks(CHUNK);
        let chunks = self.subjects.chunks(CHUNK).zip(slopes).zip(self.worsts.chunks_mut(CHUNK));
        for ((subjects, slopes), worsts) in chunks {
            let (mut below, mut lost) = (0_u64, 0_u64);
            for (slope, worst) in slopes.iter().zip(worsts) {
                let before = *worst;
                // As in `Change::pass`.
                let after = before.wrapping_add(slope.wrapping_mul(change.by));
                *worst = after;
                let at_price = after.wrapping_add(slope.wrapping_mul(change.band));
                below = (below >> 1) | ((after & !before).cast_unsigned() & TOP);
                lost = (lost >> 1) | (at_price.cast_unsigned() & TOP);
            }
            let unused = u32::try_from(CHUNK.saturating_sub(slopes.len())).unwrap_or(0);
            below = below.checked_shr(unused).unwrap_or(0);
            lost = lost.checked_shr(unused).unwrap_or(0);
            push(below & lost, subjects, gone);
            push(below & !lost, subjects, near);
        }
    }
}

/// Adds those whose bit is set.
fn push(mut bits: u64, subjects: &[u32], to: &mut Vec<u32>) {
    while bits != 0 {
        to.extend(subjects.get(at(bits.trailing_zeros())));
        bits &= bits.wrapping_sub(1);
    }
}

impl Holders {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.homes.subjects.len().saturating_add(self.guests.subjects.len())
    }

    /// Who they are.
    pub(super) fn subjects(&self) -> impl Iterator<Item = u32> {
        self.homes.subjects.iter().chain(&self.guests.subjects).copied()
    }

    /// Puts a line among them; a guest where the subject's home is elsewhere. Its place.
    pub(super) fn enter(&mut self, subject: u32, slope: i64, home: Option<Home>) -> u32 {
        let place = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        if let Some(home) = home {
            self.guests.subjects.push(subject);
            self.guests.slopes.push(slope);
            self.guests.homes.push(home);
            return Held::guest(place(self.guests.subjects.len().saturating_sub(1)));
        }
        self.homes.subjects.push(subject);
        self.homes.slopes.push(slope);
        self.homes.worsts.push(0);
        place(self.homes.subjects.len().saturating_sub(1))
    }

    /// Takes a line out; whose line has taken its place.
    pub(super) fn leave(&mut self, held: Held) -> Option<u32> {
        let place = held.at();
        if held.is_guest() {
            if place >= self.guests.subjects.len() {
                return None;
            }
            let _ = self.guests.subjects.swap_remove(place);
            let _ = self.guests.slopes.swap_remove(place);
            let _ = self.guests.homes.swap_remove(place);
            return self.guests.subjects.get(place).copied();
        }
        if place >= self.homes.subjects.len() {
            return None;
        }
        let _ = self.homes.subjects.swap_remove(place);
        let _ = self.homes.slopes.swap_remove(place);
        let _ = self.homes.worsts.swap_remove(place);
        self.homes.subjects.get(place).copied()
    }

    /// Gives a line another slope.
    pub(super) fn tilt(&mut self, held: Held, slope: i64) {
        let slopes = if held.is_guest() { &mut self.guests.slopes } else { &mut self.homes.slopes };
        if let Some(cell) = slopes.get_mut(held.at()) {
            *cell = slope;
        }
    }

    /// Bytes that they take up.
    pub(super) fn bytes(&self) -> usize {
        let line = size_of::<u32>().saturating_add(size_of::<i64>());
        let home = size_of::<i64>().saturating_mul(self.homes.subjects.len());
        let guest = size_of::<Home>().saturating_mul(self.guests.subjects.len());
        line.saturating_mul(self.len()).saturating_add(home).saturating_add(guest)
    }
}
