//! The venue's house, which sells what it took over.

use units::Money;

use crate::command::{MarketState, PriceStatus};
use crate::event::Event;
use crate::id::{AccountId, AssetId, MarketId};
use crate::liquidation::Closed;
use crate::state::{LegId, Market};
use crate::value::{Lots, Side};
use crate::venue::Venue;
use crate::venue::place::Taker;

/// The house has no leg: what a trade does to it is worked out after it.
const HOUSE_LEG: LegId = LegId::new(u32::MAX);

impl Venue {
    /// Sells what the house holds, each asset on its own market, at that market's pace.
    pub(super) fn house_sells(&mut self, events: &mut Vec<Event>) {
        for number in (0_u16..).take(self.assets.len()) {
            let asset = AssetId::new(number);
            let holds = |asset: &crate::state::Asset| asset.house > Money::ZERO;
            if self.assets.get(asset.place()).is_some_and(holds)
                && let Some(market) = self.market_to_sell(asset)
            {
                self.house_sells_on(asset, market, events);
            }
        }
    }

    /// The first market of an asset that can be sold on now.
    fn market_to_sell(&self, asset: AssetId) -> Option<MarketId> {
        let open = |market: &Market| {
            market.base() == Some(asset)
                && matches!(market.state, MarketState::Trading | MarketState::ReduceOnly)
                && matches!(
                    market.quote.status_at(self.now),
                    PriceStatus::Live | PriceStatus::Capped | PriceStatus::Degraded
                )
        };
        let number = self.markets.iter().position(open)?;
        Some(MarketId::new(u16::try_from(number).ok()?))
    }

    fn house_sells_on(&mut self, asset: AssetId, market: MarketId, events: &mut Vec<Event>) {
        let Some(state) = self.markets.get(market.place()) else { return };
        let Some(held) = self.assets.get(asset.place()).map(|asset| asset.house) else { return };
        let (lot, tick_value) = (state.amount(Lots::new(1)), state.tick_value);
        let (Some(bound), Some(marks)) = (state.take_bound(Side::Sell), state.marks) else {
            return;
        };
        let whole = held.raw().checked_div(lot.raw()).unwrap_or(0);
        let whole = Lots::new(i64::try_from(whole).unwrap_or(i64::MAX));
        let lots = whole.min(self.pace_left(market, Side::Sell, bound, marks.mark));
        if lots > Lots::ZERO {
            let house = (AccountId::HOUSE, market, HOUSE_LEG);
            let taker = Taker::of_engine(house, Side::Sell, lots, bound);
            let Closed { lots: sold, notional: got } =
                self.engine_order(taker, tick_value, events).closed;
            if let Some(state) = self.markets.get_mut(market.place()) {
                state.pace.take(Side::Sell, sold);
            }
            let amount = i128::from(sold.number()).saturating_mul(lot.raw());
            self.change_house(asset, Money::from_raw(amount.saturating_neg()), got);
        }
        if self.assets.get(asset.place()).is_some_and(|asset| asset.house < lot) {
            self.settle_house(asset, events);
        }
    }

    /// What the house has won with an asset goes to the fund; what it has lost the fund pays, as far as it can.
    fn settle_house(&mut self, asset: AssetId, events: &mut Vec<Event>) {
        let fund = self.ledger.fund.max(Money::ZERO);
        let Some(state) = self.assets.get_mut(asset.place()) else { return };
        let result = state.house_cash.max(Money::ZERO.minus(fund));
        if result != Money::ZERO {
            state.house_cash = state.house_cash.minus(result);
            self.ledger.house = self.ledger.house.minus(result);
            self.change_fund(None, result, events);
        }
    }
}
