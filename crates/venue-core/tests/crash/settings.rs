//! Settings of markets that crash: as on the large venues, but with little money to fall back on.

use units::{Money, Price, Quantity, Ratio, Span};
use venue_core::{
    AssetSettings, Bracket, Deleverage, Fees, Filters, HaircutTier, LiquidationSettings, Lots,
    MarketKind, MarketSettings, OpenInterestScale, Residual,
};

use super::Draw;

pub(super) fn settlement() -> AssetSettings {
    AssetSettings::plain("USDT")
}

/// Collateral whose haircut grows with size.
pub(super) fn collateral() -> AssetSettings {
    let tier = |floor, initial, maintenance| HaircutTier {
        floor: Money::whole(floor),
        initial: Ratio::from_bps(initial),
        maintenance: Ratio::from_bps(maintenance),
    };
    let haircuts =
        vec![tier(0, 500, 250), tier(100_000, 1_000, 500), tier(1_000_000, 2_000, 1_000)];
    AssetSettings { name: "COIN".to_owned(), haircuts }
}

pub(super) fn market(draw: &mut Draw, number: usize) -> MarketSettings {
    // BTC, ETH, and the rest of it.
    let (initial, maintenance) = [(100, 50), (100, 60), (200, 100)][number % 3];
    let rows = [(0, 1), (100_000, 2), (1_000_000, 5)];
    let rows = rows.map(|(floor, times)| (floor, maintenance * times, initial * times));
    let (tick, lot) = (Price::from_raw(100_000_000_000), Quantity::from_raw(10_000_000_000));
    let usual = MarketSettings::perpetual(&format!("PERP{number}"), tick, lot);
    MarketSettings {
        filters: Filters {
            lots_max: Lots::new(100_000_000),
            market_lots_max: Lots::new(100_000_000),
            band: Ratio::from_bps(1_500),
            ..usual.filters
        },
        fees: Fees {
            maker: Ratio::from_bps(draw.between(-1, 3).into()),
            liquidation: Ratio::from_bps(draw.between(0, 150).into()),
            ..usual.fees
        },
        brackets: Bracket::rows(&rows),
        open_interest: draw.one_in(3).then_some(OpenInterestScale {
            low: Money::whole(5_000_000),
            high: Money::whole(50_000_000),
        }),
        liquidation: LiquidationSettings {
            floor: Money::whole(draw.between(1_000, 100_000).into()),
            time_cap: Span::from_millis(draw.below(8_000)),
            grace: Span::from_secs(5),
            fund_share: Ratio::from_bps(draw.between(500, 10_000).into()),
            backstop_share: Ratio::from_bps(draw.between(500, 10_000).into()),
            deleverage: match draw.below(6) {
                0 => Deleverage::Binance,
                1 => Deleverage::Bitmex,
                2 => Deleverage::Hyperliquid,
                _ => Deleverage::ProRata,
            },
            residual: if draw.one_in(2) { Residual::Halt } else { Residual::Socialise },
            ..usual.liquidation
        },
        ..usual
    }
}

/// The asset itself, which the house sells what it took over on.
pub(super) fn spot(draw: &mut Draw) -> MarketSettings {
    MarketSettings {
        name: "COIN".to_owned(),
        kind: MarketKind::Spot { base: venue_core::AssetId::new(1) },
        brackets: Vec::new(),
        open_interest: None,
        ..market(draw, 0)
    }
}
