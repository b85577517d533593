//! The step that the liquidation engine takes after a price.
//!
//! [`Venue::liquidation_step`] has everybody begin who is due, and gives a turn to each whose time it is, the most urgent
//! first; whose time it is, `agenda` knows. A turn goes down the steps of `docs/venue-rules.md`: `convert` for margin
//! loans, `book` for what the order book takes, `beyond` for what it did not take in time. What is left then of all who
//! had a turn is deleveraged together, market by market: `wave` and `holders`.

mod agenda;
mod beyond;
mod book;
mod convert;
mod holders;
mod house;
mod outage;
mod party;
mod roster;
#[cfg(test)]
mod tests;
mod wave;

use units::{Money, Timestamp};

use crate::event::{BalanceReason, CloseReason, Event};
use crate::id::{AccountId, AssetId, MarketId};
use crate::liquidation::Urgency;
use crate::state::Market;
use crate::tape::{Liquidated, TapeEntry};
use crate::value::Side;
use crate::venue::Venue;
use crate::venue::ahead::BATCH;
pub(crate) use agenda::Liquidations;
pub(crate) use party::Party;
pub(crate) use roster::Rosters;
use wave::Left;

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
        self.liquidations.note(party, self.now);
    }

    /// How many liquidations are under way: of accounts, and of isolated positions.
    #[must_use]
    pub fn open_liquidations(&self) -> usize {
        self.liquidations.open()
    }

    /// Whether a party is being liquidated.
    pub(super) fn is_being_liquidated(&self, party: Party) -> bool {
        match party.leg {
            None => self.accounts.get(party.account.place()).is_some_and(|known| known.liquidating),
            Some(leg) => self.legs.get(leg.place()).is_some_and(|leg| leg.liquidating),
        }
    }

    /// Whether a party is being liquidated, or known to be due.
    pub(super) fn is_noted(&self, party: Party) -> bool {
        self.liquidations.knows(party)
    }

    /// Takes the next step for everybody whose time it is, as far as the paces of the markets go.
    pub(super) fn liquidation_step(&mut self, events: &mut Vec<Event>) {
        if self.halted {
            return;
        }
        let (noted, mut turns) = self.liquidations.take_until(self.now);
        for part in noted.chunks(BATCH) {
            self.read_parties(part);
            turns.extend(part.iter().filter(|party| self.begins(**party, events)));
        }
        let turns = self.by_urgency(&turns);
        let (mut left, mut open) = (Vec::new(), Vec::with_capacity(turns.len()));
        for part in turns.chunks(BATCH) {
            self.read_parties(part);
            open.extend(part.iter().filter(|party| self.turn(**party, &mut left, events)));
        }
        self.deleverage_all(left, events);
        for part in open.chunks(BATCH) {
            self.read_parties(part);
            for party in part {
                self.end_turn(*party, events);
            }
        }
        self.house_sells(events);
    }

    /// Parties whose turn it is, the most urgent first.
    fn by_urgency(&self, parties: &[Party]) -> Vec<Party> {
        let mut turns = Vec::with_capacity(parties.len());
        for part in parties.chunks(BATCH) {
            self.read_parties(part);
            turns.extend(part.iter().map(|party| {
                let (equity, maintenance) = self.standing(*party);
                Urgency { equity, maintenance, account: party.account, key: *party }
            }));
        }
        turns.sort_unstable();
        turns.into_iter().map(|turn| turn.key).collect()
    }

    /// Reads ahead what the next parties have.
    fn read_parties(&self, parties: &[Party]) {
        self.read_accounts(parties.iter().map(|party| party.account));
    }

    /// Begins the liquidation of a party if it is due and may be liquidated.
    fn begins(&mut self, party: Party, events: &mut Vec<Event>) -> bool {
        let (equity, maintenance) = self.standing(party);
        if equity >= maintenance {
            self.liquidations.forget(party);
            self.touch(party.account);
            return false;
        }
        if !self.may_liquidate(party, equity) {
            self.liquidations.look_again(party, self.now);
            return false;
        }
        self.set_liquidating(party, true);
        self.liquidations.begin(party, self.now);
        let (account, isolated) = (party.account, self.market_of(party));
        events.push(Event::LiquidationStarted { account, isolated, equity, maintenance });
        self.cancel_for_liquidation(account, isolated, events);
        true
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

    /// One party's turn, up to what only deleveraging can close, which is added to `left`. Whether it is still being
    /// liquidated, and may be.
    fn turn(&mut self, party: Party, left: &mut Vec<Left>, events: &mut Vec<Event>) -> bool {
        let Some(equity) = self.still_due(party, events) else { return false };
        if !self.may_liquidate(party, equity) {
            self.liquidations.wait_anew(party, self.now);
            return false;
        }
        // Most who have a turn wait in a crowd: where nothing was done they need no other look at what they have.
        let mut done = false;
        if party.leg.is_none() {
            for asset in self.convertible(party.account) {
                if self.balance(party.account, AssetId::SETTLEMENT) >= Money::ZERO {
                    break;
                }
                if done && self.ended(party, events) {
                    return false;
                }
                self.convert(party.account, asset, events);
                done = true;
            }
        }
        let positions = self.positions_to_close(party);
        for leg in &positions {
            if done && self.ended(party, events) {
                return false;
            }
            done = self.close_on_book(party, *leg, events);
        }
        for leg in &positions {
            if done && self.ended(party, events) {
                return false;
            }
            let before = events.len();
            left.extend(self.close_beyond(party, *leg, events));
            done = events.len() != before;
        }
        true
    }

    /// The end of a turn, once all have been deleveraged whom it was the turn of.
    fn end_turn(&mut self, party: Party, events: &mut Vec<Event>) {
        let Some(equity) = self.still_due(party, events) else { return };
        if self.pay_debt(party, equity, events) && self.ended(party, events) {
            return;
        }
        let next = self.next_turn(party);
        self.liquidations.wait_until(party, next);
    }

    /// When a party's next turn is: when the first interval of the paces of its positions ends.
    fn next_turn(&self, party: Party) -> Timestamp {
        let positions = self.positions_of(party).into_iter().filter(|leg| self.may_close(*leg));
        let ends = positions.filter_map(|leg| {
            let leg = self.legs.get(leg.place())?;
            let market = self.markets.get(leg.market.place())?;
            Some(market.pace.until(Side::that_closes(leg.lots)))
        });
        ends.min().unwrap_or_else(|| agenda::again(self.now))
    }

    /// Whether a party is well again, or has nothing left; it ends then.
    fn ended(&mut self, party: Party, events: &mut Vec<Event>) -> bool {
        self.still_due(party, events).is_none()
    }

    /// What a party has that is still due; one that is well again, or has nothing left, ends.
    fn still_due(&mut self, party: Party, events: &mut Vec<Event>) -> Option<Money> {
        let (equity, maintenance) = self.standing(party);
        if equity < maintenance {
            return Some(equity);
        }
        self.liquidations.end(party);
        self.set_liquidating(party, false);
        self.release_margin(party, events);
        let (account, isolated) = (party.account, self.market_of(party));
        events.push(Event::LiquidationEnded { account, isolated });
        self.touch(account);
        None
    }

    /// The fund pays what a party owes that has so much, below zero, and nothing left. Whether it has paid.
    fn pay_debt(&mut self, party: Party, equity: Money, events: &mut Vec<Event>) -> bool {
        if equity >= Money::ZERO || !self.has_nothing_left(party) {
            return false;
        }
        let debt = Money::ZERO.minus(equity);
        let closed_in = self.liquidations.case(party).and_then(|case| case.closed_in);
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
        paid > Money::ZERO
    }

    /// Holds withdrawals of the settlement asset back for a while.
    fn close_gate(&mut self) {
        let until = self.now.after(self.settings.withdrawal_gate);
        if let Some(asset) = self.assets.get_mut(AssetId::SETTLEMENT.place()) {
            asset.gated_until = asset.gated_until.max(until);
        }
    }

    /// How much the fund may pay for a market now.
    fn fund_left(&self, market: &Market) -> Money {
        market.draw_down.left(self.now, self.ledger.fund, market.draw_down_limit())
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
