//! Those who fail: accounts, their money and their positions, made over the interfaces that everybody has.

use std::net::SocketAddr;

use load::{Admin, Holder};
use machine::Prng;
use runtime::http::Method;
use runtime::task;
use toml_edit::{DocumentMut, Item};

/// The price of every market when it begins.
pub(super) const PRICE: &str = "100000";

/// The same as a number.
const DOLLARS: u64 = 100_000;

/// How far the first fall goes, in thousandths of the price: what everybody's leverage begins with.
const FIRST: u64 = 20;

/// How far each further one goes. It is less than maintenance and half of it again, so that who fails has something left, and
/// the book takes everybody.
const FALL: u64 = 4;

/// Everybody's leverage.
const LEVERAGE: &str = "50";

/// Dollars of a lot of 0.001 at the beginning.
const LOT: u64 = DOLLARS / 1_000;

/// Accounts that are opened at once: as many as the journal makes durable together.
const AT_ONCE: usize = 64;

/// What the maker has: margin for what all others hold.
const MAKER: &str = "1000000000";

/// A market of the configuration.
#[derive(Clone, Debug)]
pub(super) struct Market {
    pub(super) symbol: String,
    pub(super) feed: String,
}

/// The markets of a configuration, in its order.
///
/// # Errors
/// Where it is no TOML, or one of them has no symbol or no feed.
pub(super) fn markets(configuration: &str) -> Result<Vec<Market>, String> {
    let document: DocumentMut =
        configuration.parse().map_err(|error| format!("the configuration is no TOML: {error}"))?;
    let markets = document.get("venue").and_then(|venue| venue.get("market"));
    let markets = markets.and_then(Item::as_array_of_tables).into_iter().flatten();
    let text = |table: &toml_edit::Table, key: &str| {
        let found = table.get(key).and_then(Item::as_str).map(str::to_owned);
        found.ok_or_else(|| format!("a market of the configuration has no `{key}`"))
    };
    markets.map(|it| Ok(Market { symbol: text(it, "symbol")?, feed: text(it, "feed")? })).collect()
}

/// How many, and how they fail.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) accounts: u64,
    pub(super) falls: u64,
    pub(super) seed: u64,
}

/// Where they come to, and who lets them in.
#[derive(Debug)]
pub(super) struct Crowd<'a> {
    pub(super) venue: SocketAddr,
    pub(super) admin: Holder,
    pub(super) markets: &'a [Market],
}

/// What an account gets.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Means {
    lots: u64,
    /// In dollars.
    deposit: f64,
}

/// The price after so many falls, from one on, in dollars.
const fn fallen(step: u64) -> u64 {
    DOLLARS - DOLLARS * (FIRST + FALL * (step - 1)) / 1_000
}

/// The same as it is said.
pub(super) fn price_after(step: u64) -> String {
    fallen(step).to_string()
}

impl Means {
    /// Those of an account that fails at a step, and not before: half a fall before it there is as much as has to be.
    fn of(nth: u64, plan: &Plan) -> Self {
        let mut prng = Prng::new(plan.seed ^ nth.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        // One of ten is ten times as large: what is missed are not only small ones.
        let times = if prng.below(10) == 0 { 10 } else { 1 };
        let lots = (2 + prng.below(8)) * times;
        let step = 1 + nth % plan.falls;
        let notional = (lots * LOT) as f64;
        let half = DOLLARS * FALL / 2_000;
        let loss = notional * (DOLLARS - fallen(step) - half) as f64 / DOLLARS as f64;
        // The taker's fee, and 0.4 % of maintenance.
        let deposit = notional * 0.000_5 + loss + (notional - loss) * 0.004;
        Self { lots, deposit }
    }
}

impl Crowd<'_> {
    /// Opens everybody's account, and has them buy; then the maker bids for it all again, a little below each fall.
    pub(super) async fn opens(&self, plan: &Plan) -> Result<(), String> {
        let office = Admin::new(self.venue, &self.admin).map_err(|error| error.to_string())?;
        let maker = office.open("wave-maker", MAKER, None).await;
        let maker = maker.map_err(|error| error.to_string())?;
        let maker = Admin::new(self.venue, &maker).map_err(|error| error.to_string())?;
        let all: Vec<(u64, Means)> =
            (0..plan.accounts).map(|nth| (nth, Means::of(nth, plan))).collect();
        for (place, market) in self.markets.iter().enumerate() {
            let count = self.markets.len() as u64;
            let mine = all.iter().filter(|(nth, _)| nth / plan.falls % count == place as u64);
            let lots: u64 = mine.map(|(_, means)| means.lots).sum();
            self.order(&maker, market, ("SELL", lots, PRICE)).await?;
        }
        let joins = all.iter().map(|(nth, means)| self.joins(&office, *nth, *means, plan));
        let joined = task::in_order(joins, AT_ONCE).await;
        joined.into_iter().collect::<Result<Vec<()>, String>>()?;
        let lots: u64 = all.iter().map(|(_, means)| means.lots).sum();
        for market in self.markets {
            for step in 1..=plan.falls {
                let bid = fallen(step) - DOLLARS / 20_000;
                self.order(&maker, market, ("BUY", lots, &bid.to_string())).await?;
            }
        }
        Ok(())
    }

    async fn joins(
        &self,
        office: &Admin,
        nth: u64,
        means: Means,
        plan: &Plan,
    ) -> Result<(), String> {
        let name = format!("wave-{nth}");
        let count = self.markets.len().max(1) as u64;
        let place = usize::try_from(nth / plan.falls % count).unwrap_or_default();
        let Some(market) = self.markets.get(place) else { return Ok(()) };
        let money = format!("{:.6}", means.deposit.max(1.0));
        let holder = office.open(&name, &money, None).await.map_err(|error| error.to_string())?;
        let member = Admin::new(self.venue, &holder).map_err(|error| error.to_string())?;
        let leverage = [("symbol", market.symbol.as_str()), ("leverage", LEVERAGE)];
        let set = member.ask(&Method::POST, "/fapi/v1/leverage", &leverage).await;
        set.map_err(|error| format!("{name}: {error}"))?;
        self.order(&member, market, ("BUY", means.lots, PRICE)).await
    }

    async fn order(
        &self,
        who: &Admin,
        market: &Market,
        (side, lots, price): (&str, u64, &str),
    ) -> Result<(), String> {
        let quantity = format!("{}.{:03}", lots / 1_000, lots % 1_000);
        let params = [
            ("symbol", market.symbol.as_str()),
            ("side", side),
            ("type", "LIMIT"),
            ("timeInForce", "GTC"),
            ("quantity", &quantity),
            ("price", price),
        ];
        let placed = who.ask(&Method::POST, "/fapi/v1/order", &params).await;
        placed.map(drop).map_err(|error| format!("an order of {lots} lots: {error}"))
    }
}
