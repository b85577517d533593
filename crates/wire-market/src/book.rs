//! Books in depth, and how much money stands near the middle.

use units::{Money, Price, Quantity, Ratio, Rounding};

/// One price of a book, and how many are offered or wanted at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// The price.
    pub price: Price,
    /// How many.
    pub quantity: Quantity,
}

/// A snapshot of a book, the best price of each side first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    /// Buyers.
    pub bids: Vec<Level>,
    /// Sellers.
    pub asks: Vec<Level>,
}

/// How much money stands near the middle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Within {
    /// Of buyers.
    pub bids: Money,
    /// Of sellers.
    pub asks: Money,
    /// Whether the snapshot reaches that far on both sides; otherwise there is at least this much.
    pub complete: bool,
}

impl Book {
    /// The money within a part of the midpoint on either side; `None` where a side is empty.
    #[must_use]
    pub fn within(&self, part: Ratio) -> Option<Within> {
        let (bid, ask) = (self.bids.first()?.price, self.asks.first()?.price);
        let middle = bid.midpoint(ask);
        let low = middle.times(Ratio::ONE.minus(part), Rounding::Up)?;
        let high = middle.times(Ratio::ONE.plus(part), Rounding::Down)?;
        let sum = |levels: &[Level], near: &dyn Fn(Price) -> bool| {
            let inside = levels.iter().take_while(|level| near(level.price));
            inside.fold(Money::ZERO, |sum, level| {
                sum.plus(level.price.of(level.quantity, Rounding::Down).unwrap_or(Money::ZERO))
            })
        };
        let beyond = |levels: &[Level], near: &dyn Fn(Price) -> bool| {
            levels.last().is_some_and(|level| !near(level.price))
        };
        let (above_low, below_high) = (|price| price >= low, |price| price <= high);
        Some(Within {
            bids: sum(&self.bids, &above_low),
            asks: sum(&self.asks, &below_high),
            complete: beyond(&self.bids, &above_low) && beyond(&self.asks, &below_high),
        })
    }
}
