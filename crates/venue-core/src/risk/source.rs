//! A source: its price, its edge, who holds it, and their triggers.

use super::ends::Scale;
use super::holders::{Change, Holders};
use super::line::{Bend, Stretch};
use super::near::Near;

/// An edge lies below its price by the price over two to this: a tenth of a per cent. Nearer, and calm markets cross
/// it often, which costs a look at all holders each time; further, and more subjects are near.
const BAND: u32 = 10;

/// By how many such bands a price has to be above its edge for the edge to be brought up behind it.
const BANDS_ABOVE: i64 = 8;

/// A source.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) price: i64,
    /// Prices above it need no look at who is far.
    pub(super) edge: i64,
    pub(super) inner: Stretch,
    pub(super) outer: Stretch,
    pub(super) bend: Bend,
    pub(super) scale: Scale,
    pub(super) holders: Holders,
    pub(super) near: Near,
}

impl Source {
    pub(super) fn new(price: i64, bend: Bend) -> Self {
        let mut source = Self {
            price,
            edge: 0,
            inner: Stretch::default(),
            outer: Stretch::default(),
            bend,
            scale: Scale::default(),
            holders: Holders::default(),
            near: Near::new(),
        };
        source.center();
        source
    }

    /// Whether the price has risen so far that the edge is to be brought up behind it.
    pub(super) fn is_far_above_its_edge(&self) -> bool {
        let above = self.price.saturating_sub(self.edge);
        above > band(self.price).saturating_mul(BANDS_ABOVE)
    }

    /// From now on lines are made around the price.
    pub(super) fn center(&mut self) {
        self.edge = edge(self.price);
        self.scale = Scale::around(self.price);
        self.inner = Stretch::inner(self.price);
        self.outer = Stretch::outer(self.price);
        if self.bend == Bend::ANY {
            self.outer = self.inner;
        }
    }

    /// Puts the edge below the price; how what lines are read at there changes.
    pub(super) fn move_edge(&mut self, edges: &mut [i64], place: usize) -> Change {
        self.edge = edge(self.price);
        let to = self.read(self.edge);
        let from = edges.get_mut(place).map_or(to, |cell| core::mem::replace(cell, to));
        Change { from, to, price: self.read(self.price) }
    }

    /// The price at which lines are to be read for a price.
    pub(super) fn read(&self, price: i64) -> i64 {
        self.inner.read(price, self.bend)
    }
}

/// How far below its price an edge is put.
pub(super) fn band(price: i64) -> i64 {
    (price.saturating_abs() >> BAND).max(1)
}

fn edge(price: i64) -> i64 {
    price.saturating_sub(band(price))
}
