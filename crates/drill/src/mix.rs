//! Incidents at random, by kinds.

use machine::Prng;

/// Seeds of runs are below this, so that people can type them.
const SEEDS: u64 = 1_000_000;

/// A kind of incident.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    /// What it is.
    pub(crate) name: &'static str,
    /// Its share of all incidents, in per cent.
    pub(crate) weight: u32,
    /// The drills of this kind.
    pub(crate) drills: &'static [&'static str],
}

/// The kinds. The weights are those of the article's pie (35, 20, 18, 12, 10, 5), for which it gives no source and none
/// was found; which drill is of which kind is our own sorting.
pub(crate) const KINDS: [Kind; 6] = [
    Kind {
        name: "platforms beyond their capacity",
        weight: 35,
        drills: &["oct10", "ratelimit", "liqfeed", "surge", "aws-net"],
    },
    Kind {
        name: "congested chains and their entrances",
        weight: 20,
        drills: &["gas", "mev", "op-airdrop", "arb-rpc", "vote-starve"],
    },
    Kind {
        name: "consensus and client versions",
        weight: 18,
        drills: &["chainsplit", "polygon", "solana-feb"],
    },
    Kind { name: "prices of collateral", weight: 12, drills: &["usde", "wbeth", "capo"] },
    Kind {
        name: "clouds, names and sequencers",
        weight: 10,
        drills: &["arb-seq", "aws-s3", "aws-power", "aws-dns"],
    },
    Kind {
        name: "losses that somebody has to bear",
        weight: 5,
        drills: &["adl", "insfund", "insolvency"],
    },
];

/// Draws incidents at random, by the weights of their kinds.
#[derive(Debug)]
pub struct Mix {
    chance: Prng,
    /// Kinds with their weights, and the drills that there are of each.
    kinds: Vec<(Kind, Vec<&'static str>)>,
}

/// A draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// The drill.
    pub drill: &'static str,
    /// What kind of incident it is.
    pub kind: &'static str,
    /// The seed of its run.
    pub seed: u64,
}

impl Mix {
    /// Draws from a seed among the drills that `known` knows. A kind of which there is none is never drawn; the others
    /// keep their weights among each other.
    #[must_use]
    pub fn new(seed: u64, known: impl Fn(&str) -> bool) -> Self {
        let of_kind = |kind: Kind| {
            let drills: Vec<&'static str> =
                kind.drills.iter().copied().filter(|drill| known(drill)).collect();
            (kind, drills)
        };
        let kinds = KINDS.into_iter().map(of_kind).filter(|(_, drills)| !drills.is_empty());
        Self { chance: Prng::new(seed), kinds: kinds.collect() }
    }
}

impl Iterator for Mix {
    type Item = Drawn;

    fn next(&mut self) -> Option<Drawn> {
        let all: u64 = self.kinds.iter().map(|(kind, _)| u64::from(kind.weight)).sum();
        let mut at = self.chance.below(all.max(1));
        for (kind, drills) in &self.kinds {
            let weight = u64::from(kind.weight);
            if at < weight {
                let drill = drills.get(self.chance.index(drills.len()))?;
                let seed = self.chance.below(SEEDS);
                return Some(Drawn { drill, kind: kind.name, seed });
            }
            at -= weight;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn kinds_come_as_often_as_they_weigh() {
        // A soak run would try the same crisis all night.
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for drawn in Mix::new(1, |_| true).take(10_000) {
            *counts.entry(drawn.kind).or_default() += 1;
        }
        for kind in KINDS {
            let (count, wanted) = (counts[kind.name], kind.weight * 100);
            assert!(count.abs_diff(wanted) < 200, "{}: {count}, and {wanted} wanted", kind.name);
        }
    }

    #[test]
    fn what_there_is_not_is_never_drawn_and_the_same_seed_draws_the_same() {
        // A run of the night could not be repeated in the morning.
        let draw =
            |seed| -> Vec<Drawn> { Mix::new(seed, |drill| drill == "gas").take(50).collect() };
        assert!(draw(3).iter().all(|drawn| drawn.drill == "gas"));
        assert_eq!(draw(3), draw(3));
        assert_ne!(draw(3), draw(4));
        assert_eq!(Mix::new(1, |_| false).next(), None);
    }

    #[test]
    fn no_drill_is_of_two_kinds() {
        // It would come more often than its weight says.
        let all: Vec<&str> = KINDS.iter().flat_map(|kind| kind.drills).copied().collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert_eq!(KINDS.iter().map(|kind| kind.weight).sum::<u32>(), 100);
    }
}
