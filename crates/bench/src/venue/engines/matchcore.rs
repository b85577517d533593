//! The crate matchcore. Its orders have the number of the command that they came with.

use matchcore::{
    AmendCmd, AmendPatch, CancelCmd, CommandEffects, CommandKind, CommandMeta, CommandOutcome,
    CommandReport, LimitOrder, LimitOrderPatch, NewOrder, OrderBook, OrderFlags, OrderId,
    OrderKind, Price, Quantity, QuantityPolicy, SequenceNumber, Side, SubmitCmd, TimeInForce,
    Timestamp,
};

use super::super::flow::{Command, Digest, Flow, Kind};
use super::Engine;

pub(super) struct Matchcore {
    books: Vec<OrderBook>,
    digest: Digest,
}

impl Matchcore {
    pub(super) fn new(flow: &Flow) -> Self {
        let book = |_| OrderBook::new("symbol");
        Self { books: (0..flow.symbols).map(book).collect(), digest: Digest::default() }
    }

    fn read(&mut self, effects: &CommandEffects) {
        let Some(result) = effects.target_order().match_result() else { return };
        for trade in result.trades() {
            self.digest.trade(trade.price().0, trade.quantity().0);
        }
    }
}

/// The command in matchcore's words.
fn translate(command: &Command) -> CommandKind {
    let side = if command.buy { Side::Buy } else { Side::Sell };
    let order_id = OrderId(command.came_with.into());
    let standard = |lots: u32| QuantityPolicy::Standard { quantity: Quantity(lots.into()) };
    let limit = |lifetime| {
        let flags = OrderFlags::new(side, false, lifetime);
        let order = LimitOrder::new(Price(command.price.into()), standard(command.lots), flags);
        CommandKind::Submit(SubmitCmd { order: NewOrder::Limit(order) })
    };
    let amend = |patch| CommandKind::Amend(AmendCmd { order_id, patch: AmendPatch::Limit(patch) });
    match command.kind {
        Kind::Limit => limit(TimeInForce::Gtc),
        Kind::Immediate => limit(TimeInForce::Ioc),
        Kind::Cancel => CommandKind::Cancel(CancelCmd { order_id, order_kind: OrderKind::Limit }),
        Kind::Reduce => amend(LimitOrderPatch::new().with_quantity_policy(standard(command.left))),
        Kind::Reprice => {
            let patch = LimitOrderPatch::new().with_price(Price(command.price.into()));
            amend(patch.with_quantity_policy(standard(command.lots)))
        }
    }
}

impl Engine for Matchcore {
    fn apply(&mut self, command: &Command) {
        let meta = CommandMeta {
            sequence_number: SequenceNumber(command.sequence.into()),
            timestamp: Timestamp(command.sequence.into()),
        };
        let Some(book) = self.books.get_mut(usize::from(command.symbol)) else { return };
        match book.execute(&matchcore::Command { meta, kind: translate(command) }) {
            CommandOutcome::Applied(
                CommandReport::Submit(effects) | CommandReport::Amend(effects),
            ) => self.read(&effects),
            CommandOutcome::Applied(CommandReport::Cancel) | CommandOutcome::Rejected(_) => {}
        }
    }

    fn digest(&self) -> Digest {
        self.digest
    }
}
