//! A market's rates as 64-bit numbers, for a quick look before the exact one.

use units::fixed::{ONE, mul_div};
use units::{Ratio, Rounding};

use crate::settings::MarketSettings;

/// Rates are in parts of this many.
const PARTS: u64 = 1 << 32;

/// What a bracket takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    floor: i64,
    /// The rate in parts of 2^32, rounded up.
    parts: u64,
}

/// Margin for new risk by size, and the fee of whoever takes. All that is asked here is answered with at least what the
/// exact answer is, or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct QuickTerms {
    /// Zero where only the exact look will do.
    tick_value: i64,
    steps: Vec<Step>,
    fee: u64,
}

impl QuickTerms {
    /// Of settings that are consistent; empty where more than brackets decides, or something does not fit.
    pub(crate) fn new(settings: &MarketSettings) -> Self {
        Self::of(settings).unwrap_or_default()
    }

    fn of(settings: &MarketSettings) -> Option<Self> {
        if settings.open_interest.is_some() {
            return None;
        }
        let mut steps = Vec::new();
        for bracket in &settings.brackets {
            // A floor that does not fit is above all that is asked.
            if let Ok(floor) = i64::try_from(bracket.floor.raw()) {
                steps.push(Step { floor, parts: parts(bracket.initial)? });
            }
        }
        let tick_value = i64::try_from(settings.tick_value()?.raw()).ok()?;
        Some(Self { tick_value, steps, fee: parts(settings.fees.taker.max(Ratio::ZERO))? })
    }

    /// What one lot is worth for each tick; `None` where only the exact look will do.
    pub(crate) fn tick_value(&self) -> Option<i64> {
        (self.tick_value > 0).then_some(self.tick_value)
    }

    /// At least the margin for new risk of a notional.
    pub(crate) fn initial(&self, notional: i64, leverage: u16) -> Option<i64> {
        let (first, others) = self.steps.split_first()?;
        let above = others.iter().take_while(|step| step.floor <= notional).last();
        let bracket = above.unwrap_or(first).parts;
        share(notional, bracket.max(PARTS.div_ceil(u64::from(leverage.max(1))).saturating_add(1)))
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
