//! A market's rates as 64-bit numbers, for a quick look before the exact one.

use units::fixed::{ONE, mul_div};
use units::{Ratio, Rounding};

use crate::settings::MarketSettings;
use crate::terms::Tiers;

/// Rates are in parts of this many.
const PARTS: u64 = 1 << 32;

/// What a bracket takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    floor: i64,
    /// The rate for new risk in parts of 2^32, rounded up.
    initial: u64,
    /// The rate of maintenance likewise.
    maintenance: u64,
    /// What maintenance is less than that.
    deduction: i64,
}

/// Margin for new risk by size, and the fee of whoever takes. All that is asked here is answered with at least what the
/// exact answer is, or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct QuickTerms {
    /// Zero where only the exact look will do.
    tick_value: i64,
    /// Whether margin for new risk depends on the open interest.
    by_interest: bool,
    steps: Vec<Step>,
    fee: u64,
    /// The larger of both sides' rates.
    fee_at_most: u64,
}

impl QuickTerms {
    /// Of settings that are consistent; empty where more than brackets decides, or something does not fit.
    pub(crate) fn new(settings: &MarketSettings, maintenance: &Tiers) -> Self {
        Self::of(settings, maintenance).unwrap_or_default()
    }

    fn of(settings: &MarketSettings, maintenance: &Tiers) -> Option<Self> {
        let mut steps = Vec::new();
        for (bracket, row) in settings.brackets.iter().zip(maintenance.rows()) {
            // A floor that does not fit is above all that is asked, and so is a deduction that comes of it.
            if let Ok(floor) = i64::try_from(row.floor.raw()) {
                steps.push(Step {
                    floor,
                    initial: parts(bracket.initial)?,
                    maintenance: parts(row.rate)?,
                    deduction: i64::try_from(row.deduction.raw()).ok()?,
                });
            }
        }
        let tick_value = i64::try_from(settings.tick_value()?.raw()).ok()?;
        let by_interest = settings.open_interest.is_some();
        let fee = parts(settings.fees.taker.max(Ratio::ZERO))?;
        let fee_at_most = fee.max(parts(settings.fees.maker.max(Ratio::ZERO))?);
        Some(Self { tick_value, by_interest, steps, fee, fee_at_most })
    }

    /// What one lot is worth for each tick; `None` where only the exact look will do.
    pub(crate) fn tick_value(&self) -> Option<i64> {
        (self.tick_value > 0).then_some(self.tick_value)
    }

    /// At least the margin for new risk of a notional.
    pub(crate) fn initial(&self, notional: i64, leverage: u16) -> Option<i64> {
        if self.by_interest {
            return None;
        }
        let own = PARTS.div_ceil(u64::from(leverage.max(1))).saturating_add(1);
        share(notional, self.step(notional)?.initial.max(own))
    }

    /// At least the maintenance of a notional.
    pub(crate) fn maintenance(&self, notional: i64) -> Option<i64> {
        let step = self.step(notional)?;
        share(notional, step.maintenance)?.checked_sub(step.deduction)
    }

    fn step(&self, notional: i64) -> Option<&Step> {
        let (first, others) = self.steps.split_first()?;
        let above = others.iter().take_while(|step| step.floor <= notional).last();
        Some(above.unwrap_or(first))
    }

    /// At least the fee of a notional, whether the order rested or came.
    pub(crate) fn fee_at_most(&self, notional: i64) -> Option<i64> {
        share(notional, self.fee_at_most)
    }

    /// At least the fee of a notional.
    pub(crate) fn fee(&self, notional: i64) -> Option<i64> {
        share(notional, self.fee)
    }
}

fn parts(rate: Ratio) -> Option<u64> {
    let parts = mul_div(rate.raw(), PARTS.into(), ONE, Rounding::Up)?;
    u64::try_from(parts).ok()
}

/// At least the part of a notional, which is zero or more.
fn share(notional: i64, parts: u64) -> Option<i64> {
    let notional = u64::try_from(notional).ok()?;
    // Two 64-bit numbers: their product fits.
    let part = u128::from(notional).wrapping_mul(parts.into()) >> 32;
    i64::try_from(part).ok()?.checked_add(1)
}
