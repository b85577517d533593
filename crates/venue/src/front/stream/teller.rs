//! Follows what is durable and tells it to those who listen.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use runtime::task::sync::watch;
use runtime::{clock, task};
use units::{Span, Timestamp};
use venue_core::{Liquidated, MarketId, MarketState, PriceOf, PriceStatus, TapeEntry};
use venue_views::{AccountChange, Aggregate, BestChange, Change, Desk, OrderChange, PublicTrade};
use wire_binance::Interval;
use wire_binance::stream::{DepthSpeed, StreamName};

use super::books::{Books, SPEEDS};
use super::forced::Forced;
use super::hub::Topic;
use super::watch::Watch;
use super::{market, user};
use crate::engine::{EngineState, Heard, Published, Subscription};
use crate::front::market::{Market, Markets};
use crate::front::unpriced::Unpriced;
use crate::front::{Front, at_ms, now_ms};

/// The beat that all that is told now and then goes by.
const BEAT: Span = Span::from_millis(50);

/// Beats between two tellings of candles.
const CANDLES: u64 = 5;
/// Beats between two tellings of trades of one order.
const AGGREGATES: u64 = 2;
/// Beats between two looks at which users' streams are over.
const STREAMS: u64 = 200;
/// Beats in a second.
const SECOND: u64 = 20;

/// What is gathered between two tellings.
#[derive(Debug)]
struct Teller {
    front: Arc<Front>,
    markets: Arc<Markets>,
    books: Books,
    /// Markets whose books have changed since partial ones were told, by the speed.
    partial: HashSet<(MarketId, DepthSpeed)>,
    aggregates: BTreeMap<(MarketId, u64), Aggregate>,
    forced: Forced,
    /// When the candles began that were told last, and how many trades they had.
    candles: HashMap<StreamName, (Timestamp, u64)>,
    watch: Watch,
    beat: u64,
    unpriced: Unpriced,
    /// Whether it was told that the engine has stopped.
    engine_stopped: bool,
}

/// Tells what happens until the engine ends or `stopped` says so.
pub(crate) async fn tell(
    front: Arc<Front>,
    mut subscription: Subscription,
    mut stopped: watch::Receiver<bool>,
) {
    let markets = front.markets();
    let forced = Forced::new(front.config.liquidation_feed);
    let mut teller = Teller {
        front,
        markets,
        books: Books::default(),
        partial: HashSet::new(),
        aggregates: BTreeMap::new(),
        forced,
        candles: HashMap::new(),
        watch: Watch::default(),
        beat: 0,
        unpriced: Unpriced::new(clock::now()),
        engine_stopped: false,
    };
    let mut next = clock::now().after(BEAT);
    loop {
        task::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => return,
            () = clock::sleep_until(next) => {
                teller.on_beat();
                next = clock::now().max(next).after(BEAT);
            }
            heard = subscription.next() => match heard {
                Heard::Entries(entries) => entries.iter().for_each(|entry| teller.take(entry)),
                Heard::Lost(messages) => {
                    tracing::error!(messages, "streams fell behind and are closed");
                    teller.books.clear();
                    teller.front.hub.end_all("messages were lost: begin anew");
                }
                Heard::Ended => return,
            }
        }
    }
}

impl Teller {
    fn market(&self, id: MarketId) -> Option<Arc<Market>> {
        self.markets.get(id).cloned()
    }

    fn take(&mut self, entry: &Published) {
        let now = now_ms();
        for change in &entry.changes {
            self.change(change, now);
        }
    }

    fn change(&mut self, change: &Change, now: u64) {
        match change {
            Change::Levels(levels) => {
                self.books.take(levels);
                for speed in SPEEDS {
                    self.partial.insert((levels.market, speed));
                }
            }
            Change::Aggregate(id, aggregate) => {
                self.aggregates.insert((*id, aggregate.number), *aggregate);
            }
            Change::Settings | Change::State(..) => {
                self.front.refresh();
                self.markets = self.front.markets();
                self.alarm(change);
            }
            Change::Best(best) => self.best(best, now),
            Change::Trade(id, trade) => self.trade(*id, trade, now),
            Change::Tape(entry) => {
                self.front.hub.tape_grew(entry.number);
                self.forced(entry, now);
            }
            Change::Order(change) => self.order(change, now),
            Change::Account(change) => self.account(change, now),
            Change::Leg { account, market, leverage, .. } => {
                if let Some(market) = self.market(*market) {
                    let told = user::leverage(&market, *leverage, now);
                    self.front.hub.tell(Topic::User(*account), &told);
                }
            }
            Change::Status(..) | Change::Broken(..) => self.alarm(change),
            Change::Hedge(..)
            | Change::Liquidation { .. }
            | Change::Mark(..)
            | Change::Funded(..)
            | Change::Fund(_) => {}
        }
    }

    /// Raises an alarm of what somebody has to look at now.
    fn alarm(&mut self, change: &Change) {
        if let Change::Status(PriceOf::Index(market), status) = change {
            if *status != PriceStatus::Halted {
                self.unpriced.better(*market);
            } else if self.unpriced.halted(*market, clock::now()) {
                self.alarm_price(*market);
            }
        }
        let named = |market: &MarketId| self.named(*market);
        let alarms = &self.front.alarms;
        if let Change::State(market, MarketState::Halted) = change {
            alarms.raise("market_halted", &format!("{} is halted", named(market)));
        }
        if let Change::Broken(invariant, market) = change {
            let place = market.as_ref().map_or_else(|| "the venue".to_owned(), named);
            alarms.raise("invariant", &format!("{invariant} is broken, and {place} has halted"));
        }
    }

    fn alarm_price(&self, market: MarketId) {
        let text = format!("{} has no price", self.named(market));
        self.front.alarms.raise("price_halted", &text);
    }

    fn named(&self, market: MarketId) -> String {
        let known = self.markets.get(market);
        known.map_or_else(|| market.to_string(), |market| market.symbol.to_string())
    }

    /// Raises an alarm, once, where the engine has stopped: nothing is taken any more then.
    fn look_at_engine(&mut self) {
        if self.engine_stopped {
            return;
        }
        if let EngineState::Stopped(why) = self.front.engine.state() {
            self.engine_stopped = true;
            self.front.alarms.raise("engine_stopped", &why);
        }
    }

    fn best(&self, best: &BestChange, now: u64) {
        let Some(market) = self.market(best.market) else { return };
        let (hub, told) = (&self.front.hub, market::best(best, &market, now));
        hub.tell(Topic::Market(StreamName::BookTicker(market.symbol)), &told);
        hub.tell(Topic::Market(StreamName::AllBookTickers), &told);
    }

    fn trade(&self, id: MarketId, trade: &PublicTrade, now: u64) {
        let Some(market) = self.market(id) else { return };
        let topic = Topic::Market(StreamName::Trade(market.symbol));
        if self.front.hub.wants(topic) {
            self.front.hub.tell(topic, &market::trade(trade, &market, now));
        }
    }

    fn forced(&mut self, entry: &TapeEntry, now: u64) {
        let Liquidated::Position { market, .. } = entry.what else { return };
        let Some(market) = self.market(market) else { return };
        if let Some(told) = market::forced(entry, &market, now) {
            self.forced.take(&self.front.hub, market.id, market.symbol, told);
        }
    }

    fn account(&self, change: &AccountChange, now: u64) {
        let (hub, topic) = (&self.front.hub, Topic::User(change.account));
        if hub.wants(topic) {
            let standing = self.front.look(|desk| user::Standing::of(desk, change.account));
            hub.tell(topic, &user::account(change, &self.markets, standing, now));
        }
    }

    fn order(&self, change: &OrderChange, now: u64) {
        let (hub, topic) = (&self.front.hub, Topic::User(change.order.account()));
        let Some(market) = self.market(change.order.market()).filter(|_| hub.wants(topic)) else {
            return;
        };
        if let Some(told) = user::algo(change, &market, now) {
            hub.tell(topic, &told);
        }
        if let Some(told) = user::order(change, &market, &self.markets, now) {
            hub.tell(topic, &told);
        }
    }

    /// Tells what is told now and then.
    fn on_beat(&mut self) {
        self.beat = self.beat.wrapping_add(1);
        let now = now_ms();
        if self.due(SECOND) {
            self.look_at_engine();
            self.forced.second(&self.front.hub, now);
            for market in self.unpriced.due(clock::now()) {
                self.alarm_price(market);
            }
        }
        if self.due(STREAMS) {
            self.watch.end_streams(&self.front, now);
        }
        self.watch.call(&self.front, &self.markets, (self.beat, now));
        if self.due(AGGREGATES) {
            self.tell_aggregates(now);
        }
        let wanted = self.front.hub.wanted();
        for topic in wanted {
            let Topic::Market(name) = topic else { continue };
            self.tell_now(name, now);
        }
        // What nobody listens to is not gathered for ever.
        for speed in SPEEDS {
            if self.due_at(speed) {
                self.partial.retain(|(_, of)| *of != speed);
                self.forget_unheard(speed);
            }
        }
    }

    /// Forgets what has changed in books that nobody listens to.
    fn forget_unheard(&mut self, speed: DepthSpeed) {
        for market in self.markets.all() {
            let topic = Topic::Market(StreamName::Depth(market.symbol, speed));
            if !self.front.hub.wants(topic) {
                self.books.forget(market.id, speed);
            }
        }
    }

    const fn due(&self, beats: u64) -> bool {
        self.beat.is_multiple_of(beats)
    }

    fn due_at(&self, speed: DepthSpeed) -> bool {
        self.due(speed.millis().checked_div(BEAT.as_millis()).unwrap_or(1).max(1))
    }

    fn tell_aggregates(&mut self, now: u64) {
        for ((id, _), aggregate) in std::mem::take(&mut self.aggregates) {
            let Some(market) = self.market(id) else { continue };
            let topic = Topic::Market(StreamName::AggTrade(market.symbol));
            if self.front.hub.wants(topic) {
                self.front.hub.tell(topic, &market::aggregate(&aggregate, &market, now));
            }
        }
    }

    /// Tells a stream, if it is due.
    fn tell_now(&mut self, name: StreamName, now: u64) {
        let topic = Topic::Market(name);
        let front = Arc::clone(&self.front);
        let hub = &front.hub;
        let market = name.symbol().and_then(|symbol| self.markets.named(symbol).ok().cloned());
        match (name, market) {
            (StreamName::Depth(_, speed), Some(market)) if self.due_at(speed) => {
                if let Some(told) = self.books.tell(&market, speed, now) {
                    hub.tell(topic, &told);
                }
            }
            (StreamName::PartialDepth(_, levels, speed), Some(market))
                if self.due_at(speed) && self.partial.contains(&(market.id, speed)) =>
            {
                let told = front.look(|desk| market::partial(desk, &market, levels, now));
                if let Some(told) = told {
                    hub.tell(topic, &told);
                }
            }
            (StreamName::Kline(_, interval), Some(market)) if self.due(CANDLES) => {
                self.tell_candles(name, &market, interval, now);
            }
            (StreamName::MiniTicker(_) | StreamName::Ticker(_), Some(market))
                if self.due(SECOND) =>
            {
                let Some(ticker) = front.look(|desk| desk.ticker(market.id, at_ms(now))) else {
                    return;
                };
                if matches!(name, StreamName::Ticker(_)) {
                    hub.tell(topic, &market::ticker(&ticker, &market, now));
                } else {
                    hub.tell(topic, &market::mini_ticker(&ticker, &market, now));
                }
            }
            (StreamName::MarkPrice(_, fast), Some(market)) if self.due(seconds(fast)) => {
                hub.tell(topic, &front.look(|desk| market::mark(desk, &market, now)));
            }
            (name, None) => self.tell_all(name, now),
            _ => {}
        }
    }

    /// Tells a stream of all markets, if it is due.
    fn tell_all(&self, name: StreamName, now: u64) {
        let (front, topic) = (&self.front, Topic::Market(name));
        let of_all = |desk: &Desk| -> Vec<(Arc<Market>, venue_views::Ticker)> {
            let tickers = self.markets.all().iter().filter_map(|market| {
                Some((Arc::clone(market), desk.ticker(market.id, at_ms(now))?))
            });
            tickers.collect()
        };
        match (name, self.due(SECOND)) {
            (StreamName::AllMiniTickers, true) => {
                let all = front.look(of_all);
                let told =
                    all.iter().map(|(market, ticker)| market::mini_ticker(ticker, market, now));
                front.hub.tell(topic, &told.collect::<Vec<_>>());
            }
            (StreamName::AllTickers, true) => {
                let all = front.look(of_all);
                let told = all.iter().map(|(market, ticker)| market::ticker(ticker, market, now));
                front.hub.tell(topic, &told.collect::<Vec<_>>());
            }
            (StreamName::AllMarkPrices(fast), true) if self.due(seconds(fast)) => {
                let told: Vec<_> = front.look(|desk| {
                    let all = self.markets.all().iter();
                    all.map(|market| market::mark(desk, market, now)).collect()
                });
                front.hub.tell(topic, &told);
            }
            _ => {}
        }
    }

    /// Tells the newest candle where it is different, and the end of the one before where another has begun.
    fn tell_candles(&mut self, name: StreamName, market: &Market, interval: Interval, now: u64) {
        let Some(span) = venue_views::Interval::of_word(interval.as_str()) else { return };
        let candles = self.front.look(|desk| desk.candles(market.id, span, (None, at_ms(now)), 2));
        let Some(newest) = candles.last() else { return };
        let told = self.candles.insert(name, (newest.from, newest.trades));
        let hub = &self.front.hub;
        if let (Some((from, _)), Some(before)) = (told, candles.first())
            && from == before.from
            && from < newest.from
        {
            hub.tell(Topic::Market(name), &market::kline(before, market, (interval, true), now));
        }
        if told != Some((newest.from, newest.trades)) || self.due(SECOND) {
            hub.tell(Topic::Market(name), &market::kline(newest, market, (interval, false), now));
        }
    }
}

/// Beats between two tellings of a mark.
const fn seconds(fast: bool) -> u64 {
    if fast { SECOND } else { SECOND * 3 }
}
