//! What the interfaces show: the core's newest tick of every feed, with the names that belong to it, and how the
//! connections are.

use std::sync::Arc;

use oracle_core::{CostToMove, FeedId, Moment, Plan, RateStanding, Tick};

/// Everything that is published at one moment; shared by all who read it, and never changed.
#[derive(Clone, Debug)]
pub struct Published {
    /// When the ticks were worked out.
    pub at: Moment,
    /// The configuration that the names are in.
    pub plan: Arc<Plan>,
    /// Every feed, in configured order.
    pub feeds: Vec<Arc<FeedView>>,
    /// Every connection, in configured order.
    pub connections: Vec<ConnectionView>,
    /// Every chain, in configured order.
    pub chains: Vec<ChainView>,
}

/// One feed at one moment.
#[derive(Clone, Debug)]
pub struct FeedView {
    /// Which.
    pub id: FeedId,
    /// Such as `BTC/USD`.
    pub symbol: Arc<str>,
    /// The core's record.
    pub tick: Tick,
    /// How its exchange rate stands, where it has one.
    pub rate: Option<RateStanding>,
    /// What it costs to move it by one per cent, down and up; worked out about once a second, like the explanation.
    pub cost: [Option<CostToMove>; 2],
    /// Why it is what it is, in plain words; worked out about once a second, and whenever the status changes.
    pub explanation: Arc<str>,
}

/// One connection, and what it has brought since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionView {
    /// Its name: that of the venue, with a number where there is more than one.
    pub name: Arc<str>,
    /// How many markets it carries.
    pub markets: usize,
    /// Whether anything is streamed; otherwise the venue is only asked, and it is never open.
    pub streams: bool,
    /// Since when it is open; `None` while it is not.
    pub open_since: Option<Moment>,
    /// When it last brought anything.
    pub heard: Option<Moment>,
    /// Messages.
    pub frames: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Best prices among them.
    pub quotes: u64,
    /// Trades among them.
    pub trades: u64,
    /// How often messages were missing.
    pub gaps: u64,
    /// How often it was opened.
    pub opened: u64,
    /// How often it broke off or could not be had.
    pub closed: u64,
    /// Why it last did.
    pub closed_why: Option<Arc<str>>,
    /// Subscriptions that the venue refused, in its words, the newest last.
    pub refused: Vec<Arc<str>>,
    /// Questions for prices and books that were answered, and that were not.
    pub rest: [u64; 2],
    /// Why a question was last not answered.
    pub rest_why: Option<Arc<str>>,
    /// What could not be read, by kind and how often.
    pub odd: Vec<(&'static str, u64)>,
    /// The newest of what could not be read, oldest first.
    pub odd_frames: Vec<Arc<OddFrame>>,
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddFrame {
    /// When it came.
    pub at: Moment,
    /// Why it could not be read.
    pub why: String,
    /// Its beginning.
    pub start: Vec<u8>,
    /// How long it is.
    pub bytes: usize,
}

/// One chain, and how reading it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainView {
    /// Its name.
    pub name: Arc<str>,
    /// Its endpoints, in configured order.
    pub readers: Vec<ChainReaderView>,
    /// What is read on it: sources, then exchange rates, in configured order.
    pub items: Vec<ChainItemView>,
}

/// One endpoint of a chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainReaderView {
    /// Where it is, without its secrets.
    pub name: Arc<str>,
    /// When it last answered.
    pub answered: Option<Moment>,
    /// The block that was last read, and its own time in milliseconds since 1970.
    pub block: (u64, u64),
    /// Rounds that it answered.
    pub rounds: u64,
    /// Rounds that it did not.
    pub failures: u64,
    /// When it last did not, and why.
    pub failed: Option<(Moment, Arc<str>)>,
}

/// One source or exchange rate that is read on a chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainItemView {
    /// Its name.
    pub name: Arc<str>,
    /// What was last read.
    pub value: Option<Arc<str>>,
    /// At which block that was.
    pub block: u64,
    /// When and why nothing could be read, where that is so now.
    pub refused: Option<(Moment, Arc<str>)>,
    /// How often nothing could be read.
    pub refusals: u64,
}
