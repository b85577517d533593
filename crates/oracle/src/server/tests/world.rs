//! A core with two feeds, driven by hand up to this moment, and what is published of it.

use std::sync::Arc;

use oracle_core::{
    Class, Depth, Direction, FeedId, FeedSettings, FundamentalSettings, GroupKind, Input, Moment,
    Oracle, OracleSettings, Parameters, Quote, RateSettings, SourceId, SourceSettings, Status,
    explain,
};
use runtime::clock;
use runtime::http::{Response, StatusCode};
use runtime::task::sync::watch;
use serde_json::Value;
use units::{Money, Price, Ratio, Span};

use crate::config::FeedConfig;
use crate::published::{ConnectionView, FeedView, Published};
use crate::server::Server;
use crate::server::hermes::price_id;

const TICK: Span = Span::from_millis(250);

const VENUES: [&str; 5] = ["binance", "coinbase", "kraken", "okx", "bybit"];

pub(super) fn price(text: &str) -> Price {
    Price::parse(text.as_bytes()).expect("a number")
}

pub(super) struct World {
    pub(super) server: Arc<Server>,
    pub(super) at: Moment,
    oracle: Oracle,
    publish: watch::Sender<Arc<Published>>,
    pub(super) stop: watch::Sender<bool>,
    feeds: Vec<FeedView>,
    books: Vec<Option<Price>>,
    sequence: u64,
}

fn feed(symbol: &str, class: Class, coingecko: Option<&str>) -> FeedConfig {
    let worth = RateSettings { fixed: Some(Ratio::ONE), ..RateSettings::default() };
    let fundamental = FundamentalSettings { base: None, rate: worth };
    let fundamental = (class == Class::Pegged).then_some(fundamental);
    let parameters = Parameters::of(class);
    let settings = FeedSettings { symbol: symbol.to_owned(), parameters, fundamental };
    FeedConfig { settings, rate: None, coingecko: coingecko.map(str::to_owned), hermes: None }
}

impl World {
    /// Twenty quiet seconds. The core's time is behind the clock's, so that it can go on without waiting.
    pub(super) fn new() -> Self {
        let feeds = [
            feed("BTC/USD", Class::Major, Some("own-name")),
            feed("WBETH/USD", Class::Pegged, None),
        ];
        let source = |asset: &str, venue: &&str| {
            let name = format!("{venue}:{asset}");
            SourceSettings::new(&name, &format!("{asset}/USD"), venue, GroupKind::Exchange)
        };
        let sources = ["BTC", "WBETH"]
            .iter()
            .flat_map(|asset| VENUES.iter().map(move |venue| source(asset, venue)));
        let sources = sources.collect();
        let settings = feeds.iter().map(|feed| feed.settings.clone()).collect();
        let oracle = Oracle::new(OracleSettings { feeds: settings, sources }).expect("sound");
        let behind = Span::from_secs(600);
        let unix_ms = clock::unix_time().minus(behind).as_millis();
        let at = Moment { now: clock::now().before(behind), unix_ms };
        let plan = Arc::new(oracle.plan().clone());
        let first =
            Published { at, plan, feeds: Vec::new(), connections: Vec::new(), chains: Vec::new() };
        let (publish, published) = watch::channel(Arc::new(first));
        let (stop, stopped) = watch::channel(false);
        let server = Arc::new(Server::new(published, &feeds, stopped));
        let books = [price("68900.01"), price("1")].map(|price| [Some(price); 5]).concat();
        let mut world =
            Self { server, at, oracle, publish, stop, feeds: Vec::new(), books, sequence: 0 };
        for source in 0..10 {
            let money = Money::whole(1_000_000);
            let depth = Depth { bids: money, asks: money, complete: true };
            world.oracle.apply(at, Input::Depth(SourceId::new(source), depth));
        }
        world.secs(20);
        world.publish();
        world
    }

    /// Lets books be told, and prices be worked out.
    pub(super) fn secs(&mut self, secs: u64) {
        for _ in 0..secs * 4 {
            let (now, unix_ms) = (self.at.now.after(TICK), self.at.unix_ms + TICK.as_millis());
            self.at = Moment { now, unix_ms };
            self.sequence += 1;
            for (place, book) in self.books.iter().enumerate() {
                let Some(middle) = book else { continue };
                let half = Price::from_raw(middle.raw() / 20_000);
                let (bid, ask) = (middle.minus(half), middle.plus(half));
                let quote = Quote { bid, ask, time_ms: Some(unix_ms), sequence: self.sequence };
                self.oracle.apply(self.at, Input::Quote(SourceId::new(place), quote));
            }
            self.oracle.tick(self.at);
            self.feeds = self.views();
            self.server.past.observe(&self.published());
        }
    }

    fn views(&self) -> Vec<FeedView> {
        let symbols = self.oracle.plan().feeds().map(|(id, feed)| (id, feed.symbol.clone()));
        let view = |(id, symbol): (FeedId, String)| FeedView {
            id,
            symbol: symbol.into(),
            tick: self.oracle.published(id).expect("there is one").clone(),
            rate: self.oracle.rate(id),
            cost: [Direction::Down, Direction::Up].map(|way| self.oracle.cost_to_move(id, way)),
            explanation: explain(&self.oracle, id).expect("there is one").into(),
        };
        symbols.map(view).collect()
    }

    fn published(&self) -> Published {
        let binance = ConnectionView {
            name: "binance".into(),
            streams: true,
            open_since: Some(self.at),
            odd: vec![("no_json", 2)],
            ..ConnectionView::default()
        };
        Published {
            at: self.at,
            plan: Arc::new(self.oracle.plan().clone()),
            feeds: self.feeds.iter().cloned().map(Arc::new).collect(),
            connections: vec![binance],
            chains: Vec::new(),
        }
    }

    /// Publishes what is known, as of now.
    pub(super) fn publish(&self) {
        self.published_ago(Span::ZERO);
    }

    /// Publishes what is known, as of some time ago.
    pub(super) fn published_ago(&self, ago: Span) {
        let now = clock::now().before(ago);
        let late = now.since(self.at.now);
        let moved = |at: Moment| Moment { now: at.now.after(late), ..at };
        let mut published = self.published();
        for view in &mut published.feeds {
            let mut view_now = (**view).clone();
            view_now.tick.at = moved(view_now.tick.at);
            view_now.tick.as_of = view_now.tick.as_of.map(moved);
            if let Some(last) = &mut view_now.tick.last_good {
                last.at = moved(last.at);
            }
            *view = Arc::new(view_now);
        }
        published.at = moved(published.at);
        self.publish.send_replace(Arc::new(published));
    }

    /// Makes a feed look as the core leaves it in a status.
    pub(super) fn set(&mut self, symbol: &str, status: Status) {
        let tick = &mut self.view(symbol).tick;
        tick.status = status;
        match status {
            Status::Live | Status::Capped | Status::Degraded => {}
            Status::Held => tick.age = Span::from_secs(1),
            Status::Split | Status::Halted => {
                (tick.market, tick.liquidation, tick.confidence) = (None, None, None);
                (tick.as_of, tick.age) = (None, Span::ZERO);
                if status == Status::Split {
                    tick.clusters = vec![price("65000"), price("68900")];
                }
            }
        }
        let at = self.at;
        // The past is of the same status, from its first second on.
        self.server = Arc::new(Server::new(
            self.publish.subscribe(),
            &[feed(symbol, Class::Major, None)],
            self.stop.subscribe(),
        ));
        self.server.past.observe(&Published { at, ..self.published() });
    }

    pub(super) fn view(&mut self, symbol: &str) -> &mut FeedView {
        self.feeds.iter_mut().find(|view| *view.symbol == *symbol).expect("it is there")
    }

    pub(super) fn move_source(&mut self, source: usize, to: &str) {
        self.books[source] = Some(price(to));
    }

    /// Nobody says anything any more.
    pub(super) fn silence(&mut self) {
        self.books.fill(None);
    }

    pub(super) fn id(&self, symbol: &str) -> String {
        price_id(symbol)
    }

    pub(super) fn get(&self, target: &str) -> (StatusCode, String) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let response = self.server.answer(path, query);
        (response.status(), body(&response))
    }

    pub(super) fn json(&self, target: &str) -> Value {
        let (code, text) = self.get(target);
        assert_eq!(code, StatusCode::OK, "{target}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }
}

pub(super) fn body(response: &Response) -> String {
    let body = response.body().expect("a whole body");
    String::from_utf8(body.to_vec()).expect("text")
}
