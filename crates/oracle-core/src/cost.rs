//! What it costs to move a price: at least how much money, on which venues.

use units::Money;

use crate::group::GroupPrice;
use crate::input::Depth;

/// Groups beyond this many are not tried in every combination: the deepest of them are taken for out of reach.
const GROUPS_MAX: usize = 16;

/// Up or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// Bought up: costs what sellers offer.
    Up,
    /// Sold down: costs what buyers bid.
    Down,
}

/// What it takes to move a feed's price by one per cent, and to hold it there for a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CostToMove {
    /// At least so much money. Books that are not seen count as free, and those seen in part for what was seen.
    pub at_least: Money,
    /// The groups that it would be spent on: the cheapest that hold the median.
    pub groups: Vec<usize>,
    /// Of these, those whose book is not seen.
    pub unseen: Vec<usize>,
}

/// The cheapest set of groups that holds at least half of the weight: whoever moves all of them moves the weighted
/// median with them, and moves the gate along. `None` where there is no group.
#[must_use]
pub fn cost_to_move(
    used: &[GroupPrice],
    depths: &[Option<Depth>],
    direction: Direction,
) -> Option<CostToMove> {
    let total: u64 = used.iter().map(|group| group.weight).sum();
    let cost = |depth: &Option<Depth>| {
        depth.map(|depth| match direction {
            Direction::Up => depth.asks,
            Direction::Down => depth.bids,
        })
    };
    let mut all: Vec<(usize, u64, Option<Money>)> = used
        .iter()
        .zip(depths)
        .map(|(group, depth)| (group.group, group.weight, cost(depth)))
        .collect();
    all.sort_by_key(|(group, _, cost)| (cost.unwrap_or(Money::ZERO), *group));
    all.truncate(GROUPS_MAX);
    let mut best: Option<(Money, u32)> = None;
    let sets = 1_u32.checked_shl(u32::try_from(all.len()).ok()?)?;
    for set in 1..sets {
        let chosen = || all.iter().enumerate().filter(move |(place, _)| is_in(set, *place));
        let weight: u64 = chosen().map(|(_, (_, weight, _))| *weight).sum();
        if weight.saturating_mul(2) < total {
            continue;
        }
        let sum = chosen()
            .fold(Money::ZERO, |sum, (_, (_, _, cost))| sum.plus(cost.unwrap_or(Money::ZERO)));
        if best.is_none_or(|(least, other)| (sum, set.count_ones()) < (least, other.count_ones())) {
            best = Some((sum, set));
        }
    }
    let (at_least, set) = best?;
    let chosen = || all.iter().enumerate().filter(move |(place, _)| is_in(set, *place));
    let groups = chosen().map(|(_, (group, _, _))| *group).collect();
    let unseen = chosen().filter(|(_, (_, _, cost))| cost.is_none());
    let unseen = unseen.map(|(_, (group, _, _))| *group).collect();
    Some(CostToMove { at_least, groups, unseen })
}

fn is_in(set: u32, place: usize) -> bool {
    u32::try_from(place).is_ok_and(|place| set.checked_shr(place).unwrap_or(0) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(weights: &[u64]) -> Vec<GroupPrice> {
        let group = |(group, weight): (usize, &u64)| GroupPrice {
            group,
            weight: *weight,
            ..GroupPrice::default()
        };
        weights.iter().enumerate().map(group).collect()
    }

    fn depth(millions: i128) -> Option<Depth> {
        let money = Money::whole(millions * 1_000_000);
        Some(Depth { bids: money, asks: money.plus(money), complete: true })
    }

    #[test]
    fn the_cheapest_half_of_the_weight_is_what_it_costs() {
        let used = groups(&[30, 25, 25, 20]);
        let depths = [depth(20), depth(1), depth(2), depth(100)];
        let down = cost_to_move(&used, &depths, Direction::Down).expect("there are groups");
        assert_eq!((down.at_least, down.groups), (Money::whole(3_000_000), vec![1, 2]));
        let up = cost_to_move(&used, &depths, Direction::Up).expect("there are groups");
        assert_eq!(up.at_least, Money::whole(6_000_000));
    }

    #[test]
    fn a_book_that_is_not_seen_is_said_not_to_be() {
        let used = groups(&[30, 30, 40]);
        let cost = cost_to_move(&used, &[depth(5), None, depth(9)], Direction::Down)
            .expect("there are groups");
        assert_eq!((cost.at_least, cost.unseen), (Money::whole(5_000_000), vec![1]));
        assert_eq!(cost_to_move(&[], &[], Direction::Up), None);
    }
}
