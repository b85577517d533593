//! Votes that queue with everything else: Solana, 2021-09-14.
//!
//! A slot takes so many transactions. Validators' votes are transactions too, and without a lane of their own are picked
//! among the spam by chance: a vote lands with probability `capacity / (votes + spam)`. A validator that lands none
//! within a window is missing; with a third of them missing nothing becomes final, forks cannot be pruned, each takes
//! memory, and where that is full the nodes die and the chain is restarted by people.
//!
//! Left out: what a transaction is worth and pays, leaders of unequal capacity, how forks are chosen, and retries, which
//! would make the spam more.

use incident::{Parameter, Values};

use crate::course::Course;

/// Votes needed within the window.
const FINAL: f64 = 2.0 / 3.0;
/// Slots within which one vote of a validator must land.
const WINDOW_SLOTS: u32 = 32;
/// Seconds a slot.
const SLOT: f64 = 0.4;
/// The longest storm that is simulated, in slots: two days.
const SLOTS_MAX: f64 = 432_000.0;
/// The share of a slot's room that senders without stake get where room goes by stake. Source: Solana's
/// stake-weighted quality of service leaves them about a fifth.
const UNSTAKED: f64 = 0.2;

/// What [`run`] takes.
#[must_use]
pub fn parameters() -> Vec<Parameter> {
    vec![
        Parameter::word("lane", "who comes first in a slot: none, votes, stake", "none"),
        Parameter::number("capacity_tps", "transactions a second that the chain takes in", 4_000.0),
        Parameter::number("votes_tps", "votes a second", 2_500.0),
        Parameter::number(
            "spam_tps",
            "other transactions a second while the storm lasts",
            350_000.0,
        ),
        Parameter::number("storm_minutes", "how long the storm lasts", 60.0),
        Parameter::number("memory_gb", "memory of a validator", 128.0),
        Parameter::number("fork_mb", "memory that a fork takes until it can be pruned", 30.0),
        Parameter::number(
            "crash_restart_minutes",
            "from the nodes' death until the restart is done",
            992.0,
        ),
    ]
}

/// The day.
///
/// # Errors
/// Where a parameter is missing or out of range.
pub fn run(values: &Values) -> Result<Course, String> {
    let lane = values.word("lane")?;
    let (capacity, votes) = (values.number("capacity_tps")?, values.number("votes_tps")?);
    let (spam, storm) = (values.number("spam_tps")?, values.number("storm_minutes")?);
    let memory = values.number("memory_gb")? * 1_000.0;
    let (fork, restart) = (values.number("fork_mb")?, values.number("crash_restart_minutes")?);
    let slots = storm * 60.0 / SLOT;
    let is_sound = capacity > 0.0 && votes > 0.0 && spam >= 0.0 && memory > 0.0 && fork >= 0.0;
    if !is_sound || !(0.0..=SLOTS_MAX).contains(&slots) {
        return Err("rates and memory must be above zero, and a storm two days at most".to_owned());
    }
    let lands = lands(lane, capacity, votes, spam)?;
    let mut missing = 1.0;
    for _ in 0..WINDOW_SLOTS {
        missing *= 1.0 - lands;
    }
    let heard = 1.0 - missing;
    let mut course = Course::default();
    course.figures.push(("votes_landed_percent", lands * 100.0));
    course.figures.push(("validators_heard_percent", heard * 100.0));
    course.event(0.0, format!("the storm begins: {:.1} % of votes land", lands * 100.0));
    if heard >= FINAL {
        course.event(storm, "the storm ends; blocks were final throughout");
        return Ok(course);
    }
    let fatal = memory / fork;
    let dies = fatal < slots;
    let forks = if dies { fatal } else { slots };
    let until = forks * SLOT;
    let points = (0..=100).map(|part| f64::from(part) / 100.0);
    let points = points.map(|part| (until * part, forks * part * fork / 1_000.0)).collect();
    course.curve("memory", "memory that forks take", "GB", points);
    course.figures.push(("forks", forks));
    course.stalled_minutes = if dies { until / 60.0 + restart } else { storm };
    if dies {
        course.event(until / 60.0, "memory is full: validators die");
        course.event(course.stalled_minutes, "four fifths of the stake are back");
    } else {
        course.event(storm, "the storm ends, and forks are pruned");
    }
    Ok(course)
}

/// How probable it is that a vote lands.
fn lands(lane: &str, capacity: f64, votes: f64, spam: f64) -> Result<f64, String> {
    let share = match lane {
        "none" => capacity / (votes + spam),
        "votes" => capacity / votes,
        "stake" => capacity * (1.0 - UNSTAKED) / votes,
        other => return Err(format!("`lane` is none, votes or stake, and not {other}")),
    };
    Ok(share.min(1.0))
}

#[cfg(test)]
mod tests {
    use incident::Value;

    use super::*;

    fn day(lane: &str, spam: f64) -> Course {
        let mut values = Values::default();
        for parameter in parameters() {
            values.set(parameter.name, parameter.usual.unwrap());
        }
        values.set("lane", Value::Word(lane.to_owned()));
        values.set("spam_tps", Value::Number(spam));
        run(&values).unwrap()
    }

    #[test]
    fn votes_in_the_common_queue_starve_and_in_a_lane_of_their_own_do_not() {
        // The drill would say of a lane that it does nothing, or of a queue that it is enough.
        let starved = day("none", 350_000.0);
        assert!((1_000.0..1_040.0).contains(&starved.stalled_minutes), "{starved:?}");
        assert!(day("votes", 350_000.0).stalled_minutes <= 0.0);
        assert!(day("stake", 350_000.0).stalled_minutes <= 0.0);
        assert!(day("none", 3_500.0).stalled_minutes <= 0.0, "so little spam is no storm");
    }
}
