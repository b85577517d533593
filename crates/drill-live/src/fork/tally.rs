//! What the answers were worth, judged by both chains as they turned out.

use std::collections::BTreeSet;

use incident::{Outcome, Series};

use super::course::{Plan, Seen};
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
    outcome.figure("failed_requests", count(Worth::None) + count(Worth::Undecided));
    outcome.figure("undecided_answers", count(Worth::Undecided));
    outcome.figure("reads", judged.len() as f64);
    outcome.figure("wrong_percent", (wrong + stale) / judged.len().max(1) as f64 * 100.0);
    outcome.figure("false_quarantines", false_quarantines(plan, seen));
    outcome.figure("reorgs", seen.reorgs as f64);
    outcome.figure("minority_blocks", seen.minority.count() as f64);
    let (detected, quarantined) = (detected(seen), quarantined(plan, seen));
    let lasted = seen.ended_at - seen.forked_at;
    let since_fork = |at: Option<f64>| at.map_or(lasted, |at| at - seen.forked_at);
    outcome.figure("detect_seconds", since_fork(detected.as_ref().map(|it| it.0)));
    outcome.figure("quarantine_seconds", since_fork(quarantined));
    outcome.event(seen.forked_at, format!("fork after block {}", seen.main.height(seen.forked_at)));
    if let Some((at, verdict, reason)) = detected {
        outcome.event(at, format!("detected: the gateway says {verdict}: {reason}"));
    }
    if let Some(at) = quarantined {
        outcome.event(at, "quarantined: no node with the bug is asked any more");
    }
    outcome.event(seen.healed_at, "healed: the nodes run a version without the bug");
    curves(seen, &judged, &mut outcome);
    outcome
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
        Got::Shed | Got::Failed => Worth::None,
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

/// When the gateway first said after the fork that something is wrong, and what.
fn detected(seen: &Seen) -> Option<(f64, String, String)> {
    let alarmed =
        |(at, verdict, _): &&(f64, String, String)| *at >= seen.forked_at && verdict != "healthy";
    let first = seen.watched.verdicts.iter().find(alarmed).cloned();
    first.filter(|(at, ..)| *at < seen.healed_at)
}

/// When none of the upstreams with the bug was asked any more; none where that never came, or there were none.
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
    let out = |at: f64| {
        let is_out = |name: &&str| seen.watched.state(name, at) != Some("serving");
        !affected.is_empty() && affected.iter().all(is_out)
    };
    times.into_iter().find(|at| *at >= seen.forked_at && *at < seen.healed_at && out(*at))
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
        let (id, name, unit) = (id.to_owned(), name.to_owned(), "per cent".to_owned());
        outcome.curve(Series { id, name, unit, points });
    };
    let wrong = share(&|worth| matches!(worth, Worth::WrongChain | Worth::Stale));
    add("wrong_share", "answers of the wrong chain, or long out of date", wrong);
    let none = share(&|worth| matches!(worth, Worth::None | Worth::Undecided));
    add("failed_share", "reads that got no answer", none);
}
