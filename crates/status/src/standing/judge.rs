//! What of a venue and its markets is trouble, and how bad.

use crate::component::{ComponentStatus, Severity};
use crate::price::PriceStatus;
use crate::prices::severity;
use crate::venue::{MarketState, MarketView, VenueState, VenueView};

/// Whether money does not add up, or another invariant does not hold.
pub(crate) fn is_broken(view: &VenueView) -> bool {
    view.halted || view.proof.excess != units::Money::ZERO || !view.proof.broken.is_empty()
}

/// Whether it has yet to get its first prices, or reads its journal.
pub(crate) fn is_starting(view: &VenueView) -> bool {
    let has_no_price = |market: &MarketView| market.index.is_none();
    view.state == VenueState::Starting
        || view.state == VenueState::Running
            && !view.markets.is_empty()
            && view.markets.iter().all(has_no_price)
}

/// Whether no market has a price: what is behind that is one trouble, not one for each market.
pub(crate) fn are_prices_away(view: &VenueView) -> bool {
    let is_away = |market: &MarketView| market.status == PriceStatus::Halted;
    !view.markets.is_empty() && view.markets.iter().all(is_away)
}

/// How bad a market's state and price are together.
pub(crate) fn market_severity(market: &MarketView) -> Severity {
    let of_state = match market.state {
        MarketState::Trading => Severity::Good,
        MarketState::Auction | MarketState::ReduceOnly => Severity::Major,
        MarketState::CancelOnly | MarketState::Halted => Severity::Critical,
    };
    if of_state == Severity::Good && market.index.is_none() {
        return Severity::Unknown;
    }
    // Without a price a position can still be reduced.
    of_state.max(severity(market.status).min(Severity::Major))
}

/// Its state and its price in a few words: what of the two is worse.
pub(crate) fn market_words(market: &MarketView) -> String {
    match (market.state, market.status) {
        (MarketState::Trading, PriceStatus::Live) => "trading".to_owned(),
        (MarketState::Trading, PriceStatus::Halted) if market.index.is_none() => {
            "no price yet".to_owned()
        }
        (MarketState::Trading, PriceStatus::Halted) => "no price".to_owned(),
        (MarketState::Trading, status) => format!("price {}", status.name()),
        (state, _) => state.name().to_owned(),
    }
}

/// What is the matter with a market and what that means, in a clause; `None` where nothing is.
pub(crate) fn market_trouble(market: &MarketView) -> Option<&'static str> {
    Some(match (market.state, market.status) {
        (MarketState::Halted, _) => "is halted: only cancels are taken, and nobody is liquidated",
        (MarketState::CancelOnly, _) => "takes only cancels",
        (MarketState::ReduceOnly, _) => "takes only what reduces, and cancels",
        (MarketState::Auction, _) => "is in an auction: orders rest and nothing trades yet",
        (MarketState::Trading, PriceStatus::Live) => return None,
        (MarketState::Trading, PriceStatus::Halted) if market.index.is_none() => {
            "has had no price yet: nothing that opens is taken"
        }
        (MarketState::Trading, PriceStatus::Halted) => {
            "has no price: only what reduces is taken, the mark stands still, and nobody is liquidated"
        }
        (MarketState::Trading, PriceStatus::Held) => {
            "goes by its last price: nobody is liquidated on it"
        }
        (MarketState::Trading, PriceStatus::Degraded) => {
            "has a price that is not well known: what increases is margined in full"
        }
        (MarketState::Trading, PriceStatus::Split) => "has two prices: only what reduces is taken",
        (MarketState::Trading, PriceStatus::Capped) => {
            "has a price at its bound: who is safe at its better end is not liquidated"
        }
    })
}

impl ComponentStatus {
    /// The status of the venue as a whole.
    pub(crate) fn of_venue(view: &VenueView) -> Self {
        match view.state {
            VenueState::Stopped(_) => return Self::MajorOutage,
            VenueState::Starting => return Self::Degraded,
            VenueState::Draining => return Self::PartialOutage,
            VenueState::Running => {}
        }
        if is_broken(view) {
            return Self::MajorOutage;
        }
        let markets = view.markets.iter().map(Self::of_market);
        let (best, worst) = (markets.clone().min(), markets.max());
        match (best, worst) {
            (Some(Self::MajorOutage), _) => Self::MajorOutage,
            (_, Some(Self::PartialOutage | Self::MajorOutage)) => Self::PartialOutage,
            (_, Some(worst)) => worst,
            (_, None) => Self::Operational,
        }
    }

    /// The status of a market.
    pub(crate) fn of_market(market: &MarketView) -> Self {
        match market_severity(market) {
            Severity::Good => Self::Operational,
            Severity::Unknown | Severity::Minor => Self::Degraded,
            Severity::Major => Self::PartialOutage,
            Severity::Critical => Self::MajorOutage,
        }
    }
}
