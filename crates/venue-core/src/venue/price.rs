//! Prices from outside.

use units::Price;

use crate::command::{PriceOf, PriceStatus, PriceUpdate};
use crate::event::Event;
use crate::id::{AssetId, MarketId};
use crate::price::{Lane, Limits, NewOrders, impact_mid, impact_price, marks, sample};
use crate::refusal::Refusal;
use crate::settings::MarketSettings;
use crate::state::{Market, Marks};
use crate::value::{Ends, Side, Ticks, WHOLE_LIMIT};
use crate::venue::Venue;

impl Venue {
    /// Takes a price in: sets what the market or the asset is held to be worth.
    pub(super) fn set_price(
        &mut self,
        update: &PriceUpdate,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        match update.of {
            PriceOf::Index(market) => self.set_index(market, update, events),
            PriceOf::Asset(asset) => self.set_worth(asset, update, events),
        }
    }

    fn set_index(
        &mut self,
        market: MarketId,
        update: &PriceUpdate,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        let (now, limits) = (self.now, self.price_limits());
        let state = self.markets.get_mut(market.place()).ok_or(Refusal::UnknownMarket)?;
        let stands = |status| matches!(status, PriceStatus::Held | PriceStatus::Halted);
        let within = |price: Price| state.settings.ticks(price).is_some();
        let fits = stands(update.status) || (within(update.market) && within(update.liquidation));
        if !fits || !state.quote.may_be_followed_by(now, update) {
            return Err(Refusal::Price);
        }
        let status = state.quote.take(now, update, Lane::Market, limits);
        state.risk.in_full = state.quote.orders == NewOrders::InFull;
        events.push(Event::Priced(*update));
        let index = ends_in_ticks(&state.settings, state.quote.price);
        let settings = state.settings.mark;
        let live = (status == PriceStatus::Live).then(|| impact(state)).flatten();
        match live {
            Some(mid) => {
                let sample = sample(mid, index.at, settings.basis_band);
                state.basis.take(now, sample, settings.half_life);
            }
            None => state.basis.keep(now),
        }
        if stands(status) {
            return Ok(());
        }
        let before = state.risk.mark;
        state.risk.mark = marks(index, &state.basis, settings.basis_band);
        state.marks = Some(Marks::new(index, state.risk.mark));
        state.set_bounds();
        let Ends { at: mark, low, high } = state.risk.mark;
        if state.risk.mark != before {
            events.push(Event::Marked { market, mark, low, high });
        }
        Ok(())
    }

    fn set_worth(
        &mut self,
        asset: AssetId,
        update: &PriceUpdate,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        let (now, limits) = (self.now, self.price_limits());
        let state = self.assets.get_mut(asset.place()).filter(|_| asset != AssetId::SETTLEMENT);
        let state = state.ok_or(Refusal::UnknownAsset)?;
        if !state.quote.may_be_followed_by(now, update) {
            return Err(Refusal::Price);
        }
        state.quote.take(now, update, Lane::Liquidation, limits);
        state.risk.price = state.quote.price;
        events.push(Event::Priced(*update));
        Ok(())
    }

    /// How long prices that come now are good for.
    const fn price_limits(&self) -> Limits {
        Limits { age: self.settings.price_age, held: self.settings.price_held }
    }
}

/// The ends of an index, each to the nearest tick, and within what prices may be.
fn ends_in_ticks(settings: &MarketSettings, price: Ends<Price>) -> Ends<Ticks> {
    let ticks = |price: Price| {
        let beyond = if price < settings.tick { 1 } else { WHOLE_LIMIT.saturating_sub(1) };
        settings.ticks(price).unwrap_or(Ticks::new(beyond))
    };
    Ends { at: ticks(price.at), low: ticks(price.low), high: ticks(price.high) }
}

/// Half way between what the impact notional could be bought and sold for, in parts of a tick.
fn impact(state: &Market) -> Option<i128> {
    let side = |side| {
        let levels = state.book.levels(side).map(|level| (level.price, level.lots));
        impact_price(levels, state.settings.mark.impact, state.tick_value)
    };
    impact_mid(side(Side::Buy), side(Side::Sell))
}
