//! What of the liquidations is told on Binance's streams: each at once, or of each market the latest of a second. The
//! numbered tape has all of them either way.

use std::collections::BTreeMap;

use venue_core::MarketId;
use wire_binance::Symbol;
use wire_binance::stream::{ForceOrderEvent, StreamName};

use super::hub::{Hub, Topic};
use crate::config::LiquidationFeed;

/// What waits to be told: nothing where each is told at once, else at most one of each market.
#[derive(Debug)]
pub(super) struct Forced {
    feed: LiquidationFeed,
    waiting: BTreeMap<MarketId, (Symbol, ForceOrderEvent)>,
}

impl Forced {
    pub(super) fn new(feed: LiquidationFeed) -> Self {
        Self { feed, waiting: BTreeMap::new() }
    }

    /// Takes one, and tells it where it is told at once. An earlier one of its market that waits is never told then.
    pub(super) fn take(
        &mut self,
        hub: &Hub,
        market: MarketId,
        symbol: Symbol,
        told: ForceOrderEvent,
    ) {
        match self.feed {
            LiquidationFeed::Every => tell(hub, symbol, &told),
            LiquidationFeed::Latest => {
                self.waiting.insert(market, (symbol, told));
            }
        }
    }

    /// A second is over: tells what waits, with the time at which that is.
    pub(super) fn second(&mut self, hub: &Hub, now: u64) {
        for (symbol, told) in std::mem::take(&mut self.waiting).into_values() {
            tell(hub, symbol, &ForceOrderEvent { event_time: now, ..told });
        }
    }
}

fn tell(hub: &Hub, symbol: Symbol, told: &ForceOrderEvent) {
    hub.tell(Topic::Market(StreamName::ForceOrder(symbol)), told);
    hub.tell(Topic::Market(StreamName::AllForceOrders), told);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use wire_binance::stream::ForcedOrder;
    use wire_binance::{Decimal, OrderStatus, OrderType, Side, TimeInForce};

    use super::*;

    fn event(symbol: Symbol, quantity: &str) -> ForceOrderEvent {
        let decimal = |text| Decimal::parse(text).expect("a number");
        let (one, quantity) = (decimal("1"), decimal(quantity));
        ForceOrderEvent {
            event_time: 1,
            order: ForcedOrder {
                symbol,
                side: Side::Sell,
                order_type: OrderType::Limit,
                time_in_force: TimeInForce::ImmediateOrCancel,
                original_quantity: quantity,
                price: one,
                average_price: one,
                status: OrderStatus::Filled,
                last_filled_quantity: quantity,
                filled_quantity: quantity,
                trade_time: 1,
            },
        }
    }

    /// How many come of three liquidations in one market and one in another, and the quantities of them.
    fn heard(feed: LiquidationFeed, stream: &str) -> Vec<String> {
        let hub = Arc::new(Hub::default());
        let mut place = hub.place(false);
        place.listen(StreamName::parse(stream).expect("a stream"), |_| None).expect("room");
        let mut forced = Forced::new(feed);
        let symbol = |text: &str| Symbol::new(text).expect("a symbol");
        let (btc, eth) = (symbol("BTCUSDT"), symbol("ETHUSDT"));
        for quantity in ["3", "9", "5"] {
            forced.take(&hub, MarketId::new(1), btc, event(btc, quantity));
        }
        forced.take(&hub, MarketId::new(2), eth, event(eth, "7"));
        forced.second(&hub, 2);
        forced.second(&hub, 3);
        std::iter::from_fn(|| place.queue.try_recv().ok())
            .map(|bytes| {
                let text = String::from_utf8(bytes.to_vec()).expect("text");
                let (_, rest) = text.split_once("\"q\":\"").expect("a quantity");
                rest.split('"').next().unwrap_or_default().to_owned()
            })
            .collect()
    }

    #[test]
    fn every_liquidation_is_told_or_of_each_market_the_latest_of_a_second() {
        // Who estimates a cascade from the stream must hear all of it, unless the venue is told to do as Binance does.
        let all = "!forceOrder@arr";
        assert_eq!(heard(LiquidationFeed::Every, all), ["3", "9", "5", "7"]);
        assert_eq!(heard(LiquidationFeed::Every, "btcusdt@forceOrder"), ["3", "9", "5"]);
        assert_eq!(heard(LiquidationFeed::Latest, all), ["5", "7"]);
        assert_eq!(heard(LiquidationFeed::Latest, "ethusdt@forceOrder"), ["7"]);
    }
}
