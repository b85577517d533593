//! The index: who has to be looked at when a price has moved.

use super::columns::{Columns, Held, SOURCES, at};
use super::ends::Share;
use super::holders::{GONE_FOR_NEAR, Home, Passed};
use super::line::{BASE_MAX, Bend, Line, NO_LINE, UNIT, floor, units};
use super::near::Trigger;
use super::source::{Source, band};

/// The most that a subject's lines may come to at the far ends of their stretches, in [`UNIT`]s, so that no sum passes
/// 2^63. Larger subjects have triggers only, and no lines.
const LINES_MAX: i128 = 1 << 61;

/// The stamp of a subject that is far.
const FAR: u32 = 0;

/// The stamp of a subject that the caller was given and has not answered for.
const ASKED: u32 = 1;

/// Bits of a share of the price, where a margin is shared out among several lines.
const SHARE_BITS: u32 = 20;

/// A price that margins depend on, turned so that falling is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceId(u16);

/// What a subject has of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The source; a subject has one leg of it at most.
    pub source: SourceId,
    /// The line below what it adds to the margin: see [`Index::line`].
    pub line: Line,
}

/// Who has to be looked at when a price has moved.
#[derive(Clone, Debug)]
pub struct Index {
    columns: Columns,
    /// Each subject's stamp: [`FAR`], [`ASKED`], or that of its triggers.
    stamps: Vec<u32>,
    last_stamp: u32,
    /// By source: where lines are read at its price, and at its edge.
    prices: Vec<i64>,
    edges: Vec<i64>,
    sources: Vec<Source>,
    /// Kept for their room.
    held: Vec<Held>,
    found: Vec<u32>,
    crossed: Vec<Trigger>,
}

impl Default for Index {
    fn default() -> Self {
        Self::new()
    }
}

impl Index {
    /// One without sources and subjects.
    #[must_use]
    pub fn new() -> Self {
        Self {
            columns: Columns::default(),
            stamps: Vec::new(),
            last_stamp: ASKED,
            prices: vec![0],
            edges: vec![0],
            // The first stands for "no source": see `NO_SOURCE`.
            sources: vec![Source::new(0, Bend::ANY)],
            held: Vec::new(),
            found: Vec::new(),
            crossed: Vec::new(),
        }
    }

    /// Adds a source at a price, which is not zero; those of shorts are below zero. `None` where there are
    /// 16,383.
    pub fn add_source(&mut self, price: i64, bend: Bend) -> Option<SourceId> {
        let id = SourceId(u16::try_from(self.sources.len()).ok()?);
        if self.sources.len() >= SOURCES {
            return None;
        }
        let source = Source::new(price, bend);
        self.prices.push(source.read(price));
        self.edges.push(source.read(source.edge));
        self.sources.push(source);
        Some(id)
    }

    /// Says how lines of a source bend from now on. Each holder has to be [set](Self::set) anew before any price moves.
    pub fn set_bend(&mut self, source: SourceId, bend: Bend) {
        if let Some(found) = self.sources.get_mut(usize::from(source.0)) {
            found.bend = bend;
            found.center();
        }
        self.put(usize::from(source.0));
    }

    /// Adds a subject, numbered from 0 on, that has nothing.
    pub fn add_subject(&mut self) {
        self.columns.push();
        self.stamps.push(FAR);
    }

    /// How many subjects there are.
    #[must_use]
    pub fn subjects(&self) -> usize {
        self.columns.len()
    }

    /// A source's price.
    #[must_use]
    pub fn price(&self, source: SourceId) -> i64 {
        self.sources.get(usize::from(source.0)).map_or(0, |source| source.price)
    }

    /// Who has something of a source.
    pub fn holders(&self, source: SourceId) -> impl Iterator<Item = u32> {
        let source = self.sources.get(usize::from(source.0));
        source.into_iter().flat_map(|source| source.holders.subjects())
    }

    /// The line of what adds `value(price)` trillionths to a margin. The value must be concave and never fall with
    /// the source's price, and be off by less than two trillionths.
    #[must_use]
    pub fn line(&self, source: SourceId, value: impl Fn(i64) -> i128) -> Line {
        match self.sources.get(usize::from(source.0)) {
            Some(source) => Line::below(source.inner, source.outer, source.price, value),
            None => NO_LINE,
        }
    }

    /// Says what a subject has, and what its margin is at the prices as they are: `base` is what does not depend on
    /// a price, `margin` the exact sum, both in trillionths and rounded down.
    pub fn set(&mut self, subject: u32, base: i128, legs: &[Leg], margin: i128) {
        let (base, fits) = self.fitting(base, legs);
        let home = self.home_for(subject, legs);
        let mut held = core::mem::take(&mut self.held);
        held.clear();
        let first = legs.iter().filter(|leg| Some(leg.source.0) == home);
        let rest = legs.iter().filter(|leg| Some(leg.source.0) != home);
        for leg in first.chain(rest) {
            let slope = if fits { leg.line.slope } else { 0 };
            let guest = held.first().map(|first: &Held| {
                let home = Home { source: first.source, place: first.place };
                (home, Share::of(slope, first.slope))
            });
            let old = self.columns.held(subject).find(|held| held.source == leg.source.0);
            let place = old.map(|held| held.place);
            if let Some(source) = self.sources.get_mut(usize::from(leg.source.0)) {
                if let (Some(old), Some((_, share))) = (old, guest) {
                    source.holders.tilt(old, share);
                }
                let place = place.unwrap_or_else(|| source.holders.enter(subject, guest));
                held.push(Held { source: leg.source.0, slope, place });
            }
        }
        let stays = |source: u16| legs.iter().any(|leg| leg.source.0 == source);
        while let Some(gone) = self.first_held(subject, |held| !stays(held.source)) {
            self.leave(subject, gone);
        }
        self.columns.replace(subject, base, &held);
        self.held = held;
        if self.put_home(subject) {
            self.watch_exactly(subject, legs, units(margin));
        } else {
            self.stamp(subject, FAR);
        }
    }

    /// Forgets what a subject has: it is not looked at until it is [set](Self::set) again.
    pub fn clear(&mut self, subject: u32) {
        self.leave_all(subject);
        self.columns.clear(subject);
        self.stamp(subject, FAR);
    }

    /// Prices have moved, each of another source. Adds to `due` who may be due by now; each has to be
    /// [set](Self::set) or [cleared](Self::clear) before any price moves again. Where a price is beyond what lines
    /// hold for, these are all its holders.
    pub fn moved(&mut self, moves: &[(SourceId, i64)], due: &mut Vec<u32>) {
        for (source, price) in moves {
            if let Some(source) = self.sources.get_mut(usize::from(source.0)) {
                source.price = *price;
            }
            self.put(usize::from(source.0));
        }
        let mut fell = false;
        for (source, price) in moves {
            fell |= self.follow_down(usize::from(source.0), *price, due);
        }
        // Edges are brought up in another tick than one that was long enough already.
        for (source, _) in moves.iter().filter(|_| !fell) {
            self.follow_up(usize::from(source.0), due);
        }
        for (source, _) in moves {
            self.cross(usize::from(source.0), due);
        }
    }

    /// Adds to `due` everybody who may be due at the prices as they are, whatever is known of who is near.
    pub fn due_among_all(&self, due: &mut Vec<u32>) {
        self.columns.below_zero(&self.prices, due);
    }

    /// Bytes that all of it takes up.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let source = |source: &Source| source.near.bytes().saturating_add(source.holders.bytes());
        let sources: usize = self.sources.iter().map(source).sum();
        let stamps = size_of::<u32>().saturating_mul(self.stamps.len());
        self.columns.bytes().saturating_add(stamps).saturating_add(sources)
    }

    /// How many triggers there are, those that no longer count included.
    #[must_use]
    pub fn triggers(&self) -> usize {
        self.sources.iter().map(|source| source.near.len()).sum()
    }

    /// The base of a subject in [`UNIT`]s, and whether its lines fit: where they do not, it is always near.
    fn fitting(&self, base: i128, legs: &[Leg]) -> (i64, bool) {
        let mut sum = base.div_euclid(UNIT);
        let mut reach = 0_i128;
        for leg in legs {
            let size = self.sources.get(usize::from(leg.source.0)).map(|held| held.outer.size());
            let size = i128::from(size.unwrap_or(i64::MAX));
            reach = reach.saturating_add(i128::from(leg.line.slope).saturating_mul(size));
            sum = sum.saturating_add(i128::from(leg.line.base));
        }
        let lines = legs.iter().all(|leg| leg.line != NO_LINE);
        if !lines || reach > LINES_MAX || sum < BASE_MAX.saturating_neg() {
            return (-1, false);
        }
        (i64::try_from(sum.min(BASE_MAX)).unwrap_or(-1), true)
    }

    /// The source that is a subject's home: the one it has, or that of the most holders, since a sweep of those at home
    /// is the fastest. All lines of a subject that has lost its home are taken out.
    fn home_for(&mut self, subject: u32, legs: &[Leg]) -> Option<u16> {
        let old = self.columns.held(subject).next();
        let stays = |held: &Held| legs.iter().any(|leg| leg.source.0 == held.source);
        if let Some(old) = old.filter(stays) {
            return Some(old.source);
        }
        self.leave_all(subject);
        let holders = |leg: &&Leg| {
            self.sources.get(usize::from(leg.source.0)).map_or(0, |source| source.holders.len())
        };
        legs.iter().max_by_key(holders).map(|leg| leg.source.0)
    }

    fn first_held(&self, subject: u32, which: impl Fn(&Held) -> bool) -> Option<Held> {
        self.columns.held(subject).find(which)
    }

    /// Takes all of a subject's lines out of their sources, the home's last.
    fn leave_all(&mut self, subject: u32) {
        while let Some(guest) = self.first_held(subject, |held| held.is_guest()) {
            self.leave(subject, guest);
        }
        if let Some(home) = self.first_held(subject, |_| true) {
            self.leave(subject, home);
        }
    }

    /// Takes a line out of its source's holders, whose last takes its place.
    fn leave(&mut self, subject: u32, gone: Held) {
        self.columns.drop_line(subject, gone.source);
        let source = self.sources.get_mut(usize::from(gone.source));
        let Some(moved) = source.and_then(|source| source.holders.leave(gone)) else {
            return;
        };
        self.columns.moved(moved, gone.source, gone.place);
        if gone.is_guest() {
            return;
        }
        let home = Home { source: gone.source, place: gone.place };
        for guest in self.columns.held(moved).filter(|held| held.is_guest()) {
            let source = self.sources.get_mut(usize::from(guest.source));
            let cell = source.and_then(|source| source.holders.guests.homes.get_mut(guest.at()));
            if let Some(cell) = cell {
                *cell = home;
            }
        }
    }

    /// Works out, at its home, where a subject's margin would end if all other sources stood at their edges. Whether it
    /// is near.
    fn put_home(&mut self, subject: u32) -> bool {
        let worst = self.columns.margin(subject, &self.edges);
        let mut lines = self.columns.held(subject);
        let Some(home) = lines.next() else { return worst < 0 };
        let guests = lines.next().is_some();
        let read = self.edge_of(home.source);
        // Sums and products stay within 2^63, which `LINES_MAX` sees to.
        let rest = worst.wrapping_sub(home.slope.wrapping_mul(read));
        let Some(source) = self.sources.get_mut(usize::from(home.source)) else { return false };
        // Where the home's price changes nothing, others' may, and there is no end that they could move.
        let endless = guests && home.slope == 0;
        let end = if endless { i32::MAX } else { source.scale.end(rest, home.slope) };
        source.holders.homes.put(home.at(), end, source.scale.step(read))
    }

    /// Where lines of a source are read at its edge.
    fn edge_of(&self, source: u16) -> i64 {
        self.edges.get(usize::from(source)).copied().unwrap_or(0)
    }

    /// Brings where lines are read in line with a source's price, where the edge stays.
    fn put(&mut self, place: usize) {
        let cells = (self.prices.get_mut(place), self.edges.get_mut(place));
        if let ((Some(now), Some(edge)), Some(source)) = (cells, self.sources.get(place)) {
            *now = source.read(source.price);
            *edge = source.read(source.edge);
        }
    }

    /// Brings a source's edge and lines after a price that has fallen below the edge, or to where lines do not hold.
    /// Whether it was needed.
    fn follow_down(&mut self, place: usize, price: i64, due: &mut Vec<u32>) -> bool {
        let Some(source) = self.sources.get_mut(place) else {
            return false;
        };
        if source.outer.holds(price) {
            let fell = price < source.edge;
            if fell {
                self.sweep(place, due);
            }
            return fell;
        }
        source.center();
        for subject in source.holders.subjects() {
            if let Some(stamp) = self.stamps.get_mut(at(subject)).filter(|cell| **cell != ASKED) {
                *stamp = ASKED;
                due.push(subject);
            }
        }
        self.put(place);
        true
    }

    /// Brings a source's edge up behind a price that has risen far above it, so that fewer are near.
    fn follow_up(&mut self, place: usize, due: &mut Vec<u32>) {
        if self.sources.get(place).is_some_and(Source::is_far_above_its_edge) {
            self.sweep(place, due);
        }
    }

    /// Puts a source's edge below its price, and looks at who has become near by it. Whose margin has ended, were the
    /// other sources at their edges, is the caller's to assess at once: in a gap these are many, and a look at each
    /// would take longer than the sweep.
    fn sweep(&mut self, place: usize, due: &mut Vec<u32>) {
        let Some(source) = self.sources.get_mut(place) else {
            return;
        };
        let change = source.move_edge(&mut self.edges, place);
        let before = due.len();
        let mut found = core::mem::take(&mut self.found);
        source.holders.homes.pass(source.scale, change, &mut found, due);
        let guests = core::mem::take(&mut source.holders.guests);
        let lines = guests.subjects.iter().zip(&guests.shares).zip(&guests.homes);
        for ((subject, share), home) in lines {
            let read = self.edge_of(home.source);
            let Some(source) = self.sources.get_mut(usize::from(home.source)) else { continue };
            let at_home = (source.scale, source.scale.step(read));
            match source.holders.homes.visit(at(home.place), at_home, *share, change) {
                Passed::Stays => {}
                Passed::Near => found.push(*subject),
                Passed::Gone => due.push(*subject),
            }
        }
        if let Some(source) = self.sources.get_mut(place) {
            source.holders.guests = guests;
        }
        // Where many more are gone, these are given too: a look at each takes as long as the whole sweep, and the caller
        // looks at so many anyway.
        if found.len().saturating_mul(GONE_FOR_NEAR) <= due.len().saturating_sub(before) {
            for subject in found.drain(..) {
                self.stamp(subject, ASKED);
                due.push(subject);
            }
        }
        for subject in found.drain(..) {
            self.look_at(subject, due);
        }
        self.found = found;
    }

    /// Looks at those whose triggers a source's price has crossed. Who is beyond by more than a band has most likely
    /// lost all, and is the caller's to assess at once.
    fn cross(&mut self, place: usize, due: &mut Vec<u32>) {
        let Some(source) = self.sources.get_mut(place) else {
            return;
        };
        let mut crossed = core::mem::take(&mut self.crossed);
        source.near.cross(source.price, &mut crossed);
        let beyond = source.price.saturating_add(band(source.price));
        for Trigger { price, subject, stamp } in crossed.drain(..) {
            if self.stamps.get(at(subject)) != Some(&stamp) {
                continue;
            }
            if price > beyond {
                self.stamp(subject, ASKED);
                due.push(subject);
            } else {
                self.look_at(subject, due);
            }
        }
        self.crossed = crossed;
    }

    /// Looks at a subject that may be due: far, near with new triggers, or the caller's to assess.
    fn look_at(&mut self, subject: u32, due: &mut Vec<u32>) {
        let margin = self.columns.margin(subject, &self.prices);
        if margin < 0 {
            self.stamp(subject, ASKED);
            due.push(subject);
        } else if self.put_home(subject) {
            self.watch(subject, margin);
        } else {
            self.stamp(subject, FAR);
        }
    }

    /// Sets a near subject's triggers by its lines. Each line's share of the margin lets its source fall by the same
    /// part of its price: `margin / sum of slope x price`. With one line the trigger is where the margin ends.
    fn watch(&mut self, subject: u32, margin: i64) {
        let stamp = self.next_stamp();
        self.stamp(subject, stamp);
        let mut lines = 0_usize;
        let mut sum = 0_i64;
        for held in self.columns.held(subject) {
            let price = self.price(SourceId(held.source));
            lines = lines.saturating_add(1);
            sum = sum.saturating_add(held.slope.saturating_mul(price.saturating_abs()));
        }
        let share = margin.checked_div((sum >> SHARE_BITS).saturating_add(1)).unwrap_or(0);
        for held in self.columns.held(subject) {
            let Some(source) = self.sources.get_mut(usize::from(held.source)) else {
                continue;
            };
            let price = source.price;
            let fall = if lines == 1 {
                margin.checked_div(held.slope).unwrap_or(0)
            } else {
                // A product at the end of the range is less than it should be: the trigger comes too early.
                price.saturating_abs().saturating_mul(share) >> SHARE_BITS
            };
            // Below the stretch a line falls faster than its slope.
            let below = price.saturating_sub(fall) < source.inner.low;
            let fall = if below { fall.saturating_sub(source.bend.of(fall)).max(0) } else { fall };
            source.near.add(Trigger { price: price.saturating_sub(fall), subject, stamp });
            source.near.tidy(&self.stamps);
        }
    }

    /// Sets a near subject's triggers by its exact margin and the steepest slopes down to the floor of each line.
    fn watch_exactly(&mut self, subject: u32, legs: &[Leg], margin: i64) {
        let stamp = self.next_stamp();
        self.stamp(subject, stamp);
        let weight = |leg: &Leg| {
            let size = self.price(leg.source).saturating_abs();
            i128::from(leg.line.steepest).saturating_mul(i128::from(size))
        };
        let sum = legs.iter().map(weight).fold(0, i128::saturating_add);
        for leg in legs {
            let Some(source) = self.sources.get_mut(usize::from(leg.source.0)) else {
                continue;
            };
            let price = source.price;
            let share =
                i128::from(margin.max(0)).saturating_mul(i128::from(price.saturating_abs()));
            let fall = share.checked_div(sum).and_then(|fall| i64::try_from(fall).ok());
            let trigger = price.saturating_sub(fall.unwrap_or(0)).max(floor(price));
            // Who is due already is looked at again at the next move, wherever it goes.
            let price = if margin < 0 { i64::MAX } else { trigger };
            source.near.add(Trigger { price, subject, stamp });
            source.near.tidy(&self.stamps);
        }
    }

    fn stamp(&mut self, subject: u32, stamp: u32) {
        if let Some(cell) = self.stamps.get_mut(at(subject)) {
            *cell = stamp;
        }
    }

    /// A stamp that no trigger has. Where they have all been used they begin anew: an old trigger that then counts
    /// again has its subject looked at once too often.
    fn next_stamp(&mut self) -> u32 {
        self.last_stamp = self.last_stamp.checked_add(1).unwrap_or(ASKED.saturating_add(1));
        self.last_stamp
    }
}
