//! Who is due for liquidation.

use crate::id::AccountId;
use crate::venue::Venue;

impl Venue {
    /// Looks at an account whose margin may have changed, and sets the prices at which it has to be looked at again.
    pub(super) fn look_at(&mut self, _account: AccountId) {}
}
