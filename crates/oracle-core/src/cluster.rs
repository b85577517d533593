//! Two markets instead of one: groups that have parted so far that there is no single price.

use units::{Price, Ratio, Rounding};

use crate::gate::gate;
use crate::group::GroupPrice;
use crate::median::median;
use crate::settings::Parameters;

/// The prices of the markets that groups have parted into, lowest first, where none of these holds more than half of
/// the groups and more than half of the weight; nothing where one does.
///
/// A gap parts them where it is wider than twice what the noise on either side of it explains. The gate alone would
/// not see this: half of the groups far away makes the deviation so large that everybody passes.
#[must_use]
pub(crate) fn split(groups: &[GroupPrice], parameters: &Parameters) -> Option<Vec<Price>> {
    let mut sorted: Vec<(Price, u64)> =
        groups.iter().map(|group| (group.price, group.weight)).collect();
    sorted.sort_unstable();
    let weight = |side: &[(Price, u64)]| side.iter().map(|(_, weight)| *weight).sum::<u64>();
    let total = weight(&sorted);
    let count = sorted.len();
    let mut rest = sorted.as_slice();
    let mut prices = Vec::new();
    while !rest.is_empty() {
        let start = count.saturating_sub(rest.len());
        let end = (start.saturating_add(1)..count)
            .find(|place| is_parted(&sorted, *place, parameters))
            .unwrap_or(count);
        let (cluster, behind) = rest.split_at_checked(end.saturating_sub(start))?;
        let most = cluster.len().saturating_mul(2) > count;
        if most && weight(cluster).saturating_mul(2) > total {
            return None;
        }
        prices.push(middle(cluster)?);
        rest = behind;
    }
    (prices.len() > 1).then_some(prices)
}

/// Whether the gap below a place parts those below from those from it on.
fn is_parted(sorted: &[(Price, u64)], place: usize, parameters: &Parameters) -> bool {
    let parted = || {
        let (lower, upper) = sorted.split_at_checked(place)?;
        let (low, high) = (lower.last()?.0, upper.first()?.0);
        let noise = |side: &[(Price, u64)]| {
            let mut prices: Vec<Price> = side.iter().map(|(price, _)| *price).collect();
            gate(&mut prices, parameters).map(|gate| gate.width)
        };
        let width = noise(lower)?.max(noise(upper)?);
        let apart = high.minus(low).over(low, Rounding::Down)?;
        Some(apart > Ratio::from_raw(width.raw().saturating_mul(2)))
    };
    parted().unwrap_or(false)
}

fn middle(cluster: &[(Price, u64)]) -> Option<Price> {
    median(&mut cluster.iter().map(|(price, _)| *price).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Class;

    fn parted(of: &[(&str, u64)]) -> Option<Vec<String>> {
        let group = |(text, weight): &(&str, u64)| GroupPrice {
            price: Price::parse(text.as_bytes()).expect("a number"),
            weight: *weight,
            ..GroupPrice::default()
        };
        let groups: Vec<GroupPrice> = of.iter().map(group).collect();
        let prices = split(&groups, &Parameters::of(Class::Pegged))?;
        Some(prices.iter().map(Price::to_string).collect())
    }

    #[test]
    fn half_against_half_is_no_price() {
        // Half way between 0.65 and 1.00 is a price that nobody trades at.
        let even = [("0.65", 10), ("0.651", 10), ("1.0", 10), ("1.001", 10)];
        assert_eq!(parted(&even), Some(vec!["0.6505".to_owned(), "1.0005".to_owned()]));
        let deeper = [("0.65", 11), ("0.651", 10), ("1.0", 10), ("1.001", 10)];
        assert!(
            parted(&deeper).is_some(),
            "a little more depth does not decide between two and two"
        );
        assert!(parted(&[("0.9", 10), ("1.0", 10)]).is_some());
    }

    #[test]
    fn most_of_the_groups_and_of_the_weight_are_one_market() {
        assert_eq!(parted(&[("0.92", 10), ("0.997", 10), ("0.9997", 10)]), None);
        assert_eq!(parted(&[("1.0", 10)]), None);
        assert_eq!(parted(&[]), None);
    }

    #[test]
    fn a_disorderly_market_is_still_one() {
        // In a crash venues are per cents apart; that is noise as long as it is everywhere.
        assert_eq!(parted(&[("0.90", 10), ("0.93", 10), ("0.96", 10), ("1.0", 10)]), None);
    }
}
