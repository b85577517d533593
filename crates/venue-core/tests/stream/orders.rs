//! Orders around the price, a few ticks wide, and now and then one that makes no sense.

use units::{Ratio, Timestamp};
use venue_core::{
    Lifetime, Lots, MarketKind, PlaceOrder, PositionSide, SelfTrade, Side, Ticks, Trigger,
    TriggerCondition, TriggerPrice,
};

use super::Stream;

impl Stream {
    /// A price near a market's, in ticks.
    pub(super) fn near(&mut self, market: usize) -> i64 {
        if self.draw.one_in(150) {
            return self.draw.extreme_whole();
        }
        let price = self.markets[market].price;
        let wide = if self.draw.one_in(8) { price / 8 } else { 5 };
        price + self.draw.below(2 * wide as u64 + 1) as i64 - wide
    }

    pub(super) fn lots(&mut self) -> Lots {
        let lots = match self.draw.below(60) {
            0 => self.draw.extreme_whole(),
            1..6 => self.draw.below(200) as i64,
            _ => 1 + self.draw.below(12) as i64,
        };
        Lots::new(lots)
    }

    pub(super) fn order(&mut self) -> PlaceOrder {
        let market = self.market();
        let place = market.place().min(self.markets.len() - 1);
        let is_market = self.draw.one_in(8);
        let trigger = self.draw.one_in(9).then(|| self.trigger(place));
        let closes = trigger.is_some_and(|trigger| trigger.close_position);
        let lots = if closes && !self.draw.one_in(10) { Lots::ZERO } else { self.lots() };
        let account = self.account();
        let is_spot = self.markets[place].settings.kind != MarketKind::Perpetual;
        let position = if is_spot && !self.draw.one_in(30) {
            PositionSide::Both
        } else {
            self.side_of_position(account)
        };
        PlaceOrder {
            account,
            market,
            side: if self.draw.one_in(2) { Side::Buy } else { Side::Sell },
            position,
            limit: (!is_market).then(|| Ticks::new(self.near(place))),
            lots,
            lifetime: self.lifetime(is_market),
            reduce_only: self.draw.one_in(6),
            self_trade: match self.draw.below(4) {
                0 => SelfTrade::Allow,
                1 => SelfTrade::CancelTaker,
                2 => SelfTrade::CancelMaker,
                _ => SelfTrade::CancelBoth,
            },
            trigger,
            tag: self.draw.below(1_000),
        }
    }

    fn lifetime(&mut self, is_market: bool) -> Lifetime {
        if is_market && !self.draw.one_in(12) {
            return Lifetime::ImmediateOrCancel;
        }
        match self.draw.below(12) {
            0 | 1 => Lifetime::ImmediateOrCancel,
            2 => Lifetime::FillOrKill,
            3 | 4 => Lifetime::PostOnly,
            5 | 6 => {
                let from = self.now.saturating_sub(100_000_000);
                Lifetime::GoodTill(Timestamp::from_nanos(from + self.draw.below(5_000_000_000)))
            }
            _ => Lifetime::GoodTillCancelled,
        }
    }

    fn trigger(&mut self, market: usize) -> Trigger {
        let at = Ticks::new(self.near(market));
        let condition = match self.draw.below(3) {
            0 => TriggerCondition::Stop(at),
            1 => TriggerCondition::TakeProfit(at),
            _ => TriggerCondition::Trailing {
                callback: Ratio::from_bps(i128::from(self.draw.below(300))),
                from: self.draw.one_in(2).then_some(at),
            },
        };
        Trigger {
            condition,
            by: if self.draw.one_in(2) { TriggerPrice::Mark } else { TriggerPrice::Last },
            close_position: self.draw.one_in(4),
        }
    }
}
