//! Who holds what in a market, in rows one after the other, for decisions of deleveraging.
//!
//! A decision looks at everybody who holds the opposite, and at what else each of them holds, since hedges are taken apart
//! last. Legs lie all over the memory; a crash takes a decision for each market and side a second. So a market's roster is
//! made at its first decision, and brought up to date at each later one by those accounts whose positions have changed in
//! between. All of it can be worked out from the legs, and is in no snapshot.

use units::Money;

use crate::id::{AccountId, MarketId};
use crate::state::{Leg, LegId};
use crate::value::{Lots, PositionSide};
use crate::venue::Venue;
use crate::venue::ahead::BATCH;

/// How many of an account's other positions a row has room for: nearly all accounts hold three or fewer.
const OTHERS: usize = 2;

/// The most changes that are noted before all rosters are forgotten: that many are as long in the working up as making the
/// rosters of some markets anew, and without a bound they would grow for as long as nothing is decided.
const CHANGES_MAX: usize = 1 << 20;

/// A leg without a row.
const NO_ROW: u32 = u32::MAX;

/// A leg, as far as a decision looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) cost: Money,
    pub(super) earned: Money,
    pub(super) lots: Lots,
    pub(super) account: AccountId,
    pub(super) leg: LegId,
    /// Where.
    market: MarketId,
    pub(super) position: PositionSide,
    /// What the account holds elsewhere; of no lots where there is nothing. `None` where there is not room for all.
    pub(super) others: Option<[(MarketId, Lots); OTHERS]>,
}

/// The rosters of all markets that have had a decision.
#[derive(Debug, Default)]
pub(crate) struct Rosters {
    /// By market: its legs, by account, then position.
    markets: Vec<Option<Vec<Row>>>,
    /// By leg: its row.
    rows: Vec<u32>,
    /// Accounts whose positions have changed.
    changed: Vec<AccountId>,
    /// Whether there is any roster.
    kept: bool,
}

impl Rosters {
    /// Notes that a position of an account has changed.
    #[inline]
    pub(crate) fn note(&mut self, account: AccountId) {
        if self.kept {
            self.push(account);
        }
    }

    /// Set apart, so that a venue without a crash pays for a look at a flag.
    #[cold]
    fn push(&mut self, account: AccountId) {
        if self.changed.len() < CHANGES_MAX {
            self.changed.push(account);
        } else {
            *self = Self::default();
        }
    }

    /// Forgets a market's roster: all of its positions have changed.
    pub(crate) fn forget(&mut self, market: MarketId) {
        if let Some(rows) = self.markets.get_mut(market.place()) {
            *rows = None;
        }
    }

    /// A market's legs as they were last looked at, by account, then position; none where it has no roster.
    pub(super) fn rows(&self, market: MarketId) -> &[Row] {
        self.markets.get(market.place()).and_then(Option::as_deref).unwrap_or_default()
    }

    /// Puts a leg's row in the place of the one that it has, if there is one.
    fn replace(&mut self, row: Row) {
        let place =
            self.rows.get(row.leg.place()).copied().and_then(|row| usize::try_from(row).ok());
        let rows = self.markets.get_mut(row.market.place()).and_then(Option::as_mut);
        let cell = rows.zip(place).and_then(|(rows, place)| rows.get_mut(place));
        // A roster that was forgotten, and made anew, has numbered its legs anew.
        if let Some(cell) = cell.filter(|cell| cell.leg == row.leg) {
            *cell = row;
        }
    }

    /// Keeps a market's rows, of which those from one on are new or have moved.
    fn keep(&mut self, market: MarketId, rows: Vec<Row>, from: usize, legs: usize) {
        self.kept = true;
        self.rows.resize(legs, NO_ROW);
        for (number, row) in (0_u32..).zip(&rows).skip(from) {
            if let Some(cell) = self.rows.get_mut(row.leg.place()) {
                *cell = number;
            }
        }
        if self.markets.len() <= market.place() {
            self.markets.resize(market.place().saturating_add(1), None);
        }
        if let Some(cell) = self.markets.get_mut(market.place()) {
            *cell = Some(rows);
        }
    }
}

impl Row {
    /// Its place in a roster.
    pub(super) const fn place(&self) -> (AccountId, PositionSide) {
        (self.account, self.position)
    }
}

impl Venue {
    /// Brings a market's roster in line with its legs as they are now.
    pub(super) fn keep_roster(&mut self, market: MarketId) {
        let mut changed = core::mem::take(&mut self.rosters.changed);
        changed.sort_unstable();
        changed.dedup();
        for part in changed.chunks(BATCH) {
            self.read_accounts(part.iter().copied());
            for account in part {
                self.bring_rows_up(*account);
            }
        }
        changed.clear();
        self.rosters.changed = changed;
        let Some(state) = self.markets.get(market.place()) else { return };
        let old = self.rosters.markets.get_mut(market.place()).and_then(Option::take);
        let mut rows = old.unwrap_or_default();
        let known = rows.len();
        rows.extend(state.legs.iter().skip(known).filter_map(|leg| self.row_of(*leg)));
        // Mostly those who come last have the last accounts.
        let in_order = rows
            .get(known.saturating_sub(1)..)
            .is_none_or(|rows| rows.is_sorted_by_key(Row::place));
        if !in_order {
            rows.sort_unstable_by_key(Row::place);
        }
        let from = if in_order { known } else { 0 };
        self.rosters.keep(market, rows, from, self.legs.len());
    }

    /// Puts the rows of an account in line with its legs.
    fn bring_rows_up(&mut self, account: AccountId) {
        let Some(account) = self.accounts.get(account.place()) else { return };
        for leg in &account.legs {
            if let Some(row) = self.row_of(*leg) {
                self.rosters.replace(row);
            }
        }
    }

    /// Whether all rosters are in line with the legs, but for accounts that are noted to have changed.
    pub(in crate::venue) fn are_rosters_true(&self) -> bool {
        let rosters = &self.rosters;
        let is_true = |row: &Row| {
            self.row_of(row.leg) == Some(*row) || rosters.changed.contains(&row.account)
        };
        rosters
            .markets
            .iter()
            .flatten()
            .all(|rows| rows.is_sorted_by_key(Row::place) && rows.iter().all(is_true))
    }

    /// A leg's row.
    pub(super) fn row_of(&self, id: LegId) -> Option<Row> {
        let leg = self.legs.get(id.place())?;
        let Leg { cost, earned, lots, account, market, side, .. } = *leg;
        let others = self.others(id, account);
        Some(Row { cost, earned, lots, account, leg: id, market, position: side, others })
    }

    /// What an account holds beside a leg, if there is room for it.
    fn others(&self, id: LegId, account: AccountId) -> Option<[(MarketId, Lots); OTHERS]> {
        let mut others = [(MarketId::new(0), Lots::ZERO); OTHERS];
        let mut room = others.iter_mut();
        let account = self.accounts.get(account.place())?;
        for other in account.legs.iter().filter(|other| **other != id) {
            let other = self.legs.get(other.place()).filter(|other| other.lots != Lots::ZERO);
            if let Some(other) = other {
                *room.next()? = (other.market, other.lots);
            }
        }
        Some(others)
    }
}
