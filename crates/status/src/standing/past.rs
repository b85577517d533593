//! What the page remembers of the venue: work and liquidations over the last five minutes, the fund over the last hour.

use std::collections::VecDeque;

use units::Money;

use crate::venue::{LaneView, VenueView};

/// Time between two samples of work and of liquidations.
pub(crate) const SAMPLE_MS: u64 = 5_000;

/// Samples that are kept: five minutes.
pub(crate) const SAMPLES: usize = 60;

/// Time between two samples of the fund.
pub(crate) const FUND_SAMPLE_MS: u64 = 60_000;

/// Samples of the fund that are kept: an hour.
pub(crate) const FUND_SAMPLES: usize = 60;

/// Over what time rates are told, and the share and number of what is shed from which it matters: as for failing calls
/// of a chain.
pub(crate) const WINDOW_MS: u64 = 30_000;
const SHED_PER_HUNDRED: u64 = 1;
const SHED_MIN: u64 = 5;

/// Work and liquidations within one sample's time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Which [`SAMPLE_MS`] since 1970.
    pub(crate) index: u64,
    pub(crate) admitted: u64,
    pub(crate) shed: u64,
    pub(crate) taped: u64,
}

/// What became of a lane's work over the last [`WINDOW_MS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) admitted: u64,
    pub(crate) shed: u64,
    /// Over how long, in milliseconds; below [`WINDOW_MS`] just after the start.
    pub(crate) over_ms: u64,
}

impl Rate {
    /// Whether so much was sent away that it matters.
    pub(crate) const fn is_overload(self) -> bool {
        let all = self.admitted.saturating_add(self.shed);
        self.shed >= SHED_MIN && self.shed * 100 > all * SHED_PER_HUNDRED
    }
}

/// Counters at one time.
#[derive(Clone, Debug, Default)]
struct Counted {
    at_ms: u64,
    taped: u64,
    /// Admitted and shed of each lane.
    lanes: Vec<(String, u64, u64)>,
}

/// The memory of the venue.
#[derive(Clone, Debug, Default)]
pub(crate) struct VenuePast {
    /// Oldest first.
    window: VecDeque<Counted>,
    /// Oldest first.
    pub(crate) samples: VecDeque<Sample>,
    /// Which [`FUND_SAMPLE_MS`] since 1970, and the least that was in the fund within it; oldest first.
    pub(crate) fund: VecDeque<(u64, Money)>,
}

impl VenuePast {
    /// Takes in how the venue stands at a time; nothing is remembered of a venue that is not there.
    pub(crate) fn observe(&mut self, at_ms: u64, view: Option<&VenueView>) {
        let Some(view) = view.filter(|view| !view.lanes.is_empty()) else { return };
        let count = |lane: &LaneView| (lane.name.clone(), lane.admitted, lane.shed);
        let counted =
            Counted { at_ms, taped: view.taped, lanes: view.lanes.iter().map(count).collect() };
        self.sample(&counted);
        self.window.push_back(counted);
        while self.window.len() > 2
            && self.window.get(1).is_some_and(|next| next.at_ms + WINDOW_MS <= at_ms)
        {
            self.window.pop_front();
        }
        let index = at_ms / FUND_SAMPLE_MS;
        let fund = view.fund.fund;
        match self.fund.back_mut() {
            Some((newest, least)) if *newest == index => *least = fund.min(*least),
            _ => self.fund.push_back((index, fund)),
        }
        while self.fund.len() > FUND_SAMPLES {
            self.fund.pop_front();
        }
    }

    fn sample(&mut self, counted: &Counted) {
        let index = counted.at_ms / SAMPLE_MS;
        if self.samples.back().is_none_or(|sample| sample.index < index) {
            self.samples.push_back(Sample { index, ..Sample::default() });
        }
        let before = self.window.back();
        if let (Some(before), Some(sample)) = (before, self.samples.back_mut()) {
            for (admitted, shed) in grown(&before.lanes, &counted.lanes) {
                sample.admitted += admitted;
                sample.shed += shed;
            }
            sample.taped += counted.taped.saturating_sub(before.taped);
        }
        while self.samples.len() > SAMPLES {
            self.samples.pop_front();
        }
    }

    /// What became of each lane's work over the last half a minute, in the order of the lanes.
    pub(crate) fn rates(&self) -> Vec<Rate> {
        let (Some(first), Some(last)) = (self.window.front(), self.window.back()) else {
            return Vec::new();
        };
        let over_ms = last.at_ms.saturating_sub(first.at_ms);
        let rate = |(admitted, shed)| Rate { admitted, shed, over_ms };
        grown(&first.lanes, &last.lanes).map(rate).collect()
    }

    /// Entries of the tape within the last five minutes.
    pub(crate) fn taped(&self) -> u64 {
        self.samples.iter().map(|sample| sample.taped).sum()
    }
}

/// How far the counters of each lane have grown. What went back was started anew: all that it holds is growth.
fn grown<'a>(
    before: &'a [(String, u64, u64)],
    after: &'a [(String, u64, u64)],
) -> impl Iterator<Item = (u64, u64)> + 'a {
    after.iter().map(|(name, admitted, shed)| {
        let known = before.iter().find(|(known, ..)| known == name);
        match known {
            Some((_, was_admitted, was_shed)) if was_admitted <= admitted && was_shed <= shed => {
                (admitted - was_admitted, shed - was_shed)
            }
            Some(_) => (*admitted, *shed),
            None => (0, 0),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(admitted: u64, shed: u64, fund: i128) -> VenueView {
        let lane = LaneView { name: "all".to_owned(), admitted, shed, ..LaneView::default() };
        let mut view =
            VenueView { lanes: vec![lane], taped: admitted / 10, ..VenueView::default() };
        view.fund.fund = Money::whole(fund);
        view
    }

    #[test]
    fn what_is_shed_now_is_told_and_what_was_shed_an_hour_ago_is_not() {
        // A counter that only grows says nothing of whether a trader gets in now.
        let mut past = VenuePast::default();
        for second in 0..100_u64 {
            past.observe(second * 1_000, Some(&view(second * 10, second.min(40) * 5, 9)));
            if second == 40 {
                let rate = past.rates()[0];
                assert_eq!((rate.admitted, rate.shed, rate.over_ms), (300, 150, 30_000));
                assert!(rate.is_overload());
            }
        }
        let rate = past.rates()[0];
        assert_eq!((rate.admitted, rate.shed), (300, 0));
        assert!(!rate.is_overload());
        assert_eq!(past.taped(), 99);
    }

    #[test]
    fn a_stray_refusal_is_no_overload() {
        let rate = |admitted, shed| Rate { admitted, shed, over_ms: WINDOW_MS };
        assert!(!rate(0, 4).is_overload() && rate(0, 5).is_overload());
        assert!(!rate(10_000, 90).is_overload() && rate(10_000, 120).is_overload());
    }

    #[test]
    fn the_least_that_was_in_the_fund_within_a_minute_is_seen_later() {
        // A fund that was empty for a moment has paid nobody in that moment.
        let mut past = VenuePast::default();
        for (at_ms, fund) in [(0, 9), (20_000, 1), (40_000, 8), (60_000, 8)] {
            past.observe(at_ms, Some(&view(0, 0, fund)));
        }
        assert_eq!(past.fund, [(0, Money::whole(1)), (1, Money::whole(8))]);
    }

    #[test]
    fn memory_does_not_grow_with_time_and_counters_may_begin_anew() {
        let mut past = VenuePast::default();
        for second in 0..10_000_u64 {
            past.observe(second * 1_000, Some(&view(second % 5_000, 0, 9)));
        }
        assert_eq!((past.samples.len(), past.fund.len()), (SAMPLES, FUND_SAMPLES));
        assert!(past.window.len() <= 32);
        assert_eq!(past.rates()[0].admitted, 30);
        past.observe(0, None);
    }
}
