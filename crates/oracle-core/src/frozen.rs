//! Sources that stand still while others move: their connection is alive and their book is not.

use std::collections::VecDeque;

use units::{Price, Ratio, Rounding, Span, Timestamp};

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

    /// Whether enough other groups, and more than half of them, have moved away from one in one direction since what
    /// was noted first. Fewer than half could move so that those are refused who are right to stand still. What counts
    /// is how much further they have moved than the one: it may have moved along with them before it stood still, or
    /// with what it is converted with.
    pub(crate) fn others_moved(
        &self,
        now: Timestamp,
        own: usize,
        groups: &[(usize, Price)],
        parameters: &Parameters,
    ) -> bool {
        let Some((at, then)) = self.samples.front() else { return false };
        if now.since(*at) < parameters.frozen_after {
            return false;
        }
        let moved = |(group, price): &(usize, Price)| {
            let (_, before) = then.iter().find(|(other, _)| other == group)?;
            price.over(*before, Rounding::Nearest)
        };
        let mine = groups.iter().find(|(group, _)| *group == own).and_then(moved);
        let mine = mine.unwrap_or(Ratio::ONE);
        let (mut up, mut down, mut others) = (0_usize, 0_usize, 0_usize);
        for one in groups.iter().filter(|(group, _)| *group != own) {
            others = others.saturating_add(1);
            let Some(moved) = moved(one) else { continue };
            if moved.distance(mine) > parameters.frozen_move {
                let side = if moved > mine { &mut up } else { &mut down };
                *side = side.saturating_add(1);
            }
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
        movement.others_moved(at(secs), 0, &to, &parameters)
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
        assert!(!movement.others_moved(at(30_250), 0, &now, &parameters));
    }

    #[test]
    fn a_minority_that_moves_has_nobody_refused_who_stands_still() {
        // Three of seven could otherwise have the four who are right refused, and be the price.
        assert!(!moved([1_000, 1_000, 1_000, 1_000, 1_003, 1_003, 1_003], 30));
        assert!(moved([1_000, 1_000, 1_000, 1_003, 1_003, 1_003, 1_003], 30));
    }
}
