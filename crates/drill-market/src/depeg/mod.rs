//! Collateral that is priced wrongly: an asset that is worth something, a venue whose own book says otherwise, and
//! people who have borrowed against it there.
//!
//! Real: the oracle's core, with the feed of the configuration, told by every market of it each second; the venue's core,
//! with loans against the asset, the conversion of collateral, the house that sells it, and the venue's own book of the
//! asset, on which it is sold. The oracle's liquidation price is the venue's collateral price.
//!
//! Simulated: what the asset is worth, the other markets, makers of the venue's own book (a ladder around a price that
//! sales move and that arbitrage, halted or not, brings back), one seller, and who has borrowed. Left out: contracts and
//! other collateral of the same people, who adds to his margin or pays back in time, what liquidations do to other
//! assets, and fees of transfers.

mod day;
mod exchange;
mod feeds;
mod heard;
mod loans;
mod own;
mod terms;
#[cfg(test)]
mod tests;

use incident::{Mechanism, Outcome, Parameter, Scene, Watch};

use crate::ReadConfiguration;
use terms::Terms;

/// What is measured.
const FIGURES: &[(&str, &str)] = &[
    ("wrongful_accounts", "people liquidated who were not due by what their collateral was worth"),
    ("wrongful_usd", "collateral taken from them, at what it was worth"),
    ("lost_usd", "how much less they got for it"),
    ("liquidated_accounts", "people liquidated"),
    ("liquidated_usd", "collateral taken from them, at what it was worth"),
    ("bad_debt_usd", "what is owed to the venue and will never be paid"),
    (
        "carried_usd",
        "lent to those who brought the asset because more was lent on it than it costs",
    ),
    ("delay_seconds", "from the true fall to the fall of what collateral is valued at"),
    ("lowest_index_usd", "the lowest price that collateral was valued at"),
    ("lowest_venue_usd", "the lowest price of the venue's own book"),
    ("multiplier", "dollars liquidated for each dollar of the sale"),
];

/// Collateral that is priced wrongly.
#[derive(Clone, Copy)]
pub(crate) struct Depeg {
    /// Reads configurations.
    pub(crate) read: ReadConfiguration,
}

impl std::fmt::Debug for Depeg {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Depeg").finish_non_exhaustive()
    }
}

impl Mechanism for Depeg {
    fn name(&self) -> &'static str {
        "depeg"
    }

    fn about(&self) -> &'static str {
        "An asset that people borrow against on a venue, whose own book of it may fall away from what it is worth. The \
         real core of the oracle hears all of its markets and the venue's own book each second, and the real core of the \
         venue liquidates by what the oracle says and sells the collateral on that book, which moves it. Simulated are \
         what the asset is worth, the other markets, makers, a seller, arbitrage that stops and goes on, and who has \
         borrowed. Left out are other positions of these people, whoever adds to his margin in time, and what it all \
         does to other assets."
    }

    fn parameters(&self) -> Vec<Parameter> {
        terms::parameters()
    }

    fn figures(&self) -> &'static [(&'static str, &'static str)] {
        FIGURES
    }

    fn is_deterministic(&self) -> bool {
        true
    }

    fn run(&self, scene: &Scene<'_>, watch: &dyn Watch) -> Result<Outcome, String> {
        let terms = Terms::read(scene.parameters)?;
        let configured = (self.read)(scene.configuration)?;
        day::run(&terms, &configured, scene.seed, watch)
    }
}
