//! Outages, after which there is a grace window.

use units::Timestamp;

use crate::command::{Command, MarketState, PriceOf};
use crate::id::MarketId;
use crate::venue::Venue;

impl Venue {
    /// Notes what a command says about a market's outages: a price after a silence begins a grace window.
    pub(in crate::venue) fn note_outage(&mut self, command: &Command) {
        let Command::Price(update) = command else { return };
        let PriceOf::Index(market) = update.of else { return };
        let Some(state) = self.markets.get_mut(market.place()) else { return };
        let Some(at) = state.quote.valued_at else { return };
        let silence = at.since(state.priced_at.unwrap_or(at));
        state.priced_at = Some(at);
        if silence > state.settings.liquidation.outage {
            self.begin_grace(market);
        }
    }

    /// A market's state has changed: trading begins again after an outage with a grace window.
    pub(in crate::venue) fn state_changed(&mut self, market: MarketId, before: MarketState) {
        if before == MarketState::Halted && self.state_of(market) != MarketState::Halted {
            self.begin_grace(market);
        }
    }

    /// Begins a market's grace window.
    fn begin_grace(&mut self, market: MarketId) {
        let now = self.now;
        if let Some(state) = self.markets.get_mut(market.place()) {
            let until: Timestamp = now.after(state.settings.liquidation.grace);
            state.grace_until = state.grace_until.max(until);
        }
    }
}
