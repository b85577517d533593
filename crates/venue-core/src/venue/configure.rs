//! Settings of the venue, its assets and its markets.

use units::Ratio;

use crate::event::Event;
use crate::id::{AssetId, MarketId};
use crate::refusal::{Refusal, SettingsMistake};
use crate::settings::{AssetSettings, MarketKind, MarketSettings, VenueSettings};
use crate::state::{Asset, Market};
use crate::terms::{AssetRisk, MarketRisk, surcharge};
use crate::venue::Venue;
use crate::venue::settings_check as check;

/// Most assets of a venue.
const ASSETS_MAX: usize = 256;
/// Most markets of a venue: some times those of the largest venues.
const MARKETS_MAX: usize = 4_096;

impl Venue {
    pub(super) fn configure(
        &mut self,
        settings: &VenueSettings,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        check::venue(settings).map_err(Refusal::Settings)?;
        let backstop = settings.backstop;
        if backstop.is_some_and(|account| self.accounts.get(account.place()).is_none()) {
            return Err(Refusal::UnknownAccount);
        }
        self.settings.clone_from(settings);
        self.set_surcharges();
        events.push(Event::Configured);
        Ok(())
    }

    pub(super) fn add_asset(
        &mut self,
        settings: &AssetSettings,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        let place = self.assets.len();
        let number = u16::try_from(place).ok().filter(|_| place < ASSETS_MAX);
        let asset = AssetId::new(number.ok_or(Refusal::Settings(SettingsMistake::TooMany))?);
        self.check_asset(asset, settings).map_err(Refusal::Settings)?;
        let risk = asset_risk(settings)?;
        self.assets.push(Asset::new(settings.clone(), risk));
        events.push(Event::AssetSet(asset));
        Ok(())
    }

    pub(super) fn set_asset(
        &mut self,
        asset: AssetId,
        settings: &AssetSettings,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        let before = self.assets.get(asset.place()).ok_or(Refusal::UnknownAsset)?;
        self.check_asset(asset, settings).map_err(Refusal::Settings)?;
        check::asset_change(&before.settings, settings).map_err(Refusal::Settings)?;
        let risk = asset_risk(settings)?;
        if let Some(state) = self.assets.get_mut(asset.place()) {
            state.settings.clone_from(settings);
            state.risk = AssetRisk { price: state.risk.price, ..risk };
        }
        self.touch_asset(asset);
        events.push(Event::AssetSet(asset));
        Ok(())
    }

    pub(super) fn add_market(
        &mut self,
        settings: &MarketSettings,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        if self.assets.is_empty() {
            return Err(Refusal::UnknownAsset);
        }
        let place = self.markets.len();
        let number = u16::try_from(place).ok().filter(|_| place < MARKETS_MAX);
        let market = MarketId::new(number.ok_or(Refusal::Settings(SettingsMistake::TooMany))?);
        self.check_market(market, settings)?;
        let mut risk = market_risk(settings)?;
        risk.surcharge = self.surcharge();
        self.markets.push(Market::new(settings.clone(), risk));
        events.push(Event::MarketSet(market));
        Ok(())
    }

    pub(super) fn set_market(
        &mut self,
        market: MarketId,
        settings: &MarketSettings,
        events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        let before = self.markets.get(market.place()).ok_or(Refusal::UnknownMarket)?;
        self.check_market(market, settings)?;
        check::market_change(&before.settings, settings).map_err(Refusal::Settings)?;
        let risk = market_risk(settings)?;
        if let Some(state) = self.markets.get_mut(market.place()) {
            state.settings.clone_from(settings);
            state.risk.set(risk);
            state.set_bounds();
        }
        self.touch_market(market);
        events.push(Event::MarketSet(market));
        Ok(())
    }

    /// By what part of itself margin for new risk is higher than the brackets say.
    fn surcharge(&self) -> Ratio {
        surcharge(self.settings.coverage, self.known_coverage)
    }

    /// Sets margin for new risk by the fund's coverage, in all markets.
    pub(crate) fn set_surcharges(&mut self) {
        let surcharge = self.surcharge();
        for market in &mut self.markets {
            market.risk.surcharge = surcharge;
        }
    }

    fn check_asset(&self, asset: AssetId, settings: &AssetSettings) -> Result<(), SettingsMistake> {
        check::asset(settings, asset == AssetId::SETTLEMENT)?;
        let mut others = self.assets.iter().enumerate();
        let taken = others
            .any(|(place, other)| place != asset.place() && other.settings.name == settings.name);
        if taken { Err(SettingsMistake::Name) } else { Ok(()) }
    }

    fn check_market(&self, market: MarketId, settings: &MarketSettings) -> Result<(), Refusal> {
        check::market(settings).map_err(Refusal::Settings)?;
        let mut others = self.markets.iter().enumerate();
        let taken = others
            .any(|(place, other)| place != market.place() && other.settings.name == settings.name);
        if taken {
            return Err(Refusal::Settings(SettingsMistake::Name));
        }
        match settings.kind {
            MarketKind::Spot { base }
                if base == AssetId::SETTLEMENT || self.assets.get(base.place()).is_none() =>
            {
                Err(Refusal::UnknownAsset)
            }
            MarketKind::Spot { .. } | MarketKind::Perpetual => Ok(()),
        }
    }
}

/// What margin has to know of a market, where the deductions of its brackets are exact.
fn market_risk(settings: &MarketSettings) -> Result<MarketRisk, Refusal> {
    MarketRisk::new(settings).ok_or(Refusal::Settings(SettingsMistake::Brackets))
}

/// What margin has to know of an asset, where the deductions of its tiers are exact.
fn asset_risk(settings: &AssetSettings) -> Result<AssetRisk, Refusal> {
    AssetRisk::new(settings).ok_or(Refusal::Settings(SettingsMistake::Haircuts))
}
