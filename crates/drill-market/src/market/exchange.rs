//! The real venue, opened as its configuration says, and a reader of all that it tells.

use std::collections::BTreeMap;

use units::{Money, Span, Timestamp};
use venue::config::VenueConfig;
use venue_core::{
    AccountId, AssetSettings, Command, Event, Lifetime, Lots, MarketId, PlaceOrder, PriceOf,
    PriceUpdate, Side, Ticks, Transfer, Venue, VenueSettings,
};

use super::asset::Asset;
use super::heard::Heard;
use super::population::Holder;

/// A venue, the time, and what it has said.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) venue: Venue,
    pub(crate) now: Timestamp,
    pub(crate) heard: Heard,
    assets: Vec<Asset>,
    events: Vec<Event>,
    /// The account of the backstop, if there is one.
    pub(crate) backstop: Option<AccountId>,
    /// By account: the makers of each asset.
    makers: Vec<AccountId>,
}

/// What each maker begins with, in dollars: makers are those who do not fail that day.
const MAKER: i128 = 10_000_000_000_000;

/// A thousandth of a second: openings are so far apart.
const OPENING_NANOS: u64 = 1_000;

impl Exchange {
    /// Opens the venue of a configuration at a time, with its markets, its fund, its backstop (which begins with so many
    /// dollars) and a maker for each market. Prices begin where the assets do.
    ///
    /// # Errors
    /// Where the venue refuses one of these.
    pub(crate) fn open(
        config: &VenueConfig,
        assets: &[Asset],
        backstop: f64,
        now: Timestamp,
    ) -> Result<Self, String> {
        let mut exchange = Self {
            venue: Venue::new(),
            now,
            heard: Heard::new(assets),
            assets: assets.to_vec(),
            events: Vec::new(),
            backstop: None,
            makers: Vec::new(),
        };
        exchange.does(&Command::AddAsset(AssetSettings::plain(&config.settlement)));
        for asset in &config.assets {
            exchange.does(&Command::AddAsset(asset.settings.clone()));
        }
        for asset in assets {
            exchange.does(&Command::AddMarket(Box::new(asset.settings.clone())));
            exchange.prices(asset, asset.start);
        }
        if config.backstop.is_some() {
            let account = exchange.joins(backstop);
            for asset in assets {
                let market = asset.market;
                exchange.does(&Command::SetLeverage { account, market, leverage: 10 });
            }
            exchange.backstop = Some(account);
        }
        let settings = VenueSettings { backstop: exchange.backstop, ..VenueSettings::default() };
        exchange.does(&Command::Configure(settings));
        if config.fund > Money::ZERO {
            exchange.does(&Command::Fund(config.fund));
        }
        for _ in assets {
            let maker = exchange.opens();
            exchange.does(&Command::Deposit(Transfer::money(maker, Money::whole(MAKER))));
            exchange.makers.push(maker);
        }
        exchange.accepted("the venue could not be opened")?;
        Ok(exchange)
    }

    /// Does a command now, and hears what is said.
    pub(crate) fn does(&mut self, command: &Command) {
        self.venue.apply(self.now, command, &mut self.events);
        for event in self.events.drain(..) {
            self.heard.hear(self.now, &event);
        }
    }

    /// Lets so many seconds go by.
    pub(crate) fn waits(&mut self, seconds: f64) {
        self.now = self.now.after(Span::from_nanos((seconds * 1e9) as u64));
    }

    /// Tells the venue what an asset is worth outside, well known.
    pub(crate) fn prices(&mut self, asset: &Asset, dollars: f64) {
        let of = PriceOf::Index(asset.market);
        self.hears(PriceUpdate::live(of, asset.price(dollars), self.now));
    }

    /// Tells the venue a price as an oracle has it.
    pub(crate) fn hears(&mut self, price: PriceUpdate) {
        self.does(&Command::Price(price));
    }

    /// The account of a market's makers.
    pub(crate) fn maker(&self, market: MarketId) -> AccountId {
        self.makers.get(market.place()).copied().unwrap_or_default()
    }

    /// Opens an account with money; dollars below a millionth are none.
    pub(crate) fn joins(&mut self, dollars: f64) -> AccountId {
        let account = self.opens();
        let amount = money(dollars);
        if amount > Money::ZERO {
            self.does(&Command::Deposit(Transfer::money(account, amount)));
        }
        account
    }

    fn opens(&mut self) -> AccountId {
        let account = u32::try_from(self.venue.accounts()).unwrap_or(u32::MAX);
        self.does(&Command::OpenAccount);
        AccountId::new(account)
    }

    /// Has everybody come and take their positions, each from the makers at the price of the beginning, with as much
    /// leverage as the market lends. Gives their accounts, in their order.
    ///
    /// # Errors
    /// Names the first, by its place among them, who could not.
    pub(crate) fn fills(&mut self, holders: &[Holder]) -> Result<Vec<AccountId>, (usize, String)> {
        let assets = self.assets.clone();
        self.heard.is_opening = true;
        self.offers(&assets, holders);
        let mut accounts = Vec::with_capacity(holders.len());
        for (place, holder) in holders.iter().enumerate() {
            let account = self.joins(holder.equity);
            for position in &holder.positions {
                let Some(asset) = assets.get(position.asset) else { continue };
                self.takes(asset, account, position.lots);
            }
            self.heard.knows(account, holder);
            self.now = self.now.after(Span::from_nanos(OPENING_NANOS));
            self.accepted("a position could not be opened").map_err(|why| (place, why))?;
            accounts.push(account);
        }
        for asset in &assets {
            let account = self.maker(asset.market);
            self.does(&Command::CancelAll { account, market: None });
        }
        self.heard.is_opening = false;
        Ok(accounts)
    }

    /// Makers offer as much as everybody wants, on both sides of the price, which may be a tick wide.
    fn offers(&mut self, assets: &[Asset], holders: &[Holder]) {
        let mut wanted: BTreeMap<(usize, bool), i64> = BTreeMap::new();
        for position in holders.iter().flat_map(|holder| &holder.positions) {
            let lots = wanted.entry((position.asset, position.lots > 0)).or_default();
            *lots = lots.saturating_add(position.lots.saturating_abs());
        }
        for ((place, is_long), lots) in wanted {
            let Some(asset) = assets.get(place) else { continue };
            let at = asset.ticks(asset.start);
            // Both at the price itself would trade with each other.
            let (side, at) = match is_long {
                true => (Side::Sell, at.plus(Ticks::new(1))),
                false => (Side::Buy, at),
            };
            let account = self.maker(asset.market);
            let most = asset.settings.filters.lots_max.number().max(1);
            let mut left = lots;
            while left > 0 {
                let lots = Lots::new(left.min(most));
                self.does(&Command::Place(PlaceOrder::limit(
                    account,
                    asset.market,
                    side,
                    at,
                    lots,
                )));
                left = left.saturating_sub(most);
            }
        }
    }

    /// An account takes lots from the makers.
    fn takes(&mut self, asset: &Asset, account: AccountId, lots: i64) {
        let market = asset.market;
        let initial =
            asset.settings.brackets.first().map_or(0.01, |it| it.initial.raw() as f64 / 1e12);
        let leverage = (1.0 / initial).clamp(1.0, 1_000.0) as u16;
        self.does(&Command::SetLeverage { account, market, leverage });
        let at = asset.ticks(asset.start);
        let (side, limit) = match lots > 0 {
            true => (Side::Buy, at.plus(Ticks::new(1))),
            false => (Side::Sell, at),
        };
        let lots = Lots::new(lots.saturating_abs());
        let order = PlaceOrder {
            lifetime: Lifetime::FillOrKill,
            ..PlaceOrder::limit(account, market, side, limit, lots)
        };
        self.does(&Command::Place(order));
    }

    /// Whether all commands were taken so far; what has been refused is forgotten.
    fn accepted(&mut self, what: &str) -> Result<(), String> {
        match self.heard.refused.take() {
            None => Ok(()),
            Some(why) => Err(format!("{what}: {why}")),
        }
    }

    /// The fund, in dollars.
    pub(crate) fn fund(&self) -> f64 {
        dollars(self.venue.fund().fund)
    }
}

/// An amount in dollars as one of the venue, to the millionth.
pub(crate) fn money(dollars: f64) -> Money {
    Money::from_raw(libm::round(dollars * 1e6) as i128 * 1_000_000)
}

/// An amount of the venue in dollars.
pub(crate) fn dollars(money: Money) -> f64 {
    money.raw() as f64 / 1e12
}
