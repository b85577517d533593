//! One entry's way through the views: each event in turn, then what has changed by all of them together.

mod forced;
mod levels;
mod money;
mod orders;

use std::collections::{BTreeMap, BTreeSet};

use units::{Money, Timestamp};
use venue_core::{
    AccountId, AssetId, Command, Event, MarketId, OrderId, PositionSide, PriceOf, PriceUpdate,
    Side, Ticks, Venue,
};

use crate::change::{AccountReason, Change};
use crate::entry::Entry;
use crate::market::{Funded, MarketViews};
use crate::views::Views;

/// What there was before an entry and its events do not tell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Before {
    /// The margins of isolated positions in the market that funding is charged in.
    margins: BTreeMap<(AccountId, PositionSide), Money>,
}

impl Before {
    /// Looks at a venue before a command is done.
    pub(crate) fn of(venue: &Venue, command: &Command) -> Self {
        let mut before = Self::default();
        let Command::Funding { market, .. } = command else { return before };
        for number in 0..u32::try_from(venue.accounts()).unwrap_or(u32::MAX) {
            let account = AccountId::new(number);
            for position in venue.positions(account).filter(|at| at.market == *market) {
                if let Some(margin) = position.isolated {
                    before.margins.insert((account, position.side), margin);
                }
            }
        }
        before
    }
}

/// One entry's way through the views.
pub(crate) struct Pass<'a> {
    views: &'a mut Views,
    /// The core after the entry.
    venue: &'a Venue,
    entry: &'a Entry,
    before: Before,
    at: Timestamp,
    changes: Vec<Change>,
    /// Orders that something has happened to.
    touched: BTreeSet<OrderId>,
    /// Prices of books at which something may have changed.
    levels: BTreeSet<(MarketId, Side, Ticks)>,
    accounts: BTreeMap<AccountId, Touched>,
    /// What takeovers have changed an account's cash by, until the trade that it belongs to is told.
    takeovers: BTreeMap<AccountId, Money>,
    /// The market that funding is charged in.
    funded: Option<MarketId>,
    /// Markets with trades.
    traded: BTreeSet<MarketId>,
}

/// What has changed of an account.
struct Touched {
    reason: AccountReason,
    assets: BTreeMap<AssetId, Money>,
    markets: BTreeSet<MarketId>,
}

impl<'a> Pass<'a> {
    pub(crate) const fn new(
        views: &'a mut Views,
        venue: &'a Venue,
        entry: &'a Entry,
        before: Before,
    ) -> Self {
        Self {
            views,
            venue,
            entry,
            before,
            at: entry.at,
            changes: Vec::new(),
            touched: BTreeSet::new(),
            levels: BTreeSet::new(),
            accounts: BTreeMap::new(),
            takeovers: BTreeMap::new(),
            funded: None,
            traded: BTreeSet::new(),
        }
    }

    /// Takes all events in, and says what has changed.
    pub(crate) fn run(mut self, events: &[Event]) -> Vec<Change> {
        for event in events {
            self.about_orders(event);
            self.about_money(event);
            self.about_venue(event);
            self.about_forced(event);
        }
        self.holders(events);
        if self.entry.command == Command::Tick {
            self.sample();
        } else if matches!(self.entry.command, Command::Interest { .. }) {
            self.views.interest_at = self.at;
        }
        self.finish_levels();
        self.finish_accounts();
        self.changes
    }

    fn tell(&mut self, change: Change) {
        self.changes.push(change);
    }

    fn market_mut(&mut self, market: MarketId) -> Option<&mut MarketViews> {
        self.views.markets.get_mut(market.place())
    }

    fn about_venue(&mut self, event: &Event) {
        match event {
            Event::AccountOpened(account) => {
                self.views.names.open(*account, &self.entry.labels.name);
            }
            Event::AssetSet(asset) => {
                let assets = self.views.assets.len().max(asset.place().saturating_add(1));
                self.views.assets.resize(assets, None);
                self.tell(Change::Settings);
            }
            Event::MarketSet(market) => self.market_set(*market),
            Event::StateSet(market, state) => self.tell(Change::State(*market, *state)),
            Event::LegSet { account, market, leverage, isolated } => self.tell(Change::Leg {
                account: *account,
                market: *market,
                leverage: *leverage,
                isolated: *isolated,
            }),
            Event::HedgeSet(account, hedge) => self.tell(Change::Hedge(*account, *hedge)),
            Event::Priced(update) => self.priced(*update),
            Event::Marked { market, mark, .. } => self.tell(Change::Mark(*market, *mark)),
            Event::Funded(market, rate) => {
                self.funded = Some(*market);
                let mark = self.venue.market(*market).and_then(|market| market.mark);
                let funded = Funded { at: self.at, rate: *rate, mark };
                if let Some(views) = self.market_mut(*market) {
                    views.funding.charged(funded);
                }
                self.tell(Change::Funded(*market, *rate));
            }
            Event::Fund { balance, .. } => self.tell(Change::Fund(*balance)),
            Event::LiquidationStarted { account, isolated, .. } => {
                let (account, isolated) = (*account, *isolated);
                self.tell(Change::Liquidation { account, isolated, begun: true });
            }
            Event::LiquidationEnded { account, isolated } => {
                let (account, isolated) = (*account, *isolated);
                self.tell(Change::Liquidation { account, isolated, begun: false });
            }
            Event::Broken { invariant, market } => self.tell(Change::Broken(invariant, *market)),
            Event::Refused { .. }
            | Event::Configured
            | Event::Balance { .. }
            | Event::IsolatedMargin { .. }
            | Event::Accepted { .. }
            | Event::Triggered(_)
            | Event::Amended { .. }
            | Event::Trade(_)
            | Event::Closed { .. }
            | Event::CancelAfterSet(..)
            | Event::ProtectionSet(..)
            | Event::ProtectionTripped(..)
            | Event::Deleveraged(_)
            | Event::Tape(_)
            | Event::Digest { .. } => {}
        }
    }

    fn market_set(&mut self, market: MarketId) {
        let at = self.at;
        while self.views.markets.len() <= market.place() {
            let mut views = MarketViews::default();
            views.funding.since = at;
            self.views.markets.push(views);
        }
        self.tell(Change::Settings);
    }

    fn priced(&mut self, update: PriceUpdate) {
        let place = match update.of {
            PriceOf::Index(market) => {
                self.views.markets.get_mut(market.place()).map(|views| &mut views.index)
            }
            PriceOf::Asset(asset) => self.views.assets.get_mut(asset.place()),
        };
        let before = place.and_then(|place| place.replace(update));
        if let PriceOf::Index(market) = update.of
            && update.status.has_values()
        {
            self.sample_prices(market);
        }
        if before.is_none_or(|before| before.status != update.status) {
            self.tell(Change::Status(update.of, update.status));
        }
    }

    /// Takes an index and its mark into their candles.
    fn sample_prices(&mut self, market: MarketId) {
        let at = self.at;
        let seen = self.venue.market(market).and_then(|market| market.index.zip(market.mark));
        if let Some(((index, mark), views)) = seen.zip(self.market_mut(market)) {
            views.sample(index, mark, at);
        }
    }

    /// Takes in how far marks are from indexes, for the next funding.
    fn sample(&mut self) {
        for (number, views) in (0..).zip(&mut self.views.markets) {
            let market = self.venue.market(MarketId::new(number));
            if let Some((index, mark)) = market.and_then(|market| market.index.zip(market.mark)) {
                views.funding.sample(index, mark);
            }
        }
    }
}
