//! A small market to tell stories with: venues whose books are where the story puts them.

use oracle_core::{
    Class, Depth, FeedSettings, FundamentalSettings, GroupKind, Input, Moment, Oracle,
    OracleSettings, Parameters, Quote, RateSettings, Refusal, SourceId, SourceSettings, Status,
    Tick,
};
use units::{Money, Price, Ratio, Span, Timestamp};

/// Between two ticks.
pub(crate) const TICK: Span = Span::from_millis(250);

/// When the stories begin, in milliseconds since 1970.
const START_MS: u64 = 1_760_130_000_000;

pub(crate) fn price(text: &str) -> Price {
    Price::parse(text.as_bytes()).expect("a number")
}

/// Whether a price is there, and what the text says but for the books' trembling.
pub(crate) fn is(found: Option<Price>, text: &str) -> bool {
    found.is_some_and(|found| found.distance(price(text)).raw() <= 1_000)
}

/// An oracle with one feed, its venues, and the time.
pub(crate) struct Market {
    pub(crate) oracle: Oracle,
    pub(crate) ticks: u64,
    /// Where each source's midpoint is; `None` where it says nothing.
    pub(crate) books: Vec<Option<Price>>,
    /// Sources whose books do not tremble.
    pub(crate) still: Vec<usize>,
    sequence: u64,
}

/// A feed of a token that is redeemed for a dollar, with these venues.
pub(crate) fn pegged(venues: &[(&str, GroupKind)]) -> OracleSettings {
    let rate = RateSettings { fixed: Some(Ratio::ONE), ..RateSettings::default() };
    let feed = FeedSettings {
        symbol: "USDE/USD".to_owned(),
        parameters: Parameters::of(Class::Pegged),
        fundamental: Some(FundamentalSettings { base: None, rate }),
    };
    settings(feed, venues)
}

/// A feed of a coin, with these venues.
pub(crate) fn coin(venues: &[(&str, GroupKind)]) -> OracleSettings {
    let parameters = Parameters::of(Class::Major);
    settings(FeedSettings { symbol: "BTC/USD".to_owned(), parameters, fundamental: None }, venues)
}

fn settings(feed: FeedSettings, venues: &[(&str, GroupKind)]) -> OracleSettings {
    let source = |(name, kind): &(&str, GroupKind)| {
        SourceSettings::new(&format!("{name}:1"), &feed.symbol, name, *kind)
    };
    let sources = venues.iter().map(source).collect();
    OracleSettings { feeds: vec![feed], sources }
}

/// A dollar price that converts another one, which converts a third; each is told by three venues.
pub(crate) fn row() -> OracleSettings {
    let symbols = ["USDT/USD", "ETH/USD", "WETH/USD"];
    let before = [None, Some("USDT/USD"), Some("ETH/USD")];
    let (mut feeds, mut sources) = (Vec::new(), Vec::new());
    for (symbol, quote) in symbols.into_iter().zip(before) {
        let (symbol, parameters) = (symbol.to_owned(), Parameters::of(Class::Major));
        for group in ["binance", "coinbase", "kraken"] {
            let name = format!("{group}:{symbol}");
            let source = SourceSettings::new(&name, &symbol, group, GroupKind::Exchange);
            sources.push(SourceSettings { quote: quote.map(str::to_owned), ..source });
        }
        feeds.push(FeedSettings { symbol, parameters, fundamental: None });
    }
    OracleSettings { feeds, sources }
}

/// Six venues: five books and a pool.
pub(crate) const SIX: [(&str, GroupKind); 6] = [
    ("binance", GroupKind::Exchange),
    ("coinbase", GroupKind::Exchange),
    ("kraken", GroupKind::Exchange),
    ("okx", GroupKind::Exchange),
    ("bybit", GroupKind::Exchange),
    ("curve", GroupKind::Pool),
];

impl Market {
    pub(crate) fn new(settings: OracleSettings, at: &str) -> Self {
        let oracle = Oracle::new(settings).expect("a sound configuration");
        let books = vec![Some(price(at)); oracle.plan().sources().count()];
        Self { oracle, ticks: 0, books, still: Vec::new(), sequence: 0 }
    }

    pub(crate) fn now(&self) -> Moment {
        let since = TICK.times(self.ticks);
        Moment { now: Timestamp::ZERO.after(since), unix_ms: START_MS + since.as_millis() }
    }

    /// Puts the books of some sources somewhere.
    pub(crate) fn put(&mut self, sources: &[usize], at: Option<&str>) {
        for source in sources {
            self.books[*source] = at.map(price);
        }
    }

    /// Tells how deep each book is, in thousands.
    pub(crate) fn depths(&mut self, thousands: &[i128]) {
        for (source, thousands) in thousands.iter().enumerate() {
            let money = Money::whole(thousands * 1_000);
            let depth = Depth { bids: money, asks: money, complete: true };
            self.oracle.apply(self.now(), Input::Depth(SourceId::new(source), depth));
        }
    }

    /// Lets books be told and ticks be worked out for a while; `each` sees every tick.
    pub(crate) fn run(&mut self, span: Span, mut each: impl FnMut(&Tick)) {
        for _ in 0..span.as_nanos() / TICK.as_nanos() {
            self.ticks += 1;
            self.sequence += 1;
            for (source, book) in self.books.clone().into_iter().enumerate() {
                let Some(middle) = book else { continue };
                // A living book is never quite still.
                let trembling = if self.still.contains(&source) { 0 } else { self.sequence % 7 };
                let middle = middle.plus(Price::from_raw(i128::from(trembling)));
                let half = Price::from_raw(middle.raw() / 20_000);
                let quote = Quote {
                    bid: middle.minus(half),
                    ask: middle.plus(half),
                    time_ms: Some(self.now().unix_ms),
                    sequence: self.sequence,
                };
                self.oracle.apply(self.now(), Input::Quote(SourceId::new(source), quote));
            }
            self.oracle.tick(self.now());
            each(self.tick());
        }
    }

    pub(crate) fn secs(&mut self, secs: u64) {
        self.run(Span::from_secs(secs), |_| {});
    }

    pub(crate) fn tick(&self) -> &Tick {
        self.oracle.published(oracle_core::FeedId::new(0)).expect("there is one feed")
    }

    pub(crate) fn status(&self) -> Status {
        self.tick().status
    }

    pub(crate) fn refusal(&self, source: usize) -> Option<Refusal> {
        self.tick().sources[source].refusal
    }
}
