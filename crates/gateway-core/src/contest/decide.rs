//! The rule by which a contest is decided: a function of the roll and of what stands on each branch.
//!
//! It guards against bugs that clients share and against single liars. It does not guard against operators
//! who conspire.

use std::collections::BTreeSet;

use super::roll::{Member, Roll, weight_of};

/// What is known of one branch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evidence {
    /// Upstreams that stand on it now and may vote.
    pub(crate) voting: Vec<usize>,
    /// Upstreams on the roll that were last seen on it, the silent ones among them.
    pub(crate) seen: Vec<usize>,
    /// Operators whose `finalized` is on it, above the fork.
    pub(crate) finalized: BTreeSet<usize>,
    /// Whether the beacon source's finalized block is on it, above the fork.
    pub(crate) beacon: bool,
    /// Whether it is no longer than an ordinary reorg and has stood since.
    pub(crate) stub: bool,
}

/// What decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// More than half of the roll's weight, two operators, two classes; where classes are versions of one client,
    /// more than half of the operators' votes, too.
    Votes,
    /// Two operators' `finalized`, or the beacon source's.
    Finality,
    /// Where votes decide nothing: everyone whom the configuration vouches for stands on it.
    Trust,
    /// The operator's command.
    Command,
}

/// How a contest stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The branch at this position has won.
    Won(usize, Ground, String),
    /// None has, for this reason.
    Undecided(String),
}

/// Operators that a branch needs, to contest and to win.
const OPERATORS_MIN: usize = 2;

/// Which branches may contest. One that a single operator holds alone may not, unless the configuration
/// vouches for it or says that lone dissenters are to be heard. Where that leaves none, nobody can be called
/// the odd one out, but for those who stopped at a block that was then replaced.
pub(crate) fn contenders(roll: &Roll, branches: &[Evidence], hear_lone: bool) -> Vec<bool> {
    let on_roll = |branch: &Evidence| branch.seen.iter().any(|u| roll.member(*u).is_some());
    let strong = |branch: &Evidence| {
        let members = || branch.seen.iter().filter_map(|upstream| roll.member(*upstream));
        operators(members()) >= OPERATORS_MIN
            || members().any(|member| member.trusted)
            || (hear_lone && on_roll(branch))
    };
    let moving = |branch: &Evidence| on_roll(branch) && !branch.stub;
    if branches.iter().any(strong) {
        branches.iter().map(strong).collect()
    } else if branches.iter().any(moving) {
        branches.iter().map(moving).collect()
    } else {
        branches.iter().map(on_roll).collect()
    }
}

/// Decides between branches that may contest.
pub(crate) fn decide(roll: &Roll, branches: &[Evidence]) -> Decision {
    if let Some(decision) = by_finality(branches) {
        return decision;
    }
    let votes = match by_votes(roll, branches) {
        Ok(won) => return won,
        Err(why) => why,
    };
    by_trust(roll, branches).unwrap_or(Decision::Undecided(votes))
}

/// Finality overrules votes. On two branches at once it means that the chain's own rules are broken, and
/// nothing here can mend that.
pub(crate) fn by_finality(branches: &[Evidence]) -> Option<Decision> {
    let is_final = |branch: &Evidence| branch.beacon || branch.finalized.len() >= OPERATORS_MIN;
    let mut finals = branches.iter().enumerate().filter(|(_, branch)| is_final(branch));
    let (position, branch) = finals.next()?;
    if finals.next().is_some() {
        let why = "two branches are both finalized above the fork: the chain has broken its own \
                   finality, and people must decide";
        return Some(Decision::Undecided(why.to_owned()));
    }
    let by = if branch.beacon { "the beacon source" } else { "several operators" };
    let why = format!("finalized above the fork on this branch only, as {by} report");
    Some(Decision::Won(position, Ground::Finality, why))
}

fn by_votes(roll: &Roll, branches: &[Evidence]) -> Result<Decision, String> {
    let total = roll.total();
    // Shares were rounded down, by less than one unit a member.
    let slack = u64::try_from(roll.members().len()).unwrap_or(u64::MAX);
    let mut best = (0, String::new());
    for (position, branch) in branches.iter().enumerate() {
        let members = || branch.voting.iter().filter_map(|upstream| roll.member(*upstream));
        let weight = weight_of(members());
        let words = in_words(members(), weight, total);
        if is_most(weight, total, slack) {
            let classes = members().map(|member| &member.class).collect::<BTreeSet<_>>().len();
            if operators(members()) < OPERATORS_MIN {
                return Err(format!("{words}, but these are one operator alone"));
            }
            if classes < roll.classes().min(2) {
                return Err(format!("{words}, but these run one client alone"));
            }
            if roll.shares(members()).is_some_and(|(on, all)| !is_most(on, all, slack)) {
                return Err(format!("{words}, but these are half of the operators at most"));
            }
            return Ok(Decision::Won(position, Ground::Votes, words));
        }
        if weight >= best.0 {
            best = (weight, words);
        }
    }
    Err(format!("no branch has more than half of the votes; at most {}", best.1))
}

/// Whether a part is more than half of a whole by more than what rounding can make.
const fn is_most(part: u64, whole: u64, slack: u64) -> bool {
    part.saturating_mul(2) > whole.saturating_add(slack)
}

/// Trust breaks ties and does not overrule votes: a trusted node can run the client with the bug.
fn by_trust(roll: &Roll, branches: &[Evidence]) -> Option<Decision> {
    let trusted = |branch: &Evidence| {
        let members = branch.voting.iter().filter_map(|upstream| roll.member(*upstream));
        members.filter(|member| member.trusted).count()
    };
    let mut holding = branches.iter().enumerate().filter(|(_, branch)| trusted(branch) > 0);
    let (position, branch) = holding.next()?;
    if holding.next().is_some() {
        return None;
    }
    let count = trusted(branch);
    let why =
        format!("votes decide nothing; {count} upstreams that are declared trusted stand on it");
    Some(Decision::Won(position, Ground::Trust, why))
}

fn operators<'a>(members: impl Iterator<Item = &'a Member>) -> usize {
    members.map(|member| member.operator).collect::<BTreeSet<_>>().len()
}

/// Such as "2.000 of 3.000 votes: besu, nethermind".
fn in_words<'a>(members: impl Iterator<Item = &'a Member>, weight: u64, total: u64) -> String {
    let classes: BTreeSet<String> = members.map(|member| member.class.to_string()).collect();
    let names: Vec<String> = classes.into_iter().collect();
    let (weight, total) = (super::votes(weight), super::votes(total));
    let names = if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
    format!("{weight} of {total} votes ({names})")
}

#[cfg(test)]
mod tests;
