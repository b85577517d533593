//! What a market trades, and by which rules.

use units::fixed::{ONE, mul_div};
use units::{Money, Price, Quantity, Ratio, Rounding, Span};

use crate::id::AssetId;
use crate::value::{Lots, Ticks};

/// A market.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketSettings {
    /// Its name, such as `BTCUSDT`.
    pub name: String,
    /// What is traded.
    pub kind: MarketKind,
    /// The step of prices, in the settlement asset for one whole unit; above zero.
    pub tick: Price,
    /// The step of quantities, in whole units; above zero. `tick x lot` has to be exact: see
    /// [`tick_value`](Self::tick_value).
    pub lot: Quantity,
    /// What an order may be.
    pub filters: Filters,
    /// What trading costs.
    pub fees: Fees,
    /// Margin by size of the position; the first begins at zero.
    pub brackets: Vec<Bracket>,
    /// How margin for new risk rises with the open interest.
    pub open_interest: Option<OpenInterestScale>,
    /// How the mark is made.
    pub mark: MarkSettings,
    /// How positions are liquidated.
    pub liquidation: LiquidationSettings,
}

/// What is traded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarketKind {
    /// A perpetual contract, settled in the settlement asset.
    Perpetual,
    /// An asset itself against the settlement asset.
    Spot {
        /// What is bought and sold.
        base: AssetId,
    },
}

/// What an order may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filters {
    /// Most lots of a limit order.
    pub lots_max: Lots,
    /// Most lots of a market order.
    pub market_lots_max: Lots,
    /// Least notional of an order that does not reduce.
    pub notional_min: Money,
    /// Most resting orders of an account.
    pub orders_max: u32,
    /// Most orders of an account that wait for a trigger.
    pub triggers_max: u32,
    /// How far from the index a limit price may be, as a part of the index.
    pub band: Ratio,
    /// How far from the mark a market order trades, as a part of the mark.
    pub take_bound: Ratio,
}

/// What trading costs, as parts of the notional.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fees {
    /// Of the resting order; below zero it is a rebate.
    pub maker: Ratio,
    /// Of the arriving order.
    pub taker: Ratio,
    /// Of a liquidation, at most what is left above the bankruptcy price.
    pub liquidation: Ratio,
}

/// Margin of positions from a size on, up to the next bracket's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bracket {
    /// The notional from which on it applies.
    pub floor: Money,
    /// Maintenance, as a part of the notional; rises from bracket to bracket.
    pub maintenance: Ratio,
    /// Margin for new risk, as a part of the notional: the inverse of the highest leverage.
    pub initial: Ratio,
}

/// How margin for new risk rises with the open interest: from the bracket's rate at `low` to all of the notional at
/// `high`, in a straight line. Maintenance never rises with it.
///
/// Source: dYdX v4's open-interest-scaled initial margin (research, 2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenInterestScale {
    /// Open interest, as a notional at the mark, up to which the bracket's rate applies.
    pub low: Money,
    /// Open interest from which on nothing is lent.
    pub high: Money,
}

/// How the mark is made out of the index and the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkSettings {
    /// How much is bought and sold in thought for the impact mid.
    pub impact: Money,
    /// The time in which the average forgets half of what it knew.
    pub half_life: Span,
    /// How far the mark may be from the index, as a part of the index.
    pub basis_band: Ratio,
}

/// How positions are liquidated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiquidationSettings {
    /// How much more than maintenance an account is to have after a reduction, as a part of maintenance.
    pub buffer: Ratio,
    /// The time for which a budget holds.
    pub interval: Span,
    /// The share of the depth within the take bound that may be sold in an interval.
    pub depth_share: Ratio,
    /// The notional that may be sold in an interval whatever the depth.
    pub floor: Money,
    /// How long an account waits for the book before the next step is taken.
    pub time_cap: Span,
    /// For how long after an outage only the insolvent are liquidated.
    pub grace: Span,
    /// A silence of the price for longer than this is an outage.
    pub outage: Span,
    /// The window of the draw-down budget.
    pub fund_window: Span,
    /// How much of the fund this market may use within the window, as a part of the fund at the window's beginning.
    pub fund_share: Ratio,
    /// How much of what the backstop has it may lose within the window by what it takes over in this market, as a part of
    /// its equity at the window's beginning.
    pub backstop_share: Ratio,
    /// Who is closed, and who pays.
    pub deleverage: Deleverage,
    /// What happens with a loss that nobody is left to pay.
    pub residual: Residual,
}

/// Who is closed against whom the book did not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleverage {
    /// All holders in proportion to their lots at the mark, the deficit in proportion to their profit.
    ProRata,
    /// Binance's ranking: profit by margin ratio, at the bankruptcy price.
    Binance,
    /// The ranking of Bitmex: profit by effective leverage, at the bankruptcy price.
    Bitmex,
    /// Hyperliquid's ranking: mark over entry by leverage, at the bankruptcy price.
    Hyperliquid,
}

/// What happens with a loss that nobody is left to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Residual {
    /// The market halts and says so.
    Halt,
    /// All accounts pay, in proportion to their cash above zero.
    Socialise,
}

impl Default for LiquidationSettings {
    fn default() -> Self {
        Self {
            // Enough that the next tick does not make the account due again.
            buffer: Ratio::from_bps(2_000),
            interval: Span::from_secs(1),
            depth_share: Ratio::from_bps(2_500),
            floor: Money::whole(100_000),
            time_cap: Span::from_secs(10),
            grace: Span::from_secs(60),
            outage: Span::from_secs(30),
            // Bybit's rule: no more than 30 % of the fund in eight hours (research, 2.6).
            fund_window: Span::from_secs(28_800),
            fund_share: Ratio::from_bps(3_000),
            // One market uses no more of what stands behind all of them than of the fund.
            backstop_share: Ratio::from_bps(3_000),
            deleverage: Deleverage::ProRata,
            residual: Residual::Halt,
        }
    }
}

impl Bracket {
    /// Brackets from whole floors and rates in hundredths of a per cent: maintenance, then for new risk.
    #[must_use]
    pub fn rows(rows: &[(i128, i128, i128)]) -> Vec<Self> {
        let bracket = |&(floor, maintenance, initial): &(i128, i128, i128)| Self {
            floor: Money::whole(floor),
            maintenance: Ratio::from_bps(maintenance),
            initial: Ratio::from_bps(initial),
        };
        rows.iter().map(bracket).collect()
    }
}

impl MarketSettings {
    /// A perpetual contract with usual settings, to begin from: up to 125 times leverage for small positions and 20 for
    /// large ones, fees of 0.02 % and 0.05 %, a mark that averages over 150 s, and liquidations at a quarter of the depth
    /// a second. The brackets are those of the research's worked examples (2.1), whose shape is Binance's.
    #[must_use]
    pub fn perpetual(name: &str, tick: Price, lot: Quantity) -> Self {
        let bps = Ratio::from_bps;
        let brackets = Bracket::rows(&[
            (0, 40, 80),
            (50_000, 50, 100),
            (600_000, 100, 200),
            (3_000_000, 200, 400),
            (12_000_000, 250, 500),
        ]);
        Self {
            name: name.to_owned(),
            kind: MarketKind::Perpetual,
            tick,
            lot,
            filters: Filters {
                lots_max: Lots::new(1_000_000),
                market_lots_max: Lots::new(100_000),
                notional_min: Money::whole(5),
                orders_max: 200,
                triggers_max: 10,
                band: bps(1_000),
                take_bound: bps(500),
            },
            fees: Fees { maker: bps(2), taker: bps(5), liquidation: bps(100) },
            brackets,
            open_interest: None,
            mark: MarkSettings {
                impact: Money::whole(10_000),
                half_life: Span::from_secs(150),
                basis_band: bps(100),
            },
            liquidation: LiquidationSettings::default(),
        }
    }

    /// What one tick of price is worth for one lot, in the settlement asset; `None` where it is not above zero, or
    /// is no whole number of trillionths, since then a notional would not be exact.
    #[must_use]
    pub fn tick_value(&self) -> Option<Money> {
        let product = self.tick.raw().checked_mul(self.lot.raw())?;
        let exact = product.checked_rem(ONE)? == 0;
        let value = product.checked_div(ONE)?;
        (exact && value > 0).then_some(Money::from_raw(value))
    }

    /// A price from outside in ticks, to the nearest; `None` where it is not above zero in ticks, or not below the limit.
    #[must_use]
    pub fn ticks(&self, price: Price) -> Option<Ticks> {
        let ticks = mul_div(price.raw(), 1, self.tick.raw(), Rounding::Nearest)?;
        let ticks = Ticks::new(i64::try_from(ticks).ok()?);
        ticks.is_within_limit().then_some(ticks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn market(tick: &str, lot: &str) -> MarketSettings {
        MarketSettings {
            tick: Price::parse(tick.as_bytes()).expect("a price"),
            lot: Quantity::parse(lot.as_bytes()).expect("a quantity"),
            ..crate::testing::perpetual()
        }
    }

    #[test]
    fn a_tick_value_that_is_not_exact_is_no_market() {
        // Rounding at each trade would make or lose money.
        assert_eq!(market("0.1", "0.001").tick_value(), Some(Money::from_raw(100_000_000)));
        assert_eq!(market("0.000001", "0.0000001").tick_value(), None);
        assert_eq!(market("0", "1").tick_value(), None);
    }

    #[test]
    fn a_price_goes_to_the_nearest_tick() {
        let market = market("0.1", "0.001");
        let ticks = |price: &str| market.ticks(Price::parse(price.as_bytes()).expect("a price"));
        assert_eq!(ticks("100000.04"), Some(Ticks::new(1_000_000)));
        assert_eq!(ticks("100000.06"), Some(Ticks::new(1_000_001)));
        assert_eq!(ticks("0.01"), None);
    }
}
