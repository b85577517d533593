//! The real venue: loans against the asset, its own market, and what it says of both.

use incident::Series;
use oracle_core::Tick;
use units::{Money, Quantity, Span, Timestamp};
use venue::config::VenueConfig;
use venue_core::{
    AccountId, AssetId, AssetSettings, Command, Event, Lifetime, Lots, MarketId, MarketKind,
    MarketSettings, PlaceOrder, PriceOf, PriceUpdate, Side, Ticks, Transfer, Venue,
};

use super::feeds::Shown;
use super::heard::Heard;
use super::loans::Loan;
use crate::market::told::{dollars as of_price, price, update};

/// The asset is the venue's second, after the one that everything is settled in.
const ASSET: AssetId = AssetId::new(1);

/// Its market is the only one.
const MARKET: MarketId = MarketId::new(0);

/// What makers begin with: more than any day takes, of dollars and of the asset.
const MAKER: i128 = 1_000_000_000_000;

/// Below this an order is none.
const ORDER_MIN_USD: f64 = 10.0;

/// Of what is lent somebody takes this part, so as not to be refused for what prices tremble.
const LENT: f64 = 0.99;

/// So many times what the asset costs elsewhere a loan has to be, to be worth the trouble.
const WORTH_IT: f64 = 1.02;

/// A sale at any price: this part of what the asset is worth.
const ANY_PRICE: f64 = 0.1;

/// The venue, the time, and what it has said.
#[derive(Debug)]
pub(crate) struct Exchange {
    venue: Venue,
    now: Timestamp,
    settings: MarketSettings,
    maker: AccountId,
    seller: AccountId,
    /// What is taken off the worth of collateral for loans, as a part of it.
    initial: f64,
    events: Vec<Event>,
    pub(crate) heard: Heard,
}

impl Exchange {
    /// Opens the venue of a configuration, with those who have borrowed; `price_now` is what the asset costs.
    ///
    /// # Errors
    /// Where the configuration has no asset or no market, or the venue refuses something.
    pub(crate) fn open(
        config: &VenueConfig,
        loans: &[Loan],
        price_now: f64,
        sold_units: f64,
    ) -> Result<Self, String> {
        let asset = config.assets.first().ok_or("the configuration has no [[venue.asset]]")?;
        let market = config.markets.first().ok_or("the configuration has no [[venue.market]]")?;
        // What the venue trades here is the asset itself: contracts are of no concern that day.
        let settings = MarketSettings {
            kind: MarketKind::Spot { base: ASSET },
            brackets: Vec::new(),
            ..market.settings.clone()
        };
        let tier = asset.settings.haircuts.first();
        let haircut = tier.map_or(1.0, |tier| part(tier.maintenance));
        let mut exchange = Self {
            venue: Venue::new(),
            now: Timestamp::ZERO.after(Span::from_secs(3_600)),
            settings: settings.clone(),
            maker: AccountId::default(),
            seller: AccountId::default(),
            initial: tier.map_or(1.0, |tier| part(tier.initial)),
            events: Vec::new(),
            heard: Heard::new(ASSET, haircut),
        };
        exchange.does(&Command::AddAsset(AssetSettings::plain(&config.settlement)));
        exchange.does(&Command::AddAsset(asset.settings.clone()));
        exchange.does(&Command::AddMarket(Box::new(settings)));
        exchange.does(&Command::Fund(config.fund));
        for of in [PriceOf::Index(MARKET), PriceOf::Asset(ASSET)] {
            let update = PriceUpdate::live(of, price(price_now), exchange.now);
            exchange.does(&Command::Price(update));
        }
        exchange.maker = exchange.joins(MAKER as f64, MAKER as f64);
        exchange.seller = exchange.joins(0.0, sold_units);
        for loan in loans {
            let account = exchange.joins(0.0, loan.units);
            let amount = money(loan.debt);
            exchange.does(&Command::Withdraw(Transfer::money(account, amount)));
            exchange.heard.knows(account, *loan);
        }
        match exchange.heard.refused.take() {
            None => Ok(exchange),
            Some(why) => Err(format!("the venue could not be opened: {why}")),
        }
    }

    /// An account with so many dollars and so much of the asset.
    fn joins(&mut self, cash: f64, units: f64) -> AccountId {
        let account = AccountId::new(u32::try_from(self.venue.accounts()).unwrap_or(u32::MAX));
        self.does(&Command::OpenAccount);
        for (asset, amount) in [(AssetId::SETTLEMENT, cash), (ASSET, units)] {
            let amount = money(amount);
            if amount > Money::ZERO {
                self.does(&Command::Deposit(Transfer { account, asset, amount }));
            }
        }
        account
    }

    fn does(&mut self, command: &Command) {
        self.venue.apply(self.now, command, &mut self.events);
        let lot_tick = self.lot_tick();
        for event in self.events.drain(..) {
            self.heard.hear(&event, lot_tick);
        }
    }

    /// Dollars that a lot is worth for each tick.
    fn lot_tick(&self) -> f64 {
        self.settings.tick_value().map_or(0.0, |value| value.raw() as f64 / 1e12)
    }

    /// Lets so many seconds go by.
    pub(crate) fn waits(&mut self, seconds: f64) {
        self.now = self.now.after(Span::from_nanos((seconds * 1e9) as u64));
    }

    /// Makers take their ladder away and put another one there: price and dollars of each level, bids first.
    pub(crate) fn quotes(&mut self, ladder: &[Vec<(f64, f64)>; 2]) {
        self.does(&Command::CancelAll { account: self.maker, market: Some(MARKET) });
        for (side, levels) in [Side::Buy, Side::Sell].into_iter().zip(ladder) {
            for (at, worth) in levels {
                let ticks = self.ticks(*at, side);
                let lots = self.lots(worth / at);
                if *worth < ORDER_MIN_USD || lots <= Lots::ZERO {
                    continue;
                }
                let order = PlaceOrder::limit(self.maker, MARKET, side, ticks, lots);
                self.does(&Command::Place(order));
            }
        }
        self.heard.refused = None;
    }

    /// The seller sells so much of the asset at any price; it is worth `reference`.
    pub(crate) fn sells(&mut self, units: f64, reference: f64) {
        let lots = self.lots(units);
        if lots <= Lots::ZERO {
            return;
        }
        let limit = self.ticks(reference * ANY_PRICE, Side::Sell);
        let order = PlaceOrder {
            lifetime: Lifetime::ImmediateOrCancel,
            ..PlaceOrder::limit(self.seller, MARKET, Side::Sell, limit, lots)
        };
        self.does(&Command::Place(order));
    }

    /// Somebody brings so much of the asset and borrows all that is lent on it, if that is more than it costs elsewhere,
    /// where it is worth `reference`.
    pub(crate) fn carries(&mut self, units: f64, index: f64, reference: f64) {
        let lent = units * index * (1.0 - self.initial) * LENT;
        if lent <= units * reference * WORTH_IT {
            return;
        }
        let account = self.joins(0.0, units);
        self.heard.refused = None;
        self.does(&Command::Withdraw(Transfer::money(account, money(lent))));
        let debt = if self.heard.refused.take().is_none() { lent } else { 0.0 };
        self.heard.knows(account, Loan { units, debt });
        self.heard.carried += debt;
    }

    /// The oracle's price comes in; who is due is liquidated, and what the house holds is sold.
    pub(crate) fn prices(&mut self, tick: &Tick) {
        for of in [PriceOf::Index(MARKET), PriceOf::Asset(ASSET)] {
            self.does(&Command::Price(update(of, tick, self.now)));
        }
    }

    /// The book as it stands.
    pub(crate) fn shown(&self, depth: f64) -> Option<Shown> {
        let best = |side| self.venue.depth(MARKET, side).next().map(|level| level.price);
        let tick = of_price(self.settings.tick);
        let at = |ticks: Ticks| ticks.number() as f64 * tick;
        Some(Shown { bid: at(best(Side::Buy)?), ask: at(best(Side::Sell)?), depth })
    }

    /// What was lost that nobody will bring back, in dollars, where the asset is worth `reference`: what the fund paid for
    /// those who could not, what is owed beyond what is there, and what the house lost with what it took over.
    pub(crate) fn bad_debt(&self, reference: f64, fund_before: Money) -> f64 {
        let owed: f64 = self
            .heard
            .loans()
            .map(|loan| loan.debt - loan.units * reference)
            .map(|it| it.max(0.0))
            .sum();
        let fund = usd(self.venue.fund().fund) - usd(fund_before);
        let held: f64 =
            self.venue.house().map(|house| usd(house.cash) + usd(house.amount) * reference).sum();
        let house = fund + self.heard.fund_paid + held;
        self.heard.fund_paid + owed + (-house).max(0.0)
    }

    /// The digest of all that the venue is.
    pub(crate) fn digest(&self) -> String {
        self.venue.digest().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn ticks(&self, dollars: f64, side: Side) -> Ticks {
        let ticks = dollars / of_price(self.settings.tick);
        let ticks = match side {
            Side::Buy => libm::floor(ticks),
            Side::Sell => libm::ceil(ticks),
        };
        Ticks::new((ticks as i64).max(1))
    }

    fn lots(&self, units: f64) -> Lots {
        let lot = quantity(self.settings.lot);
        let most = self.settings.filters.lots_max.number();
        Lots::new(((units / lot) as i64).min(most))
    }
}

fn quantity(quantity: Quantity) -> f64 {
    quantity.raw() as f64 / 1e12
}

fn part(ratio: units::Ratio) -> f64 {
    ratio.raw() as f64 / 1e12
}

/// An amount, to the millionth.
fn money(amount: f64) -> Money {
    Money::from_raw(libm::round(amount * 1e6) as i128 * 1_000_000)
}

/// An amount as a number.
pub(crate) fn usd(money: Money) -> f64 {
    money.raw() as f64 / 1e12
}

/// A curve to begin with.
pub(crate) fn series(id: &str, name: &str, unit: &str) -> Series {
    Series::new(id, name, unit, Vec::new())
}
