//! Where each source is: on which connection, under which of the venue's names, or on which chain.

use std::collections::BTreeMap;
use std::sync::Arc;

use oracle_core::{FeedId, Plan, SourceId};
use runtime::client::Endpoint;
use units::Span;

use crate::chain::{ChainConfig, ChainRate};
use crate::config::{OracleConfig, VenueReader};
use crate::event::ConnectionId;

/// How often in a row a connection may be silent for as long as makes its sources silent, before another one is opened:
/// a hiccup is over sooner, and a new connection costs the venue more than waiting. 15 seconds, unless configured.
const SILENCES: u64 = 3;

/// One connection: a venue, or a part of its markets where one connection may not carry them all.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionPlan {
    /// The name of the venue, with a number where there is more than one.
    pub name: Arc<str>,
    /// How its bytes are read.
    pub reader: VenueReader,
    /// Where it streams; `None` where it is only asked.
    pub websocket: Option<Endpoint>,
    /// Where it answers questions.
    pub rest: Option<Endpoint>,
    /// How often each market's best prices are asked for while nothing is streamed.
    pub poll: Span,
    /// Without anything from it for so long best prices are asked for: half of what makes its sources silent.
    pub quiet_after: Span,
    /// Without anything from it for so long the connection is given up.
    pub give_up_after: Span,
    /// Its markets by the venue's own names, in configured order.
    pub markets: Vec<(String, SourceId)>,
}

/// What the unit of a source's prices is, and how its book is counted.
#[derive(Clone, Debug)]
pub(crate) struct SourcePlace {
    /// Its connection; `None` where it is read from a chain.
    pub connection: Option<ConnectionId>,
    /// Its feed.
    pub feed: FeedId,
    /// What its prices are converted with.
    pub quote: Option<FeedId>,
    /// Whether it is quoted the other way round.
    pub invert: bool,
}

/// A chain, with what each of its sources and rates is good for.
#[derive(Clone, Debug)]
pub struct ChainPlan {
    /// How it is read.
    pub config: ChainConfig,
    /// The ids of its sources, in their order.
    pub sources: Vec<SourceId>,
    /// For each of its rates, in their order: the feeds that take it.
    pub rates: Vec<Vec<FeedId>>,
}

/// Where everything is.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// The connections, in the order of venues and markets.
    pub connections: Vec<ConnectionPlan>,
    /// The places of the sources, by their ids.
    pub sources: Vec<SourcePlace>,
    /// The chains, in configured order.
    pub chains: Vec<ChainPlan>,
}

impl Layout {
    /// Where everything of a configuration is; `plan` is the one made of its settings.
    pub(crate) fn new(config: &OracleConfig, plan: &Plan) -> Self {
        let feeds: BTreeMap<&str, FeedId> =
            plan.feeds().map(|(id, feed)| (feed.symbol.as_str(), id)).collect();
        let feed = |symbol: &str| feeds.get(symbol).copied();
        let mut sources: Vec<SourcePlace> = plan
            .sources()
            .map(|(_, source)| SourcePlace {
                connection: None,
                feed: feed(&source.feed).unwrap_or_default(),
                quote: source.quote.as_deref().and_then(feed),
                invert: source.invert,
            })
            .collect();
        let mut connections = Vec::new();
        let mut next = 0..;
        for venue in &config.venues {
            let ids: Vec<(String, SourceId)> = venue
                .markets
                .iter()
                .zip(next.by_ref())
                .map(|(market, place)| (market.market.clone(), SourceId::new(place)))
                .collect();
            for (number, markets) in ids.chunks(venue.reader.markets_max().max(1)).enumerate() {
                let connection = ConnectionId(connections.len());
                place(&mut sources, markets, connection);
                let name = match number {
                    0 => venue.name.clone(),
                    _ => format!("{}#{}", venue.name, number + 1),
                };
                connections.push(ConnectionPlan {
                    name: name.into(),
                    reader: venue.reader.clone(),
                    websocket: venue.websocket.clone(),
                    rest: venue.rest.clone(),
                    poll: venue.poll,
                    quiet_after: venue.silent_after.divided_by(2),
                    give_up_after: venue.silent_after.times(SILENCES),
                    markets: markets.to_vec(),
                });
            }
        }
        let chains = chains(config, next);
        Self { connections, sources, chains }
    }
}

/// Notes which connection the sources of some markets are on.
fn place(sources: &mut [SourcePlace], markets: &[(String, SourceId)], connection: ConnectionId) {
    for (_, source) in markets {
        if let Some(place) = sources.get_mut(source.place()) {
            place.connection = Some(connection);
        }
    }
}

fn chains(config: &OracleConfig, mut next: impl Iterator<Item = usize>) -> Vec<ChainPlan> {
    let takes = |rate: &ChainRate| {
        let feeds = config.feeds.iter().enumerate();
        let mine = feeds.filter(|(_, feed)| feed.rate.as_ref() == Some(&rate.name));
        mine.map(|(place, _)| FeedId::new(place)).collect()
    };
    let plans = config.chains.iter().map(|chain| ChainPlan {
        config: chain.clone(),
        sources: chain.sources.iter().zip(next.by_ref()).map(|(_, id)| SourceId::new(id)).collect(),
        rates: chain.rates.iter().map(takes).collect(),
    });
    plans.collect()
}
