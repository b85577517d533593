//! An account as a whole.

use venue_core::Lots;
use wire_binance::answer::{Account, AccountPosition};
use wire_binance::{Decimal, ErrorCode, Failure, ToJson as _};

use super::balance;
use super::brackets::largest;
use super::positions::{break_even, entry, missing};
use super::standing::{self, Held, Standing};
use crate::front::auth::Caller;
use crate::front::market::{MONEY_PLACES, Markets};
use crate::front::{Front, show};

/// An account. `every` tells a position for each market and more about it, as the second version does.
///
/// # Errors
/// Where there is no such account.
pub(crate) fn account(front: &Front, caller: &Caller, every: bool) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let standing = front.look(|desk| {
        let mut standing = standing::of(desk, &markets, caller.key.account)?;
        if every {
            let missing = missing(desk, &markets, &standing.positions);
            standing.positions.extend(missing);
        } else {
            standing.positions.retain(|held| held.view.lots != Lots::ZERO);
        }
        Some(standing)
    });
    let standing = standing.ok_or_else(|| Failure::of(ErrorCode::BadAccount))?;
    Ok(told(&standing, caller, &markets, every).to_json())
}

/// Totals count collateral at what it is worth, without haircuts: what may be used of it is in what is available.
fn told(standing: &Standing, caller: &Caller, markets: &Markets, every: bool) -> Account {
    let (cross, all) = standing.profits();
    let collateral = standing.collateral();
    let wallet = standing.cash.plus(standing.isolated()).plus(collateral);
    let (positions, orders) = standing.requirements();
    let assessment = &standing.assessment;
    let permissions = caller.key.permissions;
    let of_second = |value: bool| every.then_some(value);
    Account {
        total_initial_margin: show::money(positions.plus(orders)),
        total_maintenance_margin: show::money(standing.maintenance()),
        total_wallet_balance: show::money(wallet),
        total_unrealized_profit: show::money(all),
        total_margin_balance: show::money(wallet.plus(all)),
        total_position_initial_margin: show::money(positions),
        total_order_initial_margin: show::money(orders),
        total_cross_wallet_balance: show::money(standing.cash.plus(collateral)),
        total_cross_unrealized_pnl: show::money(cross),
        available_balance: show::money(assessment.available()),
        max_withdraw_amount: show::money(assessment.withdrawable()),
        assets: balance::assets(standing, markets),
        positions: standing
            .positions
            .iter()
            .map(|held| position(held, standing.time, every))
            .collect(),
        fee_tier: every.then_some(0),
        can_trade: of_second(permissions.trade),
        can_deposit: of_second(true),
        can_withdraw: of_second(permissions.withdraw),
        multi_assets_margin: of_second(markets.has_collateral()),
        update_time: every.then_some(standing.time),
    }
}

fn position(held: &Held, time: u64, every: bool) -> AccountPosition {
    let (view, market) = (&held.view, &held.market);
    AccountPosition {
        symbol: market.symbol,
        position_side: show::position(view.side),
        position_amount: market.quantity(view.lots),
        unrealized_profit: show::money(view.profit),
        isolated_margin: show::money(held.isolated_equity()),
        notional: show::money(held.notional),
        isolated_wallet: show::money(held.margin()),
        initial_margin: show::money(held.initial),
        maintenance_margin: show::money(held.maintenance),
        update_time: time,
        position_initial_margin: every.then(|| show::money(held.initial)),
        order_initial_margin: every.then_some(Decimal::from_raw(0, MONEY_PLACES)),
        leverage: Some(Decimal::whole(i128::from(held.leverage))),
        isolated: Some(view.isolated.is_some()),
        entry_price: Some(entry(held)),
        break_even_price: Some(break_even(held)),
        max_notional: every.then(|| Decimal::money(largest(market, held.leverage), 0).cut(0)),
    }
}
