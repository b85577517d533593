//! What came out of a tick of one feed, as a recording keeps it: enough to see that it is the same, and what is not.

use oracle_core::Tick;
use serde::{Deserialize, Serialize};
use units::Price;

/// What came out of a tick of one feed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The number of the tick.
    pub tick: u64,
    /// Over inputs, configuration, result and the digest before.
    pub digest: String,
    /// What the price is good for.
    pub status: String,
    /// What the asset trades at.
    pub market: Option<String>,
    /// What it is worth by what it can be redeemed for.
    pub fundamental: Option<String>,
    /// What collateral is valued at.
    pub liquidation: Option<String>,
    /// One standard error.
    pub confidence: Option<String>,
}

/// The first field that two outcomes differ in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDifference {
    /// Its name.
    pub field: &'static str,
    /// What it was.
    pub recorded: String,
    /// What it is.
    pub found: String,
}

impl From<&Tick> for Outcome {
    fn from(tick: &Tick) -> Self {
        let text = |price: Option<Price>| price.map(|price| price.to_string());
        Self {
            tick: tick.number,
            digest: tick.digest.to_string(),
            status: tick.status.name().to_owned(),
            market: text(tick.market),
            fundamental: text(tick.fundamental),
            liquidation: text(tick.liquidation),
            confidence: text(tick.confidence),
        }
    }
}

impl Outcome {
    /// The first field that differs, apart from the digest; `None` where only that does.
    #[must_use]
    pub fn difference(&self, found: &Self) -> Option<FieldDifference> {
        let text = |price: &Option<String>| price.clone().unwrap_or_else(|| "none".to_owned());
        let fields = [
            ("tick", self.tick.to_string(), found.tick.to_string()),
            ("status", self.status.clone(), found.status.clone()),
            ("market", text(&self.market), text(&found.market)),
            ("fundamental", text(&self.fundamental), text(&found.fundamental)),
            ("liquidation", text(&self.liquidation), text(&found.liquidation)),
            ("confidence", text(&self.confidence), text(&found.confidence)),
        ];
        let differs = fields.into_iter().find(|(_, recorded, found)| recorded != found);
        differs.map(|(field, recorded, found)| FieldDifference { field, recorded, found })
    }
}
