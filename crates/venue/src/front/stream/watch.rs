//! What users' streams are told that nothing has happened for: that a stream's time is over, and that positions are near
//! liquidation.

use std::collections::HashSet;

use units::{Money, Ratio, Rounding};
use venue_core::{AccountId, Lots, MarketId};
use venue_views::Desk;
use wire_binance::stream::{MarginCall, MarginCallPosition};
use wire_binance::{ListenKey, MarginType};

use super::hub::Topic;
use crate::front::account::standing::{self, Held};
use crate::front::market::Markets;
use crate::front::{Front, at_ms, listen, show};

/// How much of what it has a party may need before it is called. Binance does not say from where on; the research names
/// this one and 90 %.
const CALLED: Ratio = Ratio::from_bps(8_000);

/// How little it has to need again before it may be called anew.
const CALM: Ratio = Ratio::from_bps(7_000);

/// In how many parts accounts are looked at, one a beat: looking at all at once would hold the engine up.
const PARTS: u32 = 20;

/// Who is near liquidation: an account with its cross positions, or an isolated position.
type Party = (AccountId, Option<MarketId>);

/// Who was called.
#[derive(Debug, Default)]
pub(super) struct Watch {
    called: HashSet<Party>,
}

impl Watch {
    /// Ends streams whose time is over.
    pub(super) fn end_streams(&self, front: &Front, now: u64) {
        front.listens.forget(at_ms(now));
        for (account, name) in front.hub.users() {
            let key = front.keys.of_stream(&name);
            let goes_on = key.is_some_and(|key| front.listens.goes_on(&key.id, at_ms(now)));
            if let Some(name) = ListenKey::new(&name).filter(|_| !goes_on) {
                listen::expire(front, account, name);
            }
        }
    }

    /// Calls those who listen and have come near liquidation, each once until it is well again.
    pub(super) fn call(&mut self, front: &Front, markets: &Markets, (beat, now): (u64, u64)) {
        let is_next = |account: AccountId| {
            let part = account.number().checked_rem(PARTS).unwrap_or(0);
            u64::from(part) == beat.checked_rem(u64::from(PARTS)).unwrap_or(0)
        };
        let mut users = front.hub.user_accounts();
        users.retain(|account| is_next(*account));
        self.called.retain(|(account, _)| !is_next(*account) || users.contains(account));
        for account in users {
            let positions = front.look(|desk| self.near(desk, markets, account));
            if let Some((cash, positions)) = positions {
                let cross = positions.iter().any(|it| it.margin_type == MarginType::Crossed);
                let cross_wallet_balance = cross.then(|| show::money(cash));
                let told = MarginCall { event_time: now, positions, cross_wallet_balance };
                front.hub.tell(Topic::User(account), &told);
            }
        }
    }

    /// The positions of an account that it is to be called for now, and its cash.
    fn near(
        &mut self,
        desk: &Desk,
        markets: &Markets,
        account: AccountId,
    ) -> Option<(Money, Vec<MarginCallPosition>)> {
        let venue = desk.venue();
        let held = venue.positions(account).any(|position| position.lots != Lots::ZERO);
        if !held || venue.account(account)?.liquidating {
            return None;
        }
        let standing = standing::of(desk, markets, account)?;
        let whole = &standing.assessment;
        let cross = self.is_called((account, None), whole.maintenance, whole.equity);
        let called = standing.positions.iter().filter(|held| held.view.lots != Lots::ZERO);
        let called = called.filter(|held| match held.view.isolated {
            None => cross,
            Some(_) => {
                let party = (account, Some(held.market.id));
                self.is_called(party, held.maintenance, held.isolated_equity())
            }
        });
        let called: Vec<_> = called.map(told).collect();
        (!called.is_empty()).then_some((standing.cash, called))
    }

    /// Whether a party is to be called that was not yet.
    fn is_called(&mut self, party: Party, maintenance: Money, equity: Money) -> bool {
        let beyond = |part: Ratio| {
            let allowed = equity.times(part, Rounding::Down).unwrap_or(equity);
            maintenance > Money::ZERO && maintenance >= allowed
        };
        if !beyond(CALM) {
            self.called.remove(&party);
        }
        beyond(CALLED) && self.called.insert(party)
    }
}

fn told(held: &Held) -> MarginCallPosition {
    let isolated = held.view.isolated.is_some();
    MarginCallPosition {
        symbol: held.market.symbol,
        position_side: show::position(held.view.side),
        amount: held.market.quantity(held.view.lots),
        margin_type: if isolated { MarginType::Isolated } else { MarginType::Crossed },
        isolated_wallet: show::money(held.margin()),
        mark_price: held.market.price(held.mark),
        unrealized_profit: show::money(held.view.profit),
        maintenance_margin: show::money(held.maintenance),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_near_liquidation_is_called_once_until_it_is_well_again() {
        // A call each second is turned off by its reader, and none at all is learned of by the liquidation.
        let mut watch = Watch::default();
        let mut called = |maintenance: i128, equity: i128| {
            let party = (AccountId::new(1), None);
            watch.is_called(party, Money::whole(maintenance), Money::whole(equity))
        };
        assert!(!called(79, 100));
        assert!(called(80, 100));
        assert!(!called(99, 100), "it has been");
        assert!(!called(75, 100) && !called(85, 100), "it was not well in between");
        assert!(!called(69, 100) && called(85, 100));
        assert!(!called(0, -5), "nothing is held");
    }
}
