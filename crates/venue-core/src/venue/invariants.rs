//! What has to hold after every command. A breach is a state and an event, never a crash.

use units::Money;

use crate::event::Event;
use crate::state::Asset;
use crate::venue::Venue;

impl Venue {
    /// Checks what can be checked from the sums alone, and halts where it does not hold.
    pub(super) fn check_invariants(&mut self, events: &mut Vec<Event>) {
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

    /// Counts everything anew and compares it with the sums that are kept. Says which invariants do not hold.
    #[must_use]
    pub fn audit(&self) -> Vec<&'static str> {
        let mut broken = Vec::new();
        if !self.money_adds_up() {
            broken.push("VN-1");
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
}
