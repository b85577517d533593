//! A capacity test: more and more load on a gateway or a venue, at times fixed beforehand, with thresholds.
//!
//! Each step offers so many times a base rate. A step is not slowed down by a target that is slow: requests go on being
//! due, latency counts from when they were, and what cannot be sent for want of free connections is counted. The run says
//! up to which step all thresholds held.

mod answer;
mod drive;
mod figures;
mod limits;
mod mix;
mod plan;
mod report;
mod say;
mod threshold;

use std::sync::Arc;

use machine::Prng;
use runtime::clock;
use runtime::task::sync::watch;
use units::Span;

pub use answer::Fault;
pub use figures::Figures;
pub use limits::Limits;
pub use mix::{Mix, Surface};
pub use plan::Capacity;
pub use report::{CapacityReport, End, Judgement, State, StepReport, Verdict};
pub use say::header;
pub use threshold::{Threshold, USUAL, read_span};

use answer::Came;
use drive::{Driver, Stepped};

/// How often a step is run whose load does not keep its own schedule, where there is time: a machine that stumbles once is
/// no reason to end a run.
const TRIES: u32 = 2;

/// Who is told how far a run is.
pub trait Listener {
    /// How far it is, in thousandths, and what it does now.
    fn progress(&self, per_mille: u32, now: &str);
    /// A step is over; one that is void may be run once more.
    fn step(&self, step: &StepReport);
}

/// Asks each call once before there is any load, one after the other and no more in a second than are sent there at most.
///
/// Gives those that were not answered well, with why.
///
/// # Errors
/// Where none was: the target is not there, or is something else.
pub async fn look(plan: &Capacity) -> Result<Vec<String>, String> {
    let driver = Driver::new(plan)?;
    let mut prng = Prng::new(plan.seed);
    let mut bad = Vec::new();
    let calls = plan.mix.calls();
    let began = clock::now();
    for (call, after) in calls.iter().zip(plan.looks()) {
        clock::sleep_until(began.after(after)).await;
        match driver.try_once(call, &mut prng).await {
            (Came::Good, _) => {}
            (Came::Shed, _) => bad.push(format!("{}: too many requests", call.name)),
            (Came::Failed(Fault::Connect), why) => {
                return Err(why.unwrap_or_else(|| Fault::Connect.to_string()));
            }
            (Came::Failed(fault), why) => {
                bad.push(format!("{}: {}", call.name, why.unwrap_or_else(|| fault.to_string())));
            }
        }
    }
    if bad.len() == calls.len() { Err(bad.join("; ")) } else { Ok(bad) }
}

/// Carries a test out on the runtime of the calling thread, which does nothing else meanwhile, until its last step is over,
/// a step says that higher ones are of no use, or it is told to stop.
///
/// # Errors
/// Where nothing can be sent.
pub async fn run(
    plan: &Capacity,
    mut stopped: watch::Receiver<bool>,
    listener: &dyn Listener,
) -> Result<CapacityReport, String> {
    let driver = Arc::new(Driver::new(plan)?);
    let mut steps: Vec<StepReport> = Vec::new();
    let mut end = End::Whole;
    let count = u64::try_from(plan.steps.len()).unwrap_or(u64::MAX);
    let mut run = 0_u64;
    for (nth, times) in (0_u64..).zip(&plan.steps) {
        let per_second = plan.rate.saturating_mul(*times);
        let tell = |passed: Span, figures: &Figures| {
            let all = plan.step_lasts.times(count);
            let passed = plan.step_lasts.times(nth).plus(passed).as_millis().saturating_mul(1_000);
            let per_mille = passed.checked_div(all.as_millis()).unwrap_or(0);
            let (answered, offered) = (figures.answered, figures.offered);
            let now = format!("{times}x, {per_second}/s: {answered} of {offered} answered");
            listener.progress(u32::try_from(per_mille).unwrap_or(1_000).min(1_000), &now);
        };
        let seed = plan.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(nth);
        let mut tries = 0_u32;
        let step = loop {
            (tries, run) = (tries.saturating_add(1), run.saturating_add(1));
            let stepped = driver.step(plan, (per_second, seed), &mut stopped, &tell).await;
            let step = judged(plan, (*times, tries), stepped);
            let left = count.saturating_sub(nth.saturating_add(1));
            if step.void.is_none() || tries >= TRIES || !plan.has_time_to_repeat(run, left) {
                break step;
            }
            listener.step(&step);
        };
        listener.step(&step);
        let ended = ends(plan, &step);
        steps.push(step);
        if let Some(ended) = ended {
            end = ended;
            break;
        }
    }
    if steps.len() == plan.steps.len() && matches!(end, End::Stopped(_)) {
        end = End::Whole;
    }
    Ok(CapacityReport::new((plan.seed, plan.rate), &plan.thresholds, steps, end))
}

/// What a step has come to, and whether it says anything.
fn judged(plan: &Capacity, (times, tries): (u32, u32), stepped: Stepped) -> StepReport {
    let Stepped { figures, watched, lasted, is_broken_off } = stepped;
    let void = if is_broken_off { None } else { watched.void_beyond(plan.lag_max()) };
    StepReport { times, tries, lasted, figures, watched, void, is_broken_off }
}

/// Why no step should follow, where none should.
fn ends(plan: &Capacity, step: &StepReport) -> Option<End> {
    if step.is_broken_off {
        return Some(End::BrokenOff);
    }
    if let Some(why) = &step.void {
        return Some(End::Void(step.times, why.clone()));
    }
    let crossed = plan.thresholds.iter().find(|threshold| {
        threshold.stops() && threshold.counts_at(step.times) && !threshold.holds(&step.figures)
    });
    if let Some(threshold) = crossed {
        return Some(End::Stopped(format!("at {}x, where {threshold} was crossed", step.times)));
    }
    let nothing = step.figures.good == 0 && step.figures.late == 0;
    nothing.then(|| End::Stopped(format!("at {}x, where nothing was answered well", step.times)))
}
