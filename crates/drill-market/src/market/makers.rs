//! Those who quote: a ladder on each side of every market's price, as deep as many of them are there.
//!
//! Depth is even over the logarithm of the price: so many dollars a per cent, out to a third below it. What has been
//! sold into it moves the price by as much as it has eaten, and the next ladder stands around that price.

use venue_core::{Command, Lots, PlaceOrder, Side, Ticks};

use super::asset::Asset;
use super::exchange::Exchange;

/// How far from the price the levels of a ladder are, in hundredths of a per cent.
const BIDS: [f64; 18] = [
    2.0, 5.0, 10.0, 20.0, 35.0, 50.0, 75.0, 100.0, 150.0, 200.0, 300.0, 400.0, 600.0, 900.0,
    1_300.0, 1_800.0, 2_500.0, 3_300.0,
];
/// Those of offers: nearly nobody buys here, but the middle of the book needs both sides.
const ASKS: [f64; 6] = [2.0, 5.0, 10.0, 35.0, 100.0, 300.0];
/// How far a price goes before it is quoted anew, as a part of it.
const STALE: f64 = 0.000_1;

/// How a market's makers quote.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quote {
    /// The middle, in dollars.
    pub(crate) price: f64,
    /// Dollars on each side for each per cent of the price.
    pub(crate) depth: f64,
    /// How much further away the best price is, in hundredths of a per cent.
    pub(crate) wider: f64,
}

/// The makers of all markets.
#[derive(Debug)]
pub(crate) struct Makers(Vec<Book>);

/// What stands in a market.
#[derive(Clone, Copy, Debug, Default)]
struct Book {
    price: f64,
    depth: f64,
    orders_taken: bool,
}

impl Makers {
    pub(crate) fn new(assets: usize) -> Self {
        Self(vec![Book::default(); assets])
    }

    /// Notes that somebody has traded with a market's quotes.
    pub(crate) fn traded(&mut self, asset: &Asset) {
        if let Some(book) = self.0.get_mut(asset.market.place()) {
            book.orders_taken = true;
        }
    }

    /// Quotes a market, where its price, its depth or its book are not what they were.
    pub(crate) fn quote(&mut self, exchange: &mut Exchange, asset: &Asset, quote: Quote) {
        let Some(book) = self.0.get_mut(asset.market.place()) else { return };
        let near = |a: f64, b: f64, part: f64| (a / b.max(1e-9) - 1.0).abs() < part;
        if !book.orders_taken
            && near(quote.price, book.price, STALE)
            && near(quote.depth, book.depth, 0.02)
        {
            return;
        }
        *book = Book { price: quote.price, depth: quote.depth, orders_taken: false };
        let (account, market) = (exchange.maker(asset.market), asset.market);
        exchange.does(&Command::CancelAll { account, market: Some(market) });
        let mut orders = ladder(exchange, asset, quote, Side::Buy, &BIDS);
        orders.extend(ladder(exchange, asset, quote, Side::Sell, &ASKS));
        exchange.does(&Command::PlaceAll(orders));
    }
}

/// One side of a ladder.
fn ladder(
    exchange: &Exchange,
    asset: &Asset,
    quote: Quote,
    side: Side,
    levels: &[f64],
) -> Vec<PlaceOrder> {
    let account = exchange.maker(asset.market);
    let way = if side == Side::Buy { -1.0 } else { 1.0 };
    let middle = asset.ticks(quote.price);
    let mut before = 0.0;
    let mut orders = Vec::with_capacity(levels.len());
    for bps in levels {
        let price = quote.price * libm::exp(way * (bps + quote.wider) / 10_000.0);
        let lots = asset.lots(quote.depth * (bps - before) / 100.0, price).max(Lots::new(1));
        before = *bps;
        let at = match side {
            Side::Buy => asset.ticks(price).min(middle.minus(Ticks::new(1))),
            Side::Sell => asset.ticks(price).max(middle.plus(Ticks::new(1))),
        };
        if at.number() >= 1 {
            orders.push(PlaceOrder::limit(account, asset.market, side, at, lots));
        }
    }
    orders
}
