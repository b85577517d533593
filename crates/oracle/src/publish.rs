//! From the desk to what is published.

use std::sync::Arc;

use oracle_core::{CostToMove, Direction, FeedId, Moment, Status, explain};
use units::{Span, Timestamp};

use crate::desk::Desk;
use crate::published::{FeedView, Published};

/// How old an explanation, and what it costs to move the price, may be while the status stays the same: for people,
/// and not cheap.
const EXPLAIN_EVERY: Span = Span::from_secs(1);

/// Makes what is published, and remembers what is worked out less often.
#[derive(Debug, Default)]
pub(crate) struct Publisher {
    explained: Vec<Explained>,
}

#[derive(Clone, Debug)]
struct Explained {
    at: Timestamp,
    status: Status,
    text: Arc<str>,
    /// What it costs to move the price: down, up.
    cost: [Option<CostToMove>; 2],
    symbol: Arc<str>,
}

impl Publisher {
    /// What the desk has to show at this moment.
    pub(crate) fn publish(&mut self, at: Moment, desk: &Desk) -> Published {
        let feeds = desk
            .feeds()
            .filter_map(|(id, symbol)| self.feed(at, desk, id, symbol).map(Arc::new))
            .collect();
        Published {
            at,
            plan: Arc::clone(desk.plan()),
            feeds,
            connections: desk.connections(),
            chains: desk.chains(),
        }
    }

    fn feed(&mut self, at: Moment, desk: &Desk, id: FeedId, symbol: &str) -> Option<FeedView> {
        let oracle = desk.oracle();
        let tick = oracle.published(id)?.clone();
        if self.explained.len() <= id.place() {
            let (text, status): (Arc<str>, _) = (Arc::from(""), Status::Halted);
            let new = Explained {
                at: Timestamp::ZERO,
                status,
                text,
                cost: [None, None],
                symbol: symbol.into(),
            };
            self.explained.push(new);
        }
        let known = self.explained.get_mut(id.place())?;
        if known.status != tick.status || at.now.since(known.at) >= EXPLAIN_EVERY {
            known.text = explain(oracle, id)?.into();
            known.cost = [Direction::Down, Direction::Up].map(|way| oracle.cost_to_move(id, way));
            (known.at, known.status) = (at.now, tick.status);
        }
        Some(FeedView {
            id,
            symbol: Arc::clone(&known.symbol),
            rate: oracle.rate(id),
            cost: known.cost.clone(),
            explanation: Arc::clone(&known.text),
            tick,
        })
    }
}
