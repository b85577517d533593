//! A venue, and a reader of all that it says.

use std::time::Instant;

use units::{Money, Span, Timestamp};
use venue_core::{Command, Event, Liquidated, TakenBy, TapeEnd, TapeEntry, Venue, worth};

use super::people::TICK_VALUE;

/// A venue whose commands are timed, and whose events are counted.
pub(super) struct Exchange {
    pub(super) venue: Venue,
    pub(super) now: Timestamp,
    events: Vec<Event>,
    pub(super) heard: Heard,
    /// Nanoseconds of all commands since the last reset, and of the slowest.
    pub(super) nanos: f64,
    pub(super) slowest: f64,
    pub(super) commands: u64,
}

/// What it has said.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// By account: whether it was ever liquidated.
    liquidated: Vec<bool>,
    pub(super) accounts: usize,
    /// Liquidations that began; an account can be liquidated again.
    pub(super) began: usize,
    /// Notional that was closed, and by whom, in the settlement asset.
    pub(super) book: f64,
    pub(super) backstop: f64,
    pub(super) holders: f64,
    /// What the fund and holders paid, and what nobody did.
    pub(super) fund_paid: f64,
    pub(super) holders_paid: f64,
    pub(super) unpaid: f64,
    /// Decisions of deleveraging, those that lost in them, the most in one, and how often holders gave.
    pub(super) decisions: usize,
    pub(super) losers: usize,
    pub(super) most_losers: usize,
    pub(super) gave: usize,
    /// The end of the tape, as far as it follows.
    pub(super) tape: TapeEnd,
    pub(super) torn: bool,
    pub(super) refused: usize,
    pub(super) broken: usize,
}

impl Exchange {
    pub(super) fn new() -> Self {
        Self {
            venue: Venue::new(),
            now: Timestamp::ZERO,
            events: Vec::new(),
            heard: Heard::default(),
            nanos: 0.0,
            slowest: 0.0,
            commands: 0,
        }
    }

    /// Does a command now, and reads what it says.
    pub(super) fn does(&mut self, command: &Command) {
        let start = Instant::now();
        self.venue.apply(self.now, command, &mut self.events);
        let took = start.elapsed().as_nanos() as f64;
        self.nanos += took;
        self.slowest = self.slowest.max(took);
        self.commands += 1;
        for event in self.events.drain(..) {
            self.heard.hear(&event);
        }
    }

    /// Lets time go on.
    pub(super) fn wait(&mut self, nanos: u64) {
        self.now = self.now.after(Span::from_nanos(nanos));
    }
}

fn dollars(money: Money) -> f64 {
    money.raw() as f64 / 1e12
}

impl Heard {
    fn hear(&mut self, event: &Event) {
        self.refused += usize::from(matches!(event, Event::Refused { .. }));
        self.broken += usize::from(matches!(event, Event::Broken { .. }));
        if let Event::LiquidationStarted { account, .. } = event {
            self.began += 1;
            if self.liquidated.len() <= account.place() {
                self.liquidated.resize(account.place() + 1, false);
            }
            self.accounts += usize::from(!self.liquidated[account.place()]);
            self.liquidated[account.place()] = true;
        } else if let Event::Deleveraged(decision) = event {
            let losers = decision.question.losers.len();
            self.decisions += 1;
            self.losers += losers;
            self.most_losers = self.most_losers.max(losers);
            self.gave += decision.given.len();
        } else if let Event::Tape(entry) = event {
            self.hear_tape(entry);
        }
    }

    fn hear_tape(&mut self, entry: &TapeEntry) {
        self.torn |= self.tape.follow(entry).is_err();
        if let Liquidated::Position { lots, price, taken_by, .. } = entry.what {
            let notional = dollars(worth(lots, price, TICK_VALUE));
            match taken_by {
                TakenBy::Book => self.book += notional,
                TakenBy::Backstop => self.backstop += notional,
                TakenBy::Holders => self.holders += notional,
            }
        }
        self.fund_paid += dollars(entry.fund_paid);
        self.holders_paid += dollars(entry.holders_paid);
        self.unpaid += dollars(entry.unpaid);
    }

    /// All that was closed.
    pub(super) fn notional(&self) -> f64 {
        self.book + self.backstop + self.holders
    }
}
