//! One feed's tick: from what its sources said to what is published.

use units::{Price, Ratio, Rounding, Span, Timestamp};

use crate::average::Averaging;
use crate::band::{Band, Evidence};
use crate::clocks::{SourceState, common_skew};
use crate::cluster;
use crate::confidence::{aged, confidence};
use crate::convert::{Converted, Leg, convert};
use crate::frozen::Movement;
use crate::gate::{Gate, Gated, apply, gate};
use crate::group::GroupPrice;
use crate::input::Moment;
use crate::jump::{Jump, JumpGuard};
use crate::median::{Weighted, median, weighted_median};
use crate::plan::{FeedPlan, SourceId, SourcePlan};
use crate::rate::{RateGuard, RateStanding};
use crate::settings::{GroupKind, Parameters};
use crate::status::{Cause, Status};
use crate::tick::{LastGood, Refusal, SourceReport, Tick};
use crate::volatility::Volatility;
use crate::weight::{WEIGHT, capped_weights};

/// What is remembered of one group.
#[derive(Clone, Copy, Debug, Default)]
struct Standing {
    /// Whether it was off and is not back yet.
    refused: bool,
    /// Since when it has been near the others without a break.
    home_since: Option<Timestamp>,
}

/// What is remembered of one feed.
#[derive(Clone, Debug, Default)]
pub(crate) struct FeedState {
    groups: Vec<Standing>,
    guard: JumpGuard,
    averaging: Averaging,
    pub volatility: Volatility,
    band: Band,
    pub rate: Option<RateGuard>,
    pub redeems: bool,
    stormy_until: Timestamp,
    movement: Movement,
    /// The last price that was worked out from sources, its error, its liquidation lane, and when that was.
    last: Option<Last>,
    pub tick: Tick,
    /// The groups that the tick used, for what it costs to move it.
    pub used: Vec<GroupPrice>,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    market: Price,
    error: Price,
    liquidation: Option<Price>,
    at: Moment,
}

/// What one tick is worked out from.
pub(crate) struct Inputs<'a> {
    pub at: Moment,
    pub plan: &'a FeedPlan,
    /// Every source's settings and state; of all feeds.
    pub plans: &'a [SourcePlan],
    pub sources: &'a mut [SourceState],
    /// What a source's prices are converted with, by the feed that its `quote` names.
    pub leg: &'a dyn Fn(&SourcePlan) -> Result<Option<Leg>, Refusal>,
    /// The tick of what the asset is redeemed for.
    pub base: Option<&'a Tick>,
}

/// What sources and groups amount to, before the jump guard.
enum Raw {
    /// Too few groups.
    Few,
    /// More than one market.
    Split(Vec<Price>),
    /// A price and its error.
    Price(Price, Price),
}

impl FeedState {
    pub(crate) fn new(plan: &FeedPlan) -> Self {
        let rate = plan.settings.fundamental.as_ref();
        Self {
            groups: vec![Standing::default(); plan.groups.len()],
            guard: JumpGuard::default(),
            averaging: Averaging::default(),
            volatility: Volatility::default(),
            band: Band::default(),
            rate: rate.map(|fundamental| RateGuard::new(fundamental.rate.clone())),
            redeems: true,
            stormy_until: Timestamp::ZERO,
            movement: Movement::default(),
            last: None,
            tick: Tick::default(),
            used: Vec::new(),
        }
    }

    /// Whether weights by depth stay as they are for now.
    pub(crate) fn is_stormy(&self, now: Timestamp) -> bool {
        now < self.stormy_until
    }

    /// Works out the next tick.
    pub(crate) fn step(&mut self, mut inputs: Inputs<'_>) {
        let (at, parameters) = (inputs.at, &inputs.plan.settings.parameters);
        let mut causes = Vec::new();
        let mut tick = core::mem::take(&mut self.tick);
        tick.sources.clear();
        tick.clusters.clear();
        let (mut live, prices) = self.groups_now(&mut inputs, &mut tick.sources, &mut causes);
        let raw = self.price_of(&mut live, inputs.plan, at.now, &mut causes);
        self.note_groups(&live, inputs.plan, &mut tick.sources);
        self.used = live.iter().copied().filter(GroupPrice::is_used).collect();
        tick.groups = (self.used.len(), inputs.plan.quorum);
        (tick.number, tick.at) = (tick.number.saturating_add(1), at);
        self.used_conversions(&inputs, &prices, &tick.sources, &mut causes);
        self.publish(&mut tick, raw, &live, &inputs, &mut causes);
        tick.causes = causes;
        self.movement.note(at.now, live.iter().map(|group| (group.group, group.price)), parameters);
        self.tick = tick;
    }

    /// What each live group says now; and each source's price after conversion.
    fn groups_now(
        &self,
        inputs: &mut Inputs<'_>,
        reports: &mut Vec<SourceReport>,
        causes: &mut Vec<Cause>,
    ) -> (Vec<GroupPrice>, Vec<(SourceId, Converted)>) {
        let skew = self.own_clock(inputs, causes);
        let mut prices: Vec<(SourceId, Converted)> = Vec::new();
        for group in &inputs.plan.groups {
            for source in &group.sources {
                let price = source_now(
                    inputs.plan,
                    *source,
                    inputs.at,
                    skew,
                    SourceAccess { plans: inputs.plans, sources: inputs.sources, leg: inputs.leg },
                );
                let (price, refusal) = match price {
                    Ok(converted) => {
                        prices.push((*source, converted));
                        (Some(converted.price), None)
                    }
                    Err((last, refusal)) => (last, Some(refusal)),
                };
                reports.push(SourceReport { source: *source, price, refusal, weight: Ratio::ZERO });
            }
        }
        self.drop_frozen(inputs, &mut prices, reports);
        let groups = inputs.plan.groups.iter().enumerate();
        let live = groups.filter_map(|(place, group)| {
            let mine = |(source, _): &&(SourceId, Converted)| group.sources.contains(source);
            let said: Vec<(SourceId, Converted)> = prices.iter().filter(mine).copied().collect();
            group_price(place, group.kind, &said, inputs, skew)
        });
        (live.collect(), prices)
    }

    /// How far all clocks are off, and a cause where that is too much: then it is ours, or the way is slow.
    fn own_clock(&self, inputs: &Inputs<'_>, causes: &mut Vec<Cause>) -> i64 {
        let sources = inputs.plan.groups.iter().flat_map(|group| &group.sources);
        let states = sources.filter_map(|source| inputs.sources.get(source.place()));
        let mut behind: Vec<i64> = states.filter_map(|state| state.behind_ms).collect();
        let Some(skew) = common_skew(&mut behind) else { return 0 };
        let most = millis(inputs.plan.settings.parameters.skew_half);
        if skew.saturating_abs() > most {
            causes.push(Cause::OwnClock { behind_ms: skew });
        }
        skew
    }

    /// Refuses sources that stand still while other groups move.
    fn drop_frozen(
        &self,
        inputs: &mut Inputs<'_>,
        prices: &mut Vec<(SourceId, Converted)>,
        reports: &mut [SourceReport],
    ) {
        let (now, parameters) = (inputs.at.now, &inputs.plan.settings.parameters);
        let place = |source: SourceId| {
            inputs.plan.groups.iter().position(|group| group.sources.contains(&source))
        };
        let moved: Vec<(usize, Price)> = prices
            .iter()
            .filter_map(|(source, converted)| Some((place(*source)?, converted.price)))
            .collect();
        let sources = &mut *inputs.sources;
        let plans = inputs.plans;
        prices.retain(|(source, _)| {
            let (Some(state), Some(plan)) =
                (sources.get_mut(source.place()), plans.get(source.place()))
            else {
                return false;
            };
            let still = now.since(state.changed_at) >= parameters.frozen_after
                && plan.settings.kind == GroupKind::Exchange;
            let own = place(*source).unwrap_or(usize::MAX);
            if still && !state.frozen {
                state.frozen =
                    self.movement.others_moved(now, own, moved.iter().copied(), parameters);
            }
            if state.frozen {
                refuse(reports, *source, Refusal::Frozen);
            }
            !state.frozen
        });
    }

    /// The price of the groups together; marks those that are off.
    fn price_of(
        &mut self,
        live: &mut [GroupPrice],
        plan: &FeedPlan,
        now: Timestamp,
        causes: &mut Vec<Cause>,
    ) -> Raw {
        let parameters = &plan.settings.parameters;
        weigh(live, parameters);
        let mut prices: Vec<Price> = live.iter().map(|group| group.price).collect();
        let Some(gate) = gate(&mut prices, parameters) else { return Raw::Few };
        for group in live.iter_mut() {
            let standing = self.groups.get(group.group).copied().unwrap_or_default();
            group.returning = standing.refused;
        }
        if apply(live, &gate, plan.quorum) == Gated::Blurred {
            causes.push(Cause::Blurred);
        }
        self.note_home(live, &gate, now, parameters);
        let mut used: Vec<GroupPrice> = live.iter().copied().filter(GroupPrice::is_used).collect();
        weigh(&mut used, parameters);
        for group in live.iter_mut() {
            let weight = used.iter().find(|one| one.group == group.group).map(|one| one.weight);
            group.weight = weight.unwrap_or(0);
        }
        if used.len() < 2 {
            return Raw::Few;
        }
        if let Some(prices) = cluster::split(&used, parameters) {
            return Raw::Split(prices);
        }
        let mut weighted: Vec<Weighted> = used
            .iter()
            .map(|group| Weighted { price: group.price, weight: group.weight })
            .collect();
        match weighted_median(&mut weighted) {
            Some(price) => Raw::Price(price, confidence(price, &used, parameters)),
            None => Raw::Few,
        }
    }

    /// Remembers who is off, and for how long those who were are near the others again.
    fn note_home(
        &mut self,
        live: &mut [GroupPrice],
        gate: &Gate,
        now: Timestamp,
        parameters: &Parameters,
    ) {
        for group in live.iter_mut() {
            let Some(standing) = self.groups.get_mut(group.group) else { continue };
            if group.outlier {
                *standing = Standing { refused: true, home_since: None };
                continue;
            }
            if !standing.refused {
                continue;
            }
            standing.home_since =
                gate.is_home(group.price, parameters).then(|| standing.home_since.unwrap_or(now));
            let home =
                standing.home_since.is_some_and(|at| now.since(at) >= parameters.return_after);
            if home || !group.returning {
                *standing = Standing::default();
                group.returning = false;
            }
        }
    }

    /// Says of each source of a group that is not used why, and of the others what they weigh.
    fn note_groups(&self, live: &[GroupPrice], plan: &FeedPlan, reports: &mut [SourceReport]) {
        for group in live {
            let Some(sources) = plan.groups.get(group.group).map(|group| &group.sources) else {
                continue;
            };
            let refusal = match (group.outlier, group.returning) {
                (true, _) => Some(Refusal::Outlier),
                (false, true) => Some(Refusal::Returning),
                (false, false) => None,
            };
            let mine = |report: &&mut SourceReport| {
                sources.contains(&report.source) && report.refusal.is_none()
            };
            let count = reports.iter_mut().filter(mine).count();
            let share = i128::from(group.weight)
                .saturating_mul(units::fixed::ONE)
                .checked_div(i128::from(WEIGHT).saturating_mul(i128::try_from(count).unwrap_or(1)));
            for report in reports.iter_mut().filter(mine) {
                report.refusal = refusal;
                if refusal.is_none() {
                    report.weight = Ratio::from_raw(share.unwrap_or(0));
                }
            }
        }
    }

    /// A conversion that is less than live makes what is converted with it less than live.
    fn used_conversions(
        &self,
        inputs: &Inputs<'_>,
        prices: &[(SourceId, Converted)],
        reports: &[SourceReport],
        causes: &mut Vec<Cause>,
    ) {
        let used = |source: SourceId| {
            reports.iter().any(|report| report.source == source && report.refusal.is_none())
        };
        let degraded = prices.iter().filter(|(source, one)| one.degraded && used(*source));
        let count = degraded.clone().count();
        let rest = prices.iter().filter(|(source, one)| !one.degraded && used(*source)).count();
        // Enough others that need no conversion carry the price as well.
        if rest < inputs.plan.quorum
            && count > 0
            && let Some((source, _)) = degraded.clone().next()
        {
            causes.push(Cause::Conversion(*source));
        }
    }

    /// Fills in lanes and status.
    fn publish(
        &mut self,
        tick: &mut Tick,
        raw: Raw,
        live: &[GroupPrice],
        inputs: &Inputs<'_>,
        causes: &mut Vec<Cause>,
    ) {
        let (at, plan) = (inputs.at, inputs.plan);
        let parameters = &plan.settings.parameters;
        let (fundamental, capped) = self.fundamental(tick.fundamental, inputs, causes);
        tick.fundamental = fundamental;
        let status = self.status_of(tick, raw, live, inputs, causes);
        match status {
            Outcome::Fresh(market, error) => {
                self.step_band(live, fundamental, inputs);
                let liquidation = fundamental
                    .map_or(market, |fundamental| self.band.clip(market, fundamental, parameters));
                self.last = Some(Last { market, error, liquidation: Some(liquidation), at });
                (tick.market, tick.liquidation) = (Some(market), Some(liquidation));
                (tick.as_of, tick.age) = (Some(at), Span::ZERO);
                let degraded = self.degradation(tick, market, error, inputs, causes);
                let twice = if degraded { error.plus(error) } else { error };
                tick.confidence = Some(twice);
                tick.status = match (degraded, capped) {
                    (true, _) => Status::Degraded,
                    (false, true) => Status::Capped,
                    (false, false) => Status::Live,
                };
                tick.last_good = Some(LastGood { price: market, at });
            }
            Outcome::Held(last) => {
                let age = at.now.since(last.at.now);
                tick.status = Status::Held;
                (tick.market, tick.liquidation) = (Some(last.market), last.liquidation);
                tick.confidence = Some(aged(last.error, age));
                (tick.as_of, tick.age) = (Some(last.at), age);
            }
            Outcome::None(status) => {
                tick.status = status;
                (tick.market, tick.liquidation, tick.confidence) = (None, None, None);
                (tick.as_of, tick.age) = (None, Span::ZERO);
                if status == Status::Halted {
                    tick.fundamental = None;
                }
            }
        }
        let fresh = matches!(tick.status, Status::Live | Status::Capped | Status::Degraded);
        let market = tick.market.filter(|_| fresh);
        tick.averages = self.averaging.take(at.now, market);
        if let Some(market) = market {
            self.volatility.take(at.now, market);
            if self.volatility.is_storm(parameters.storm_factor) {
                self.stormy_until = at.now.after(parameters.storm_rest);
            }
        }
        tick.divergence = divergence(tick.market, tick.fundamental);
    }

    /// The fundamental price, and whether a bound of its rate binds. Where its base has no price the last one stays,
    /// and the feed is degraded: an old rate times an old base is still nearer than one broken market.
    fn fundamental(
        &self,
        before: Option<Price>,
        inputs: &Inputs<'_>,
        causes: &mut Vec<Cause>,
    ) -> (Option<Price>, bool) {
        let Some(rate) = &self.rate else { return (None, false) };
        let capped = match rate.standing() {
            RateStanding::Above { bound, .. } => Some(Cause::RateAbove(bound)),
            RateStanding::Below { bound, .. } => Some(Cause::RateBelow(bound)),
            RateStanding::Unknown | RateStanding::Within(_) => None,
        };
        causes.extend(capped);
        if rate.is_old(inputs.at) {
            causes.push(Cause::RateOld);
        }
        let base = match (inputs.plan.base, inputs.base) {
            (None, _) => Some(Price::ONE),
            (Some(_), Some(base)) => {
                if !matches!(base.status, Status::Live | Status::Capped) {
                    causes.push(Cause::Base);
                }
                base.market
            }
            (Some(_), None) => None,
        };
        let times = |base: Price| base.times(rate.ratio()?, Rounding::Nearest);
        (base.and_then(times).or(before), capped.is_some())
    }

    /// What is published, before it is known how good it is.
    fn status_of(
        &mut self,
        tick: &mut Tick,
        raw: Raw,
        live: &[GroupPrice],
        inputs: &Inputs<'_>,
        causes: &mut Vec<Cause>,
    ) -> Outcome {
        let (now, parameters) = (inputs.at.now, &inputs.plan.settings.parameters);
        let few = Cause::FewGroups { live: self.used.len(), quorum: inputs.plan.quorum };
        let (new, error) = match raw {
            Raw::Few => {
                let cause = if self.last.is_none() { Cause::Starting } else { few };
                causes.insert(0, cause);
                let recent = |last: &Last| now.since(last.at.now) <= parameters.held_max;
                return match self.last.filter(recent) {
                    Some(last) => Outcome::Held(last),
                    None => Outcome::None(Status::Halted),
                };
            }
            Raw::Split(prices) => {
                causes.insert(0, Cause::Parted);
                tick.clusters = prices;
                return Outcome::None(Status::Split);
            }
            Raw::Price(new, error) => (new, error),
        };
        let Some(last) = self.last else { return Outcome::Fresh(new, error) };
        let sigmas = self.volatility.minute().map_or(0, Ratio::raw);
        let sigmas = sigmas.saturating_mul(i128::from(parameters.step_sigmas));
        let limit = parameters.step_max.max(Ratio::from_raw(sigmas));
        let groups = live.iter().map(|group| group.price);
        match self.guard.judge(now, (last.market, new), limit, parameters.held_max, groups) {
            Jump::Free => Outcome::Fresh(new, error),
            Jump::Held { step, shown, needed } => {
                causes.insert(0, Cause::Step { step, shown, needed });
                if now.since(last.at.now) > parameters.held_max.plus(parameters.held_max) {
                    // The last price is too old to be held, as after a time without one.
                    tick.clusters = sides(live, last.market, new);
                    return Outcome::None(Status::Split);
                }
                Outcome::Held(last)
            }
            Jump::Overdue => {
                causes.insert(0, Cause::Parted);
                tick.clusters = sides(live, last.market, new);
                Outcome::None(Status::Split)
            }
        }
    }

    /// Whether a fresh price is less than live, and why.
    fn degradation(
        &self,
        tick: &Tick,
        market: Price,
        error: Price,
        inputs: &Inputs<'_>,
        causes: &mut Vec<Cause>,
    ) -> bool {
        let parameters = &inputs.plan.settings.parameters;
        let (live, quorum) = tick.groups;
        if live < quorum {
            causes.push(Cause::FewGroups { live, quorum });
        }
        let part = error.over(market, Rounding::Up).unwrap_or(Ratio::ONE);
        if part > parameters.confidence_max {
            causes.push(Cause::Unsure(part));
        }
        causes.iter().any(|cause| !matches!(cause, Cause::RateAbove(_) | Cause::RateBelow(_)))
    }

    /// Opens or closes the band of the liquidation lane.
    fn step_band(&mut self, live: &[GroupPrice], fundamental: Option<Price>, inputs: &Inputs<'_>) {
        let (Some(fundamental), parameters) = (fundamental, &inputs.plan.settings.parameters)
        else {
            return;
        };
        let floor = self.band.floor(fundamental, parameters);
        let below = || live.iter().filter(|group| group.price < floor);
        let one = units::fixed::ONE;
        let count = |groups: usize| i128::try_from(groups).unwrap_or(i128::MAX).saturating_mul(one);
        let share = units::fixed::mul_div(
            count(live.len()),
            parameters.band_agreement.raw(),
            one,
            Rounding::Down,
        );
        let most = share.is_some_and(|share| count(below().count()) >= share && !live.is_empty());
        let mut kinds: Vec<GroupKind> = below().map(|group| group.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let evidence = Evidence { agreed: most && kinds.len() >= 2, broken: !self.redeems };
        self.band.step(inputs.at.now, evidence, parameters);
    }
}

/// What a tick amounts to.
enum Outcome {
    Fresh(Price, Price),
    Held(Last),
    None(Status),
}

/// Where a source's settings, state and conversion are found.
struct SourceAccess<'a, 'b> {
    plans: &'a [SourcePlan],
    sources: &'b mut [SourceState],
    leg: &'a dyn Fn(&SourcePlan) -> Result<Option<Leg>, Refusal>,
}

/// A source's price in the feed's unit; or its last one, and why it is not used.
fn source_now(
    feed: &FeedPlan,
    source: SourceId,
    at: Moment,
    skew: i64,
    access: SourceAccess<'_, '_>,
) -> Result<Converted, (Option<Price>, Refusal)> {
    let SourceAccess { plans, sources, leg } = access;
    let (Some(plan), Some(state)) = (plans.get(source.place()), sources.get_mut(source.place()))
    else {
        return Err((None, Refusal::NothingYet));
    };
    let parameters = &feed.settings.parameters;
    let own = state.price(at.now, &plan.settings, parameters);
    let leg = leg(plan);
    let shown = |state: &SourceState| {
        let leg = leg.as_ref().ok().copied().flatten();
        let shown = state.own.and_then(|own| convert(own, plan.settings.invert, leg));
        shown.map(|converted| converted.price)
    };
    let own = own.map_err(|refusal| (shown(state), refusal))?;
    let off = state.behind_ms.unwrap_or(skew).saturating_sub(skew).saturating_abs();
    if off > millis(parameters.skew_max) {
        return Err((shown(state), Refusal::Skewed));
    }
    let leg = leg.map_err(|refusal| (None, refusal))?;
    convert(own, plan.settings.invert, leg).ok_or((None, Refusal::Conversion))
}

/// What a group says, out of what its sources say; `None` where none says anything.
fn group_price(
    group: usize,
    kind: GroupKind,
    said: &[(SourceId, Converted)],
    inputs: &Inputs<'_>,
    skew: i64,
) -> Option<GroupPrice> {
    let mut prices: Vec<Price> = said.iter().map(|(_, converted)| converted.price).collect();
    let price = median(&mut prices)?;
    let states = || said.iter().filter_map(|(source, _)| inputs.sources.get(source.place()));
    let half_spread = |state: &SourceState| {
        let quote = state.quote?;
        let half = Price::from_raw(quote.ask.minus(quote.bid).raw() >> 1);
        // In the unit of the feed: the same part of the price.
        let part = half.over(quote.bid.midpoint(quote.ask), Rounding::Up)?;
        price.times(part, Rounding::Up)
    };
    let mut spreads: Vec<Price> = states().filter_map(half_spread).collect();
    let depths = states().filter_map(|state| state.depth.whole());
    let most = millis(inputs.plan.settings.parameters.skew_half);
    let off = |state: &SourceState| {
        state.behind_ms.is_some_and(|behind| behind.saturating_sub(skew).saturating_abs() > most)
    };
    Some(GroupPrice {
        group,
        kind,
        price,
        half_spread: median(&mut spreads).unwrap_or(Price::ZERO),
        conversion: said.iter().map(|(_, one)| one.error).max().unwrap_or(Price::ZERO),
        depth: depths.reduce(u64::saturating_add),
        late: states().any(off),
        ..GroupPrice::default()
    })
}

/// Gives groups their weights by depth; those whose clock is off count half.
fn weigh(groups: &mut [GroupPrice], parameters: &Parameters) {
    let measures: Vec<Option<u64>> = groups.iter().map(|group| group.depth).collect();
    let weights = capped_weights(&measures, parameters.weight_cap);
    for (group, weight) in groups.iter_mut().zip(weights) {
        group.weight = if group.late { weight >> 1 } else { weight };
    }
}

/// The medians of the groups on either side of half the way from the last price to the new one, the lower first.
fn sides(live: &[GroupPrice], last: Price, new: Price) -> Vec<Price> {
    let half = last.midpoint(new);
    let side = |above: bool| {
        let mine = live.iter().map(|group| group.price).filter(|price| (*price > half) == above);
        median(&mut mine.collect::<Vec<_>>())
    };
    side(false).into_iter().chain(side(true)).collect()
}

fn refuse(reports: &mut [SourceReport], source: SourceId, refusal: Refusal) {
    if let Some(report) = reports.iter_mut().find(|report| report.source == source) {
        report.refusal = Some(refusal);
    }
}

/// How far the market is from the fundamental price, as a part of that.
fn divergence(market: Option<Price>, fundamental: Option<Price>) -> Option<Ratio> {
    let over = market?.over(fundamental?, Rounding::Nearest)?;
    Some(over.minus(Ratio::ONE))
}

fn millis(span: Span) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
