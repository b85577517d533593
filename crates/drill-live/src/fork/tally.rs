//! What the answers were worth, judged by both chains as they turned out.

use std::collections::BTreeSet;

use incident::{Outcome, Series};

use super::course::{Fault, Plan, Seen};
use super::reader::{Got, Record};

/// The width of a point of the curves, in seconds: time is scaled, and a second of a run is a minute of the day.
const BIN: f64 = 0.25;

/// What an answer was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Worth {
    /// True of the chain, or of an orphan of an ordinary reorg.
    True,
    /// Of the minority's chain.
    WrongChain,
    /// Of the chain, and long out of date.
    Stale,
    /// The gateway said that it cannot be told.
    Undecided,
    /// It was told to come back later.
    Shed,
    /// None came.
    None,
}

/// Makes figures, curves and events of a run.
pub(super) fn outcome(plan: &Plan, seen: &Seen) -> Outcome {
    let judged: Vec<(f64, Worth)> =
        seen.records.iter().map(|record| (record.at, worth(plan, seen, record))).collect();
    let count = |wanted: Worth| judged.iter().filter(|(_, worth)| *worth == wanted).count() as f64;
    let mut outcome = Outcome::default();
    let (wrong, stale) = (count(Worth::WrongChain), count(Worth::Stale));
    outcome.figure("wrong_answers", wrong + stale);
    outcome.figure("wrong_chain", wrong);
    outcome.figure("stale_answers", stale);
    outcome.figure("wrong_seconds", seconds_of_wrong(&judged));
    outcome.figure("false_confirmations", false_confirmations(seen));
    let (shed, undecided) = (count(Worth::Shed), count(Worth::Undecided));
    outcome.figure("failed_requests", count(Worth::None) + shed + undecided);
    outcome.figure("shed_requests", shed);
    outcome.figure("undecided_answers", undecided);
    outcome.figure("reads", judged.len() as f64);
    outcome.figure("wrong_percent", (wrong + stale) / judged.len().max(1) as f64 * 100.0);
    outcome.figure("false_quarantines", false_quarantines(plan, seen));
    outcome.figure("reorgs", seen.reorgs as f64);
    outcome.figure("minority_blocks", seen.minority.count() as f64);
    happened(plan, seen, &mut outcome);
    curves(seen, &judged, &mut outcome);
    outcome
}

/// The timeline, and how long detecting and putting out took where there was somebody to put out.
fn happened(plan: &Plan, seen: &Seen, outcome: &mut Outcome) {
    let block = match seen.fork_block {
        0 => seen.main.height(seen.forked_at),
        block => block,
    };
    let what = match plan.fault {
        Fault::Minority => "fork: the nodes with the bug follow a branch of their own",
        Fault::Stuck => "fork: the nodes with the bug stand still",
        Fault::Unresponsive => "fork: the nodes with the bug answer nothing",
    };
    outcome.event(seen.forked_at, format!("{what} after block {block}"));
    let said = |(at, ..): &&(f64, String, String)| (seen.forked_at..seen.ended_at).contains(at);
    for (nth, (at, verdict, reason)) in seen.watched.verdicts.iter().filter(said).enumerate() {
        let detected = if nth == 0 { "detected: " } else { "" };
        outcome.event(*at, format!("{detected}the gateway says {verdict}: {reason}"));
    }
    let quarantined = quarantined(plan, seen);
    if plan.affected().iter().any(|name| plan.is_left(name)) {
        let lasted = seen.ended_at - seen.forked_at;
        let since_fork = |at: Option<f64>| at.map_or(lasted, |at| at - seen.forked_at);
        outcome.figure("detect_seconds", since_fork(detected(seen)));
        outcome.figure("quarantine_seconds", since_fork(quarantined));
        if let Some(at) = quarantined {
            outcome.event(at, "quarantined: no node with the bug is asked any more");
        }
    }
    outcome.event(seen.healed_at, "healed: the nodes go back to the others' chain");
    outcome.events.sort_by(|one, other| one.at.total_cmp(&other.at));
}

fn worth(plan: &Plan, seen: &Seen, record: &Record) -> Worth {
    let of_block = |hash: &str, newest: Option<u64>| {
        if seen.minority.number(hash).is_some() {
            return Worth::WrongChain;
        }
        let due = seen.main.height(record.at);
        let late = newest.is_some_and(|number| number.saturating_add(plan.stale) < due);
        if late { Worth::Stale } else { Worth::True }
    };
    match &record.got {
        Got::Block { hash, number } => of_block(hash, Some(*number)),
        Got::Receipt { block, .. } => of_block(block, None),
        Got::Earned(true) if record.at >= seen.forked_at => Worth::WrongChain,
        Got::Earned(_) | Got::Nothing => Worth::True,
        Got::Undecided => Worth::Undecided,
        Got::Shed => Worth::Shed,
        Got::Failed => Worth::None,
    }
}

/// Payments that somebody was told are in a block, and that the chain does not have.
fn false_confirmations(seen: &Seen) -> f64 {
    let told = seen.records.iter().filter_map(|record| match &record.got {
        Got::Receipt { transaction, block } => Some((transaction, block)),
        Got::Block { .. }
        | Got::Earned(_)
        | Got::Nothing
        | Got::Undecided
        | Got::Shed
        | Got::Failed => None,
    });
    let wrong = told.filter(|(transaction, block)| {
        seen.minority.number(block).is_some() && !seen.main.has(transaction)
    });
    wrong.map(|(transaction, _)| transaction).collect::<BTreeSet<_>>().len() as f64
}

/// How long wrong answers were given, in tenths of seconds that had one.
fn seconds_of_wrong(judged: &[(f64, Worth)]) -> f64 {
    let wrong = judged.iter().filter(|(_, it)| matches!(it, Worth::WrongChain | Worth::Stale));
    let tenths: BTreeSet<u64> = wrong.map(|(at, _)| (at * 10.0) as u64).collect();
    tenths.len() as f64 / 10.0
}

/// When the gateway first said after the fork that something is wrong.
fn detected(seen: &Seen) -> Option<f64> {
    let alarmed =
        |(at, verdict, _): &&(f64, String, String)| *at >= seen.forked_at && verdict != "healthy";
    let first = seen.watched.verdicts.iter().find(alarmed).map(|(at, ..)| *at);
    first.filter(|at| *at < seen.healed_at)
}

/// From when on none of the upstreams with the bug was asked any more; none where that never came.
fn quarantined(plan: &Plan, seen: &Seen) -> Option<f64> {
    let affected: Vec<&str> =
        plan.affected().into_iter().filter(|name| plan.is_left(name)).collect();
    let mut times: Vec<f64> = Vec::new();
    for name in &affected {
        let states = seen.watched.states.get(*name).into_iter().flatten();
        times.extend(states.map(|(at, _)| *at));
    }
    times.push(seen.forked_at);
    times.sort_by(f64::total_cmp);
    let out =
        |at: &f64| affected.iter().all(|name| seen.watched.state(name, *at) != Some("serving"));
    // They may be out for standing still, and come back with their branch.
    let during = times.into_iter().filter(|at| (seen.forked_at..seen.healed_at).contains(at));
    let mut ends: Vec<f64> = during.collect();
    let held = ends.iter().rev().take_while(|at| out(at)).count();
    ends.reverse();
    held.checked_sub(1).and_then(|last| ends.get(last).copied())
}

/// Upstreams that were right and were put out for what they said, and those that were before anything was wrong.
fn false_quarantines(plan: &Plan, seen: &Seen) -> f64 {
    let wrongly = plan.nodes.iter().filter(|node| {
        let first = seen.watched.first(&node.name, "quarantined", 0.0);
        first.is_some_and(|at| !node.affected || at < seen.forked_at)
    });
    wrongly.count() as f64
}

fn curves(seen: &Seen, judged: &[(f64, Worth)], outcome: &mut Outcome) {
    let bins = (seen.ended_at / BIN).ceil().max(1.0) as usize;
    let share = |wanted: &dyn Fn(Worth) -> bool| {
        let (mut all, mut hits) = (vec![0_u32; bins], vec![0_u32; bins]);
        for (at, worth) in judged {
            let bin = ((at / BIN) as usize).min(bins - 1);
            if let (Some(all), Some(hit)) = (all.get_mut(bin), hits.get_mut(bin)) {
                *all += 1;
                *hit += u32::from(wanted(*worth));
            }
        }
        let points = all.iter().zip(&hits).enumerate();
        points
            .map(|(bin, (all, hits))| {
                (bin as f64 * BIN, f64::from(*hits) / f64::from((*all).max(1)) * 100.0)
            })
            .collect::<Vec<_>>()
    };
    let mut add = |id: &str, name: &str, points| {
        outcome.curve(Series::new(id, name, "per cent", points));
    };
    let wrong = share(&|worth| matches!(worth, Worth::WrongChain | Worth::Stale));
    add("wrong_share", "answers of the wrong chain, or long out of date", wrong);
    let none = share(&|worth| matches!(worth, Worth::None | Worth::Shed | Worth::Undecided));
    add("failed_share", "reads that got no answer", none);
}

#[cfg(test)]
mod tests {
    use incident::{Mechanism as _, Value, Values};

    use super::*;
    use crate::fork::Fork;
    use crate::fork::chains::Blocks;

    fn plan() -> Plan {
        let mut values = Values::default();
        for parameter in Fork.parameters() {
            if let Some(usual) = parameter.usual {
                values.set(parameter.name, usual);
            }
        }
        values.set("nodes", Value::Word("old=Geth/v1.9.13 new=besu/v20.10.1".to_owned()));
        Plan::read(&values).unwrap()
    }

    fn seen() -> Seen {
        let blocks: Vec<(String, u64)> = (1..=12).map(|n| (format!("a{n}"), n)).collect();
        let blocks: Vec<(&str, u64)> = blocks.iter().map(|(hash, n)| (hash.as_str(), *n)).collect();
        Seen {
            main: Blocks::of(&blocks),
            minority: Blocks::of(&[("b3", 3), ("b4", 4)]),
            forked_at: 2.0,
            healed_at: 10.0,
            ended_at: 12.0,
            ..Seen::default()
        }
    }

    #[test]
    fn an_answer_is_judged_by_the_chain_that_its_block_is_on() {
        // Else an orphan would be called a split, or the wrong chain's balance a right answer: the damage is made of these.
        let block = |hash: &str, number| Got::Block { hash: hash.to_owned(), number };
        let receipt =
            |block: &str| Got::Receipt { transaction: "paid".to_owned(), block: block.to_owned() };
        for (at, got, expect) in [
            (4.0, block("a4", 4), Worth::True),
            (4.0, block("orphan", 3), Worth::True),
            (5.0, block("b4", 4), Worth::WrongChain),
            (12.0, block("a6", 6), Worth::Stale),
            (12.0, block("a7", 7), Worth::True),
            (12.0, receipt("a2"), Worth::True),
            (12.0, receipt("b3"), Worth::WrongChain),
            (1.0, Got::Earned(true), Worth::True),
            (3.0, Got::Earned(true), Worth::WrongChain),
            (3.0, Got::Earned(false), Worth::True),
            (3.0, Got::Undecided, Worth::Undecided),
            (3.0, Got::Failed, Worth::None),
        ] {
            let record = Record { at, got };
            assert_eq!(worth(&plan(), &seen(), &record), expect, "{record:?}");
        }
    }

    #[test]
    fn who_comes_back_with_its_branch_was_not_quarantined() {
        // A node that stood still for a moment would pass for one that was put out for good.
        let mut seen = seen();
        let states = [(0.0, "serving"), (3.0, "lagging"), (4.0, "serving")];
        let states = states.map(|(at, state)| (at, state.to_owned())).to_vec();
        seen.watched.states.insert("old".to_owned(), states.clone());
        assert_eq!(quarantined(&plan(), &seen), None);
        let mut out = states;
        out.push((5.0, "quarantined".to_owned()));
        seen.watched.states.insert("old".to_owned(), out);
        assert_eq!(quarantined(&plan(), &seen), Some(5.0));
        assert_eq!(false_quarantines(&plan(), &seen), 0.0);
        let wrongly = vec![(5.0, "quarantined".to_owned())];
        seen.watched.states.insert("new".to_owned(), wrongly);
        assert_eq!(false_quarantines(&plan(), &seen), 1.0);
    }

    #[test]
    fn a_payment_that_is_on_both_chains_is_no_false_confirmation() {
        // What was mined on both sides is paid; what is on the minority's alone is not.
        let mut seen = seen();
        let told = |transaction: &str| Record {
            at: 5.0,
            got: Got::Receipt { transaction: transaction.to_owned(), block: "b3".to_owned() },
        };
        seen.records = vec![told("both"), told("lost"), told("lost")];
        assert_eq!(false_confirmations(&seen), 1.0);
    }
}
