//! What was: prices second by second, and counts since the start. Fed with every tick, read by whoever asks for the
//! past: Hermes at a time, averages over any window, metrics.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use oracle_core::{Moment, Refusal, SourceId, Status};
use units::{Price, Span};

use super::shown::{STALL, STATUSES};
use crate::published::{FeedView, Published};

/// The longest past: an hour, as the longest average has.
pub(crate) const SECONDS_MAX: usize = 3_600;

/// Points of all feeds together, at some hundred bytes each: with more than a hundred feeds the past is shorter.
const POINTS_MAX: usize = 400_000;

/// A feed at the first tick of a second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    /// Seconds since 1970.
    pub second: u64,
    pub status: Status,
    /// The number of the tick.
    pub tick: u64,
    /// What there was of a price.
    pub price: Option<PointPrice>,
}

/// The price of a point.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PointPrice {
    pub market: Price,
    pub confidence: Price,
    pub ema: Price,
    pub as_of: Moment,
}

/// The mean of a feed over a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mean {
    pub price: Price,
    pub confidence: Price,
    /// The first and the last second of the window.
    pub from: u64,
    pub to: u64,
    /// Seconds of it with a price.
    pub seen: u64,
}

#[derive(Debug, Default)]
struct FeedPast {
    points: VecDeque<Point>,
    /// How long it was in each status, in the order of [`STATUSES`].
    lasted: [Span; 6],
    /// How often each source came to be refused, by reason.
    refused: BTreeMap<(SourceId, Refusal), u64>,
    before: Vec<Option<Refusal>>,
}

/// The past of all feeds.
#[derive(Debug, Default)]
pub(crate) struct Past(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    at: Option<Moment>,
    feeds: Vec<FeedPast>,
}

impl Past {
    /// Takes in what was published; what is not newer than the last is ignored.
    pub(crate) fn observe(&self, published: &Published) {
        let mut inner = self.lock();
        let passed = match inner.at {
            Some(last) if published.at.now <= last.now => return,
            // What is longer was not seen, and nobody knows the status of it.
            Some(last) => published.at.now.since(last.now).min(STALL),
            None => Span::ZERO,
        };
        inner.at = Some(published.at);
        inner.feeds.resize_with(published.feeds.len(), FeedPast::default);
        let most =
            POINTS_MAX.checked_div(published.feeds.len()).unwrap_or(0).clamp(60, SECONDS_MAX);
        for (past, view) in inner.feeds.iter_mut().zip(&published.feeds) {
            past.observe(view, passed, most);
        }
    }

    /// The first point of a feed that is not before a second.
    pub(crate) fn at(&self, feed: usize, second: u64) -> Option<Point> {
        let inner = self.lock();
        let points = &inner.feeds.get(feed)?.points;
        // What is older than the past may have had an earlier point that is forgotten.
        points.front().filter(|first| first.second <= second)?;
        let place = points.partition_point(|point| point.second < second);
        points.get(place).copied()
    }

    /// The mean over the last `window` seconds; `None` where none of them had a price.
    pub(crate) fn mean(&self, feed: usize, window: u64) -> Option<Mean> {
        let inner = self.lock();
        let points = &inner.feeds.get(feed)?.points;
        let to = points.back()?.second;
        let from = to.saturating_sub(window.saturating_sub(1));
        let (mut market, mut confidence, mut seen) = (0_i128, 0_i128, 0_u64);
        let inside = points.iter().rev().take_while(|point| point.second >= from);
        for price in inside.filter_map(|point| point.price) {
            market = market.saturating_add(price.market.raw());
            confidence = confidence.saturating_add(price.confidence.raw());
            seen += 1;
        }
        let part = |sum: i128| sum.checked_div(i128::from(seen)).map(Price::from_raw);
        Some(Mean { price: part(market)?, confidence: part(confidence)?, from, to, seen })
    }

    /// How long a feed was in each status.
    pub(crate) fn lasted(&self, feed: usize) -> [Span; 6] {
        self.lock().feeds.get(feed).map_or([Span::ZERO; 6], |feed| feed.lasted)
    }

    /// How often sources of a feed came to be refused, by source and reason.
    pub(crate) fn refused(&self, feed: usize) -> BTreeMap<(SourceId, Refusal), u64> {
        self.lock().feeds.get(feed).map_or_else(BTreeMap::new, |feed| feed.refused.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Every change leaves it sound, so one broken off by a panic is, too.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FeedPast {
    fn observe(&mut self, view: &FeedView, passed: Span, most: usize) {
        let tick = &view.tick;
        let place = STATUSES.iter().position(|status| *status == tick.status);
        if let Some(lasted) = place.and_then(|place| self.lasted.get_mut(place)) {
            *lasted = lasted.plus(passed);
        }
        for (place, report) in tick.sources.iter().enumerate() {
            let before = self.before.get(place).copied().flatten();
            if let Some(refusal) = report.refusal
                && before != Some(refusal)
            {
                *self.refused.entry((report.source, refusal)).or_default() += 1;
            }
        }
        self.before = tick.sources.iter().map(|report| report.refusal).collect();
        let second = tick.at.unix_ms / 1_000;
        if self.points.back().is_none_or(|last| last.second < second) {
            let price = tick.market.zip(tick.confidence).zip(tick.as_of);
            let price = price.map(|((market, confidence), as_of)| PointPrice {
                market,
                confidence,
                ema: tick.averages.ema.unwrap_or(market),
                as_of,
            });
            self.points.push_back(Point { second, status: tick.status, tick: tick.number, price });
        }
        let extra = self.points.len().saturating_sub(most);
        self.points.drain(..extra);
    }
}
