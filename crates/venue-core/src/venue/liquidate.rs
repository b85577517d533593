//! The step that the liquidation engine takes after a price.

use crate::command::MarketState;
use crate::event::Event;
use crate::id::MarketId;
use crate::venue::Venue;

impl Venue {
    /// Takes the next step for everybody who is due, as far as the paces of the markets go.
    pub(super) fn liquidation_step(&mut self, _events: &mut Vec<Event>) {}

    /// A market's state was changed; `before` is what it was.
    pub(super) fn state_changed(&mut self, _market: MarketId, _before: MarketState) {}
}
