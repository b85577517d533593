//! What it costs to move a price: at least how much money, on which venues.

use units::Money;

use crate::group::GroupPrice;
use crate::input::Depth;

/// Ways to spend the money that are remembered at once. Seven groups have no more; of more groups most ways are worse
/// than another one, and with what remains the work stays small however many there are.
const WAYS_MAX: usize = 128;

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
    let half = total.div_ceil(2);
    let mut ways = vec![Way::default()];
    for (group, depth) in used.iter().zip(depths) {
        let cost = depth.map(|depth| match direction {
            Direction::Up => depth.asks,
            Direction::Down => depth.bids,
        });
        let more: Vec<Way> = ways.iter().map(|way| way.with(group, cost, half)).collect();
        ways.extend(more);
        keep_the_best(&mut ways);
    }
    let cheapest = ways.into_iter().find(|way| way.weight >= half && !way.groups.is_empty())?;
    Some(CostToMove { at_least: cheapest.cost, groups: cheapest.groups, unseen: cheapest.unseen })
}

/// Some of the groups: what they hold and what they cost.
#[derive(Clone, Debug, Default)]
struct Way {
    /// No more than half: what is beyond is worth nothing.
    weight: u64,
    cost: Money,
    groups: Vec<usize>,
    unseen: Vec<usize>,
}

impl Way {
    fn with(&self, group: &GroupPrice, cost: Option<Money>, half: u64) -> Self {
        let mut way = self.clone();
        way.weight = way.weight.saturating_add(group.weight).min(half);
        way.cost = way.cost.plus(cost.unwrap_or(Money::ZERO));
        way.groups.push(group.group);
        if cost.is_none() {
            way.unseen.push(group.group);
        }
        way
    }
}

/// Leaves those ways than which no other holds as much for as little, cheapest first. Where these are too many two that
/// are next to one another become one that is as cheap as the one and holds as much as the other: what comes out may
/// then be less than the truth, and never more.
fn keep_the_best(ways: &mut Vec<Way>) {
    ways.sort_by_key(|way| (way.cost, core::cmp::Reverse(way.weight), way.groups.len()));
    let mut most = None;
    ways.retain(|way| {
        let better = most.is_none_or(|most| way.weight > most);
        if better {
            most = Some(way.weight);
        }
        better
    });
    if ways.len() > WAYS_MAX {
        let pairs = ways.chunks(2).filter_map(|pair| {
            let (cheaper, heavier) = (pair.first()?, pair.last()?);
            Some(Way { cost: cheaper.cost, ..heavier.clone() })
        });
        *ways = pairs.collect();
    }
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
        let free = cost_to_move(&groups(&[50, 50]), &[None, None], Direction::Up);
        assert_eq!(free.expect("there are groups").groups.len(), 1, "no more than are needed");
    }

    /// The cheapest of all sets of groups, each of which is tried.
    fn of_all_sets(used: &[GroupPrice], depths: &[Option<Depth>]) -> Money {
        let total: u64 = used.iter().map(|group| group.weight).sum();
        let cost = |set: u32| {
            let is_in = |place: &usize| set >> place & 1 == 1;
            let weight: u64 = (0..used.len()).filter(is_in).map(|place| used[place].weight).sum();
            let costs = (0..used.len()).filter(is_in).filter_map(|place| depths[place]);
            let cost = costs.fold(Money::ZERO, |sum, depth| sum.plus(depth.bids));
            (weight * 2 >= total).then_some(cost)
        };
        (1..1_u32 << used.len()).filter_map(cost).min().expect("all of them are enough")
    }

    #[test]
    fn no_way_that_is_cheaper_is_overlooked() {
        // Who trusts the figure lends more than the price can bear.
        let mut chance = machine::Prng::new(7);
        for round in 0..300 {
            let count = 1 + chance.index(12);
            let weights: Vec<u64> = (0..count).map(|_| 1 + chance.below(1_000)).collect();
            let depths: Vec<Option<Depth>> = (0..count)
                .map(|_| depth(i128::from(chance.below(50))).filter(|_| chance.below(5) > 0))
                .collect();
            let used = groups(&weights);
            let said = cost_to_move(&used, &depths, Direction::Down).expect("there are groups");
            let truth = of_all_sets(&used, &depths);
            assert!(said.at_least <= truth, "{round}: {said:?}, {truth}");
            assert!(count > 7 || said.at_least == truth, "{round}: {said:?}, {truth}");
        }
    }

    #[test]
    fn of_many_groups_something_is_said_too() {
        // There is nothing as deep as an asset that is traded everywhere; it must not look as if nobody knew.
        let weights: Vec<u64> = (0..60).map(|place| 1_000 + place * place).collect();
        let depths: Vec<Option<Depth>> = (0..60).map(|place| depth(1 + place % 7)).collect();
        let cost =
            cost_to_move(&groups(&weights), &depths, Direction::Up).expect("there are groups");
        // The cheapest thirty of them hold less than half.
        assert!(
            (Money::whole(100_000_000)..Money::whole(240_000_000)).contains(&cost.at_least),
            "{cost:?}"
        );
    }
}
