//! One sending of a call to one upstream.

use units::Timestamp;

use crate::chain::Chain;
use crate::outcome::Doubt;
use crate::request::Needs;
use crate::settings::UpstreamId;

/// An attempt, from its sending to what came of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt {
    pub(crate) upstream: UpstreamId,
    pub(crate) sent_at: Timestamp,
    pub(crate) timeout_at: Timestamp,
    pub(crate) hedge: bool,
    pub(crate) flying: bool,
    /// Whether the upstream is known not to have acted on it.
    pub(crate) harmless: bool,
    /// Whether the upstream was known to have what the call needs.
    pub(crate) held: bool,
    pub(crate) doubt: Option<Doubt>,
}

impl Attempt {
    /// An attempt that has just been sent; `held` says whether the upstream was known to have what it needs.
    pub(crate) const fn new(
        upstream: UpstreamId,
        sent_at: Timestamp,
        timeout_at: Timestamp,
        hedge: bool,
        held: bool,
    ) -> Self {
        let (flying, harmless, doubt) = (true, false, None);
        Self { upstream, sent_at, timeout_at, hedge, flying, harmless, held, doubt }
    }
}

/// Whether any attempt is still under way.
pub(crate) fn is_flying(attempts: &[Attempt]) -> bool {
    attempts.iter().any(|attempt| attempt.flying)
}

/// Whether every answer so far was that the data is missing.
pub(crate) fn only_missing_data(attempts: &[Attempt]) -> bool {
    let mut doubts = attempts.iter().filter_map(|attempt| attempt.doubt).peekable();
    doubts.peek().is_some() && doubts.all(|doubt| doubt == Doubt::MissingData)
}

/// Whether somebody said that data is missing who was not known to have it.
pub(crate) fn asked_behind(attempts: &[Attempt]) -> bool {
    attempts.iter().any(|a| a.doubt == Some(Doubt::MissingData) && !a.held)
}

/// The first doubtful answer that may be given to the client. Never that the head is missing which all calls
/// are pinned to: it is there; nor what one says who was put out meanwhile.
pub(crate) fn doubtful(attempts: &[Attempt], chain: &Chain, needs: Needs) -> Option<u8> {
    let pinned = matches!(needs, Needs::Head(_));
    let fit = |doubt: Doubt| !(pinned && doubt == Doubt::MissingData);
    let given =
        |attempt: &Attempt| attempt.doubt.is_some_and(fit) && !chain.is_put_out(attempt.upstream);
    attempts.iter().position(given).and_then(|position| u8::try_from(position).ok())
}
