//! Who may win where branches part, worked out slowly from what upstreams have told, and without the core's own
//! book-keeping.

use std::collections::{BTreeMap, BTreeSet};

use gateway_core::{BlockRef, Ground};

use super::chains::Fork;
use super::plan::SplitPlan;
use crate::simulator::SECOND;

/// Clients that are taken at their word.
const KNOWN: [&str; 4] = ["geth", "nethermind", "besu", "erigon"];

/// Gone for so long, and a name given for less than that, when the branches part: no vote, and no name.
const TEN_MINUTES: u64 = 600 * SECOND;

/// One operator's vote, divisible by any number of endpoints in these worlds.
const VOTE: u128 = 840;

/// What an upstream has told so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) heard_since: Option<u64>,
    /// Whether it has said which chain it is on.
    pub(crate) identified: bool,
    /// Its head, when that came, and when it was last another.
    pub(crate) head: Option<BlockRef>,
    pub(crate) head_at: u64,
    /// How often its head was on another branch than the one before, by more than an ordinary reorg.
    pub(crate) turns: u64,
    /// Questions about its head or identity in a row that it did not answer, and since when there are two.
    pub(crate) lost: u32,
    pub(crate) gone_since: Option<u64>,
    /// What it said it runs, from when.
    pub(crate) names: Vec<(u64, String)>,
    pub(crate) finalized: Option<BlockRef>,
    /// At which agreed height it was back from a branch that lost.
    pub(crate) back_at: Option<u64>,
}

/// Somebody who has a vote.
#[derive(Clone, Debug)]
struct Member {
    voter: usize,
    operator: usize,
    class: String,
    trusted: bool,
}

/// Everyone who has a vote, as of when the branches parted.
#[derive(Clone, Debug)]
pub(crate) struct Roll {
    members: Vec<Member>,
    by_version: bool,
}

/// How things stand between the branches of a fork.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The sides that may contest.
    pub(crate) contenders: Vec<u8>,
    /// The sides that the rule may elect now, and on which ground.
    pub(crate) may: Vec<(u8, &'static str)>,
    /// The one that it must elect.
    pub(crate) must: Option<(u8, &'static str)>,
    /// Whether it is for the core to say who contests: nobody is strong, and some have hardly moved.
    pub(crate) moot: bool,
}

/// The operators after those at one address were merged.
fn operator(plan: &SplitPlan, voter: usize) -> usize {
    let mut group: BTreeSet<usize> = BTreeSet::from([voter]);
    loop {
        let same = |a: usize, b: usize| {
            let (a, b) = (&plan.voters[a], &plan.voters[b]);
            a.operator == b.operator || (a.address.is_some() && a.address == b.address)
        };
        let near = |index: &usize| group.iter().any(|member| same(*member, *index));
        let grown: BTreeSet<usize> = (0..plan.voters.len()).filter(near).collect();
        if grown == group {
            return *group.iter().next().expect("a group has a member");
        }
        group = grown;
    }
}

/// Family and release, such as `geth` and `v1.9.13`; no family where the name is of no known client.
fn name(version: &str) -> (Option<String>, String) {
    let mut parts = version.split('/');
    let family = parts.next().unwrap_or_default().to_ascii_lowercase();
    let release = parts.next().unwrap_or_default().split('-').next().unwrap_or_default();
    (KNOWN.contains(&family.as_str()).then_some(family), release.to_owned())
}

/// What it was called at a time: nothing where it had been called something else shortly before.
fn name_at(told: &Told, at: u64) -> (Option<String>, String) {
    let mut said = told.names.iter().filter(|(since, _)| *since <= at).rev();
    let Some((since, last)) = said.next() else { return (None, String::new()) };
    let (family, release) = name(last);
    let before = said.next().map(|(_, before)| name(before).0);
    let changed = before.is_some_and(|before| before != family) && at - since < TEN_MINUTES;
    (family.filter(|_| !changed), release)
}

fn class((family, release): (Option<String>, String), by_version: bool) -> String {
    match family {
        Some(family) if by_version => format!("{family} {release}"),
        Some(family) => family,
        None => "unknown".to_owned(),
    }
}

impl Roll {
    /// Each member's part of its operator's vote.
    fn shares(&self) -> Vec<u128> {
        let share = |member: &Member| {
            let same = self.members.iter().filter(|other| other.operator == member.operator);
            VOTE / same.count() as u128
        };
        self.members.iter().map(share).collect()
    }

    /// Votes of each member, all in one unit.
    fn weights(&self) -> Vec<u128> {
        let shares = self.shares();
        let mut classes: BTreeMap<&str, u128> = BTreeMap::new();
        for (member, share) in self.members.iter().zip(&shares) {
            *classes.entry(member.class.as_str()).or_default() += share;
        }
        let scaled = |sum: u128| classes.len() > 1 && sum > VOTE;
        let unit: u128 = classes.values().filter(|sum| scaled(**sum)).product();
        let weight = |(member, share): (&Member, &u128)| {
            let sum = classes[member.class.as_str()];
            if scaled(sum) { share * VOTE * (unit / sum) } else { share * unit }
        };
        self.members.iter().zip(&shares).map(weight).collect()
    }

    /// Whether these voters have more than half of the votes, two operators, and two classes where there are two; and
    /// more than half of the votes before classes were scaled, where these are versions of one client.
    fn elects(&self, voters: &BTreeSet<usize>) -> bool {
        let most = |votes: &[u128]| {
            let all = || self.members.iter().zip(votes);
            let held: u128 =
                all().filter(|(m, _)| voters.contains(&m.voter)).map(|(_, votes)| votes).sum();
            held * 2 > all().map(|(_, votes)| votes).sum::<u128>()
        };
        let mine = || self.members.iter().filter(|member| voters.contains(&member.voter));
        let operators = mine().map(|member| member.operator).collect::<BTreeSet<_>>().len();
        let classes = |members: &mut dyn Iterator<Item = &Member>| {
            members.map(|member| member.class.clone()).collect::<BTreeSet<_>>().len()
        };
        let all = classes(&mut self.members.iter());
        let by_operator = !self.by_version || most(&self.shares());
        most(&self.weights()) && by_operator && operators >= 2 && classes(&mut mine()) >= all.min(2)
    }
}

/// What a standing is drawn from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) plan: &'a SplitPlan,
    pub(crate) told: &'a [Told],
    /// Who is known to be on a branch that lost.
    pub(crate) lost: &'a BTreeMap<usize, (usize, u8, u64)>,
    pub(crate) beacon: Option<BlockRef>,
    pub(crate) now: u64,
}

impl Seen<'_> {
    /// The roll as of when branches parted, at an agreed height.
    pub(crate) fn roll(&self, parted: u64, height: u64) -> Roll {
        let (plan, told) = (self.plan, self.told);
        let there = |voter: &usize| {
            let told = &told[*voter];
            let gone =
                told.gone_since.is_some_and(|since| parted.saturating_sub(since) >= TEN_MINUTES);
            let rejoining = told.back_at.is_some_and(|at| height < at + 32);
            let heard = told.heard_since.is_some_and(|since| since <= parted);
            heard && told.identified && !gone && !rejoining && !self.lost.contains_key(voter)
        };
        let voters: Vec<usize> = (0..told.len()).filter(there).collect();
        let names = || voters.iter().map(|voter| name_at(&told[*voter], parted));
        let families: BTreeSet<Option<String>> = names().map(|(family, _)| family).collect();
        let by_version = families.len() == 1 && !families.contains(&None);
        let members = voters.iter().zip(names()).map(|(voter, name)| Member {
            voter: *voter,
            operator: operator(plan, *voter),
            class: class(name, by_version),
            trusted: plan.voters[*voter].trusted,
        });
        Roll { members: members.collect(), by_version }
    }

    /// Whether somebody's head is new enough to say something.
    pub(crate) fn is_fresh(&self, voter: usize) -> bool {
        self.told[voter].head.is_some()
            && self.now - self.told[voter].head_at < 3 * self.plan.block_time
    }

    /// Who stands where, the silent ones included.
    pub(crate) fn sides(&self, fork: &Fork) -> BTreeMap<u8, BTreeSet<usize>> {
        let mut sides: BTreeMap<u8, BTreeSet<usize>> = BTreeMap::new();
        for (voter, told) in self.told.iter().enumerate() {
            if let Some(side) = told.head.and_then(|head| fork.side(head))
                && !self.lost.contains_key(&voter)
            {
                sides.entry(side).or_default().insert(voter);
            }
        }
        sides
    }

    /// How things stand at a fork: where they stood undecided before, or where one has won, whom only finality
    /// can change.
    pub(crate) fn standing(
        &self,
        fork: &Fork,
        roll: &Roll,
        (open, decided): (bool, bool),
    ) -> Standing {
        let mut sides = self.sides(fork);
        let speaks = |voter: &usize| {
            self.is_fresh(*voter) && self.now - self.told[*voter].head_at < 2 * self.plan.block_time
        };
        sides.retain(|_, voters| open || voters.iter().any(speaks));
        let on = &sides;
        let members =
            |side: u8| roll.members.iter().filter(move |member| on[&side].contains(&member.voter));
        let names: Vec<u8> = sides.keys().copied().collect();
        let strong = |side: &u8| {
            let operators: BTreeSet<usize> = members(*side).map(|m| m.operator).collect();
            operators.len() >= 2
                || members(*side).any(|member| member.trusted)
                || (self.plan.hear_lone && operators.len() == 1)
        };
        let on_roll = |side: &u8| members(*side).next().is_some();
        let contenders: Vec<u8> = if names.iter().any(strong) {
            names.iter().copied().filter(strong).collect()
        } else {
            names.iter().copied().filter(on_roll).collect()
        };
        let short = sides.values().any(|voters| {
            let heads = voters.iter().filter_map(|voter| self.told[*voter].head);
            heads.map(|head| head.number - fork.block.number).max().is_none_or(|blocks| blocks <= 2)
        });
        let moot = !names.iter().any(strong) && short;
        let mut standing = Standing { contenders, moot, ..Standing::default() };
        if decided {
            standing.contenders = names;
            self.by_finality(fork, roll, &sides, &mut standing);
        } else if standing.contenders.len() > 1
            && !self.by_finality(fork, roll, &sides, &mut standing)
        {
            let unsure = !standing.may.is_empty();
            self.count(roll, &sides, &mut standing, unsure);
        }
        standing
    }

    /// What finality says; whether that is all there is to say.
    fn by_finality(
        &self,
        fork: &Fork,
        roll: &Roll,
        sides: &BTreeMap<u8, BTreeSet<usize>>,
        standing: &mut Standing,
    ) -> bool {
        let on = |side: u8| roll.members.iter().filter(move |m| sides[&side].contains(&m.voter));
        let is_final = |side: u8, known: bool| {
            // One who has just gone over may tell what is final there before its head, or after it.
            let tells = |m: &&Member| {
                let told = &self.told[m.voter];
                let pair = told.finalized.zip(told.head);
                pair.is_some_and(|(block, head)| {
                    fork.side(block) == Some(side) && self.plan.blocks.holds(head, block)
                })
            };
            let operators: BTreeSet<usize> = on(side).filter(tells).map(|m| m.operator).collect();
            let beacon = self.beacon.filter(|block| fork.side(*block) == Some(side));
            let shown = |block: BlockRef| {
                let heads = on(side).filter_map(|member| self.told[member.voter].head);
                heads.into_iter().any(|head| self.plan.blocks.holds(head, block))
            };
            operators.len() >= 2 || beacon.is_some_and(|block| !known || shown(block))
        };
        let all = &standing.contenders;
        let finals = |known| -> Vec<u8> {
            all.iter().copied().filter(|side| is_final(*side, known)).collect()
        };
        let finality = Ground::Finality.name();
        match (finals(false).as_slice(), finals(true).as_slice()) {
            ([], _) => return false,
            ([one], [_]) => {
                standing.may = vec![(*one, finality)];
                standing.must = Some((*one, finality));
                return true;
            }
            ([one], _) => standing.may = vec![(*one, finality)],
            // Two branches are both final: nothing here can mend that.
            ([_, _, ..], [_, _, ..]) => return true,
            (some, _) => standing.may = some.iter().map(|side| (*side, finality)).collect(),
        }
        false
    }

    /// By votes, and where these decide nothing by trust.
    fn count(
        &self,
        roll: &Roll,
        sides: &BTreeMap<u8, BTreeSet<usize>>,
        standing: &mut Standing,
        unsure: bool,
    ) {
        let mut may = BTreeMap::new();
        let mut must = BTreeMap::new();
        for side in &standing.contenders {
            let voting = |voter: &usize| {
                let now = self.told[*voter].names.last().map(|(_, version)| name(version));
                let now = class(now.unwrap_or_default(), roll.by_version);
                let same = |m: &Member| m.voter == *voter && m.class == now;
                self.is_fresh(*voter) && roll.members.iter().any(same)
            };
            let could: BTreeSet<usize> = sides[side].iter().copied().filter(voting).collect();
            let surely = could.iter().copied().filter(|voter| self.told[*voter].lost == 0);
            must.insert(*side, surely.collect::<BTreeSet<usize>>());
            may.insert(*side, could);
        }
        let votes = Ground::Votes.name();
        let elected = |by: &BTreeMap<u8, BTreeSet<usize>>| {
            by.iter().find(|(_, voters)| roll.elects(voters)).map(|(side, _)| *side)
        };
        standing.may.extend(elected(&may).map(|side| (side, votes)));
        let surely = elected(&must);
        if !unsure {
            standing.must = surely.map(|side| (side, votes));
        }
        if surely.is_some() {
            return;
        }
        let trusts = |voters: &BTreeSet<usize>| {
            roll.members.iter().any(|m| m.trusted && voters.contains(&m.voter))
        };
        let trust = Ground::Trust.name();
        for side in &standing.contenders {
            let alone = |others: &BTreeMap<u8, BTreeSet<usize>>| {
                others.iter().all(|(other, voters)| other == side || !trusts(voters))
            };
            if trusts(&may[side]) && alone(&must) {
                standing.may.push((*side, trust));
            }
            if trusts(&must[side]) && alone(&may) && elected(&may).is_none() && !unsure {
                standing.must = Some((*side, trust));
            }
        }
    }
}
