//! Who may be due for liquidation, found without looking at everybody.
//!
//! # What is known of whom
//! A **subject** is what answers for itself: an account with its cross positions, loans and collateral, or an isolated
//! position. Its margin is its equity less its maintenance; it is due where that is below zero. A **source** is a price
//! that margins depend on, turned so that falling is bad: the high end of a market for those who are long there, the
//! low end, negated, for those who are short, the low or high end of an asset that is collateral.
//!
//! What a position or a holding adds to a margin is a concave function of its source: straight within a bracket, and
//! bent down from one to the next. A [`Line`] that is nowhere above it around the price stands for it, and further away,
//! where the line is read at a price that is taken lower by a bound on how much slopes differ ([`Bend`]), so that a
//! margin is never less than `base + sum of slope x price` over its few lines. All are whole numbers of 64 bits in a
//! unit of 10^-8, laid out in columns, so that everybody can be looked at as fast as memory is read
//! ([`Index::due_among_all`]).
//!
//! # Who is looked at when a price moves
//! Each source has an **edge** a little below its price. `worst` is what a subject's margin would be if all sources
//! stood at their edges, so that nobody whose `worst` is not below zero can be due as long as all prices are above their
//! edges: these are **far**, and are not looked at. Where a price falls below its edge, the edge is put below it anew,
//! and the `worst` of all who hold it changes by `slope x difference`. It is kept as the price of one of the subject's sources
//! at which it is zero, so that for most of them that is one comparison, whatever the move.
//!
//! Those whose `worst` is below zero are **near**. Each of their lines has a trigger: their margin is shared out among
//! their lines, and a line's trigger is the price at which its share is used up. As long as none is crossed the sum of
//! the losses is below the margin, in whatever order prices move. Who crosses one is looked at, gets new triggers, or
//! is given to the caller to be assessed exactly.
//!
//! Both can only select too many. Nobody who is due is missed as long as the caller [sets](Index::set) every subject
//! anew whose money, positions, holdings or settings have changed, and every subject that was given to it.

mod columns;
mod ends;
mod holders;
mod index;
mod line;
mod near;
mod source;
#[cfg(test)]
mod tests;

pub use index::{Index, Leg, SourceId};
pub use line::{Bend, Line, UNIT};
