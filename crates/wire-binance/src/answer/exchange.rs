//! The markets and their rules.

use serde::Deserialize;

use super::settings::RateLimit;
use crate::decimal::Decimal;
use crate::json::{ToJson, shapes};
use crate::text::{Asset, Symbol};
use crate::words::{ContractStatus, ContractType, OrderType, TimeInForce};

/// When a contract without an end ends: 2100-12-25, as on Binance.
pub const PERPETUAL_DELIVERY: u64 = 4_133_404_800_000;

shapes! {
    /// The markets and their rules.
    ExchangeInfo {
        /// Always `UTC`.
        timezone: String = "timezone",
        /// By the venue's clock.
        server_time: u64 = "serverTime",
        /// Always `U_MARGINED`.
        futures_type: String = "futuresType",
        /// How much may be asked in a time.
        rate_limits: Vec<RateLimit> = "rateLimits",
        /// Rules of the whole venue; none.
        exchange_filters: Vec<Filter> = "exchangeFilters",
        /// What is margin.
        assets: Vec<MarginAsset> = "assets",
        /// The markets.
        symbols: Vec<Market> = "symbols",
    }

    /// An asset that is margin.
    MarginAsset {
        /// Its name.
        asset: Asset = "asset",
        /// Whether it is.
        margin_available: bool = "marginAvailable",
        /// How far it may go below zero before it is exchanged.
        auto_asset_exchange: Option<Decimal> = "autoAssetExchange",
    }

    /// A market.
    Market {
        /// Its name.
        symbol: Symbol = "symbol",
        /// Its pair.
        pair: Symbol = "pair",
        /// Which kind of contract.
        contract_type: ContractType = "contractType",
        /// When it ends; [`PERPETUAL_DELIVERY`].
        delivery_date: u64 = "deliveryDate",
        /// When it began.
        onboard_date: u64 = "onboardDate",
        /// Whether it takes orders.
        status: ContractStatus = "status",
        /// Of old, not looked at any more.
        maintenance_margin_percent: Decimal = "maintMarginPercent",
        /// Of old, not looked at any more.
        required_margin_percent: Decimal = "requiredMarginPercent",
        /// What is traded.
        base_asset: Asset = "baseAsset",
        /// For what.
        quote_asset: Asset = "quoteAsset",
        /// What profit and margin are in.
        margin_asset: Asset = "marginAsset",
        /// Places of prices; a tick may be more than one of the last of them.
        price_precision: u32 = "pricePrecision",
        /// Places of quantities.
        quantity_precision: u32 = "quantityPrecision",
        /// Places of the base.
        base_asset_precision: u32 = "baseAssetPrecision",
        /// Places of the quote.
        quote_precision: u32 = "quotePrecision",
        /// Of what the base is, such as `COIN`.
        underlying_type: String = "underlyingType",
        /// Of what it is more closely.
        underlying_sub_type: Vec<String> = "underlyingSubType",
        /// How far mark and last price may be apart for orders with price protection.
        trigger_protect: Decimal = "triggerProtect",
        /// The part of the notional that a liquidation costs.
        liquidation_fee: Decimal = "liquidationFee",
        /// How far from the mark a market order may go, as a part.
        market_take_bound: Decimal = "marketTakeBound",
        /// Its rules.
        filters: Vec<Filter> = "filters",
        /// Kinds of orders that it takes.
        order_types: Vec<OrderType> = "orderTypes",
        /// Lifetimes that it takes.
        time_in_force: Vec<TimeInForce> = "timeInForce",
    } ? {
        /// How many times an order may be changed.
        max_modify_count: u32 = "maxModifyCount",
    }
}

/// A rule of a market.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "filterType")]
pub enum Filter {
    /// Prices: from, to, and in which steps.
    #[serde(rename = "PRICE_FILTER", rename_all = "camelCase")]
    Price {
        /// The lowest.
        min_price: Decimal,
        /// The highest.
        max_price: Decimal,
        /// The step.
        tick_size: Decimal,
    },
    /// Quantities: from, to, and in which steps.
    #[serde(rename = "LOT_SIZE", rename_all = "camelCase")]
    Lot {
        /// The smallest.
        min_qty: Decimal,
        /// The greatest.
        max_qty: Decimal,
        /// The step.
        step_size: Decimal,
    },
    /// Quantities of market orders: from, to, and in which steps.
    #[serde(rename = "MARKET_LOT_SIZE", rename_all = "camelCase")]
    MarketLot {
        /// The smallest.
        min_qty: Decimal,
        /// The greatest.
        max_qty: Decimal,
        /// The step.
        step_size: Decimal,
    },
    /// How many orders an account may have.
    #[serde(rename = "MAX_NUM_ORDERS")]
    Orders {
        /// How many.
        limit: u32,
    },
    /// How many conditional orders an account may have.
    #[serde(rename = "MAX_NUM_ALGO_ORDERS")]
    AlgoOrders {
        /// How many.
        limit: u32,
    },
    /// What an order has to be worth.
    #[serde(rename = "MIN_NOTIONAL")]
    MinNotional {
        /// How much.
        notional: Decimal,
    },
    /// How far from the mark a price may be.
    #[serde(rename = "PERCENT_PRICE", rename_all = "camelCase")]
    PercentPrice {
        /// The highest, as a part of the mark.
        multiplier_up: Decimal,
        /// The lowest, as a part of the mark.
        multiplier_down: Decimal,
        /// Places of both.
        multiplier_decimal: Decimal,
    },
}

impl ToJson for Filter {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Price { min_price, max_price, tick_size } => write_filter(
                "PRICE_FILTER",
                &[("minPrice", min_price), ("maxPrice", max_price), ("tickSize", tick_size)],
                out,
            ),
            Self::Lot { min_qty, max_qty, step_size } => write_filter(
                "LOT_SIZE",
                &[("minQty", min_qty), ("maxQty", max_qty), ("stepSize", step_size)],
                out,
            ),
            Self::MarketLot { min_qty, max_qty, step_size } => write_filter(
                "MARKET_LOT_SIZE",
                &[("minQty", min_qty), ("maxQty", max_qty), ("stepSize", step_size)],
                out,
            ),
            Self::Orders { limit } => write_filter("MAX_NUM_ORDERS", &[("limit", limit)], out),
            Self::AlgoOrders { limit } => {
                write_filter("MAX_NUM_ALGO_ORDERS", &[("limit", limit)], out);
            }
            Self::MinNotional { notional } => {
                write_filter("MIN_NOTIONAL", &[("notional", notional)], out);
            }
            Self::PercentPrice { multiplier_up, multiplier_down, multiplier_decimal } => {
                let fields: &[(&str, &dyn ToJson)] = &[
                    ("multiplierUp", multiplier_up),
                    ("multiplierDown", multiplier_down),
                    ("multiplierDecimal", multiplier_decimal),
                ];
                write_filter("PERCENT_PRICE", fields, out);
            }
        }
    }
}

fn write_filter(name: &str, fields: &[(&str, &dyn ToJson)], out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"filterType\":");
    name.write(out);
    for (key, value) in fields {
        out.push(b',');
        key.write(out);
        out.push(b':');
        value.write(out);
    }
    out.push(b'}');
}
