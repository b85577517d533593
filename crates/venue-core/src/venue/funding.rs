//! Funding, and interest on loans.

use units::Ratio;

use crate::event::Event;
use crate::id::MarketId;
use crate::refusal::Refusal;
use crate::venue::Venue;

impl Venue {
    pub(super) fn charge_funding(
        &mut self,
        _market: MarketId,
        _rate: Ratio,
        _events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        Err(Refusal::NoPrice)
    }

    pub(super) fn charge_interest(
        &mut self,
        _rate: Ratio,
        _events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        Err(Refusal::NoPrice)
    }
}
