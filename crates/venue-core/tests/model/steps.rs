//! The steps of a turn: conversion, the book, the backstop, and the fund.

use units::fixed::{ONE, mul_div};
use units::{Money, Price, Rounding};
use venue_core::{
    AccountId, AssetId, BalanceReason, Event, Lifetime, Liquidated, Lots, MarketId, OrderId,
    PlaceOrder, PositionSide, PriceStatus, SelfTrade, Side, TakenBy, Ticks, WHOLE_LIMIT,
};

use super::Model;
use super::liquidate::{Paid, Party};
use super::margin::{End, part};
use super::matching::Party as Trader;
use super::orders::take_limit;

pub(crate) type Leg = (MarketId, PositionSide);

/// A position that is being closed, as it was before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) party: Party,
    pub(crate) leg: Leg,
    pub(crate) lots: i64,
    pub(crate) side: Side,
    pub(crate) mark: i64,
    pub(crate) better: i64,
    pub(crate) equity: i128,
    pub(crate) maintenance: i128,
}

impl Model {
    /// What an account's collateral is that may be converted now, that of the smallest haircut first.
    pub(crate) fn convertible(&self, party: Party) -> Vec<AssetId> {
        let holdings = &self.accounts[party.account.place()].holdings;
        let mut assets: Vec<AssetId> = holdings.keys().copied().collect();
        assets.retain(|&asset| {
            party.leg.is_none()
                && self.is_collateral(asset)
                && self.assets[asset.place()].standing.at(self.now) != PriceStatus::Halted
        });
        let first = |asset: &AssetId| self.assets[asset.place()].settings.haircuts[0].maintenance;
        assets.sort_by_key(|asset| (first(asset), *asset));
        assets
    }

    pub(crate) fn convert(&mut self, account: AccountId, asset: AssetId) {
        let held = self.balance(account, asset);
        let cash = self.accounts[account.place()].cash;
        let (equity, maintenance) = self.standing(Party { account, leg: None });
        let price = self.assets[asset.place()].worth.expect("collateral has a price").high;
        let worth = |amount: i128| {
            mul_div(amount, price, ONE, Rounding::Down).unwrap_or(i128::MAX).min(1 << 110)
        };
        let value = |amount: i128| self.collateral_of(asset.place(), amount, End::Better);
        let credit = |amount: i128| {
            let moved = worth(held) - worth(held - amount);
            let freed = moved - (value(held) - value(held - amount));
            moved - (freed + 1).div_euclid(2)
        };
        let enough = |amount: i128| {
            let gain = credit(amount) - (value(held) - value(held - amount));
            equity + gain >= maintenance || cash + credit(amount) >= 0
        };
        let (mut less, mut amount) = (0, held);
        while amount - less > 1 {
            let middle = i128::midpoint(less, amount);
            if enough(middle) {
                amount = middle;
            } else {
                less = middle;
            }
        }
        let credited = credit(amount);
        self.change_balance(account, asset, -amount, BalanceReason::Conversion);
        self.assets[asset.place()].house += amount;
        self.assets[asset.place()].house_cash -= credited;
        let settlement = AssetId::SETTLEMENT;
        self.change_balance(account, settlement, credited, BalanceReason::Conversion);
        let what = Liquidated::Collateral {
            asset,
            amount: Money::from_raw(amount),
            price: Price::from_raw(price),
            credited: Money::from_raw(credited),
        };
        self.on_tape(Party { account, leg: None }, what, Paid::default());
    }

    pub(crate) fn target(&self, party: Party, leg: Leg) -> Target {
        let (equity, maintenance) = self.standing(party);
        let lots = self.position(party.account, leg.0, leg.1).lots;
        let here = &self.markets[leg.0.place()];
        Target {
            party,
            leg,
            lots,
            side: if lots > 0 { Side::Sell } else { Side::Buy },
            mark: here.mark.expect("a market with a price"),
            better: here.end(lots, End::Better),
            equity,
            maintenance,
        }
    }

    /// The share of the equity that some lots of a position may use up, and the price at which they do.
    pub(crate) fn share_of(&self, target: &Target, lots: i64) -> (i128, i64) {
        let here = &self.markets[target.leg.0.place()];
        let needs = |lots: i64| here.maintenance(here.notional(lots, target.better));
        let freed = needs(target.lots) - needs(target.lots.abs() - lots);
        let share = if target.maintenance > 0 {
            mul_div(target.equity, freed, target.maintenance, Rounding::Down).expect("a share")
        } else {
            target.equity
        };
        let lot = i128::from(lots) * here.tick_value;
        let worth = lot * i128::from(target.better);
        let ticks = match target.side {
            Side::Sell => mul_div(worth - share, 1, lot, Rounding::Up),
            Side::Buy => mul_div(worth + share, 1, lot, Rounding::Down),
        };
        let ticks = ticks.expect("a price").clamp(1, i128::from(WHOLE_LIMIT - 1));
        (share, i64::try_from(ticks).expect("a price"))
    }

    /// The fewest lots that restore maintenance and the buffer; every number is tried.
    pub(crate) fn fewest(&self, target: &Target, loss: i64, fee: i128) -> i64 {
        let here = &self.markets[target.leg.0.place()];
        let all = target.lots.abs();
        let others = target.maintenance - self.maintenance_of(target.party.account, target.leg);
        let more = ONE + here.settings.liquidation.buffer.raw();
        let enough = |lots: &i64| {
            let lost = i128::from(*lots) * i128::from(loss.max(0)) * here.tick_value;
            let fee = part(here.notional(*lots, target.better), fee, Rounding::Up);
            let left = here.maintenance(here.notional(all - *lots, target.better));
            let needs = part(others + left, more, Rounding::Up);
            target.equity - lost - fee >= needs
        };
        (1..=all).find(enough).unwrap_or(all)
    }

    /// What is left of a market's pace on a side of the engine's orders.
    pub(crate) fn pace_left(&mut self, market: MarketId, side: Side, bound: i64, mark: i64) -> i64 {
        let now = self.time();
        let here = &self.markets[market.place()];
        let ours = &here.settings.liquidation;
        let mut interval = here.pace[side_place(side)];
        if now.as_nanos() >= interval.0 {
            let levels = self.queue(market, side.opposite());
            let within = levels
                .iter()
                .filter(|order| side.reaches(Ticks::new(bound), Ticks::new(order.price)));
            let depth: i64 = within.map(|order| order.left).sum();
            let share = part(depth.into(), ours.depth_share.raw(), Rounding::Down);
            let lot = here.notional(1, mark);
            let floor = mul_div(ours.floor.raw(), 1, lot, Rounding::Up).expect("lots");
            let lots = share.max(floor).clamp(0, WHOLE_LIMIT.into());
            let until = now.after(ours.interval).as_nanos();
            interval = (until, i64::try_from(lots).expect("lots"));
        }
        self.market_mut(market).pace[side_place(side)] = interval;
        interval.1
    }

    pub(crate) fn close_on_book(&mut self, party: Party, leg: Leg) {
        let target = self.target(party, leg);
        let here = &self.markets[leg.0.place()];
        let best = self.queue(leg.0, target.side.opposite()).first().map(|order| order.price);
        let loss = match (best, target.side) {
            (Some(best), Side::Sell) => target.better - best,
            (Some(best), Side::Buy) => best - target.better,
            (None, _) => 0,
        };
        let fee = here.settings.fees.liquidation.raw();
        let bound = take_limit(here, target.side).expect("a market with a price");
        let lots = self.fewest(&target, loss, fee);
        let lots = lots.min(self.pace_left(leg.0, target.side, bound, target.mark));
        if lots <= 0 {
            return;
        }
        let limit = self.share_of(&target, lots).1;
        let limit = if target.side == Side::Sell { limit.max(bound) } else { limit.min(bound) };
        let fills = self.engine_order(party.account, leg, target.side, lots, limit);
        let closed: i64 = fills.iter().map(|&(_, lots)| lots).sum();
        let pace = &mut self.market_mut(leg.0).pace[side_place(target.side)];
        pace.1 = (pace.1 - closed).max(0);
        self.settle_fills(&target, &fills, false);
    }

    /// An order of the engine; what it closed at which price.
    pub(crate) fn engine_order(
        &mut self,
        account: AccountId,
        (market, position): Leg,
        side: Side,
        lots: i64,
        limit: i64,
    ) -> Vec<(i64, i64)> {
        let before = self.events.len();
        let placed = PlaceOrder {
            account,
            market,
            side,
            position,
            limit: Some(Ticks::new(limit)),
            lots: Lots::new(lots),
            lifetime: Lifetime::ImmediateOrCancel,
            reduce_only: true,
            self_trade: SelfTrade::Allow,
            trigger: None,
            tag: 0,
        };
        let mut order = self.as_order(&placed, OrderId::new(0));
        let _ = self.match_order(&mut order, true);
        let mut fills: Vec<(i64, i64)> = Vec::new();
        for event in &self.events[before..] {
            let Event::Trade(trade) = event else { continue };
            let (price, lots) = (trade.price.number(), trade.lots.number());
            match fills.last_mut() {
                Some(last) if last.0 == price => last.1 += lots,
                _ => fills.push((price, lots)),
            }
        }
        fills
    }

    fn settle_fills(&mut self, target: &Target, fills: &[(i64, i64)], fund: bool) {
        let lots: i64 = fills.iter().map(|&(_, lots)| lots).sum();
        if lots == 0 {
            return;
        }
        let market = target.leg.0;
        let here = &self.markets[market.place()];
        let notional: i128 = fills.iter().map(|&(price, lots)| here.notional(lots, price)).sum();
        let (share, bankruptcy) = self.share_of(target, lots);
        let left = share + self.gained(target, lots, notional);
        let most = part(notional, here.settings.fees.liquidation.raw(), Rounding::Up);
        let mut paid = Paid { fee: left.min(most).max(0), ..Paid::default() };
        self.change_party(target.party, -paid.fee, BalanceReason::LiquidationFee);
        self.move_fund(Some(market), paid.fee);
        if fund && left < 0 {
            paid.fund = self.fund_pays(market, -left);
            self.change_party(target.party, paid.fund, BalanceReason::Fund);
        }
        self.note_closed(target);
        for (place, &(price, lots)) in fills.iter().enumerate() {
            let last = place + 1 == fills.len();
            let what = taken(target, lots, price, bankruptcy, TakenBy::Book);
            self.on_tape(target.party, what, if last { paid } else { Paid::default() });
        }
    }

    /// What lots brought more than they would have at the mark.
    pub(crate) fn gained(&self, target: &Target, lots: i64, notional: i128) -> i128 {
        let at_mark = self.markets[target.leg.0.place()].notional(lots, target.better);
        if target.side == Side::Sell { notional - at_mark } else { at_mark - notional }
    }

    pub(crate) fn note_closed(&mut self, target: &Target) {
        if let Some(case) = self.cases.get_mut(&target.party) {
            case.closed_in = Some(target.leg.0);
        }
    }

    /// Whether something is left for deleveraging.
    pub(crate) fn close_beyond(&mut self, party: Party, leg: Leg) -> bool {
        let cap = self.markets[leg.0.place()].settings.liquidation.time_cap.as_nanos();
        let target = self.target(party, leg);
        if self.now - self.cases[&party].since < cap || target.lots == 0 {
            return false;
        }
        if self.backstop_takes(&target) {
            return false;
        }
        self.close_with_fund(&target);
        let target = self.target(party, leg);
        target.lots != 0 && target.equity < target.maintenance
    }

    fn backstop_takes(&mut self, target: &Target) -> bool {
        let Some(backstop) = self.settings.backstop else { return false };
        let account = &self.accounts[backstop.place()];
        if backstop == target.party.account || account.liquidating {
            return false;
        }
        let market = target.leg.0;
        let side = target.side.opposite();
        let position = match (account.hedge, side) {
            (false, _) => PositionSide::Both,
            (true, Side::Buy) => PositionSide::Long,
            (true, Side::Sell) => PositionSide::Short,
        };
        let lots = target.lots.abs();
        let price = self.share_of(target, lots).1;
        self.open_leg(backstop, market, position);
        let held = self.position(backstop, market, position);
        let placed = PlaceOrder {
            account: backstop,
            market,
            side,
            position,
            limit: Some(Ticks::new(price)),
            lots: Lots::new(lots),
            lifetime: Lifetime::ImmediateOrCancel,
            reduce_only: false,
            self_trade: SelfTrade::Allow,
            trigger: None,
            tag: 0,
        };
        let bears = if lots <= held.reducible(side) {
            self.missing_for(&placed, lots, price, 0).is_none()
        } else {
            self.check_margin(&placed, price, lots).is_ok()
        };
        if held.liquidating || !bears || !self.backstop_may_lose(backstop, target, lots, price) {
            return false;
        }
        self.take_over(target.party.account, target.leg, target.side, lots, price);
        self.take_over(backstop, (market, position), side, lots, price);
        self.note_closed(target);
        let what = taken(target, lots, price, price, TakenBy::Backstop);
        self.on_tape(target.party, what, Paid::default());
        true
    }

    /// Whether the backstop may lose what lots cost it at a price against the mark, which is counted then.
    fn backstop_may_lose(
        &mut self,
        backstop: AccountId,
        target: &Target,
        lots: i64,
        price: i64,
    ) -> bool {
        let worse =
            if target.side == Side::Sell { price - target.mark } else { target.mark - price };
        let equity = self.standing(Party { account: backstop, leg: None }).0.max(0);
        let now = self.time();
        let here = self.market_mut(target.leg.0);
        let loss = i128::from(lots) * i128::from(worse.max(0)) * here.tick_value;
        let ours = &here.settings.liquidation;
        let fresh = now.as_nanos() >= here.backstop.0;
        let whole = part(equity, ours.backstop_share.raw(), Rounding::Down);
        let left = if fresh { whole } else { here.backstop.1.min(equity) };
        if loss > left {
            return false;
        }
        if loss > 0 {
            let until = now.after(ours.fund_window).as_nanos();
            let (until, budget) = if fresh { (until, left) } else { here.backstop };
            here.backstop = (until, budget - loss);
        }
        true
    }

    /// Changes a position without the book; what came to the cash.
    pub(crate) fn take_over(
        &mut self,
        account: AccountId,
        (market, position): Leg,
        side: Side,
        lots: i64,
        price: i64,
    ) -> i128 {
        let cash = self.accounts[account.place()].cash;
        let margin = self.position(account, market, position).margin;
        let order = OrderId::new(0);
        let trader = Trader { order, account, position, side, left: 0, rate: 0 };
        let _ = self.fill(market, price, lots, trader);
        let balance = self.accounts[account.place()].cash;
        let change = balance - cash;
        if change != 0 {
            self.tell(Event::Balance {
                account,
                asset: AssetId::SETTLEMENT,
                change: Money::from_raw(change),
                balance: Money::from_raw(balance),
                reason: BalanceReason::Takeover,
            });
        }
        if self.position(account, market, position).margin != margin {
            self.tell_margin(account, market, position);
        }
        self.cut_reduce_only(account, market, position);
        change
    }

    fn close_with_fund(&mut self, target: &Target) {
        let market = target.leg.0;
        let wanted = target.lots.abs();
        let bankruptcy = self.share_of(target, wanted).1;
        let here = &self.markets[market.place()];
        let end = super::orders::band_end(here, target.side).expect("a market with a price");
        let mut budget = self.draw_down_left(market);
        let mut plan = None;
        let mut planned = 0;
        let queue = self.queue(market, target.side.opposite());
        let mut levels: Vec<(i64, i64)> = Vec::new();
        for order in queue {
            match levels.last_mut() {
                Some(level) if level.0 == order.price => level.1 += order.left,
                _ => levels.push((order.price, order.left)),
            }
        }
        for (price, there) in levels {
            if !target.side.reaches(Ticks::new(end), Ticks::new(price)) || planned >= wanted {
                break;
            }
            let mut lots = there.min(wanted - planned);
            let missing = match target.side {
                Side::Sell => bankruptcy - price,
                Side::Buy => price - bankruptcy,
            };
            if missing > 0 {
                let each = i128::from(missing) * here.tick_value;
                lots = lots.min(i64::try_from(budget / each).unwrap_or(i64::MAX));
                budget -= i128::from(lots) * each;
            }
            if lots <= 0 {
                break;
            }
            planned += lots;
            plan = Some((price, planned));
        }
        if let Some((limit, lots)) = plan {
            let account = target.party.account;
            let fills = self.engine_order(account, target.leg, target.side, lots, limit);
            self.settle_fills(target, &fills, true);
        }
    }
}

pub(crate) fn side_place(side: Side) -> usize {
    usize::from(side == Side::Sell)
}

pub(crate) fn taken(
    target: &Target,
    lots: i64,
    price: i64,
    bankruptcy: i64,
    taken_by: TakenBy,
) -> Liquidated {
    Liquidated::Position {
        market: target.leg.0,
        position: target.leg.1,
        side: target.side,
        lots: Lots::new(lots),
        price: Ticks::new(price),
        mark: Ticks::new(target.mark),
        bankruptcy: Ticks::new(bankruptcy),
        taken_by,
    }
}
