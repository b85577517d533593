//! The checks of an order, in the order that the rules give.

use units::{Money, Timestamp};

use crate::book::{self, RestingOrder};
use crate::command::{Lifetime, MarketState, PlaceOrder, SelfTrade};
use crate::margin::quick::{self, QuickOrder};
use crate::refusal::Refusal;
use crate::state::{Account, Leg, LegId, Market};
use crate::terms::Pays;
use crate::value::{Lots, PositionSide, Side, Ticks, WHOLE_LIMIT, worth};
use crate::venue::Venue;
use crate::venue::bearing::{Trial, Tried};
use crate::venue::triggers::makes_sense;

/// An order's notional is below this, in trillionths.
const NOTIONAL_LIMIT: Money = Money::from_raw(1 << 100);

/// What the checks have made of an order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checked {
    /// Its lots, cut to what is left to reduce where it may only reduce.
    pub(crate) lots: Lots,
    /// Its limit.
    pub(crate) limit: Ticks,
    /// Whether it may only reduce: it says so, or closes a position of hedge mode.
    pub(crate) reduce_only: bool,
    /// The leg, if there was one.
    pub(crate) leg: Option<LegId>,
}

/// An order that does not only reduce, for the check of margin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewRisk<'a> {
    /// What was asked for.
    pub(crate) placed: &'a PlaceOrder,
    /// The leg, if there is one yet.
    pub(crate) leg: Option<&'a Leg>,
    /// Its lots.
    pub(crate) lots: Lots,
    /// Its limit.
    pub(crate) limit: Ticks,
}

/// What the checks look at.
struct Sight<'a> {
    placed: &'a PlaceOrder,
    account: &'a Account,
    market: &'a Market,
    leg_id: Option<LegId>,
    leg: Option<&'a Leg>,
}

impl Venue {
    /// Checks an order that is to be matched now, whatever it waited for.
    pub(crate) fn check_order(&self, placed: &PlaceOrder) -> Result<Checked, Refusal> {
        match self.plain(placed) {
            Some(checked) => Ok(checked),
            None => self.check_each(&self.sight(placed)?),
        }
    }

    /// What the checks make of an order that surely breaks none of the rules. Nearly all orders are such, and are seen to
    /// be at a glance; only the others are taken through the rules one by one, to find the first that they break.
    #[inline(always)]
    fn plain(&self, placed: &PlaceOrder) -> Option<Checked> {
        let account = self.accounts.get(placed.account.place())?;
        let market = self.markets.get(placed.market.place())?;
        let own = self.leg_among(&account.legs, placed.market, PositionSide::Both)?;
        let leg = self.legs.get(own.place())?;
        if account.liquidating
            || account.hedge
            || !takes_plain(market, self.now)
            || !is_free(leg, market)
        {
            return None;
        }
        let (side, lots, limit) = (placed.side, placed.lots, plain_limit(placed, leg, market)?);
        // A notional of 64 bits is within its limit.
        let notional = lots.number().checked_mul(limit.number())?;
        let notional = notional.checked_mul(market.risk.quick.tick_value()?)?;
        if Money::from_raw(notional.into()) < market.settings.filters.notional_min {
            return None;
        }
        let order = QuickOrder { side, lots, limit, notional };
        let left = quick::after_order(account.cash, leg, &market.risk, &order)?;
        if account.legs.len() > 1 {
            self.after_others(left, account, own)?;
        }
        Some(Checked { lots, limit, reduce_only: false, leg: Some(own) })
    }

    /// Whether so much is surely enough for an account's legs but one.
    #[inline(never)]
    fn after_others(&self, left: i64, account: &Account, but: LegId) -> Option<()> {
        let mut others = account.legs.iter().filter(|leg| **leg != but);
        let left = others.try_fold(left, |left, leg| {
            let leg = self.legs.get(leg.place())?;
            quick::after_leg(left, leg, &self.markets.get(leg.market.place())?.risk)
        });
        (left? >= 0).then_some(())
    }

    /// Takes an order through the rules, in their order.
    #[cold]
    fn check_each(&self, sight: &Sight<'_>) -> Result<Checked, Refusal> {
        let checked = sight.sized();
        let reduces = sight.reduces(&checked);
        sight.check_state(reduces)?;
        sight.check_position_side()?;
        sight.check_lots()?;
        sight.check_price_and_time(self)?;
        let limit = sight.limit().ok_or(Refusal::NoPrice)?;
        let limit = if reduces { self.reducing_limit(sight, checked.lots, limit) } else { limit };
        let checked = Checked { limit, ..checked };
        sight.check_notional(&checked, reduces)?;
        self.check_counts(sight)?;
        sight.check_band(limit)?;
        if !reduces {
            self.check_frozen(sight)?;
            if sight.market.only_reduces(self.now) {
                return Err(Refusal::PriceStatus);
            }
        }
        if checked.reduce_only && checked.lots <= Lots::ZERO {
            return Err(Refusal::ReduceOnly);
        }
        self.check_book(sight, &checked)?;
        if !reduces {
            self.check_base(sight, &checked)?;
            let Sight { placed, leg, .. } = *sight;
            self.margin_for_order(&NewRisk { placed, leg, lots: checked.lots, limit })?;
            self.check_turned(sight, &checked)?;
        }
        Ok(checked)
    }

    /// How far an order that only reduces may go.
    fn reducing_limit(&self, sight: &Sight<'_>, lots: Lots, limit: Ticks) -> Ticks {
        let side = sight.placed.side;
        sight.leg_id.map_or(limit, |leg| {
            self.bearable_limit(&Trial { leg, side, lots, price: limit, pays: Pays::Taker })
        })
    }

    /// An order that closes an isolated position and opens the other way must not cost more than what answers for it.
    fn check_turned(&self, sight: &Sight<'_>, checked: &Checked) -> Result<(), Refusal> {
        let side = sight.placed.side;
        let turns = |leg: &Leg| leg.isolated.is_some() && leg.reducible(side) > Lots::ZERO;
        let Some(leg) = sight.leg_id.filter(|_| sight.leg.is_some_and(turns)) else {
            return Ok(());
        };
        let Checked { lots, limit: price, .. } = *checked;
        let trial = Trial { leg, side, lots, price, pays: Pays::Taker };
        self.try_trade(&Tried::default(), &trial).map(drop).map_err(Refusal::Margin)
    }

    /// Checks an order that is to wait for a trigger: who and where, its size, its price and time, and how many wait.
    pub(crate) fn check_waiting(&self, placed: &PlaceOrder) -> Result<(), Refusal> {
        let sight = self.sight(placed)?;
        let closes = placed.trigger.is_some_and(|trigger| trigger.close_position);
        let only_reduces =
            closes || placed.reduce_only || Leg::only_closes(placed.position, placed.side);
        if sight.market.state != MarketState::Auction {
            sight.check_state(only_reduces)?;
        }
        sight.check_position_side()?;
        if !closes {
            sight.check_lots()?;
        }
        if placed.trigger.is_none_or(|trigger| !makes_sense(trigger.condition)) {
            return Err(Refusal::Price);
        }
        sight.check_price_and_time(self)?;
        let waiting = self.count(&sight, |leg| leg.waiting);
        let most = sight.market.settings.filters.triggers_max;
        if waiting >= most {
            return Err(Refusal::Orders(most));
        }
        if only_reduces && !sight.market.is_contract() { Err(Refusal::ReduceOnly) } else { Ok(()) }
    }

    fn sight<'a>(&'a self, placed: &'a PlaceOrder) -> Result<Sight<'a>, Refusal> {
        let account = self.accounts.get(placed.account.place()).ok_or(Refusal::UnknownAccount)?;
        let market = self.markets.get(placed.market.place()).ok_or(Refusal::UnknownMarket)?;
        let leg_id = self.leg_among(&account.legs, placed.market, placed.position);
        let leg = leg_id.and_then(|leg| self.legs.get(leg.place()));
        if account.liquidating || leg.is_some_and(|leg| leg.liquidating) {
            return Err(Refusal::InLiquidation);
        }
        Ok(Sight { placed, account, market, leg_id, leg })
    }

    /// Adds something up over the account's legs in the market.
    fn count(&self, sight: &Sight<'_>, of: impl Fn(&Leg) -> u32) -> u32 {
        let here = self.legs_here(sight.placed.account, sight.placed.market);
        here.fold(0, |sum, leg| sum.saturating_add(of(leg)))
    }

    fn check_counts(&self, sight: &Sight<'_>) -> Result<(), Refusal> {
        if matches!(sight.placed.lifetime, Lifetime::ImmediateOrCancel | Lifetime::FillOrKill) {
            return Ok(());
        }
        let most = sight.market.settings.filters.orders_max;
        let resting = self.count(sight, Leg::resting_orders);
        if resting >= most || sight.market.book.len() >= book::ORDERS_MAX {
            return Err(Refusal::Orders(most));
        }
        Ok(())
    }

    fn check_frozen(&self, sight: &Sight<'_>) -> Result<(), Refusal> {
        // A leg that is not yet there, the other one of hedge mode, is guarded as those that are.
        let PlaceOrder { account, market, .. } = *sight.placed;
        let leg = sight.leg.or_else(|| self.legs_here(account, market).next());
        let guard = leg.and_then(|leg| leg.guard);
        let guard = guard.and_then(|guard| self.guards.get(guard.place()));
        let frozen = guard.is_some_and(|guard| guard.frozen_until > self.now);
        if frozen { Err(Refusal::Frozen) } else { Ok(()) }
    }

    /// Whoever sells an asset has to have it, and not have promised it to another order.
    fn check_base(&self, sight: &Sight<'_>, checked: &Checked) -> Result<(), Refusal> {
        let Some(base) = sight.market.base() else { return Ok(()) };
        if sight.placed.side == Side::Buy {
            return Ok(());
        }
        let sold = sight.market.amount(checked.lots);
        let promised = self.promised(sight.placed.account, base);
        let free = sight.account.held(base).minus(promised);
        if sold > free { Err(Refusal::Balance) } else { Ok(()) }
    }

    /// Whoever wants to rest must not trade at once, and whoever wants all must get all.
    fn check_book(&self, sight: &Sight<'_>, checked: &Checked) -> Result<(), Refusal> {
        if sight.market.state == MarketState::Auction {
            return Ok(());
        }
        let side = sight.placed.side;
        let best = sight.market.book.best(side.opposite());
        let trades = best.is_some_and(|best| side.reaches(checked.limit, best));
        match sight.placed.lifetime {
            Lifetime::PostOnly if trades => Err(Refusal::PostOnly),
            Lifetime::FillOrKill if !self.could_fill(sight, checked) => Err(Refusal::FillOrKill),
            Lifetime::GoodTillCancelled
            | Lifetime::GoodTill(_)
            | Lifetime::ImmediateOrCancel
            | Lifetime::FillOrKill
            | Lifetime::PostOnly => Ok(()),
        }
    }

    /// Whether all of an order trades at once for certain.
    fn could_fill(&self, sight: &Sight<'_>, checked: &Checked) -> bool {
        let book = &sight.market.book;
        let (side, rule) = (sight.placed.side, sight.placed.self_trade);
        if book.available(side.opposite(), checked.limit, checked.lots) < checked.lots {
            return false;
        }
        let (mut found, mut tried) = (Lots::ZERO, Tried::default());
        let mut doubtful = vec![sight.placed.account];
        for (_, order) in book.resting(side.opposite()) {
            if found >= checked.lots || !side.reaches(checked.limit, order.price) {
                break;
            }
            let own = order.account == sight.placed.account;
            if own && matches!(rule, SelfTrade::CancelTaker | SelfTrade::CancelBoth) {
                break;
            }
            if doubtful.contains(&order.account) {
                continue;
            }
            if !self.stays(order) {
                doubtful.push(order.account);
                continue;
            }
            let lots = order.left.min(checked.lots.minus(found));
            let trial = Trial::of(order, lots, order.price);
            if let Ok(outcome) = self.try_trade(&tried, &trial) {
                tried.add(trial.leg, outcome);
                found = found.plus(lots);
            }
        }
        found >= checked.lots
    }

    /// Whether a resting order stays whatever else of its leg trades before it: it is not cut, and no protection takes it
    /// away.
    fn stays(&self, order: &RestingOrder) -> bool {
        let Some(leg) = self.legs.get(LegId::new(order.leg).place()) else { return false };
        let resting = leg.resting(order.side).lots;
        let is_cut = order.reduce_only && resting > leg.reducible(order.side);
        let guard = leg.guard.and_then(|guard| self.guards.get(guard.place()));
        !is_cut && !guard.is_some_and(|guard| guard.could_trip(resting, self.now))
    }
}

impl Sight<'_> {
    /// What is left of the position to reduce by orders of this side.
    fn room(&self) -> Lots {
        let room = self.leg.map_or(Lots::ZERO, |leg| {
            leg.reducible(self.placed.side).minus(leg.resting(self.placed.side).lots)
        });
        room.max(Lots::ZERO)
    }

    /// The order's lots, and whether it may only reduce.
    fn sized(&self) -> Checked {
        let placed = self.placed;
        let reduce_only = placed.reduce_only || Leg::only_closes(placed.position, placed.side);
        let lots = if reduce_only { placed.lots.min(self.room()) } else { placed.lots };
        Checked { lots, limit: Ticks::ZERO, reduce_only, leg: self.leg_id }
    }

    /// Whether it can only make the position smaller.
    fn reduces(&self, checked: &Checked) -> bool {
        checked.lots > Lots::ZERO && checked.lots <= self.room()
    }

    fn check_state(&self, reduces: bool) -> Result<(), Refusal> {
        let lifetime = self.placed.lifetime;
        let immediate = matches!(lifetime, Lifetime::ImmediateOrCancel | Lifetime::FillOrKill);
        let taken = match self.market.state {
            MarketState::Trading => true,
            MarketState::ReduceOnly => reduces,
            MarketState::Auction => !immediate,
            MarketState::CancelOnly | MarketState::Halted => false,
        };
        if taken { Ok(()) } else { Err(Refusal::MarketState) }
    }

    fn check_position_side(&self) -> Result<(), Refusal> {
        let hedged = self.account.hedge && self.market.is_contract();
        let one = self.placed.position == PositionSide::Both;
        if hedged == one { Err(Refusal::PositionSide) } else { Ok(()) }
    }

    fn check_lots(&self) -> Result<(), Refusal> {
        let filters = self.market.settings.filters;
        let most =
            if self.placed.limit.is_some() { filters.lots_max } else { filters.market_lots_max };
        let closes = self.placed.trigger.is_some_and(|trigger| trigger.close_position);
        let lots = self.placed.lots;
        if lots <= Lots::ZERO || (lots > most && !closes) {
            return Err(Refusal::Lots(most));
        }
        let there = self
            .leg
            .map_or(Lots::ZERO, |leg| leg.lots.size().plus(leg.resting(self.placed.side).lots));
        let whole = Lots::new(WHOLE_LIMIT);
        if there.plus(lots) >= whole { Err(Refusal::Lots(whole.minus(there))) } else { Ok(()) }
    }

    fn check_price_and_time(&self, venue: &Venue) -> Result<(), Refusal> {
        let lifetime = self.placed.lifetime;
        let fits = match self.placed.limit {
            Some(limit) => limit.is_within_limit(),
            None => matches!(lifetime, Lifetime::ImmediateOrCancel | Lifetime::FillOrKill),
        };
        if !fits {
            return Err(Refusal::Price);
        }
        match lifetime {
            Lifetime::GoodTill(until) if until <= venue.now => Err(Refusal::Expiry),
            Lifetime::GoodTill(_)
            | Lifetime::GoodTillCancelled
            | Lifetime::ImmediateOrCancel
            | Lifetime::FillOrKill
            | Lifetime::PostOnly => Ok(()),
        }
    }

    fn limit(&self) -> Option<Ticks> {
        self.placed.limit.or_else(|| self.market.take_bound(self.placed.side))
    }

    fn check_notional(&self, checked: &Checked, reduces: bool) -> Result<(), Refusal> {
        let notional = worth(checked.lots, checked.limit, self.market.tick_value);
        if notional >= NOTIONAL_LIMIT {
            return Err(Refusal::Notional(NOTIONAL_LIMIT));
        }
        let least = self.market.settings.filters.notional_min;
        if !reduces && !checked.reduce_only && notional < least {
            return Err(Refusal::Notional(least));
        }
        Ok(())
    }

    /// A limit beyond the band is refused; one that is no worse than the index is never.
    fn check_band(&self, limit: Ticks) -> Result<(), Refusal> {
        let side = self.placed.side;
        let marks = self.market.marks.ok_or(Refusal::NoPrice)?;
        let is_worse = match side {
            Side::Buy => limit > marks.index_high,
            Side::Sell => limit < marks.index_low,
        };
        if !is_worse || self.placed.limit.is_none() {
            return Ok(());
        }
        let end = self.market.band_end(side).ok_or(Refusal::NoPrice)?;
        if limit != end && side.reaches(limit, end) { Err(Refusal::Band(end)) } else { Ok(()) }
    }
}

/// Whether a market takes orders without a look at anything but their size and price.
fn takes_plain(market: &Market, now: Timestamp) -> bool {
    market.state == MarketState::Trading
        && market.is_contract()
        && !market.only_reduces(now)
        && market.book.len() < book::ORDERS_MAX
}

/// Whether a leg may have another order.
fn is_free(leg: &Leg, market: &Market) -> bool {
    !leg.liquidating
        && leg.guard.is_none()
        && leg.resting_orders() < market.settings.filters.orders_max
}

/// The limit of an order of one-way mode whose size, price and lifetime no rule can refuse.
#[inline(always)]
fn plain_limit(placed: &PlaceOrder, leg: &Leg, market: &Market) -> Option<Ticks> {
    let (limit, end) = (placed.limit?, market.band_end(placed.side)?);
    if placed.position != PositionSide::Both || placed.reduce_only {
        return None;
    }
    let (lots, there) = (placed.lots, leg.lots.size().plus(leg.resting(placed.side).lots));
    let size = lots > Lots::ZERO
        && lots <= market.settings.filters.lots_max
        && there.plus(lots) < Lots::new(WHOLE_LIMIT);
    let price = limit.is_within_limit() && (limit == end || !placed.side.reaches(limit, end));
    let lifetime =
        matches!(placed.lifetime, Lifetime::GoodTillCancelled | Lifetime::ImmediateOrCancel);
    (size && price && lifetime).then_some(limit)
}
