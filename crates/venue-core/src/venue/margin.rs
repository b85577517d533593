//! Whether there is margin enough for new risk.

use crate::command::Transfer;
use crate::refusal::Refusal;
use crate::venue::Venue;

impl Venue {
    /// Whether an account may take an amount out.
    pub(super) fn margin_for_withdrawal(&self, transfer: Transfer) -> Result<(), Refusal> {
        let left = self.balance(transfer.account, transfer.asset).minus(transfer.amount);
        if left < units::Money::ZERO { Err(Refusal::Balance) } else { Ok(()) }
    }
}
