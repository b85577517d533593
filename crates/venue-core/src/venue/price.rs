//! Prices from outside.

use crate::command::PriceUpdate;
use crate::event::Event;
use crate::refusal::Refusal;
use crate::venue::Venue;

impl Venue {
    /// Takes a price in: sets what the market or the asset is held to be worth.
    pub(super) fn set_price(
        &mut self,
        _update: &PriceUpdate,
        _events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        Err(Refusal::NoPrice)
    }
}
