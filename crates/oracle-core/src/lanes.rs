//! From the price of the groups together to what is published: the jump guard, the three lanes and the status.

use machine::check_invariant;
use units::{Price, Ratio, Rounding, Span, Timestamp};

use crate::average::Averaging;
use crate::band::{Band, Evidence};
use crate::confidence::aged;
use crate::group::GroupPrice;
use crate::input::Moment;
use crate::jump::{Jump, JumpGuard};
use crate::median::median;
use crate::plan::FeedPlan;
use crate::rate::{RateGuard, RateStanding};
use crate::rule::Collateral;
use crate::settings::{GroupKind, Parameters};
use crate::smooth::Smoothing;
use crate::status::{Cause, Status};
use crate::tick::{LastGood, Tick};
use crate::volatility::Volatility;

/// For how long the fundamental price stays where the price of what the asset is redeemed for is gone. The feed is
/// degraded for that time; a price that was worth something a minute ago is no bound for the market any more.
const BASE_HELD_MAX: Span = Span::from_secs(60);

/// What is remembered of what a feed has published.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lanes {
    guard: JumpGuard,
    averaging: Averaging,
    smoothing: Smoothing,
    volatility: Volatility,
    band: Band,
    pub rate: Option<RateGuard>,
    pub redeems: bool,
    stormy_until: Timestamp,
    /// The last price that was worked out from sources, its error, its liquidation lane, and when that was.
    last: Option<Last>,
    /// The last fundamental price of a base that had one, and when that was.
    fundamental: Option<(Price, Timestamp)>,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    /// What the rule gave, before any average.
    plain: Price,
    market: Price,
    error: Price,
    liquidation: Price,
    /// As of when it was.
    as_of: Moment,
}

/// What sources and groups amount to, before the jump guard.
pub(crate) enum Raw {
    /// Too few groups.
    Few,
    /// More than one market.
    Split(Vec<Price>),
    /// A price and its error.
    Price(Price, Price),
}

/// What a tick amounts to.
enum Outcome {
    Fresh(Price, Price),
    Held(Last),
    None(Status),
}

/// What the lanes are worked out from, besides the price of the groups.
pub(crate) struct Ground<'a> {
    pub at: Moment,
    /// As of when a price of now is: earlier where what it was converted with is.
    pub as_of: Moment,
    pub plan: &'a FeedPlan,
    /// The tick of what the asset is redeemed for.
    pub base: Option<&'a Tick>,
    /// The groups that have a price, also those that are off.
    pub live: &'a [GroupPrice],
    /// How many of them are used.
    pub used: usize,
}

impl Lanes {
    pub(crate) fn new(plan: &FeedPlan) -> Self {
        let rate = plan.settings.fundamental.as_ref();
        let rate = rate.map(|fundamental| RateGuard::new(fundamental.rate.clone()));
        Self { rate, redeems: true, ..Self::default() }
    }

    /// Whether weights by depth stay as they are for now.
    pub(crate) fn is_stormy(&self, now: Timestamp) -> bool {
        now < self.stormy_until
    }

    /// Fills in lanes and status.
    pub(crate) fn publish(&mut self, tick: &mut Tick, raw: Raw, ground: &Ground<'_>) {
        let (at, parameters) = (ground.at, &ground.plan.settings.parameters);
        let (fundamental, capped) = self.fundamental(ground, &mut tick.causes);
        tick.fundamental = fundamental;
        match self.outcome(tick, raw, ground) {
            Outcome::Fresh(plain, error) => {
                let market = match parameters.average {
                    Some(window) => self.smoothing.take(at.now, plain, window),
                    None => plain,
                };
                let liquidation = self.liquidation(market, fundamental, ground);
                let as_of = ground.as_of;
                self.last = Some(Last { plain, market, error, liquidation, as_of });
                (tick.market, tick.liquidation) = (Some(market), Some(liquidation));
                (tick.as_of, tick.age) = (Some(as_of), at.now.since(as_of.now));
                let degraded = degradation(tick, market, error, ground);
                let twice = if degraded { error.plus(error) } else { error };
                tick.confidence = Some(twice);
                tick.status = match (degraded, capped) {
                    (true, _) => Status::Degraded,
                    (false, true) => Status::Capped,
                    (false, false) => Status::Live,
                };
                tick.last_good = Some(LastGood { price: market, at: as_of });
                self.volatility.take(at.now, plain);
                if self.volatility.is_storm(parameters.storm_factor) {
                    self.stormy_until = at.now.after(parameters.storm_rest);
                }
                tick.averages = self.averaging.take(at.now, Some(market));
            }
            Outcome::Held(last) => {
                let age = at.now.since(last.as_of.now);
                tick.status = Status::Held;
                (tick.market, tick.liquidation) = (Some(last.market), Some(last.liquidation));
                tick.confidence = Some(aged(last.error, age));
                (tick.as_of, tick.age) = (Some(last.as_of), age);
                tick.averages = self.averaging.take(at.now, None);
            }
            Outcome::None(status) => {
                tick.status = status;
                (tick.market, tick.liquidation, tick.confidence) = (None, None, None);
                (tick.as_of, tick.age) = (None, Span::ZERO);
                if status == Status::Halted {
                    tick.fundamental = None;
                }
                tick.averages = self.averaging.take(at.now, None);
            }
        }
        tick.divergence = divergence(tick.market, tick.fundamental);
        check(tick, parameters);
    }

    /// The market price, kept near the fundamental one; and the band moved on for the time that has passed.
    fn liquidation(
        &mut self,
        market: Price,
        fundamental: Option<Price>,
        ground: &Ground<'_>,
    ) -> Price {
        let parameters = &ground.plan.settings.parameters;
        let Some(fundamental) = fundamental else { return market };
        self.step_band(fundamental, ground);
        match parameters.collateral {
            Collateral::Banded => {}
            Collateral::Market => return market,
            Collateral::Fundamental => return fundamental,
        }
        let floor = self.band.floor(fundamental, parameters);
        let standing = self.rate.as_ref().map(RateGuard::standing);
        let lane = if matches!(standing, Some(RateStanding::Above { .. })) {
            // The rate that is held may be too low; what it is worth may then not take the market's price down.
            market.max(floor)
        } else {
            self.band.clip(market, fundamental, parameters)
        };
        check_invariant!(
            "OR-4",
            lane >= floor && (lane == market || market < floor || lane >= fundamental),
            "a lane at {lane} with the market at {market} and a floor of {floor}"
        );
        lane
    }

    /// The fundamental price, and whether a bound of its rate binds. Where its base has no price the last one stays
    /// for a while, and the feed is degraded: an old rate times an old base is still nearer than one broken market.
    fn fundamental(
        &mut self,
        ground: &Ground<'_>,
        causes: &mut Vec<Cause>,
    ) -> (Option<Price>, bool) {
        let Some(rate) = &self.rate else { return (None, false) };
        let capped = match rate.standing() {
            RateStanding::Above { bound, .. } => Some(Cause::RateAbove(bound)),
            RateStanding::Below { bound, .. } => Some(Cause::RateBelow(bound)),
            RateStanding::Unknown | RateStanding::Within(_) => None,
        };
        causes.extend(capped);
        if rate.is_old(ground.at) {
            causes.push(Cause::RateOld);
        }
        let base = match (ground.plan.base, ground.base) {
            (None, _) => Some(Price::ONE),
            (Some(_), Some(base)) => {
                if !matches!(base.status, Status::Live | Status::Capped) {
                    causes.push(Cause::Base);
                }
                base.market
            }
            (Some(_), None) => None,
        };
        let now = ground.at.now;
        if let Some((base, ratio)) = base.zip(rate.ratio())
            && let Some(price) = base.times(ratio, Rounding::Nearest)
        {
            self.fundamental = Some((price, now));
        }
        let recent = |(_, at): &(Price, Timestamp)| now.since(*at) <= BASE_HELD_MAX;
        (self.fundamental.filter(recent).map(|(price, _)| price), capped.is_some())
    }

    /// What is published, before it is known how good it is.
    fn outcome(&mut self, tick: &mut Tick, raw: Raw, ground: &Ground<'_>) -> Outcome {
        let (now, parameters) = (ground.at.now, &ground.plan.settings.parameters);
        let age = self.last.map(|last| now.since(last.as_of.now));
        let is_recent = age.is_some_and(|age| age <= parameters.held_max);
        let (new, error) = match raw {
            Raw::Few => {
                // What was shown before was not shown on the tick before the next one.
                self.guard = JumpGuard::default();
                let few = Cause::FewGroups { live: ground.used, quorum: ground.plan.quorum };
                let cause = if self.last.is_none() { Cause::Starting } else { few };
                tick.causes.insert(0, cause);
                return match self.last.filter(|_| is_recent) {
                    Some(last) => Outcome::Held(last),
                    None => Outcome::None(Status::Halted),
                };
            }
            Raw::Split(prices) => {
                self.guard = JumpGuard::default();
                tick.causes.insert(0, Cause::Parted);
                tick.clusters = prices;
                return Outcome::None(Status::Split);
            }
            Raw::Price(new, error) => (new, error),
        };
        let Some(last) = self.last.filter(|_| parameters.rule.is_guarded()) else {
            return Outcome::Fresh(new, error);
        };
        let sigmas = self.volatility.minute().map_or(0, Ratio::raw);
        let sigmas = sigmas.saturating_mul(i128::from(parameters.step_sigmas));
        let limit = parameters.step_max.max(Ratio::from_raw(sigmas));
        let groups = ground.live.iter().map(|group| group.price);
        match self.guard.judge(now, (last.plain, new), limit, parameters.held_max, groups) {
            Jump::Free => Outcome::Fresh(new, error),
            Jump::Held { step, shown, needed } => {
                tick.causes.insert(0, Cause::Step { step, shown, needed });
                if is_recent {
                    return Outcome::Held(last);
                }
                // The last price is too old to be held, as after a time without one.
                tick.clusters = sides(ground.live, last.plain, new);
                Outcome::None(Status::Split)
            }
            Jump::Overdue => {
                tick.causes.insert(0, Cause::Parted);
                tick.clusters = sides(ground.live, last.plain, new);
                Outcome::None(Status::Split)
            }
        }
    }

    /// Opens or closes the band of the liquidation lane.
    fn step_band(&mut self, fundamental: Price, ground: &Ground<'_>) {
        let parameters = &ground.plan.settings.parameters;
        let floor = self.band.floor(fundamental, parameters);
        let one = units::fixed::ONE;
        let count = |groups: usize| i128::try_from(groups).unwrap_or(i128::MAX).saturating_mul(one);
        let share = units::fixed::mul_div(
            count(ground.live.len()),
            parameters.band_agreement.raw(),
            one,
            Rounding::Down,
        );
        let (mut below, mut first, mut two_kinds) = (0_usize, None::<GroupKind>, false);
        for group in ground.live.iter().filter(|group| group.price < floor) {
            below = below.saturating_add(1);
            two_kinds |= *first.get_or_insert(group.kind) != group.kind;
        }
        let most = below > 0 && share.is_some_and(|share| count(below) >= share);
        let evidence = Evidence { agreed: most && two_kinds, broken: !self.redeems };
        self.band.step(ground.at.now, evidence, parameters);
    }
}

/// Whether a fresh price is less than live, and why.
fn degradation(tick: &mut Tick, market: Price, error: Price, ground: &Ground<'_>) -> bool {
    let parameters = &ground.plan.settings.parameters;
    let (live, quorum) = tick.groups;
    if live < quorum {
        tick.causes.push(Cause::FewGroups { live, quorum });
    }
    let part = error.over(market, Rounding::Up).unwrap_or(Ratio::ONE);
    if part > parameters.confidence_max {
        tick.causes.push(Cause::Unsure(part));
    }
    tick.causes.iter().any(|cause| !matches!(cause, Cause::RateAbove(_) | Cause::RateBelow(_)))
}

/// What a reader relies on, whatever came in.
fn check(tick: &Tick, parameters: &Parameters) {
    let priced = !matches!(tick.status, Status::Split | Status::Halted);
    let lanes = [tick.market, tick.liquidation, tick.confidence];
    check_invariant!(
        "OR-1",
        lanes.iter().all(|lane| lane.is_some() == priced)
            && tick.as_of.is_some() == priced
            && (tick.status != Status::Halted || tick.fundamental.is_none()),
        "status {} with {lanes:?} as of {:?}",
        tick.status.name(),
        tick.as_of
    );
    check_invariant!(
        "OR-5",
        match tick.status {
            Status::Held => tick.age <= parameters.held_max,
            Status::Degraded if tick.causes.iter().any(|it| matches!(it, Cause::Conversion(_))) => {
                tick.as_of.is_some_and(|as_of| tick.age == tick.at.now.since(as_of.now))
            }
            Status::Degraded | Status::Live | Status::Capped | Status::Split | Status::Halted => {
                tick.age == Span::ZERO
            }
        },
        "a price of {} ago is {}",
        tick.age,
        tick.status.name()
    );
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

/// How far the market is from the fundamental price, as a part of that.
fn divergence(market: Option<Price>, fundamental: Option<Price>) -> Option<Ratio> {
    let over = market?.over(fundamental?, Rounding::Nearest)?;
    Some(over.minus(Ratio::ONE))
}
