//! The crate orderbook-rs. Trades come to a listener, since those of an immediate order come no other way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use orderbook_rs::prelude::{Id, OrderBook, Side, TimeInForce, TradeResult};
use pricelevel::{OrderUpdate, Price, Quantity};

use super::super::flow::{Command, Digest, Flow, Kind};
use super::Engine;

#[derive(Default)]
struct Sums {
    trades: AtomicU64,
    lots: AtomicU64,
    value: AtomicU64,
}

pub(super) struct Peer {
    books: Vec<OrderBook<()>>,
    sums: Arc<Sums>,
}

impl Peer {
    pub(super) fn new(flow: &Flow) -> Self {
        let sums = Arc::new(Sums::default());
        let book = |_| {
            let sums = Arc::clone(&sums);
            let listener = move |result: &TradeResult| {
                for trade in result.match_result.trades().as_vec() {
                    let lots = trade.quantity().as_u64();
                    let price = u64::try_from(trade.price().as_u128()).unwrap_or(0);
                    sums.trades.fetch_add(1, Ordering::Relaxed);
                    sums.lots.fetch_add(lots, Ordering::Relaxed);
                    sums.value.fetch_add(lots * price, Ordering::Relaxed);
                }
            };
            OrderBook::with_trade_listener("symbol", Arc::new(listener))
        };
        let books = (0..flow.symbols).map(book).collect();
        Self { books, sums }
    }
}

impl Engine for Peer {
    fn apply(&mut self, command: &Command) {
        let Some(book) = self.books.get(usize::from(command.symbol)) else { return };
        let side = if command.buy { Side::Buy } else { Side::Sell };
        let id = Id::sequential(command.order.into());
        let (price, lots) = (command.price.into(), command.lots.into());
        let done = match command.kind {
            Kind::Limit => {
                book.add_limit_order(id, price, lots, side, TimeInForce::Gtc, None).is_ok()
            }
            Kind::Immediate => {
                book.add_limit_order(id, price, lots, side, TimeInForce::Ioc, None).is_ok()
            }
            Kind::Cancel => book.cancel_order(id).is_ok(),
            Kind::Reduce => {
                let new_quantity = Quantity::new(command.left.into());
                book.update_order(OrderUpdate::UpdateQuantity { order_id: id, new_quantity })
                    .is_ok()
            }
            Kind::Reprice => {
                let (new_price, new_quantity) = (Price::new(price), Quantity::new(lots));
                let update =
                    OrderUpdate::UpdatePriceAndQuantity { order_id: id, new_price, new_quantity };
                book.update_order(update).is_ok()
            }
        };
        std::hint::black_box(done);
    }

    fn digest(&self) -> Digest {
        let of = |sum: &AtomicU64| sum.load(Ordering::Relaxed);
        Digest {
            trades: of(&self.sums.trades),
            lots: of(&self.sums.lots),
            value: of(&self.sums.value),
        }
    }
}
