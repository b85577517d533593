//! Prices from outside: what each status permits, and the mark that is made of an index and the book.

mod basis;
mod impact;
mod mark;
mod quote;

pub(crate) use basis::Basis;
pub(crate) use impact::{impact_mid, impact_price};
pub(crate) use mark::{marks, sample};
pub(crate) use quote::{Lane, Limits, NewOrders, Permit, Quote};
