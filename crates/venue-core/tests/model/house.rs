//! The house, which sells what it took over.

use venue_core::{AccountId, AssetId, MarketId, MarketState, PositionSide, PriceStatus, Side};

use super::Model;
use super::orders::take_limit;
use super::steps::side_place;

/// Who the house is in events.
pub(crate) const HOUSE: AccountId = AccountId::new(u32::MAX);

impl Model {
    pub(crate) fn house_sells(&mut self) {
        for place in 0..self.assets.len() {
            let asset = super::asset_at(place);
            if self.assets[place].house > 0
                && let Some(market) = self.market_to_sell(asset)
            {
                self.house_sells_on(asset, market);
            }
        }
    }

    fn market_to_sell(&self, asset: AssetId) -> Option<MarketId> {
        self.market_ids().into_iter().find(|market| {
            let here = &self.markets[market.place()];
            here.base() == Some(asset)
                && matches!(here.state, MarketState::Trading | MarketState::ReduceOnly)
                && matches!(
                    here.standing.at(self.now),
                    PriceStatus::Live | PriceStatus::Capped | PriceStatus::Degraded
                )
        })
    }

    fn house_sells_on(&mut self, asset: AssetId, market: MarketId) {
        let here = &self.markets[market.place()];
        let lot = here.amount(1);
        let (Some(bound), Some(mark)) = (take_limit(here, Side::Sell), here.mark) else { return };
        let whole = self.assets[asset.place()].house / lot;
        let whole = i64::try_from(whole).unwrap_or(i64::MAX);
        let lots = whole.min(self.pace_left(market, Side::Sell, bound, mark));
        if lots > 0 {
            let leg = (market, PositionSide::Both);
            let fills = self.engine_order(HOUSE, leg, Side::Sell, lots, bound);
            let sold: i64 = fills.iter().map(|&(_, lots)| lots).sum();
            let here = self.market_mut(market);
            here.pace[side_place(Side::Sell)].1 -= sold;
            let got: i128 = fills.iter().map(|&(price, lots)| here.notional(lots, price)).sum();
            self.assets[asset.place()].house -= i128::from(sold) * lot;
            self.assets[asset.place()].house_cash += got;
        }
        if self.assets[asset.place()].house < lot {
            let won = self.assets[asset.place()].house_cash.max(-self.purse.fund.max(0));
            self.assets[asset.place()].house_cash -= won;
            self.move_fund(None, won);
        }
    }
}
