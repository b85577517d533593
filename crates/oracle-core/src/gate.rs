//! The gate: groups too far from the others are refused, where enough remain.

use units::{Price, Ratio, Rounding};

use crate::group::GroupPrice;
use crate::median::{median, median_ratio};
use crate::settings::Parameters;

/// A median absolute deviation times this is a standard deviation, where the noise is normal.
pub(crate) const TO_SIGMA: Ratio = Ratio::from_raw(1_482_600_000_000);

/// How far from the median of the groups a group may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gate {
    /// The median of all live groups, one vote each.
    pub center: Price,
    /// How far from it, as a part of it, a group may be.
    pub width: Ratio,
}

/// What became of the groups that are off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gated {
    /// They are marked as outliers, if there are any.
    #[default]
    Clear,
    /// They may not be left out, since too few would remain.
    Blurred,
}

/// The gate for some prices: the larger of the floor and so many median absolute deviations. `None` of nothing.
#[must_use]
pub fn gate(prices: &mut [Price], parameters: &Parameters) -> Option<Gate> {
    let center = median(prices)?;
    let mut deviations: Vec<Ratio> =
        prices.iter().filter_map(|price| price.deviation(center)).collect();
    let spread = median_ratio(&mut deviations)?;
    let width = spread
        .times(TO_SIGMA, Rounding::Up)
        .and_then(|sigma| sigma.times(parameters.gate_factor, Rounding::Up))
        .unwrap_or(Ratio::ZERO);
    Some(Gate { center, width: width.max(parameters.gate_floor) })
}

impl Gate {
    /// Whether a price passes.
    #[must_use]
    pub fn passes(&self, price: Price) -> bool {
        price.deviation(self.center).is_some_and(|deviation| deviation <= self.width)
    }

    /// Whether a price is so close that a group that was refused is on its way back.
    #[must_use]
    pub fn is_home(&self, price: Price, parameters: &Parameters) -> bool {
        let half = Ratio::from_raw(parameters.gate_floor.raw() >> 1);
        price.deviation(self.center).is_some_and(|deviation| deviation <= half)
    }
}

/// Applies the gate to live groups, each with its weight: marks those that are off, or says that it may not.
/// `quorum` is how many must remain; they must also hold more than half of the weight.
pub(crate) fn apply(groups: &mut [GroupPrice], gate: &Gate, quorum: usize) -> Gated {
    let total: u64 = groups.iter().map(|group| group.weight).sum();
    for group in groups.iter_mut() {
        group.outlier = !gate.passes(group.price);
    }
    let inside = || groups.iter().filter(|group| !group.outlier);
    let held: u64 = inside().map(|group| group.weight).sum();
    let all = inside().count() == groups.len();
    if all || (inside().count() >= quorum && held.saturating_mul(2) > total) {
        keep_out_returning(groups, quorum, total);
        return Gated::Clear;
    }
    for group in groups.iter_mut() {
        (group.outlier, group.returning) = (false, false);
    }
    Gated::Blurred
}

/// Who was refused before and passes now is kept out for a while, unless it is needed.
fn keep_out_returning(groups: &mut [GroupPrice], quorum: usize, total: u64) {
    let rest = || groups.iter().filter(|group| !group.outlier && !group.returning);
    let held: u64 = rest().map(|group| group.weight).sum();
    let enough = rest().count() >= quorum && held.saturating_mul(2) > total;
    for group in groups.iter_mut() {
        group.returning &= enough && !group.outlier;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Class;

    fn groups(of: &[&str]) -> Vec<GroupPrice> {
        let price = |text: &&str| Price::parse(text.as_bytes()).expect("a number");
        of.iter()
            .map(|text| GroupPrice { price: price(text), weight: 10, ..GroupPrice::default() })
            .collect()
    }

    fn gated(groups: &mut [GroupPrice], quorum: usize) -> Gated {
        let mut prices: Vec<Price> = groups.iter().map(|group| group.price).collect();
        let gate = gate(&mut prices, &Parameters::of(Class::Pegged)).expect("there are groups");
        apply(groups, &gate, quorum)
    }

    fn outliers(groups: &[GroupPrice]) -> Vec<bool> {
        groups.iter().map(|group| group.outlier).collect()
    }

    #[test]
    fn a_market_that_is_off_is_left_out() {
        let mut six = groups(&["0.65", "0.999", "1.0", "1.0005", "0.9995", "1.0001"]);
        assert_eq!(gated(&mut six, 4), Gated::Clear);
        assert_eq!(outliers(&six), [true, false, false, false, false, false]);
    }

    #[test]
    fn quiet_markets_may_differ_by_the_floor() {
        // Without a floor the gate would close to nothing where all but one agree to the digit.
        let mut four = groups(&["1.0", "1.0", "1.0", "1.004"]);
        assert_eq!(gated(&mut four, 3), Gated::Clear);
        assert!(!outliers(&four).contains(&true));
    }

    #[test]
    fn nobody_is_left_out_where_too_few_would_remain() {
        // Two of three would be the price of a feed that wants three.
        let mut three = groups(&["0.65", "1.0", "1.0"]);
        assert_eq!(gated(&mut three, 3), Gated::Blurred);
        assert!(!outliers(&three).contains(&true));
    }

    #[test]
    fn a_group_on_its_way_back_is_used_where_it_is_needed() {
        // All fall, the refused one first: it was right, and the price must be able to follow it.
        let mut four = groups(&["0.65", "0.651", "0.65", "1.0"]);
        four[0].returning = true;
        assert_eq!(gated(&mut four, 3), Gated::Clear);
        assert!(!four[0].returning, "without it two would remain");
        let mut five = groups(&["1.0", "1.0", "1.0", "1.0", "1.0"]);
        five[0].returning = true;
        assert_eq!(gated(&mut five, 3), Gated::Clear);
        assert!(five[0].returning, "four are enough");
    }
}
