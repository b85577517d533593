//! The venue's side of the [index](crate::risk): which prices a party depends on, and with how much.
//!
//! Whoever is touched is looked at before the liquidation engine's next step, and so are those whom the index gives when
//! a price has moved. Whoever is well is told to the index; whoever is due is noted, and forgotten by the index until he
//! is touched again.

use std::collections::BTreeMap;

use units::{Money, Price, Ratio};

use crate::command::PriceOf;
use crate::id::{AccountId, AssetId, MarketId};
use crate::margin::{is_due, isolated_state, standing};
use crate::risk::{Bend, Index, Leg as Line, SourceId};
use crate::state::{Account, Asset, Leg, LegId, Market};
use crate::terms::Tiers;
use crate::value::{Lots, Ticks, worth};
use crate::venue::Venue;
use crate::venue::ahead::BATCH;
use crate::venue::liquidate::Party;

/// The bits that an asset's first price has as a step of its source: finer, and a small holding's slope is coarse;
/// coarser, and its worth is rounded by more than a millionth.
const STEP_BITS: u32 = 20;

/// What a position in a market without a price counts as: its party stays near, whatever else it has.
const UNKNOWN: Money = Money::from_raw(-1 << 120);

/// What is known of who depends on which price.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    index: Index,
    /// By market: of those who are long, and of those who are short.
    markets: Vec<Option<Sides>>,
    /// By asset.
    assets: Vec<Option<Steps>>,
    /// By subject of the index.
    parties: Vec<Party>,
    /// By account: its subject, once it has been looked at, and whether it waits to be looked at.
    accounts: Vec<Known>,
    /// Subjects of isolated positions.
    isolated: BTreeMap<LegId, u32>,
    /// Room for those whom the index gives, and for the lines of one.
    given: Vec<u32>,
    lines: Vec<Line>,
}

/// The sources of a market.
#[derive(Clone, Copy, Debug)]
struct Sides {
    long: SourceId,
    short: SourceId,
}

/// The source of an asset, whose price is so many bits coarser.
#[derive(Clone, Copy, Debug)]
struct Steps {
    source: SourceId,
    bits: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    subject: Option<u32>,
    touched: bool,
}

impl Steps {
    fn of(self, price: Price) -> i64 {
        let most = i64::MAX >> STEP_BITS;
        let steps = price.raw().checked_shr(self.bits).unwrap_or(0);
        i64::try_from(steps).map_or(most, |steps| steps.min(most))
    }

    fn price(self, steps: i64) -> Price {
        Price::from_raw(i128::from(steps).checked_shl(self.bits).unwrap_or(0))
    }
}

impl Watch {
    /// Notes that an account is to be looked at; whether that is new.
    pub(crate) fn touch(&mut self, account: AccountId) -> bool {
        if self.accounts.len() <= account.place() {
            self.accounts.resize(account.place().saturating_add(1), Known::default());
        }
        let known = self.accounts.get_mut(account.place());
        known.is_some_and(|known| !core::mem::replace(&mut known.touched, true))
    }

    /// Whether an account is to be looked at.
    pub(crate) fn is_touched(&self, account: AccountId) -> bool {
        self.accounts.get(account.place()).is_some_and(|known| known.touched)
    }

    fn sides(&self, market: MarketId) -> Option<Sides> {
        self.markets.get(market.place()).copied().flatten()
    }

    fn steps(&self, asset: AssetId) -> Option<Steps> {
        self.assets.get(asset.place()).copied().flatten()
    }

    /// The source of a leg's price.
    fn source(&self, leg: &Leg) -> Option<SourceId> {
        let sides = self.sides(leg.market)?;
        Some(if leg.lots > Lots::ZERO { sides.long } else { sides.short })
    }

    /// A party's number in the index; a new one where it has none.
    fn subject(&mut self, party: Party) -> u32 {
        let next = u32::try_from(self.parties.len()).unwrap_or(u32::MAX);
        let known = match party.leg {
            Some(leg) => *self.isolated.entry(leg).or_insert(next),
            None => match self.accounts.get_mut(party.account.place()) {
                Some(known) => *known.subject.get_or_insert(next),
                None => return u32::MAX,
            },
        };
        if known == next {
            self.parties.push(party);
            self.index.add_subject();
        }
        known
    }

    /// Tells the index of a market's price; where it knows none, of the market.
    fn move_market(&mut self, place: usize, market: &Market) {
        let (low, high) = (market.risk.mark.low.number(), market.risk.mark.high.number());
        if high == 0 {
            return;
        }
        let short = low.saturating_neg();
        if let Some(Some(sides)) = self.markets.get(place).copied() {
            self.index.moved(&[(sides.long, high), (sides.short, short)], &mut self.given);
            return;
        }
        let bend = bend(&market.risk.maintenance);
        let sources = self.index.add_source(high, bend).zip(self.index.add_source(short, bend));
        if self.markets.len() <= place {
            self.markets.resize(place.saturating_add(1), None);
        }
        if let Some(cell) = self.markets.get_mut(place) {
            *cell = sources.map(|(long, short)| Sides { long, short });
        }
    }

    /// Tells the index of an asset's price; where it knows none, of the asset.
    fn move_asset(&mut self, place: usize, asset: &Asset) {
        let price = asset.risk.price.high;
        if price <= Price::ZERO {
            return;
        }
        if let Some(Some(steps)) = self.assets.get(place).copied() {
            self.index.moved(&[(steps.source, steps.of(price))], &mut self.given);
            return;
        }
        let used = i128::BITS.saturating_sub(price.raw().leading_zeros());
        let bits = used.saturating_sub(STEP_BITS);
        let steps = price.raw().checked_shr(bits).unwrap_or(0);
        let steps = i64::try_from(steps).unwrap_or(i64::MAX);
        let source = self.index.add_source(steps, bend(&asset.risk.maintenance));
        if self.assets.len() <= place {
            self.assets.resize(place.saturating_add(1), None);
        }
        if let Some(cell) = self.assets.get_mut(place) {
            *cell = source.map(|source| Steps { source, bits });
        }
    }

    /// Says how what is charged by size bends the lines of a source, and gives its holders.
    fn bend(&mut self, source: SourceId, tiers: &Tiers) -> Vec<AccountId> {
        self.index.set_bend(source, bend(tiers));
        let account = |subject| self.party(subject).map(|party| party.account);
        self.index.holders(source).filter_map(account).collect()
    }

    /// Who a subject of the index is.
    fn party(&self, subject: u32) -> Option<Party> {
        self.parties.get(usize::try_from(subject).unwrap_or(usize::MAX)).copied()
    }

    /// Takes up the line of a position; its cost is part of the base.
    fn add_leg(&mut self, leg: &Leg, market: &Market) -> Money {
        let risk = &market.risk;
        if leg.lots == Lots::ZERO {
            return Money::ZERO.minus(leg.cost);
        }
        let Some(source) = self.source(leg) else { return UNKNOWN };
        let value = |price: i64| {
            let price = Ticks::new(price.saturating_abs());
            let worth = worth(leg.lots, price, risk.tick_value);
            worth.minus(risk.maintenance_of(leg.lots, price)).raw()
        };
        let line = self.index.line(source, value);
        self.lines.push(Line { source, line });
        Money::ZERO.minus(leg.cost)
    }

    /// Takes up the line of a holding.
    fn add_holding(&mut self, asset: AssetId, amount: Money, state: &Asset) {
        if let Some(steps) = self.steps(asset).filter(|_| !state.risk.maintenance.is_empty()) {
            let value = |price: i64| state.risk.maintained(amount, steps.price(price)).raw();
            let line = self.index.line(steps.source, value);
            self.lines.push(Line { source: steps.source, line });
        }
    }
}

/// How far slopes may differ, by the first and the last rate.
fn bend(tiers: &Tiers) -> Bend {
    let mut rates = tiers.rows().map(|row| row.rate);
    let first = rates.next().unwrap_or(Ratio::ZERO);
    Bend::between(first, rates.next_back().unwrap_or(first))
}

impl Venue {
    /// Looks at everybody who may be due: those whom the index gives for the price that has come, and those who were
    /// touched since the last time.
    pub(super) fn look_at_due(&mut self, price: Option<PriceOf>) {
        match price {
            Some(PriceOf::Index(id)) => {
                if let Some(market) = self.markets.get(id.place()) {
                    self.watch.move_market(id.place(), market);
                }
            }
            Some(PriceOf::Asset(id)) => {
                if let Some(asset) = self.assets.get(id.place()) {
                    self.watch.move_asset(id.place(), asset);
                }
            }
            None => {}
        }
        let mut given = core::mem::take(&mut self.watch.given);
        for part in given.chunks(BATCH) {
            let parties = || part.iter().filter_map(|subject| self.watch.party(*subject));
            self.read_accounts(parties().map(|party| party.account));
            for subject in part {
                if let Some(party) = self.watch.party(*subject) {
                    self.look_at(party);
                }
            }
        }
        given.clear();
        self.watch.given = given;
        let mut touched = core::mem::take(&mut self.touched);
        for part in touched.chunks(BATCH) {
            self.read_accounts(part.iter().copied());
            for account in part {
                self.look_at_touched(*account);
            }
        }
        touched.clear();
        self.touched = touched;
    }

    /// Looks at an account that was touched, and at its isolated positions.
    fn look_at_touched(&mut self, account: AccountId) {
        if let Some(known) = self.watch.accounts.get_mut(account.place()) {
            known.touched = false;
        }
        self.look_at(Party::account(account));
        let legs = self.accounts.get(account.place()).map_or(0, |known| known.legs.len());
        for place in 0..legs {
            self.look_at_leg(account, place);
        }
    }

    /// Begins to watch: all prices are known from now on, and everybody is to be looked at.
    pub(super) fn watch_everybody(&mut self) {
        for (place, market) in self.markets.iter().enumerate() {
            self.watch.move_market(place, market);
        }
        for (place, asset) in self.assets.iter().enumerate() {
            self.watch.move_asset(place, asset);
        }
        for account in (0_u32..).take(self.accounts.len()).map(AccountId::new) {
            self.touch(account);
        }
    }

    /// Notes that the holders of a market, whose maintenance has changed, are to be looked at.
    pub(super) fn touch_market(&mut self, market: MarketId) {
        let (Some(sides), Some(state)) =
            (self.watch.sides(market), self.markets.get(market.place()))
        else {
            return;
        };
        let mut holders = self.watch.bend(sides.long, &state.risk.maintenance);
        holders.extend(self.watch.bend(sides.short, &state.risk.maintenance));
        holders.into_iter().for_each(|account| self.touch(account));
    }

    /// Notes that the holders of an asset, whose haircuts have changed, are to be looked at.
    pub(super) fn touch_asset(&mut self, asset: AssetId) {
        let (Some(steps), Some(state)) = (self.watch.steps(asset), self.assets.get(asset.place()))
        else {
            return;
        };
        let holders = self.watch.bend(steps.source, &state.risk.maintenance);
        holders.into_iter().for_each(|account| self.touch(account));
    }

    /// Looks at one of an account's legs, if it is or was isolated.
    fn look_at_leg(&mut self, account: AccountId, place: usize) {
        let Some(known) = self.accounts.get(account.place()) else { return };
        let Some(id) = known.legs.get(place).copied() else { return };
        let isolated = self.legs.get(id.place()).is_some_and(|leg| leg.isolated.is_some());
        if isolated {
            self.look_at(Party::isolated(account, id));
        } else if let Some(subject) = self.watch.isolated.get(&id) {
            self.watch.index.clear(*subject);
        }
    }

    /// Looks at a party: notes it if it is due, and tells it to the index if it is well.
    fn look_at(&mut self, party: Party) {
        let subject = self.watch.subject(party);
        if self.is_being_liquidated(party) {
            self.watch.index.clear(subject);
            return;
        }
        let stands = match party.leg {
            None => self.watch_account(party.account),
            Some(leg) => self.watch_isolated(leg),
        };
        let Some((base, margin)) = stands else { return };
        if margin < Money::ZERO {
            self.watch.index.clear(subject);
            self.note_due(party);
            return;
        }
        let lines = core::mem::take(&mut self.watch.lines);
        self.watch.index.set(subject, base.raw(), &lines, margin.raw());
        self.watch.lines = lines;
    }

    /// An account's base and margin; its lines are left in the watch, if it is well.
    fn watch_account(&mut self, account: AccountId) -> Option<(Money, Money)> {
        let account: &Account = self.accounts.get(account.place())?;
        let (legs, held) = (self.legs_of(account), self.holdings_of(account));
        let (equity, maintenance) = standing(account.cash, legs, held);
        let margin = equity.minus(maintenance);
        self.watch.lines.clear();
        if margin < Money::ZERO {
            return Some((Money::ZERO, margin));
        }
        let mut base = account.cash;
        for leg in account.legs.iter().filter_map(|leg| self.legs.get(leg.place())) {
            let market = self.markets.get(leg.market.place()).filter(|market| !market.risk.is_spot);
            if let Some(market) = market.filter(|_| leg.isolated.is_none()) {
                base = base.plus(self.watch.add_leg(leg, market));
            }
        }
        for holding in &account.holdings {
            if let Some(asset) = self.assets.get(holding.asset.place()) {
                self.watch.add_holding(holding.asset, holding.amount, asset);
            }
        }
        Some((base, margin))
    }

    /// The same of an isolated position.
    fn watch_isolated(&mut self, leg: LegId) -> Option<(Money, Money)> {
        let leg = self.legs.get(leg.place())?;
        let market = self.markets.get(leg.market.place())?;
        let (equity, maintenance) = isolated_state(leg, &market.risk);
        self.watch.lines.clear();
        let own = leg.isolated.unwrap_or(Money::ZERO);
        let base = own.plus(self.watch.add_leg(leg, market));
        Some((base, equity.minus(maintenance)))
    }

    fn is_due(&self, party: Party) -> bool {
        if party.leg.is_some() {
            let (equity, maintenance) = self.standing(party);
            return equity < maintenance;
        }
        self.accounts.get(party.account.place()).is_some_and(|account| {
            is_due(account.cash, self.legs_of(account), self.holdings_of(account))
        })
    }

    /// Whether everybody who is due is known to be, or is to be looked at before the next step.
    pub(super) fn is_everybody_watched(&self) -> bool {
        let accounts = (0_u32..).take(self.accounts.len()).map(AccountId::new);
        let known = |party| self.is_noted(party) || self.watch.is_touched(party.account);
        let well = |party: Party| known(party) || !self.is_due(party);
        accounts.into_iter().all(|id| {
            let legs = self.accounts.get(id.place()).map_or(&[][..], |known| known.legs.as_slice());
            let mut isolated = legs
                .iter()
                .filter(|leg| self.legs.get(leg.place()).is_some_and(|leg| leg.isolated.is_some()));
            well(Party::account(id)) && isolated.all(|leg| well(Party::isolated(id, *leg)))
        })
    }
}
