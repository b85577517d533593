//! Settings with narrow limits, so that each of them is met.

use units::{Money, Price, Quantity, Ratio, Span};
use venue_core::{
    AccountId, AssetId, AssetSettings, Bracket, CoverageScale, Deleverage, Fees, Filters,
    HaircutTier, LiquidationSettings, Lots, MarkSettings, MarketKind, MarketSettings,
    OpenInterestScale, Residual, VenueSettings,
};

use super::Draw;

fn bps(draw: &mut Draw, below: u64) -> Ratio {
    Ratio::from_bps(i128::from(draw.below(below)))
}

fn seconds(draw: &mut Draw, below: u64) -> Span {
    Span::from_millis(500 * (1 + draw.below(2 * below)))
}

/// Now and then a setting that is wrong.
fn spoil(draw: &mut Draw, market: &mut MarketSettings) {
    match draw.below(20) {
        0 => market.name = String::new(),
        1 => market.name = "m0".to_owned(),
        2 => market.tick = Price::from_raw(3),
        3 => market.brackets.clear(),
        4 => market.brackets.reverse(),
        5 => market.fees.maker = Ratio::from_raw(draw.extreme()),
        6 => market.filters.band = Ratio::from_raw(draw.extreme()),
        7 => market.liquidation.buffer = Ratio::from_raw(draw.extreme()),
        8 => market.mark.impact = Money::from_raw(draw.extreme()),
        9 => market.filters.lots_max = Lots::new(draw.extreme_whole()),
        _ => {}
    }
}

/// Settings of a market, of one of so many assets where it is a spot market.
pub(super) fn market(draw: &mut Draw, number: u64, assets: u16) -> MarketSettings {
    let others = u64::from(assets.saturating_sub(1));
    let is_spot = others > 0 && draw.one_in(3);
    let kind = if is_spot {
        MarketKind::Spot { base: AssetId::new(1 + draw.below(others) as u16) }
    } else {
        MarketKind::Perpetual
    };
    let without = is_spot && draw.one_in(2);
    MarketSettings {
        name: format!("m{number}"),
        kind,
        // A tick of a hundredth or of one, a lot of a tenth or of one.
        tick: Price::from_raw(if draw.one_in(2) { 10_000_000_000 } else { 1_000_000_000_000 }),
        lot: Quantity::from_raw(if draw.one_in(2) { 100_000_000_000 } else { 1_000_000_000_000 }),
        filters: Filters {
            lots_max: Lots::new(40 + draw.below(200) as i64),
            market_lots_max: Lots::new(20 + draw.below(50) as i64),
            notional_min: Money::from_raw(i128::from(draw.below(4_000_000_000_000))),
            orders_max: 2 + draw.below(8) as u32,
            triggers_max: 1 + draw.below(4) as u32,
            band: Ratio::from_bps(50 + i128::from(draw.below(2_000))),
            take_bound: Ratio::from_bps(10 + i128::from(draw.below(1_000))),
        },
        fees: Fees {
            maker: Ratio::from_raw(i128::from(draw.below(700_000_001)) - 200_000_000),
            taker: Ratio::from_raw(200_000_000 + i128::from(draw.below(800_000_001))),
            liquidation: bps(draw, 150),
        },
        brackets: if without { Vec::new() } else { brackets(draw) },
        open_interest: draw.one_in(3).then(|| {
            let low = i128::from(draw.below(20_000));
            let high = low + 1 + i128::from(draw.below(50_000));
            OpenInterestScale { low: Money::whole(low), high: Money::whole(high) }
        }),
        mark: MarkSettings {
            impact: Money::whole(1 + i128::from(draw.below(3_000))),
            half_life: seconds(draw, 60),
            basis_band: bps(draw, 300),
        },
        liquidation: liquidation(draw),
    }
}

/// A market that may be wrong in something.
pub(super) fn doubtful(draw: &mut Draw, number: u64, assets: u16) -> MarketSettings {
    let mut market = market(draw, number, assets);
    spoil(draw, &mut market);
    market
}

fn brackets(draw: &mut Draw) -> Vec<Bracket> {
    let mut floor = 0;
    let mut maintenance = 40 + draw.below(300);
    let mut more = 20 + draw.below(300);
    (0..1 + draw.below(4))
        .map(|_| {
            let bracket = Bracket {
                floor: Money::whole(i128::from(floor)),
                maintenance: Ratio::from_bps(i128::from(maintenance)),
                initial: Ratio::from_bps(i128::from(maintenance + more)),
            };
            floor += 1 + draw.below(5_000);
            maintenance += 1 + draw.below(300);
            more += draw.below(300);
            bracket
        })
        .collect()
}

fn liquidation(draw: &mut Draw) -> LiquidationSettings {
    LiquidationSettings {
        buffer: bps(draw, 4_000),
        interval: seconds(draw, 4),
        depth_share: bps(draw, 6_000),
        floor: Money::whole(i128::from(draw.below(5_000))),
        time_cap: seconds(draw, 8),
        grace: seconds(draw, 8),
        outage: seconds(draw, 60),
        fund_window: seconds(draw, 600),
        fund_share: bps(draw, 8_000),
        backstop_share: bps(draw, 8_000),
        deleverage: match draw.below(8) {
            0 => Deleverage::Binance,
            1 => Deleverage::Bitmex,
            2 => Deleverage::Hyperliquid,
            _ => Deleverage::ProRata,
        },
        residual: if draw.one_in(2) { Residual::Halt } else { Residual::Socialise },
    }
}

pub(super) fn asset(draw: &mut Draw, number: u16) -> AssetSettings {
    let mut haircuts = Vec::new();
    if number > 0 && !draw.one_in(6) {
        let mut floor = 0;
        let mut maintenance = draw.below(2_000);
        let mut more = draw.below(1_000);
        for _ in 0..1 + draw.below(3) {
            let initial = maintenance + more;
            haircuts.push(HaircutTier {
                floor: Money::whole(i128::from(floor)),
                initial: Ratio::from_bps(i128::from(initial)),
                maintenance: Ratio::from_bps(i128::from(maintenance)),
            });
            floor += 1 + draw.below(2_000);
            maintenance += draw.below(2_000);
            more += draw.below(500);
        }
    }
    AssetSettings { name: format!("a{number}"), haircuts }
}

pub(super) fn venue(draw: &mut Draw, accounts: u32) -> VenueSettings {
    VenueSettings {
        backstop: draw
            .one_in(2)
            .then(|| AccountId::new(draw.below(u64::from(accounts) + 1) as u32)),
        withdrawal_gate: seconds(draw, 30),
        // Short enough to be met, or so long that the world is not at rest for most of its time.
        price_age: if draw.one_in(4) { seconds(draw, 20) } else { Span::from_secs(1_000) },
        price_held: seconds(draw, 10),
        coverage: draw.one_in(3).then(|| CoverageScale {
            below: bps(draw, 20_000),
            shock: bps(draw, 4_000),
            surcharge: bps(draw, 10_000),
        }),
        digest_every: 0,
    }
}
