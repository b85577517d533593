//! What is measured: the parsers, and the desk that they are part of.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use oracle::config::{
    ConfigText, DEFAULT_POLL, FeedConfig, MarketConfig, OracleConfig, VenueConfig, VenueReader,
};
use oracle::{ConnectionId, Desk, DeskEvent};
use oracle_core::{Class, FeedId, FeedSettings, GroupKind, Moment, Parameters, SourceId, Status};
use runtime::client::Endpoint;
use runtime::http::Bytes;
use units::{Span, Timestamp};
use wire_market::Venue;

use super::frames::{Frame, START_MS, VENUES, in_tether, market};

/// So many frames come between two ticks: at a million a second a tick of all assets every quarter of a second.
const FRAMES_A_TICK: usize = 250_000;

/// What converts the venues that quote in tether.
const TETHER: &str = "USDT/USD";

/// The desk as it runs behind the connections, with what it is fed.
pub(super) struct Pipeline {
    desk: Desk,
    events: Vec<DeskEvent>,
    /// What says what tether is worth.
    tether: Vec<DeskEvent>,
    assets: usize,
    began: Instant,
}

/// The parsers of all venues, in the order of [`VENUES`].
fn venues() -> Result<Vec<&'static dyn Venue>> {
    let venue = |(name, _): &(&str, u64)| {
        wire_market::venue(name).with_context(|| format!("no parser is named {name}"))
    };
    VENUES.iter().map(venue).collect()
}

/// Reads every frame and takes nothing in: frames a second.
pub(super) fn parse(frames: &[Frame]) -> Result<f64> {
    let venues = venues()?;
    let mut out = Vec::new();
    let start = Instant::now();
    let mut said = 0_usize;
    for frame in frames {
        out.clear();
        let venue = venues.get(frame.venue).context("a frame of an unknown venue")?;
        venue.read(&frame.text, &mut out).map_err(|odd| anyhow::anyhow!("{odd:?}"))?;
        said += out.len();
    }
    let rate = rate(frames.len(), start);
    ensure!(said >= frames.len(), "{said} messages of {} frames", frames.len());
    Ok(rate)
}

/// Reads every frame as any JSON, as a reference: frames a second.
pub(super) fn serde(frames: &[Frame]) -> Result<f64> {
    let start = Instant::now();
    for frame in frames {
        let value: serde_json::Value = serde_json::from_slice(&frame.text)?;
        black_box(value);
    }
    Ok(rate(frames.len(), start))
}

fn rate(count: usize, since: Instant) -> f64 {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    f64::from(count) / since.elapsed().as_secs_f64()
}

impl Pipeline {
    /// A desk with every asset on every venue, and frames as its connections bring them.
    pub(super) fn new(frames: &[Frame], assets: usize) -> Result<Self> {
        let venues = venues()?;
        let mut config = OracleConfig {
            listen: "127.0.0.1:0".parse().context("an address")?,
            record: None,
            feeds: vec![feed(TETHER, Class::Pegged)],
            venues: Vec::new(),
            chains: Vec::new(),
            text: ConfigText::default(),
        };
        config.feeds.extend((0..assets).map(|asset| feed(&symbol(asset), Class::Major)));
        let (mut first, mut connections) = (Vec::new(), 0);
        for (place, venue) in venues.iter().enumerate() {
            let venue = venue_config(place, *venue, assets)?;
            first.push(connections);
            connections += venue.markets.len().div_ceil(venue.reader.markets_max());
            config.venues.push(venue);
        }
        let desk = Desk::new(&config).map_err(|mistakes| anyhow::anyhow!("{mistakes:?}"))?;
        let event = |frame: &Frame| {
            let (venue, first) = venues.get(frame.venue).zip(first.get(frame.venue))?;
            let connection = ConnectionId(first + frame.asset / venue.markets_max());
            Some(DeskEvent::Frame(connection, frame.text.clone()))
        };
        let events = frames.iter().map(event).collect::<Option<Vec<_>>>();
        let mut pipeline = Self {
            desk,
            events: events.context("a frame of an unknown venue")?,
            tether: tether(assets),
            assets,
            began: Instant::now(),
        };
        for id in 0..connections {
            pipeline.desk.take(Moment::default(), &DeskEvent::Opened(ConnectionId(id)));
        }
        Ok(pipeline)
    }

    /// The moment of a frame: frames come a millionth of a second apart.
    fn moment(number: usize) -> Moment {
        let micros = u64::try_from(number).unwrap_or(u64::MAX);
        let now = Timestamp::ZERO.after(Span::from_micros(micros + 1));
        Moment { now, unix_ms: START_MS + micros / 1_000 }
    }

    /// Everything through parser and desk, with ticks of all assets in between: frames a second.
    pub(super) fn run(mut self) -> Result<f64> {
        let start = Instant::now();
        for (number, event) in self.events.iter().enumerate() {
            let at = Self::moment(number);
            self.desk.take(at, event);
            if number % FRAMES_A_TICK == FRAMES_A_TICK - 1 {
                self.tether.iter().for_each(|event| self.desk.take(at, event));
                self.desk.take(at, &DeskEvent::Tick);
            }
        }
        let rate = rate(self.events.len(), start);
        let odd: u64 =
            self.desk.connections().iter().flat_map(|one| &one.odd).map(|odd| odd.1).sum();
        ensure!(odd == 0, "{odd} frames could not be read");
        let live = (1..=self.assets).filter(|feed| {
            let tick = self.desk.oracle().published(FeedId::new(*feed));
            tick.is_some_and(|tick| tick.status == Status::Live)
        });
        let live = live.count();
        ensure!(live == self.assets, "{live} of {} assets are live", self.assets);
        Ok(rate)
    }

    /// Of each frame the time from its bytes in memory to the tick of its asset, in nanoseconds, sorted.
    pub(super) fn latencies(mut self, frames: &[Frame]) -> Vec<u128> {
        let mut nanos = Vec::with_capacity(frames.len());
        for (number, (frame, event)) in frames.iter().zip(&self.events).enumerate() {
            // A hundred times slower than above: ten thousand frames a second, each with a tick of its own.
            let at = Self::moment(number * 100);
            if number % 1_000 == 0 {
                self.tether.iter().for_each(|event| self.desk.take(at, event));
                self.desk.tick_feed(at, FeedId::new(0));
            }
            let start = self.began.elapsed();
            self.desk.take(at, event);
            self.desk.tick_feed(at, FeedId::new(frame.asset + 1));
            nanos.push(self.began.elapsed().saturating_sub(start).as_nanos());
        }
        // The first ones find empty caches and half of the sources silent.
        let mut warm = nanos.split_off(nanos.len() / 4);
        warm.sort_unstable();
        warm
    }
}

fn symbol(asset: usize) -> String {
    format!("A{asset:03}/USD")
}

fn feed(symbol: &str, class: Class) -> FeedConfig {
    let settings = FeedSettings {
        symbol: symbol.to_owned(),
        parameters: Parameters::of(class),
        fundamental: None,
    };
    FeedConfig { settings, rate: None, coingecko: None, hermes: None }
}

/// A venue with a market of each asset, and behind them one of tether where it quotes in dollars.
fn venue_config(place: usize, venue: &'static dyn Venue, assets: usize) -> Result<VenueConfig> {
    let entry =
        |market: String, feed: String, quote| MarketConfig { market, feed, quote, invert: false };
    let quote = in_tether(place).then(|| TETHER.to_owned());
    let mut markets: Vec<MarketConfig> = (0..assets)
        .map(|asset| entry(market(place, asset), symbol(asset), quote.clone()))
        .collect();
    if quote.is_none() {
        markets.push(entry("tether".to_owned(), TETHER.to_owned(), None));
    }
    Ok(VenueConfig {
        name: venue.name().to_owned(),
        reader: VenueReader::BuiltIn(venue),
        websocket: Some(Endpoint::parse("ws://127.0.0.1:1").map_err(anyhow::Error::msg)?),
        rest: None,
        poll: DEFAULT_POLL,
        group: venue.name().to_owned(),
        kind: GroupKind::Exchange,
        silent_after: Span::from_secs(5),
        age_max: None,
        markets,
    })
}

/// Tether's best prices, which no frame is of, as the three venues that quote in dollars answer when they are asked.
fn tether(assets: usize) -> Vec<DeskEvent> {
    let answers = [
        r#"{"bids":[["0.9999","9",1]],"asks":[["1.0001","9",1]]}"#.to_owned(),
        r#"{"error":[],"result":{"USDT":{"a":["1.0001","9","9"],"b":["0.9999","9","9"]}}}"#
            .to_owned(),
        format!(r#"{{"timestamp":"{}","bid":"0.9999","ask":"1.0001"}}"#, START_MS / 1_000),
    ];
    // Those that quote in tether come first, and have one market less.
    let source = |place: usize| SourceId::new(assets * (4 + place) + place);
    let events = answers.into_iter().enumerate();
    events.map(|(place, answer)| DeskEvent::RestQuote(source(place), Bytes::from(answer))).collect()
}
