//! Versions of client software, and the forks that need certain ones.

use core::fmt;

/// A version as client software counts them: three numbers that are compared from the left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientVersion {
    /// The first number.
    pub major: u64,
    /// The second; 0 where there is none.
    pub minor: u64,
    /// The third; 0 where there is none.
    pub patch: u64,
}

impl ClientVersion {
    /// Reads `1.16.0`, `1.16` or `v1.16.0-stable`; `None` where it does not begin with two numbers and a dot.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let end = text.find(|sign: char| !sign.is_ascii_digit() && sign != '.');
        let numbers = end.map_or(Some(text), |end| text.get(..end))?;
        let mut parts = numbers.trim_end_matches('.').split('.').map(str::parse::<u64>);
        let (major, minor) = (parts.next()?.ok()?, parts.next()?.ok()?);
        let patch = parts.next().unwrap_or(Ok(0)).ok()?;
        Some(Self { major, minor, patch })
    }

    /// The version that an answer to `web3_clientVersion` names, such as
    /// `Geth/v1.9.13-stable-cbc4ac26/linux-amd64/go1.14.2`. One that a `v` marks comes before the others,
    /// because operators may put a name of their own in front, which may look like one.
    #[must_use]
    pub fn of_client(text: &str) -> Option<Self> {
        let parts = || text.split('/').skip(1).map(str::trim);
        let marked = || parts().filter(|part| part.starts_with('v')).find_map(Self::parse);
        marked().or_else(|| parts().find_map(Self::parse))
    }
}

impl fmt::Display for ClientVersion {
    /// Writes `1.16.0`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// When a fork comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForkPoint {
    /// With the block of this number.
    Block(u64),
    /// With the first block made at this time or later, in seconds since 1970.
    Time(u64),
}

/// A change of the rules that is known beforehand, and the versions that know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForkSettings {
    /// Its name in warnings.
    pub name: String,
    /// When it comes.
    pub at: ForkPoint,
    /// The first version of each client family that knows it.
    pub versions: Vec<(String, ClientVersion)>,
}

impl ForkSettings {
    /// The first version of a family that knows the fork, where it was declared.
    pub(crate) fn needs(&self, family: &str) -> Option<ClientVersion> {
        let known = self.versions.iter().find(|(name, _)| name.eq_ignore_ascii_case(family));
        known.map(|(_, version)| *version)
    }
}

/// One version and who runs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionShare {
    /// The client family.
    pub client: String,
    /// The version, as three numbers where it could be read, else as it was told.
    pub version: String,
    /// What the upstreams that run it weigh, in thousandths of one operator's vote.
    pub weight_milli: u64,
    /// Their names.
    pub upstreams: Vec<String>,
}

/// How ready the upstreams are for a fork.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForkSnapshot {
    /// The fork's name.
    pub name: String,
    /// The block that it comes with: declared, or reckoned from the time and the chain's pace.
    pub block: Option<u64>,
    /// Seconds until then by the chain's own time; `None` where it has come, or no head is known.
    pub in_secs: Option<u64>,
    /// Whether the agreed head is at it or beyond.
    pub has_come: bool,
    /// Upstreams whose version is known not to know it, with the version and the one needed.
    pub unready: Vec<String>,
    /// Upstreams of which that cannot be said: the family's first version was not declared, or theirs is not
    /// known.
    pub unknown: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_found_however_a_client_signs() {
        // A version misread as newer would pass for ready, and part from the chain at the fork.
        for (text, version) in [
            ("Geth/v1.9.13-stable-cbc4ac26/linux-amd64/go1.14.2", Some((1, 9, 13))),
            ("Geth/my.node.7/v1.10.8-stable-26675454/linux-amd64/go1.16.4", Some((1, 10, 8))),
            ("Geth/10.0.0.5/v1.13.15-stable/linux-amd64/go1.21.6", Some((1, 13, 15))),
            ("Nethermind/v1.25.4+20b10b35/linux-x64/dotnet8.0.1", Some((1, 25, 4))),
            ("besu/v24.1.0/linux-x86_64/openjdk-java-17", Some((24, 1, 0))),
            ("erigon/2.58.2/linux-amd64/go1.20.5", Some((2, 58, 2))),
            ("reth/v1.0.0/x86_64-unknown-linux-gnu", Some((1, 0, 0))),
            ("OpenEthereum//v3.3.5-stable-6c2d392d8/x86_64-linux-gnu", Some((3, 3, 5))),
            ("HardhatNetwork/2.22.1/@ethereumjs/vm/5.6.0", Some((2, 22, 1))),
            ("besu/v23.4/linux", Some((23, 4, 0))),
            ("anvil/v1.7.1", Some((1, 7, 1))),
            ("v1", None),
            ("Provider", None),
            ("Provider/edge", None),
            ("Geth/v99999999999999999999.1.1", None),
            ("", None),
        ] {
            let expected =
                version.map(|(major, minor, patch)| ClientVersion { major, minor, patch });
            assert_eq!(ClientVersion::of_client(text), expected, "{text}");
        }
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        let version = |text| ClientVersion::parse(text).expect("a version");
        assert!(version("1.9.13") < version("1.10.0"));
        assert!(version("1.16") >= version("1.16.0"));
        assert!(version("v2.0.0-rc1") > version("1.99.99"));
        assert_eq!(version("1.9.13").to_string(), "1.9.13");
        for bad in ["", "1", "v", "one.two", "1.x", ".1"] {
            assert_eq!(ClientVersion::parse(bad), None, "{bad}");
        }
    }
}
