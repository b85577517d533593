//! Positions, and how near liquidation and deleveraging they are.

use units::{Money, Ratio, Rounding};
use venue_core::{AccountId, Lots, PositionSide};
use venue_views::Desk;
use wire_binance::answer::{AdlQuantile, AdlQuantiles, PositionMargin, PositionRisk};
use wire_binance::{Decimal, ErrorCode, Failure, MaybeSymbol, ToJson as _};

use super::brackets::largest;
use super::standing::{self, Held};
use crate::front::auth::Caller;
use crate::front::market::{MONEY_PLACES, Markets};
use crate::front::{Front, show};

/// Positions. `every` tells one for each market, as the second version does; else there are those that there are.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn risk(
    front: &Front,
    caller: &Caller,
    asked: &MaybeSymbol,
    every: bool,
) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let only = markets.only(asked.symbol)?;
    let account = caller.key.account;
    let told = front.look(|desk| {
        let standing = standing::of(desk, &markets, account)?;
        let mut all = standing.positions;
        if every {
            all.extend(missing(desk, &markets, &all));
        } else {
            all.retain(|held| held.view.lots != Lots::ZERO);
        }
        all.retain(|held| only.is_none_or(|only| only == held.market.id));
        all.sort_by_key(|held| held.market.id);
        let told = all.iter().map(|held| told(desk, account, held, &markets, standing.time));
        Some(told.collect::<Vec<_>>())
    });
    Ok(told.ok_or_else(|| Failure::of(ErrorCode::BadAccount))?.to_json())
}

/// Positions of nothing in the markets where there is none at all.
pub(crate) fn missing(desk: &Desk, markets: &Markets, held: &[Held]) -> Vec<Held> {
    let absent =
        markets.all().iter().filter(|market| !held.iter().any(|held| held.market.id == market.id));
    let none = absent.map(|market| {
        let mark = desk.venue().market(market.id).and_then(|view| view.mark);
        standing::none(market, mark.unwrap_or_default())
    });
    none.collect()
}

/// What a position was opened at on average.
pub(crate) fn entry(held: &Held) -> Decimal {
    held.market.average(held.view.cost, held.view.lots)
}

/// What a position has to be closed at for nothing to be lost, the fee of closing included.
pub(crate) fn break_even(held: &Held) -> Decimal {
    let fee = held.market.settings.fees.taker;
    let factor =
        if held.view.lots > Lots::ZERO { Ratio::ONE.plus(fee) } else { Ratio::ONE.minus(fee) };
    let price = Money::from_raw(entry(held).raw()).times(factor, Rounding::Nearest);
    Decimal::money(price.unwrap_or(Money::ZERO), held.market.price_places).cut(MONEY_PLACES)
}

fn told(
    desk: &Desk,
    account: AccountId,
    held: &Held,
    markets: &Markets,
    time: u64,
) -> PositionRisk {
    let (view, market) = (&held.view, &held.market);
    let isolated = view.isolated.is_some();
    PositionRisk {
        symbol: market.symbol,
        position_side: show::position(view.side),
        position_amount: market.quantity(view.lots),
        entry_price: entry(held),
        break_even_price: break_even(held),
        mark_price: market.price(held.mark),
        unrealized_profit: show::money(view.profit),
        liquidation_price: market.price(held.liquidation),
        isolated_margin: show::money(held.isolated_equity()),
        notional: show::money(held.notional),
        margin_asset: show::asset(markets.settlement()),
        isolated_wallet: show::money(held.margin()),
        initial_margin: show::money(held.initial),
        maintenance_margin: show::money(held.maintenance),
        position_initial_margin: show::money(held.initial),
        order_initial_margin: Decimal::from_raw(0, MONEY_PLACES),
        adl: quantile(desk, account, held),
        bid_notional: Decimal::ZERO,
        ask_notional: Decimal::ZERO,
        update_time: time,
        leverage: Some(Decimal::whole(i128::from(held.leverage))),
        margin_type: Some(if isolated { PositionMargin::Isolated } else { PositionMargin::Cross }),
        auto_add_margin: Some("false".to_owned()),
        max_notional: Some(Decimal::money(largest(market, held.leverage), 0).cut(0)),
    }
}

/// How near deleveraging a position is: 4 is among the first fifth of those who are closed.
fn quantile(desk: &Desk, account: AccountId, held: &Held) -> u32 {
    let view = &held.view;
    if view.lots == Lots::ZERO {
        return 0;
    }
    let place = desk.venue().queue_place(account, view.market, view.side);
    let Some(place) = place.filter(|place| place.holders > 0) else { return 0 };
    let fifth = place.ahead.saturating_mul(5).checked_div(place.holders).unwrap_or(4);
    4_u32.saturating_sub(fifth)
}

/// How near deleveraging positions are.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn adl(front: &Front, caller: &Caller, asked: &MaybeSymbol) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let asked = markets.asked(asked.symbol)?;
    let account = caller.key.account;
    let told = front.look(|desk| {
        let standing = standing::of(desk, &markets, account)?;
        let of = |market: &std::sync::Arc<crate::front::market::Market>| {
            let held: Vec<&Held> = standing
                .positions
                .iter()
                .filter(|held| held.market.id == market.id && held.view.lots != Lots::ZERO)
                .collect();
            let side = |side: PositionSide| {
                let held = held.iter().find(|held| held.view.side == side)?;
                Some(quantile(desk, account, held))
            };
            let quantiles = AdlQuantiles {
                long: side(PositionSide::Long),
                short: side(PositionSide::Short),
                both: side(PositionSide::Both),
            };
            let told = AdlQuantile { symbol: market.symbol, quantile: quantiles };
            (!held.is_empty()).then_some(told)
        };
        Some(asked.iter().filter_map(of).collect::<Vec<_>>())
    });
    Ok(told.ok_or_else(|| Failure::of(ErrorCode::BadAccount))?.to_json())
}
