//! Marks, indexes, funding, and what collateral counts for.

use std::sync::Arc;

use units::{Ratio, Rounding};
use venue_core::PriceOf;
use venue_views::{Desk, Funded};
use wire_binance::answer::{
    AssetIndex, Constituent, Constituents, FundingCharge, FundingRule as Told, PremiumIndex,
};
use wire_binance::{Decimal, Failure, FundingRates, MaybeSymbol, OneSymbol, Symbol, ToJson as _};

use super::one_or_all;
use crate::front::market::{Market, outside};
use crate::front::range::{Within, limit, limited};
use crate::front::{Front, at_ms, now_ms, show};

/// How many charges where nothing is said.
const USUAL: usize = 100;

/// Mark, index and funding of a market.
pub(crate) fn premium(desk: &Desk, market: &Market, time: u64) -> PremiumIndex {
    let view = desk.venue().market(market.id);
    let mark = market.price_or_zero(view.and_then(|view| view.mark));
    let index = desk.price(PriceOf::Index(market.id)).map(|price| outside(price.market, market));
    let rule = &market.funding;
    let (premium, _) = desk.premium(market.id).unwrap_or_default();
    PremiumIndex {
        symbol: market.symbol,
        mark_price: mark,
        index_price: index.unwrap_or(Decimal::ZERO),
        estimated_settle_price: mark,
        last_funding_rate: Decimal::ratio(rule.rate(premium), 8).cut(8),
        interest_rate: Decimal::ratio(rule.interest, 8),
        next_funding_time: show::millis(rule.next(at_ms(time))),
        time,
    }
}

/// Mark, index and funding.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn index(front: &Front, asked: &MaybeSymbol) -> Result<Vec<u8>, Failure> {
    let (markets, time) = (front.markets().asked(asked.symbol)?, now_ms());
    let told =
        front.look(|desk| markets.iter().map(|market| premium(desk, market, time)).collect());
    Ok(one_or_all(asked, told))
}

/// Funding that was charged.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn rates(front: &Front, asked: &FundingRates) -> Result<Vec<u8>, Failure> {
    let markets = front.markets().asked(asked.symbol)?;
    let within = Within::new(asked.start, asked.end);
    let limit = limit(asked.limit, USUAL);
    let mut charges: Vec<(Funded, Arc<Market>)> = front.look(|desk| {
        let all = markets.iter().flat_map(|market| {
            let funded = desk.funded(market.id).into_iter().flatten();
            funded.map(|funded| (*funded, Arc::clone(market)))
        });
        all.filter(|(funded, _)| within.holds(funded.at)).collect()
    });
    charges.sort_by_key(|(funded, market)| (funded.at, market.id));
    let told: Vec<_> = limited(charges, limit, asked.start.is_some())
        .iter()
        .map(|(funded, market)| FundingCharge {
            symbol: market.symbol,
            funding_rate: Decimal::ratio(funded.rate, 8).cut(8),
            funding_time: show::millis(funded.at),
            mark_price: market.price_or_zero(funded.mark),
        })
        .collect();
    Ok(told.to_json())
}

/// How funding is charged.
///
/// # Errors
/// Never.
pub(crate) fn info(front: &Front) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let told = |market: &Arc<Market>| {
        let rule = &market.funding;
        let hours = rule.interval.as_secs().checked_div(3_600).unwrap_or(0);
        Told {
            symbol: market.symbol,
            cap: Decimal::ratio(rule.max, 4),
            floor: Decimal::ratio(Ratio::ZERO.minus(rule.max), 4),
            interval_hours: u32::try_from(hours).unwrap_or(u32::MAX),
            disclaimer: false,
        }
    };
    Ok(markets.all().iter().map(told).collect::<Vec<_>>().to_json())
}

/// What an index is made of: the oracle's feed, which says by itself what that is made of.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn constituents(front: &Front, asked: &OneSymbol) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let market = markets.named(asked.symbol)?;
    let price = front.look(|desk| desk.price(PriceOf::Index(market.id)));
    let constituent = price.map(|price| Constituent {
        exchange: "oracle".to_owned(),
        symbol: market.feed.clone(),
        price: outside(price.market, market),
        weight: Decimal::whole(1),
    });
    let told = Constituents {
        symbol: market.symbol,
        time: now_ms(),
        constituents: constituent.into_iter().collect(),
    };
    Ok(told.to_json())
}

/// What collateral counts for, by its first tier.
///
/// # Errors
/// Never.
pub(crate) fn assets(front: &Front, asked: &MaybeSymbol) -> Result<Vec<u8>, Failure> {
    let (markets, time) = (front.markets(), now_ms());
    let all = front.look(|desk| {
        let told = markets.collateral().filter_map(|(id, name)| {
            let symbol = Symbol::new(&format!("{name}USD"))?;
            let price = desk.price(PriceOf::Asset(id))?.liquidation;
            let tier = desk.venue().asset_settings(id)?.haircuts.first().copied()?;
            let left = price.times(Ratio::ONE.minus(tier.initial), Rounding::Down)?;
            let buffer = Decimal::ratio(tier.initial, 8);
            let rate = Decimal::price(left, 8).cut(8);
            let whole = Decimal::price(price, 8).cut(8);
            Some(AssetIndex {
                symbol,
                time,
                index: whole,
                bid_buffer: buffer,
                ask_buffer: Decimal::from_raw(0, 8),
                bid_rate: rate,
                ask_rate: whole,
                auto_exchange_bid_buffer: buffer,
                auto_exchange_ask_buffer: Decimal::from_raw(0, 8),
                auto_exchange_bid_rate: rate,
                auto_exchange_ask_rate: whole,
            })
        });
        told.filter(|told| asked.symbol.is_none_or(|symbol| symbol == told.symbol)).collect()
    });
    Ok(one_or_all(asked, all))
}
