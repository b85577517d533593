//! A gateway of the user's own, in the place of ours.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// Where simulated providers listen, so that a gateway can be told of them beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// The address, which the gateway has to reach.
    pub on: IpAddr,
    /// The first one's port; the others have those that follow.
    pub first: u16,
}

impl Ports {
    /// Where a provider listens, counted from zero.
    ///
    /// # Errors
    /// Where the ports run past the last one.
    pub fn of(&self, nth: usize) -> Result<SocketAddr, String> {
        let port = u16::try_from(nth).ok().and_then(|nth| self.first.checked_add(nth));
        let port = port.filter(|port| *port > 0);
        let port = port.ok_or_else(|| {
            format!("there are too few ports from {} on for all providers", self.first)
        })?;
        Ok(SocketAddr::new(self.on, port))
    }
}

/// A gateway of the user's own that callers come to.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    /// Its URL, which may hold a key.
    pub url: String,
    /// Where the providers are that it has been told of.
    pub ports: Ports,
    /// For how many seconds on end it has to answer before the incident begins: as long as it takes until it has found
    /// the providers.
    pub settle_seconds: u64,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").field("ports", &self.ports).finish_non_exhaustive()
    }
}

/// A provider as a gateway of the user's own has to be told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Its name.
    pub name: String,
    /// Who runs it.
    pub operator: String,
    /// Where it answers JSON-RPC.
    pub url: String,
    /// How many requests a second it says that it lets one send, where it says so.
    pub requests_per_second: Option<u64>,
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn providers_have_the_ports_that_follow_and_none_past_the_last() {
        // A port that wraps round would have the gateway ask whatever listens there.
        let ports = Ports { on: Ipv4Addr::LOCALHOST.into(), first: 65_534 };
        assert_eq!(ports.of(1).map(|it| it.port()), Ok(65_535));
        assert!(ports.of(2).is_err());
    }

    #[test]
    fn a_key_in_the_url_stays_out_of_logs() {
        // Whoever drills a paid endpoint would find its key in the log of the drill.
        let ports = Ports { on: Ipv4Addr::LOCALHOST.into(), first: 1 };
        let target = Target { url: "http://host/s3cret".to_owned(), ports, settle_seconds: 5 };
        assert!(!format!("{target:?}").contains("s3cret"));
    }
}
