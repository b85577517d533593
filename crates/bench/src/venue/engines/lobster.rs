//! The crate lobster. It knows limit and market orders and cancels; the rest is made of these.

use lobster::{OrderBook, OrderEvent, OrderType, Side};

use super::super::flow::{BOOK, Command, Digest, Flow, Kind};
use super::Engine;

pub(super) struct Lobster {
    books: Vec<OrderBook>,
    digest: Digest,
}

impl Lobster {
    pub(super) fn new(flow: &Flow) -> Self {
        let book = |_| OrderBook::new(BOOK * 2, 16, false);
        Self { books: (0..flow.symbols).map(book).collect(), digest: Digest::default() }
    }

    /// Sends a limit order; whether some of it rests.
    fn limit(&mut self, command: &Command, lots: u32) -> bool {
        let Some(book) = self.books.get_mut(usize::from(command.symbol)) else { return false };
        let side = if command.buy { Side::Bid } else { Side::Ask };
        let (id, price) = (command.order.into(), command.price.into());
        let event = book.execute(OrderType::Limit { id, side, qty: lots.into(), price });
        let (fills, rests) = match event {
            OrderEvent::Filled { fills, .. } => (fills, false),
            OrderEvent::PartiallyFilled { fills, .. } => (fills, true),
            OrderEvent::Placed { .. } => (Vec::new(), true),
            OrderEvent::Unfilled { .. } | OrderEvent::Canceled { .. } => (Vec::new(), false),
        };
        for fill in fills {
            self.digest.trade(fill.price, fill.qty);
        }
        rests
    }

    fn cancel(&mut self, command: &Command) {
        if let Some(book) = self.books.get_mut(usize::from(command.symbol)) {
            book.execute(OrderType::Cancel { id: command.order.into() });
        }
    }
}

impl Engine for Lobster {
    fn apply(&mut self, command: &Command) {
        match command.kind {
            Kind::Limit => {
                self.limit(command, command.lots);
            }
            Kind::Immediate => {
                if self.limit(command, command.lots) {
                    self.cancel(command);
                }
            }
            Kind::Cancel => self.cancel(command),
            Kind::Reduce => {
                self.cancel(command);
                self.limit(command, command.left);
            }
            Kind::Reprice => {
                self.cancel(command);
                self.limit(command, command.lots);
            }
        }
    }

    fn digest(&self) -> Digest {
        self.digest
    }
}
