//! The ways in which a proxy can spoil its node.

use std::time::Duration;

/// What a proxy does to the calls that pass it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: bytes pass as they are.
    None,
    /// The port is closed and all connections are dropped, as when the process was killed.
    Refuse,
    /// Connections and requests are taken and never answered.
    Hang,
    /// Every request is answered with this status.
    Status {
        /// The HTTP status.
        status: u16,
        /// The value of `Retry-After`, if it is sent.
        retry_after: Option<String>,
        /// The body, said to be plain text.
        body: String,
    },
    /// Every request is answered 200 with a web page, as by a provider's load balancer.
    Html,
    /// The body ends halfway, before its stated length, and the connection closes.
    CutBody,
    /// The body ends halfway, and its stated length agrees.
    CutJson,
    /// 200 with no body at all.
    EmptyBody,
    /// Every answer comes this much later.
    Slow(Duration),
    /// Works on a few requests at a time, keeps the rest waiting, and falls as a killed process does where too
    /// many are there at once. Falling is for good, until a fault is set again.
    Frail {
        /// So many at a time.
        at_once: usize,
        /// For so long each.
        takes: Duration,
        /// With more than so many it falls.
        bears: usize,
    },
    /// `eth_chainId` and `net_version` give this id.
    WrongChainId(u64),
    /// One method alone fails.
    BreakMethod {
        /// The method.
        method: String,
        /// How it fails.
        how: Break,
    },
    /// Claims a head so many blocks further, with invented hashes.
    FarAhead(u64),
    /// From this block on its hashes and balances differ, as on a branch of its own.
    WrongBranch {
        /// The first block that differs.
        from: u64,
    },
    /// Another fault, for so many of a hundred requests, chosen by a seeded generator.
    Percent {
        /// How many of a hundred.
        percent: u64,
        /// What happens to them.
        fault: Box<Self>,
    },
}

/// How a single method fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Break {
    /// Its calls are never answered.
    Hang,
    /// Its calls get a JSON-RPC error.
    Error {
        /// The error's code.
        code: i64,
        /// The error's message.
        message: String,
    },
    /// Its calls get an HTTP status.
    Status(u16),
}

impl Fault {
    /// A plain status without `Retry-After`.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Status { status, retry_after: None, body: format!("status {status}") }
    }

    /// 429 with `Retry-After` in seconds.
    #[must_use]
    pub fn too_many(seconds: &str) -> Self {
        let retry_after = Some(seconds.to_owned());
        Self::Status { status: 429, retry_after, body: "too many requests".to_owned() }
    }

    /// Whether answers have to be read and changed.
    pub(super) const fn rewrites(&self) -> bool {
        matches!(
            self,
            Self::WrongChainId(_)
                | Self::BreakMethod { .. }
                | Self::FarAhead(_)
                | Self::WrongBranch { .. }
        )
    }
}
