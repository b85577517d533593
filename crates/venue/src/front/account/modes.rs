//! Modes: of accounts and of their markets.

use wire_binance::answer::{AccountConfig, MultiAssetsSet, PositionModeSet, SymbolConfig};
use wire_binance::{Decimal, ErrorCode, Failure, MarginType, MaybeSymbol, ToJson as _};

use super::brackets::largest;
use crate::front::auth::Caller;
use crate::front::{Front, data, show};

fn hedge(front: &Front, caller: &Caller) -> Result<bool, Failure> {
    let view = front.look(|desk| desk.venue().account(caller.key.account));
    view.map(|view| view.hedge).ok_or_else(|| Failure::of(ErrorCode::BadAccount))
}

/// The account's modes.
///
/// # Errors
/// Where there is no such account.
pub(crate) fn account(front: &Front, caller: &Caller) -> Result<Vec<u8>, Failure> {
    let told = AccountConfig {
        fee_tier: 0,
        can_trade: caller.key.permissions.trade,
        can_deposit: true,
        can_withdraw: caller.key.permissions.withdraw,
        dual_side_position: hedge(front, caller)?,
        update_time: front.look(|desk| show::millis(desk.venue().now())),
        multi_assets_margin: front.markets().has_collateral(),
    };
    Ok(told.to_json())
}

/// The account's leverage and margin mode in markets.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn symbols(
    front: &Front,
    caller: &Caller,
    asked: &MaybeSymbol,
) -> Result<Vec<u8>, Failure> {
    let markets = front.markets().asked(asked.symbol)?;
    let told: Vec<SymbolConfig> = front.look(|desk| {
        let told = markets.iter().map(|market| {
            let mut positions = desk.venue().positions(caller.key.account);
            let held = positions.find(|held| held.market == market.id);
            let leverage = held.map_or(1, |held| held.leverage);
            let isolated = held.is_some_and(|held| held.isolated.is_some());
            SymbolConfig {
                symbol: market.symbol,
                margin_type: if isolated { MarginType::Isolated } else { MarginType::Crossed },
                auto_add_margin: "false".to_owned(),
                leverage: u32::from(leverage),
                max_notional: Decimal::money(largest(market, leverage), 0).cut(0),
            }
        });
        told.collect()
    });
    Ok(told.to_json())
}

/// The limits of orders.
///
/// # Errors
/// Never.
pub(crate) fn limits(front: &Front) -> Result<Vec<u8>, Failure> {
    let limits = data::info::rate_limits(front).into_iter();
    let orders: Vec<_> = limits.filter(|limit| limit.rate_limit_type == "ORDERS").collect();
    Ok(orders.to_json())
}

/// One-way or hedge mode.
///
/// # Errors
/// Where there is no such account.
pub(crate) fn position(front: &Front, caller: &Caller) -> Result<Vec<u8>, Failure> {
    Ok(PositionModeSet { dual: hedge(front, caller)? }.to_json())
}

/// Whether all assets are margin: where there is more than the settlement asset, they are.
///
/// # Errors
/// Never.
pub(crate) fn multi_assets(front: &Front) -> Result<Vec<u8>, Failure> {
    Ok(MultiAssetsSet { multi: front.markets().has_collateral() }.to_json())
}
