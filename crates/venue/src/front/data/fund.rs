//! The insurance fund, and how near deleveraging markets are.

use std::sync::Arc;

use units::Ratio;
use wire_binance::answer::{InsuranceAsset, InsuranceBalance, SymbolAdlRisk};
use wire_binance::{AdlRisk, Failure, MaybeSymbol, ToJson as _};

use super::one_or_all;
use crate::front::market::Market;
use crate::front::{Front, now_ms, show};

/// The move at which the fund is asked whether it would be enough.
const SHOCK: Ratio = Ratio::from_bps(1_000);

/// What the fund has. There is one for all markets.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn balance(front: &Front, asked: &MaybeSymbol) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    if let Some(symbol) = asked.symbol {
        markets.named(symbol)?;
    }
    let fund = front.look(|desk| desk.venue().fund().fund);
    let balance = InsuranceBalance {
        symbols: markets.all().iter().map(|market| market.symbol).collect(),
        assets: vec![InsuranceAsset {
            asset: show::asset(markets.settlement()),
            margin_balance: show::money(fund),
            update_time: now_ms(),
        }],
    };
    Ok(balance.to_json())
}

/// How near deleveraging markets are: by whether the fund would carry the two largest at a tenth up or down.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn adl_risk(front: &Front, asked: &MaybeSymbol) -> Result<Vec<u8>, Failure> {
    let markets = front.markets().asked(asked.symbol)?;
    let ratio = front.look(|desk| {
        let at = |shock| desk.venue().coverage(shock).ratio();
        let ratios = [at(SHOCK), at(Ratio::ZERO.minus(SHOCK))];
        ratios.into_iter().flatten().min()
    });
    let risk = match ratio {
        None => AdlRisk::Low,
        Some(ratio) if ratio >= Ratio::whole(2) => AdlRisk::Low,
        Some(ratio) if ratio >= Ratio::ONE => AdlRisk::Medium,
        Some(_) => AdlRisk::High,
    };
    let update_time = now_ms();
    let told = |market: &Arc<Market>| SymbolAdlRisk { symbol: market.symbol, risk, update_time };
    Ok(one_or_all(asked, markets.iter().map(told).collect()))
}
