//! Settings, which come in by commands.

use machine::{codec_enum, codec_struct};

use crate::settings::{
    AssetSettings, Bracket, CoverageScale, Deleverage, Fees, Filters, HaircutTier,
    LiquidationSettings, MarkSettings, MarketKind, MarketSettings, OpenInterestScale, Residual,
    VenueSettings,
};

codec_struct! {
    VenueSettings { backstop, withdrawal_gate, price_age, price_held, coverage, digest_every }
    CoverageScale { below, shock, surcharge }
    AssetSettings { name, haircuts }
    HaircutTier { floor, initial, maintenance }
    MarketSettings {
        name, kind, tick, lot, filters, fees, brackets, open_interest, mark, liquidation,
    }
    Filters { lots_max, market_lots_max, notional_min, orders_max, triggers_max, band, take_bound }
    Fees { maker, taker, liquidation }
    Bracket { floor, maintenance, initial }
    OpenInterestScale { low, high }
    MarkSettings { impact, half_life, basis_band }
    LiquidationSettings {
        buffer, interval, depth_share, floor, time_cap, grace, outage, fund_window, fund_share,
        backstop_share, deleverage, residual,
    }
}

codec_enum! {
    MarketKind { 0 = Perpetual, 1 = Spot { base } }
    Deleverage { 0 = ProRata, 1 = Binance, 2 = Bitmex, 3 = Hyperliquid }
    Residual { 0 = Halt, 1 = Socialise }
}
