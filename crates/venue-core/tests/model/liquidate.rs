//! Who is liquidated when, and what a turn is.

use units::Money;
use venue_core::{
    AccountId, AssetId, BalanceReason, CloseReason, Event, Liquidated, MarketId, MarketState,
    PositionSide, PriceStatus, Side, TapeEntry,
};

use super::Model;
use super::margin::End;
use super::steps::{Leg, side_place};

/// After which time who could not be liquidated is looked at again, in nanoseconds.
const AGAIN: u64 = 1_000_000_000;

/// For how long a split price spares the solvent, in nanoseconds.
const SPLIT_SPARES: u64 = 60_000_000_000;

/// An account, or one of its isolated positions, by the leg's place among the account's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Party {
    pub(crate) account: AccountId,
    pub(crate) leg: Option<usize>,
}

/// A liquidation that is under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) since: u64,
    /// When the next turn is.
    pub(crate) next: u64,
    pub(crate) closed_in: Option<MarketId>,
}

/// Who paid what of a loss.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Paid {
    pub(crate) fee: i128,
    pub(crate) fund: i128,
    pub(crate) holders: i128,
    pub(crate) socialised: i128,
    pub(crate) unpaid: i128,
}

/// Whom prices permit to liquidate, from all to nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Permit {
    Due,
    Insolvent,
    Nobody,
}

fn permit(status: PriceStatus, split: Option<u64>, now: u64) -> Permit {
    match status {
        PriceStatus::Held => Permit::Nobody,
        PriceStatus::Split if split.is_some_and(|since| now < since + SPLIT_SPARES) => {
            Permit::Insolvent
        }
        PriceStatus::Live
        | PriceStatus::Capped
        | PriceStatus::Degraded
        | PriceStatus::Split
        | PriceStatus::Halted => Permit::Due,
    }
}

impl Model {
    /// The step of the liquidation engine.
    pub(crate) fn liquidate(&mut self) {
        let mut turns: Vec<Party> = self.cases.keys().copied().collect();
        turns.retain(|party| self.cases[party].next <= self.now);
        for party in self.parties() {
            let waits = self.blocked.get(&party).is_some_and(|&until| self.now < until);
            let (equity, maintenance) = self.standing(party);
            if waits || equity >= maintenance || self.cases.contains_key(&party) {
                continue;
            }
            if self.may_liquidate(party, equity) {
                self.blocked.remove(&party);
                self.begin(party, equity, maintenance);
                turns.push(party);
            } else {
                self.blocked.insert(party, self.now + AGAIN);
            }
        }
        turns.sort_by_key(|&party| {
            let (equity, maintenance) = self.standing(party);
            (equity >= 0, equity - maintenance, party)
        });
        let mut left = Vec::new();
        turns.retain(|&party| self.turn(party, &mut left));
        self.deleverage_all(&left);
        for party in turns {
            self.end_turn(party);
        }
        self.house_sells();
    }

    fn parties(&self) -> Vec<Party> {
        let mut all = Vec::new();
        for (number, account) in (0..).zip(&self.accounts) {
            let id = AccountId::new(number);
            all.push(Party { account: id, leg: None });
            let isolated = (0..account.legs.len())
                .filter(|&place| self.is_isolated(id, account.legs[place].0));
            all.extend(isolated.map(|place| Party { account: id, leg: Some(place) }));
        }
        all
    }

    /// The leg of an isolated party.
    pub(crate) fn key(&self, party: Party) -> Option<(MarketId, PositionSide)> {
        Some(self.accounts[party.account.place()].legs[party.leg?])
    }

    /// What a party has, and has to have.
    pub(crate) fn standing(&self, party: Party) -> (i128, i128) {
        if let Some((market, side)) = self.key(party) {
            let held = self.position(party.account, market, side);
            let here = &self.markets[market.place()];
            let maintenance = self.maintenance_of(party.account, (market, side));
            return (held.margin + here.profit(&held, End::Better), maintenance);
        }
        let needs = self.positions_of(party);
        let needs = needs.iter().map(|&leg| self.maintenance_of(party.account, leg)).sum();
        (self.equity(party.account, End::Better), needs)
    }

    pub(crate) fn maintenance_of(
        &self,
        account: AccountId,
        (market, side): (MarketId, PositionSide),
    ) -> i128 {
        let held = self.position(account, market, side);
        let here = &self.markets[market.place()];
        here.maintenance(here.notional(held.lots, here.end(held.lots, End::Better)))
    }

    /// A party's positions of more than nothing, in the order of the legs.
    pub(crate) fn positions_of(&self, party: Party) -> Vec<(MarketId, PositionSide)> {
        let mut legs = match self.key(party) {
            Some(leg) => vec![leg],
            None => self.accounts[party.account.place()].legs.clone(),
        };
        legs.retain(|&(market, side)| {
            self.position(party.account, market, side).lots != 0
                && (party.leg.is_some() || !self.is_isolated(party.account, market))
        });
        legs
    }

    pub(crate) fn is_collateral(&self, asset: AssetId) -> bool {
        let asset = &self.assets[asset.place()];
        !asset.settings.haircuts.is_empty() && asset.worth.is_some()
    }

    fn may_liquidate(&self, party: Party, equity: i128) -> bool {
        self.prices_permit(party, equity) && self.can_be_acted_on(party)
    }

    /// Whether something can be done for a party now.
    fn can_be_acted_on(&self, party: Party) -> bool {
        let positions = self.positions_of(party);
        let cash = self.accounts[party.account.place()].cash;
        positions.iter().any(|&(market, _)| self.may_close(market))
            || (cash < 0 && !self.convertible(party).is_empty())
            || self.has_nothing_left(party)
    }

    fn has_nothing_left(&self, party: Party) -> bool {
        let holdings = &self.accounts[party.account.place()].holdings;
        let collateral = party.leg.is_none() && holdings.keys().any(|&it| self.is_collateral(it));
        !collateral && self.positions_of(party).is_empty()
    }

    pub(crate) fn may_close(&self, market: MarketId) -> bool {
        let here = &self.markets[market.place()];
        matches!(here.state, MarketState::Trading | MarketState::ReduceOnly)
            && here.marks.is_some()
            && here.standing.at(self.now) != PriceStatus::Halted
    }

    fn prices_permit(&self, party: Party, equity: i128) -> bool {
        let mut permits = vec![Permit::Due];
        for (market, _) in self.positions_of(party) {
            let here = &self.markets[market.place()];
            permits.push(permit(here.standing.at(self.now), here.split, self.now));
            if self.now < here.grace_until {
                permits.push(Permit::Insolvent);
            }
        }
        let holdings = &self.accounts[party.account.place()].holdings;
        for &asset in holdings.keys().filter(|_| party.leg.is_none()) {
            if self.is_collateral(asset) {
                let asset = &self.assets[asset.place()];
                permits.push(permit(asset.standing.at(self.now), asset.split, self.now));
            }
        }
        match permits.into_iter().max() {
            Some(Permit::Nobody) => false,
            Some(Permit::Insolvent) => equity < 0,
            Some(Permit::Due) | None => true,
        }
    }

    fn set_liquidating(&mut self, party: Party, liquidating: bool) {
        let key = self.key(party);
        let account = self.account_mut(party.account);
        match key {
            Some(key) => account.positions.entry(key).or_default().liquidating = liquidating,
            None => account.liquidating = liquidating,
        }
    }

    fn begin(&mut self, party: Party, equity: i128, maintenance: i128) {
        self.set_liquidating(party, true);
        self.cases.insert(party, Case { since: self.now, next: self.now, closed_in: None });
        let isolated = self.key(party).map(|(market, _)| market);
        self.tell(Event::LiquidationStarted {
            account: party.account,
            isolated,
            equity: Money::from_raw(equity),
            maintenance: Money::from_raw(maintenance),
        });
        for market in isolated.map_or_else(|| self.market_ids(), |market| vec![market]) {
            self.close_all(party.account, market, CloseReason::Liquidation);
        }
    }

    /// Whether a party is not due any more; it ends then.
    fn ended(&mut self, party: Party) -> bool {
        let (equity, maintenance) = self.standing(party);
        if equity < maintenance {
            return false;
        }
        self.cases.remove(&party);
        self.set_liquidating(party, false);
        let account = party.account;
        if let Some((market, side)) = self.key(party) {
            let held = self.position(account, market, side);
            if held.lots == 0 && held.margin > 0 {
                self.account_mut(account).positions.entry((market, side)).or_default().margin = 0;
                self.tell_margin(account, market, side);
                let settlement = AssetId::SETTLEMENT;
                self.change_balance(account, settlement, held.margin, BalanceReason::Margin);
            }
        }
        let isolated = self.key(party).map(|(market, _)| market);
        self.tell(Event::LiquidationEnded { account, isolated });
        true
    }

    /// A turn, up to what only deleveraging closes. Whether the party is still to be looked at when that is done.
    fn turn(&mut self, party: Party, left: &mut Vec<(Party, Leg)>) -> bool {
        if self.ended(party) {
            return false;
        }
        if !self.may_liquidate(party, self.standing(party).0) {
            let now = self.now;
            let case = self.cases.get_mut(&party).expect("it has begun");
            (case.since, case.next) = (now, now + AGAIN);
            return false;
        }
        for asset in self.convertible(party) {
            if self.accounts[party.account.place()].cash >= 0 {
                break;
            }
            if self.ended(party) {
                return false;
            }
            self.convert(party.account, asset);
        }
        let positions = self.positions_to_close(party);
        for &leg in &positions {
            if self.ended(party) {
                return false;
            }
            self.close_on_book(party, leg);
        }
        for &leg in &positions {
            if self.ended(party) {
                return false;
            }
            if self.close_beyond(party, leg) {
                left.push((party, leg));
            }
        }
        true
    }

    /// What a party has that may be closed, the largest maintenance first.
    fn positions_to_close(&self, party: Party) -> Vec<Leg> {
        let mut positions = self.positions_of(party);
        positions.retain(|&(market, _)| self.may_close(market));
        positions.sort_by_key(|&leg| -self.maintenance_of(party.account, leg));
        positions
    }

    fn end_turn(&mut self, party: Party) {
        if self.ended(party) {
            return;
        }
        self.pay_debt(party);
        if self.ended(party) {
            return;
        }
        let interval = |leg: Leg| {
            let lots = self.position(party.account, leg.0, leg.1).lots;
            let side = if lots > 0 { Side::Sell } else { Side::Buy };
            self.markets[leg.0.place()].pace[side_place(side)].0
        };
        let first = self.positions_to_close(party).into_iter().map(interval).min();
        let next = first.unwrap_or(self.now + AGAIN);
        self.cases.get_mut(&party).expect("it has not ended").next = next;
    }

    /// The fund pays for who has nothing left.
    fn pay_debt(&mut self, party: Party) {
        let (equity, _) = self.standing(party);
        if equity >= 0 || !self.has_nothing_left(party) {
            return;
        }
        let closed_in = self.cases[&party].closed_in;
        let paid = match closed_in {
            Some(market) => self.fund_pays(market, -equity),
            None => {
                let paid = (-equity).min(self.purse.fund).max(0);
                self.move_fund(None, -paid);
                paid
            }
        };
        if paid > 0 {
            self.change_party(party, paid, BalanceReason::Fund);
            let unpaid = -equity - paid;
            let paid = Paid { fund: paid, unpaid, ..Paid::default() };
            self.on_tape(party, Liquidated::Debt, paid);
        }
        if paid < -equity {
            self.close_gate();
        }
    }

    pub(crate) fn close_gate(&mut self) {
        let until = self.time().after(self.settings.withdrawal_gate).as_nanos();
        let asset = &mut self.assets[AssetId::SETTLEMENT.place()];
        asset.gated_until = asset.gated_until.max(until);
    }

    /// What the fund may still pay for a market in the window that a time is in.
    pub(crate) fn draw_down_left(&self, market: MarketId) -> i128 {
        let here = &self.markets[market.place()];
        let fund = self.purse.fund.max(0);
        let (until, left) = here.draw_down;
        let share = here.settings.liquidation.fund_share.raw();
        let fresh = super::margin::part(fund, share, units::Rounding::Down);
        if self.now < until { left.min(fund) } else { fresh.min(fund) }
    }

    pub(crate) fn fund_pays(&mut self, market: MarketId, missing: i128) -> i128 {
        let left = self.draw_down_left(market);
        let paid = missing.max(0).min(left);
        if paid > 0 {
            let now = self.time();
            let here = self.market_mut(market);
            if now.as_nanos() >= here.draw_down.0 {
                let until = now.after(here.settings.liquidation.fund_window);
                here.draw_down = (until.as_nanos(), left);
            }
            here.draw_down.1 -= paid;
            self.move_fund(Some(market), -paid);
        }
        paid
    }

    pub(crate) fn move_fund(&mut self, market: Option<MarketId>, change: i128) {
        if change != 0 {
            self.purse.fund += change;
            let (change, balance) = (Money::from_raw(change), Money::from_raw(self.purse.fund));
            self.tell(Event::Fund { market, change, balance });
        }
    }

    /// Changes what a party has, and tells it.
    pub(crate) fn change_party(&mut self, party: Party, change: i128, reason: BalanceReason) {
        if change == 0 {
            return;
        }
        match self.key(party) {
            Some(key) => {
                self.account_mut(party.account).positions.entry(key).or_default().margin += change;
                self.tell_margin(party.account, key.0, key.1);
            }
            None => self.change_balance(party.account, AssetId::SETTLEMENT, change, reason),
        }
    }

    /// Writes an entry of the tape, without the hash, which the comparison looks at by itself.
    pub(crate) fn on_tape(&mut self, party: Party, what: Liquidated, paid: Paid) {
        self.tape += 1;
        let entry = TapeEntry {
            number: self.tape,
            at: self.time(),
            account: party.account,
            what,
            fee: Money::from_raw(paid.fee),
            fund_paid: Money::from_raw(paid.fund),
            holders_paid: Money::from_raw(paid.holders),
            socialised: Money::from_raw(paid.socialised),
            unpaid: Money::from_raw(paid.unpaid),
            fund: Money::from_raw(self.purse.fund),
            hash: [0; 32],
        };
        self.tell(Event::Tape(entry));
    }
}
