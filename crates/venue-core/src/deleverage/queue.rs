//! Where somebody stands among those who may be closed.

use std::cmp::Ordering;

use crate::deleverage::holder::{At, Holder};
use crate::id::AccountId;
use crate::settings::Deleverage;
use crate::value::Lots;

/// A holder's place in the queue of one side of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuePlace {
    /// How many holders are closed before this one.
    pub ahead: u32,
    /// How many are closed together with this one, in proportion, this one included; 1 by a ranking.
    pub beside: u32,
    /// How many holders there are.
    pub holders: u32,
    /// The lots of those ahead: nothing of this position is closed before so many are.
    pub lots_ahead: Lots,
}

/// The place of an account's position among all holders of its side; `None` where it has none.
#[must_use]
pub fn place(
    account: AccountId,
    rule: Deleverage,
    at: At,
    holders: &[Holder],
) -> Option<QueuePlace> {
    let own = holders.iter().find(|holder| holder.account == account)?;
    let mut place = QueuePlace { ahead: 0, beside: 0, holders: 0, lots_ahead: Lots::ZERO };
    for holder in holders {
        place.holders = place.holders.saturating_add(1);
        match holder.before(own, rule, at) {
            Ordering::Less => {
                place.ahead = place.ahead.saturating_add(1);
                place.lots_ahead = place.lots_ahead.plus(holder.lots);
            }
            Ordering::Equal => place.beside = place.beside.saturating_add(1),
            Ordering::Greater => {}
        }
    }
    Some(place)
}
