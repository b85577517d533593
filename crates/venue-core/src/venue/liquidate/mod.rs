//! The step that the liquidation engine takes after a price.
//!
//! [`Venue::liquidation_step`] has everybody begin who is due, and gives each a turn, the most urgent first. A turn goes
//! down the steps of `docs/venue-rules.md`: `convert` for margin loans, `book` for what the order book takes, `beyond`
//! for what it did not take in time, `holders` for deleveraging.

mod beyond;
mod book;
mod convert;
mod holders;
mod house;
mod outage;
mod party;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use machine::codec_struct;
use units::{Money, Timestamp};

use crate::event::{BalanceReason, CloseReason, Event};
use crate::id::{AccountId, AssetId, MarketId};
use crate::liquidation::Urgency;
use crate::tape::{Liquidated, TapeEnd, TapeEntry};
use crate::venue::Venue;
pub(crate) use party::Party;

/// What the liquidation engine remembers between its steps.
#[derive(Debug, Default)]
pub(crate) struct Liquidations {
    /// Who may be due and has not begun.
    noted: BTreeSet<Party>,
    /// Who is being liquidated.
    cases: BTreeMap<Party, Case>,
    /// The end of the tape.
    pub(crate) tape: TapeEnd,
}

/// One liquidation that is under way.
#[derive(Clone, Copy, Debug)]
struct Case {
    /// Since when it has waited for the book.
    since: Timestamp,
    /// The market in which a position of it was closed last.
    closed_in: Option<MarketId>,
}

codec_struct! { Case { since, closed_in } Liquidations { noted, cases, tape } }

/// Who paid what of a loss.
#[derive(Clone, Copy, Debug, Default)]
struct Paid {
    /// The account, to the fund.
    fee: Money,
    fund: Money,
    holders: Money,
    socialised: Money,
    /// Nobody.
    unpaid: Money,
}

impl Venue {
    /// Notes that a party may be due; whether it is, is looked at in the next step.
    pub(crate) fn note_due(&mut self, party: Party) {
        if !self.liquidations.cases.contains_key(&party) {
            self.liquidations.noted.insert(party);
        }
    }

    /// Whether a party is being liquidated.
    pub(super) fn is_being_liquidated(&self, party: Party) -> bool {
        self.liquidations.cases.contains_key(&party)
    }

    /// Whether a party is being liquidated, or known to be due.
    pub(super) fn is_noted(&self, party: Party) -> bool {
        self.is_being_liquidated(party) || self.liquidations.noted.contains(&party)
    }

    /// Takes the next step for everybody who is due, as far as the paces of the markets go.
    pub(super) fn liquidation_step(&mut self, events: &mut Vec<Event>) {
        if self.halted {
            return;
        }
        self.begin(events);
        let urgency = |party: &Party| {
            let (equity, maintenance) = self.standing(*party);
            Urgency { equity, maintenance, account: party.account, key: *party }
        };
        let mut turns: Vec<_> = self.liquidations.cases.keys().map(urgency).collect();
        turns.sort_unstable();
        for turn in turns {
            self.turn(turn.key, events);
        }
        self.house_sells(events);
    }

    /// Begins the liquidation of all who are due and may be liquidated.
    fn begin(&mut self, events: &mut Vec<Event>) {
        let noted: Vec<_> = self.liquidations.noted.iter().copied().collect();
        for party in noted {
            let (equity, maintenance) = self.standing(party);
            let due = equity < maintenance;
            if due && !self.may_liquidate(party, equity) {
                continue;
            }
            self.liquidations.noted.remove(&party);
            if !due {
                self.touch(party.account);
                continue;
            }
            self.set_liquidating(party, true);
            let case = Case { since: self.now, closed_in: None };
            self.liquidations.cases.insert(party, case);
            let (account, isolated) = (party.account, self.market_of(party));
            events.push(Event::LiquidationStarted { account, isolated, equity, maintenance });
            self.cancel_for_liquidation(account, isolated, events);
        }
    }

    /// Closes an account's orders, in one market or in all.
    fn cancel_for_liquidation(
        &mut self,
        account: AccountId,
        market: Option<MarketId>,
        events: &mut Vec<Event>,
    ) {
        let markets = market.map_or_else(|| self.markets_of(account), |market| vec![market]);
        for market in markets {
            self.cancel_in_market(account, market, CloseReason::Liquidation, events);
        }
    }

    /// One party's turn.
    fn turn(&mut self, party: Party, events: &mut Vec<Event>) {
        if self.ended(party, events) {
            return;
        }
        let (equity, _) = self.standing(party);
        if !self.may_liquidate(party, equity) {
            if let Some(case) = self.liquidations.cases.get_mut(&party) {
                case.since = self.now;
            }
            return;
        }
        if party.leg.is_none() {
            for asset in self.convertible(party.account) {
                if self.balance(party.account, AssetId::SETTLEMENT) >= Money::ZERO {
                    break;
                }
                if self.ended(party, events) {
                    return;
                }
                self.convert(party.account, asset, events);
            }
        }
        let positions = self.positions_to_close(party);
        for leg in &positions {
            if self.ended(party, events) {
                return;
            }
            self.close_on_book(party, *leg, events);
        }
        for leg in &positions {
            if self.ended(party, events) {
                return;
            }
            self.close_beyond(party, *leg, events);
        }
        if !self.ended(party, events) {
            self.pay_debt(party, events);
            self.ended(party, events);
        }
    }

    /// Whether a party is well again, or has nothing left; it ends then.
    fn ended(&mut self, party: Party, events: &mut Vec<Event>) -> bool {
        let (equity, maintenance) = self.standing(party);
        if equity < maintenance {
            return false;
        }
        self.liquidations.cases.remove(&party);
        self.set_liquidating(party, false);
        self.release_margin(party, events);
        let (account, isolated) = (party.account, self.market_of(party));
        events.push(Event::LiquidationEnded { account, isolated });
        self.touch(account);
        true
    }

    /// The fund pays what a party owes that has nothing left.
    fn pay_debt(&mut self, party: Party, events: &mut Vec<Event>) {
        let (equity, _) = self.standing(party);
        if equity >= Money::ZERO || !self.has_nothing_left(party) {
            return;
        }
        let debt = Money::ZERO.minus(equity);
        let closed_in = self.liquidations.cases.get(&party).and_then(|case| case.closed_in);
        let paid = match closed_in {
            Some(market) => self.fund_pays(market, debt, events),
            None => {
                let paid = debt.min(self.ledger.fund).max(Money::ZERO);
                if paid > Money::ZERO {
                    self.change_fund(None, Money::ZERO.minus(paid), events);
                }
                paid
            }
        };
        if paid > Money::ZERO {
            self.change_party(party, paid, BalanceReason::Fund, events);
            let unpaid = debt.minus(paid);
            self.on_tape(
                party,
                Liquidated::Debt,
                Paid { fund: paid, unpaid, ..Paid::default() },
                events,
            );
        }
        if paid < debt {
            self.close_gate();
        }
    }

    /// Holds withdrawals of the settlement asset back for a while.
    fn close_gate(&mut self) {
        let until = self.now.after(self.settings.withdrawal_gate);
        if let Some(asset) = self.assets.get_mut(AssetId::SETTLEMENT.place()) {
            asset.gated_until = asset.gated_until.max(until);
        }
    }

    /// Has the fund pay what it may of what is missing in a market, and says how much that is.
    fn fund_pays(&mut self, market: MarketId, missing: Money, events: &mut Vec<Event>) -> Money {
        let (now, fund) = (self.now, self.ledger.fund);
        let Some(state) = self.markets.get_mut(market.place()) else { return Money::ZERO };
        let limit = state.draw_down_limit();
        let paid = state.draw_down.pay(now, missing, fund, limit);
        if paid > Money::ZERO {
            self.change_fund(Some(market), Money::ZERO.minus(paid), events);
        }
        paid
    }

    /// Writes an entry of the tape.
    fn on_tape(&mut self, party: Party, what: Liquidated, paid: Paid, events: &mut Vec<Event>) {
        let entry = TapeEntry {
            number: 0,
            at: self.now,
            account: party.account,
            what,
            fee: paid.fee,
            fund_paid: paid.fund,
            holders_paid: paid.holders,
            socialised: paid.socialised,
            unpaid: paid.unpaid,
            fund: self.ledger.fund,
            hash: [0; 32],
        };
        events.push(Event::Tape(self.liquidations.tape.append(entry)));
    }
}
