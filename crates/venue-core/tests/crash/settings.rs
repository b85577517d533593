//! Settings of markets that crash: as on the large venues, but with little money to fall back on.

use units::{Money, Price, Quantity, Ratio, Span};
use venue_core::{
    AssetSettings, Bracket, Deleverage, Fees, Filters, HaircutTier, LiquidationSettings, Lots,
    MarkSettings, MarketKind, MarketSettings, OpenInterestScale, Residual,
};

use super::Draw;

pub(super) fn settlement() -> AssetSettings {
    AssetSettings { name: "USDT".to_owned(), haircuts: Vec::new() }
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
    let bracket = |floor, times: i128| Bracket {
        floor: Money::whole(floor),
        maintenance: Ratio::from_bps(maintenance * times),
        initial: Ratio::from_bps(initial * times),
    };
    MarketSettings {
        name: format!("PERP{number}"),
        kind: MarketKind::Perpetual,
        tick: Price::from_raw(100_000_000_000),
        lot: Quantity::from_raw(10_000_000_000),
        filters: Filters {
            lots_max: Lots::new(100_000_000),
            market_lots_max: Lots::new(100_000_000),
            notional_min: Money::whole(5),
            orders_max: 200,
            triggers_max: 10,
            band: Ratio::from_bps(1_500),
            take_bound: Ratio::from_bps(500),
        },
        fees: Fees {
            maker: Ratio::from_bps(draw.between(-1, 3).into()),
            taker: Ratio::from_bps(5),
            liquidation: Ratio::from_bps(draw.between(0, 150).into()),
        },
        brackets: vec![bracket(0, 1), bracket(100_000, 2), bracket(1_000_000, 5)],
        open_interest: draw.one_in(3).then_some(OpenInterestScale {
            low: Money::whole(5_000_000),
            high: Money::whole(50_000_000),
        }),
        mark: MarkSettings {
            impact: Money::whole(10_000),
            half_life: Span::from_secs(150),
            basis_band: Ratio::from_bps(100),
        },
        liquidation: LiquidationSettings {
            buffer: Ratio::from_bps(2_000),
            interval: Span::from_secs(1),
            depth_share: Ratio::from_bps(2_500),
            floor: Money::whole(draw.between(1_000, 100_000).into()),
            time_cap: Span::from_millis(draw.below(8_000)),
            grace: Span::from_secs(5),
            outage: Span::from_secs(30),
            fund_window: Span::from_secs(8 * 3_600),
            fund_share: Ratio::from_bps(draw.between(500, 10_000).into()),
            deleverage: match draw.below(6) {
                0 => Deleverage::Binance,
                1 => Deleverage::Bitmex,
                2 => Deleverage::Hyperliquid,
                _ => Deleverage::ProRata,
            },
            residual: if draw.one_in(2) { Residual::Halt } else { Residual::Socialise },
        },
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
