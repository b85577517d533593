//! One sending of a call to one upstream.

use units::Timestamp;

use crate::outcome::Doubt;
use crate::settings::UpstreamId;

/// An attempt, under way or over.
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
