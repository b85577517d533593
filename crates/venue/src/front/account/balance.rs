//! Balances.

use units::Money;
use wire_binance::answer::{AccountAsset, Balance};
use wire_binance::{Decimal, ErrorCode, Failure, ToJson as _};

use super::standing::{self, Standing};
use crate::front::auth::Caller;
use crate::front::market::Markets;
use crate::front::{Front, show};

const NOTHING: Decimal = Decimal::from_raw(0, 8);

/// How much an account has of each asset.
///
/// # Errors
/// Where there is no such account.
pub(crate) fn balances(front: &Front, caller: &Caller) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let standing = front.look(|desk| standing::of(desk, &markets, caller.key.account));
    let standing = standing.ok_or_else(|| Failure::of(ErrorCode::BadAccount))?;
    let told: Vec<Balance> = assets(&standing, &markets)
        .into_iter()
        .map(|asset| Balance {
            account_alias: caller.key.name.clone(),
            asset: asset.asset,
            balance: asset.wallet_balance,
            cross_wallet_balance: asset.cross_wallet_balance,
            cross_unrealized_pnl: asset.cross_unrealized_pnl,
            available_balance: asset.available_balance,
            max_withdraw_amount: asset.max_withdraw_amount,
            margin_available: true,
            update_time: standing.time,
        })
        .collect();
    Ok(told.to_json())
}

/// What an account has of each asset: the settlement asset with all that margin is about, then the others.
pub(crate) fn assets(standing: &Standing, markets: &Markets) -> Vec<AccountAsset> {
    let (cross, all) = standing.profits();
    let wallet = standing.cash.plus(standing.isolated());
    let (positions, orders) = standing.requirements();
    let settlement = AccountAsset {
        asset: show::asset(markets.settlement()),
        wallet_balance: show::money(wallet),
        unrealized_profit: show::money(all),
        margin_balance: show::money(wallet.plus(all)),
        maintenance_margin: show::money(standing.maintenance()),
        initial_margin: show::money(positions.plus(orders)),
        position_initial_margin: show::money(positions),
        order_initial_margin: show::money(orders),
        cross_wallet_balance: show::money(standing.cash),
        cross_unrealized_pnl: show::money(cross),
        available_balance: show::money(standing.assessment.available()),
        max_withdraw_amount: show::money(
            standing.assessment.withdrawable().min(standing.cash).max(Money::ZERO),
        ),
        margin_available: true,
        update_time: standing.time,
    };
    let others = markets.collateral().map(|(id, name)| {
        let held = standing.holdings.iter().find(|(asset, _, _)| *asset == id);
        let amount = show::money(held.map_or(Money::ZERO, |(_, amount, _)| *amount));
        AccountAsset {
            asset: show::asset(name),
            wallet_balance: amount,
            unrealized_profit: NOTHING,
            margin_balance: amount,
            maintenance_margin: NOTHING,
            initial_margin: NOTHING,
            position_initial_margin: NOTHING,
            order_initial_margin: NOTHING,
            cross_wallet_balance: amount,
            cross_unrealized_pnl: NOTHING,
            available_balance: amount,
            max_withdraw_amount: amount,
            margin_available: true,
            update_time: standing.time,
        }
    });
    std::iter::once(settlement).chain(others).collect()
}
