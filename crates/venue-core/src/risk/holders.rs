//! The lines of a source, by who holds them.
//!
//! What a subject's margin would be if all sources stood at their edges changes with each edge of its sources. All that
//! is known of it lies where the lines of one of them are, its **home**: at which price of the home it would be zero, the
//! other sources at their edges. A home that moves then compares, line by line in one column, and writes nothing, which
//! is most of what a sweep costs. The subject's other lines are **guests** that know where it is, and move that price by
//! their [share](Share).

use super::columns::Held;
use super::ends::{Scale, Share};

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

/// A change of an edge, by the prices at which lines are read there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    /// At the edge before, and after.
    pub(super) from: i64,
    pub(super) to: i64,
    /// At the price.
    pub(super) price: i64,
}

/// Lines of which some lie with their subject's worst margin, and others elsewhere.
#[derive(Clone, Debug, Default)]
pub(super) struct Holders {
    pub(super) homes: Homes,
    pub(super) guests: Guests,
}

/// Lines with what is known of their subject's worst margin.
#[derive(Clone, Debug, Default)]
pub(super) struct Homes {
    pub(super) subjects: Vec<u32>,
    /// The step of the price below which the worst margin is below zero.
    ends: Vec<i32>,
}

/// Lines whose subject's worst margin is known elsewhere.
#[derive(Clone, Debug, Default)]
pub(super) struct Guests {
    pub(super) subjects: Vec<u32>,
    pub(super) shares: Vec<Share>,
    pub(super) homes: Vec<Home>,
}

/// How many times as many have to be gone as are near, for those to be given unseen.
pub(super) const GONE_FOR_NEAR: usize = 8;

/// Lines that are gone through at once.
const CHUNK: usize = 64;

impl Homes {
    /// Tells who has become near by a change of the edge, and who is gone. Which of many that is can hardly be guessed,
    /// so that it is not branched on line by line.
    pub(super) fn pass(
        &self,
        scale: Scale,
        change: Change,
        near: &mut Vec<u32>,
        gone: &mut Vec<u32>,
    ) {
        let (from, to) = (scale.step(change.from), scale.step(change.to));
        let price = scale.step(change.price);
        if to >= from {
            return;
        }
        for (subjects, ends) in self.subjects.chunks(CHUNK).zip(self.ends.chunks(CHUNK)) {
            let is_gone = |end: i32| (to < end) & (end <= from) & (price < end);
            let is_near = |end: i32| (to < end) & (end <= from) & (price >= end);
            pick(subjects, ends, is_gone, gone);
            pick(subjects, ends, is_near, near);
        }
    }

    /// Sets the end at a place. Whether the home's line, read at a price, is below it.
    pub(super) fn put(&mut self, place: usize, end: i32, step: i32) -> bool {
        if let Some(cell) = self.ends.get_mut(place) {
            *cell = end;
        }
        step < end
    }

    /// Carries a change of a guest's edge over to a place, whose home is at a step.
    pub(super) fn visit(
        &mut self,
        place: usize,
        (scale, step): (Scale, i32),
        share: Share,
        change: Change,
    ) -> Passed {
        let Some(cell) = self.ends.get_mut(place) else { return Passed::Stays };
        let before = *cell;
        let end = scale.shifted(before, share, change.to.wrapping_sub(change.from));
        *cell = end;
        if step >= end || step < before {
            return Passed::Stays;
        }
        let at_price = scale.shifted(end, share, change.price.wrapping_sub(change.to));
        if step < at_price { Passed::Gone } else { Passed::Near }
    }
}

/// Adds those of a chunk whose end is so. All are written, and each that is not so is written over by the next.
fn pick(subjects: &[u32], ends: &[i32], is: impl Fn(i32) -> bool, to: &mut Vec<u32>) {
    if !ends.iter().fold(false, |any, end| any | is(*end)) {
        return;
    }
    let mut picked = [0; CHUNK];
    let mut count = 0_usize;
    for (subject, end) in subjects.iter().zip(ends) {
        if let Some(cell) = picked.get_mut(count) {
            *cell = *subject;
        }
        count = count.saturating_add(usize::from(is(*end)));
    }
    to.extend(picked.iter().take(count));
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
    pub(super) fn enter(&mut self, subject: u32, guest: Option<(Home, Share)>) -> u32 {
        let place = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        if let Some((home, share)) = guest {
            self.guests.subjects.push(subject);
            self.guests.shares.push(share);
            self.guests.homes.push(home);
            return Held::guest(place(self.guests.subjects.len().saturating_sub(1)));
        }
        self.homes.subjects.push(subject);
        self.homes.ends.push(i32::MIN);
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
            let _ = self.guests.shares.swap_remove(place);
            let _ = self.guests.homes.swap_remove(place);
            return self.guests.subjects.get(place).copied();
        }
        if place >= self.homes.subjects.len() {
            return None;
        }
        let _ = self.homes.subjects.swap_remove(place);
        let _ = self.homes.ends.swap_remove(place);
        self.homes.subjects.get(place).copied()
    }

    /// Gives a guest another share.
    pub(super) fn tilt(&mut self, held: Held, share: Share) {
        if let Some(cell) = self.guests.shares.get_mut(held.at()).filter(|_| held.is_guest()) {
            *cell = share;
        }
    }

    /// Bytes that they take up.
    pub(super) fn bytes(&self) -> usize {
        let home = size_of::<i32>().saturating_mul(self.homes.subjects.len());
        let guest = size_of::<Share>().saturating_add(size_of::<Home>());
        let guest = guest.saturating_mul(self.guests.subjects.len());
        let subjects = size_of::<u32>().saturating_mul(self.len());
        subjects.saturating_add(home).saturating_add(guest)
    }
}
