//! What the venue has said: who was liquidated, how much of it, who paid.

use std::collections::BTreeMap;

use units::Timestamp;
use venue_core::{
    AccountId, Event, Liquidated, Lots, MarketId, MarketState, TakenBy, TapeEnd, TapeEntry, Ticks,
};

use super::asset::Asset;
use super::closed::Closed;
use super::exchange::dollars;
use super::population::Holder;

/// What has been said so far.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    assets: Vec<Asset>,
    /// Trades are those of the opening, and nobody's.
    pub(crate) is_opening: bool,
    /// By asset: what things are worth without what the venue's own sales have done, in dollars; for who is liquidated
    /// though solvent there.
    pub(crate) reference: Vec<f64>,
    /// The same for what is held short, where it is another.
    pub(crate) short_reference: Option<Vec<f64>>,
    /// By asset: the mark, in ticks.
    pub(crate) marks: Vec<Ticks>,
    /// By asset: lots that takers have sold, less what they have bought, since it was last looked at.
    pub(crate) sold: Vec<i64>,
    known: Vec<Known>,
    held: BTreeMap<(AccountId, MarketId), i64>,
    /// Dollars that were liquidated, all in all, and by minute of the venue's clock.
    pub(crate) liquidated: f64,
    pub(crate) by_minute: BTreeMap<u64, f64>,
    /// Of these: taken by the book, by the backstop, by the opposite holders.
    pub(crate) by_book: f64,
    pub(crate) by_backstop: f64,
    pub(crate) deleveraged: f64,
    /// People that were liquidated, and those who were solvent at the reference when they first were.
    pub(crate) people: f64,
    pub(crate) wrongful_people: f64,
    /// Dollars of those who were solvent at the reference when it began.
    pub(crate) wrongful: f64,
    /// What of losses the fund paid, what holders paid, what nobody did, in dollars; and fees of liquidations.
    pub(crate) fund_paid: f64,
    pub(crate) holders_paid: f64,
    pub(crate) unpaid: f64,
    pub(crate) fees: f64,
    /// Who was closed by deleveraging.
    pub(crate) closed: Closed,
    /// When it first happened.
    pub(crate) first: First,
    /// The end of the tape, and whether it follows without a gap.
    pub(crate) tape: TapeEnd,
    pub(crate) is_torn: bool,
    /// Invariants that were broken.
    pub(crate) broken: usize,
    /// The first refusal since it was last looked at.
    pub(crate) refused: Option<String>,
}

/// When things first happened.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct First {
    /// Somebody was liquidated.
    pub(crate) liquidated: Option<Timestamp>,
    /// The fund paid.
    pub(crate) paid: Option<Timestamp>,
    /// Opposite holders were closed.
    pub(crate) deleveraged: Option<Timestamp>,
    /// A market halted.
    pub(crate) halted: Option<Timestamp>,
}

/// What is known of an account.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    people: f32,
    is_liquidated: bool,
    /// Whether it was solvent at the reference when the liquidation that runs began.
    is_wrong: bool,
}

impl Heard {
    pub(crate) fn new(assets: &[Asset]) -> Self {
        Self {
            assets: assets.to_vec(),
            reference: assets.iter().map(|asset| asset.start).collect(),
            marks: assets.iter().map(|asset| asset.ticks(asset.start)).collect(),
            sold: vec![0; assets.len()],
            closed: Closed::new(assets),
            ..Self::default()
        }
    }

    /// Gets to know an account: whom it stands for, and what it holds.
    pub(crate) fn knows(&mut self, account: AccountId, holder: &Holder) {
        if self.known.len() <= account.place() {
            self.known.resize(account.place() + 1, Known::default());
        }
        if let Some(known) = self.known.get_mut(account.place()) {
            known.people = holder.people as f32;
        }
        for position in &holder.positions {
            let Some(asset) = self.assets.get(position.asset) else { continue };
            *self.held.entry((account, asset.market)).or_default() += position.lots;
        }
    }

    /// Takes the lots that were sold since it was last asked, of an asset.
    pub(crate) fn takes_sold(&mut self, market: MarketId) -> i64 {
        self.sold.get_mut(market.place()).map(std::mem::take).unwrap_or_default()
    }

    pub(crate) fn hear(&mut self, now: Timestamp, event: &Event) {
        self.closed.hear(now, event);
        if let Event::Trade(trade) = event {
            let lots = trade.taker_side.opposite().signed(trade.lots).number();
            if let Some(sold) = self.sold.get_mut(trade.market.place()).filter(|_| !self.is_opening)
            {
                *sold += lots;
            }
        } else if let Event::Marked { market, mark, .. } = event {
            if let Some(place) = self.marks.get_mut(market.place()) {
                *place = *mark;
            }
        } else if let Event::Tape(entry) = event {
            self.hear_tape(now, entry);
        } else if let Event::LiquidationStarted { account, equity, maintenance, .. } = event {
            self.hear_start(now, *account, (dollars(*equity), dollars(*maintenance)));
        } else if let Event::Deleveraged(decision) = event {
            self.first.deleveraged.get_or_insert(now);
            let market = decision.question.market;
            let way = decision.question.side.opposite();
            for given in &decision.given {
                self.changes(given.account, market, way.signed(given.lots).number());
            }
        } else if let Event::Refused { refusal, .. } = event {
            self.refused.get_or_insert_with(|| format!("{refusal:?}"));
        } else if let Event::StateSet(_, MarketState::Halted) = event {
            self.first.halted.get_or_insert(now);
        } else if matches!(event, Event::Broken { .. }) {
            self.broken += 1;
        }
    }

    /// Somebody begins to be liquidated, of whom so much is there and has to be there by the mark.
    fn hear_start(&mut self, now: Timestamp, account: AccountId, (equity, least): (f64, f64)) {
        self.first.liquidated.get_or_insert(now);
        let (mut there, mut weighed, mut notional) = (equity, 0.0, 0.0);
        let shorts = self.short_reference.as_ref().unwrap_or(&self.reference);
        let references = self.reference.iter().zip(shorts);
        for (asset, (mark, (long, short))) in
            self.assets.iter().zip(self.marks.iter().zip(references))
        {
            let Some(lots) = self.held.get(&(account, asset.market)) else { continue };
            let lots = Lots::new(*lots);
            let reference = if lots < Lots::ZERO { short } else { long };
            let (at_mark, at_reference) =
                (asset.worth(lots, asset.dollars(*mark)), asset.worth(lots, *reference));
            there += at_reference - at_mark;
            weighed += at_reference.abs();
            notional += at_mark.abs();
        }
        let is_wrong = notional > 0.0 && there >= least * weighed / notional;
        if let Some(known) = self.known.get_mut(account.place()) {
            known.is_wrong = is_wrong;
            if !known.is_liquidated {
                known.is_liquidated = true;
                self.people += f64::from(known.people);
                self.wrongful_people += if is_wrong { f64::from(known.people) } else { 0.0 };
            }
        }
    }

    fn hear_tape(&mut self, now: Timestamp, entry: &TapeEntry) {
        self.is_torn |= self.tape.follow(entry).is_err();
        if let Liquidated::Position { market, side, lots, price, taken_by, .. } = entry.what {
            let Some(asset) = self.assets.get(market.place()) else { return };
            let notional = asset.worth(lots, asset.dollars(price));
            self.liquidated += notional;
            *self.by_minute.entry(now.as_nanos() / MINUTE).or_default() += notional;
            match taken_by {
                TakenBy::Book => self.by_book += notional,
                TakenBy::Backstop => self.by_backstop += notional,
                TakenBy::Holders => self.deleveraged += notional,
            }
            let is_wrong = self.known.get(entry.account.place()).is_some_and(|it| it.is_wrong);
            self.wrongful += if is_wrong { notional } else { 0.0 };
            self.changes(entry.account, market, side.signed(lots).number());
        }
        let paid = dollars(entry.fund_paid);
        if paid > 0.0 {
            self.first.paid.get_or_insert(now);
        }
        self.fund_paid += paid;
        self.holders_paid += dollars(entry.holders_paid);
        self.unpaid += dollars(entry.unpaid) + dollars(entry.socialised);
        self.fees += dollars(entry.fee);
    }

    /// An account's position has changed by so many lots.
    fn changes(&mut self, account: AccountId, market: MarketId, lots: i64) {
        if let Some(held) = self.held.get_mut(&(account, market)) {
            *held += lots;
        }
    }

    /// Losses that accounts could not pay, whoever did, in dollars.
    pub(crate) fn shortfall(&self) -> f64 {
        self.fund_paid + self.holders_paid + self.unpaid
    }

    /// Dollars that were liquidated from one minute of the venue's clock on, up to another.
    pub(crate) fn between(&self, from: u64, to: u64) -> f64 {
        self.by_minute.range(from..to.max(from)).map(|(_, dollars)| dollars).sum()
    }
}

/// Nanoseconds of a minute.
pub(crate) const MINUTE: u64 = 60_000_000_000;
