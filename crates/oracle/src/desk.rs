//! The desk: all that decides, in one place and without a clock or a socket. The same events give the same prices.

mod connection;

use std::collections::VecDeque;
use std::sync::Arc;

use oracle_core::{ConfigMistake, Depth, Event, FeedId, Input, Moment, Oracle, Plan, SourceId};
use units::{Money, Price, Ratio, Rounding};

use crate::chain::ChainReads;
use crate::config::OracleConfig;
use crate::event::{ConnectionId, DeskEvent};
use crate::layout::{ChainPlan, Layout};
use crate::published::{ChainView, ConnectionView};
use connection::Connection;

/// How far from the middle books are looked at: depth is the money within so much of it.
const DEPTH_PART: Ratio = Ratio::from_bps(100);

/// Notes that wait to be fetched; the oldest go first.
const NOTES_MAX: usize = 1_024;

/// Something about a connection that somebody should know of, or do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// It is open.
    Opened(ConnectionId),
    /// It is gone, or could not be had, and why.
    Closed(ConnectionId, Arc<str>),
    /// The venue refuses a subscription, in its own words.
    Refused(ConnectionId, Arc<str>),
    /// Messages are missing.
    Gap(ConnectionId),
    /// The venue asks for another connection.
    Reconnect(ConnectionId),
    /// It brought something that cannot be read, of a kind that it had not brought before.
    Odd(ConnectionId, String),
}

/// Everything that decides: the core, and what is needed to read what comes in for it.
#[derive(Debug)]
pub struct Desk {
    oracle: Oracle,
    plan: Arc<Plan>,
    layout: Layout,
    connections: Vec<Connection>,
    chains: Vec<ChainReads>,
    notes: VecDeque<Note>,
}

impl Desk {
    /// A desk that has heard nothing.
    ///
    /// # Errors
    /// Every mistake in the configuration that the core finds.
    pub fn new(config: &OracleConfig) -> Result<Self, Vec<ConfigMistake>> {
        let oracle = Oracle::new(config.settings())?;
        let plan = Arc::new(oracle.plan().clone());
        let layout = Layout::new(config, &plan);
        let connections = layout.connections.iter().map(Connection::new).collect();
        let chain =
            |chain: &ChainPlan| ChainReads::new(&chain.config, &chain.sources, &chain.rates);
        let chains = layout.chains.iter().map(chain).collect();
        Ok(Self { oracle, plan, layout, connections, chains, notes: VecDeque::new() })
    }

    /// Takes in what came, at the moment that it came at.
    pub fn take(&mut self, at: Moment, event: &DeskEvent) {
        match event {
            DeskEvent::Opened(id) => self.opened(at, *id),
            DeskEvent::Closed(id, why) => self.closed(at, *id, why),
            DeskEvent::Frame(id, bytes) => self.frame(at, *id, bytes),
            DeskEvent::RestQuote(source, body) => self.rest_quote(at, *source, body),
            DeskEvent::RestBook(source, body) => self.rest_book(at, *source, body),
            DeskEvent::RestFailed(source, why) => {
                if let Some((_, connection)) = self.home(*source) {
                    connection.rest_failed(why);
                }
            }
            DeskEvent::Chain(place, event) => {
                if let Some(chain) = self.chains.get_mut(*place) {
                    chain.take(at, event, &mut |input| self.oracle.apply(at, input));
                }
            }
            DeskEvent::Tick => self.tick(at),
        }
    }

    /// Works out one feed alone, of what the feeds that it needs published last; a tick works out all of them.
    pub fn tick_feed(&mut self, at: Moment, feed: FeedId) {
        self.oracle.tick_feed(at, feed);
    }

    /// The core, to be read.
    #[must_use]
    pub const fn oracle(&self) -> &Oracle {
        &self.oracle
    }

    /// The configuration.
    #[must_use]
    pub const fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The next thing that happened to a feed, oldest first.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.oracle.poll_event()
    }

    /// The next thing that happened to a connection, oldest first.
    pub fn poll_note(&mut self) -> Option<Note> {
        self.notes.pop_front()
    }

    /// The name of a connection.
    #[must_use]
    pub fn connection_name(&self, id: ConnectionId) -> &str {
        self.layout.connections.get(id.0).map_or("", |connection| &connection.name)
    }

    /// The names of all connections, in order.
    pub fn connection_names(&self) -> impl Iterator<Item = &str> {
        self.layout.connections.iter().map(|connection| &*connection.name)
    }

    /// How the connections are.
    #[must_use]
    pub fn connections(&self) -> Vec<ConnectionView> {
        self.connections.iter().map(|connection| connection.view().clone()).collect()
    }

    /// How the chains are.
    #[must_use]
    pub fn chains(&self) -> Vec<ChainView> {
        self.chains.iter().map(ChainReads::view).collect()
    }

    /// The chains, with what each of their sources and rates is good for.
    #[must_use]
    pub fn chain_plans(&self) -> &[ChainPlan] {
        &self.layout.chains
    }

    /// Where everything is.
    pub(crate) const fn layout(&self) -> &Layout {
        &self.layout
    }

    fn opened(&mut self, at: Moment, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(id.0) {
            connection.open(at);
            self.note(Note::Opened(id));
        }
    }

    fn closed(&mut self, at: Moment, id: ConnectionId, why: &Arc<str>) {
        let Some(connection) = self.connections.get_mut(id.0) else { return };
        // What the answers to questions said while it was closed stays good when trying again fails.
        if connection.close(why) {
            for source in connection.sources() {
                self.oracle.apply(at, Input::Lost(source));
            }
            self.note(Note::Closed(id, Arc::clone(why)));
        }
    }

    fn frame(&mut self, at: Moment, id: ConnectionId, bytes: &[u8]) {
        let Some(connection) = self.connections.get_mut(id.0) else { return };
        let mut notes = Vec::new();
        connection.read(at, bytes, &mut |input| self.oracle.apply(at, input), &mut notes);
        notes.into_iter().for_each(|note| self.note(note.of(id)));
    }

    fn rest_quote(&mut self, at: Moment, source: SourceId, body: &[u8]) {
        let Some((id, connection)) = self.home(source) else { return };
        match connection.read_rest_quote(at, body) {
            Ok(quote) => self.oracle.apply(at, Input::Quote(source, quote)),
            Err(Some(why)) => self.note(Note::Odd(id, why)),
            Err(None) => {}
        }
    }

    fn rest_book(&mut self, at: Moment, source: SourceId, body: &[u8]) {
        let Some((id, connection)) = self.home(source) else { return };
        match connection.read_rest_book(at, body) {
            Ok(book) => {
                let within = book.within(DEPTH_PART);
                let depth = within.and_then(|within| {
                    let bids = self.in_unit(source, within.bids)?;
                    let asks = self.in_unit(source, within.asks)?;
                    // Of a market that is quoted the other way round buyers are sellers.
                    let inverted =
                        self.layout.sources.get(source.place()).is_some_and(|place| place.invert);
                    let (bids, asks) = if inverted { (asks, bids) } else { (bids, asks) };
                    Some(Depth { bids, asks, complete: within.complete })
                });
                if let Some(depth) = depth {
                    self.oracle.apply(at, Input::Depth(source, depth));
                }
            }
            Err(Some(why)) => self.note(Note::Odd(id, why)),
            Err(None) => {}
        }
    }

    /// An amount in the unit of a source's book, in that of its feed; `None` while what converts it is not known.
    fn in_unit(&self, source: SourceId, amount: Money) -> Option<Money> {
        let place = self.layout.sources.get(source.place())?;
        let by = match (place.invert, place.quote) {
            (true, _) => place.feed,
            (false, Some(quote)) => quote,
            (false, None) => return Some(amount),
        };
        let price: Price = self.oracle.published(by)?.market?;
        amount.times(Ratio::from_raw(price.raw()), Rounding::Down)
    }

    fn tick(&mut self, at: Moment) {
        for connection in &mut self.connections {
            // Whatever a connection brings says that it is alive, for each market on it.
            if let Some(heard) = connection.take_heard() {
                for source in connection.sources() {
                    self.oracle.apply(heard, Input::Beat(source));
                }
            }
        }
        self.oracle.tick(at);
    }

    fn home(&mut self, source: SourceId) -> Option<(ConnectionId, &mut Connection)> {
        let id = self.layout.sources.get(source.place())?.connection?;
        self.connections.get_mut(id.0).map(|connection| (id, connection))
    }

    fn note(&mut self, note: Note) {
        if self.notes.len() >= NOTES_MAX {
            self.notes.pop_front();
        }
        self.notes.push_back(note);
    }

    /// The feeds, in configured order.
    pub fn feeds(&self) -> impl Iterator<Item = (FeedId, &str)> {
        self.plan.feeds().map(|(id, feed)| (id, feed.symbol.as_str()))
    }
}
