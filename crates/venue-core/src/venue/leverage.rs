//! Leverage, cross and isolated margin, and the margin of isolated positions.

use units::Money;

use crate::event::Event;
use crate::id::{AccountId, MarketId};
use crate::refusal::Refusal;
use crate::value::PositionSide;
use crate::venue::Venue;

impl Venue {
    pub(super) fn set_leverage(
        &mut self,
        _account: AccountId,
        _market: MarketId,
        _leverage: u16,
        _events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        Err(Refusal::Leverage)
    }

    pub(super) fn set_margin_mode(
        &mut self,
        _account: AccountId,
        _market: MarketId,
        _isolated: bool,
        _events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        Err(Refusal::Position)
    }

    pub(super) fn move_margin(
        &mut self,
        _of: (AccountId, MarketId, PositionSide),
        _amount: Money,
        _events: &mut Vec<Event>,
    ) -> Result<(), Refusal> {
        Err(Refusal::Amount)
    }
}
