//! Changes of books, gathered until they are told: each speed has its own gathering, and each message goes on where the
//! one before has ended.

use std::collections::{BTreeMap, HashMap};

use units::Timestamp;
use venue_core::{Lots, MarketId, Side, Ticks};
use venue_views::LevelsChange;
use wire_binance::answer::Level;
use wire_binance::stream::{DepthSpeed, DepthUpdate};

use crate::front::market::Market;
use crate::front::show;

/// Every speed.
pub(super) const SPEEDS: [DepthSpeed; 3] = [DepthSpeed::Fast, DepthSpeed::Usual, DepthSpeed::Slow];

/// What has changed in a book since it was told.
#[derive(Clone, Debug, Default)]
struct Gathered {
    first: u64,
    last: u64,
    at: Timestamp,
    bids: BTreeMap<Ticks, Lots>,
    asks: BTreeMap<Ticks, Lots>,
}

/// What has changed in all books.
#[derive(Debug, Default)]
pub(super) struct Books {
    gathered: HashMap<(MarketId, DepthSpeed), Gathered>,
}

impl Books {
    /// Takes a change in.
    pub(super) fn take(&mut self, change: &LevelsChange) {
        for speed in SPEEDS {
            let gathered = self.gathered.entry((change.market, speed)).or_default();
            if gathered.first == 0 {
                gathered.first = change.first;
            }
            gathered.last = change.last;
            gathered.at = change.at;
            for (side, price, lots) in &change.levels {
                let side = match side {
                    Side::Buy => &mut gathered.bids,
                    Side::Sell => &mut gathered.asks,
                };
                side.insert(*price, *lots);
            }
        }
    }

    /// Takes out what has changed in a book, as it is told at a speed; `None` where nothing has.
    pub(super) fn tell(
        &mut self,
        market: &Market,
        speed: DepthSpeed,
        now: u64,
    ) -> Option<DepthUpdate> {
        let gathered = self.gathered.remove(&(market.id, speed))?;
        let level = |(price, lots): (&Ticks, &Lots)| Level {
            price: market.price(*price),
            quantity: market.quantity(*lots),
        };
        Some(DepthUpdate {
            event_time: now,
            transaction_time: show::millis(gathered.at),
            symbol: market.symbol,
            first_update_id: gathered.first,
            last_update_id: gathered.last,
            // Changes are numbered without a gap, so that this is the last number of the message before.
            previous_update_id: gathered.first.saturating_sub(1),
            bids: gathered.bids.iter().rev().map(level).collect(),
            asks: gathered.asks.iter().map(level).collect(),
        })
    }

    /// Forgets what has changed in a book: nobody hears it at a speed.
    pub(super) fn forget(&mut self, market: MarketId, speed: DepthSpeed) {
        self.gathered.remove(&(market, speed));
    }

    /// Forgets everything: something was lost in between.
    pub(super) fn clear(&mut self) {
        self.gathered.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front::market::testing::bitcoin;

    fn change(first: u64, last: u64, levels: &[(Side, i64, i64)]) -> LevelsChange {
        let level =
            |(side, price, lots): &(Side, i64, i64)| (*side, Ticks::new(*price), Lots::new(*lots));
        LevelsChange {
            market: MarketId::new(0),
            first,
            last,
            at: Timestamp::ZERO,
            levels: levels.iter().map(level).collect(),
        }
    }

    #[test]
    fn messages_follow_each_other_without_a_gap() {
        // ccxt throws its book away at each gap.
        let (market, mut books) = (bitcoin(), Books::default());
        books.take(&change(5, 6, &[(Side::Buy, 100, 3), (Side::Sell, 110, 1)]));
        books.take(&change(7, 7, &[(Side::Buy, 100, 0)]));
        let first = books.tell(&market, DepthSpeed::Fast, 9).expect("it has changed");
        let ids = |update: &DepthUpdate| {
            (update.previous_update_id, update.first_update_id, update.last_update_id)
        };
        assert_eq!(ids(&first), (4, 5, 7));
        assert_eq!((first.bids.len(), first.asks.len()), (1, 1));
        assert_eq!(first.bids[0].quantity.raw(), 0, "the newest counts");
        books.take(&change(8, 8, &[(Side::Sell, 111, 2)]));
        let second = books.tell(&market, DepthSpeed::Fast, 9).expect("it has changed");
        assert_eq!(ids(&second), (7, 8, 8));
        assert!(books.tell(&market, DepthSpeed::Fast, 9).is_none());
        let slow = books.tell(&market, DepthSpeed::Slow, 9).expect("it has changed");
        assert_eq!(ids(&slow), (4, 5, 8));
    }
}
