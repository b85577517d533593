//! Exchange rates: what a wrapped asset is redeemed for, within what it can have grown or lost.
//!
//! On 2026-03-10 a cap on such a rate was 2.85 % too low, because the ratio that growth is measured from was updated
//! and its time was not, and the cap became the price: 26 million dollars were liquidated. So here value, time and
//! block are one record that is only ever replaced as a whole, and a bound that binds never becomes the price: the
//! last rate that was within bounds is held, and the status says so.

use std::collections::VecDeque;

use machine::check_invariant;
use units::{Ratio, Rounding, fixed};

use crate::input::{Moment, RateReading};
use crate::rule::Cap;
use crate::settings::RateSettings;

/// How often a reading becomes a record that growth may later be measured from, in milliseconds: once an hour.
const RECORD_EVERY_MS: u64 = 3_600_000;

/// Records that are kept: more than a week of hours.
const RECORDS_MAX: usize = 24 * 8;

/// Of these, so many span the age that a record has to have; the others are for the time until the next one.
const RECORDS_SPAN: u64 = 24 * 7;

/// Readings of the newest blocks that wait for another reader to say the same.
const WAITING_MAX: usize = 32;

const DAY_MS: i128 = 86_400_000;
const YEAR_MS: i128 = 365 * DAY_MS;

/// A rate and when it was that: never one without the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateRecord {
    /// How much comes out for one.
    pub ratio: Ratio,
    /// The time of the block that it was read at, in milliseconds since 1970.
    pub time_ms: u64,
    /// That block.
    pub block: u64,
}

/// How a rate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateStanding {
    /// Nothing has been read yet.
    Unknown,
    /// It is within its bounds.
    Within(Ratio),
    /// It was read above its bound; the last rate that was within is held.
    Above {
        /// What is held.
        held: Ratio,
        /// The bound.
        bound: Ratio,
        /// What was read.
        read: Ratio,
    },
    /// It was read below its bound; the last rate that was within is held.
    Below {
        /// What is held.
        held: Ratio,
        /// The bound.
        bound: Ratio,
        /// What was read.
        read: Ratio,
    },
}

/// Watches one exchange rate.
#[derive(Clone, Debug)]
pub struct RateGuard {
    settings: RateSettings,
    /// Records that growth may be measured from, oldest first.
    records: VecDeque<RateRecord>,
    waiting: VecDeque<RateReading>,
    /// The newest reading that enough readers agreed on, and the last of these that was within bounds.
    newest: Option<RateRecord>,
    accepted: Option<RateRecord>,
    standing: RateStanding,
    read_at: Option<Moment>,
}

impl RateGuard {
    /// A guard that has seen nothing.
    #[must_use]
    pub fn new(settings: RateSettings) -> Self {
        let record = |(ratio, time_ms)| RateRecord { ratio, time_ms, block: 0 };
        let records = settings.snapshot.map(record).into_iter().collect();
        let standing = settings.fixed.map_or(RateStanding::Unknown, RateStanding::Within);
        Self {
            settings,
            records,
            waiting: VecDeque::new(),
            newest: None,
            accepted: None,
            standing,
            read_at: None,
        }
    }

    /// How the rate stands.
    #[must_use]
    pub const fn standing(&self) -> RateStanding {
        self.standing
    }

    /// The rate to use; `None` before there is one.
    #[must_use]
    pub const fn ratio(&self) -> Option<Ratio> {
        match self.standing {
            RateStanding::Unknown => None,
            RateStanding::Within(ratio)
            | RateStanding::Above { held: ratio, .. }
            | RateStanding::Below { held: ratio, .. } => Some(ratio),
        }
    }

    /// The record that growth is measured from at present.
    #[must_use]
    pub fn snapshot(&self) -> Option<RateRecord> {
        self.records.front().copied()
    }

    /// Whether the last reading is too old, or there never was one.
    #[must_use]
    pub fn is_old(&self, at: Moment) -> bool {
        let old = |read: Moment| at.now.since(read.now) > self.settings.age_max;
        self.settings.fixed.is_none() && self.read_at.is_none_or(old)
    }

    /// Takes in what one reader says. It counts once enough readers have said the same of the same block.
    pub fn take(&mut self, at: Moment, reading: RateReading) {
        if reading.ratio <= Ratio::ZERO || self.settings.fixed.is_some() {
            return;
        }
        // Value, time and block: a reader that agrees on the value alone could bring in a time of its own.
        let same = |other: &RateReading| {
            (other.block, other.ratio, other.time_ms)
                == (reading.block, reading.ratio, reading.time_ms)
        };
        let others = self.waiting.iter().filter(|other| same(other));
        let others = others.filter(|other| other.reader != reading.reader).count();
        if others.saturating_add(1) < self.settings.readers {
            if !self.waiting.contains(&reading) {
                self.waiting.push_back(reading);
            }
            let extra = self.waiting.len().saturating_sub(WAITING_MAX);
            self.waiting.drain(..extra);
            return;
        }
        // An older block than the newest says nothing new.
        if self.newest.is_some_and(|newest| reading.block < newest.block) {
            return;
        }
        self.waiting.retain(|other| other.block > reading.block);
        let RateReading { ratio, time_ms, block, .. } = reading;
        let record = RateRecord { ratio, time_ms, block };
        // A node that has stopped says the same block for ever, which is no news.
        if self.newest.is_none_or(|newest| block > newest.block) {
            self.read_at = Some(at);
        }
        self.newest = Some(record);
        self.judge(record);
    }

    fn judge(&mut self, record: RateRecord) {
        let Some(snapshot) = self.snapshot() else {
            self.accept(record);
            return;
        };
        let (low, high) = self.bounds(snapshot, record.time_ms);
        let held = self.accepted.map_or(snapshot.ratio, |accepted| accepted.ratio);
        let read = record.ratio;
        if read > high && self.settings.cap == Cap::Bind {
            // As a cap that is the price: within by what it says itself.
            self.accept(RateRecord { ratio: high, ..record });
        } else if read > high {
            self.standing = RateStanding::Above { held, bound: high, read };
        } else if read < low {
            self.standing = RateStanding::Below { held, bound: low, read };
        } else {
            self.accept(record);
        }
    }

    fn accept(&mut self, record: RateRecord) {
        let bounds = self.snapshot().map(|snapshot| self.bounds(snapshot, record.time_ms));
        check_invariant!(
            "OR-6",
            bounds.is_none_or(|(low, high)| (low..=high).contains(&record.ratio)),
            "a rate of {} with bounds of {bounds:?}",
            record.ratio
        );
        self.accepted = Some(record);
        self.standing = RateStanding::Within(record.ratio);
        let age = self.settings.snapshot_age.as_millis();
        // As many as are kept reach back as far as growth is measured.
        let every = RECORD_EVERY_MS.max(age.div_ceil(RECORDS_SPAN));
        let due = |last: &RateRecord| record.time_ms.saturating_sub(last.time_ms) >= every;
        if self.records.back().is_none_or(due) {
            self.records.push_back(record);
        }
        // The oldest goes once the next one is old enough to measure growth from.
        let old = |next: &RateRecord| record.time_ms.saturating_sub(next.time_ms) >= age;
        while self.records.get(1).is_some_and(old) || self.records.len() > RECORDS_MAX {
            self.records.pop_front();
        }
    }

    /// What the rate may be at a time: linear growth, and loss by the day.
    fn bounds(&self, snapshot: RateRecord, time_ms: u64) -> (Ratio, Ratio) {
        let passed = i128::from(time_ms.saturating_sub(snapshot.time_ms));
        let part = |most: Ratio, of: i128| {
            let part = fixed::mul_div(most.raw(), passed, of, Rounding::Up).unwrap_or(fixed::ONE);
            snapshot.ratio.times(Ratio::from_raw(part), Rounding::Up).unwrap_or(Ratio::ZERO)
        };
        let low = snapshot.ratio.minus(part(self.settings.loss_max, DAY_MS));
        let high = snapshot.ratio.plus(part(self.settings.growth_max, YEAR_MS));
        // What one reading may be off by rounding alone.
        (low.minus(Ratio::from_raw(1)), high.plus(Ratio::from_raw(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400_000;

    fn ratio(text: &str) -> Ratio {
        Ratio::parse(text.as_bytes()).expect("a number")
    }

    fn read(guard: &mut RateGuard, day: u64, text: &str) -> RateStanding {
        let time_ms = day * DAY;
        let reading = RateReading { reader: 0, ratio: ratio(text), block: day, time_ms };
        let now = units::Timestamp::ZERO.after(units::Span::from_millis(time_ms));
        guard.take(Moment { now, unix_ms: time_ms }, reading);
        guard.standing()
    }

    fn guard() -> RateGuard {
        RateGuard::new(RateSettings {
            snapshot: Some((ratio("1.20"), 0)),
            ..RateSettings::default()
        })
    }

    #[test]
    fn a_rate_may_grow_as_fast_as_is_allowed() {
        let mut guard = guard();
        assert_eq!(read(&mut guard, 1, "1.2003"), RateStanding::Within(ratio("1.2003")));
        // Ten per cent a year of 1.20 is 0.00033 a day.
        assert!(matches!(read(&mut guard, 2, "1.2010"), RateStanding::Above { .. }));
    }

    #[test]
    fn a_bound_that_binds_is_not_the_price() {
        // The incident of 2026-03-10: the cap came down below the true rate, and was used as the rate.
        let mut guard = guard();
        read(&mut guard, 1, "1.2002");
        let standing = read(&mut guard, 2, "1.23");
        assert!(matches!(standing, RateStanding::Above { .. }), "{standing:?}");
        assert_eq!(guard.ratio(), Some(ratio("1.2002")), "neither the bound nor the reading");
        let standing = read(&mut guard, 3, "0.9");
        assert!(matches!(standing, RateStanding::Below { .. }), "{standing:?}");
        assert_eq!(guard.ratio(), Some(ratio("1.2002")));
        assert_eq!(read(&mut guard, 4, "1.2004"), RateStanding::Within(ratio("1.2004")));
    }

    #[test]
    fn growth_is_measured_from_a_record_a_week_old() {
        let mut guard = RateGuard::new(RateSettings::default());
        for day in 1..=30 {
            let text = format!("1.{:04}", 2_000 + day * 2);
            assert!(matches!(read(&mut guard, day, &text), RateStanding::Within(_)), "day {day}");
        }
        let snapshot = guard.snapshot().expect("there is a record");
        assert_eq!(
            (snapshot.time_ms, snapshot.ratio),
            (23 * DAY, ratio("1.2046")),
            "time and ratio of one reading"
        );
    }

    #[test]
    fn one_reader_of_two_is_not_believed() {
        let settings = RateSettings { readers: 2, ..RateSettings::default() };
        let mut guard = RateGuard::new(settings);
        let reading = |reader, text, block| RateReading {
            reader,
            ratio: ratio(text),
            block,
            time_ms: block * 1_000,
        };
        guard.take(Moment::default(), reading(0, "1.2", 7));
        guard.take(Moment::default(), reading(0, "1.2", 7));
        assert_eq!(guard.ratio(), None, "one reader twice is one reader");
        guard.take(Moment::default(), reading(1, "9.9", 7));
        guard.take(Moment::default(), reading(1, "1.2", 8));
        assert_eq!(guard.ratio(), None, "another value, and another block");
        let lie = RateReading { time_ms: 8_000_000, ..reading(2, "1.2", 7) };
        guard.take(Moment::default(), lie);
        assert_eq!(guard.ratio(), None, "another time: growth would be measured by it");
        guard.take(Moment::default(), reading(2, "1.2", 7));
        assert_eq!(guard.ratio(), Some(ratio("1.2")));
    }

    #[test]
    fn a_node_that_has_stopped_is_no_reading() {
        // It answers every question, and the rate that it says could be a week old.
        let mut guard = guard();
        read(&mut guard, 1, "1.2002");
        let at = |hours: u64| {
            let now = units::Timestamp::ZERO.after(units::Span::from_secs(86_400 + hours * 3_600));
            Moment { now, unix_ms: DAY }
        };
        let same = RateReading { reader: 0, ratio: ratio("1.2002"), block: 1, time_ms: DAY };
        guard.take(at(1), same);
        assert!(!guard.is_old(at(1)));
        guard.take(at(2), same);
        assert!(guard.is_old(at(2)));
    }

    #[test]
    fn growth_may_be_measured_over_more_than_a_week() {
        let snapshot_age = units::Span::from_secs(21 * 86_400);
        let mut guard = RateGuard::new(RateSettings { snapshot_age, ..RateSettings::default() });
        for hour in 24..40 * 24_u64 {
            let time_ms = hour * 3_600_000;
            let reading = RateReading { reader: 0, ratio: ratio("1.2"), block: hour, time_ms };
            guard.take(Moment::default(), reading);
        }
        let age = 40 * DAY - guard.snapshot().expect("there is a record").time_ms;
        assert!((21 * DAY..23 * DAY).contains(&age), "{age}");
    }
}
