//! What was traded for accounts that did not ask for it.

use units::Money;
use venue_core::{
    AccountId, Event, Lifetime, Liquidated, Lots, MarketId, OrderId, PlaceOrder, PositionSide,
    Side, TakenBy, TapeEntry, Ticks, TradeId, worth,
};

use super::Pass;
use crate::change::{Change, Execution, Forced};
use crate::client_id::ClientId;
use crate::order::{Ending, Order};
use crate::trade::UserTrade;

/// Lots that changed hands without a trade.
struct Handed {
    account: AccountId,
    market: MarketId,
    position: PositionSide,
    side: Side,
    lots: Lots,
    price: Ticks,
    forced: Forced,
}

impl Pass<'_> {
    pub(super) fn about_forced(&mut self, event: &Event) {
        let Event::Tape(entry) = event else { return };
        self.views.tape.push(entry.clone());
        self.tell(Change::Tape(Box::new(entry.clone())));
        self.taken_over(entry);
    }

    /// Tells the party whose lots did not go to the book, and the backstop that has taken them.
    fn taken_over(&mut self, entry: &TapeEntry) {
        let Liquidated::Position { market, position, side, lots, price, taken_by, .. } = entry.what
        else {
            return;
        };
        if taken_by == TakenBy::Book {
            return;
        }
        let (account, forced) = (entry.account, Forced::Liquidation);
        self.hand(&Handed { account, market, position, side, lots, price, forced });
        let backstop = self.venue.settings().backstop;
        if let Some(account) = backstop.filter(|_| taken_by == TakenBy::Backstop) {
            let side = side.opposite();
            let position = match (self.closed_by(account, side), side) {
                (PositionSide::Both, _) => PositionSide::Both,
                // It takes the position over and closes none.
                (_, Side::Buy) => PositionSide::Long,
                (_, Side::Sell) => PositionSide::Short,
            };
            self.hand(&Handed { account, market, position, side, lots, price, forced });
        }
    }

    /// Tells holders whose lots were closed.
    pub(super) fn holders(&mut self, events: &[Event]) {
        for event in events {
            let Event::Deleveraged(decision) = event else { continue };
            let question = &decision.question;
            for given in &decision.given {
                self.touch_position(given.account, question.market);
                if given.lots > Lots::ZERO {
                    self.hand(&Handed {
                        account: given.account,
                        market: question.market,
                        position: given.position,
                        side: question.side.opposite(),
                        lots: given.lots,
                        price: question.price,
                        forced: Forced::Deleverage,
                    });
                }
            }
        }
    }

    fn hand(&mut self, handed: &Handed) {
        let Handed { account, market, position, side, lots, price, forced } = *handed;
        let tick_value = self.venue.tick_value(market).unwrap_or_default();
        self.touch_position(account, market);
        let done = UserTrade {
            trade: TradeId::new(0),
            account,
            order: OrderId::new(0),
            client: ClientId::NONE,
            market,
            side,
            position,
            price,
            lots,
            quote: worth(lots, price, tick_value),
            fee: Money::ZERO,
            realised: self.takeovers.remove(&account).unwrap_or_default(),
            maker: false,
            at: self.at,
        };
        self.keep_trade(done);
        self.tell_forced(done, forced);
    }

    /// Tells an order that nobody has sent, as it would have been.
    pub(super) fn tell_forced(&mut self, done: UserTrade, forced: Forced) {
        let placed = PlaceOrder {
            position: done.position,
            lifetime: Lifetime::ImmediateOrCancel,
            reduce_only: true,
            ..PlaceOrder::limit(done.account, done.market, done.side, done.price, done.lots)
        };
        let order = Order {
            number: done.order,
            client: done.client,
            placed,
            price: Some(done.price),
            left: Lots::ZERO,
            traded: done.lots,
            quote: done.quote,
            fees: done.fee,
            realised: done.realised,
            placed_at: done.at,
            updated_at: done.at,
            triggered_at: None,
            amended_at: None,
            ending: Some(Ending::Filled),
        };
        self.tell_order(Execution::Forced(done, forced), order);
    }
}
