//! The venue's book with nothing but matching around it: what an engine does that knows no accounts.

use std::hint::black_box;

use venue_core::{
    AccountId, Book, Chain, Lots, MarketId, OrderId, OrderPlace, OrderTable, RestingOrder, Side,
    Ticks,
};

use super::super::flow::{ACCOUNTS, BOOK, Command, Digest, Flow, Kind};
use super::super::measure::BATCH;
use super::Engine;

/// What has happened, for somebody who follows the book.
#[derive(Clone, Copy, Debug)]
enum Event {
    Accepted { order: OrderId },
    Trade { maker: OrderId, taker: OrderId, price: Ticks, lots: Lots },
    Reduced { order: OrderId, left: Lots },
    Closed { order: OrderId, left: Lots },
    Refused { order: OrderId },
}

/// Books, the chains of all accounts in them, and the orders' places.
pub(super) struct Ours {
    books: Vec<Book>,
    chains: Vec<Chain>,
    table: OrderTable,
    events: Vec<Event>,
    digest: Digest,
    /// What a reader of all events has made of them.
    seen: u64,
}

/// An order that has come in.
struct Taker {
    id: OrderId,
    side: Side,
    price: Ticks,
    lots: Lots,
    account: u32,
}

impl Ours {
    pub(super) fn new(flow: &Flow) -> Self {
        let mut books: Vec<Book> = (0..flow.symbols).map(|_| Book::new()).collect();
        for book in &mut books {
            book.reserve(BOOK * 2);
        }
        Self {
            books,
            chains: vec![Chain::default(); flow.symbols * wide(ACCOUNTS)],
            table: OrderTable::new(),
            events: Vec::with_capacity(1_024),
            digest: Digest::default(),
            seen: 0,
        }
    }

    /// Trades with the other side; what is left.
    fn trade(&mut self, symbol: usize, taker: &Taker) -> Lots {
        // One book with its orders is in the cache as it is.
        let several = self.books.len() > 1;
        let Some(book) = self.books.get_mut(symbol) else { return Lots::ZERO };
        let against = taker.side.opposite();
        let mut left = taker.lots;
        while left > Lots::ZERO {
            let Some(best) = book.best(against) else { break };
            if !taker.side.reaches(taker.price, best) {
                break;
            }
            let Some(slot) = book.front(against) else { break };
            let Some(maker) = book.get(slot) else { break };
            let (id, lots, leg) = (maker.id, maker.left.min(left), maker.leg);
            if lots < left
                && several
                && let Some(next) = book.read_on(slot)
            {
                black_box((self.table.get(next.id), self.chains.get(wide(next.leg))));
            }
            if lots == maker.left {
                let Some(chain) = self.chains.get_mut(wide(leg)) else { break };
                book.remove(slot, chain);
                self.table.remove(id);
            } else {
                book.reduce(slot, lots);
            }
            left = left.minus(lots);
            self.events.push(Event::Trade { maker: id, taker: taker.id, price: best, lots });
        }
        left
    }

    fn rest(&mut self, symbol: usize, taker: &Taker, left: Lots) {
        let leg = taker.account * u32::try_from(self.books.len()).unwrap_or(1);
        let leg = leg + u32::try_from(symbol).unwrap_or(0);
        let order = RestingOrder {
            id: taker.id,
            account: AccountId::new(taker.account),
            leg,
            side: taker.side,
            price: taker.price,
            left,
            original: taker.lots,
            reduce_only: false,
            post_only: false,
            self_trade: venue_core::SelfTrade::Allow,
            tag: 0,
            expires: units::Timestamp::MAX,
        };
        let market = MarketId::new(u16::try_from(symbol).unwrap_or(0));
        let Some(book) = self.books.get_mut(symbol) else { return };
        let Some(chain) = self.chains.get_mut(wide(leg)) else { return };
        if let Some(slot) = book.insert(order, chain) {
            self.table.insert(taker.id, OrderPlace { market, slot });
        }
    }

    /// Takes an order out, if it is there.
    fn take(&mut self, id: OrderId) -> Option<RestingOrder> {
        let place = self.table.remove(id)?;
        let book = self.books.get_mut(place.market.place())?;
        let leg = book.get(place.slot)?.leg;
        book.remove(place.slot, self.chains.get_mut(wide(leg))?)
    }

    fn order(&mut self, command: &Command, taker: &Taker, rests: bool) {
        let symbol = usize::from(command.symbol);
        self.events.push(Event::Accepted { order: taker.id });
        let left = self.trade(symbol, taker);
        if left > Lots::ZERO && rests {
            self.rest(symbol, taker, left);
        } else {
            self.events.push(Event::Closed { order: taker.id, left });
        }
    }

    fn reduce(&mut self, id: OrderId, by: Lots) -> Option<Lots> {
        let place = self.table.get(id)?;
        self.books.get_mut(place.market.place())?.reduce(place.slot, by)
    }

    /// Reads the events as a reader would who follows the book.
    fn read(&mut self) {
        for event in &self.events {
            self.seen ^= match *event {
                Event::Trade { maker, taker, price, lots } => {
                    let (price, lots) = (price.number(), lots.number());
                    self.digest.trade(price.cast_unsigned(), lots.cast_unsigned());
                    maker.number() ^ taker.number()
                }
                Event::Accepted { order } | Event::Refused { order } => order.number(),
                Event::Reduced { order, left } | Event::Closed { order, left } => {
                    order.number() ^ left.number().cast_unsigned()
                }
            };
        }
        self.events.clear();
    }
}

impl Engine for Ours {
    fn apply(&mut self, command: &Command) {
        let id = OrderId::new(u64::from(command.order) + 1);
        let lots = Lots::new(command.lots.into());
        let price = Ticks::new(command.price.into());
        let side = if command.buy { Side::Buy } else { Side::Sell };
        let taker = Taker { id, side, price, lots, account: command.account };
        match command.kind {
            Kind::Limit => self.order(command, &taker, true),
            Kind::Immediate => self.order(command, &taker, false),
            Kind::Cancel => {
                let event = match self.take(id) {
                    Some(order) => Event::Closed { order: id, left: order.left },
                    None => Event::Refused { order: id },
                };
                self.events.push(event);
            }
            Kind::Reduce => {
                let event = match self.reduce(id, lots) {
                    Some(left) => Event::Reduced { order: id, left },
                    None => Event::Refused { order: id },
                };
                self.events.push(event);
            }
            Kind::Reprice => match self.take(id) {
                Some(_) => self.order(command, &taker, true),
                None => self.events.push(Event::Refused { order: id }),
            },
        }
        self.read();
    }

    fn digest(&self) -> Digest {
        self.digest
    }

    fn apply_batch(&mut self, commands: &[Command]) {
        // One book with its orders is in the cache as it is.
        if self.books.len() > 1 {
            self.read_ahead(commands);
        }
        commands.iter().for_each(|command| self.apply(command));
    }
}

impl Ours {
    /// Reads the orders, levels and neighbours that commands are about to look at.
    fn read_ahead(&self, commands: &[Command]) {
        let (mut places, mut newest) = ([None; BATCH], [None; BATCH]);
        for ((place, newest), command) in places.iter_mut().zip(&mut newest).zip(commands) {
            match command.kind {
                Kind::Limit => *newest = self.chain(command).and_then(Chain::newest),
                Kind::Immediate => *place = self.first_to_trade(command),
                Kind::Cancel | Kind::Reduce | Kind::Reprice => {
                    *place = self.table.get(OrderId::new(u64::from(command.order) + 1));
                }
            }
        }
        let book = |place: &OrderPlace| self.books.get(place.market.place());
        for place in places.iter().flatten() {
            book(place).into_iter().for_each(|book| book.read_ahead(place.slot));
        }
        for (command, newest) in commands.iter().zip(newest) {
            let Some(book) = self.books.get(usize::from(command.symbol)) else { continue };
            if matches!(command.kind, Kind::Limit | Kind::Reprice) {
                let side = if command.buy { Side::Buy } else { Side::Sell };
                book.read_level(side, Ticks::new(command.price.into()));
                newest.into_iter().for_each(|newest| book.read_links(newest));
            }
        }
        for place in places.iter().flatten() {
            book(place).into_iter().for_each(|book| book.read_around(place.slot));
        }
    }

    /// The chain of the account that sends a command.
    fn chain(&self, command: &Command) -> Option<&Chain> {
        let leg = wide(command.account) * self.books.len() + usize::from(command.symbol);
        self.chains.get(leg)
    }

    /// Where the order is that a command trades with first, if it does.
    fn first_to_trade(&self, command: &Command) -> Option<OrderPlace> {
        let against = if command.buy { Side::Sell } else { Side::Buy };
        let slot = self.books.get(usize::from(command.symbol))?.front(against)?;
        Some(OrderPlace { market: MarketId::new(command.symbol), slot })
    }
}

fn wide(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::super::flow::make;
    use super::*;

    #[test]
    fn the_book_trades_what_the_plain_matcher_trades() {
        // A fast book that gives trades to the wrong orders is not fast but wrong.
        let flow = make(2, 100_000, 7);
        let mut ours = Ours::new(&flow);
        for command in &flow.commands {
            ours.apply(command);
        }
        assert_eq!(ours.digest(), flow.expected(100_000));
        assert!(ours.digest().trades > 10_000);
    }
}
