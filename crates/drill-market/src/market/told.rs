//! What passes between the world, the real oracle and the real venue: prices, and what the venue is told of a tick.

use oracle_core::{Status, Tick};
use units::{Price, Timestamp};
use venue_core::{PriceOf, PriceStatus, PriceUpdate};

/// Dollars as a price, to the billionth.
pub(crate) fn price(dollars: f64) -> Price {
    Price::from_raw(libm::round(dollars.max(0.0) * 1e9) as i128 * 1_000)
}

/// A price in dollars.
pub(crate) fn dollars(price: Price) -> f64 {
    price.raw() as f64 / 1e12
}

/// What the venue is told of a tick, as its reader of the oracle's stream has it.
pub(crate) fn update(of: PriceOf, tick: &Tick, now: Timestamp) -> PriceUpdate {
    let status = match tick.status {
        Status::Live => PriceStatus::Live,
        Status::Capped => PriceStatus::Capped,
        Status::Degraded => PriceStatus::Degraded,
        Status::Held => PriceStatus::Held,
        Status::Split => PriceStatus::Split,
        Status::Halted => PriceStatus::Halted,
    };
    let ends = (tick.clusters.iter().min(), tick.clusters.iter().max());
    let (market, liquidation) = match (tick.market, ends) {
        (Some(market), _) => (Some(market), tick.liquidation.unwrap_or(market)),
        (None, (Some(low), Some(high))) => (Some(*low), *high),
        (None, _) => (None, Price::ZERO),
    };
    let as_of = now.before(tick.age);
    match market {
        Some(market) => {
            let confidence = tick.confidence.unwrap_or(Price::ZERO);
            PriceUpdate { of, status, market, liquidation, confidence, as_of }
        }
        None => {
            let status = PriceStatus::Halted;
            PriceUpdate { status, ..PriceUpdate::live(of, Price::ZERO, as_of) }
        }
    }
}
