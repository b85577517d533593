//! Which versions the upstreams run: whether one has the majority, and whether they know the next fork.
//!
//! On 2020-11-11 most of a provider's nodes ran one version with one bug; on 2022-03-10 a chain stopped
//! because its validators ran different ones. Both could be seen beforehand.

use std::collections::BTreeMap;

use crate::alarm::{Alarm, AlarmKind};
use crate::chain::Chain;
use crate::domain::WEIGHT;
use crate::inventory::{ClientVersion, ForkPoint, ForkSettings, ForkSnapshot, VersionShare};
use crate::upstream::Upstream;

/// Most upstreams named in one warning; the rest are counted.
const NAMED_MAX: usize = 8;

/// Longest text shown in place of a version that cannot be read, in characters.
const VERSION_SHOWN: usize = 40;

impl Chain {
    /// The versions that upstreams run, heaviest first.
    pub(crate) fn version_shares(&self) -> Vec<VersionShare> {
        let all: Vec<usize> = (0..self.upstreams.len()).collect();
        let mut shares: BTreeMap<(String, String), (u64, Vec<String>)> = BTreeMap::new();
        for (upstream, weight) in self.upstreams.iter().zip(self.domains.weights(&all)) {
            let (Some(family), Some(version)) = (&upstream.family, shown_version(upstream)) else {
                continue;
            };
            let share = shares.entry((family.clone(), version)).or_default();
            share.0 = share.0.saturating_add(weight);
            share.1.push(upstream.settings.name.clone());
        }
        let mut shares: Vec<VersionShare> = shares
            .into_iter()
            .map(|((client, version), (weight, upstreams))| VersionShare {
                client,
                version,
                weight_milli: milli(weight),
                upstreams,
            })
            .collect();
        shares.sort_by_key(|share| core::cmp::Reverse(share.weight_milli));
        shares
    }

    /// Where one version has more than half of the operators' votes, a bug in it is the chain's bug.
    pub(crate) fn version_alarms(&self) -> Vec<Alarm> {
        let domains = self.domains.count(0..self.upstreams.len());
        let all = u64::try_from(domains).unwrap_or(u64::MAX).saturating_mul(1_000);
        let shares = self.version_shares();
        let most = shares.first().filter(|share| share.weight_milli.saturating_mul(2) > all);
        let Some(most) = most.filter(|_| domains > 1) else { return Vec::new() };
        let VersionShare { client, version, weight_milli, .. } = most;
        vec![Alarm {
            kind: AlarmKind::VersionMajority,
            upstream: None,
            subject: client.clone(),
            text: format!(
                "{client} {version} has {} of {domains} operators' votes: one bug in it would be taken for the chain",
                votes(*weight_milli)
            ),
        }]
    }

    /// How ready the upstreams are for each fork that was declared.
    pub(crate) fn fork_snapshots(&self) -> Vec<ForkSnapshot> {
        self.settings.forks.iter().map(|fork| self.fork_snapshot(fork)).collect()
    }

    fn fork_snapshot(&self, fork: &ForkSettings) -> ForkSnapshot {
        let (mut unready, mut unknown) = (Vec::new(), Vec::new());
        for upstream in &self.upstreams {
            let name = &upstream.settings.name;
            let family = upstream.family.as_deref().unwrap_or("unknown");
            match (version_of(upstream), fork.needs(family)) {
                (Some(version), Some(needed)) if version < needed => {
                    unready.push(format!("{name} ({family} {version}, needs {needed})"));
                }
                (Some(_), Some(_)) => {}
                (Some(_), None) => unknown.push(format!("{name} ({family}, not declared)")),
                (None, _) => unknown.push(format!("{name} (version not known)")),
            }
        }
        let head = self.agreed;
        let made_at = head.and_then(|head| self.tree.header(&head.hash)).map(|h| h.timestamp);
        let pace = self.settings.block_time.as_millis().max(1);
        let (block, in_secs, has_come) = match (fork.at, head) {
            (ForkPoint::Block(block), Some(head)) => {
                let left = block.saturating_sub(head.number).saturating_mul(pace);
                (Some(block), left.checked_div(1_000), head.number >= block)
            }
            (ForkPoint::Block(block), None) => (Some(block), None, false),
            (ForkPoint::Time(time), Some(head)) => match made_at {
                Some(made_at) => {
                    let left = time.saturating_sub(made_at);
                    let blocks = left.saturating_mul(1_000).div_ceil(pace);
                    let block = (left > 0).then(|| head.number.saturating_add(blocks));
                    (block, Some(left), left == 0)
                }
                None => (None, None, false),
            },
            (ForkPoint::Time(_), None) => (None, None, false),
        };
        let in_secs = in_secs.filter(|_| !has_come);
        ForkSnapshot { name: fork.name.clone(), block, in_secs, has_come, unready, unknown }
    }

    /// Upstreams that will part from the chain at a fork, or of which that cannot be told. One whose version
    /// has not been heard of yet is no reason alone: it will be.
    pub(crate) fn fork_alarms(&self) -> Vec<Alarm> {
        let total = self.upstreams.len();
        let heard = self.upstreams.iter().filter(|upstream| upstream.version.is_some()).count();
        let mut alarms = Vec::new();
        for fork in self.fork_snapshots() {
            let silent = total.saturating_sub(heard);
            if fork.unready.is_empty() && fork.unknown.len() <= silent {
                continue;
            }
            let who = if fork.unready.is_empty() {
                let (count, are) = (fork.unknown.len(), are(fork.unknown.len()));
                format!("{count} of {total} upstreams {are} not known to be ready")
            } else {
                let (count, are) = (fork.unready.len(), are(fork.unready.len()));
                format!("{count} of {total} upstreams {are} not ready")
            };
            let named = named(fork.unready.iter().chain(&fork.unknown));
            let expected = match (fork.has_come, fork.block) {
                (true, Some(block)) => format!(" and part from the chain at block {block}"),
                (true, None) => " and part from the chain there".to_owned(),
                (false, Some(block)) => format!(" and are expected to part at block {block}"),
                (false, None) => String::new(),
            };
            let expected = if fork.unready.is_empty() { String::new() } else { expected };
            alarms.push(Alarm {
                kind: AlarmKind::ForkUnready,
                upstream: None,
                subject: fork.name.clone(),
                text: format!("{who} for {}{}{expected}: {named}", fork.name, when(&fork)),
            });
        }
        alarms
    }
}

/// When a fork comes, in words that change only as fast as anybody wants to hear of it again: by the day, in
/// the last two days by the hour.
fn when(fork: &ForkSnapshot) -> String {
    const HOUR: u64 = 3_600;
    const DAY: u64 = 24 * HOUR;
    match fork.in_secs {
        _ if fork.has_come => ", which has come,".to_owned(),
        None => String::new(),
        Some(left) => {
            let (days, hours) = (left.checked_div(DAY), left.checked_div(HOUR));
            match (days.unwrap_or(0), hours.unwrap_or(0)) {
                (days, _) if days >= 2 => format!(" in {days} d"),
                (_, 0) => " within the hour".to_owned(),
                (_, hours) => format!(" in {hours} h"),
            }
        }
    }
}

/// The version that an upstream runs, as three numbers.
fn version_of(upstream: &Upstream) -> Option<ClientVersion> {
    ClientVersion::of_client(upstream.version.as_deref()?)
}

/// The version that an upstream runs, as people read it.
fn shown_version(upstream: &Upstream) -> Option<String> {
    let told = upstream.version.as_deref()?;
    let cut = || told.chars().take(VERSION_SHOWN).collect();
    Some(ClientVersion::of_client(told).map_or_else(cut, |version| version.to_string()))
}

fn milli(weight: u64) -> u64 {
    weight.saturating_mul(1_000).checked_div(WEIGHT).unwrap_or(0)
}

/// A weight in votes: `3`, or with tenths `2.5`.
fn votes(milli: u64) -> String {
    let (whole, rest) = (milli.checked_div(1_000), milli.checked_rem(1_000).unwrap_or(0));
    let (whole, tenths) = (whole.unwrap_or(0), rest.checked_div(100).unwrap_or(0));
    if tenths == 0 { whole.to_string() } else { format!("{whole}.{tenths}") }
}

const fn are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

/// The first names, and how many more there are.
fn named<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<&str> = names.map(String::as_str).collect();
    let shown: Vec<&str> = names.iter().copied().take(NAMED_MAX).collect();
    let more = names.len().saturating_sub(shown.len());
    let list = shown.join(", ");
    if more == 0 { list } else { format!("{list} and {more} more") }
}
