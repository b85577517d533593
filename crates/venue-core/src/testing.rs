//! Settings that the tests of this crate share.

use units::{Money, Price, Quantity, Ratio, Span};

use crate::settings::{
    Bracket, Deleverage, Fees, Filters, LiquidationSettings, MarkSettings, MarketKind,
    MarketSettings, Residual,
};
use crate::value::Lots;

/// A perpetual contract in steps of 0.1 and 0.001, with the brackets of the research's worked examples.
pub(crate) fn perpetual() -> MarketSettings {
    MarketSettings {
        name: "BTCUSDT".to_owned(),
        kind: MarketKind::Perpetual,
        tick: Price::from_raw(100_000_000_000),
        lot: Quantity::from_raw(1_000_000_000),
        filters: Filters {
            lots_max: Lots::new(1_000_000),
            market_lots_max: Lots::new(100_000),
            notional_min: Money::whole(5),
            orders_max: 200,
            triggers_max: 10,
            band: Ratio::from_bps(1_000),
            take_bound: Ratio::from_bps(500),
        },
        fees: Fees {
            maker: Ratio::from_bps(2),
            taker: Ratio::from_bps(5),
            liquidation: Ratio::from_bps(100),
        },
        brackets: brackets(&[
            (0, 40, 80),
            (50_000, 50, 100),
            (600_000, 100, 200),
            (3_000_000, 200, 400),
            (12_000_000, 250, 500),
        ]),
        open_interest: None,
        mark: MarkSettings {
            impact: Money::whole(10_000),
            half_life: Span::from_secs(150),
            basis_band: Ratio::from_bps(100),
        },
        liquidation: LiquidationSettings {
            buffer: Ratio::from_bps(2_000),
            interval: Span::from_secs(1),
            depth_share: Ratio::from_bps(2_500),
            floor: Money::whole(100_000),
            time_cap: Span::from_secs(10),
            grace: Span::from_secs(60),
            outage: Span::from_secs(30),
            fund_window: Span::from_secs(8 * 3_600),
            fund_share: Ratio::from_bps(3_000),
            deleverage: Deleverage::ProRata,
            residual: Residual::Halt,
        },
    }
}

/// Brackets from whole floors and rates in hundredths of a per cent: maintenance, then for new risk.
pub(crate) fn brackets(rows: &[(i128, i128, i128)]) -> Vec<Bracket> {
    let bracket = |&(floor, maintenance, initial): &(i128, i128, i128)| Bracket {
        floor: Money::whole(floor),
        maintenance: Ratio::from_bps(maintenance),
        initial: Ratio::from_bps(initial),
    };
    rows.iter().map(bracket).collect()
}
