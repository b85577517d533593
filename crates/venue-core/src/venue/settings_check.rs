//! Whether settings are consistent, and may follow the ones before.

use units::{Money, Ratio, Span};

use crate::refusal::SettingsMistake as Mistake;
use crate::settings::{
    AssetSettings, Bracket, Fees, Filters, HaircutTier, LiquidationSettings, MarketKind,
    MarketSettings, VenueSettings,
};

/// Longest name in bytes.
const NAME_MAX: usize = 32;
/// Most brackets or tiers: every assessment may walk them.
const STEPS_MAX: usize = 64;
/// Most orders, or waiting orders, of an account in a market, whatever the settings: mass cancels walk them.
const ORDERS_MAX: u32 = 10_000;
/// A tick value is below this, so that lots times ticks times tick value fits 127 bits.
const TICK_VALUE_LIMIT: i128 = 1 << 47;
/// Amounts in settings are below this.
const AMOUNT_LIMIT: Money = Money::from_raw(1 << 110);

const ZERO: Ratio = Ratio::ZERO;
const ALL: Ratio = Ratio::whole(1);
/// Largest fee: ten per cent.
const FEE_MAX: Ratio = Ratio::from_bps(1_000);
/// Largest buffer, surcharge and coverage: ten times.
const TIMES_MAX: Ratio = Ratio::whole(10);

pub(super) fn venue(settings: &VenueSettings) -> Result<(), Mistake> {
    let Some(scale) = settings.coverage else { return Ok(()) };
    let fits = is_within(scale.below, ZERO, TIMES_MAX)
        && scale.shock > ZERO
        && scale.shock <= ALL
        && is_within(scale.surcharge, ZERO, TIMES_MAX);
    if fits { Ok(()) } else { Err(Mistake::Ratio) }
}

pub(super) fn asset(settings: &AssetSettings, is_settlement: bool) -> Result<(), Mistake> {
    name(&settings.name)?;
    let tiers = &settings.haircuts;
    let fits =
        |tier: &HaircutTier| is_within(tier.maintenance, ZERO, tier.initial) && tier.initial <= ALL;
    let rise = tiers.is_sorted_by(|low, high| {
        low.floor < high.floor && low.initial <= high.initial && low.maintenance <= high.maintenance
    });
    let begins = tiers.first().is_none_or(|first| first.floor == Money::ZERO);
    let surplus = is_settlement && !tiers.is_empty();
    if surplus || !begins || !rise || !tiers.iter().all(fits) || tiers.len() > STEPS_MAX {
        return Err(Mistake::Haircuts);
    }
    Ok(())
}

/// No part of a holding may be cut more for maintenance than before; an asset without tiers is cut wholly.
pub(super) fn asset_change(before: &AssetSettings, after: &AssetSettings) -> Result<(), Mistake> {
    if before.name != after.name {
        return Err(Mistake::Fixed);
    }
    let floors = before.haircuts.iter().chain(&after.haircuts).map(|tier| tier.floor);
    let rate = |settings: &AssetSettings, at: Money| {
        let tier = settings.haircuts.iter().rev().find(|tier| tier.floor <= at);
        tier.map_or(ALL, |tier| tier.maintenance)
    };
    let mut floors = std::iter::once(Money::ZERO).chain(floors);
    if floors.any(|at| rate(after, at) > rate(before, at)) {
        return Err(Mistake::MaintenanceRises);
    }
    Ok(())
}

pub(super) fn market(settings: &MarketSettings) -> Result<(), Mistake> {
    name(&settings.name)?;
    let exact = settings.tick_value().is_some_and(|value| value.raw() < TICK_VALUE_LIMIT);
    let above_zero = settings.tick.raw() > 0 && settings.lot.raw() > 0;
    // An amount of lots below 2^40 has to be below 2^110.
    if !exact || !above_zero || settings.lot.raw() >= 1 << 70 {
        return Err(Mistake::TickValue);
    }
    let is_contract = settings.kind == MarketKind::Perpetual;
    if (is_contract || !settings.brackets.is_empty()) && !brackets(&settings.brackets) {
        return Err(Mistake::Brackets);
    }
    filters(&settings.filters)?;
    fees(settings.fees)?;
    if let Some(scale) = settings.open_interest
        && (scale.low < Money::ZERO || scale.high <= scale.low || scale.high >= AMOUNT_LIMIT)
    {
        return Err(Mistake::Limit);
    }
    let mark = settings.mark;
    if mark.impact <= Money::ZERO || mark.impact >= AMOUNT_LIMIT || mark.half_life == Span::ZERO {
        return Err(Mistake::Limit);
    }
    if mark.basis_band < ZERO || mark.basis_band >= ALL {
        return Err(Mistake::Ratio);
    }
    liquidation(&settings.liquidation)
}

/// What is traded and its steps stay, and no part of a notional may need more maintenance than before.
pub(super) fn market_change(
    before: &MarketSettings,
    after: &MarketSettings,
) -> Result<(), Mistake> {
    let same = before.name == after.name
        && before.kind == after.kind
        && before.tick == after.tick
        && before.lot == after.lot;
    if !same {
        return Err(Mistake::Fixed);
    }
    let rate = |settings: &MarketSettings, at: Money| {
        let bracket = settings.brackets.iter().rev().find(|bracket| bracket.floor <= at);
        bracket.map_or(ZERO, |bracket| bracket.maintenance)
    };
    let mut floors = before.brackets.iter().chain(&after.brackets).map(|bracket| bracket.floor);
    if floors.any(|at| rate(after, at) > rate(before, at)) {
        return Err(Mistake::MaintenanceRises);
    }
    Ok(())
}

fn name(name: &str) -> Result<(), Mistake> {
    if name.is_empty() || name.len() > NAME_MAX { Err(Mistake::Name) } else { Ok(()) }
}

fn brackets(brackets: &[Bracket]) -> bool {
    let fits = |bracket: &Bracket| {
        is_within(bracket.maintenance, ZERO, bracket.initial)
            && bracket.initial > ZERO
            && bracket.initial <= ALL
            && bracket.maintenance < ALL
            && bracket.floor < AMOUNT_LIMIT
    };
    let rise = brackets.is_sorted_by(|low, high| {
        low.floor < high.floor && low.initial <= high.initial && low.maintenance <= high.maintenance
    });
    let begins = brackets.first().is_some_and(|first| first.floor == Money::ZERO);
    begins && rise && brackets.iter().all(fits) && brackets.len() <= STEPS_MAX
}

fn filters(filters: &Filters) -> Result<(), Mistake> {
    let counted = filters.lots_max.is_within_limit()
        && filters.market_lots_max.is_within_limit()
        && filters.notional_min >= Money::ZERO
        && filters.notional_min < AMOUNT_LIMIT
        && filters.orders_max <= ORDERS_MAX
        && filters.triggers_max <= ORDERS_MAX;
    if !counted {
        return Err(Mistake::Limit);
    }
    let is_part = |ratio: Ratio| ratio > ZERO && ratio < ALL;
    if is_part(filters.band) && is_part(filters.take_bound) { Ok(()) } else { Err(Mistake::Ratio) }
}

/// A rebate is no more than the taker pays, so that no trade costs the venue anything.
fn fees(fees: Fees) -> Result<(), Mistake> {
    let taker = is_within(fees.taker, ZERO, FEE_MAX);
    let maker = fees.maker <= FEE_MAX && fees.maker.plus(fees.taker) >= ZERO;
    let liquidation = is_within(fees.liquidation, ZERO, FEE_MAX);
    if taker && maker && liquidation { Ok(()) } else { Err(Mistake::Ratio) }
}

fn liquidation(settings: &LiquidationSettings) -> Result<(), Mistake> {
    let fits = is_within(settings.buffer, ZERO, TIMES_MAX)
        && is_within(settings.depth_share, ZERO, ALL)
        && is_within(settings.fund_share, ZERO, ALL)
        && is_within(settings.backstop_share, ZERO, ALL);
    if !fits {
        return Err(Mistake::Ratio);
    }
    let counted = settings.floor >= Money::ZERO
        && settings.floor < AMOUNT_LIMIT
        && settings.interval > Span::ZERO
        && settings.fund_window > Span::ZERO;
    if counted { Ok(()) } else { Err(Mistake::Limit) }
}

fn is_within(ratio: Ratio, low: Ratio, high: Ratio) -> bool {
    ratio >= low && ratio <= high
}
