//! Settings of the venue, its assets and its markets. They come in by commands, so that a journal of commands is all
//! there is to know.

mod asset;
mod market;

use units::{Ratio, Span};

pub use asset::{AssetSettings, HaircutTier};
pub use market::{
    Bracket, Deleverage, Fees, Filters, LiquidationSettings, MarkSettings, MarketKind,
    MarketSettings, OpenInterestScale, Residual,
};

use crate::id::AccountId;

/// What holds for the whole venue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VenueSettings {
    /// The account that takes over what the book did not take, if there is one.
    pub backstop: Option<AccountId>,
    /// How long an asset may not be withdrawn once deficits were larger than what the fund paid.
    pub withdrawal_gate: Span,
    /// The greatest age of a price: an older one counts as held. A change holds from each thing's next price on.
    pub price_age: Span,
    /// How long a price counts as held; as halted afterwards.
    pub price_held: Span,
    /// The fund's coverage below which margin for new risk rises, and by how much of itself at no coverage at all.
    pub coverage: Option<CoverageScale>,
    /// A digest of the state is an event after so many commands; never, where it is zero.
    pub digest_every: u64,
}

/// How margin for new risk rises as the fund's coverage falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoverageScale {
    /// The coverage below which it rises: the fund over the loss if the two largest accounts default at `shock`.
    pub below: Ratio,
    /// The move that the two largest accounts are thought to default at.
    pub shock: Ratio,
    /// By what part of itself margin is higher where there is no coverage.
    pub surcharge: Ratio,
}

impl Default for VenueSettings {
    fn default() -> Self {
        Self {
            backstop: None,
            // dYdX gates withdrawals for 50 blocks of about a second; a minute lets the fund be looked at.
            withdrawal_gate: Span::from_secs(60),
            // As long as the oracle waits for a silent source, and as it holds a price (research, oracle 7.2).
            price_age: Span::from_secs(5),
            price_held: Span::from_secs(2),
            coverage: None,
            digest_every: 0,
        }
    }
}
