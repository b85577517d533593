//! What somebody has, and has to have.

use units::fixed::{ONE, mul_div};
use units::{Money, Rounding};
use venue_core::{
    AccountId, Assessment, BalanceReason, Event, MarketId, MarketKind, PlaceOrder, PositionSide,
    PriceStatus, Refusal, Side, Transfer,
};

use super::liquidate::Party;
use super::state::{Market, Marks, Position};
use super::{Model, Outcome};

/// How often the coverage is worked out, in nanoseconds.
const COVERAGE_EVERY: u64 = 60_000_000_000;

/// What a holding is worth at most.
const WORTH_LIMIT: i128 = 1 << 110;

/// Which of two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Better,
    Worse,
}

/// An order in thought.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thought {
    pub(crate) market: MarketId,
    pub(crate) position: PositionSide,
    pub(crate) side: Side,
    pub(crate) lots: i64,
    pub(crate) limit: i64,
}

/// What of an amount is charged by steps: the rate of the step that it lies in, less the deduction that makes it
/// continuous.
pub(crate) fn charged(amount: i128, steps: &[(i128, i128)]) -> i128 {
    let (mut deduction, mut rate) = (0, 0);
    for (place, &(floor, next)) in steps.iter().enumerate() {
        if floor > amount {
            break;
        }
        if place > 0 {
            deduction += mul_div(floor, next - rate, ONE, Rounding::Nearest).expect("a deduction");
        }
        rate = next;
    }
    part(amount, rate, Rounding::Up) - deduction
}

/// A part of an amount.
pub(crate) fn part(amount: i128, rate: i128, rounding: Rounding) -> i128 {
    mul_div(amount, rate, ONE, rounding).expect("a part of an amount")
}

impl Market {
    pub(crate) fn notional(&self, lots: i64, price: i64) -> i128 {
        i128::from(lots).abs() * i128::from(price) * self.tick_value
    }

    /// The price of a position's end.
    pub(crate) fn end(&self, lots: i64, end: End) -> i64 {
        let marks = self.marks.unwrap_or_default();
        if (lots >= 0) == (end == End::Better) { marks.high } else { marks.low }
    }

    pub(crate) fn profit(&self, position: &Position, end: End) -> i128 {
        let price = i128::from(self.end(position.lots, end));
        i128::from(position.lots) * price * self.tick_value - position.cost
    }

    pub(crate) fn maintenance(&self, notional: i128) -> i128 {
        let step = |bracket: &venue_core::Bracket| (bracket.floor.raw(), bracket.maintenance.raw());
        let steps: Vec<(i128, i128)> = self.settings.brackets.iter().map(step).collect();
        charged(notional, &steps)
    }

    /// The bracket's rate for new risk; all of it, where there are no brackets.
    pub(crate) fn bracket_rate(&self, notional: i128) -> i128 {
        let mut within = self.settings.brackets.iter().filter(|step| step.floor.raw() <= notional);
        within.next_back().map_or(ONE, |step| step.initial.raw())
    }

    /// Whether orders that increase are margined in full.
    pub(crate) fn is_in_full(&self) -> bool {
        self.permits == PriceStatus::Degraded
    }
}

impl Model {
    /// What an account's assets other than the settlement asset are worth, less the haircut.
    pub(crate) fn collateral(&self, account: AccountId, end: End) -> i128 {
        let holdings = &self.accounts[account.place()].holdings;
        holdings
            .iter()
            .map(|(&asset, &amount)| self.collateral_of(asset.place(), amount, end))
            .sum()
    }

    pub(crate) fn collateral_of(&self, place: usize, amount: i128, end: End) -> i128 {
        let asset = &self.assets[place];
        let Some(worth) = asset.worth else { return 0 };
        if asset.settings.haircuts.is_empty() {
            return 0;
        }
        let price = if end == End::Better { worth.high } else { worth.low };
        let worth = mul_div(amount, price, ONE, Rounding::Down).unwrap_or(WORTH_LIMIT);
        let worth = worth.min(WORTH_LIMIT);
        let tiers = asset.settings.haircuts.iter().map(|tier| {
            let rate = if end == End::Better { tier.maintenance } else { tier.initial };
            (tier.floor.raw(), rate.raw())
        });
        worth - charged(worth, &tiers.collect::<Vec<_>>())
    }

    pub(crate) fn is_isolated(&self, account: AccountId, market: MarketId) -> bool {
        let terms = self.accounts[account.place()].terms.get(&market);
        terms.is_some_and(|terms| terms.isolated)
    }

    /// An account's positions, but for isolated ones.
    pub(crate) fn cross(&self, account: AccountId) -> Vec<(MarketId, Position)> {
        let positions = &self.accounts[account.place()].positions;
        positions
            .iter()
            .filter(|&(&(market, _), _)| !self.is_isolated(account, market))
            .map(|(&(market, _), position)| (market, *position))
            .collect()
    }

    pub(crate) fn equity(&self, account: AccountId, end: End) -> i128 {
        let profits = self.cross(account);
        let profits = profits
            .iter()
            .map(|(market, position)| self.markets[market.place()].profit(position, end));
        self.accounts[account.place()].cash + profits.sum::<i128>() + self.collateral(account, end)
    }

    /// What new risk of an amount needs that is a part of a notional.
    pub(crate) fn initial_part(
        &self,
        account: AccountId,
        market: MarketId,
        amount: i128,
        notional: i128,
    ) -> i128 {
        let here = &self.markets[market.place()];
        let terms = self.accounts[account.place()].terms.get(&market);
        let leverage = terms.and_then(|terms| terms.leverage);
        let leverage = i128::from(leverage.unwrap_or(super::accounts::LEVERAGE_AT_FIRST));
        let rate = here.bracket_rate(notional);
        let mut most = rate;
        if let Some(scale) = here.settings.open_interest {
            let marks = here.marks.unwrap_or_default();
            let open = self.open_interest(market) * i128::from(marks.mark) * here.tick_value;
            let (low, high) = (scale.low.raw(), scale.high.raw());
            let above = (open - low).clamp(0, high - low);
            let share = mul_div(above, ONE, high - low, Rounding::Up).expect("at most one");
            most = most.max(rate + part(ONE - rate, share, Rounding::Up));
        }
        if let Some(surcharge) = self.surcharge() {
            most = most.max(rate + part(rate, surcharge, Rounding::Up));
        }
        let by_leverage = mul_div(amount, 1, leverage, Rounding::Up).expect("a part");
        part(amount, most.min(ONE), Rounding::Up).max(by_leverage)
    }

    /// By how much of itself a rate is higher, since the fund covers too little.
    fn surcharge(&self) -> Option<i128> {
        let scale = self.settings.coverage?;
        let coverage = self.coverage?;
        let below = scale.below.raw();
        if coverage >= below {
            return None;
        }
        mul_div(scale.surcharge.raw(), below - coverage, below, Rounding::Up)
    }

    /// Works out how far the fund would go, where it is time.
    pub(crate) fn refresh_coverage(&mut self) {
        let Some(scale) = self.settings.coverage else { return };
        if self.covered_at.is_some_and(|at| self.now - at < COVERAGE_EVERY) {
            return;
        }
        self.covered_at = Some(self.now);
        let shock = scale.shock.raw();
        self.coverage =
            [-shock, shock].into_iter().filter_map(|move_by| self.covers(move_by)).min();
    }

    /// The fund over the two largest losses at a move.
    fn covers(&self, shock: i128) -> Option<i128> {
        let mut losses = Vec::new();
        for (number, account) in (0..).zip(&self.accounts) {
            let id = AccountId::new(number);
            let mut crossed = self.equity(id, End::Better);
            for (&(market, _), position) in &account.positions {
                let here = &self.markets[market.place()];
                let mark = i128::from(here.mark.unwrap_or(0));
                let value = i128::from(position.lots) * mark * here.tick_value;
                let moved = part(value, shock, Rounding::Down);
                if self.is_isolated(id, market) {
                    losses.push(-(position.margin + value - position.cost + moved));
                } else {
                    crossed += moved;
                }
            }
            if shock < 0 {
                for (asset, &amount) in &account.holdings {
                    let value = self.collateral_of(asset.place(), amount, End::Better);
                    crossed += part(value, shock, Rounding::Down);
                }
            }
            losses.push(-crossed);
        }
        losses.sort_unstable();
        let two: i128 = losses.iter().rev().take(2).map(|&loss| loss.max(0)).sum();
        (two > 0).then(|| mul_div(self.purse.fund, ONE, two, Rounding::Down).expect("a ratio"))
    }

    /// All long lots of a market.
    pub(crate) fn open_interest(&self, market: MarketId) -> i128 {
        let positions = self.accounts.iter().flat_map(|account| &account.positions);
        let here = positions.filter(|((there, _), _)| *there == market);
        here.map(|(_, position)| i128::from(position.lots.max(0))).sum()
    }

    /// All that new risk needs of an account, with an order in thought.
    pub(crate) fn initial(&self, account: AccountId, thought: Option<Thought>) -> i128 {
        let mut legs: Vec<(MarketId, PositionSide)> =
            self.accounts[account.place()].positions.keys().copied().collect();
        let orders = self.orders.values().filter(|order| order.placed.account == account);
        legs.extend(orders.map(|order| (order.placed.market, order.placed.position)));
        legs.extend(thought.map(|thought| (thought.market, thought.position)));
        legs.sort_unstable();
        legs.dedup();
        let of_leg = |&(market, position): &(MarketId, PositionSide)| {
            let here = thought.filter(|it| it.market == market && it.position == position);
            [Side::Buy, Side::Sell]
                .map(|side| self.initial_of(account, market, position, side, here))
                .into_iter()
                .max()
                .unwrap_or(0)
        };
        legs.iter().map(of_leg).sum()
    }

    /// What one side of a leg needs, were all its orders of that side to trade.
    fn initial_of(
        &self,
        account: AccountId,
        market: MarketId,
        position: PositionSide,
        side: Side,
        thought: Option<Thought>,
    ) -> i128 {
        let here = &self.markets[market.place()];
        let marks = here.marks.unwrap_or_default();
        let mine = self
            .queue(market, side)
            .into_iter()
            .filter(|order| order.placed.account == account && order.placed.position == position);
        let (mut lots, mut at_limits) = (0, 0);
        for order in mine {
            lots += order.left;
            at_limits += here.notional(order.left, order.price);
        }
        let loss = |lots: i64, at_limits: i128| match side {
            Side::Buy => (at_limits - here.notional(lots, marks.low)).max(0),
            Side::Sell => (here.notional(lots, marks.high) - at_limits).max(0),
        };
        let mut lose = loss(lots, at_limits);
        if let Some(thought) = thought.filter(|thought| thought.side == side) {
            let its = here.notional(thought.lots, thought.limit);
            lose += loss(thought.lots, its);
            lots += thought.lots;
            at_limits += its;
        }
        if matches!(here.settings.kind, MarketKind::Spot { .. }) {
            return if side == Side::Buy { at_limits } else { 0 };
        }
        let held = self.position(account, market, position);
        if self.is_isolated(account, market) {
            let beyond = (lots - held.reducible(side)).max(0);
            let stays = if held.reducible(side) > 0 { 0 } else { held.lots.abs() };
            let made = here.notional(stays + beyond, marks.high);
            let opened = here.notional(beyond, marks.high);
            let full = here.is_in_full();
            let needs =
                if full { opened } else { self.initial_part(account, market, opened, made) };
            return needs + lose;
        }
        let after = held.lots + super::state::signed(side, lots);
        let notional = here.notional(after, marks.high);
        let needs = if here.is_in_full() {
            let own = here.notional(held.lots, marks.high).min(notional);
            self.initial_part(account, market, own, own) + notional - own
        } else {
            self.initial_part(account, market, notional, notional)
        };
        needs + lose
    }

    /// What readers are told of an account.
    pub(crate) fn assessment(&self, account: AccountId) -> Assessment {
        let positions = self.positions_of(Party { account, leg: None });
        let needs = positions.iter().map(|&leg| self.maintenance_of(account, leg));
        let profits = self.cross(account).into_iter().map(|(market, position)| {
            self.markets[market.place()].profit(&position, End::Worse).max(0)
        });
        Assessment {
            equity: Money::from_raw(self.equity(account, End::Better)),
            maintenance: Money::from_raw(needs.sum()),
            equity_worse: Money::from_raw(self.equity(account, End::Worse)),
            initial: Money::from_raw(self.initial(account, None)),
            unrealised: Money::from_raw(profits.sum()),
        }
    }

    pub(crate) fn check_margin(&self, placed: &PlaceOrder, limit: i64, lots: i64) -> Outcome {
        let here = &self.markets[placed.market.place()];
        let fee = here.settings.fees.taker.raw();
        let fee = part(here.notional(lots, limit), fee, Rounding::Up).max(0);
        let thought = Thought {
            market: placed.market,
            position: placed.position,
            side: placed.side,
            lots,
            limit,
        };
        let needs = self.initial(placed.account, Some(thought));
        let has = self.equity(placed.account, End::Worse) - fee;
        enough(has, needs)
    }

    pub(crate) fn check_withdrawal(&self, transfer: &Transfer) -> Outcome {
        let amount = transfer.amount.raw();
        let account = transfer.account;
        let mut after = self.accounts[account.place()].clone();
        if transfer.asset == venue_core::AssetId::SETTLEMENT {
            after.cash -= amount;
        } else {
            *after.holdings.entry(transfer.asset).or_default() -= amount;
        }
        let end = End::Worse;
        let holdings = after.holdings.iter();
        let collateral: i128 =
            holdings.map(|(&asset, &held)| self.collateral_of(asset.place(), held, end)).sum();
        let has = after.cash + collateral + self.losses(account);
        enough(has, self.initial(account, None))
    }

    /// The losses of an account's cross positions that lose.
    fn losses(&self, account: AccountId) -> i128 {
        let profits = self.cross(account);
        let profits = profits
            .iter()
            .map(|(market, position)| self.markets[market.place()].profit(position, End::Worse));
        profits.map(|profit| profit.min(0)).sum()
    }

    pub(crate) fn set_leverage(
        &mut self,
        account: AccountId,
        market: MarketId,
        leverage: u16,
    ) -> Outcome {
        self.may_change(account, market)?;
        let here = self.market(market)?;
        let marks = here.marks.unwrap_or_default();
        for &side in self.sides(account) {
            let held = self.position(account, market, side);
            let rate = here.bracket_rate(here.notional(held.lots, marks.mark));
            let most = if rate > 0 { ONE / rate } else { i128::from(u16::MAX) };
            if leverage < 1 || i128::from(leverage) > most {
                return Err(Refusal::Leverage);
            }
        }
        let before = self.account_mut(account).terms.entry(market).or_default().clone();
        self.account_mut(account).terms.entry(market).or_default().leverage = Some(leverage);
        let has = self.equity(account, End::Worse);
        if let Err(refusal) = enough(has, self.initial(account, None)) {
            self.account_mut(account).terms.insert(market, before);
            return Err(refusal);
        }
        self.open_any_leg(account, market);
        self.tell_terms(account, market);
        Ok(())
    }

    pub(crate) fn move_margin(
        &mut self,
        account: AccountId,
        market: MarketId,
        side: PositionSide,
        amount: Money,
    ) -> Outcome {
        self.may_change(account, market)?;
        let here = self.market(market)?;
        let change = amount.raw();
        if change == 0 || change.unsigned_abs() >= 1 << 110 {
            return Err(Refusal::Amount);
        }
        if !self.sides(account).contains(&side) {
            return Err(Refusal::PositionSide);
        }
        let held = self.position(account, market, side);
        if !self.is_isolated(account, market) || held.lots == 0 {
            return Err(Refusal::Position);
        }
        if held.liquidating {
            return Err(Refusal::InLiquidation);
        }
        if change > 0 {
            let has = self.accounts[account.place()].cash - change
                + self.collateral(account, End::Worse)
                + self.losses(account);
            enough(has, self.initial(account, None))?;
        } else {
            let marks: Marks = here.marks.unwrap_or_default();
            let notional = here.notional(held.lots, marks.high);
            let needs = self.initial_part(account, market, notional, notional);
            let margin = held.margin + change;
            let has = margin + here.profit(&held, End::Worse);
            enough(0, (needs - has).max(-margin))?;
        }
        self.account_mut(account).positions.entry((market, side)).or_default().margin += change;
        let settlement = venue_core::AssetId::SETTLEMENT;
        self.change_balance(account, settlement, -change, BalanceReason::Margin);
        self.tell_margin(account, market, side);
        Ok(())
    }

    pub(crate) fn tell_margin(&mut self, account: AccountId, market: MarketId, side: PositionSide) {
        let margin = Money::from_raw(self.position(account, market, side).margin);
        self.tell(Event::IsolatedMargin { account, market, side, margin });
    }
}

/// Whether there is enough; what is missing, otherwise.
pub(crate) fn enough(has: i128, needs: i128) -> Outcome {
    if has >= needs { Ok(()) } else { Err(Refusal::Margin(Money::from_raw(needs - has))) }
}
