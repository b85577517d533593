//! Failure domains: which endpoints share one fate.

use std::collections::BTreeMap;

use crate::settings::{UpstreamSettings, Votes};

/// Share of the weight of one domain: divisible by 1 to 16, so that equal parts stay equal.
pub(crate) const WEIGHT: u64 = 720_720;

/// Which upstream belongs to which operator. Endpoints that were found at one address are one operator,
/// whatever was declared: discovery merges and never separates.
///
/// Source: four "independent" endpoints that resolved to the same three machines
/// (open-web3-stack/polkadot-ecosystem-tests#655).
#[derive(Clone, Debug)]
pub(crate) struct Domains {
    /// For each upstream the first upstream of its domain.
    of: Vec<usize>,
    /// Who has a vote.
    votes: Votes,
}

impl Domains {
    /// Groups upstreams by declared operator and by discovered address.
    pub(crate) fn group(
        upstreams: &[UpstreamSettings],
        addresses: &[Option<String>],
        votes: Votes,
    ) -> Self {
        let mut of: Vec<usize> = (0..upstreams.len()).collect();
        let mut by_operator = BTreeMap::new();
        let mut by_address = BTreeMap::new();
        for (index, upstream) in upstreams.iter().enumerate() {
            let first = *by_operator.entry(upstream.operator.as_str()).or_insert(index);
            merge(&mut of, first, index);
            if let Some(address) = addresses.get(index).and_then(Option::as_deref) {
                let first = *by_address.entry(address).or_insert(index);
                merge(&mut of, first, index);
            }
        }
        Self { of, votes }
    }

    /// The domain of an upstream.
    pub(crate) fn of(&self, index: usize) -> usize {
        self.of.get(index).copied().unwrap_or(index)
    }

    /// Whose vote an upstream has: its domain's, or its own where endpoints are counted.
    pub(crate) fn voter(&self, index: usize) -> usize {
        match self.votes {
            Votes::Operator | Votes::Nobody => self.of(index),
            Votes::Endpoint => index,
        }
    }

    /// How many domains the given upstreams make up.
    pub(crate) fn count(&self, members: impl Iterator<Item = usize>) -> usize {
        let mut seen: Vec<usize> = members.map(|index| self.of(index)).collect();
        seen.sort_unstable();
        seen.dedup();
        seen.len()
    }

    /// The weight of each of `members`: one vote a domain, shared equally by its members among them. Where endpoints are
    /// counted each has one.
    pub(crate) fn weights(&self, members: &[usize]) -> Vec<u64> {
        let sharing = |index: usize| {
            members.iter().filter(|other| self.voter(**other) == self.voter(index)).count()
        };
        members
            .iter()
            .map(|index| {
                u64::try_from(sharing(*index))
                    .ok()
                    .and_then(|n| WEIGHT.checked_div(n))
                    .unwrap_or(WEIGHT)
            })
            .collect()
    }
}

/// Puts the domains of both upstreams together under the smaller first member.
fn merge(of: &mut [usize], one: usize, other: usize) {
    let (a, b) = (of.get(one).copied().unwrap_or(one), of.get(other).copied().unwrap_or(other));
    let (keep, drop) = (a.min(b), a.max(b));
    of.iter_mut().filter(|domain| **domain == drop).for_each(|domain| *domain = keep);
}

/// What the start-up report says of a chain's independence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainReport {
    /// Endpoints declared.
    pub endpoints: usize,
    /// Independent operators among them, after merging by address.
    pub domains: usize,
    /// What is wrong with that, each a sentence; empty where all is well.
    pub warnings: Vec<String>,
}

impl DomainReport {
    /// Reports on upstreams whose client families are known as far as `families` says.
    pub(crate) fn new(
        upstreams: &[UpstreamSettings],
        domains: &Domains,
        addresses: &[Option<String>],
        families: &[Option<String>],
    ) -> Self {
        let endpoints = upstreams.len();
        let count = domains.count(0..endpoints);
        let mut warnings = Vec::new();
        if count < 3 {
            warnings.push(format!(
                "{count} independent domains: with fewer than three, one wrong provider cannot be outvoted"
            ));
        }
        let operators = (0..endpoints).filter_map(|index| upstreams.get(domains.of(index)));
        warnings.extend(majority(
            "operator",
            endpoints,
            operators.map(|u| Some(u.operator.as_str())),
        ));
        warnings.extend(majority("cloud", endpoints, upstreams.iter().map(|u| u.cloud.as_deref())));
        warnings.extend(majority("client", endpoints, families.iter().map(Option::as_deref)));
        for (index, upstream) in upstreams.iter().enumerate() {
            let first = domains.of(index);
            let Some(head) = upstreams.get(first).filter(|head| head.operator != upstream.operator)
            else {
                continue;
            };
            let address = addresses.get(index).and_then(Option::as_deref).unwrap_or("one address");
            warnings.push(format!(
                "{} and {} are declared as two operators but answer from {address}: counted as one",
                head.name, upstream.name
            ));
        }
        Self { endpoints, domains: count, warnings }
    }
}

/// A warning where one value holds more than half of all endpoints.
fn majority<'a>(
    axis: &str,
    endpoints: usize,
    values: impl Iterator<Item = Option<&'a str>>,
) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for value in values.flatten() {
        let count = counts.entry(value).or_default();
        *count = count.saturating_add(1);
    }
    let (value, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    (endpoints > 1 && count.saturating_mul(2) > endpoints).then(|| {
        format!("{count} of {endpoints} endpoints have one {axis}, {value}: they can fail together")
    })
}

impl core::fmt::Display for DomainReport {
    /// Writes the one line that the gateway prints when it starts.
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(formatter, "{} endpoints, {} independent domains", self.endpoints, self.domains)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quota::QuotaSettings;

    fn group(upstreams: &[UpstreamSettings], addresses: &[Option<String>]) -> Domains {
        Domains::group(upstreams, addresses, Votes::Operator)
    }

    fn upstream(name: &str, operator: &str, cloud: &str) -> UpstreamSettings {
        let cloud = Some(cloud.to_owned());
        UpstreamSettings {
            name: name.to_owned(),
            operator: operator.to_owned(),
            cloud,
            client: None,
            trusted: false,
            quota: QuotaSettings::default(),
        }
    }

    #[test]
    fn endpoints_at_one_address_are_one_operator() {
        let upstreams =
            [upstream("a", "one", "x"), upstream("b", "two", "y"), upstream("c", "three", "z")];
        let addresses = [Some("1.2.3.4".to_owned()), None, Some("1.2.3.4".to_owned())];
        let domains = group(&upstreams, &addresses);
        assert_eq!(domains.count(0..3), 2);
        let report = DomainReport::new(&upstreams, &domains, &addresses, &[None, None, None]);
        assert_eq!(report.to_string(), "3 endpoints, 2 independent domains");
        assert!(
            report.warnings.iter().any(|w| w.contains("a and c are declared as two operators"))
        );
    }

    #[test]
    fn a_merge_carries_the_whole_domain_along() {
        let upstreams =
            [upstream("a", "one", "x"), upstream("b", "two", "y"), upstream("c", "two", "z")];
        let addresses = [Some("1.2.3.4".to_owned()), None, Some("1.2.3.4".to_owned())];
        assert_eq!(group(&upstreams, &addresses).count(0..3), 1);
    }

    #[test]
    fn one_operator_has_one_vote_however_many_endpoints_it_has() {
        let upstreams =
            [upstream("a", "one", "x"), upstream("b", "one", "x"), upstream("c", "two", "x")];
        let domains = group(&upstreams, &[None, None, None]);
        let weights = domains.weights(&[0, 1, 2]);
        assert_eq!(weights, [WEIGHT / 2, WEIGHT / 2, WEIGHT]);
    }

    #[test]
    fn where_endpoints_are_counted_each_has_a_vote_and_a_call_still_goes_elsewhere() {
        // The comparison would compare something else than what others do, or a retry would go to the same machine.
        let upstreams =
            [upstream("a", "one", "x"), upstream("b", "one", "x"), upstream("c", "two", "x")];
        let domains = Domains::group(&upstreams, &[None, None, None], Votes::Endpoint);
        assert_eq!(domains.weights(&[0, 1, 2]), [WEIGHT; 3]);
        assert_eq!(domains.count(0..3), 2);
    }

    #[test]
    fn a_cloud_with_more_than_half_is_warned_of() {
        let upstreams = [
            upstream("a", "one", "aws"),
            upstream("b", "two", "aws"),
            upstream("c", "three", "gcp"),
        ];
        let domains = group(&upstreams, &[None, None, None]);
        let report =
            DomainReport::new(&upstreams, &domains, &[None, None, None], &[None, None, None]);
        assert_eq!(
            report.warnings,
            ["2 of 3 endpoints have one cloud, aws: they can fail together"]
        );
    }
}
