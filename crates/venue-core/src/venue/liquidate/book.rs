//! Closing on the order book, within the bankruptcy price and the pace.

use units::{Money, Ratio};

use crate::event::{BalanceReason, Event};
use crate::id::MarketId;
use crate::liquidation::{Closed, budget};
use crate::margin::{Reduction, Share, bankruptcy, smallest_reduction};
use crate::state::LegId;
use crate::tape::{Liquidated, TakenBy};
use crate::value::{Lots, PositionSide, Side, Ticks, worth};
use crate::venue::Venue;
use crate::venue::liquidate::{Paid, Party};
use crate::venue::place::Taker;

/// A position that is being closed, as it was before anything was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) party: Party,
    pub(super) leg: LegId,
    pub(super) market: MarketId,
    pub(super) position: PositionSide,
    /// What is held; below zero it is short.
    pub(super) lots: Lots,
    /// The side of orders that close it.
    pub(super) side: Side,
    /// The mark.
    pub(super) mark: Ticks,
    /// The end of the mark that is better for it.
    pub(super) better: Ticks,
    pub(super) tick_value: Money,
    /// What the party has, and has to have.
    pub(super) equity: Money,
    pub(super) maintenance: Money,
    /// What part of a notional a liquidation costs at most.
    pub(super) fee: Ratio,
}

/// What an order of the engine has closed.
#[derive(Clone, Debug, Default)]
pub(super) struct Fills {
    pub(super) closed: Closed,
    /// Lots by price, in the order of the trades.
    prices: Vec<(Ticks, Lots)>,
}

impl Target {
    /// The engine's order that closes so many lots of it.
    pub(super) const fn order(&self, lots: Lots, limit: Ticks) -> Taker {
        Taker::of_engine((self.party.account, self.market, self.leg), self.side, lots, limit)
    }

    /// Whether something is held, and the party is due.
    pub(super) fn is_to_be_closed(&self) -> bool {
        self.lots != Lots::ZERO && self.equity < self.maintenance
    }
}

impl Venue {
    /// A party's position, as it is now.
    pub(super) fn target(&self, party: Party, leg: LegId) -> Option<Target> {
        let (equity, maintenance) = self.standing(party);
        let state = self.legs.get(leg.place())?;
        let market = self.markets.get(state.market.place())?;
        Some(Target {
            party,
            leg,
            market: state.market,
            position: state.side,
            lots: state.lots,
            side: Side::that_closes(state.lots),
            mark: market.marks?.mark,
            better: market.risk.better(state.lots),
            tick_value: market.tick_value,
            equity,
            maintenance,
            fee: market.settings.fees.liquidation,
        })
    }

    /// The share of the equity that closing so many lots may use up, and the bankruptcy price.
    pub(super) fn share_of(&self, target: &Target, lots: Lots) -> (Money, Ticks) {
        let Some(market) = self.markets.get(target.market.place()) else {
            return (Money::ZERO, target.mark);
        };
        let freed = market.risk.freed(target.lots, lots);
        let share = Share { equity: target.equity, maintenance: target.maintenance, freed };
        let closed = target.side.opposite().signed(lots);
        (share.of_equity(), bankruptcy(closed, &market.risk, &share))
    }

    /// The fewest lots that make the party well again, where each costs so many ticks beyond the mark; all where no
    /// number does.
    pub(super) fn fewest(&self, target: &Target, loss: Ticks, fee: Ratio) -> Lots {
        let all = target.lots.size();
        let Some(market) = self.markets.get(target.market.place()) else { return all };
        let reduction = Reduction {
            equity: target.equity,
            other_maintenance: target.maintenance.minus(self.maintenance_of(target.leg)),
            lots: target.lots,
            loss: worth(Lots::new(1), loss.max(Ticks::ZERO), target.tick_value),
            fee,
            buffer: market.settings.liquidation.buffer,
        };
        smallest_reduction(&reduction, &market.risk).unwrap_or(all)
    }

    /// Closes the smallest reduction of a position on the book, as far as pace and bankruptcy price go. Whether it has
    /// closed anything.
    pub(super) fn close_on_book(
        &mut self,
        party: Party,
        leg: LegId,
        events: &mut Vec<Event>,
    ) -> bool {
        let Some((market, bound, most)) = self.pace_for(leg) else { return false };
        if most <= Lots::ZERO {
            return false;
        }
        let Some(target) = self.target(party, leg) else { return false };
        let best = self.book(market).and_then(|book| book.best(target.side.opposite()));
        let loss = match (best, target.side) {
            (Some(best), Side::Sell) => target.better.minus(best),
            (Some(best), Side::Buy) => best.minus(target.better),
            (None, _) => Ticks::ZERO,
        };
        let lots = self.fewest(&target, loss, target.fee).min(most);
        let (_, limit) = self.share_of(&target, lots);
        let taker = target.order(lots, target.side.nearer(limit, bound));
        let fills = self.engine_order(taker, target.tick_value, events);
        if let Some(market) = self.markets.get_mut(market.place()) {
            market.pace.take(target.side, fills.closed.lots);
        }
        self.settle_fills(&target, &fills, false, events);
        fills.closed.lots > Lots::ZERO
    }

    /// The market of a position, the take bound of orders that close it, and what is left of their pace.
    fn pace_for(&mut self, leg: LegId) -> Option<(MarketId, Ticks, Lots)> {
        let leg = self.legs.get(leg.place())?;
        let (market, side) = (leg.market, Side::that_closes(leg.lots));
        let state = self.markets.get(market.place())?;
        let (bound, mark) = (state.take_bound(side)?, state.marks?.mark);
        Some((market, bound, self.pace_left(market, side, bound, mark)))
    }

    /// What is left of a market's pace on a side of the engine's orders.
    pub(super) fn pace_left(
        &mut self,
        market: MarketId,
        side: Side,
        bound: Ticks,
        mark: Ticks,
    ) -> Lots {
        let now = self.now;
        let Some(market) = self.markets.get_mut(market.place()) else { return Lots::ZERO };
        let settings = &market.settings.liquidation;
        let (book, tick_value) = (&market.book, market.tick_value);
        market.pace.left(now, side, settings.interval, || {
            let most = Lots::new(i64::MAX);
            let depth = book.available(side.opposite(), bound, most);
            budget(depth, settings.depth_share, settings.floor, mark, tick_value)
        })
    }

    /// Matches an order of the engine, and says what it has closed.
    pub(super) fn engine_order(
        &mut self,
        mut taker: Taker,
        tick_value: Money,
        events: &mut Vec<Event>,
    ) -> Fills {
        let before = events.len();
        let _ = self.match_order(&mut taker, events);
        let mut fills = Fills::default();
        for event in events.iter().skip(before) {
            let Event::Trade(trade) = event else { continue };
            fills.closed.add(trade.lots, trade.price, tick_value);
            match fills.prices.last_mut() {
                Some((price, lots)) if *price == trade.price => *lots = lots.plus(trade.lots),
                _ => fills.prices.push((trade.price, trade.lots)),
            }
        }
        fills
    }

    /// Settles what an order of the engine has brought: the fee out of what is left, or what the fund pays of what is
    /// missing, and the tape.
    pub(super) fn settle_fills(
        &mut self,
        target: &Target,
        fills: &Fills,
        fund: bool,
        events: &mut Vec<Event>,
    ) {
        let Closed { lots, .. } = fills.closed;
        if lots == Lots::ZERO {
            return;
        }
        let (share, bankruptcy) = self.share_of(target, lots);
        let at_mark = worth(lots, target.better, target.tick_value);
        let settled = fills.closed.settle(target.side, share, at_mark, target.fee);
        let mut paid = Paid { fee: settled.fee, ..Paid::default() };
        if paid.fee > Money::ZERO {
            let (change, reason) = (Money::ZERO.minus(paid.fee), BalanceReason::LiquidationFee);
            self.change_party(target.party, change, reason, events);
            self.change_fund(Some(target.market), paid.fee, events);
        }
        if fund && settled.missing > Money::ZERO {
            paid.fund = self.fund_pays(target.market, settled.missing, events);
            self.change_party(target.party, paid.fund, BalanceReason::Fund, events);
        }
        self.closed_in(target);
        for (place, (price, lots)) in fills.prices.iter().enumerate() {
            let last = place.saturating_add(1) == fills.prices.len();
            let what = taken(target, *lots, *price, bankruptcy, TakenBy::Book);
            self.on_tape(target.party, what, if last { paid } else { Paid::default() }, events);
        }
    }

    /// Notes where a position of a party was closed last.
    pub(super) fn closed_in(&mut self, target: &Target) {
        self.liquidations.closed_in(target.party, target.market);
    }
}

/// Lots of a position that somebody took, for the tape.
pub(super) const fn taken(
    target: &Target,
    lots: Lots,
    price: Ticks,
    bankruptcy: Ticks,
    taken_by: TakenBy,
) -> Liquidated {
    Liquidated::Position {
        market: target.market,
        position: target.position,
        side: target.side,
        lots,
        price,
        mark: target.mark,
        bankruptcy,
        taken_by,
    }
}
