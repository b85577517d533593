//! What feeds need of each other: in which order they are priced, circles, and how many conversions stand in a row.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::FeedId;

/// What each feed needs the price of.
pub(crate) type Needs = BTreeMap<FeedId, BTreeSet<FeedId>>;

/// All feeds, each after those that it needs, and otherwise in their own order.
///
/// # Errors
/// A circle: its feeds in order, the first of them again at the end.
pub(crate) fn sorted(needs: &Needs) -> Result<Vec<FeedId>, Vec<FeedId>> {
    let mut wanted: BTreeMap<FeedId, Vec<FeedId>> = BTreeMap::new();
    for (feed, needed) in needs {
        for need in needed {
            wanted.entry(*need).or_default().push(*feed);
        }
    }
    let mut open: BTreeMap<FeedId, usize> =
        needs.iter().map(|(feed, needed)| (*feed, needed.len())).collect();
    let ready = open.iter().filter(|(_, count)| **count == 0);
    let mut ready: BTreeSet<FeedId> = ready.map(|(feed, _)| *feed).collect();
    let mut order = Vec::with_capacity(needs.len());
    while let Some(feed) = ready.pop_first() {
        open.remove(&feed);
        order.push(feed);
        for waiting in wanted.get(&feed).into_iter().flatten() {
            let Some(count) = open.get_mut(waiting) else { continue };
            *count = count.saturating_sub(1);
            if *count == 0 {
                ready.insert(*waiting);
            }
        }
    }
    let still = |feed: &FeedId| open.contains_key(feed);
    match open.keys().next() {
        None => Ok(order),
        Some(first) => Err(circle(needs, *first, still)),
    }
}

/// The circle that is come to from a feed each of whose needs, and theirs in turn, has one that is still open.
fn circle(needs: &Needs, first: FeedId, is_open: impl Fn(&FeedId) -> bool) -> Vec<FeedId> {
    let mut path = vec![first];
    let mut feed = first;
    while let Some(need) = needs.get(&feed).into_iter().flatten().find(|need| is_open(need)) {
        let seen = path.iter().position(|one| one == need);
        path.push(*need);
        if let Some(seen) = seen {
            return path.split_off(seen);
        }
        feed = *need;
    }
    path
}

/// For each feed the longest row of conversions that its prices go through: itself, what its sources are converted
/// with, what the sources of that are, and so on. `order` has each feed after those that it is converted with.
pub(crate) fn rows(legs: &Needs, order: &[FeedId]) -> BTreeMap<FeedId, Vec<FeedId>> {
    let mut rows: BTreeMap<FeedId, Vec<FeedId>> = BTreeMap::new();
    for feed in order {
        let before = legs.get(feed).into_iter().flatten().filter_map(|leg| rows.get(leg));
        // Of rows of one length the first.
        let longest = before.rev().max_by_key(|row| row.len());
        let mut row = vec![*feed];
        row.extend(longest.into_iter().flatten());
        rows.insert(*feed, row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(all: &[&[usize]]) -> Needs {
        let feeds = all.iter().enumerate();
        let named = |places: &&[usize]| places.iter().copied().map(FeedId::new).collect();
        feeds.map(|(feed, needs)| (FeedId::new(feed), named(needs))).collect()
    }

    fn places(feeds: &[FeedId]) -> Vec<usize> {
        feeds.iter().map(|feed| feed.place()).collect()
    }

    #[test]
    fn a_feed_comes_after_what_it_needs() {
        // Before it, it would be converted with the price of the tick before.
        let check = |all: &[&[usize]], expected: &[usize]| {
            assert_eq!(places(&sorted(&needs(all)).expect("no circle")), expected, "{all:?}");
        };
        check(&[], &[]);
        check(&[&[], &[], &[]], &[0, 1, 2]);
        check(&[&[1], &[2], &[]], &[2, 1, 0]);
        check(&[&[2, 1], &[2], &[], &[0]], &[2, 1, 0, 3]);
    }

    #[test]
    fn a_circle_is_named_without_what_only_leads_to_it() {
        // Who is shown a list of all that is stuck does not find the mistake in it.
        let check = |all: &[&[usize]], expected: &[usize]| {
            assert_eq!(places(&sorted(&needs(all)).expect_err("a circle")), expected, "{all:?}");
        };
        check(&[&[0]], &[0, 0]);
        check(&[&[1], &[2], &[3], &[1]], &[1, 2, 3, 1]);
        check(&[&[], &[0, 2], &[1], &[1, 0]], &[1, 2, 1]);
    }

    #[test]
    fn the_longest_row_counts() {
        // Each leg adds its error and its delay, whichever of the sources it is that needs it.
        let legs = needs(&[&[], &[0], &[0, 1], &[0, 2], &[]]);
        let order = sorted(&legs).expect("no circle");
        let rows = rows(&legs, &order);
        let row = |feed: usize| rows.get(&FeedId::new(feed)).map(|row| places(row));
        assert_eq!(row(3), Some(vec![3, 2, 1, 0]));
        assert_eq!((row(1), row(4)), (Some(vec![1, 0]), Some(vec![4])));
    }
}
