//! A reader who believes nothing: rebuilds from the events what rests and who owes what, and compares.

use std::collections::BTreeMap;

use units::Money;
use venue_core::deleverage::Decision;
use venue_core::{
    AccountId, BalanceReason, Command, Event, Liquidated, Lots, MarketId, MarketState, OrderId,
    PlaceOrder, Side, TakenBy, TapeEnd, TapeEntry, Ticks, Trade, Venue,
};

use super::world::Tallies;

/// Commands between two full counts.
const COUNT_EVERY: u64 = 20;

/// An order that rests, as the events told it.
#[derive(Clone, Copy, Debug)]
struct Seen {
    placed: PlaceOrder,
    price: Ticks,
    left: Lots,
    waits: bool,
}

/// The reader.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    pub(crate) tallies: Tallies,
    commands: u64,
    tape: TapeEnd,
    orders: BTreeMap<OrderId, Seen>,
}

impl Watch {
    fn count(&mut self, what: &'static str) {
        *self.tallies.entry(what).or_default() += 1;
    }

    /// Looks at what came of a command. Says what is wrong.
    pub(crate) fn look(
        &mut self,
        venue: &Venue,
        command: &Command,
        events: &[Event],
    ) -> Result<(), String> {
        self.commands += 1;
        self.count("command");
        for event in events {
            self.follow(venue, event)?;
        }
        let excess = venue.fund().excess();
        if excess != Money::ZERO {
            return Err(format!("VN-1: {excess} of money was made"));
        }
        let moved = events.iter().any(|event| matches!(event, Event::Tape(_)));
        if moved || self.commands.is_multiple_of(COUNT_EVERY) {
            self.count_all(venue)?;
        }
        let _ = command;
        Ok(())
    }

    pub(crate) fn end(&mut self, venue: &Venue) {
        let halted = (0..venue.markets()).filter_map(|place| {
            venue
                .market(MarketId::new(place as u16))
                .filter(|view| view.state == MarketState::Halted)
        });
        if halted.count() > 0 {
            self.count("ended with a halted market");
        }
    }

    fn follow(&mut self, venue: &Venue, event: &Event) -> Result<(), String> {
        if let Event::Broken { invariant, market } = event {
            return Err(format!("the venue says that {invariant} is broken in {market:?}"));
        }
        if let Event::LiquidationStarted { isolated, equity, maintenance, .. } = event {
            self.count(if isolated.is_some() { "isolated liquidated" } else { "liquidated" });
            if *equity < Money::ZERO {
                self.count("insolvent");
            }
            if equity >= maintenance {
                return Err(format!("who is well begins: {event:?}"));
            }
        }
        if let Event::LiquidationEnded { account, isolated } = event {
            self.ended(venue, *account, *isolated)?;
        }
        if let Event::Trade(trade) = event {
            self.follow_trade(trade)?;
        }
        if let Event::Deleveraged(decision) = event {
            self.follow_decision(decision)?;
        }
        if let Event::Tape(entry) = event {
            self.follow_tape(venue, entry)?;
        }
        if let Event::Balance { reason: BalanceReason::Conversion, .. } = event {
            self.count("converted");
        }
        if let Event::Balance { reason: BalanceReason::Socialised, .. } = event {
            self.count("socialised");
        }
        if let Event::Balance { reason: BalanceReason::LiquidationFee, .. } = event {
            self.count("fee");
        }
        if let Event::StateSet(_, MarketState::Halted) = event {
            self.count("halted");
        }
        self.follow_order(event)
    }

    fn follow_order(&mut self, event: &Event) -> Result<(), String> {
        if let Event::Accepted { order, placed } = event {
            let waits = placed.trigger.is_some();
            let price = placed.limit.unwrap_or_default();
            let seen = Seen { placed: *placed, price, left: placed.lots, waits };
            self.orders.insert(*order, seen);
        }
        if let Event::Triggered(order) = event {
            self.count("triggered");
            self.orders.get_mut(order).ok_or("an order fires that never was")?.waits = false;
        }
        if let Event::Amended { order, price, left, .. } = event {
            let seen = self.orders.get_mut(order).ok_or("an order changes that never was")?;
            (seen.price, seen.left) = (*price, *left);
        }
        if let Event::Closed { order, .. } = event {
            self.orders.remove(order).ok_or("an order closes that never was")?;
        }
        Ok(())
    }

    fn follow_trade(&mut self, trade: &Trade) -> Result<(), String> {
        self.count("trade");
        for side in [trade.maker, trade.taker] {
            if side.order != OrderId::new(0) {
                let seen = self.orders.get_mut(&side.order).ok_or("nobody's order trades")?;
                seen.left = side.left;
            }
        }
        if trade.lots > Lots::ZERO && trade.price > Ticks::ZERO {
            Ok(())
        } else {
            Err(format!("a trade of nothing: {trade:?}"))
        }
    }

    fn follow_decision(&mut self, decision: &Decision) -> Result<(), String> {
        self.count("deleveraged");
        venue_core::deleverage::verify(decision)
            .map_err(|wrong| format!("{wrong}: {decision:?}"))?;
        let given = decision.given.iter().fold(Money::ZERO, |sum, one| sum.plus(one.money));
        if given.plus(decision.unpaid) == decision.question.deficit() {
            Ok(())
        } else {
            Err(format!("not the deficit to the unit: {decision:?}"))
        }
    }

    fn follow_tape(&mut self, venue: &Venue, entry: &TapeEntry) -> Result<(), String> {
        self.tape.follow(entry).map_err(|fault| format!("VN-7: {fault}"))?;
        match entry.what {
            Liquidated::Position { market, position, taken_by, .. } => {
                self.count(match taken_by {
                    TakenBy::Book => "closed on the book",
                    TakenBy::Backstop => "taken over by the backstop",
                    TakenBy::Holders => "closed against holders",
                });
                let held = venue.position(entry.account, market, position);
                if taken_by == TakenBy::Book && held.is_some_and(|held| held.lots != Lots::ZERO) {
                    self.count("reduced");
                }
            }
            Liquidated::Collateral { .. } => self.count("collateral taken over"),
            Liquidated::Debt => self.count("debt"),
        }
        for (paid, what) in [
            (entry.fund_paid, "paid by the fund"),
            (entry.holders_paid, "paid by holders"),
            (entry.socialised, "paid by all"),
            (entry.unpaid, "left unpaid"),
        ] {
            if paid < Money::ZERO {
                return Err(format!("less than nothing was paid: {entry:?}"));
            }
            if paid > Money::ZERO {
                self.count(what);
            }
        }
        let loss = entry.fund_paid.plus(entry.holders_paid).plus(entry.socialised);
        if entry.fee > Money::ZERO && loss > Money::ZERO {
            return Err(format!("a fee is taken while others pay: {entry:?}"));
        }
        Ok(())
    }

    /// Whose liquidation has ended owes nobody anything, unless nobody paid for it.
    fn ended(
        &mut self,
        venue: &Venue,
        account: AccountId,
        isolated: Option<MarketId>,
    ) -> Result<(), String> {
        let view = venue.account(account).ok_or("an unknown account")?;
        let mut held = venue.positions(account).filter(|position| {
            position.lots != Lots::ZERO
                && isolated.map_or(position.isolated.is_none(), |market| position.market == market)
        });
        let well = held.next().is_some();
        self.count(if well { "restored" } else { "closed out" });
        if isolated.is_none() && !well && view.holdings.is_empty() && view.cash < Money::ZERO {
            return Err(format!("VN-5: {account} ends with {}", view.cash));
        }
        Ok(())
    }

    /// Counts everything anew.
    fn count_all(&self, venue: &Venue) -> Result<(), String> {
        let broken = venue.audit();
        if !broken.is_empty() {
            return Err(format!("{broken:?} by the audit"));
        }
        for place in 0..venue.markets() {
            let market = MarketId::new(place as u16);
            let view = venue.market(market).ok_or("an unknown market")?;
            self.count_positions(venue, market, view.open_interest)?;
            if view.state == MarketState::Trading {
                self.not_crossed(market)?;
            }
        }
        self.only_reduce(venue)
    }

    /// VN-2: what is held long is held short.
    fn count_positions(&self, venue: &Venue, market: MarketId, open: Lots) -> Result<(), String> {
        let (mut long, mut sum) = (0, 0);
        for account in 0..venue.accounts() {
            for position in venue.positions(AccountId::new(account as u32)) {
                if position.market == market {
                    sum += position.lots.number();
                    long += position.lots.number().max(0);
                }
            }
        }
        if sum != 0 || long != open.number() {
            return Err(format!("VN-2: {market}: a sum of {sum}, {long} long, {open} said"));
        }
        Ok(())
    }

    /// VN-3: the best buy is below the best sale.
    fn not_crossed(&self, market: MarketId) -> Result<(), String> {
        let here = self.orders.values().filter(|seen| seen.placed.market == market && !seen.waits);
        let (buys, sells): (Vec<&Seen>, Vec<&Seen>) =
            here.partition(|seen| seen.placed.side == Side::Buy);
        let bid = buys.iter().map(|seen| seen.price).max();
        let ask = sells.iter().map(|seen| seen.price).min();
        if let (Some(bid), Some(ask)) = (bid, ask)
            && bid >= ask
        {
            return Err(format!("VN-3: {market} is crossed: {bid} and {ask}"));
        }
        Ok(())
    }

    /// VN-4: orders that may only reduce rest for no more than the position.
    fn only_reduce(&self, venue: &Venue) -> Result<(), String> {
        let mut all = BTreeMap::new();
        let only = self.orders.values().filter(|seen| seen.placed.reduce_only && !seen.waits);
        for seen in only {
            let PlaceOrder { account, market, position, side, .. } = seen.placed;
            *all.entry((account, market, position, side)).or_insert(0) += seen.left.number();
        }
        for ((account, market, position, side), lots) in all {
            let held = venue.position(account, market, position);
            let held = held.map_or(0, |held| held.lots.number());
            let reducible = if side == Side::Sell { held } else { -held };
            if lots > reducible.max(0) {
                return Err(format!("VN-4: {account} in {market}: {lots} to reduce {held}"));
            }
        }
        Ok(())
    }
}
