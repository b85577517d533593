//! The lines of all subjects, in columns.

use std::collections::BTreeMap;

/// Lines of a subject that have a place in the columns. Most have fewer; those of the few who have more are elsewhere.
const LINES: usize = 3;

/// The source of a place without a line: its price is zero.
pub(super) const NO_SOURCE: u16 = 0;

const _: () = assert!(NO_SOURCE == 0, "a place without a line points at the table's first");

/// The base of a subject that the columns know nothing of, or whose lines are elsewhere: never below zero.
const ELSEWHERE: i64 = 1 << 62;

/// Sources that there may be, the one that is none included; a power of two, so that no place can be outside of a table
/// of so many.
pub(super) const SOURCES: usize = 1 << 14;

/// A line that somebody has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    /// Of which source.
    pub(super) source: u16,
    /// Its slope.
    pub(super) slope: i64,
    /// Its place among the source's holders; see [`is_guest`](Self::is_guest).
    pub(super) place: u32,
}

/// The bit of a place that says that it is among the guests.
const GUEST: u32 = 1 << 31;

impl Held {
    /// The place of a guest.
    pub(super) const fn guest(place: u32) -> u32 {
        place | GUEST
    }

    /// Whether it is a guest of its source: its subject's home is elsewhere.
    pub(super) const fn is_guest(self) -> bool {
        self.place & GUEST != 0
    }

    /// Its place among the source's homes, or its guests.
    pub(super) fn at(self) -> usize {
        at(self.place & !GUEST)
    }
}

/// A subject with more lines than there are columns.
#[derive(Clone, Debug, Default)]
struct Wide {
    base: i64,
    lines: Vec<Held>,
}

/// The lines of all subjects, a column each.
///
/// Sums do not overflow: a subject's base is within 2^60, and the sum of its lines' sizes within 2^61 at prices and 2^62
/// where they are read, which [`Index::set`](super::Index::set) sees to.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    base: Vec<i64>,
    slopes: [Vec<i64>; LINES],
    sources: [Vec<u16>; LINES],
    places: [Vec<u32>; LINES],
    wide: BTreeMap<u32, Wide>,
}

/// A number as a place in a table.
pub(super) fn at(subject: u32) -> usize {
    usize::try_from(subject).unwrap_or(usize::MAX)
}

/// A price out of a table by source.
fn price(prices: &[i64], source: u16) -> i64 {
    prices.get(usize::from(source)).copied().unwrap_or(0)
}

impl Columns {
    /// How many subjects there are.
    pub(super) fn len(&self) -> usize {
        self.base.len()
    }

    /// Adds a subject that has nothing.
    pub(super) fn push(&mut self) {
        self.base.push(ELSEWHERE);
        self.slopes.iter_mut().for_each(|column| column.push(0));
        self.sources.iter_mut().for_each(|column| column.push(NO_SOURCE));
        self.places.iter_mut().for_each(|column| column.push(0));
    }

    /// Gives a subject a base and lines for those it had.
    pub(super) fn replace(&mut self, subject: u32, base: i64, lines: &[Held]) {
        if self.base.get(at(subject)) == Some(&ELSEWHERE) {
            self.wide.remove(&subject);
        }
        let narrow = lines.len() <= LINES;
        if !narrow {
            self.wide.insert(subject, Wide { base, lines: lines.to_vec() });
        }
        if let Some(cell) = self.base.get_mut(at(subject)) {
            *cell = if narrow { base } else { ELSEWHERE };
        }
        let columns = self.slopes.iter_mut().zip(&mut self.sources).zip(&mut self.places);
        let mut lines = lines.iter().copied().filter(|_| narrow);
        for ((slopes, sources), places) in columns {
            let held = lines.next().unwrap_or_default();
            let cells = (
                slopes.get_mut(at(subject)),
                sources.get_mut(at(subject)),
                places.get_mut(at(subject)),
            );
            if let (Some(slope), Some(source), Some(place)) = cells {
                (*slope, *source, *place) = (held.slope, held.source, held.place);
            }
        }
    }

    /// Takes everything from a subject.
    pub(super) fn clear(&mut self, subject: u32) {
        self.replace(subject, ELSEWHERE, &[]);
    }

    /// A subject's lines, its home's first.
    pub(super) fn held(&self, subject: u32) -> impl Iterator<Item = Held> {
        let columns = self.slopes.iter().zip(&self.sources).zip(&self.places);
        let narrow = columns.filter_map(move |((slopes, sources), places)| {
            let source = sources.get(at(subject)).copied().filter(|source| *source != NO_SOURCE)?;
            let slope = slopes.get(at(subject)).copied()?;
            Some(Held { source, slope, place: places.get(at(subject)).copied()? })
        });
        narrow
            .chain(self.elsewhere(subject).into_iter().flat_map(|wide| wide.lines.iter().copied()))
    }

    fn elsewhere(&self, subject: u32) -> Option<&Wide> {
        let base = self.base.get(at(subject))?;
        if *base == ELSEWHERE { self.wide.get(&subject) } else { None }
    }

    /// Takes away one of a subject's lines.
    pub(super) fn drop_line(&mut self, subject: u32, source: u16) {
        let columns = self.slopes.iter_mut().zip(&mut self.sources);
        for (slopes, sources) in columns {
            let cells = (slopes.get_mut(at(subject)), sources.get_mut(at(subject)));
            if let (Some(slope), Some(held)) = cells
                && *held == source
            {
                (*slope, *held) = (0, NO_SOURCE);
                return;
            }
        }
        if let Some(wide) = self.wide.get_mut(&subject) {
            wide.lines.retain(|held| held.source != source);
        }
    }

    /// A subject's line has moved to another place among the source's holders.
    pub(super) fn moved(&mut self, subject: u32, source: u16, place: u32) {
        for (sources, places) in self.sources.iter().zip(&mut self.places) {
            if sources.get(at(subject)) == Some(&source)
                && let Some(cell) = places.get_mut(at(subject))
            {
                *cell = place;
                return;
            }
        }
        let lines = self.wide.get_mut(&subject).into_iter().flat_map(|wide| &mut wide.lines);
        for held in lines.filter(|held| held.source == source) {
            held.place = place;
        }
    }

    /// A subject's margin is not below this at these prices.
    pub(super) fn margin(&self, subject: u32, prices: &[i64]) -> i64 {
        let base = match self.elsewhere(subject) {
            Some(wide) => wide.base,
            None => self.base.get(at(subject)).copied().unwrap_or(ELSEWHERE),
        };
        // Within 2^63: see the type.
        let add = |sum: i64, held: Held| {
            sum.wrapping_add(held.slope.wrapping_mul(price(prices, held.source)))
        };
        self.held(subject).fold(base, add)
    }

    /// Everybody whose margin may be below zero at these prices.
    pub(super) fn below_zero(&self, prices: &[i64], found: &mut Vec<u32>) {
        // A table of a known size, so that reading it needs no check.
        let mut table = vec![0_i64; SOURCES];
        for (cell, price) in table.iter_mut().zip(prices) {
            *cell = *price;
        }
        if let Some(table) = table.first_chunk() {
            self.sweep(table, found);
        }
        let wide = self.wide.keys().copied();
        found.extend(wide.filter(|subject| self.margin(*subject, prices) < 0));
    }

    fn sweep(&self, prices: &[i64; SOURCES], found: &mut Vec<u32>) {
        let price = |source: u16| {
            let place = usize::from(source) & SOURCES.wrapping_sub(1);
            prices.get(place).copied().unwrap_or(0)
        };
        let [slope_a, slope_b, slope_c] = &self.slopes;
        let [source_a, source_b, source_c] = &self.sources;
        let slopes = slope_a.iter().zip(slope_b).zip(slope_c);
        let sources = source_a.iter().zip(source_b).zip(source_c);
        let rows = self.base.iter().zip(slopes).zip(sources);
        for (subject, ((base, slopes), sources)) in (0_u32..).zip(rows) {
            let ((slope_a, slope_b), slope_c) = slopes;
            let ((source_a, source_b), source_c) = sources;
            // Within 2^63: see the type.
            let margin = base
                .wrapping_add(slope_a.wrapping_mul(price(*source_a)))
                .wrapping_add(slope_b.wrapping_mul(price(*source_b)))
                .wrapping_add(slope_c.wrapping_mul(price(*source_c)));
            if margin < 0 {
                found.push(subject);
            }
        }
    }

    /// Bytes that they take up.
    pub(super) fn bytes(&self) -> usize {
        let row = size_of::<i64>().saturating_add(
            size_of::<i64>()
                .saturating_add(size_of::<u16>())
                .saturating_add(size_of::<u32>())
                .saturating_mul(LINES),
        );
        let wide = |wide: &Wide| wide.lines.len().saturating_mul(size_of::<Held>());
        let wide: usize = self.wide.values().map(wide).sum();
        row.saturating_mul(self.base.len()).saturating_add(wide)
    }
}
