//! What a command can do to its account's risk, found from the state and not from what the command says of itself.
//!
//! Whoever lets commands in under load asks here which of them only cut risk. Any flag that could be set for it would be
//! set by all.

use std::collections::BTreeMap;

use units::{Money, Span};

use crate::command::{Command, PlaceOrder};
use crate::id::{AccountId, MarketId, OrderId};
use crate::state::{Leg, LegId};
use crate::value::{Lots, PositionSide, Side, Ticks};
use crate::venue::Venue;

/// Which orders are for the same part of a position.
type Closes = (AccountId, MarketId, PositionSide, Side);

/// Lots that orders are to close which were let in and are not done yet. What they take of a position cannot be taken
/// once more.
///
/// It holds no more than those that let it in have on their way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Promised {
    lots: BTreeMap<Closes, Lots>,
}

impl Promised {
    /// A command that cuts risk was let in.
    pub fn add(&mut self, command: &Command) {
        orders_of(command).iter().for_each(|placed| self.promise(placed));
    }

    /// It is done, or will not be.
    pub fn remove(&mut self, command: &Command) {
        for placed in orders_of(command) {
            let Some(lots) = self.lots.get_mut(&closes(placed)) else { continue };
            *lots = lots.minus(promised(placed));
            if *lots <= Lots::ZERO {
                self.lots.remove(&closes(placed));
            }
        }
    }

    fn promise(&mut self, placed: &PlaceOrder) {
        if promised(placed) > Lots::ZERO {
            let lots = self.lots.entry(closes(placed)).or_insert(Lots::ZERO);
            *lots = lots.plus(promised(placed));
        }
    }

    fn of(&self, placed: &PlaceOrder) -> Lots {
        self.lots.get(&closes(placed)).copied().unwrap_or(Lots::ZERO)
    }
}

/// The orders that a command sends.
fn orders_of(command: &Command) -> &[PlaceOrder] {
    if let Command::Place(placed) = command {
        std::slice::from_ref(placed)
    } else if let Command::PlaceAll(list) = command {
        list
    } else {
        &[]
    }
}

const fn closes(placed: &PlaceOrder) -> Closes {
    (placed.account, placed.market, placed.position, placed.side)
}

/// What an order takes at once: one that waits for its trigger takes nothing.
fn promised(placed: &PlaceOrder) -> Lots {
    if placed.trigger.is_none() { placed.lots.max(Lots::ZERO) } else { Lots::ZERO }
}

impl Venue {
    /// Whether a command can only make its account's risk smaller, as the account stands now and with so much promised:
    /// a cancel, an order that closes no more than what is held beyond what rests and is promised, margin that is added,
    /// leverage that is lowered. Everything that is not sure to be that is not.
    #[must_use]
    pub fn cuts_risk(&self, command: &Command, promised: &Promised) -> bool {
        match *command {
            Command::Place(ref placed) => self.only_closes(placed, promised.of(placed)),
            Command::PlaceAll(ref list) => self.all_close(list, promised),
            Command::Amend { account, order, price, lots } => {
                self.amend_cuts(account, order, (price, lots))
            }
            Command::Cancel { account, order } => {
                self.resting_of(account, order).is_some() || self.waits_for(account, order)
            }
            // Also where there is nothing to cancel: whoever is in a hurry to get out need not know.
            Command::CancelAll { account, .. } => self.accounts.get(account.place()).is_some(),
            Command::CancelAfter { account, after, .. } => {
                after > Span::ZERO && self.open_orders_of(account) > 0
            }
            Command::MoveMargin { account, market, side, amount } => {
                let holds = |leg: &Leg| leg.isolated.is_some() && leg.lots != Lots::ZERO;
                amount > Money::ZERO && self.leg_holds(account, market, side, holds)
            }
            Command::SetLeverage { account, market, leverage } => self
                .legs_here(account, market)
                .any(|leg| leg.lots != Lots::ZERO && leverage < leg.leverage),
            Command::Configure(_)
            | Command::AddAsset(_)
            | Command::SetAsset(..)
            | Command::AddMarket(_)
            | Command::SetMarket(..)
            | Command::SetState(..)
            | Command::OpenAccount
            | Command::Deposit(_)
            | Command::Withdraw(_)
            | Command::Fund(_)
            | Command::SetMarginMode { .. }
            | Command::SetHedgeMode { .. }
            | Command::Protect { .. }
            | Command::Price(_)
            | Command::Funding { .. }
            | Command::Interest { .. }
            | Command::Tick => false,
        }
    }

    /// How many orders of an account are open, those that wait for a trigger included.
    #[must_use]
    pub fn open_orders_of(&self, account: AccountId) -> u32 {
        let legs = self.accounts.get(account.place()).map_or(&[][..], |account| &account.legs);
        let legs = legs.iter().filter_map(|leg| self.legs.get(leg.place()));
        legs.fold(0, |sum: u32, leg| {
            let resting = leg.buys.orders.saturating_add(leg.sells.orders);
            sum.saturating_add(resting).saturating_add(leg.waiting)
        })
    }

    fn all_close(&self, list: &[PlaceOrder], promised: &Promised) -> bool {
        let mut before = Promised::default();
        let mut closes = |placed: &PlaceOrder| {
            let taken = promised.of(placed).plus(before.of(placed));
            before.promise(placed);
            self.only_closes(placed, taken)
        };
        !list.is_empty() && list.iter().all(&mut closes)
    }

    /// Whether all of an order that may trade makes the position smaller: what the core asks for no margin for.
    fn only_closes(&self, placed: &PlaceOrder, taken: Lots) -> bool {
        let reduces = placed.reduce_only || Leg::only_closes(placed.position, placed.side);
        let fits = |leg: &Leg| {
            let held = leg.reducible(placed.side);
            if let Some(trigger) = placed.trigger {
                return (reduces || trigger.close_position) && held > Lots::ZERO;
            }
            let room = held.minus(leg.resting(placed.side).lots).minus(taken);
            // The core cuts one that may only reduce to what is left.
            room > Lots::ZERO && placed.lots > Lots::ZERO && (reduces || placed.lots <= room)
        };
        self.leg_holds(placed.account, placed.market, placed.position, fits)
    }

    /// Whether a change of an order leaves no more lots of it, at its price, or at any where all that rests there closes.
    fn amend_cuts(&self, account: AccountId, order: OrderId, (price, lots): (Ticks, Lots)) -> bool {
        let Some(at) = self.resting_of(account, order) else { return false };
        let Some(resting) = self.order_at(at.market, at.slot) else { return false };
        let Some(leg) = self.legs.get(LegId::new(resting.leg).place()) else { return false };
        let closes = leg.resting(resting.side).lots <= leg.reducible(resting.side);
        lots <= resting.original && (price == resting.price || resting.reduce_only || closes)
    }

    fn leg_holds(
        &self,
        account: AccountId,
        market: MarketId,
        side: PositionSide,
        holds: impl Fn(&Leg) -> bool,
    ) -> bool {
        let leg = self.leg_of(account, market, side);
        leg.and_then(|leg| self.legs.get(leg.place())).is_some_and(holds)
    }
}
