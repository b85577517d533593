//! What is said of a rule on a day.

use units::Price;

/// The oracle's market lane, and its liquidation lane, among the rules.
pub(crate) const MARKET: &str = "Seawall, market";
pub(crate) const LIQUIDATION: &str = "Seawall, liquidation";

/// All rules of a day.
pub(crate) type Rows = Vec<(&'static str, Score)>;

/// How far a rule was from the truth.
#[derive(Clone, Debug, Default)]
pub(crate) struct Score {
    /// The lowest price shown.
    pub(crate) lowest: Price,
    /// The largest distance from the truth, in millionths of it.
    pub(crate) worst_ppm: i128,
    /// For how long it was more than five per cent from the truth.
    pub(crate) beyond_ms: u64,
    /// How long after the true move it was within one per cent of the truth; `None` where it never was.
    pub(crate) delay_ms: Option<u64>,
    /// For how long it showed no price.
    pub(crate) none_ms: u64,
}

impl Score {
    /// Counts what was shown for a step of the day.
    pub(crate) fn count(
        &mut self,
        shown: Option<Price>,
        truth: Price,
        (at, step): (u64, u64),
        moved_at: Option<u64>,
    ) {
        let Some(shown) = shown else {
            self.none_ms += step;
            return;
        };
        if self.lowest == Price::ZERO || shown < self.lowest {
            self.lowest = shown;
        }
        let off = shown.deviation(truth).map_or(0, |off| off.raw() / 1_000_000);
        // How fast a true move is followed is a column of its own.
        if moved_at.is_none() {
            self.worst_ppm = self.worst_ppm.max(off);
            self.beyond_ms += if off > 50_000 { step } else { 0 };
        }
        if let Some(moved_at) = moved_at.filter(|moved_at| at >= *moved_at)
            && off <= 10_000
        {
            self.delay_ms.get_or_insert(at - moved_at);
        }
    }
}
