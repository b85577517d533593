//! The step that the liquidation engine takes after a price.

use crate::event::Event;
use crate::venue::Venue;

impl Venue {
    /// Takes the next step for everybody who is due, as far as the paces of the markets go.
    pub(super) fn liquidation_step(&mut self, _events: &mut Vec<Event>) {}
}
