//! Gets a venue ready for a run, over its administration API: accounts, money, keys, positions to close and orders to
//! cancel.

use std::net::{IpAddr, SocketAddr};

use runtime::http::Method;
use runtime::task;
use serde_json::Value;
use units::{Price, Quantity, Span};
use wire_binance::{Decimal, NewOrder, Request, Side, Symbol, TimeInForce};

use crate::ask::Terms;
use crate::door::{Door, Http, Way, query};
use crate::holder::Holder;
use crate::outcome::Answer;

/// Steps that are under way at once: as many as the journal makes durable together.
const AT_ONCE: usize = 64;

/// How long a step may take.
const PATIENCE: Span = Span::from_secs(20);

/// What everybody has but the maker and those who close a position: enough for what he asks for, and for nothing that
/// could matter.
const MONEY: &str = "10000";

/// What the maker has: margin for all the positions of the others, and for what he quotes.
const MAKER_MONEY: &str = "1000000000";

/// What the maker quotes on either side, in units: more than all others trade.
const QUOTED: i128 = 500_000;

/// The symbol of the market.
const SYMBOL: &str = "BTCUSDT";

/// Why a venue could not be made ready.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// It cannot be asked.
    #[error("{what}: {why}")]
    Lost {
        /// What was asked.
        what: String,
        /// Why there is no answer.
        why: String,
    },
    /// It has refused.
    #[error("{what} was refused with {status}: {said}")]
    Refused {
        /// What was asked.
        what: String,
        /// The status.
        status: u16,
        /// What it said.
        said: String,
    },
    /// An order did not come to what it should.
    #[error("{what} came to {answer:?}")]
    Order {
        /// Which.
        what: String,
        /// What it came to.
        answer: Answer,
    },
}

/// The administration of a venue.
#[derive(Debug)]
pub struct Admin(Http);

impl Admin {
    /// That of a venue, by a key that may; or what another key's holder may ask for.
    ///
    /// # Errors
    /// Where the key cannot be sent.
    pub fn new(venue: SocketAddr, holder: &Holder) -> Result<Self, StageError> {
        Http::of(venue, holder).map(Self).map_err(|why| lost("the administration", why))
    }

    /// Asks for something below `/v1/admin/`, or of the surface.
    ///
    /// # Errors
    /// Where it is refused, or there is no answer.
    pub async fn ask(
        &self,
        method: &Method,
        path: &str,
        params: &[(&str, &str)],
    ) -> Result<Value, StageError> {
        let what = format!("{method} {path}");
        let answer = self.0.signed(method, path, query(params), PATIENCE).await;
        let (status, body) = answer.map_err(|why| lost(&what, why))?;
        let said = || String::from_utf8_lossy(&body).into_owned();
        if status != 200 {
            return Err(StageError::Refused { what, status, said: said() });
        }
        serde_json::from_slice(&body).map_err(|_| lost(&what, format!("no JSON: {}", said())))
    }

    /// Opens an account with money and a key that may trade.
    ///
    /// # Errors
    /// As [`Admin::ask`].
    pub async fn open(
        &self,
        name: &str,
        money: &str,
        source: Option<IpAddr>,
    ) -> Result<Holder, StageError> {
        let post = |path: &'static str, params: &[(&str, &str)]| {
            let params: Vec<(String, String)> =
                params.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
            async move {
                let params: Vec<(&str, &str)> =
                    params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                self.ask(&Method::POST, path, &params).await
            }
        };
        post("/v1/admin/accounts", &[("name", name)]).await?;
        let deposit = [("account", name), ("asset", "USDT"), ("amount", money)];
        post("/v1/admin/deposits", &deposit).await?;
        let may = [("account", name), ("permissions", "read,trade")];
        let made = post("/v1/admin/keys", &may).await?;
        let text = |field: &str| made[field].as_str().unwrap_or_default().to_owned();
        Ok(Holder { source, ..Holder::new(name, &text("key"), &text("secret")) })
    }
}

fn lost(what: &str, why: String) -> StageError {
    StageError::Lost { what: what.to_owned(), why }
}

/// What stands behind the position of somebody who closes one.
#[derive(Clone, Copy, Debug)]
pub struct Stake {
    /// His money, in whole dollars.
    pub money: u32,
    /// The most that he may hold, in times of it.
    pub leverage: u32,
}

impl Default for Stake {
    /// So much that no price takes the position away.
    fn default() -> Self {
        Self { money: 10_000, leverage: 1 }
    }
}

/// How many of each there are.
#[derive(Clone, Copy, Debug)]
pub struct Cast {
    /// Who close a position each.
    pub closers: usize,
    /// What they have behind it.
    pub stake: Stake,
    /// Who cancel their orders.
    pub cancellers: usize,
    /// How many orders each of those has.
    pub orders: usize,
    /// Who dress new risk up as reduction, each with a position that could be reduced.
    pub abusers: usize,
    /// Who send as much new risk, and say so; with the same position.
    pub equals: usize,
    /// Who send new risk over HTTP, and as many over sockets.
    pub traders: usize,
    /// Who only ask.
    pub askers: usize,
}

/// Everybody of a run, with accounts, keys and what they begin with.
#[derive(Clone, Debug, Default)]
pub struct Troupe {
    /// Who quotes on both sides.
    pub maker: Option<Holder>,
    /// Who close a position each.
    pub closers: Vec<Holder>,
    /// Who cancel their orders: `load-0`, `load-1` and so on.
    pub cancellers: Vec<Holder>,
    /// How many orders each of those has.
    pub orders: usize,
    /// Who dress new risk up as reduction.
    pub abusers: Vec<Holder>,
    /// Who send as much new risk, and say so.
    pub equals: Vec<Holder>,
    /// Who send new risk over HTTP.
    pub traders: Vec<Holder>,
    /// Who send new risk over sockets.
    pub wired: Vec<Holder>,
    /// Who only ask.
    pub askers: Vec<Holder>,
}

/// The market of a run: BTCUSDT at the price that [`crate::Prices`] is told to say. Positions are of one unit, a
/// thousandth of a coin, unless the terms are changed.
///
/// # Errors
/// Where the price is none.
pub fn terms(price: i128) -> Result<Terms, String> {
    let symbol = Symbol::new(SYMBOL).ok_or("the symbol is none")?;
    // Far from where others trade, and within the tenth that limits may be from the index.
    let part = |percent: i128| {
        let price = price.saturating_mul(percent).checked_div(100).unwrap_or(0);
        Decimal::price(Price::whole(price), 1)
    };
    let unit = Decimal::quantity(Quantity::from_raw(UNIT), 3);
    Ok(Terms { symbol, unit, held: unit, price: part(100), low: part(95), high: part(105) })
}

/// A thousandth of a coin, in trillionths.
const UNIT: i128 = 1_000_000_000;

impl Troupe {
    /// Opens everybody's accounts, and gives them what they begin with. It takes some five commands of each.
    ///
    /// # Errors
    /// Where a step fails.
    pub async fn assemble(
        venue: SocketAddr,
        admin: &Holder,
        terms: &Terms,
        cast: &Cast,
    ) -> Result<Self, StageError> {
        let office = Admin::new(venue, admin)?;
        let mut addresses = (1_u32..).map(|nth| IpAddr::from((0x7f01_0000 | nth).to_be_bytes()));
        let maker = office.open("load-maker", MAKER_MONEY, addresses.next()).await?;
        quote(venue, &maker, terms).await?;
        let stake = cast.stake.money.to_string();
        let mut gather = async |word: &str, money: &str, count: usize| {
            let named = (0..count).map(|nth| format!("{word}-{nth}")).zip(addresses.by_ref());
            let named: Vec<_> = named.take(count).collect();
            let office = &office;
            let opening =
                named.iter().map(|(name, address)| office.open(name, money, Some(*address)));
            let opened = task::in_order(opening, AT_ONCE).await;
            opened.into_iter().collect::<Result<Vec<Holder>, StageError>>()
        };
        let troupe = Self {
            maker: Some(maker),
            closers: gather("closer", &stake, cast.closers).await?,
            cancellers: gather("canceller", MONEY, cast.cancellers).await?,
            orders: cast.orders,
            abusers: gather("abuser", MONEY, cast.abusers).await?,
            equals: gather("equal", MONEY, cast.equals).await?,
            traders: gather("trader", MONEY, cast.traders).await?,
            wired: gather("wired", MONEY, cast.traders).await?,
            askers: gather("asker", MONEY, cast.askers).await?,
        };
        troupe.lever(venue, cast.stake.leverage).await?;
        troupe.equip(venue, terms).await?;
        Ok(troupe)
    }

    /// The leverage of those who close a position; everybody's is one to begin with.
    async fn lever(&self, venue: SocketAddr, leverage: u32) -> Result<(), StageError> {
        if leverage <= 1 {
            return Ok(());
        }
        let leverage = leverage.to_string();
        let setting = self.closers.iter().map(|holder| async {
            let params = [("symbol", SYMBOL), ("leverage", leverage.as_str())];
            let own = Admin::new(venue, holder)?;
            own.ask(&Method::POST, "/fapi/v1/leverage", &params).await.map(drop)
        });
        task::in_order(setting, AT_ONCE).await.into_iter().collect()
    }

    /// Positions to those who close one or could reduce one, orders to those who cancel.
    async fn equip(&self, venue: SocketAddr, terms: &Terms) -> Result<(), StageError> {
        let closing = self.closers.iter().map(|holder| (holder, terms.held));
        let others = self.abusers.iter().chain(&self.equals).map(|holder| (holder, terms.unit));
        let buying = closing.chain(others).map(|(holder, quantity)| {
            // At the maker's price and no worse: a thin margin does not bear what a market order might cost.
            let price = quoted(terms, Side::Sell);
            let mut order = NewOrder::limit(terms.symbol, Side::Buy, quantity, price);
            order.time_in_force = Some(TimeInForce::ImmediateOrCancel);
            place(venue, holder, order)
        });
        let mut done = task::in_order(buying, AT_ONCE).await;
        let resting = self.cancellers.iter().map(|holder| async move {
            for nth in 0..self.orders {
                let mut order = NewOrder::limit(terms.symbol, Side::Buy, terms.unit, terms.low);
                order.client_order_id = wire_binance::ClientOrderId::new(&format!("load-{nth}"));
                place(venue, holder, order).await?;
            }
            Ok(())
        });
        done.extend(task::in_order(resting, AT_ONCE).await);
        done.into_iter().collect()
    }
}

/// What the maker quotes on a side.
fn quoted(terms: &Terms, side: Side) -> Decimal {
    let (price, away) = (terms.price.raw(), terms.price.raw().checked_div(10_000).unwrap_or(0));
    let raw = match side {
        Side::Buy => price.saturating_sub(away),
        Side::Sell => price.saturating_add(away),
    };
    Decimal::from_raw(raw, terms.price.places())
}

/// The maker's two quotes, a ten-thousandth from the price.
async fn quote(venue: SocketAddr, maker: &Holder, terms: &Terms) -> Result<(), StageError> {
    let quantity = Decimal::from_raw(terms.unit.raw().saturating_mul(QUOTED), terms.unit.places());
    for side in [Side::Buy, Side::Sell] {
        let price = quoted(terms, side);
        place(venue, maker, NewOrder::limit(terms.symbol, side, quantity, price)).await?;
    }
    Ok(())
}

/// Places an order that has to be taken.
async fn place(venue: SocketAddr, holder: &Holder, order: NewOrder) -> Result<(), StageError> {
    let door = Door::open(Way::Http, venue, holder).map_err(|why| lost(&holder.name, why))?;
    let answer = door.ask(&Request::PlaceOrder(order.into()), PATIENCE).await;
    if answer == Answer::Done {
        return Ok(());
    }
    Err(StageError::Order { what: format!("an order of {}", holder.name), answer })
}
