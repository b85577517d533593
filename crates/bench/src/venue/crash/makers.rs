//! Those who quote: a ladder on each side of every symbol, and fewer of them in the fall.
//!
//! Depth is that of all venues together before the day (incidents, 26.1): within 1 % of the price 120 million dollars a
//! side on the largest symbol, 48 on the second, and 150 on all others together. Makers leave as the record says: from
//! the fall on they are fewer and fewer, down to a quarter at 21:12 (a twelfth on the others), and they are back at
//! 21:35. Those who stay quote further away: the best price, at 0.02 % before, is at a tenth of a per cent then, and at
//! one per cent on the others. What has traded comes back by a twentieth of the ladder a second, so that a book that is
//! sold into stays thin.

use venue_core::{Command, Lots, PlaceOrder, Side, Ticks};

use super::exchange::Exchange;
use super::people::{maker, market};
use crate::venue::draw::Draw;
use crate::venue::path::{FALL, LOW};

/// Levels of a ladder: how far from the price, in hundredths of a per cent, and which part of the depth within 1 %.
const LADDER: [(f64, f64); 9] = [
    (2.0, 0.05),
    (5.0, 0.10),
    (10.0, 0.15),
    (20.0, 0.20),
    (40.0, 0.25),
    (80.0, 0.25),
    (150.0, 0.40),
    (250.0, 0.60),
    (400.0, 0.80),
];
/// How far a price goes before it is quoted anew, as a part of it.
const STALE: f64 = 0.000_5;
/// What part of the ladder comes back in a second.
const BACK: f64 = 0.05;
/// How much further away the best price is where as many makers are gone as will be, in hundredths of a per cent.
const WIDER: [f64; 2] = [8.0, 98.0];

/// The makers of all symbols.
#[derive(Debug)]
pub(super) struct Makers {
    draw: Draw,
    books: Vec<Book>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Book {
    /// The price of the last quote.
    at: f64,
    /// Lots that were quoted on each side, buys first, and which part of the ladder they were.
    quoted: [i64; 2],
    there: [f64; 2],
}

const SIDES: [Side; 2] = [Side::Buy, Side::Sell];

impl Makers {
    pub(super) fn new(symbols: usize) -> Self {
        let book = Book { there: [1.0; 2], ..Book::default() };
        Self { draw: Draw::new(4), books: vec![book; symbols] }
    }

    /// Quotes all symbols whose price or book has changed, once a second.
    pub(super) fn quote(&mut self, exchange: &mut Exchange, second: f64, prices: &[i64]) {
        for ((symbol, ticks), book) in prices.iter().enumerate().zip(&mut self.books) {
            let left: [i64; 2] = SIDES.map(|side| {
                exchange.venue.depth(market(symbol), side).map(|level| level.lots.number()).sum()
            });
            if book.stands(*ticks as f64, left) {
                continue;
            }
            book.comes_back(left);
            book.at = *ticks as f64;
            let (account, market) = (maker(symbol), market(symbol));
            exchange.does(&Command::CancelAll { account, market: Some(market) });
            let orders = book.ladders(symbol, second, &mut self.draw);
            exchange.does(&Command::PlaceAll(orders));
        }
    }
}

impl Book {
    /// Whether it is as it was quoted, and its price is still good.
    fn stands(&self, price: f64, left: [i64; 2]) -> bool {
        let whole = self.there == [1.0; 2] && left == self.quoted;
        whole && self.at > 0.0 && (price / self.at - 1.0).abs() < STALE
    }

    /// What is left of both ladders, and what comes back of them.
    fn comes_back(&mut self, left: [i64; 2]) {
        for ((there, quoted), left) in self.there.iter_mut().zip(self.quoted).zip(left) {
            let part = if quoted > 0 { left as f64 / quoted as f64 } else { 1.0 };
            *there = (*there * part + BACK).min(1.0);
        }
    }

    /// The orders of both ladders.
    fn ladders(&mut self, symbol: usize, second: f64, draw: &mut Draw) -> Vec<PlaceOrder> {
        let mut orders = Vec::with_capacity(LADDER.len() * 2);
        let wider = WIDER[usize::from(symbol >= 2)] * away(second);
        for ((side, there), quoted) in SIDES.into_iter().zip(self.there).zip(&mut self.quoted) {
            let dollars = depth(symbol) * presence(symbol, second) * there;
            let way = f64::from(side.signed(Lots::new(1)).number() as i32);
            *quoted = 0;
            for (bps, part) in LADDER {
                let at = (self.at * (1.0 - way * (bps + wider) / 10_000.0)) as i64;
                let noise = 0.7 + 0.6 * draw.uniform();
                let lots = (dollars * part * noise / (self.at * 1e-4)) as i64;
                let lots = lots.max(1);
                *quoted += lots;
                let (at, lots) = (Ticks::new(at), Lots::new(lots));
                orders.push(PlaceOrder::limit(maker(symbol), market(symbol), side, at, lots));
            }
        }
        orders
    }
}

/// Dollars within 1 % of a symbol's price, on each side.
fn depth(symbol: usize) -> f64 {
    match symbol {
        0 => 120e6,
        1 => 48e6,
        // By rank; the sum over ranks 3 to 100 of one over the rank is 3.69.
        _ => 150e6 / 3.69 / (symbol + 1) as f64,
    }
}

/// Which part of a symbol's makers is there.
fn presence(symbol: usize, second: f64) -> f64 {
    let floor = if symbol < 2 { 0.26 } else { 0.08 };
    1.0 - (1.0 - floor) * away(second)
}

/// How far makers have left: not at all at 0, as far as they will at 1.
fn away(second: f64) -> f64 {
    let (gone, from, back) = (LOW - 180.0, LOW + 300.0, LOW + 1_200.0);
    if second < FALL {
        0.0
    } else if second < gone {
        (second - FALL) / (gone - FALL)
    } else if second < from {
        1.0
    } else {
        1.0 - ((second - from) / (back - from)).min(1.0)
    }
}
