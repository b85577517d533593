//! A client with a bug that one block sets off: Solana, 2024-02-06.
//!
//! Validators of unequal stake run one of two clients. A block that the buggy one cannot get through stops those who run
//! it. Blocks become final while more than two thirds of the stake votes. Where that is left, only the others are slower;
//! where it is not, the chain stands until the bug is found and a release is out. With a third or more of the stake still
//! voting the others then upgrade one by one; with less the whole chain is restarted, for which four fifths of the stake
//! must have come back.
//!
//! Left out: how blocks travel, who leads, what a fork during the upgrade would cost, and that operators wait for each
//! other's word before a restart (it is in the minutes that the restart takes).

use incident::{Parameter, Series, Values};
use machine::Prng;

use crate::course::Course;

/// Votes needed for a block to become final, as a share of the stake.
const FINAL: f64 = 2.0 / 3.0;
/// Votes without which a chain has to be restarted as one: what is left cannot even agree on a head.
const ALIVE: f64 = 1.0 / 3.0;
/// What a restart waits for. Source: Solana's restart instructions.
const RESTART: f64 = 0.8;
/// The most validators that are simulated.
const VALIDATORS_MAX: u64 = 20_000;
/// Points of the curve of minutes by share.
const SHARES: u32 = 50;

/// What [`run`] takes.
#[must_use]
pub fn parameters() -> Vec<Parameter> {
    vec![
        Parameter::number(
            "buggy_percent",
            "share of the stake that runs the client with the bug",
            95.0,
        ),
        Parameter::number(
            "validators",
            "validators; stake falls with rank, as one over it",
            1_500.0,
        ),
        Parameter::number(
            "detect_minutes",
            "from the block that sets the bug off until it is found",
            20.0,
        ),
        Parameter::number("release_minutes", "from then until a release without it is out", 190.0),
        Parameter::number(
            "restart_minutes",
            "from then until four fifths of the stake have come back",
            94.0,
        ),
    ]
}

/// The day.
///
/// # Errors
/// Where a parameter is missing or out of range.
pub fn run(values: &Values, seed: u64) -> Result<Course, String> {
    let share = values.number("buggy_percent")? / 100.0;
    let validators = values.count("validators")?;
    let phases = Phases {
        detect: values.number("detect_minutes")?,
        release: values.number("release_minutes")?,
        restart: values.number("restart_minutes")?,
    };
    let lengths = [phases.detect, phases.release, phases.restart];
    if !(0.0..=1.0).contains(&share) || !(1..=VALIDATORS_MAX).contains(&validators) {
        return Err(format!("buggy_percent is 0 to 100, validators 1 to {VALIDATORS_MAX}"));
    }
    if lengths.iter().any(|minutes| !(0.0..=100_000.0).contains(minutes)) {
        return Err("the minutes of a phase are 0 to 100,000".to_owned());
    }
    let stakes = Stakes::draw(validators, seed);
    let mut course = stakes.stall(share, &phases);
    let by_share = (0..=SHARES).map(|nth| {
        let percent = f64::from(nth * 2);
        (percent, stakes.stall(percent / 100.0, &phases).stalled_minutes)
    });
    let by_share = Series::new("stalled_by_share", "stalled", "minutes", by_share.collect());
    course.series.push(by_share.across("stake on the buggy client", "per cent"));
    Ok(course)
}

struct Phases {
    detect: f64,
    release: f64,
    restart: f64,
}

/// Validators in the order in which a bug hits them, each with its stake and when it comes back.
struct Stakes(Vec<(f64, f64)>);

impl Stakes {
    fn draw(validators: u64, seed: u64) -> Self {
        let mut prng = Prng::new(seed);
        let mut all: Vec<(u64, f64, f64)> = (1..=validators)
            .map(|rank| {
                let back = prng.below(1_000_000) as f64 / 1_000_000.0;
                (prng.next_u64(), 1.0 / rank as f64, back)
            })
            .collect();
        all.sort_by_key(|(order, ..)| *order);
        let total: f64 = all.iter().map(|(_, stake, _)| stake).sum();
        Self(all.into_iter().map(|(_, stake, back)| (stake / total, back)).collect())
    }

    fn stall(&self, share: f64, phases: &Phases) -> Course {
        let mut course = Course::default();
        let mut stopped = Vec::new();
        let mut hit = 0.0;
        for &(stake, back) in &self.0 {
            // Whoever would bring the share further from what was asked for than it is runs the other client.
            if hit + stake / 2.0 <= share {
                hit += stake;
                stopped.push((back, stake));
            }
        }
        let voting = 1.0 - hit;
        course.figures.push(("voting_percent", voting * 100.0));
        course.event(0.0, format!("a block stops {:.0} % of the stake", hit * 100.0));
        if voting > FINAL {
            course.event(0.0, "more than two thirds still vote: blocks go on becoming final");
            return course;
        }
        let released = phases.detect + phases.release;
        course.event(phases.detect, "the bug is found");
        course.event(released, "a release without the bug is out");
        let (base, wanted) = if voting < ALIVE { (0.0, RESTART) } else { (voting, FINAL) };
        let mut coming = if base > 0.0 {
            stopped
        } else {
            self.0.iter().map(|(stake, back)| (*back, *stake)).collect()
        };
        coming.sort_by(|one, other| one.0.total_cmp(&other.0));
        // Evenly over so long that four fifths are back when the restart is done.
        let span = phases.restart / RESTART;
        let mut stake = base;
        let mut points = vec![(0.0, voting * 100.0), (released * 60.0, base * 100.0)];
        let mut end = released + span;
        for (back, of) in coming {
            stake += of;
            points.push(((released + back * span) * 60.0, stake * 100.0));
            if stake > wanted {
                end = released + back * span;
                break;
            }
        }
        course.curve("voting", "stake that votes", "per cent", points);
        course.event(end, "enough of the stake votes: blocks become final again");
        course.stalled_minutes = end;
        course
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stalled(percent: f64) -> f64 {
        let stakes = Stakes::draw(1_500, 1);
        let phases = Phases { detect: 20.0, release: 190.0, restart: 94.0 };
        stakes.stall(percent / 100.0, &phases).stalled_minutes
    }

    #[test]
    fn a_bug_in_less_than_a_third_of_the_stake_stalls_nothing() {
        // What diversity of clients is worth would be reported wrongly.
        assert!(stalled(30.0) <= 0.0 && stalled(32.0) <= 0.0);
        assert!(stalled(40.0) > 200.0);
        assert!((285.0..325.0).contains(&stalled(95.0)), "{}", stalled(95.0));
        assert!(stalled(40.0) < stalled(60.0), "who is nearer to two thirds is sooner there");
    }
}
