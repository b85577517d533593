//! A changed configuration beside the one that runs: fed the same events, it shows where they would have differed.

use std::collections::BTreeMap;

use oracle_core::{FeedId, Moment, SourceId, Status, Tick};
use units::{Price, Ratio};

use crate::ReplayError;
use crate::config::OracleConfig;
use crate::desk::Desk;
use crate::event::{ConnectionId, DeskEvent};
use crate::record::{Header, Recorded, What};

/// Prices nearer than this are told apart in the counts only: they differ by what venues differ.
const NOTICED: Ratio = Ratio::from_bps(1);

/// Two desks over the same events.
#[derive(Debug)]
pub struct Shadow {
    old: Desk,
    new: Desk,
    names: Names,
    feeds: Vec<Pair>,
}

/// How the two stand to each other at one tick of a feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Standing {
    #[default]
    Same,
    /// Other words for the price.
    Status(Status, Status),
    /// The same word, and prices that are apart by more than a little.
    Prices,
}

#[derive(Debug)]
struct Pair {
    old: FeedId,
    new: FeedId,
    standing: Standing,
    found: ShadowFeed,
}

/// One feed under both configurations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShadowFeed {
    /// Its symbol.
    pub symbol: String,
    /// Ticks that were compared.
    pub ticks: u64,
    /// Ticks with another status.
    pub status: u64,
    /// Ticks with another market price.
    pub market: u64,
    /// Ticks with another liquidation price.
    pub liquidation: u64,
    /// The furthest that market prices were apart, as a part of the old one, and when.
    pub market_worst: Option<(Ratio, Moment)>,
    /// The furthest that liquidation prices were apart, and when.
    pub liquidation_worst: Option<(Ratio, Moment)>,
}

/// From here on the two stand otherwise to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// When.
    pub at: Moment,
    /// The feed.
    pub symbol: String,
    /// What the old configuration says.
    pub old: Shown,
    /// What the new one says.
    pub new: Shown,
}

/// What is told of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// What the price is good for.
    pub status: Status,
    /// What the asset trades at.
    pub market: Option<Price>,
    /// What collateral is valued at.
    pub liquidation: Option<Price>,
}

impl From<&Tick> for Shown {
    fn from(tick: &Tick) -> Self {
        Self { status: tick.status, market: tick.market, liquidation: tick.liquidation }
    }
}

impl Shadow {
    /// Desks of both configurations for a recording of the old one.
    ///
    /// # Errors
    /// Where either configuration holds mistakes.
    pub fn new(
        header: &Header,
        old: &OracleConfig,
        new: &OracleConfig,
    ) -> Result<Self, ReplayError> {
        let old = Desk::new(old).map_err(ReplayError::Config)?;
        let new = Desk::new(new).map_err(ReplayError::Config)?;
        let names = Names::new(header, &new);
        let pairs = old.feeds().filter_map(|(id, symbol)| {
            let found = ShadowFeed { symbol: symbol.to_owned(), ..ShadowFeed::default() };
            let other = new.plan().feed(symbol)?;
            Some(Pair { old: id, new: other, standing: Standing::Same, found })
        });
        let feeds = pairs.collect();
        Ok(Self { old, new, names, feeds })
    }

    /// Symbols that only one of the two has.
    #[must_use]
    pub fn only_in_one(&self) -> Vec<String> {
        let missing = |here: &Desk, there: &Desk| -> Vec<String> {
            let symbols = here.feeds().map(|(_, symbol)| symbol);
            symbols
                .filter(|symbol| there.plan().feed(symbol).is_none())
                .map(str::to_owned)
                .collect()
        };
        let mut all = missing(&self.old, &self.new);
        all.extend(missing(&self.new, &self.old));
        all
    }

    /// Feeds both with a line of the recording; where the two begin or cease to differ.
    pub fn take(&mut self, recorded: &Recorded) -> Vec<Departure> {
        let at = recorded.at;
        match &recorded.what {
            What::Event(event) => {
                self.old.take(at, event);
                if let Some(event) = self.names.event(event) {
                    self.new.take(at, &event);
                }
                Vec::new()
            }
            What::Tick(_) => {
                self.old.take(at, &DeskEvent::Tick);
                self.new.take(at, &DeskEvent::Tick);
                for desk in [&mut self.old, &mut self.new] {
                    while desk.poll_event().is_some() || desk.poll_note().is_some() {}
                }
                self.compare(at)
            }
            What::End(_) => Vec::new(),
        }
    }

    /// What was found so far.
    #[must_use]
    pub fn feeds(&self) -> Vec<ShadowFeed> {
        self.feeds.iter().map(|pair| pair.found.clone()).collect()
    }

    fn compare(&mut self, at: Moment) -> Vec<Departure> {
        let (old, new) = (self.old.oracle(), self.new.oracle());
        let departures = self.feeds.iter_mut().filter_map(|pair| {
            let (old, new) = (old.published(pair.old)?, new.published(pair.new)?);
            let (old, new) = (Shown::from(old), Shown::from(new));
            let apart = count(&mut pair.found, at, old, new);
            let standing = if old.status != new.status {
                Standing::Status(old.status, new.status)
            } else if apart {
                Standing::Prices
            } else {
                Standing::Same
            };
            let changed = std::mem::replace(&mut pair.standing, standing) != standing;
            let symbol = pair.found.symbol.clone();
            changed.then_some(Departure { at, symbol, old, new })
        });
        departures.collect()
    }
}

/// Counts what differs; whether prices are apart by more than a little.
fn count(found: &mut ShadowFeed, at: Moment, old: Shown, new: Shown) -> bool {
    found.ticks += 1;
    found.status += u64::from(old.status != new.status);
    let market = differ(old.market, new.market, &mut found.market, &mut found.market_worst, at);
    let liquidation = differ(
        old.liquidation,
        new.liquidation,
        &mut found.liquidation,
        &mut found.liquidation_worst,
        at,
    );
    market || liquidation
}

fn differ(
    old: Option<Price>,
    new: Option<Price>,
    count: &mut u64,
    worst: &mut Option<(Ratio, Moment)>,
    at: Moment,
) -> bool {
    *count += u64::from(old != new);
    let (Some(old), Some(new)) = (old, new) else { return old != new };
    let Some(apart) = new.deviation(old) else { return old != new };
    if apart > Ratio::ZERO && worst.is_none_or(|(before, _)| apart > before) {
        *worst = Some((apart, at));
    }
    apart > NOTICED
}

/// The numbers of a recording in those of another configuration, by their names.
#[derive(Debug)]
struct Names {
    connections: Vec<Option<ConnectionId>>,
    sources: Vec<Option<SourceId>>,
    chains: Vec<Option<usize>>,
}

impl Names {
    fn new(header: &Header, desk: &Desk) -> Self {
        let connections: BTreeMap<&str, ConnectionId> = desk
            .connection_names()
            .enumerate()
            .map(|(id, name)| (name, ConnectionId(id)))
            .collect();
        let chains = desk.chains();
        let chain = |name: &String| chains.iter().position(|chain| *chain.name == **name);
        Self {
            connections: header
                .connections
                .iter()
                .map(|name| connections.get(name.as_str()).copied())
                .collect(),
            sources: header.sources.iter().map(|name| desk.plan().source(name)).collect(),
            chains: header.chains.iter().map(chain).collect(),
        }
    }

    fn connection(&self, id: ConnectionId) -> Option<ConnectionId> {
        self.connections.get(id.0).copied().flatten()
    }

    fn source(&self, id: SourceId) -> Option<SourceId> {
        self.sources.get(id.place()).copied().flatten()
    }

    /// An event in the other configuration's numbers; `None` where it is about something that it does not have.
    fn event(&self, event: &DeskEvent) -> Option<DeskEvent> {
        Some(match event {
            DeskEvent::Opened(id) => DeskEvent::Opened(self.connection(*id)?),
            DeskEvent::Closed(id, why) => DeskEvent::Closed(self.connection(*id)?, why.clone()),
            DeskEvent::Frame(id, bytes) => DeskEvent::Frame(self.connection(*id)?, bytes.clone()),
            DeskEvent::RestQuote(id, body) => DeskEvent::RestQuote(self.source(*id)?, body.clone()),
            DeskEvent::RestBook(id, body) => DeskEvent::RestBook(self.source(*id)?, body.clone()),
            DeskEvent::RestFailed(id, why) => DeskEvent::RestFailed(self.source(*id)?, why.clone()),
            DeskEvent::Chain(chain, event) => {
                DeskEvent::Chain(self.chains.get(*chain).copied().flatten()?, event.clone())
            }
            DeskEvent::Tick => DeskEvent::Tick,
        })
    }
}
