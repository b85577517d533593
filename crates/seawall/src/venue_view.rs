//! From what the venue has durable to what the status page shows.

use std::sync::{Arc, OnceLock};

use runtime::clock;
use status::{
    AssetView, CoverageView, DelayView, FundView, LaneView, LevelView, MarketState, MarketView,
    PriceStatus, ProofView, TakenBy, TapeLine, TapeWhat, TradeView, VenueState, VenueView,
};
use units::fixed::last_place;
use units::{Money, Price, Quantity, Ratio, Rounding, Span, Timestamp};
use venue::config::AdmissionMode;
use venue::engine::EngineState;
use venue::{LaneFigures, Watch};
use venue_core::{
    AssetId, BookLevel, Liquidated, Lots, MOVES, MarketId, MarketSettings, PriceOf, Side,
    TapeEntry, Ticks,
};
use venue_views::Desk;

/// Levels of each side of a book, trades of a market, and entries of the tape that are shown.
const LEVELS: usize = 10;
const TRADES: usize = 10;
const TAPE: usize = 20;

/// How often the fund's coverage is worked out anew, and everything counted, at most.
const COVERAGE_EVERY: Span = Span::from_secs(2);
const COUNT_EVERY: Span = Span::from_secs(10);

/// Both look at all accounts, and the engine waits for it: they take no more than one part of so many of its time,
/// however many accounts there are.
const SPARING: u64 = 200;

/// A venue that is, or will be: it comes back from its journal while the page is already there.
pub(crate) type Door = Arc<OnceLock<Watch>>;

/// Looks at the venue for the page, and keeps what is too dear to work out each second.
#[derive(Debug)]
pub(crate) struct VenueLook {
    door: Door,
    coverage_due: Timestamp,
    /// When it was worked out, in milliseconds since 1970.
    covered_at: u64,
    coverage: Vec<CoverageView>,
    count_due: Timestamp,
    /// When everything was counted, in milliseconds since 1970, and what did not hold.
    counted: (u64, Vec<String>),
}

impl VenueLook {
    /// What looks at a venue once it is there.
    pub(crate) const fn new(door: Door) -> Self {
        Self {
            door,
            coverage_due: Timestamp::ZERO,
            covered_at: 0,
            coverage: Vec::new(),
            count_due: Timestamp::ZERO,
            counted: (0, Vec::new()),
        }
    }

    /// How the venue stands.
    pub(crate) fn view(&mut self) -> VenueView {
        let Some(watch) = self.door.get().cloned() else { return VenueView::default() };
        self.refresh(&watch);
        let mut view = watch.read(|desk| of_desk(desk, &watch));
        view.state = state(watch.state());
        view.oracle = watch.config().prices.masked();
        view.connected = watch.prices().is_connected();
        view.lanes = watch.lanes().into_iter().map(lane).collect();
        view.fifo = watch.config().admission == AdmissionMode::Fifo;
        view.fund.coverage.clone_from(&self.coverage);
        view.fund.covered_unix_ms = self.covered_at;
        view.proof.broken.clone_from(&self.counted.1);
        view.proof.counted_unix_ms = self.counted.0;
        view
    }

    /// Works out anew what is due. Each look is one of its own, so that the engine gets its turn in between.
    fn refresh(&mut self, watch: &Watch) {
        let now = clock::now();
        if now >= self.coverage_due {
            let falls = MOVES.into_iter().rev().map(|size| Ratio::ZERO.minus(size));
            let moves = falls.chain(MOVES);
            self.covered_at = clock::unix_time().as_millis();
            self.coverage = moves.map(|shock| coverage(watch, shock)).collect();
            self.coverage_due = due(now, COVERAGE_EVERY);
        }
        let now = clock::now();
        if now >= self.count_due {
            let broken = watch.read(|desk| desk.venue().audit());
            let broken = broken.into_iter().map(str::to_owned).collect();
            self.counted = (clock::unix_time().as_millis(), broken);
            self.count_due = due(now, COUNT_EVERY);
        }
    }
}

/// When something is due again that began at a time and has just ended.
fn due(began: Timestamp, every: Span) -> Timestamp {
    let now = clock::now();
    now.after(every.max(now.since(began).times(SPARING)))
}

fn coverage(watch: &Watch, shock: Ratio) -> CoverageView {
    let coverage = watch.read(|desk| desk.venue().coverage(shock));
    CoverageView { move_bps: shock.as_bps(), two_largest: coverage.two_largest, all: coverage.all }
}

fn state(state: EngineState) -> VenueState {
    match state {
        EngineState::Running => VenueState::Running,
        EngineState::Draining => VenueState::Draining,
        EngineState::Stopped(why) => VenueState::Stopped(why),
    }
}

/// A class of work.
fn lane(lane: LaneFigures) -> LaneView {
    let (name, cuts_risk) = match lane.class {
        "reduce" => ("what cuts risk", true),
        "liquidate" => ("liquidations", true),
        "new_risk" => ("new risk", false),
        "query" => ("queries", false),
        other => (other, false),
    };
    LaneView {
        name: name.to_owned(),
        cuts_risk,
        open: lane.open,
        waiting: lane.waiting,
        admitted: lane.admitted,
        shed: lane.shed,
        coalesced: lane.coalesced,
        delay_us: lane.delay_us.map(|(p50, p99)| DelayView { p50, p99 }),
    }
}

fn of_desk(desk: &Desk, watch: &Watch) -> VenueView {
    let venue = desk.venue();
    let count = u16::try_from(venue.markets()).unwrap_or(u16::MAX);
    let settlement = venue.asset_settings(AssetId::SETTLEMENT);
    let fund = venue.fund();
    VenueView {
        halted: venue.is_halted(),
        settlement: settlement.map(|it| it.name.clone()).unwrap_or_default(),
        markets: (0..count).filter_map(|id| market(desk, watch, MarketId::new(id))).collect(),
        assets: assets(desk, watch),
        fund: FundView { fund: fund.fund, ..FundView::default() },
        proof: ProofView {
            brought_in: fund.brought_in,
            accounts: fund.accounts,
            costs: fund.costs,
            fees: fund.fees,
            house: fund.house,
            dust: fund.dust,
            excess: fund.excess(),
            ..ProofView::default()
        },
        tape: tape(desk),
        taped: desk.tape_kept().map_or(0, |(_, newest)| newest),
        liquidating: venue.open_liquidations(),
        accounts: venue.accounts(),
        open_orders: desk.open_orders_of_all(),
        commands: venue.commands(),
        ..VenueView::default()
    }
}

/// A market's units, to turn ticks and lots into prices and quantities.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MarketUnits {
    tick: Price,
    lot: Quantity,
}

impl MarketUnits {
    /// Those of a market's settings.
    pub(crate) const fn of(settings: &MarketSettings) -> Self {
        Self { tick: settings.tick, lot: settings.lot }
    }

    /// A price.
    pub(crate) fn price(self, ticks: Ticks) -> Price {
        Price::from_raw(i128::from(ticks.number()).saturating_mul(self.tick.raw()))
    }

    /// A quantity.
    pub(crate) fn quantity(self, lots: Lots) -> Quantity {
        Quantity::from_raw(i128::from(lots.number()).saturating_mul(self.lot.raw()))
    }

    /// Places behind the point that a price has, and a quantity.
    pub(crate) fn places(self) -> (u8, u8) {
        (places(self.tick.raw()), places(self.lot.raw()))
    }
}

/// How many places a step needs.
fn places(step: i128) -> u8 {
    let fits = |places: &u8| step.checked_rem(i128::from(last_place(*places))) == Some(0);
    (0..=12).find(fits).unwrap_or(12)
}

fn market(desk: &Desk, watch: &Watch, id: MarketId) -> Option<MarketView> {
    let venue = desk.venue();
    let (settings, view) = (venue.market_settings(id)?, venue.market(id)?);
    let units = MarketUnits::of(settings);
    let configured = watch.config().markets.iter().find(|it| it.settings.name == settings.name);
    let depth = desk.depth(id, LEVELS).unwrap_or_default();
    let level = |level: &BookLevel| LevelView {
        price: units.price(level.price),
        quantity: units.quantity(level.lots),
    };
    let trades = desk.trades(id).into_iter().flatten().rev().take(TRADES);
    let recent = trades.map(|trade| TradeView {
        at_unix_ms: trade.at.as_millis(),
        price: units.price(trade.price),
        quantity: units.quantity(trade.lots),
        bought: trade.taker_side == Side::Buy,
    });
    let day = desk.ticker(id, venue.now());
    Some(MarketView {
        symbol: settings.name.clone(),
        feed: configured.map(|it| it.feed.clone()).unwrap_or_default(),
        state: market_state(view.state),
        status: price_status(view.status),
        index: view.index.map(|index| units.price(index)),
        age_ms: desk.price(PriceOf::Index(id)).map(|price| age_ms(price.as_of)),
        mark: view.mark.map(|mark| units.price(mark)),
        last: view.last.map(|last| units.price(last)),
        day_bps: day.filter(|day| day.trades > 0).and_then(|day| {
            let (open, last) = (units.price(day.open), units.price(day.last));
            last.minus(open).over(open, Rounding::Nearest).map(Ratio::as_bps)
        }),
        day_quote: day.map_or(Money::ZERO, |day| day.quote),
        open_interest: units.quantity(view.open_interest),
        trades: view.trades,
        places: units.places(),
        bids: depth.bids.iter().map(level).collect(),
        asks: depth.asks.iter().map(level).collect(),
        recent: recent.collect(),
    })
}

/// How long ago something was true, by the wall clock.
fn age_ms(as_of: Timestamp) -> u64 {
    clock::unix_time().as_millis().saturating_sub(as_of.as_millis())
}

fn assets(desk: &Desk, watch: &Watch) -> Vec<AssetView> {
    let count = u16::try_from(desk.venue().assets()).unwrap_or(u16::MAX);
    let asset = |id: AssetId| {
        let name = &desk.venue().asset_settings(id)?.name;
        let price = desk.price(PriceOf::Asset(id));
        let configured = watch.config().assets.iter().find(|asset| asset.settings.name == *name);
        Some(AssetView {
            name: name.clone(),
            feed: configured.map(|asset| asset.feed.clone()).unwrap_or_default(),
            status: price.map_or(PriceStatus::Halted, |price| price_status(price.status)),
            market: price.map(|price| price.market),
            liquidation: price.map(|price| price.liquidation),
            age_ms: price.map(|price| age_ms(price.as_of)),
        })
    };
    // The first is the settlement asset, which is worth itself.
    (1..count).map(AssetId::new).filter_map(asset).collect()
}

fn tape(desk: &Desk) -> Vec<TapeLine> {
    let Some((_, newest)) = desk.tape_kept() else { return Vec::new() };
    let shown = u64::try_from(TAPE).unwrap_or_default();
    let from = newest.saturating_add(1).saturating_sub(shown);
    let mut lines: Vec<TapeLine> = desk.tape(from).map(|entry| tape_line(desk, entry)).collect();
    lines.reverse();
    lines
}

/// An entry of the tape.
pub(crate) fn tape_line(desk: &Desk, entry: &TapeEntry) -> TapeLine {
    TapeLine {
        number: entry.number,
        at_unix_ms: entry.at.as_millis(),
        account: entry.account.number(),
        what: what(desk, entry.what),
        fee: entry.fee,
        fund_paid: entry.fund_paid,
        holders_paid: entry.holders_paid,
        socialised: entry.socialised,
        unpaid: entry.unpaid,
        fund: entry.fund,
    }
}

fn what(desk: &Desk, what: Liquidated) -> TapeWhat {
    match what {
        Liquidated::Position { market, side, lots, price, mark, taken_by, .. } => {
            let Some(settings) = desk.venue().market_settings(market) else {
                return TapeWhat::Debt;
            };
            let units = MarketUnits::of(settings);
            TapeWhat::Position {
                symbol: settings.name.clone(),
                long: side == Side::Sell,
                quantity: units.quantity(lots),
                price: units.price(price),
                mark: units.price(mark),
                places: units.places(),
                taken_by: match taken_by {
                    venue_core::TakenBy::Book => TakenBy::Book,
                    venue_core::TakenBy::Backstop => TakenBy::Backstop,
                    venue_core::TakenBy::Holders => TakenBy::Holders,
                },
            }
        }
        Liquidated::Collateral { asset, amount, credited, .. } => {
            let asset = desk.venue().asset_settings(asset);
            let asset = asset.map(|asset| asset.name.clone()).unwrap_or_default();
            TapeWhat::Collateral { asset, amount, credited }
        }
        Liquidated::Debt => TapeWhat::Debt,
    }
}

const fn market_state(state: venue_core::MarketState) -> MarketState {
    match state {
        venue_core::MarketState::Trading => MarketState::Trading,
        venue_core::MarketState::ReduceOnly => MarketState::ReduceOnly,
        venue_core::MarketState::CancelOnly => MarketState::CancelOnly,
        venue_core::MarketState::Auction => MarketState::Auction,
        venue_core::MarketState::Halted => MarketState::Halted,
    }
}

const fn price_status(status: venue_core::PriceStatus) -> PriceStatus {
    match status {
        venue_core::PriceStatus::Live => PriceStatus::Live,
        venue_core::PriceStatus::Capped => PriceStatus::Capped,
        venue_core::PriceStatus::Degraded => PriceStatus::Degraded,
        venue_core::PriceStatus::Held => PriceStatus::Held,
        venue_core::PriceStatus::Split => PriceStatus::Split,
        venue_core::PriceStatus::Halted => PriceStatus::Halted,
    }
}
