//! The oracle: all feeds and sources, what comes in, and what is published.

use std::collections::VecDeque;

use units::{Span, Timestamp};

use crate::clocks::SourceState;
use crate::convert::Leg;
use crate::cost::{CostToMove, Direction, cost_to_move};
use crate::digest::Digest;
use crate::event::{Event, EventKind};
use crate::feed::FeedState;
use crate::gather::Inputs;
use crate::hash;
use crate::id::{FeedId, SourceId};
use crate::input::{Depth, Input, Moment};
use crate::plan::{Plan, SourcePlan};
use crate::rate::RateStanding;
use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::settings::OracleSettings;
use crate::status::Status;
use crate::tick::Tick;

/// Events that wait to be fetched; the oldest go first.
const EVENTS_MAX: usize = 4_096;

/// After what is told of a source it is not spoken of for so long: one at the edge of a limit would fill the log, and
/// what became of it is told then.
const QUIET: Span = Span::from_secs(10);

/// The whole oracle as a state machine.
#[derive(Clone, Debug)]
pub struct Oracle {
    plan: Plan,
    settings: Digest,
    sources: Vec<SourceState>,
    feeds: Vec<FeedState>,
    events: VecDeque<Event>,
}

impl Oracle {
    /// An oracle that has heard nothing.
    ///
    /// # Errors
    /// Every mistake in the configuration.
    pub fn new(settings: OracleSettings) -> Result<Self, Vec<crate::plan::ConfigMistake>> {
        let digest = hash::of_settings(&settings);
        let plan = Plan::new(settings)?;
        let feeds = plan.feeds.iter().map(FeedState::new).collect();
        let sources = vec![SourceState::default(); plan.sources.len()];
        Ok(Self { plan, settings: digest, sources, feeds, events: VecDeque::new() })
    }

    /// The configuration.
    #[must_use]
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The digest of the configuration.
    #[must_use]
    pub const fn settings_digest(&self) -> Digest {
        self.settings
    }

    /// Takes in what a source said, or what became of its connection. What names nothing that is configured is
    /// ignored.
    pub fn apply(&mut self, at: Moment, input: Input) {
        let source = match input {
            Input::Quote(source, _)
            | Input::Trade(source, _)
            | Input::Point(source, _)
            | Input::Beat(source)
            | Input::Gap(source)
            | Input::Resync(source)
            | Input::Lost(source)
            | Input::NoPrice(source)
            | Input::Depth(source, _) => source,
            Input::Rate(feed, reading) => {
                let rate =
                    self.feeds.get_mut(feed.place()).and_then(|feed| feed.lanes.rate.as_mut());
                let before = rate.as_ref().map(|rate| rate.standing());
                if let Some(rate) = rate {
                    rate.take(at, reading);
                }
                self.note_rate(at, feed, before);
                return;
            }
            Input::Redemption(feed, healthy) => {
                if let Some(feed) = self.feeds.get_mut(feed.place()) {
                    feed.lanes.redeems = healthy;
                }
                return;
            }
        };
        let Some(state) = self.sources.get_mut(source.place()) else { return };
        match input {
            Input::Quote(_, quote) => state.take_quote(at, quote),
            Input::Trade(_, trade) => state.take_trade(at, trade),
            Input::Point(_, trade) => state.take_point(at, trade),
            Input::Gap(_) => state.set_gap(at, true),
            Input::Resync(_) => state.set_gap(at, false),
            Input::Lost(_) => state.lose(),
            Input::NoPrice(_) => state.withdraw(at),
            Input::Depth(_, depth) => self.take_depth(at.now, source, depth),
            Input::Beat(_) | Input::Rate(..) | Input::Redemption(..) => state.hear(at),
        }
    }

    fn take_depth(&mut self, now: Timestamp, source: SourceId, depth: Depth) {
        let (Some(plan), Some(state)) =
            (self.plan.sources.get(source.place()), self.sources.get_mut(source.place()))
        else {
            return;
        };
        let feed = self.feeds.get(plan.feed.place()).zip(self.plan.feeds.get(plan.feed.place()));
        if let Some((feed, settings)) = feed {
            let time = settings.settings.parameters.depth_time;
            state.depth.take(now, depth, time, feed.lanes.is_stormy(now));
        }
    }

    fn note_rate(&mut self, at: Moment, feed: FeedId, before: Option<RateStanding>) {
        let rate = self.feeds.get(feed.place()).and_then(|feed| feed.lanes.rate.as_ref());
        let after = rate.map(|rate| rate.standing());
        let bound = |standing: Option<RateStanding>| match standing {
            Some(
                RateStanding::Above { bound, read, .. } | RateStanding::Below { bound, read, .. },
            ) => Some((bound, read)),
            Some(RateStanding::Unknown | RateStanding::Within(_)) | None => None,
        };
        match (bound(before), bound(after)) {
            (None, Some((bound, read))) => self.log(at, feed, EventKind::Capped { bound, read }),
            (Some(_), None) => self.log(at, feed, EventKind::Uncapped),
            (None, None) | (Some(_), Some(_)) => {}
        }
    }

    /// Works out what is published of every feed, each after those that it needs.
    pub fn tick(&mut self, at: Moment) {
        for place in 0..self.plan.order.len() {
            if let Some(feed) = self.plan.order.get(place).copied() {
                self.tick_feed(at, feed);
            }
        }
    }

    /// Works out what is published of one feed, of what the feeds that it needs published last.
    pub fn tick_feed(&mut self, at: Moment, id: FeedId) {
        let Some(plan) = self.plan.feeds.get(id.place()) else { return };
        let Some(place) = self.feeds.get_mut(id.place()) else { return };
        // Taken out for the time being, since it is worked out from the others.
        let mut state = core::mem::take(place);
        let before = (state.tick.status, state.tick.digest);
        let leg = |source: &SourcePlan| match source.quote {
            None => Ok(None),
            Some(quote) => {
                let feed = self.feeds.get(quote.place());
                let leg = feed.and_then(|feed| Leg::of(&feed.tick));
                leg.map(Some).ok_or(Refusal::Conversion)
            }
        };
        let base = plan.base.and_then(|base| self.feeds.get(base.place())).map(|base| &base.tick);
        let plans = &self.plan.sources;
        let inputs = Inputs { at, plan, plans, sources: &mut self.sources, leg: &leg };
        state.step(inputs, base);
        let mine = plan.groups.iter().flat_map(|group| &group.sources);
        let states = mine.filter_map(|source| self.sources.get(source.place()));
        state.tick.digest = hash::of_tick(self.settings, before.1, &state.tick, states);
        self.note_changes(at, id, before.0, &mut state);
        if let Some(feed) = self.feeds.get_mut(id.place()) {
            *feed = state;
        }
    }

    /// What was published last of a feed.
    #[must_use]
    pub fn published(&self, feed: FeedId) -> Option<&Tick> {
        self.feeds.get(feed.place()).map(|feed| &feed.tick)
    }

    /// What it would cost to move a feed's price by one per cent; `None` where it has none.
    #[must_use]
    pub fn cost_to_move(&self, feed: FeedId, direction: Direction) -> Option<CostToMove> {
        let (state, plan) = (self.feeds.get(feed.place())?, self.plan.feeds.get(feed.place())?);
        if plan.settings.parameters.rule == Rule::VolumeMean {
            // What it takes depends on what is traded meanwhile.
            return None;
        }
        let now = state.tick.at.now;
        let depths: Vec<Option<Depth>> = state
            .used
            .iter()
            .map(|group| {
                let sources = plan.groups.get(group.group).map(|group| &group.sources)?;
                let states = sources.iter().filter_map(|one| self.sources.get(one.place()));
                states.filter_map(|state| state.depth.latest(now)).reduce(added)
            })
            .collect();
        cost_to_move(&state.used, &depths, direction)
    }

    /// How a feed's exchange rate stands; `None` where it has none.
    #[must_use]
    pub fn rate(&self, feed: FeedId) -> Option<RateStanding> {
        let rate = self.feeds.get(feed.place()).and_then(|feed| feed.lanes.rate.as_ref());
        rate.map(|rate| rate.standing())
    }

    /// The name of a group of a feed.
    #[must_use]
    pub fn group_name(&self, feed: FeedId, group: usize) -> &str {
        self.plan.group_name(feed, group).unwrap_or("")
    }

    /// The next thing that happened, oldest first.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn note_changes(&mut self, at: Moment, feed: FeedId, before: Status, state: &mut FeedState) {
        let tick = &state.tick;
        if tick.status != before {
            let kind = EventKind::Status {
                from: before,
                to: tick.status,
                cause: tick.causes.first().copied(),
            };
            self.log(at, feed, kind);
        }
        for (report, told) in tick.sources.iter().zip(&mut state.told) {
            // On its way back is not news: it is neither refused anew nor used again.
            let is_news =
                report.refusal != told.refusal && report.refusal != Some(Refusal::Returning);
            if is_news && told.at.is_none_or(|told_at| at.now.since(told_at) >= QUIET) {
                let (source, refusal) = (report.source, report.refusal);
                let kind = EventKind::Source { source, refusal, first: told.at.is_none() };
                (told.refusal, told.at) = (refusal, Some(at.now));
                self.log(at, feed, kind);
            }
        }
    }

    fn log(&mut self, at: Moment, feed: FeedId, kind: EventKind) {
        if self.events.len() >= EVENTS_MAX {
            self.events.pop_front();
        }
        self.events.push_back(Event { at, feed, kind });
    }
}

fn added(one: Depth, other: Depth) -> Depth {
    Depth {
        bids: one.bids.plus(other.bids),
        asks: one.asks.plus(other.asks),
        complete: one.complete && other.complete,
    }
}
