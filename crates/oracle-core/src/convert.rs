//! Conversion into a feed's unit, and the error that it adds.

use units::{Price, Ratio, Rounding, fixed};

use crate::confidence::both;
use crate::input::Moment;
use crate::status::Status;
use crate::tick::Tick;

/// A price in the feed's unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Converted {
    /// The price.
    pub price: Price,
    /// The standard error that conversion adds to it.
    pub error: Price,
    /// As of when what it was converted with is, where that is less than live.
    pub degraded: Option<Moment>,
}

/// What prices are converted with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Leg {
    rate: Price,
    error: Price,
    degraded: Option<Moment>,
}

impl Leg {
    /// The leg that a feed's tick is; `None` where it has no price now.
    pub(crate) fn of(tick: &Tick) -> Option<Self> {
        let rate = tick.market.filter(|rate| *rate > Price::ZERO)?;
        let live = matches!(tick.status, Status::Live | Status::Capped);
        let degraded = (!live).then(|| tick.as_of.unwrap_or(tick.at));
        Some(Self { rate, error: tick.confidence.unwrap_or(Price::ZERO), degraded })
    }
}

/// A price in the unit of the feed: turned round where it is of the unit in the asset, and times the leg. `None` where
/// it does not fit.
pub(crate) fn convert(price: Price, invert: bool, leg: Option<Leg>) -> Option<Converted> {
    let price = if invert {
        fixed::mul_div(fixed::ONE, fixed::ONE, price.raw(), Rounding::Nearest)
            .map(Price::from_raw)?
    } else {
        price
    };
    let Some(Leg { rate, error, degraded }) = leg else {
        return Some(Converted { price, ..Converted::default() });
    };
    let times = |by: Price| price.times(Ratio::from_raw(by.raw()), Rounding::Nearest);
    Some(Converted { price: times(rate)?, error: both(times(error)?, Price::ZERO), degraded })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> Price {
        Price::parse(text.as_bytes()).expect("a number")
    }

    #[test]
    fn a_tether_price_is_worth_what_tether_is() {
        let tether = Tick {
            status: Status::Live,
            market: Some(price("0.97")),
            confidence: Some(price("0.001")),
            ..Tick::default()
        };
        let leg = Leg::of(&tether);
        let converted = convert(price("100000"), false, leg).expect("it fits");
        assert_eq!(
            converted,
            Converted { price: price("97000"), error: price("100"), degraded: None }
        );
        let as_of = Some(Moment { unix_ms: 7, ..Moment::default() });
        let held = Tick { status: Status::Held, as_of, ..tether.clone() };
        let converted = convert(price("1"), false, Leg::of(&held));
        assert_eq!(converted.and_then(|one| one.degraded), as_of);
        assert_eq!(Leg::of(&Tick { market: None, ..tether }), None);
    }

    #[test]
    fn a_price_of_the_unit_in_the_asset_is_turned_round() {
        let converted = convert(price("0.00025"), true, None).expect("it fits");
        assert_eq!(converted.price, price("4000"));
        assert_eq!(convert(Price::ZERO, true, None), None);
    }
}
