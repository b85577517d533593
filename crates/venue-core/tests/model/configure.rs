//! Settings, and what is wrong with them.

use units::{Money, Ratio, Span};
use venue_core::{
    AssetId, AssetSettings, Bracket, Event, MarketId, MarketKind, MarketSettings, Refusal,
    SettingsMistake, VenueSettings, WHOLE_LIMIT,
};

use super::state::{Asset, Market};
use super::{Model, Outcome};

/// Amounts in settings are below this.
const AMOUNT_LIMIT: Money = Money::from_raw(1 << 110);

const NOTHING: Ratio = Ratio::ZERO;
const ALL: Ratio = Ratio::ONE;

/// The mistake, unless it is right.
fn require(right: bool, mistake: SettingsMistake) -> Outcome {
    if right { Ok(()) } else { Err(Refusal::Settings(mistake)) }
}

fn between(low: Ratio, ratio: Ratio, high: Ratio) -> bool {
    low <= ratio && ratio <= high
}

fn is_amount(money: Money) -> bool {
    Money::ZERO <= money && money < AMOUNT_LIMIT
}

impl Model {
    pub(crate) fn configure(&mut self, settings: &VenueSettings) -> Outcome {
        if let Some(scale) = settings.coverage {
            let right = between(NOTHING, scale.below, Ratio::whole(10))
                && between(Ratio::from_raw(1), scale.shock, ALL)
                && between(NOTHING, scale.surcharge, Ratio::whole(10));
            require(right, SettingsMistake::Ratio)?;
        }
        if let Some(backstop) = settings.backstop {
            self.account(backstop)?;
        }
        self.settings = settings.clone();
        self.tell(Event::Configured);
        Ok(())
    }

    pub(crate) fn add_asset(&mut self, settings: &AssetSettings) -> Outcome {
        let place = self.assets.len();
        self.check_asset(place, settings)?;
        self.assets.push(Asset { settings: settings.clone(), ..Asset::default() });
        self.tell(Event::AssetSet(super::asset_at(place)));
        Ok(())
    }

    fn check_asset(&self, place: usize, settings: &AssetSettings) -> Outcome {
        require(is_name(&settings.name), SettingsMistake::Name)?;
        let tiers = &settings.haircuts;
        let mut right = tiers.is_empty() || (place > 0 && tiers[0].floor == Money::ZERO);
        right &= tiers.len() <= 64;
        for tier in tiers {
            right &= between(NOTHING, tier.maintenance, tier.initial) && tier.initial <= ALL;
        }
        for two in tiers.windows(2) {
            right &= two[0].floor < two[1].floor
                && two[0].initial <= two[1].initial
                && two[0].maintenance <= two[1].maintenance;
        }
        let [initial, maintenance]: [Vec<(i128, i128)>; 2] = [
            tiers.iter().map(|tier| (tier.floor.raw(), tier.initial.raw())).collect(),
            tiers.iter().map(|tier| (tier.floor.raw(), tier.maintenance.raw())).collect(),
        ];
        right &= is_exact(&initial) && is_exact(&maintenance);
        require(right, SettingsMistake::Haircuts)?;
        let names = self.assets.iter().map(|asset| asset.settings.name.as_str());
        require(is_free(place, &settings.name, names), SettingsMistake::Name)
    }

    pub(crate) fn set_asset(&mut self, asset: AssetId, settings: &AssetSettings) -> Outcome {
        let before = self.assets.get(asset.place()).ok_or(Refusal::UnknownAsset)?.settings.clone();
        self.check_asset(asset.place(), settings)?;
        require(before.name == settings.name, SettingsMistake::Fixed)?;
        let rate = |settings: &AssetSettings, at: Money| {
            let mut tiers = settings.haircuts.iter().filter(|tier| tier.floor <= at);
            tiers.next_back().map_or(ALL, |tier| tier.maintenance)
        };
        let floors = before.haircuts.iter().chain(&settings.haircuts).map(|tier| tier.floor);
        for floor in floors.chain([Money::ZERO]) {
            let falls = rate(settings, floor) <= rate(&before, floor);
            require(falls, SettingsMistake::MaintenanceRises)?;
        }
        self.assets[asset.place()].settings = settings.clone();
        self.tell(Event::AssetSet(asset));
        Ok(())
    }

    pub(crate) fn add_market(&mut self, settings: &MarketSettings) -> Outcome {
        if self.assets.is_empty() {
            return Err(Refusal::UnknownAsset);
        }
        let place = self.markets.len();
        self.check_market(place, settings)?;
        self.markets.push(Market::new(settings.clone()));
        self.tell(Event::MarketSet(super::market_at(place)));
        Ok(())
    }

    fn check_market(&self, place: usize, settings: &MarketSettings) -> Outcome {
        check_settings(settings)?;
        let names = self.markets.iter().map(|market| market.settings.name.as_str());
        require(is_free(place, &settings.name, names), SettingsMistake::Name)?;
        match settings.kind {
            MarketKind::Spot { base } if base == AssetId::SETTLEMENT => Err(Refusal::UnknownAsset),
            MarketKind::Spot { base } if base.place() >= self.assets.len() => {
                Err(Refusal::UnknownAsset)
            }
            MarketKind::Spot { .. } | MarketKind::Perpetual => Ok(()),
        }
    }

    pub(crate) fn set_market(&mut self, market: MarketId, settings: &MarketSettings) -> Outcome {
        let before = self.market(market)?.settings.clone();
        self.check_market(market.place(), settings)?;
        let same = before.name == settings.name
            && before.kind == settings.kind
            && before.tick == settings.tick
            && before.lot == settings.lot;
        require(same, SettingsMistake::Fixed)?;
        let rate = |settings: &MarketSettings, at: Money| {
            let mut brackets = settings.brackets.iter().filter(|bracket| bracket.floor <= at);
            brackets.next_back().map_or(NOTHING, |bracket| bracket.maintenance)
        };
        for bracket in before.brackets.iter().chain(&settings.brackets) {
            let falls = rate(settings, bracket.floor) <= rate(&before, bracket.floor);
            require(falls, SettingsMistake::MaintenanceRises)?;
        }
        self.market_mut(market).settings = settings.clone();
        self.tell(Event::MarketSet(market));
        Ok(())
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 32
}

/// Whether nobody but the one at a place is called so.
fn is_free<'a>(place: usize, name: &str, names: impl Iterator<Item = &'a str>) -> bool {
    names.enumerate().all(|(other, taken)| other == place || taken != name)
}

fn check_settings(settings: &MarketSettings) -> Outcome {
    require(is_name(&settings.name), SettingsMistake::Name)?;
    let steps = settings.tick.raw() > 0
        && (1..1 << 70).contains(&settings.lot.raw())
        && settings.tick_value().is_some_and(|value| value.raw() < 1 << 47);
    require(steps, SettingsMistake::TickValue)?;
    let spot_without = settings.kind != MarketKind::Perpetual && settings.brackets.is_empty();
    require(spot_without || are_brackets(&settings.brackets), SettingsMistake::Brackets)?;
    let filters = &settings.filters;
    let whole = |lots: venue_core::Lots| (1..WHOLE_LIMIT).contains(&lots.number());
    let counts = whole(filters.lots_max)
        && whole(filters.market_lots_max)
        && is_amount(filters.notional_min)
        && filters.orders_max <= 10_000
        && filters.triggers_max <= 10_000;
    require(counts, SettingsMistake::Limit)?;
    let is_part = |ratio: Ratio| NOTHING < ratio && ratio < ALL;
    require(is_part(filters.band) && is_part(filters.take_bound), SettingsMistake::Ratio)?;
    let fees = settings.fees;
    let most = Ratio::from_bps(1_000);
    let fees = between(NOTHING, fees.taker, most)
        && between(Ratio::from_raw(-fees.taker.raw()), fees.maker, most)
        && between(NOTHING, fees.liquidation, most);
    require(fees, SettingsMistake::Ratio)?;
    if let Some(scale) = settings.open_interest {
        let rises = is_amount(scale.low) && is_amount(scale.high) && scale.low < scale.high;
        require(rises, SettingsMistake::Limit)?;
    }
    let mark = settings.mark;
    let impact = is_amount(mark.impact) && mark.impact > Money::ZERO;
    require(impact && mark.half_life > Span::ZERO, SettingsMistake::Limit)?;
    let band = NOTHING <= mark.basis_band && mark.basis_band < ALL;
    require(band, SettingsMistake::Ratio)?;
    let ours = &settings.liquidation;
    let ratios = between(NOTHING, ours.buffer, Ratio::whole(10))
        && between(NOTHING, ours.depth_share, ALL)
        && between(NOTHING, ours.fund_share, ALL)
        && between(NOTHING, ours.backstop_share, ALL);
    require(ratios, SettingsMistake::Ratio)?;
    let spans = ours.interval > Span::ZERO && ours.fund_window > Span::ZERO;
    require(is_amount(ours.floor) && spans, SettingsMistake::Limit)
}

/// Whether all deductions are whole trillionths.
fn is_exact(steps: &[(i128, i128)]) -> bool {
    steps.windows(2).all(|two| {
        let product = two[1].0.checked_mul(two[1].1 - two[0].1);
        product.is_some_and(|product| product % ALL.raw() == 0)
    })
}

fn are_brackets(brackets: &[Bracket]) -> bool {
    let fits = |bracket: &Bracket| {
        NOTHING <= bracket.maintenance
            && bracket.maintenance <= bracket.initial
            && bracket.maintenance < ALL
            && NOTHING < bracket.initial
            && bracket.initial <= ALL
            && bracket.floor < AMOUNT_LIMIT
    };
    let rise = |two: &[Bracket]| {
        two[0].floor < two[1].floor
            && two[0].maintenance <= two[1].maintenance
            && two[0].initial <= two[1].initial
    };
    let maintenance: Vec<(i128, i128)> =
        brackets.iter().map(|step| (step.floor.raw(), step.maintenance.raw())).collect();
    brackets.first().is_some_and(|first| first.floor == Money::ZERO)
        && brackets.len() <= 64
        && brackets.iter().all(fits)
        && brackets.windows(2).all(rise)
        && is_exact(&maintenance)
}
