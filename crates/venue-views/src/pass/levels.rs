//! What has changed in the books.

use venue_core::{BookLevel, Lots, MarketId, Side, Ticks};

use super::Pass;
use crate::change::{BestChange, Change, LevelsChange};
use crate::market::MarketViews;

impl Pass<'_> {
    /// Tells aggregated trades, the prices that have changed, and the best ones.
    pub(super) fn finish_levels(&mut self) {
        for number in std::mem::take(&mut self.touched) {
            let Some(resting) = self.venue.resting(number) else { continue };
            let Some(order) = self.views.orders.open_mut(number) else { continue };
            (order.price, order.left) = (Some(resting.price), resting.left);
            self.levels.insert((order.market(), resting.side, resting.price));
        }
        for market in std::mem::take(&mut self.traded) {
            let done = self.market_mut(market).map(MarketViews::aggregate).unwrap_or_default();
            self.changes.extend(done.into_iter().map(|done| Change::Aggregate(market, done)));
        }
        let mut levels = std::mem::take(&mut self.levels).into_iter().peekable();
        while let Some(&(market, ..)) = levels.peek() {
            let book = self.venue.book(market);
            let of_market = std::iter::from_fn(|| levels.next_if(|(of, ..)| *of == market));
            let told = of_market.map(|(_, side, price)| {
                (side, price, book.map_or(Lots::ZERO, |book| book.lots_at(side, price)))
            });
            let told = told.collect();
            self.tell_levels(market, told);
            self.tell_best(market);
        }
    }

    fn tell_levels(&mut self, market: MarketId, levels: Vec<(Side, Ticks, Lots)>) {
        let at = self.at;
        let Some(views) = self.market_mut(market) else { return };
        let first = views.update.saturating_add(1);
        let count = u64::try_from(levels.len()).unwrap_or(u64::MAX);
        views.update = views.update.saturating_add(count);
        views.updated_at = at;
        let last = views.update;
        self.tell(Change::Levels(LevelsChange { market, first, last, at, levels }));
    }

    fn tell_best(&mut self, market: MarketId) {
        let at = self.at;
        let Some(book) = self.venue.book(market) else { return };
        let best = |side| book.levels(side).next();
        let (bid, ask) = (best(Side::Buy), best(Side::Sell));
        let Some(views) = self.market_mut(market) else { return };
        if same(views.best.0, bid) && same(views.best.1, ask) {
            return;
        }
        views.best = (bid, ask);
        let update = views.update;
        self.tell(Change::Best(BestChange { market, update, at, bid, ask }));
    }
}

/// Whether as much rests at the same price.
fn same(one: Option<BookLevel>, other: Option<BookLevel>) -> bool {
    let shown = |level: BookLevel| (level.price, level.lots);
    one.map(shown) == other.map(shown)
}
