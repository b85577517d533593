//! What has to hold after every command. A breach is a state and an event, never a crash.

use units::Money;

use crate::command::MarketState;
use crate::event::Event;
use crate::id::MarketId;
use crate::state::{Asset, Leg, LegId, Market, Resting};
use crate::value::{Lots, Side, worth};
use crate::venue::Venue;

impl Venue {
    /// Checks what can be checked from the sums alone, and halts where it does not hold.
    pub(super) fn check_invariants(&mut self, events: &mut Vec<Event>) {
        // Halting a market makes none dirty.
        let mut next = 0_usize;
        while let Some(id) = self.dirty.get(next).copied() {
            next = next.saturating_add(1);
            if let Some(broken) = self.markets.get_mut(id.place()).and_then(broken_in) {
                self.halt_market(broken, id, events);
            }
        }
        self.dirty.clear();
        if self.halted {
            return;
        }
        let mut conserved = self.ledger.excess() == Money::ZERO;
        if self.assets_moved {
            self.assets_moved = false;
            conserved &= self.assets.iter().all(|asset| asset.excess() == Money::ZERO);
        }
        if !conserved {
            self.halted = true;
            events.push(Event::Broken { invariant: "VN-1", market: None });
        }
    }

    /// Halts a market in which an invariant is broken, and says so; once.
    pub(crate) fn halt_market(
        &mut self,
        invariant: &'static str,
        id: MarketId,
        events: &mut Vec<Event>,
    ) {
        let Some(market) = self.markets.get_mut(id.place()) else { return };
        if market.state != MarketState::Halted {
            market.state = MarketState::Halted;
            events.push(Event::Broken { invariant, market: Some(id) });
        }
    }

    /// Notes that a market's orders or positions have changed: its invariants are checked when the command ends.
    pub(crate) fn note_change(&mut self, id: MarketId) {
        if let Some(market) = self.markets.get_mut(id.place())
            && !market.is_dirty
        {
            market.is_dirty = true;
            self.dirty.push(id);
        }
    }

    /// Counts everything anew and compares it with the sums that are kept. Says which invariants do not hold.
    #[must_use]
    pub fn audit(&self) -> Vec<&'static str> {
        let mut broken = Vec::new();
        if !self.money_adds_up() {
            broken.push("VN-1");
        }
        if !self.markets.iter().zip(0..).all(|(market, id)| self.is_balanced(market, id)) {
            broken.push("VN-2");
        }
        let trades = |market: &&Market| market.state == MarketState::Trading;
        if self.markets.iter().filter(trades).any(is_crossed) {
            broken.push("VN-3");
        }
        let legs = self.legs.iter().zip(0..);
        if !legs.clone().all(|(leg, id)| self.orders_add_up(leg, LegId::new(id))) {
            broken.push("orders");
        }
        if self.legs.iter().any(Leg::could_increase) {
            broken.push("VN-4");
        }
        if !self.is_everybody_watched() {
            broken.push("due");
        }
        if !self.are_rosters_true() {
            broken.push("holders");
        }
        broken
    }

    fn money_adds_up(&self) -> bool {
        let cash = self.accounts.iter().fold(Money::ZERO, |sum, account| sum.plus(account.cash));
        let isolated = self.legs.iter().filter_map(|leg| leg.isolated);
        let cash = isolated.fold(cash, Money::plus);
        let costs = self.legs.iter().fold(Money::ZERO, |sum, leg| sum.plus(leg.cost));
        let holdings = self.accounts.iter().flat_map(|account| &account.holdings);
        let held = |place: usize| {
            let of_asset = holdings.clone().filter(|holding| holding.asset.place() == place);
            of_asset.fold(Money::ZERO, |sum, holding| sum.plus(holding.amount))
        };
        let adds_up = |(place, asset): (usize, &Asset)| {
            asset.excess() == Money::ZERO && asset.accounts == held(place)
        };
        self.ledger.excess() == Money::ZERO
            && self.ledger.accounts == cash
            && self.ledger.costs == costs
            && self.assets.iter().enumerate().all(adds_up)
    }

    fn is_balanced(&self, market: &Market, id: u16) -> bool {
        let legs = self.legs.iter().filter(|leg| leg.market == MarketId::new(id));
        let sum = legs.fold((Lots::ZERO, Lots::ZERO), |(long, short), leg| {
            if leg.lots > Lots::ZERO {
                (long.plus(leg.lots), short)
            } else {
                (long, short.minus(leg.lots))
            }
        });
        market.long == market.short && sum == (market.long, market.short)
    }

    /// Whether a leg's sums are those of the orders in its chain.
    fn orders_add_up(&self, leg: &Leg, id: LegId) -> bool {
        let Some(market) = self.markets.get(leg.market.place()) else { return false };
        let (mut buys, mut sells) = (Resting::default(), Resting::default());
        let slots = std::iter::successors(leg.chain.oldest(), |slot| market.book.newer(*slot));
        for slot in slots {
            let Some(order) = market.book.get(slot) else { return false };
            let at = self.orders.get(order.id);
            let known = at.is_some_and(|at| at.slot == slot && at.market == leg.market);
            if !known || order.leg != id.number() || order.account != leg.account {
                return false;
            }
            let notional = worth(order.left, order.price, market.tick_value);
            let side = if order.side == Side::Buy { &mut buys } else { &mut sells };
            side.add(order.left, notional, order.reduce_only);
        }
        let waiting = self.waiting.iter().filter(|(_, waiting)| waiting.leg == id).count();
        buys == leg.buys && sells == leg.sells && u32::try_from(waiting) == Ok(leg.waiting)
    }
}

/// The invariant that a market breaks, if any; it is no longer dirty.
fn broken_in(market: &mut Market) -> Option<&'static str> {
    market.is_dirty = false;
    if market.long != market.short {
        Some("VN-2")
    } else if market.state == MarketState::Trading && is_crossed(market) {
        Some("VN-3")
    } else {
        None
    }
}

fn is_crossed(market: &Market) -> bool {
    let (bid, ask) = (market.book.best(Side::Buy), market.book.best(Side::Sell));
    bid.zip(ask).is_some_and(|(bid, ask)| bid >= ask)
}
