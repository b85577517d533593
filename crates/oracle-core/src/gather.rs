//! From what sources said to what each group says: clocks, conversion, and one vote for each group.

use units::{Price, Ratio, Rounding, Span};

use crate::clocks::{SourceState, common_skew};
use crate::convert::{Converted, Leg, convert};
use crate::frozen::Movement;
use crate::group::GroupPrice;
use crate::id::SourceId;
use crate::input::Moment;
use crate::median::median;
use crate::plan::{FeedPlan, SourcePlan};
use crate::refusal::Refusal;
use crate::rule::mean;
use crate::settings::GroupKind;
use crate::status::Cause;
use crate::tick::SourceReport;

/// What one tick of a feed is worked out from.
pub(crate) struct Inputs<'a> {
    pub at: Moment,
    pub plan: &'a FeedPlan,
    /// Every source's settings and state; of all feeds.
    pub plans: &'a [SourcePlan],
    pub sources: &'a mut [SourceState],
    /// What a source's prices are converted with, by the feed that its `quote` names.
    pub leg: &'a dyn Fn(&SourcePlan) -> Result<Option<Leg>, Refusal>,
}

/// A source that has a price now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said {
    /// Its group, as the feed's plan numbers them.
    pub group: usize,
    /// The place of its report.
    pub report: usize,
    pub source: SourceId,
    pub converted: Converted,
}

/// Reports on every source, notes those that have a price in `said`, group by group, and what each group then says in
/// `live`.
pub(crate) fn gather(
    inputs: &mut Inputs<'_>,
    movement: &Movement,
    (said, live): (&mut Vec<Said>, &mut Vec<GroupPrice>),
    reports: &mut Vec<SourceReport>,
    causes: &mut Vec<Cause>,
) {
    let skew = own_clock(inputs, causes);
    said.clear();
    for (group, sources) in inputs.plan.groups.iter().enumerate() {
        for source in &sources.sources {
            let (price, refusal) = match source_now(inputs, *source, skew) {
                Ok(converted) => {
                    let report = reports.len();
                    said.push(Said { group, report, source: *source, converted });
                    (Some(converted.price), None)
                }
                Err((last, refusal)) => (last, Some(refusal)),
            };
            let state = inputs.sources.get(source.place());
            let heard = state.and_then(|state| state.heard(inputs.at.now));
            let weight = Ratio::ZERO;
            reports.push(SourceReport { source: *source, price, refusal, weight, heard });
        }
    }
    drop_frozen(inputs, movement, said, reports);
    live.clear();
    let groups = said.chunk_by(|one, other| one.group == other.group);
    live.extend(groups.filter_map(|said| group_price(said, inputs, skew)));
}

/// How far all clocks are off, and a cause where that is too much for most of those that tell the time: then it is
/// ours, or the way is slow.
fn own_clock(inputs: &Inputs<'_>, causes: &mut Vec<Cause>) -> i64 {
    let sources = inputs.plan.groups.iter().flat_map(|group| &group.sources);
    let states = sources.filter_map(|source| inputs.sources.get(source.place()));
    let mut behind: Vec<i64> = states.filter_map(SourceState::behind_ms).collect();
    let Some(skew) = common_skew(&mut behind) else { return 0 };
    let most = millis(inputs.plan.settings.parameters.skew_half);
    let agree = behind.iter().filter(|one| one.abs_diff(skew) <= most.unsigned_abs()).count();
    if skew.saturating_abs() > most && agree.saturating_mul(2) > behind.len() {
        causes.push(Cause::OwnClock { behind_ms: skew });
    }
    skew
}

/// How far a source's clock is off: from ours, or from what all are off by together, whichever is nearer. By the second
/// alone some that lie about the time could have those refused that tell it.
fn clock_off(state: &SourceState, skew: i64) -> i64 {
    let Some(behind) = state.behind_ms() else { return 0 };
    behind.saturating_abs().min(behind.saturating_sub(skew).saturating_abs())
}

/// Refuses sources that stand still while most others move.
fn drop_frozen(
    inputs: &mut Inputs<'_>,
    movement: &Movement,
    said: &mut Vec<Said>,
    reports: &mut [SourceReport],
) {
    let (now, parameters) = (inputs.at.now, &inputs.plan.settings.parameters);
    let is_still = |one: &Said, sources: &[SourceState]| {
        let plan = inputs.plans.get(one.source.place());
        let book = plan.is_some_and(|plan| plan.settings.kind == GroupKind::Exchange);
        let state = sources.get(one.source.place());
        book && state.is_some_and(|state| now.since(state.changed_at) >= parameters.frozen_after)
    };
    if !said.iter().any(|one| is_still(one, inputs.sources)) {
        return;
    }
    let groups = said.chunk_by(|one, other| one.group == other.group);
    let moved: Vec<(usize, Price)> =
        groups.filter_map(|said| Some((said.first()?.group, middle(said)?))).collect();
    let sources = &mut *inputs.sources;
    said.retain(|one| {
        let still = is_still(one, sources);
        let Some(state) = sources.get_mut(one.source.place()) else { return false };
        if still && !state.frozen {
            state.frozen = movement.others_moved(now, one.group, &moved, parameters);
        }
        if state.frozen
            && let Some(report) = reports.get_mut(one.report)
        {
            report.refusal = Some(Refusal::Frozen);
        }
        !state.frozen
    });
}

/// A source's price in the feed's unit; or its last one, and why it is not used.
fn source_now(
    inputs: &mut Inputs<'_>,
    source: SourceId,
    skew: i64,
) -> Result<Converted, (Option<Price>, Refusal)> {
    let (Some(plan), Some(state)) =
        (inputs.plans.get(source.place()), inputs.sources.get_mut(source.place()))
    else {
        return Err((None, Refusal::NothingYet));
    };
    let parameters = &inputs.plan.settings.parameters;
    let own = state.price(inputs.at, &plan.settings, parameters);
    let leg = (inputs.leg)(plan);
    let shown = |state: &SourceState| {
        let leg = leg.as_ref().ok()?;
        let shown = convert(state.own?, plan.settings.invert, *leg);
        shown.map(|converted| converted.price)
    };
    let own = own.map_err(|refusal| (shown(state), refusal))?;
    if clock_off(state, skew) > millis(parameters.skew_max) {
        return Err((shown(state), Refusal::Skewed));
    }
    let leg = leg.map_err(|refusal| (None, refusal))?;
    convert(own, plan.settings.invert, leg).ok_or((None, Refusal::Conversion))
}

/// What a group says, out of what its sources say; `None` where none says anything.
fn group_price(said: &[Said], inputs: &Inputs<'_>, skew: i64) -> Option<GroupPrice> {
    let group = said.first()?.group;
    let guarded = inputs.plan.settings.parameters.rule.is_guarded();
    let volumes = said.iter().map(|one| if guarded { 0 } else { volume_of(one, inputs) });
    let price = if guarded {
        middle(said)?
    } else {
        mean(said.iter().map(|one| one.converted.price).zip(volumes.clone()))?
    };
    let states = || said.iter().filter_map(|one| inputs.sources.get(one.source.place()));
    let depths = states().filter_map(|state| state.depth.whole());
    let most = millis(inputs.plan.settings.parameters.skew_half);
    Some(GroupPrice {
        group,
        kind: inputs.plan.groups.get(group)?.kind,
        price,
        half_spread: middle_spread(price, states()),
        conversion: said.iter().map(|one| one.converted.error).max().unwrap_or(Price::ZERO),
        depth: depths.reduce(u64::saturating_add),
        volume: volumes.fold(0, u64::saturating_add),
        late: states().any(|state| clock_off(state, skew) > most),
        ..GroupPrice::default()
    })
}

/// What was traded lately at a source, in millionths of the feed's asset.
fn volume_of(said: &Said, inputs: &Inputs<'_>) -> u64 {
    let place = said.source.place();
    let (Some(plan), Some(state)) = (inputs.plans.get(place), inputs.sources.get(place)) else {
        return 0;
    };
    state.volume.of_asset(inputs.at.now, state.own.filter(|_| plan.settings.invert))
}

/// The median of what some sources say.
fn middle(said: &[Said]) -> Option<Price> {
    if let [one] = said {
        return Some(one.converted.price);
    }
    median(&mut said.iter().map(|one| one.converted.price).collect::<Vec<_>>())
}

/// Half of the median spread, in the unit of the feed: the same part of the price.
fn middle_spread<'a>(price: Price, states: impl Iterator<Item = &'a SourceState>) -> Price {
    let half_spread = |state: &SourceState| {
        let quote = state.quote?;
        let half = Price::from_raw(quote.ask.minus(quote.bid).raw() >> 1);
        let part = half.over(quote.bid.midpoint(quote.ask), Rounding::Up)?;
        price.times(part, Rounding::Up)
    };
    median(&mut states.filter_map(half_spread).collect::<Vec<_>>()).unwrap_or(Price::ZERO)
}

fn millis(span: Span) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
