//! What is measured: the parsers, and the core behind them.

use std::collections::HashMap;
use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use oracle_core::{
    Class, FeedId, FeedSettings, GroupKind, Input, Moment, Oracle, OracleSettings, Parameters,
    Quote, SourceId, SourceSettings, Status, Trade,
};
use units::{Price, Span, Timestamp};
use wire_market::{Message, Venue};

use super::frames::{Frame, START_MS, VENUES, in_tether, market};

/// So many frames come between two ticks: at a million a second a tick of all assets every quarter of a second.
const FRAMES_A_TICK: usize = 250_000;

/// Parsers, the names of markets, and the core.
pub(super) struct Pipeline {
    venues: Vec<&'static dyn Venue>,
    markets: Vec<HashMap<String, SourceId>>,
    oracle: Oracle,
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
        venue.read(frame.text.as_bytes(), &mut out).map_err(|odd| anyhow::anyhow!("{odd:?}"))?;
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
        let value: serde_json::Value = serde_json::from_str(&frame.text)?;
        black_box(value);
    }
    Ok(rate(frames.len(), start))
}

fn rate(count: usize, since: Instant) -> f64 {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    f64::from(count) / since.elapsed().as_secs_f64()
}

impl Pipeline {
    pub(super) fn new(assets: usize) -> Result<Self> {
        let feed = |symbol: &str, class| FeedSettings {
            symbol: symbol.to_owned(),
            parameters: Parameters::of(class),
            fundamental: None,
        };
        let mut feeds = vec![feed("USDT/USD", Class::Pegged)];
        let direct = |(venue, _): &(&str, u64)| {
            SourceSettings::new(&format!("{venue}:USDT"), "USDT/USD", venue, GroupKind::Exchange)
        };
        let mut sources: Vec<SourceSettings> = VENUES.iter().skip(3).map(direct).collect();
        let mut markets = vec![HashMap::new(); VENUES.len()];
        for asset in 0..assets {
            let symbol = format!("A{asset:03}/USD");
            feeds.push(feed(&symbol, Class::Major));
            for (venue, names) in markets.iter_mut().enumerate() {
                let (group, _) = VENUES.get(venue).context("there is a venue")?;
                let name = market(venue, asset);
                names.insert(name.clone(), SourceId::new(sources.len()));
                let quote = in_tether(venue).then(|| "USDT/USD".to_owned());
                let name = format!("{group}:{name}");
                let source = SourceSettings::new(&name, &symbol, group, GroupKind::Exchange);
                sources.push(SourceSettings { quote, ..source });
            }
        }
        let oracle = Oracle::new(OracleSettings { feeds, sources })
            .map_err(|mistakes| anyhow::anyhow!("{mistakes:?}"))?;
        Ok(Self { venues: venues()?, markets, oracle, assets, began: Instant::now() })
    }

    /// The moment of a frame: frames come a millionth of a second apart.
    fn moment(number: usize) -> Moment {
        let micros = u64::try_from(number).unwrap_or(u64::MAX);
        let now = Timestamp::ZERO.after(Span::from_micros(micros + 1));
        Moment { now, unix_ms: START_MS + micros / 1_000 }
    }

    /// Tether's own books, which no frame is of.
    fn tell_tether(&mut self, at: Moment) {
        for source in 0..3 {
            let half = Price::from_raw(100_000_000);
            let (bid, ask) = (Price::ONE.minus(half), Price::ONE.plus(half));
            let quote = Quote { bid, ask, time_ms: Some(at.unix_ms), sequence: 0 };
            self.oracle.apply(at, Input::Quote(SourceId::new(source), quote));
        }
    }

    /// Reads one frame and takes in what it says.
    fn take<'a>(&mut self, frame: &'a Frame, at: Moment, out: &mut Vec<Message<'a>>) -> Result<()> {
        out.clear();
        let venue = self.venues.get(frame.venue).context("a frame of an unknown venue")?;
        venue.read(frame.text.as_bytes(), out).map_err(|odd| anyhow::anyhow!("{odd:?}"))?;
        let markets = self.markets.get(frame.venue).context("a frame of an unknown venue")?;
        for message in out.drain(..) {
            match message {
                Message::Quote(market, said) => {
                    let Some(source) = markets.get(market) else { continue };
                    let wire_market::Quote { bid, ask, time_ms, sequence, .. } = said;
                    let quote = Quote { bid, ask, time_ms, sequence };
                    self.oracle.apply(at, Input::Quote(*source, quote));
                }
                Message::Trade(market, said) => {
                    let Some(source) = markets.get(market) else { continue };
                    let wire_market::Trade { price, quantity, time_ms, sequence } = said;
                    let trade = Trade { price, quantity, time_ms, sequence };
                    self.oracle.apply(at, Input::Trade(*source, trade));
                }
                Message::Beat | Message::Count(_) | Message::Refused(_) | Message::Reconnect => {}
            }
        }
        Ok(())
    }

    /// Everything through parser and core, with ticks of all assets in between: frames a second.
    pub(super) fn run(&mut self, frames: &[Frame]) -> Result<f64> {
        let mut out = Vec::new();
        let start = Instant::now();
        for (number, frame) in frames.iter().enumerate() {
            let at = Self::moment(number);
            self.take(frame, at, &mut out)?;
            if number % FRAMES_A_TICK == FRAMES_A_TICK - 1 {
                self.tell_tether(at);
                self.oracle.tick(at);
            }
        }
        let rate = rate(frames.len(), start);
        let live = (1..=self.assets).filter(|feed| {
            let tick = self.oracle.published(FeedId::new(*feed));
            tick.is_some_and(|tick| tick.status == Status::Live)
        });
        let live = live.count();
        ensure!(live == self.assets, "{live} of {} assets are live", self.assets);
        Ok(rate)
    }

    /// Of each frame the time from its bytes in memory to the tick of its asset, in nanoseconds, sorted.
    pub(super) fn latencies(&mut self, frames: &[Frame]) -> Result<Vec<u128>> {
        let mut out = Vec::new();
        let mut nanos = Vec::with_capacity(frames.len());
        for (number, frame) in frames.iter().enumerate() {
            // A hundred times slower than above: ten thousand frames a second, each with a tick of its own.
            let at = Self::moment(number * 100);
            if number % 1_000 == 0 {
                self.tell_tether(at);
                self.oracle.tick_feed(at, FeedId::new(0));
            }
            let start = self.began.elapsed();
            self.take(frame, at, &mut out)?;
            self.oracle.tick_feed(at, FeedId::new(frame.asset + 1));
            nanos.push(self.began.elapsed().saturating_sub(start).as_nanos());
        }
        // The first ones find empty caches and half of the sources silent.
        let mut warm = nanos.split_off(nanos.len() / 4);
        warm.sort_unstable();
        Ok(warm)
    }
}
