//! Whether there is margin enough for new risk.

use units::Money;

use crate::command::Transfer;
use crate::refusal::Refusal;
use crate::state::Filled;
use crate::value::Lots;
use crate::venue::Venue;
use crate::venue::check_order::NewRisk;
use crate::venue::matching::Fill;

impl Venue {
    /// Whether an account may take an amount out.
    pub(super) fn margin_for_withdrawal(&self, transfer: Transfer) -> Result<(), Refusal> {
        let left = self.balance(transfer.account, transfer.asset).minus(transfer.amount);
        if left < Money::ZERO { Err(Refusal::Balance) } else { Ok(()) }
    }

    /// Whether an account has the margin for an order that does not only reduce.
    pub(super) fn margin_for_order(&self, _order: &NewRisk<'_>) -> Result<(), Refusal> {
        Ok(())
    }

    /// Settles a trade of an isolated position, which held so many lots before it.
    pub(super) fn settle_isolated(&mut self, fill: &Fill, _held: Lots, filled: &Filled) {
        self.change_isolated(fill.leg, filled.realised.minus(fill.fee));
    }
}
