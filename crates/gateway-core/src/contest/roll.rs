//! The roll of a contest: who has a vote, and what it weighs. Frozen at the fork.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::WEIGHT;
use crate::label::{ClientClass, Label};
use crate::settings::Votes;

/// An upstream that was there when the branches parted.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    /// Its position.
    pub(crate) upstream: usize,
    /// Its operator, after merging by address.
    pub(crate) operator: usize,
    /// What it said it ran.
    pub(crate) label: Option<Label>,
    /// Whether the configuration vouches for it.
    pub(crate) trusted: bool,
}

/// One vote on the roll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// The upstream's position.
    pub(crate) upstream: usize,
    /// Its operator, after merging by address.
    pub(crate) operator: usize,
    /// Its class.
    pub(crate) class: ClientClass,
    /// Its share of its operator's vote.
    pub(crate) share: u64,
    /// The same after its class was scaled down.
    pub(crate) weight: u64,
    /// Whether the configuration vouches for it.
    pub(crate) trusted: bool,
}

/// Everyone who has a say in a contest.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roll {
    members: Vec<Member>,
    classes: Classes,
}

/// What makes two upstreams be of one class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Classes {
    /// That they run one client.
    #[default]
    Families,
    /// That they run one version of the one client that all run.
    Versions,
    /// Nothing is asked: all are of one class.
    One,
}

impl Roll {
    /// Gives each operator one vote, shared equally by its endpoints, and then scales each class down to at
    /// most one vote: a bug that a client shares counts once, however many run it. A sole class is not scaled,
    /// since there is nothing to weigh it against.
    ///
    /// Classes are client families. Where all are of one known family the versions of it are what can differ,
    /// and so are the classes; but versions may share a bug, too, so that they hold a branch back and do not carry it
    /// ([`Roll::shares`]). Where endpoints are counted there is one class, so that nothing is scaled.
    pub(crate) fn freeze(candidates: &[Candidate], votes: Votes) -> Self {
        let family = |c: &Candidate| c.label.as_ref().and_then(|l| l.family().map(str::to_owned));
        let families: BTreeSet<Option<String>> = candidates.iter().map(family).collect();
        let one_family = families.len() == 1 && !families.contains(&None);
        let classes = match votes {
            Votes::Endpoint => Classes::One,
            Votes::Operator | Votes::Nobody if one_family => Classes::Versions,
            Votes::Operator | Votes::Nobody => Classes::Families,
        };
        let mut endpoints: BTreeMap<usize, u64> = BTreeMap::new();
        for candidate in candidates {
            let count = endpoints.entry(candidate.operator).or_default();
            *count = count.saturating_add(1);
        }
        let mut members: Vec<Member> = candidates
            .iter()
            .map(|candidate| {
                let sharing = endpoints.get(&candidate.operator).copied().unwrap_or(1);
                let share = WEIGHT.checked_div(sharing).unwrap_or(WEIGHT);
                Member {
                    upstream: candidate.upstream,
                    operator: candidate.operator,
                    class: class_of(candidate.label.as_ref(), classes),
                    share,
                    weight: share,
                    trusted: candidate.trusted,
                }
            })
            .collect();
        scale_classes(&mut members);
        Self { members, classes }
    }

    /// Everyone on it.
    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    /// The entry of an upstream.
    pub(crate) fn member(&self, upstream: usize) -> Option<&Member> {
        self.members.iter().find(|member| member.upstream == upstream)
    }

    /// The class that a label would be of now.
    pub(crate) fn class_of(&self, label: Option<&Label>) -> ClientClass {
        class_of(label, self.classes)
    }

    /// The weight of all votes, those of the absent included.
    pub(crate) fn total(&self) -> u64 {
        weight_of(self.members.iter())
    }

    /// Where classes are versions of one client: what some members' votes and those of all weigh before versions are
    /// scaled down. A branch needs more than half of these as well.
    ///
    /// Geth had the bug of 2020-11-11 in every release from 1.9.7 to 1.9.16: counted by version alone, two of these on
    /// two operators outvote three operators that run the release without it.
    pub(crate) fn shares<'a>(
        &self,
        members: impl Iterator<Item = &'a Member>,
    ) -> Option<(u64, u64)> {
        let sum = |sum: u64, member: &Member| sum.saturating_add(member.share);
        (self.classes == Classes::Versions)
            .then(|| (members.fold(0, sum), self.members.iter().fold(0, sum)))
    }

    /// How many classes there are.
    pub(crate) fn classes(&self) -> usize {
        self.members.iter().map(|member| &member.class).collect::<BTreeSet<_>>().len()
    }
}

/// What some votes weigh together.
pub(crate) fn weight_of<'a>(members: impl Iterator<Item = &'a Member>) -> u64 {
    members.fold(0, |sum, member| sum.saturating_add(member.weight))
}

fn class_of(label: Option<&Label>, classes: Classes) -> ClientClass {
    match (classes, label) {
        (Classes::One, _) | (_, None) => ClientClass::Unknown,
        (Classes::Families | Classes::Versions, Some(label)) => {
            label.class(classes == Classes::Versions)
        }
    }
}

/// Shares are rounded down; whoever compares them allows for one unit a member.
fn scale_classes(members: &mut [Member]) {
    let mut classes: BTreeMap<ClientClass, u64> = BTreeMap::new();
    for member in members.iter() {
        let weight = classes.entry(member.class.clone()).or_default();
        *weight = weight.saturating_add(member.weight);
    }
    if classes.len() < 2 {
        return;
    }
    for member in members {
        let class = classes.get(&member.class).copied().unwrap_or(WEIGHT);
        if class > WEIGHT {
            let scaled = u128::from(member.weight).saturating_mul(u128::from(WEIGHT));
            let share = scaled.checked_div(u128::from(class)).unwrap_or(0);
            member.weight = u64::try_from(share).unwrap_or(member.weight);
        }
    }
}
