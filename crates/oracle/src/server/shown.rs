//! One feed as it is shown at a moment: a tick is a statement on the moment that it was worked out at, and whoever
//! asks later is told how much later that is, and gets no price at all once nobody works out ticks any more.

use oracle_core::{LastGood, Moment, Status};
use units::{Price, Span, Timestamp};

use crate::published::FeedView;

/// A tick older than this is none: they come four times a second, so eight in a row are missing. It is also as long
/// as the core holds a price at the most.
pub(crate) const STALL: Span = Span::from_secs(2);

/// What is shown of a feed.
#[derive(Clone, Debug)]
pub(crate) struct Shown<'a> {
    pub view: &'a FeedView,
    pub status: Status,
    pub market: Option<Price>,
    pub fundamental: Option<Price>,
    pub liquidation: Option<Price>,
    pub confidence: Option<Price>,
    /// When the market price was last supported by sources; `None` where there is none.
    pub as_of: Option<Moment>,
    /// The age of the market price; where there is none, of the statement that there is none. `None` before the
    /// first tick.
    pub age: Option<Span>,
    /// The last price that was good, and its age.
    pub last_good: Option<(LastGood, Span)>,
    pub clusters: &'a [Price],
    /// Why the status is not better, the worst first.
    pub causes: Vec<String>,
    /// Whether the tick is too old to stand for anything.
    pub stalled: bool,
}

impl<'a> Shown<'a> {
    /// A feed as it is at a moment.
    pub(crate) fn of(view: &'a FeedView, now: Timestamp) -> Self {
        let tick = &view.tick;
        let since = now.since(tick.at.now);
        let last_good = tick.last_good.map(|last| (last, now.since(last.at.now)));
        let causes = tick.causes.iter().map(ToString::to_string);
        let shown = Self {
            view,
            status: tick.status,
            market: tick.market,
            fundamental: tick.fundamental,
            liquidation: tick.liquidation,
            confidence: tick.confidence,
            as_of: tick.as_of,
            age: (tick.number > 0).then(|| tick.age.plus(since)),
            last_good,
            clusters: &tick.clusters,
            causes: causes.collect(),
            stalled: since > STALL,
        };
        if shown.stalled { shown.halted(since) } else { shown }
    }

    /// The same without anything that could be taken for a price of now.
    fn halted(self, since: Span) -> Self {
        let cause = if self.view.tick.number == 0 {
            "the oracle has not worked out a price yet".to_owned()
        } else {
            format!("the oracle has stopped: it last worked out a price {since} ago")
        };
        Self {
            status: Status::Halted,
            market: None,
            fundamental: None,
            liquidation: None,
            confidence: None,
            as_of: None,
            age: (self.view.tick.number > 0).then_some(since),
            clusters: &[],
            causes: vec![cause],
            ..self
        }
    }

    /// Whether there is one price.
    pub(crate) const fn has_price(&self) -> bool {
        self.market.is_some()
    }

    /// Why there is no price, in one line without a price in it that could be read for one.
    pub(crate) fn refusal(&self) -> String {
        let symbol = &self.view.symbol;
        let why = self.causes.first().map_or("", String::as_str);
        match (why, self.status) {
            ("", status) => format!("{symbol} has no price: {}", status.name()),
            (why, status) => format!("{symbol} has no price: {}, {why}", status.name()),
        }
    }
}

/// All statuses, best first.
pub(crate) const STATUSES: [Status; 6] =
    [Status::Live, Status::Capped, Status::Degraded, Status::Held, Status::Split, Status::Halted];
