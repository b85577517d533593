//! The time, and the markets with their rules.

use units::{Price, Ratio};
use venue_core::{Lots, MarketState, Ticks, WHOLE_LIMIT};
use wire_binance::answer::{
    ExchangeInfo, Filter, MarginAsset, Market as Told, PERPETUAL_DELIVERY, RateLimit, ServerTime,
};
use wire_binance::{
    ContractStatus, ContractType, Decimal, Failure, OrderType, TimeInForce, ToJson as _,
};

use crate::front::market::{MONEY_PLACES, Market, Markets};
use crate::front::{Front, now_ms, show};

/// Places of assets and of the quote, as Binance has them.
const ASSET_PLACES: u32 = 8;

/// The time.
///
/// # Errors
/// Never.
pub(crate) fn time() -> Result<Vec<u8>, Failure> {
    Ok(ServerTime { server_time: now_ms() }.to_json())
}

/// The markets and their rules.
///
/// # Errors
/// Never.
pub(crate) fn exchange(front: &Front) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let asset = |(_, name)| MarginAsset {
        asset: show::asset(name),
        margin_available: true,
        auto_asset_exchange: Some(Decimal::ZERO),
    };
    let info = ExchangeInfo {
        timezone: "UTC".to_owned(),
        server_time: now_ms(),
        futures_type: "U_MARGINED".to_owned(),
        rate_limits: rate_limits(front),
        exchange_filters: Vec::new(),
        assets: markets.assets().map(asset).collect(),
        symbols: markets.all().iter().map(|market| told(market, &markets)).collect(),
    };
    Ok(info.to_json())
}

/// The limits that are told.
pub(crate) fn rate_limits(front: &Front) -> Vec<RateLimit> {
    let kinds =
        [("REQUEST_WEIGHT", "MINUTE", 1), ("ORDERS", "SECOND", 10), ("ORDERS", "MINUTE", 1)];
    let limits = kinds.into_iter().zip(front.meter.limits());
    let limit = |((kind, interval, number), limit): ((&str, &str, u32), u32)| RateLimit {
        rate_limit_type: kind.to_owned(),
        interval: interval.to_owned(),
        interval_number: number,
        limit: u64::from(limit),
        count: None,
    };
    limits.map(limit).collect()
}

/// Whether a market takes orders, in Binance's words.
pub(crate) const fn status(state: MarketState) -> ContractStatus {
    match state {
        MarketState::Trading => ContractStatus::Trading,
        MarketState::ReduceOnly => ContractStatus::ReduceOnly,
        MarketState::CancelOnly => ContractStatus::CancelOnly,
        MarketState::Auction => ContractStatus::Auction,
        MarketState::Halted => ContractStatus::Break,
    }
}

fn told(market: &Market, markets: &Markets) -> Told {
    let settings = &market.settings;
    let settlement = show::asset(markets.settlement());
    let first = settings.brackets.first();
    let percent = |ratio: Ratio| Decimal::from_raw(ratio.raw().saturating_mul(100), 4);
    Told {
        symbol: market.symbol,
        pair: market.symbol,
        contract_type: ContractType::Perpetual,
        delivery_date: PERPETUAL_DELIVERY,
        onboard_date: 0,
        status: status(market.state),
        maintenance_margin_percent: percent(first.map_or(Ratio::ZERO, |first| first.maintenance)),
        required_margin_percent: percent(first.map_or(Ratio::ZERO, |first| first.initial)),
        base_asset: show::asset(&market.base),
        quote_asset: settlement,
        margin_asset: settlement,
        price_precision: u32::from(market.price_places),
        quantity_precision: u32::from(market.quantity_places),
        base_asset_precision: ASSET_PLACES,
        quote_precision: ASSET_PLACES,
        underlying_type: "COIN".to_owned(),
        underlying_sub_type: Vec::new(),
        trigger_protect: Decimal::ratio(settings.filters.take_bound, 4),
        liquidation_fee: Decimal::ratio(settings.fees.liquidation, 6),
        market_take_bound: Decimal::ratio(settings.filters.take_bound, 2),
        filters: filters(market),
        order_types: vec![
            OrderType::Limit,
            OrderType::Market,
            OrderType::Stop,
            OrderType::StopMarket,
            OrderType::TakeProfit,
            OrderType::TakeProfitMarket,
            OrderType::TrailingStopMarket,
        ],
        time_in_force: vec![
            TimeInForce::GoodTillCancelled,
            TimeInForce::ImmediateOrCancel,
            TimeInForce::FillOrKill,
            TimeInForce::PostOnly,
            TimeInForce::GoodTillDate,
        ],
        max_modify_count: None,
    }
}

fn filters(market: &Market) -> Vec<Filter> {
    let (settings, filters) = (&market.settings, &market.settings.filters);
    let tick = Decimal::price(settings.tick, market.price_places);
    let lot = Decimal::quantity(settings.lot, market.quantity_places);
    // One below what the core takes at all, cut to what a client's number may have.
    let highest = market.price(Ticks::new(WHOLE_LIMIT.saturating_sub(1)));
    let highest = highest.raw().min(Price::whole(1_000_000_000).raw());
    let highest = Decimal::from_raw(highest, market.price_places);
    let most = |lots: Lots| market.quantity(lots);
    let up = Ratio::ONE.plus(filters.band);
    let down = Ratio::ONE.minus(filters.band);
    vec![
        Filter::Price { min_price: tick, max_price: highest, tick_size: tick },
        Filter::Lot { min_qty: lot, max_qty: most(filters.lots_max), step_size: lot },
        Filter::MarketLot { min_qty: lot, max_qty: most(filters.market_lots_max), step_size: lot },
        Filter::Orders { limit: filters.orders_max },
        Filter::AlgoOrders { limit: filters.triggers_max },
        Filter::MinNotional { notional: Decimal::money(filters.notional_min, 0).cut(MONEY_PLACES) },
        Filter::PercentPrice {
            multiplier_up: Decimal::ratio(up, 4),
            multiplier_down: Decimal::ratio(down, 4),
            multiplier_decimal: Decimal::whole(4),
        },
    ]
}
