//! One feed's tick: from what its sources said to what is published.

use machine::check_invariant;
use units::{Price, Ratio, Timestamp};

use crate::cluster;
use crate::confidence::confidence;
use crate::frozen::Movement;
use crate::gate::{Gate, Gated, apply, gate};
use crate::gather::{Inputs, Said, gather};
use crate::group::GroupPrice;
use crate::input::Moment;
use crate::lanes::{Ground, Lanes, Raw};
use crate::median::{Weighted, middle_two, weighted_median};
use crate::plan::FeedPlan;
use crate::refusal::Refusal;
use crate::rule::{Rule, mean};
use crate::settings::Parameters;
use crate::status::Cause;
use crate::tick::{SourceReport, Tick};
use crate::weight::{WEIGHT, share_out};

/// What is remembered of one group.
#[derive(Clone, Copy, Debug, Default)]
struct Standing {
    /// Whether it was off and is not back yet.
    refused: bool,
    /// Since when it has been near the others without a break.
    home_since: Option<Timestamp>,
}

/// What was told of a source, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    pub refusal: Option<Refusal>,
    pub at: Option<Timestamp>,
}

/// What is remembered of one feed.
#[derive(Clone, Debug, Default)]
pub(crate) struct FeedState {
    groups: Vec<Standing>,
    movement: Movement,
    pub lanes: Lanes,
    pub tick: Tick,
    /// The groups that the tick used, for what it costs to move it.
    pub used: Vec<GroupPrice>,
    /// Of every source, in the order of the tick's reports.
    pub told: Vec<Told>,
    /// Kept for their memory alone.
    said: Vec<Said>,
    live: Vec<GroupPrice>,
}

impl FeedState {
    pub(crate) fn new(plan: &FeedPlan) -> Self {
        let sources = plan.groups.iter().map(|group| group.sources.len()).sum();
        Self {
            groups: vec![Standing::default(); plan.groups.len()],
            lanes: Lanes::new(plan),
            told: vec![Told { refusal: Some(Refusal::NothingYet), at: None }; sources],
            ..Self::default()
        }
    }

    /// Works out the next tick; `base` is the tick of what the asset is redeemed for.
    pub(crate) fn step(&mut self, mut inputs: Inputs<'_>, base: Option<&Tick>) {
        let (at, plan) = (inputs.at, inputs.plan);
        let mut tick = core::mem::take(&mut self.tick);
        tick.sources.clear();
        tick.clusters.clear();
        tick.causes.clear();
        let (mut said, mut live) =
            (core::mem::take(&mut self.said), core::mem::take(&mut self.live));
        gather(
            &mut inputs,
            &self.movement,
            (&mut said, &mut live),
            &mut tick.sources,
            &mut tick.causes,
        );
        let raw = self.price_of(&mut live, plan, at.now, &mut tick.causes);
        note_groups(&live, &said, &mut tick.sources);
        tick.groups = (self.used.len(), plan.quorum);
        (tick.number, tick.at) = (tick.number.saturating_add(1), at);
        let as_of = note_conversions(plan, &said, &tick.sources, &mut tick.causes);
        let as_of = as_of.filter(|as_of| as_of.now < at.now).unwrap_or(at);
        let ground = Ground { at, as_of, plan, base, live: &live, used: self.used.len() };
        self.lanes.publish(&mut tick, raw, &ground);
        self.movement.note(at.now, &live, &plan.settings.parameters);
        (self.tick, self.said, self.live) = (tick, said, live);
    }

    /// The price of the groups together, by the rule of the feed.
    fn price_of(
        &mut self,
        live: &mut [GroupPrice],
        plan: &FeedPlan,
        now: Timestamp,
        causes: &mut Vec<Cause>,
    ) -> Raw {
        self.used.clear();
        match plan.settings.parameters.rule {
            Rule::Guarded => self.guarded(live, plan, now, causes),
            Rule::First => self.unguarded(live, |group| group.group == 0, plan),
            Rule::VolumeMean => self.unguarded(live, |_| true, plan),
        }
    }

    /// The mean of some groups by what is traded there, as others have it: nobody is off, and nobody has to agree.
    fn unguarded(
        &mut self,
        live: &mut [GroupPrice],
        counts: impl Fn(&GroupPrice) -> bool,
        plan: &FeedPlan,
    ) -> Raw {
        let counted = live.iter().filter(|group| counts(group));
        let Some(price) = mean(counted.clone().map(|group| (group.price, group.volume))) else {
            return Raw::Few;
        };
        let volume: u128 = counted.clone().map(|group| u128::from(group.volume)).sum();
        let count = u128::try_from(counted.count()).unwrap_or(1);
        for group in live.iter_mut().filter(|group| counts(group)) {
            let (part, of) =
                if volume == 0 { (1, count) } else { (u128::from(group.volume), volume) };
            let weight = u128::from(WEIGHT).saturating_mul(part).checked_div(of).unwrap_or(0);
            group.weight = u64::try_from(weight).unwrap_or(WEIGHT);
            self.used.push(*group);
        }
        Raw::Price(price, confidence(price, &self.used, &plan.settings.parameters))
    }

    /// The median of many, behind the gate; marks those that are off.
    fn guarded(
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
        self.used.extend(live.iter().copied().filter(GroupPrice::is_used));
        let used = &mut self.used;
        weigh(used, parameters);
        let mut weighed = used.iter();
        for group in live.iter_mut() {
            // Both are in the order of the groups.
            let weight = if group.is_used() { weighed.next() } else { None };
            group.weight = weight.map_or(0, |one| one.weight);
        }
        if used.len() < 2 {
            return Raw::Few;
        }
        if let Some(prices) = cluster::split(used, parameters) {
            return Raw::Split(prices);
        }
        let mut weighted: Vec<Weighted> = used
            .iter()
            .map(|group| Weighted { price: group.price, weight: group.weight })
            .collect();
        let Some((price, (low, high))) = weighted_median(&mut weighted).zip(middle_two(&prices))
        else {
            return Raw::Few;
        };
        // Where honest groups are further apart than the gate is wide, some who lie could have those refused who are
        // on the other side. The middle of all who live is what fewer than half cannot carry away.
        let price = price.max(low).min(high);
        check_invariant!(
            "OR-3",
            is_between(live, price),
            "{price} is beyond the middle of {live:?}"
        );
        Raw::Price(price, confidence(price, used, parameters))
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
}

/// Gives groups their weights by depth.
fn weigh(groups: &mut [GroupPrice], parameters: &Parameters) {
    share_out(groups, parameters.weight_cap);
    let total: u64 = groups.iter().map(|group| group.weight).sum();
    // The largest weights of as many groups as are fewer than half.
    let mut weights: Vec<u64> = groups.iter().map(|group| group.weight).collect();
    weights.sort_unstable();
    let minority = groups.len().saturating_sub(1) >> 1;
    let held: u64 = weights.iter().rev().take(minority).sum();
    check_invariant!(
        "OR-2",
        held.saturating_mul(2) < total.max(1),
        "{minority} of {} groups hold {held} of {total}",
        groups.len()
    );
}

/// Whether no more than half of the groups are on either side of a price.
fn is_between(groups: &[GroupPrice], price: Price) -> bool {
    let below = groups.iter().filter(|group| group.price < price).count();
    let above = groups.iter().filter(|group| group.price > price).count();
    below.max(above).saturating_mul(2) <= groups.len()
}

/// Says of each source of a group that is not used why, and of the others what they weigh.
fn note_groups(live: &[GroupPrice], said: &[Said], reports: &mut [SourceReport]) {
    let groups = said.chunk_by(|one, other| one.group == other.group);
    // Both are in the order of the groups, and a group lives where it has said something.
    for (group, said) in live.iter().zip(groups) {
        let refusal = match (group.outlier, group.returning) {
            (true, _) => Some(Refusal::Outlier),
            (false, true) => Some(Refusal::Returning),
            (false, false) => None,
        };
        let count = i128::try_from(said.len()).unwrap_or(1);
        let share = i128::from(group.weight)
            .saturating_mul(units::fixed::ONE)
            .checked_div(i128::from(WEIGHT).saturating_mul(count))
            .unwrap_or(0);
        for one in said {
            let Some(report) = reports.get_mut(one.report) else { continue };
            report.refusal = refusal;
            report.weight = Ratio::from_raw(if refusal.is_none() { share } else { 0 });
        }
    }
}

/// A conversion that is less than live makes what is converted with it less than live, and as old as it is itself,
/// unless enough groups that need none carry the price as well. Gives the oldest time, where it counts.
fn note_conversions(
    plan: &FeedPlan,
    said: &[Said],
    reports: &[SourceReport],
    causes: &mut Vec<Cause>,
) -> Option<Moment> {
    let used = |one: &&Said| reports.get(one.report).is_some_and(|report| report.refusal.is_none());
    let degraded = || said.iter().filter(used).filter(|one| one.converted.degraded.is_some());
    let first = degraded().next()?;
    let groups = said.chunk_by(|one, other| one.group == other.group);
    let sound = groups.filter(|said| {
        let mut used = said.iter().filter(used).peekable();
        used.peek().is_some() && used.all(|one| one.converted.degraded.is_none())
    });
    if sound.count() >= plan.quorum {
        return None;
    }
    causes.push(Cause::Conversion(first.source));
    degraded().filter_map(|one| one.converted.degraded).min_by_key(|as_of| as_of.now)
}
