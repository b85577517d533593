//! Batches of commands, whose orders, legs and accounts are read ahead.
//!
//! A venue of many markets does not fit the caches, and each command waits for memory several times, one after the other,
//! since what it looks at next depends on what it has found. What some dozens of commands look at does not: it is
//! read for all of them in four rounds, in each of which memory is waited for about once. Nothing but time depends on it.

use std::hint::black_box;

use units::Timestamp;

use crate::command::{Command, Lifetime, PlaceOrder};
use crate::event::Event;
use crate::id::AccountId;
use crate::orders::OrderPlace;
use crate::state::LegId;
use crate::venue::Venue;

/// Commands that are read ahead together: enough for their reads to hide one another, and so few that what the first
/// of them needs is still there when the last has been read.
pub(super) const BATCH: usize = 32;

/// Legs of an account that are read ahead where all of them will be looked at: nearly all accounts have no more.
const LEGS_AHEAD: usize = 3;

/// With fewer orders all of them fit the caches, and reading ahead would only cost instructions. In tests a few are enough.
const ORDERS_MIN: usize = if cfg!(test) { 4 } else { 32_768 };

/// What a command is about to look at.
#[derive(Clone, Copy, Debug)]
enum Ahead<'a> {
    /// Nothing that can be foreseen.
    Nothing,
    /// A new order.
    New(&'a PlaceOrder),
    /// An order that rests.
    Resting(OrderPlace),
}

impl Venue {
    /// Does commands one after the other, with the same events as if each came by itself to [`apply`](Self::apply). In a
    /// venue with many orders that takes less than half of the time. Whoever has to tell each command's events from the
    /// next one's calls [`read_ahead`](Self::read_ahead) and `apply` instead.
    pub fn apply_all(&mut self, batch: &[(Timestamp, Command)], events: &mut Vec<Event>) {
        for part in batch.chunks(BATCH) {
            self.read_ahead(part.iter().map(|(_, command)| command));
            for (now, command) in part {
                self.apply(*now, command, events);
            }
        }
    }

    /// Reads what the next commands are about to look at, so that it is in the processor's cache when they do; of more
    /// than 32 commands the first 32.
    pub fn read_ahead<'a>(&self, commands: impl Iterator<Item = &'a Command>) {
        if self.orders.len() < ORDERS_MIN {
            return;
        }
        let mut ahead = [Ahead::Nothing; BATCH];
        for (ahead, command) in ahead.iter_mut().zip(commands) {
            *ahead = self.begin_ahead(command);
        }
        let mut legs = [None; BATCH];
        for (leg, ahead) in legs.iter_mut().zip(&ahead) {
            *leg = self.account_ahead(*ahead);
        }
        for (leg, ahead) in legs.iter_mut().zip(&ahead) {
            *leg = self.order_ahead(*ahead, *leg);
        }
        for (leg, ahead) in legs.iter().zip(&ahead) {
            self.end_ahead(*ahead, *leg);
        }
    }

    /// The first round: accounts of new orders, and where resting orders are.
    fn begin_ahead<'a>(&self, command: &'a Command) -> Ahead<'a> {
        if let Command::Place(placed) = command {
            self.read_account(placed.account);
            return Ahead::New(placed);
        }
        let (Command::Cancel { order, .. } | Command::Amend { order, .. }) = command else {
            return Ahead::Nothing;
        };
        self.orders.get(*order).map_or(Ahead::Nothing, Ahead::Resting)
    }

    /// The second round: the leg of an account that has one, and resting orders.
    fn account_ahead(&self, ahead: Ahead<'_>) -> Option<LegId> {
        match ahead {
            Ahead::Nothing => None,
            Ahead::New(placed) => {
                let account = self.accounts.get(placed.account.place())?;
                account.legs.first().copied()
            }
            Ahead::Resting(at) => {
                self.book(at.market)?.read_ahead(at.slot);
                None
            }
        }
    }

    /// The third round: the leg and the level of a new order, the neighbours of a resting one.
    fn order_ahead(&self, ahead: Ahead<'_>, leg: Option<LegId>) -> Option<LegId> {
        match ahead {
            Ahead::Nothing => None,
            Ahead::New(placed) => {
                if let Some(limit) = placed.limit {
                    self.book(placed.market)?.read_level(placed.side, limit);
                }
                self.read_leg(leg?);
                leg
            }
            Ahead::Resting(at) => {
                let book = self.book(at.market)?;
                book.read_around(at.slot);
                Some(LegId::new(book.get(at.slot)?.leg))
            }
        }
    }

    /// The fourth round: the order that a new one comes behind in its leg, and whom it trades with; the leg of a resting
    /// one.
    fn end_ahead(&self, ahead: Ahead<'_>, leg: Option<LegId>) -> Option<()> {
        if let Ahead::Resting(at) = ahead {
            let side = self.book(at.market)?.get(at.slot)?.side;
            let leg = self.legs.get(leg?.place())?;
            black_box((leg.market, leg.resting(side).lots));
        }
        let Ahead::New(placed) = ahead else { return None };
        let book = self.book(placed.market)?;
        if placed.lifetime == Lifetime::ImmediateOrCancel {
            let front = book.front(placed.side.opposite())?;
            let maker = book.get(front)?;
            book.read_around(front);
            self.read_account(maker.account);
            self.read_leg(LegId::new(maker.leg));
        } else {
            let leg = self.legs.get(leg?.place()).filter(|leg| leg.market == placed.market)?;
            book.read_links(leg.chain.newest()?);
        }
        None
    }

    /// Reads what an order will look at that trades with more than this one.
    pub(super) fn read_on(&self, at: OrderPlace) {
        if self.orders.len() < ORDERS_MIN {
            return;
        }
        if let Some(maker) = self.book(at.market).and_then(|book| book.read_on(at.slot)) {
            self.read_account(maker.account);
            self.read_leg(LegId::new(maker.leg));
            black_box(self.orders.get(maker.id));
        }
    }

    /// Reads what a look at each of so many accounts begins with: the account, then its first legs. In a crash thousands are
    /// looked at one after the other, and each by itself waits for memory as often as it has legs, and twice more.
    pub(super) fn read_accounts(&self, accounts: impl Iterator<Item = AccountId> + Clone) {
        for account in accounts.clone() {
            self.read_account(account);
        }
        let known = accounts.filter_map(|account| self.accounts.get(account.place()));
        for account in known.clone() {
            black_box((account.legs.first(), account.holdings.len()));
        }
        for account in known {
            account.legs.iter().take(LEGS_AHEAD).for_each(|leg| self.read_leg(*leg));
        }
    }

    fn read_account(&self, account: AccountId) {
        if let Some(account) = self.accounts.get(account.place()) {
            black_box((account.cash, account.legs.len(), account.liquidating));
        }
    }

    /// Reads the three lines of a leg that an order needs.
    fn read_leg(&self, leg: LegId) {
        if let Some(leg) = self.legs.get(leg.place()) {
            black_box((leg.market, leg.lots, leg.account));
        }
    }
}
