//! Probes: what the core wants to know of each upstream, and when.

use units::{Span, Timestamp};

use crate::block::{BlockHash, BlockRef, Header};
use crate::fees::FeeHistory;
use crate::settings::{ChainSettings, UpstreamId};

/// A question to one upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// `eth_chainId`.
    ChainId,
    /// The header of block 0.
    Genesis,
    /// `web3_clientVersion`.
    ClientVersion,
    /// The header of `latest`.
    Head,
    /// The header of `safe`.
    Safe,
    /// The header of `finalized`.
    Finalized,
    /// The header of a block by hash: a missing parent.
    Header(BlockHash),
    /// Whether state reads accept a block hash (EIP-1898); ask for one at this block.
    HashPins(BlockRef),
    /// `eth_feeHistory` of [`crate::FEE_BLOCKS`] blocks up to this one; asked of one upstream for all.
    FeeHistory(BlockRef),
    /// `eth_gasPrice` while the head is this block; asked of one upstream for all.
    GasPrice(BlockRef),
}

/// A probe to carry out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeOrder {
    /// Whom to ask.
    pub upstream: UpstreamId,
    /// What to ask.
    pub probe: Probe,
    /// How long to wait; no answer by then is [`ProbeFailure::Unreachable`].
    pub timeout: Span,
}

/// What an upstream answered to a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeAnswer {
    /// The chain id.
    ChainId(u64),
    /// A header; `None` where the upstream says there is no such block.
    Header(Option<Header>),
    /// A header whose hash was computed from its fields.
    Hashed {
        /// The header.
        header: Header,
        /// Whether its hash is the one computed.
        matches: bool,
    },
    /// The version string, and the client family it names.
    ClientVersion {
        /// As the upstream said it, cut to a sane length.
        version: String,
        /// Such as `geth`.
        family: String,
    },
    /// Whether a block hash was accepted.
    HashPins(bool),
    /// What recent blocks cost.
    FeeHistory(FeeHistory),
    /// The price of gas that the upstream suggests, in wei.
    GasPrice(u128),
    /// No usable answer.
    Failed(ProbeFailure),
}

/// Why a probe brought no usable answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeFailure {
    /// No answer at all, or one that is not JSON-RPC; says which in words fit for the status page.
    Unreachable(String),
    /// The upstream asked for a pause.
    Throttled(Option<Span>),
    /// A JSON-RPC error: the upstream is there but does not answer this.
    Refused(String),
}

/// The kinds of probes, each with its own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    ChainId,
    Genesis,
    ClientVersion,
    Head,
    Safe,
    Finalized,
    Fill,
    HashPins,
}

impl Kind {
    pub(crate) const ALL: [Self; 8] = [
        Self::ChainId,
        Self::Genesis,
        Self::Head,
        Self::Fill,
        Self::HashPins,
        Self::ClientVersion,
        Self::Finalized,
        Self::Safe,
    ];

    /// The kind of a probe; `None` for those that are asked of one upstream for all.
    pub(crate) const fn of(probe: &Probe) -> Option<Self> {
        match probe {
            Probe::ChainId => Some(Self::ChainId),
            Probe::Genesis => Some(Self::Genesis),
            Probe::ClientVersion => Some(Self::ClientVersion),
            Probe::Head => Some(Self::Head),
            Probe::Safe => Some(Self::Safe),
            Probe::Finalized => Some(Self::Finalized),
            Probe::Header(_) => Some(Self::Fill),
            Probe::HashPins(_) => Some(Self::HashPins),
            Probe::FeeHistory(_) | Probe::GasPrice(_) => None,
        }
    }

    const fn slot(self) -> usize {
        match self {
            Self::ChainId => 0,
            Self::Genesis => 1,
            Self::ClientVersion => 2,
            Self::Head => 3,
            Self::Safe => 4,
            Self::Finalized => 5,
            Self::Fill => 6,
            Self::HashPins => 7,
        }
    }

    /// How long until the same is asked again after an answer.
    pub(crate) fn interval(self, settings: &ChainSettings) -> Span {
        match self {
            // Hourly: an endpoint can be pointed at another network by mistake or by its provider.
            Self::ChainId | Self::Genesis => Span::from_secs(3_600),
            // A provider rolls out versions over minutes; asked again within five.
            Self::ClientVersion => Span::from_secs(300),
            Self::HashPins => Span::from_secs(3_600),
            Self::Head => settings.poll_interval(),
            Self::Safe | Self::Finalized => settings.block_time.max(Span::from_millis(500)),
            Self::Fill => Span::ZERO,
        }
    }

    /// How long until it is asked again after a failure.
    pub(crate) fn retry_interval(self, settings: &ChainSettings) -> Span {
        match self {
            Self::Head | Self::ChainId | Self::Genesis | Self::Fill => settings.poll_interval(),
            Self::ClientVersion | Self::HashPins => settings.poll_interval().times(8),
            // Not every chain has these tags; an upstream that refuses them is not asked each block.
            Self::Safe | Self::Finalized => Span::from_secs(30).min(settings.block_time.times(10)),
        }
    }
}

/// Longest time until an upstream on a wrong chain is looked at again, so that a mended endpoint does not
/// stay out until the hourly look.
const REJECTED_AGAIN: Span = Span::from_secs(60);

/// How long until the identity of an upstream on a wrong chain is asked again.
pub(crate) fn rejected_interval(settings: &ChainSettings) -> Span {
    settings.block_time.times(5).clamped(Span::from_secs(5), REJECTED_AGAIN)
}

/// When each kind of probe is due at one upstream, and which are under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schedule {
    due: [Timestamp; 8],
    running: [bool; 8],
}

impl Schedule {
    pub(crate) fn is_due(&self, kind: Kind, now: Timestamp) -> bool {
        self.due_at(kind).is_some_and(|due| due <= now)
    }

    /// When the kind is due; `None` while it is under way.
    pub(crate) fn due_at(&self, kind: Kind) -> Option<Timestamp> {
        let running = self.running.get(kind.slot()).copied().unwrap_or(false);
        if running { None } else { self.due.get(kind.slot()).copied() }
    }

    pub(crate) fn start(&mut self, kind: Kind) {
        self.running.get_mut(kind.slot()).into_iter().for_each(|running| *running = true);
    }

    pub(crate) fn finish(&mut self, kind: Kind, next: Timestamp) {
        self.running.get_mut(kind.slot()).into_iter().for_each(|running| *running = false);
        self.set_due(kind, next);
    }

    pub(crate) fn set_due(&mut self, kind: Kind, at: Timestamp) {
        self.due.get_mut(kind.slot()).into_iter().for_each(|due| *due = at);
    }
}
