//! What can be asked of a desk beside [its core](crate::Desk::venue).

use std::collections::VecDeque;

use units::{Ratio, Timestamp};
use venue_core::{
    AccountId, AssetId, BookLevel, Lots, MarketId, OrderId, PriceOf, PriceUpdate, Side, TapeEntry,
    Ticks,
};

use crate::amendment::Amendment;
use crate::client_id::ClientId;
use crate::desk::Desk;
use crate::market::{Candle, Funded, Interval, MarketViews, PriceKind, Ticker, WINDOW};
use crate::order::Order;
use crate::trade::{Aggregate, Income, PublicTrade, UserTrade};

/// The best levels of a book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// The number of the book's last change: what [`LevelsChange`](crate::LevelsChange)s go on from.
    pub update: u64,
    /// When it was.
    pub at: Timestamp,
    /// From the highest on.
    pub bids: Vec<BookLevel>,
    /// From the lowest on.
    pub asks: Vec<BookLevel>,
}

/// Names and notes.
impl Desk {
    /// The account of a name.
    #[must_use]
    pub fn account_named(&self, name: &str) -> Option<AccountId> {
        self.views.names.account(name)
    }

    /// An account's name.
    #[must_use]
    pub fn name_of(&self, account: AccountId) -> Option<&str> {
        self.views.names.name(account)
    }

    /// What a note says.
    #[must_use]
    pub fn note(&self, name: &str) -> Option<&[u8]> {
        self.views.names.note(name)
    }

    /// All notes whose names begin so, by name.
    pub fn notes<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a [u8])> + 'a {
        self.views.names.notes(prefix)
    }

    /// The market of a name, such as `BTCUSDT`.
    #[must_use]
    pub fn market_named(&self, name: &str) -> Option<MarketId> {
        let count = u16::try_from(self.venue.markets()).unwrap_or(u16::MAX);
        let named = |market: &MarketId| {
            self.venue.market_settings(*market).is_some_and(|settings| settings.name == name)
        };
        (0..count).map(MarketId::new).find(named)
    }

    /// The asset of a name, such as `USDT`.
    #[must_use]
    pub fn asset_named(&self, name: &str) -> Option<AssetId> {
        let count = u16::try_from(self.venue.assets()).unwrap_or(u16::MAX);
        let named = |asset: &AssetId| {
            self.venue.asset_settings(*asset).is_some_and(|settings| settings.name == name)
        };
        (0..count).map(AssetId::new).find(named)
    }
}

/// Accounts.
impl Desk {
    /// An order, open or ended, as long as it is kept.
    #[must_use]
    pub fn order(&self, order: OrderId) -> Option<&Order> {
        self.views.orders.get(order)
    }

    /// An account's newest order of a client's name.
    #[must_use]
    pub fn order_named(&self, account: AccountId, client: ClientId) -> Option<&Order> {
        self.views.orders.named(account, client)
    }

    /// An account's open orders, those that wait for a trigger included, by market and number.
    pub fn open_orders(
        &self,
        account: AccountId,
        market: Option<MarketId>,
    ) -> impl Iterator<Item = &Order> {
        self.views.orders.open_of(account, market)
    }

    /// How many orders are open, of all accounts.
    #[must_use]
    pub fn open_orders_of_all(&self) -> usize {
        self.views.orders.open_orders()
    }

    /// An account's orders in a market from a number on, open and ended, by number.
    #[must_use]
    pub fn orders(&self, account: AccountId, market: MarketId, from: OrderId) -> Vec<Order> {
        self.views.orders.of(account, market, from)
    }

    /// An account's sides of trades, the oldest first; each with its number in the order in which all were made.
    pub fn user_trades(
        &self,
        account: AccountId,
    ) -> impl DoubleEndedIterator<Item = (u64, &UserTrade)> {
        self.views.trades.of(account)
    }

    /// What an account has got and paid, the oldest first; each with its number among those of all accounts.
    pub fn income(&self, account: AccountId) -> impl DoubleEndedIterator<Item = (u64, &Income)> {
        self.views.income.of(account)
    }
}

/// What has changed of orders.
impl Desk {
    /// Changes of its orders that an account asked for, the oldest first; each with its number among those of all.
    pub fn amendments(
        &self,
        account: AccountId,
    ) -> impl DoubleEndedIterator<Item = (u64, &Amendment)> {
        self.views.amendments.of(account)
    }
}

/// Markets.
impl Desk {
    fn market_views(&self, market: MarketId) -> Option<&MarketViews> {
        self.views.market(market)
    }

    /// A book's best levels of each side.
    #[must_use]
    pub fn depth(&self, market: MarketId, limit: usize) -> Option<Depth> {
        let (book, views) = (self.venue.book(market)?, self.market_views(market)?);
        let side = |side| book.levels(side).take(limit).collect();
        let (bids, asks) = (side(Side::Buy), side(Side::Sell));
        Some(Depth { update: views.update, at: views.updated_at, bids, asks })
    }

    /// The newest trades of a market, the oldest first.
    #[must_use]
    pub fn trades(&self, market: MarketId) -> Option<&VecDeque<PublicTrade>> {
        self.market_views(market).map(MarketViews::trades)
    }

    /// The newest aggregated trades of a market, the oldest first.
    #[must_use]
    pub fn aggregates(&self, market: MarketId) -> Option<&VecDeque<Aggregate>> {
        self.market_views(market).map(MarketViews::aggregates)
    }

    /// At most so many candles that begin within `from..=to`: the first ones where `from` is given, else the last.
    /// Spans without a trade are flat at the close before them; before the first trade that is kept there are none.
    #[must_use]
    pub fn candles(
        &self,
        market: MarketId,
        interval: Interval,
        (from, to): (Option<Timestamp>, Timestamp),
        limit: usize,
    ) -> Vec<Candle> {
        let views = self.market_views(market);
        views.map_or_else(Vec::new, |views| views.candles().get(interval, from, to, limit))
    }

    /// The same of a price that is not traded: each price that came counts as a trade of nothing.
    #[must_use]
    pub fn price_candles(
        &self,
        (market, kind): (MarketId, PriceKind),
        interval: Interval,
        (from, to): (Option<Timestamp>, Timestamp),
        limit: usize,
    ) -> Vec<Candle> {
        let views = self.market_views(market);
        views.map_or_else(Vec::new, |views| views.prices(kind).get(interval, from, to, limit))
    }

    /// The 24 hours before a time.
    #[must_use]
    pub fn ticker(&self, market: MarketId, to: Timestamp) -> Option<Ticker> {
        let views = self.market_views(market)?;
        let last: Option<(Ticks, Lots)> =
            views.trades().back().map(|trade| (trade.price, trade.lots));
        let from = Interval::Minute1.start(to.before(WINDOW));
        Some(Ticker::of(to, views.candles().since(from), last))
    }

    /// The last price of an index or of an asset.
    #[must_use]
    pub fn price(&self, of: PriceOf) -> Option<PriceUpdate> {
        match of {
            PriceOf::Index(market) => self.market_views(market)?.index,
            PriceOf::Asset(asset) => self.views.asset(asset),
        }
    }

    /// How far the mark has been from the index on average since the last funding, and since when.
    #[must_use]
    pub fn premium(&self, market: MarketId) -> Option<(Ratio, Timestamp)> {
        let funding = &self.market_views(market)?.funding;
        Some((funding.premium(), funding.since))
    }

    /// The newest rates that were charged, the oldest first.
    #[must_use]
    pub fn funded(&self, market: MarketId) -> Option<&VecDeque<Funded>> {
        self.market_views(market).map(|views| views.funding.rates())
    }

    /// When interest was charged last.
    #[must_use]
    pub const fn interest_at(&self) -> Timestamp {
        self.views.interest_at
    }
}

/// The tape.
impl Desk {
    /// The numbers of the oldest entry that is kept, and of the newest; `None` where there is none yet.
    #[must_use]
    pub fn tape_kept(&self) -> Option<(u64, u64)> {
        self.views.tape.kept()
    }

    /// What is kept of the tape from a number on, without a gap.
    pub fn tape(&self, from: u64) -> impl Iterator<Item = &TapeEntry> {
        self.views.tape.from(from)
    }

    /// An account's entries of the tape, the newest first.
    pub fn tape_of(&self, account: AccountId) -> impl Iterator<Item = &TapeEntry> {
        self.views.tape.of(account)
    }
}
