//! Which client software the upstreams run: read off what they say of themselves, and counted.

use std::collections::BTreeMap;

use crate::model::{ChainView, UpstreamView};
use crate::text;

/// Longest family and version that are shown, in characters.
const SHOWN_CHARS_MAX: usize = 40;

/// A client's implementation and version, as far as the upstream told.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Client {
    /// Such as `geth`; "" where it is not known.
    pub(crate) family: String,
    /// Such as `v1.9.13`; "" where it is not known.
    pub(crate) version: String,
}

/// How many upstreams of a chain run one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) client: Client,
    /// Names of the upstreams.
    pub(crate) upstreams: Vec<String>,
    /// Whether more than half of the chain's upstreams run it.
    pub(crate) has_majority: bool,
}

impl Client {
    /// What `upstream` runs.
    pub(crate) fn of(upstream: &UpstreamView) -> Self {
        let mut parts = upstream.client.split('/');
        let first = parts.next().unwrap_or_default().trim().to_lowercase();
        let family =
            if upstream.family.is_empty() { first } else { upstream.family.to_lowercase() };
        // A node may sign with a name of its own before the version: `Geth/my-node/v1.14.0/linux`.
        let version = parts.find_map(version).unwrap_or_default();
        let short = |part: &str| text::tidy(part, SHOWN_CHARS_MAX);
        Self { family: short(&family), version: short(&version) }
    }
}

impl std::fmt::Display for Client {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.family.as_str(), self.version.as_str()) {
            ("", "") => formatter.write_str("unknown client"),
            (family, "") => formatter.write_str(family),
            ("", version) => formatter.write_str(version),
            (family, version) => write!(formatter, "{family} {version}"),
        }
    }
}

/// The versions that the upstreams of `chain` run, the most frequent first.
pub(crate) fn shares(chain: &ChainView) -> Vec<Share> {
    let mut counted: BTreeMap<Client, Vec<String>> = BTreeMap::new();
    for upstream in &chain.upstreams {
        counted.entry(Client::of(upstream)).or_default().push(upstream.name.clone());
    }
    let all = chain.upstreams.len();
    let share = |(client, upstreams): (Client, Vec<String>)| {
        let known = !client.version.is_empty();
        Share { has_majority: known && all > 1 && upstreams.len() * 2 > all, client, upstreams }
    };
    let mut shares: Vec<Share> = counted.into_iter().map(share).collect();
    shares.sort_by_key(|share| std::cmp::Reverse(share.upstreams.len()));
    shares
}

/// A part of a client's name as a version, without what was built from where: `v1.9.13-stable-8f3` and
/// `1.33.1+f2ca9f31` are `v1.9.13` and `v1.33.1`; that something is a candidate stays said.
fn version(part: &str) -> Option<String> {
    let part = part.trim().trim_start_matches(['v', 'V']);
    let part = part.split('+').next().unwrap_or_default();
    if !part.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let mut pieces = part.split('-');
    let mut version = format!("v{}", pieces.next().unwrap_or_default());
    let build = |piece: &&str| {
        piece.starts_with("rc") || piece.starts_with("alpha") || piece.starts_with("beta")
    };
    for piece in pieces.filter(build) {
        version.push('-');
        version.push_str(piece);
    }
    Some(version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::chain;

    #[test]
    fn two_builds_of_one_release_would_hide_that_it_holds_the_majority() {
        let check = |client: &str, expect: &str| {
            let upstream = UpstreamView { client: client.to_owned(), ..UpstreamView::default() };
            assert_eq!(Client::of(&upstream).to_string(), expect);
        };
        check("Geth/v1.9.13-stable-cbc4ac26/linux-amd64/go1.14.2", "geth v1.9.13");
        check("Geth/my-node/v1.16.4-stable/linux-amd64/go1.24.7", "geth v1.16.4");
        check("Nethermind/v1.33.1+f2ca9f31/linux-x64/dotnet9.0.9", "nethermind v1.33.1");
        check("besu/v25.9.0/linux-x86_64/openjdk-java-21", "besu v25.9.0");
        check("erigon/3.1.0/linux-amd64/go1.24.7", "erigon v3.1.0");
        check("reth/v1.8.2-9c30bf7/x86_64-unknown-linux-gnu", "reth v1.8.2");
        check("Geth/v1.17.0-rc.1/linux", "geth v1.17.0-rc.1");
        check("geth", "geth");
        check("", "unknown client");
    }

    #[test]
    fn a_version_that_most_upstreams_run_is_marked() {
        let mut chain = chain();
        for upstream in &mut chain.upstreams[..3] {
            upstream.client = "Geth/v1.9.13/linux".to_owned();
        }
        let shares = shares(&chain);
        assert_eq!(shares[0].upstreams, ["harbour", "northwind", "meridian"]);
        assert!(shares[0].has_majority);
        assert!(shares[1..].iter().all(|share| !share.has_majority && share.upstreams.len() == 1));
        // That five tell nothing is no majority of anything.
        chain.upstreams.iter_mut().for_each(|upstream| upstream.client.clear());
        assert!(!super::shares(&chain)[0].has_majority);
    }
}
