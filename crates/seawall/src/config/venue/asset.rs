//! The `[[venue.asset]]` tables: collateral.

use std::ops::RangeInclusive;

use ::venue::config::AssetConfig;
use units::{Money, Ratio};
use venue_core::{AssetSettings, HaircutTier};

use super::super::exact;
use super::super::reader::{Found, Reader};
use super::super::report::{Place, Report};

/// The keys of `[[venue.asset]]`.
pub(super) const KEYS: &[&str] = &["name", "feed", "haircuts"];

const TIER_KEYS: &[&str] = &["from", "initial", "maintenance"];

/// Nothing to all of it.
const SHARE: RangeInclusive<Ratio> = Ratio::ZERO..=Ratio::ONE;

const TIERS: &str = "a list such as [{ from = 0, initial = \"10%\", maintenance = \"5%\" }]; what is taken off the worth";

/// An asset as far as it could be read.
#[derive(Debug)]
pub(super) struct AssetDraft {
    /// Where its table begins.
    pub place: Place,
    /// Its name.
    pub name: Option<Found<String>>,
    /// The feed of its price.
    pub feed: Option<Found<String>>,
    /// What is taken off its worth.
    pub haircuts: Vec<HaircutTier>,
}

/// Reads one asset.
pub(super) fn read(table: &Reader<'_>, report: &mut Report<'_>) -> AssetDraft {
    table.missing("name", super::ASSET, report);
    table.missing("feed", super::FEED, report);
    table.missing("haircuts", TIERS, report);
    let tiers = table.tables("haircuts", TIER_KEYS, report);
    let haircuts = tiers.iter().filter_map(|tier| {
        let floor = exact::money(tier, "from", report);
        tier.missing("initial", "a share, for new risk and loans", report);
        tier.missing("maintenance", "a share, for maintenance", report);
        let initial = exact::share(tier, "initial", &SHARE, report);
        let maintenance = exact::share(tier, "maintenance", &SHARE, report);
        Some(HaircutTier {
            floor: floor.map_or(Money::ZERO, |found| found.value),
            initial: initial?.value,
            maintenance: maintenance?.value,
        })
    });
    let haircuts = haircuts.collect();
    AssetDraft {
        place: table.place.clone(),
        name: table.text("name", super::ASSET, report, super::asset_name),
        feed: table.text("feed", super::FEED, report, super::feed),
        haircuts,
    }
}

impl AssetDraft {
    /// The asset, where every value could be read.
    pub(super) fn finish(self) -> Option<AssetConfig> {
        let settings = AssetSettings { name: self.name?.value, haircuts: self.haircuts };
        Some(AssetConfig { settings, feed: self.feed?.value })
    }
}
