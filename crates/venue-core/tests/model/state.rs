//! What the model knows.

use std::collections::BTreeMap;

use venue_core::{
    AccountId, AssetId, AssetSettings, Lots, MarketId, MarketKind, MarketSettings, MarketState,
    OrderId, PlaceOrder, PositionSide, PriceStatus, Protection, Side,
};

/// An asset.
#[derive(Clone, Debug)]
pub(crate) struct Asset {
    pub(crate) settings: AssetSettings,
    /// Deposits less withdrawals.
    pub(crate) brought_in: i128,
    /// What the venue's house took over, and what it has got for it less what it has given.
    pub(crate) house: i128,
    pub(crate) house_cash: i128,
    /// It may not be withdrawn before.
    pub(crate) gated_until: u64,
    /// What one unit is worth.
    pub(crate) worth: Option<Worth>,
    /// When the last price was true.
    pub(crate) heard: Option<u64>,
    pub(crate) standing: Standing,
    pub(crate) split: Option<u64>,
}

/// What a price is good for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    /// When it came.
    status: PriceStatus,
    /// After this it is held, and after that halted.
    held: u64,
    halted: u64,
}

impl Standing {
    /// Before there was a price.
    pub(crate) const NONE: Self = Self { status: PriceStatus::Halted, held: 0, halted: 0 };

    /// What it is good for now.
    pub(crate) fn at(&self, now: u64) -> PriceStatus {
        if self.status == PriceStatus::Halted || now > self.halted {
            PriceStatus::Halted
        } else if now > self.held {
            PriceStatus::Held
        } else {
            self.status
        }
    }

    /// After a price of an age, where prices may be so old and are held for so long.
    pub(crate) fn followed_by(
        self,
        status: PriceStatus,
        age: u64,
        now: u64,
        [age_max, held_max]: [u64; 2],
    ) -> Self {
        let left = age_max.saturating_sub(age);
        let valued = !matches!(status, PriceStatus::Held | PriceStatus::Halted);
        if valued && age <= age_max {
            // From when it was true on.
            let held = now.saturating_add(left);
            return Self { status, held, halted: held.saturating_add(held_max) };
        }
        match (status, self.at(now)) {
            (PriceStatus::Halted, _) | (_, PriceStatus::Halted) => Self::NONE,
            (_, PriceStatus::Held) => Self { status: PriceStatus::Held, ..self },
            _ => {
                let halted = now.saturating_add(held_max);
                Self { status: PriceStatus::Held, held: now, halted }
            }
        }
    }
}

/// What one unit of an asset is worth.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Worth {
    pub(crate) low: i128,
    pub(crate) high: i128,
}

/// Where a market's prices may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    pub(crate) index_low: i64,
    pub(crate) index_high: i64,
    pub(crate) mark: i64,
    pub(crate) low: i64,
    pub(crate) high: i64,
}

impl Default for Asset {
    fn default() -> Self {
        let settings = AssetSettings { name: String::new(), haircuts: Vec::new() };
        Self {
            settings,
            brought_in: 0,
            house: 0,
            house_cash: 0,
            gated_until: 0,
            worth: None,
            heard: None,
            standing: Standing::NONE,
            split: None,
        }
    }
}

/// A market.
#[derive(Clone, Debug)]
pub(crate) struct Market {
    pub(crate) settings: MarketSettings,
    pub(crate) tick_value: i128,
    pub(crate) state: MarketState,
    pub(crate) trades: u64,
    pub(crate) last: Option<i64>,
    pub(crate) index: Option<i64>,
    pub(crate) mark: Option<i64>,
    pub(crate) marks: Option<Marks>,
    /// When the last price was true.
    pub(crate) heard: Option<u64>,
    pub(crate) standing: Standing,
    /// The last status that says what orders may do.
    pub(crate) permits: PriceStatus,
    /// Since when the index is split.
    pub(crate) split: Option<u64>,
    /// The average of the mark less the index, in parts of 2^-32 tick.
    pub(crate) basis: i128,
    pub(crate) averaged_at: u64,
    /// When the last price with values came, and until when only the insolvent are liquidated.
    pub(crate) valued_at: Option<u64>,
    pub(crate) grace_until: u64,
    /// Until when an interval of the engine's buys, or sales, lasts, and what is left of its budget.
    pub(crate) pace: [(u64, i64); 2],
    /// Until when a window of the fund's draw-down lasts, and what is left of its budget.
    pub(crate) draw_down: (u64, i128),
    /// The same of what the backstop may lose.
    pub(crate) backstop: (u64, i128),
}

impl Market {
    /// What a spot market trades.
    pub(crate) fn base(&self) -> Option<AssetId> {
        match self.settings.kind {
            MarketKind::Spot { base } => Some(base),
            MarketKind::Perpetual => None,
        }
    }

    /// So many lots as an amount of what a spot market trades.
    pub(crate) fn amount(&self, lots: i64) -> i128 {
        i128::from(lots) * self.settings.lot.raw()
    }

    pub(crate) fn new(settings: MarketSettings) -> Self {
        let tick_value = settings.tick_value().expect("checked settings").raw();
        Self {
            settings,
            tick_value,
            state: MarketState::Trading,
            trades: 0,
            last: None,
            index: None,
            mark: None,
            marks: None,
            heard: None,
            standing: Standing::NONE,
            permits: PriceStatus::Halted,
            split: None,
            basis: 0,
            averaged_at: 0,
            valued_at: None,
            grace_until: 0,
            pace: [(0, 0); 2],
            draw_down: (0, 0),
            backstop: (0, 0),
        }
    }
}

/// What somebody has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    pub(crate) cash: i128,
    pub(crate) holdings: BTreeMap<AssetId, i128>,
    pub(crate) hedge: bool,
    pub(crate) liquidating: bool,
    /// Its positions, and where it may have some, in the order in which they were first named.
    pub(crate) legs: Vec<(MarketId, PositionSide)>,
    pub(crate) terms: BTreeMap<MarketId, Terms>,
    pub(crate) positions: BTreeMap<(MarketId, PositionSide), Position>,
}

/// An account's settings in a market.
#[derive(Clone, Debug, Default)]
pub(crate) struct Terms {
    pub(crate) leverage: Option<u16>,
    pub(crate) isolated: bool,
    /// When the count-down ends.
    pub(crate) cancel_at: Option<u64>,
    pub(crate) guard: Option<Guard>,
}

/// Market-maker protection, and what it has counted.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    pub(crate) protection: Protection,
    /// When the window began, and what has traded in it.
    pub(crate) window: Option<(u64, i64)>,
    pub(crate) frozen_until: u64,
}

impl Guard {
    /// What has traded in the window that a time is in.
    pub(crate) fn counted(&self, now: u64) -> i64 {
        match self.window {
            Some((since, lots)) if now - since < self.protection.window.as_nanos() => lots,
            _ => 0,
        }
    }
}

/// A position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) lots: i64,
    pub(crate) cost: i128,
    pub(crate) margin: i128,
    pub(crate) liquidating: bool,
    /// What trading has realised.
    pub(crate) earned: i128,
}

/// An order that rests, or waits for its trigger.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) id: OrderId,
    pub(crate) placed: PlaceOrder,
    pub(crate) price: i64,
    pub(crate) left: i64,
    /// Lots that have traded.
    pub(crate) traded: i64,
    /// Its turn among those of its price.
    pub(crate) arrival: u64,
    pub(crate) waits: bool,
    /// Of one that trails: the best price so far.
    pub(crate) best: Option<i64>,
}

impl Order {
    /// Whether it is one of the liquidation engine.
    pub(crate) fn is_engines(&self) -> bool {
        self.id == OrderId::new(0)
    }

    pub(crate) fn is_of(&self, account: AccountId, market: MarketId) -> bool {
        self.placed.account == account && self.placed.market == market
    }
}

/// The venue's own money.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Purse {
    pub(crate) fees: i128,
    pub(crate) fund: i128,
    pub(crate) dust: i128,
    pub(crate) brought_in: i128,
}

impl Position {
    /// The lots that a trade of a side could take off it.
    pub(crate) fn reducible(&self, side: Side) -> i64 {
        match side {
            Side::Buy => (-self.lots).max(0),
            Side::Sell => self.lots.max(0),
        }
    }
}

/// Lots with the sign of a side.
pub(crate) fn signed(side: Side, lots: i64) -> i64 {
    side.signed(Lots::new(lots)).number()
}
