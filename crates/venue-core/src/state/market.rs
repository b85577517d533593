//! A market: its settings, its state, its prices, and what is held in it.

use units::{Money, Ratio};

use crate::book::Book;
use crate::command::{MarketState, TriggerPrice};
use crate::fund::{DrawDown, DrawDownLimit};
use crate::id::AssetId;
use crate::liquidation::Pace;
use crate::price::{Basis, Quote};
use crate::settings::{MarketKind, MarketSettings};
use crate::state::leg::LegId;
use crate::state::price::Marks;
use crate::state::waiting::Triggers;
use crate::terms::MarketRisk;
use crate::value::{Lots, Side, Ticks, worth};
use units::Timestamp;

/// A market.
#[derive(Debug)]
pub(crate) struct Market {
    pub(crate) settings: MarketSettings,
    /// What one lot is worth for each tick of price.
    pub(crate) tick_value: Money,
    pub(crate) state: MarketState,
    /// The resting orders.
    pub(crate) book: Book,
    /// The last price of its index.
    pub(crate) quote: Quote,
    /// How far the book is from the index.
    pub(crate) basis: Basis,
    /// What margin has to know of it.
    pub(crate) risk: MarketRisk,
    /// What its prices are held to be; `None` before the first.
    pub(crate) marks: Option<Marks>,
    /// How far orders may go.
    pub(crate) bounds: Bounds,
    /// The price of the last trade.
    pub(crate) last: Option<Ticks>,
    /// What waits for the mark.
    pub(crate) by_mark: Triggers,
    /// What waits for the last trade.
    pub(crate) by_last: Triggers,
    /// Whether it is among those whose triggers are looked at after this command.
    pub(crate) has_moved: bool,
    /// Whether it is among those whose invariants are checked after this command.
    pub(crate) is_dirty: bool,
    /// What liquidations have taken of its budgets.
    pub(crate) pace: Pace,
    /// What its liquidations have used of the fund.
    pub(crate) draw_down: DrawDown,
    /// What of the backstop's money taking its positions over has lost.
    pub(crate) backstop: DrawDown,
    /// When its index was last known to have a price.
    pub(crate) priced_at: Option<Timestamp>,
    /// Only the insolvent are liquidated before.
    pub(crate) grace_until: Timestamp,
    /// All legs in it, in the order in which they were opened.
    pub(crate) legs: Vec<LegId>,
    /// How many trades there were.
    pub(crate) trades: u64,
    /// All long positions: the open interest.
    pub(crate) long: Lots,
    /// All short positions, as lots above zero; equal to `long`, or VN-2 is broken.
    pub(crate) short: Lots,
}

impl Market {
    pub(crate) fn new(settings: MarketSettings, risk: MarketRisk) -> Self {
        Self {
            settings,
            tick_value: risk.tick_value,
            state: MarketState::Trading,
            book: Book::new(),
            quote: Quote::default(),
            basis: Basis::default(),
            risk,
            marks: None,
            bounds: Bounds::default(),
            last: None,
            by_mark: Triggers::default(),
            by_last: Triggers::default(),
            has_moved: false,
            is_dirty: false,
            pace: Pace::default(),
            draw_down: DrawDown::default(),
            backstop: DrawDown::default(),
            priced_at: None,
            grace_until: Timestamp::ZERO,
            legs: Vec::new(),
            trades: 0,
            long: Lots::ZERO,
            short: Lots::ZERO,
        }
    }

    /// What waits for one of its prices.
    pub(crate) const fn triggers_mut(&mut self, by: TriggerPrice) -> &mut Triggers {
        match by {
            TriggerPrice::Mark => &mut self.by_mark,
            TriggerPrice::Last => &mut self.by_last,
        }
    }

    /// Whether positions are held in it; else assets change hands.
    pub(crate) fn is_contract(&self) -> bool {
        self.settings.kind == MarketKind::Perpetual
    }

    /// The asset that changes hands in it; `None` where positions are held.
    pub(crate) const fn base(&self) -> Option<AssetId> {
        match self.settings.kind {
            MarketKind::Spot { base } => Some(base),
            MarketKind::Perpetual => None,
        }
    }

    /// How much of the fund its liquidations may use.
    pub(crate) const fn draw_down_limit(&self) -> DrawDownLimit {
        let settings = &self.settings.liquidation;
        DrawDownLimit { window: settings.fund_window, share: settings.fund_share }
    }

    /// How much of what the backstop has may be lost by taking positions over here.
    pub(crate) const fn backstop_limit(&self) -> DrawDownLimit {
        let settings = &self.settings.liquidation;
        DrawDownLimit { window: settings.fund_window, share: settings.backstop_share }
    }

    /// So many lots as an amount of what is traded.
    pub(crate) fn amount(&self, lots: Lots) -> Money {
        Money::from_raw(i128::from(lots.number()).saturating_mul(self.settings.lot.raw()))
    }

    /// What a trade of what changes hands here brings: of it, and of cash once the fee is paid.
    pub(crate) fn exchange(
        &self,
        side: Side,
        lots: Lots,
        price: Ticks,
        fee: Money,
    ) -> (Money, Money) {
        let change = side.signed(lots);
        let paid = worth(change, price, self.tick_value);
        (self.amount(change), Money::ZERO.minus(paid).minus(fee))
    }

    /// Whether its price takes only orders that reduce.
    pub(crate) fn only_reduces(&self, now: Timestamp) -> bool {
        self.quote.only_reduces(now)
    }

    /// The worst limit that an order of a side may have: the band's end; `None` without a price.
    pub(crate) fn band_end(&self, side: Side) -> Option<Ticks> {
        self.marks.map(|_| self.bounds.band.of(side))
    }

    /// The limit of a market order; `None` without a price.
    pub(crate) fn take_bound(&self, side: Side) -> Option<Ticks> {
        self.marks.map(|_| self.bounds.take.of(side))
    }

    /// Works out anew how far orders may go, after a price or other settings.
    pub(crate) fn set_bounds(&mut self) {
        let Some(marks) = self.marks else { return };
        let bound = |low, high, part| Bound {
            buy: beyond(high, part, Side::Buy),
            sell: beyond(low, part, Side::Sell),
        };
        let filters = &self.settings.filters;
        self.bounds = Bounds {
            band: bound(marks.index_low, marks.index_high, filters.band),
            take: bound(marks.low, marks.high, filters.take_bound),
        };
    }

    /// Counts that a position has changed.
    pub(crate) const fn moved(&mut self, from: Lots, to: Lots) {
        self.long = self.long.minus(above_zero(from)).plus(above_zero(to));
        self.risk.open_interest = self.long;
        self.short = self.short.minus(above_zero(from.negated())).plus(above_zero(to.negated()));
    }
}

/// How far orders may go; worked out once a price, since every order asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Of limits.
    band: Bound,
    /// Of market orders.
    take: Bound,
}

/// The worst price of each side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bound {
    buy: Ticks,
    sell: Ticks,
}

impl Bound {
    const fn of(&self, side: Side) -> Ticks {
        match side {
            Side::Buy => self.buy,
            Side::Sell => self.sell,
        }
    }
}

/// A price that is worse for a side by a part of it, rounded towards it; at least one tick.
fn beyond(price: Ticks, part: Ratio, side: Side) -> Ticks {
    let apart = price.part(part);
    match side {
        Side::Buy => price.plus(apart),
        Side::Sell => price.minus(apart).max(Ticks::new(1)),
    }
}

const fn above_zero(lots: Lots) -> Lots {
    if lots.number() > 0 { lots } else { Lots::ZERO }
}
