//! What comes of a call: the replies of upstreams and the refusals of ours.

use units::Span;

/// What an attempt came back with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A result, or an error that any upstream would give.
    Answer,
    /// An answer that may be this upstream's own fault.
    Doubtful(Doubt),
    /// No answer.
    Failed(Failure),
}

/// Why an answer may be this upstream's own fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It says it does not have a block or state that the others may have.
    MissingData,
    /// It says there is no such method.
    MethodUnsupported,
    /// It says it failed.
    InternalError,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection; nothing was sent.
    Connect,
    /// The connection broke before a whole answer had come.
    Broken,
    /// Not in time.
    Timeout,
    /// HTTP 5xx or another status that is no answer.
    ServerError,
    /// Something that is not JSON-RPC: a page, half an answer.
    Malformed,
    /// An answer that cannot be true; with the name of the check that it failed.
    WrongAnswer(&'static str),
    /// Too many requests; with the pause that was asked for.
    Throttled(Option<Span>),
    /// An answer, but from an upstream that was put out for its branch while the call was on its way.
    PutOut,
}

impl Failure {
    /// Whether the upstream cannot have acted on what was sent: it never got it, or would not look at it.
    pub(crate) const fn is_harmless(self) -> bool {
        matches!(self, Self::Connect | Self::Throttled(_))
    }

    /// The failure as it is written in logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "no connection",
            Self::Broken => "connection broke",
            Self::Timeout => "no answer in time",
            Self::ServerError => "server error",
            Self::Malformed => "not json-rpc",
            Self::WrongAnswer(_) => "wrong answer",
            Self::Throttled(_) => "rate-limited",
            Self::PutOut => "from a wrong branch",
        }
    }
}

/// An error of ours in place of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: RefusalReason,
    /// How many upstreams were asked.
    pub attempts: u8,
    /// Whether an upstream may have acted on the call all the same.
    pub may_have_taken_effect: bool,
}

/// Why a call gets an error of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalReason {
    /// No upstream can be asked.
    NoUpstream,
    /// Those that can be asked have as much under way as they bear.
    Busy,
    /// Every upstream asked for a pause; the earliest ends after this.
    Throttled(Span),
    /// Every upstream that was asked failed; the last one like this.
    Failed(Failure),
    /// Nobody who is up has the block that the call is pinned to.
    MissingBlock,
    /// The block that the call is pinned to has left the agreed chain: pin it anew and ask again.
    Reorged,
    /// The client's time is up.
    Deadline,
    /// The retry budget is used up.
    Budget(Failure),
}
