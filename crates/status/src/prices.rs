//! The oracle's assets: what is remembered, drawn and said of them.

mod chart;
mod finding;
mod past;

pub(crate) use chart::chart;
pub(crate) use finding::with_prices;
pub(crate) use past::PricePast;

use crate::component::Severity;
use crate::price::PriceStatus;

/// How bad a status is.
pub(crate) const fn severity(status: PriceStatus) -> Severity {
    match status {
        PriceStatus::Live => Severity::Good,
        PriceStatus::Degraded | PriceStatus::Held => Severity::Minor,
        PriceStatus::Capped | PriceStatus::Split => Severity::Major,
        PriceStatus::Halted => Severity::Critical,
    }
}
