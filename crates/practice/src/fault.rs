//! What can be wrong with a node: everything that a drill or a curious person can break.

use std::fmt;

use units::Span;

/// The faults of one node; none by default. Several can hold at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Faults {
    /// Nothing listens: connections are refused.
    pub(crate) killed: bool,
    /// Requests are taken and never answered.
    pub(crate) hung: bool,
    /// The node is cut off from the others: its head stays, its transactions go nowhere.
    pub(crate) frozen: bool,
    /// Every answer comes this much later.
    pub(crate) delay: Span,
    /// The node answers some calls falsely.
    pub(crate) lie: Option<Lie>,
    /// The node follows a branch of its own.
    pub(crate) astray: bool,
    /// The node follows the branch of a split, together with others.
    pub(crate) parted: bool,
    /// What the node says it runs instead of what it was declared with.
    pub(crate) client: Option<String>,
    /// How much load the node stands; any where there is none.
    pub(crate) capacity: Option<Capacity>,
    /// The node had more to do than it stands and is about to be killed for it.
    pub(crate) felled: bool,
    /// Answers are replaced by something that is none.
    pub(crate) garble: Option<Garble>,
    /// One method fails.
    pub(crate) breakage: Option<Breakage>,
}

/// How much load a node stands: it works off one request after another, and what comes faster waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Capacity {
    /// How long it takes for each request.
    pub(crate) each: Span,
    /// The backlog from which on it runs out of memory and dies.
    pub(crate) backlog_max: Span,
}

/// What a lying node lies about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// Its head: it claims so many blocks more than there are, with invented hashes.
    Head {
        /// How many blocks it invents.
        blocks: u64,
    },
    /// Balances: it doubles each and adds an ether.
    Balance,
}

/// How often answers are garbled, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Garble {
    /// What comes instead of an answer.
    pub kind: GarbleKind,
    /// The share of requests that meet it, in per cent.
    pub percent: u8,
}

/// What comes instead of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GarbleKind {
    /// HTTP 200 with a web page.
    Html,
    /// HTTP 200 with the first half of the answer.
    Cut,
    /// HTTP 429 with a `Retry-After` of one second.
    TooManyRequests,
    /// HTTP 500.
    InternalError,
    /// HTTP 503.
    Unavailable,
}

/// A method that fails while the others work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breakage {
    /// The method, such as `eth_call`.
    pub method: String,
    /// Whether the whole HTTP response is a 500; a JSON-RPC error -32603 otherwise.
    pub as_http: bool,
}

impl Faults {
    /// Whether blocks and transactions of the others reach the node and its own reach them.
    pub(crate) fn is_connected(&self) -> bool {
        !self.killed && !self.frozen
    }
}

impl fmt::Display for Faults {
    /// Writes what is wrong in a few words; "healthy" where nothing is.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut faults = Vec::new();
        for (holds, name) in [
            (self.killed, "killed"),
            (self.hung, "hung"),
            (self.frozen, "frozen"),
            (self.astray, "on another branch"),
            (self.parted, "on the split branch"),
        ] {
            if holds {
                faults.push(name.to_owned());
            }
        }
        if let Some(client) = &self.client {
            let short = client.split('/').take(2).collect::<Vec<_>>().join("/");
            faults.push(format!("runs {short}"));
        }
        if let Some(Capacity { each, .. }) = self.capacity {
            let per_second =
                Span::from_secs(1).as_nanos().checked_div(each.as_nanos()).unwrap_or(0);
            faults.push(format!("stands {per_second} requests a second"));
        }
        if self.delay > Span::ZERO {
            faults.push(format!("slow by {}", self.delay));
        }
        match self.lie {
            Some(Lie::Head { blocks }) => {
                faults.push(format!("lies that its head is {blocks} blocks further"));
            }
            Some(Lie::Balance) => faults.push("lies about balances".to_owned()),
            None => {}
        }
        if let Some(garble) = self.garble {
            faults.push(format!("{} in {} % of answers", garble.kind, garble.percent));
        }
        if let Some(breakage) = &self.breakage {
            faults.push(format!("{} is broken", breakage.method));
        }
        formatter.write_str(if faults.is_empty() { "healthy" } else { "" })?;
        formatter.write_str(&faults.join(", "))
    }
}

impl fmt::Display for GarbleKind {
    /// Writes what the client sees.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Html => "a web page",
            Self::Cut => "a cut body",
            Self::TooManyRequests => "HTTP 429",
            Self::InternalError => "HTTP 500",
            Self::Unavailable => "HTTP 503",
        })
    }
}
