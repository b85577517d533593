//! Sources that stand still while others move: their connection is alive and their book is not.

use std::collections::VecDeque;

use units::{Price, Span, Timestamp};

use crate::group::GroupPrice;
use crate::settings::Parameters;

/// How often the groups' prices are noted.
const SAMPLE: Span = Span::from_secs(1);

/// Notes kept: more than the longest time a source may stand still before it is looked at.
const SAMPLES_MAX: usize = 128;

/// What the groups of a feed said of late.
#[derive(Clone, Debug, Default)]
pub(crate) struct Movement {
    samples: VecDeque<(Timestamp, Vec<(usize, Price)>)>,
}

impl Movement {
    /// Notes what the groups say, once a second.
    pub(crate) fn note(&mut self, now: Timestamp, groups: &[GroupPrice], parameters: &Parameters) {
        if self.samples.back().is_some_and(|(at, _)| now.since(*at) < SAMPLE) {
            return;
        }
        let old = |at: Timestamp| now.since(at) > parameters.frozen_after;
        // The last one that is old enough stays: it is what is compared with.
        let mut note = Vec::new();
        while self.samples.get(1).is_some_and(|(at, _)| old(*at))
            || self.samples.len() >= SAMPLES_MAX
        {
            // Its memory serves the new one.
            note = self.samples.pop_front().map(|(_, note)| note).unwrap_or_default();
        }
        note.clear();
        note.extend(groups.iter().map(|group| (group.group, group.price)));
        self.samples.push_back((now, note));
    }

    /// Whether enough other groups, and more than half of them, have moved in one direction while one stood still for
    /// as long as is noted, which is since `still`. Fewer than half could move so that those are refused who are right
    /// to stand still.
    pub(crate) fn others_moved(
        &self,
        (still, now): (Timestamp, Timestamp),
        own: usize,
        groups: &[(usize, Price)],
        parameters: &Parameters,
    ) -> bool {
        let Some((first, _)) = self.samples.front() else { return false };
        if now.since(*first) < parameters.frozen_after {
            return false;
        }
        // What moved before it stood still it may have moved along with.
        let Some((_, then)) = self.samples.iter().find(|(at, _)| *at >= still) else {
            return false;
        };
        let before =
            |group: usize| then.iter().find(|(other, _)| *other == group).map(|(_, price)| *price);
        let moved = |price: Price, before: Price| {
            price.deviation(before).is_some_and(|moved| moved > parameters.frozen_move)
        };
        // A book may stand still in its own unit, and what it is converted with move.
        let converted = groups.iter().find(|(group, _)| *group == own);
        if converted.is_some_and(|(_, price)| before(own).is_some_and(|old| moved(*price, old))) {
            return false;
        }
        let (mut up, mut down, mut others) = (0_usize, 0_usize, 0_usize);
        for (group, price) in groups.iter().filter(|(group, _)| *group != own) {
            others = others.saturating_add(1);
            let Some(before) = before(*group).filter(|before| moved(*price, *before)) else {
                continue;
            };
            let side = if *price > before { &mut up } else { &mut down };
            *side = side.saturating_add(1);
        }
        let most = up.max(down);
        most >= parameters.frozen_groups && most.saturating_mul(2) > others
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Class;

    fn moved<const N: usize>(to: [i128; N], secs: u64) -> bool {
        let parameters = Parameters::of(Class::Major);
        let mut movement = Movement::default();
        let at = |secs| Timestamp::ZERO.after(Span::from_secs(secs));
        let start: Vec<GroupPrice> = (0..N)
            .map(|group| GroupPrice { group, price: Price::whole(1_000), ..GroupPrice::default() })
            .collect();
        for second in 0..secs {
            movement.note(at(second), &start, &parameters);
        }
        let to: Vec<(usize, Price)> = to.map(Price::whole).into_iter().enumerate().collect();
        movement.others_moved((at(0), at(secs)), 0, &to, &parameters)
    }

    #[test]
    fn a_book_that_stands_still_while_three_others_move_is_dead() {
        assert!(moved([1_000, 1_003, 1_003, 1_004], 30));
        assert!(!moved([1_000, 1_003, 1_003, 1_000], 30), "two are not enough");
        assert!(!moved([1_000, 1_003, 1_003, 997], 30), "not in one direction");
        assert!(!moved([1_000, 1_002, 1_002, 1_002], 30), "not far enough");
        assert!(!moved([1_000, 1_003, 1_003, 1_004], 29), "not for long enough");
        assert!(!moved([1_003, 1_003, 1_003, 1_004], 30), "what it is converted with has moved");
    }

    #[test]
    fn what_moved_before_a_book_stood_still_is_not_held_against_it() {
        // All step by a little more or less than the limit, and then nobody moves any more.
        let parameters = Parameters::of(Class::Major);
        let mut movement = Movement::default();
        let at = |millis| Timestamp::ZERO.after(Span::from_millis(millis));
        let groups = |of: [i128; 4]| -> Vec<GroupPrice> {
            let group = |(group, price)| GroupPrice {
                group,
                price: Price::whole(price),
                ..GroupPrice::default()
            };
            of.into_iter().enumerate().map(group).collect()
        };
        let (before, after) = ([10_000; 4], [10_019, 10_021, 10_021, 10_022]);
        movement.note(at(0), &groups(before), &parameters);
        for second in 1..=30 {
            movement.note(at(second * 1_000), &groups(after), &parameters);
        }
        let now = groups(after).iter().map(|group| (group.group, group.price)).collect::<Vec<_>>();
        assert!(!movement.others_moved((at(250), at(30_250)), 0, &now, &parameters));
    }

    #[test]
    fn a_minority_that_moves_has_nobody_refused_who_stands_still() {
        // Three of seven could otherwise have the four who are right refused, and be the price.
        assert!(!moved([1_000, 1_000, 1_000, 1_000, 1_003, 1_003, 1_003], 30));
        assert!(moved([1_000, 1_000, 1_000, 1_003, 1_003, 1_003, 1_003], 30));
    }
}
