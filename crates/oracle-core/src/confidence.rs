//! How well a price is known: one standard error, never better than a floor.

use units::{Price, Ratio, Rounding, Span, fixed};

use crate::gate::TO_SIGMA;
use crate::group::GroupPrice;
use crate::median::{Weighted, median, weighted_median, weighted_quantile};
use crate::settings::Parameters;

/// The largest of: half the median spread, the weighted median absolute deviation made comparable to a standard
/// deviation, half the distance of the weighted quartiles, and the floor; and what conversion adds.
#[must_use]
pub(crate) fn confidence(price: Price, used: &[GroupPrice], parameters: &Parameters) -> Price {
    let mut spreads: Vec<Price> = used.iter().map(|group| group.half_spread).collect();
    let spread = median(&mut spreads).unwrap_or(Price::ZERO);
    let weighted = |of: &dyn Fn(&GroupPrice) -> Price| -> Vec<Weighted> {
        used.iter().map(|group| Weighted { price: of(group), weight: group.weight }).collect()
    };
    let mut off = weighted(&|group| group.price.distance(price));
    let deviation = weighted_median(&mut off)
        .and_then(|deviation| deviation.times(TO_SIGMA, Rounding::Up))
        .unwrap_or(Price::ZERO);
    let mut sorted = weighted(&|group| group.price);
    sorted.sort_unstable();
    let quartile = |part| weighted_quantile(&sorted, part, 4).unwrap_or(price);
    let range = Price::from_raw(quartile(3).minus(quartile(1)).raw() >> 1);
    let floor = price.times(parameters.confidence_floor, Rounding::Up).unwrap_or(price);
    let own = spread.max(deviation).max(range).max(floor);
    let mut conversions = weighted(&|group| group.conversion);
    let conversion = weighted_median(&mut conversions).unwrap_or(Price::ZERO);
    both(own, conversion)
}

/// The standard error of two errors that have nothing to do with one another.
#[must_use]
pub(crate) fn both(one: Price, other: Price) -> Price {
    if other == Price::ZERO {
        return one;
    }
    let square = |price: Price| fixed::mul_div(price.raw(), price.raw(), fixed::ONE, Rounding::Up);
    let sum = square(one).zip(square(other)).map(|(one, other)| one.saturating_add(other));
    let root = |sum: i128| Some(Price::from_raw(sum.checked_mul(fixed::ONE)?.isqrt()));
    // Where the squares do not fit the plain sum is on the safe side.
    sum.and_then(root).unwrap_or_else(|| one.plus(other))
}

/// How much less is known of a price after some time: its error grows with the root of it.
#[must_use]
pub(crate) fn aged(confidence: Price, age: Span) -> Price {
    // The root of 1 + age in seconds, in millionths.
    let second = u128::from(Span::from_secs(1).as_nanos());
    let sum = second.saturating_add(u128::from(age.as_nanos()));
    let root = sum.saturating_mul(1_000_000_000_000).checked_div(second).unwrap_or(0).isqrt();
    let root = i128::try_from(root).unwrap_or(i128::MAX).saturating_mul(1_000_000);
    confidence.times(Ratio::from_raw(root), Rounding::Up).unwrap_or(confidence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Class;

    fn price(text: &str) -> Price {
        Price::parse(text.as_bytes()).expect("a number")
    }

    fn groups(of: &[&str]) -> Vec<GroupPrice> {
        of.iter()
            .map(|text| GroupPrice { price: price(text), weight: 10, ..GroupPrice::default() })
            .collect()
    }

    #[test]
    fn confidence_is_never_better_than_its_floor() {
        let parameters = Parameters::of(Class::Major);
        assert_eq!(
            confidence(price("100"), &groups(&["100", "100", "100"]), &parameters),
            price("0.02")
        );
    }

    #[test]
    fn sources_that_differ_are_not_sure() {
        let parameters = Parameters::of(Class::Major);
        let apart = confidence(price("100"), &groups(&["99", "100", "101"]), &parameters);
        assert_eq!(apart, price("1.4826"));
    }

    #[test]
    fn the_error_of_a_conversion_comes_on_top() {
        assert_eq!(both(price("3"), price("4")), price("5"));
        assert_eq!(both(price("3"), Price::ZERO), price("3"));
        let large = Price::from_raw(i128::MAX >> 2);
        assert_eq!(both(large, large), large.plus(large));
    }

    #[test]
    fn an_old_price_is_less_sure() {
        assert_eq!(aged(price("1"), Span::ZERO), price("1"));
        assert_eq!(aged(price("1"), Span::from_secs(3)), price("2"));
    }
}
