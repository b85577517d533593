//! What margin has to know of a market.

use units::fixed::{ONE, mul_div};
use units::{Money, Ratio, Rounding};

use crate::settings::{CoverageScale, MarketKind, MarketSettings, OpenInterestScale};
use crate::terms::{FeeRates, QuickTerms, Tiers};
use crate::value::{Ends, Lots, Ticks, worth};

/// What margin has to know of a market.
#[derive(Clone, Debug, Default)]
pub(crate) struct MarketRisk {
    /// What one lot is worth for each tick.
    pub(crate) tick_value: Money,
    /// The mark; zero before the first price.
    pub(crate) mark: Ends<Ticks>,
    /// Whether what increases is margined in full.
    pub(crate) in_full: bool,
    /// Whether assets change hands, and nothing is held.
    pub(crate) is_spot: bool,
    /// All long lots.
    pub(crate) open_interest: Lots,
    /// By what part of itself margin for new risk is higher, by the fund's coverage.
    pub(crate) surcharge: Ratio,
    /// Maintenance by size.
    pub(crate) maintenance: Tiers,
    /// What trades cost.
    pub(crate) fees: FeeRates,
    /// For a quick look before the exact one.
    pub(crate) quick: QuickTerms,
    /// Each bracket's rate for new risk.
    initial: Vec<Ratio>,
    scale: Option<OpenInterestScale>,
}

impl MarketRisk {
    /// What there is to know by the settings; `None` where the brackets are not consistent, or rates for new risk are
    /// below those of maintenance, fall, or are above 1, or the tick value is not exact. A spot market needs none.
    pub(crate) fn new(settings: &MarketSettings) -> Option<Self> {
        let is_spot = matches!(settings.kind, MarketKind::Spot { .. });
        let rows = settings.brackets.iter();
        let maintenance = if is_spot && settings.brackets.is_empty() {
            Tiers::default()
        } else {
            Tiers::new(rows.map(|bracket| (bracket.floor, bracket.maintenance)))?
        };
        let mut least = Ratio::ZERO;
        for bracket in &settings.brackets {
            least = least.max(bracket.maintenance);
            if bracket.initial < least || bracket.initial > Ratio::ONE {
                return None;
            }
            least = bracket.initial;
        }
        Some(Self {
            tick_value: settings.tick_value()?,
            is_spot,
            quick: if is_spot {
                QuickTerms::default()
            } else {
                QuickTerms::new(settings, &maintenance)
            },
            maintenance,
            fees: FeeRates::new(&settings.fees),
            initial: settings.brackets.iter().map(|bracket| bracket.initial).collect(),
            scale: settings.open_interest,
            ..Self::default()
        })
    }

    /// Takes over other settings, and keeps what has come of the market since.
    pub(crate) fn set(&mut self, settings: Self) {
        let (mark, in_full) = (self.mark, self.in_full);
        let (open_interest, surcharge) = (self.open_interest, self.surcharge);
        *self = Self { mark, in_full, open_interest, surcharge, ..settings };
    }

    /// The size of lots at a price.
    pub(crate) fn notional(&self, lots: Lots, price: Ticks) -> Money {
        worth(lots.size(), price, self.tick_value)
    }

    /// What lots that are held have to have at a price.
    pub(crate) fn maintenance_of(&self, lots: Lots, price: Ticks) -> Money {
        self.maintenance.charge(self.notional(lots, price))
    }

    /// What closing some of the lots that are held takes off what they have to have, at the better end.
    pub(crate) fn freed(&self, held: Lots, closed: Lots) -> Money {
        let better = self.better(held);
        let left = held.size().minus(closed);
        self.maintenance_of(held, better).minus(self.maintenance_of(left, better))
    }

    /// The end of the mark that is better for lots that are held.
    pub(crate) const fn better(&self, lots: Lots) -> Ticks {
        if lots.number() >= 0 { self.mark.high } else { self.mark.low }
    }

    /// The end of the mark that is worse for lots that are held.
    pub(crate) const fn worse(&self, lots: Lots) -> Ticks {
        if lots.number() >= 0 { self.mark.low } else { self.mark.high }
    }

    /// Margin for new risk of a bracket, as a part of the notional, before anything raises it.
    pub(crate) fn bracket_rate(&self, notional: Money) -> Ratio {
        let rate = self.initial.get(self.maintenance.place(notional));
        rate.copied().unwrap_or(Ratio::ONE)
    }

    /// The highest leverage that a notional takes.
    pub(crate) fn leverage_max(&self, notional: Money) -> u16 {
        let rate = self.bracket_rate(notional).raw();
        ONE.checked_div(rate).map_or(u16::MAX, |most| u16::try_from(most).unwrap_or(u16::MAX))
    }

    /// At least the part of a notional that margin for new risk is, to a trillionth.
    pub(crate) fn initial_rate(&self, leverage: u16, notional: Money) -> Ratio {
        self.rate_by_size(notional).max(Ratio::from_raw(leverage_rate(leverage)))
    }

    /// The same whatever the leverage.
    fn rate_by_size(&self, notional: Money) -> Ratio {
        let bracket = self.bracket_rate(notional).raw();
        let mut rate = bracket;
        let share = self.open_interest_share();
        if share > 0 {
            let rest = ONE.saturating_sub(bracket);
            let more = mul_div(rest, share, ONE, Rounding::Up).unwrap_or(ONE);
            rate = rate.max(bracket.saturating_add(more));
        }
        if self.surcharge > Ratio::ZERO {
            let more = mul_div(bracket, self.surcharge.raw(), ONE, Rounding::Up).unwrap_or(ONE);
            rate = rate.max(bracket.saturating_add(more));
        }
        Ratio::from_raw(rate.min(ONE))
    }

    /// Margin for new risk of an amount, at the rates of the notional that it is a part of; rounded up once, so that an
    /// amount that is a whole number of times the margin needs no more than that.
    pub(crate) fn initial(&self, leverage: u16, amount: Money, of: Money) -> Money {
        let rate = self.rate_by_size(of);
        // Rounded up it is above a rate only where the exact one is.
        let margin = if leverage_rate(leverage) > rate.raw() {
            mul_div(amount.raw(), 1, leverage.max(1).into(), Rounding::Up).map(Money::from_raw)
        } else {
            amount.times(rate, Rounding::Up)
        };
        margin.unwrap_or(amount)
    }

    /// How far the open interest is on the way to where nothing is lent, in trillionths.
    fn open_interest_share(&self) -> i128 {
        let Some(scale) = self.scale else { return 0 };
        let open = self.notional(self.open_interest, self.mark.at);
        if open <= scale.low {
            return 0;
        }
        let (above, way) = (open.minus(scale.low), scale.high.minus(scale.low));
        if above >= way {
            return ONE;
        }
        mul_div(above.raw(), ONE, way.raw(), Rounding::Up).unwrap_or(ONE)
    }
}

/// `1 / leverage`, rounded up, in trillionths; all of it below one.
fn leverage_rate(leverage: u16) -> i128 {
    const ALL: u64 = 1_000_000_000_000;
    ALL.div_ceil(u64::from(leverage.max(1))).into()
}

/// By what part of itself margin for new risk is higher at a coverage of the fund that is known.
pub(crate) fn surcharge(scale: Option<CoverageScale>, coverage: Option<Ratio>) -> Ratio {
    let (Some(scale), Some(coverage)) = (scale, coverage) else { return Ratio::ZERO };
    if coverage >= scale.below {
        return Ratio::ZERO;
    }
    let missing = scale.below.minus(coverage.max(Ratio::ZERO)).raw();
    let part = mul_div(scale.surcharge.raw(), missing, scale.below.raw(), Rounding::Up);
    part.map_or(scale.surcharge, Ratio::from_raw)
}
