//! What readers may see, as plain values.

use std::fmt;

use units::{Money, Timestamp};

use crate::book::{Book, BookLevel, RestingOrder};
use crate::command::{MarketState, PlaceOrder, PriceStatus};
use crate::id::{AccountId, AssetId, MarketId, OrderId};
use crate::settings::{AssetSettings, MarketSettings, VenueSettings};
use crate::terms::collateral_worth;
use crate::value::{Lots, PositionSide, Side, Ticks};
use crate::venue::Venue;

/// What an account has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountView {
    /// The settlement asset; below zero it is a loan. Margin of isolated positions is not in it.
    pub cash: Money,
    /// Other assets.
    pub holdings: Vec<(AssetId, Money)>,
    /// Whether both sides of a market may be held at once.
    pub hedge: bool,
    /// Whether it is being liquidated.
    pub liquidating: bool,
}

/// A position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionView {
    /// Where.
    pub market: MarketId,
    /// Which of the account's positions there.
    pub side: PositionSide,
    /// What is held; below zero it is short.
    pub lots: Lots,
    /// What it was bought for, less what it was sold for.
    pub cost: Money,
    /// Its own margin, if it is isolated.
    pub isolated: Option<Money>,
    /// How many times the margin it may be.
    pub leverage: u16,
    /// Its profit at the mark; zero where there is none yet.
    pub profit: Money,
}

/// How a market stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketView {
    /// Its state.
    pub state: MarketState,
    /// The index, if there was a price.
    pub index: Option<Ticks>,
    /// The mark, if there was a price.
    pub mark: Option<Ticks>,
    /// What its price is good for now, by its age.
    pub status: PriceStatus,
    /// The price of the last trade.
    pub last: Option<Ticks>,
    /// All long positions.
    pub open_interest: Lots,
    /// How many trades there were.
    pub trades: u64,
}

/// The venue's own money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundView {
    /// The insurance fund.
    pub fund: Money,
    /// Fees less rebates.
    pub fees: Money,
    /// What rounding has left over.
    pub dust: Money,
    /// What the house has paid for collateral that it took over, and got for it; below zero while it holds some.
    pub house: Money,
    /// Deposits less withdrawals, of accounts and of the fund.
    pub brought_in: Money,
    /// The cash and the isolated margin of all accounts.
    pub accounts: Money,
    /// The cost of all positions: what is not realised yet, with the opposite sign.
    pub costs: Money,
}

/// What the house holds of an asset: collateral that it took over and has not sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HouseView {
    /// Of what.
    pub asset: AssetId,
    /// How much.
    pub amount: Money,
    /// What was got for it less what was paid, since the house last held none.
    pub cash: Money,
    /// What it is worth at the worse end of the liquidation lane, without a haircut; zero before the first price. With
    /// `cash` it is what the house would have won, or lost, if it sold all of it there.
    pub worth: Money,
}

impl FundView {
    /// Money that is there and was never brought in: always zero.
    #[must_use]
    pub const fn excess(&self) -> Money {
        let venue = self.fees.plus(self.fund).plus(self.dust).plus(self.house);
        self.accounts.plus(venue).minus(self.costs).minus(self.brought_in)
    }
}

/// The account that is kept of all money: what was brought in is somewhere, to the unit.
impl fmt::Display for FundView {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fund, fees, dust, house, brought_in, accounts, costs } = self;
        write!(
            formatter,
            "brought in {brought_in} = accounts {accounts} - costs of positions {costs} + fund {fund} + fees {fees} \
             + house {house} + dust {dust}; made or lost: {}",
            self.excess()
        )
    }
}

impl Venue {
    /// The time of the last command.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// How many commands there were.
    #[must_use]
    pub const fn commands(&self) -> u64 {
        self.commands
    }

    /// Whether a broken invariant has halted everything.
    #[must_use]
    pub const fn is_halted(&self) -> bool {
        self.halted
    }

    /// What holds for the whole venue.
    #[must_use]
    pub const fn settings(&self) -> &VenueSettings {
        &self.settings
    }

    /// How many accounts there are.
    #[must_use]
    pub const fn accounts(&self) -> usize {
        self.accounts.len()
    }

    /// How many markets there are.
    #[must_use]
    pub const fn markets(&self) -> usize {
        self.markets.len()
    }

    /// How many assets there are, the settlement asset included.
    #[must_use]
    pub const fn assets(&self) -> usize {
        self.assets.len()
    }

    /// An account.
    #[must_use]
    pub fn account(&self, account: AccountId) -> Option<AccountView> {
        let account = self.accounts.get(account.place())?;
        let holdings = account.holdings.iter().map(|holding| (holding.asset, holding.amount));
        Some(AccountView {
            cash: account.cash,
            holdings: holdings.collect(),
            hedge: account.hedge,
            liquidating: account.liquidating,
        })
    }

    /// An account's positions, those of no lots included, in the order in which they were first opened.
    pub fn positions(&self, account: AccountId) -> impl Iterator<Item = PositionView> + '_ {
        let account = self.accounts.get(account.place());
        let legs = account.map_or(&[][..], |account| account.legs.as_slice());
        legs.iter().filter_map(|leg| {
            let leg = self.legs.get(leg.place())?;
            let market = self.markets.get(leg.market.place())?;
            let profit = market.marks.map(|marks| leg.profit(marks.mark, market.tick_value));
            Some(PositionView {
                market: leg.market,
                side: leg.side,
                lots: leg.lots,
                cost: leg.cost,
                isolated: leg.isolated,
                leverage: leg.leverage,
                profit: profit.unwrap_or(Money::ZERO),
            })
        })
    }

    /// An account's position.
    #[must_use]
    pub fn position(
        &self,
        account: AccountId,
        market: MarketId,
        side: PositionSide,
    ) -> Option<PositionView> {
        self.positions(account).find(|position| position.market == market && position.side == side)
    }

    /// An asset's settings.
    #[must_use]
    pub fn asset_settings(&self, asset: AssetId) -> Option<&AssetSettings> {
        self.assets.get(asset.place()).map(|asset| &asset.settings)
    }

    /// A market's settings.
    #[must_use]
    pub fn market_settings(&self, market: MarketId) -> Option<&MarketSettings> {
        self.markets.get(market.place()).map(|market| &market.settings)
    }

    /// How a market stands.
    #[must_use]
    pub fn market(&self, market: MarketId) -> Option<MarketView> {
        let market = self.markets.get(market.place())?;
        Some(MarketView {
            state: market.state,
            index: market.marks.map(|marks| marks.index),
            mark: market.marks.map(|marks| marks.mark),
            status: market.quote.status_at(self.now),
            last: market.last,
            open_interest: market.long,
            trades: market.trades,
        })
    }

    /// A side of a market's book: prices with what rests at them, from the best on.
    pub fn depth(&self, market: MarketId, side: Side) -> impl Iterator<Item = BookLevel> + '_ {
        self.book(market).into_iter().flat_map(move |book| book.levels(side))
    }

    /// An account's resting orders in a market, in the order in which they came to rest.
    pub fn open_orders(
        &self,
        account: AccountId,
        market: MarketId,
    ) -> impl Iterator<Item = RestingOrder> + '_ {
        let book = self.book(market);
        let chains = self.legs_here(account, market).map(|leg| leg.chain);
        let orders = chains
            .flat_map(move |chain| book.into_iter().flat_map(move |book| book.chained(chain)));
        orders.map(|(_, order)| *order)
    }

    /// An account's orders in a market that wait for a trigger, by number.
    pub fn waiting_orders(
        &self,
        account: AccountId,
        market: MarketId,
    ) -> impl Iterator<Item = (OrderId, PlaceOrder)> + '_ {
        let orders = self.waiting.of(account, market);
        orders.filter_map(|order| Some((order, self.waiting.get(order)?.placed)))
    }

    /// A market's resting orders.
    #[must_use]
    pub fn book(&self, market: MarketId) -> Option<&Book> {
        self.markets.get(market.place()).map(|market| &market.book)
    }

    /// What a market's lot is worth for each tick of price.
    #[must_use]
    pub fn tick_value(&self, market: MarketId) -> Option<Money> {
        self.markets.get(market.place()).map(|market| market.tick_value)
    }

    /// An order that rests; `None` where it waits for its trigger, or is no more.
    #[must_use]
    pub fn resting(&self, order: OrderId) -> Option<&RestingOrder> {
        let at = self.orders.get(order)?;
        self.book(at.market)?.get(at.slot)
    }

    /// What the house holds, by asset, valued by prices from outside.
    pub fn house(&self) -> impl Iterator<Item = HouseView> + '_ {
        let assets = (0_u16..).map(AssetId::new).zip(&self.assets);
        let held = assets.filter(|(_, state)| state.house != Money::ZERO);
        held.map(|(asset, state)| HouseView {
            asset,
            amount: state.house,
            cash: state.house_cash,
            worth: collateral_worth(state.house, state.risk.price.low),
        })
    }

    /// The venue's own money.
    #[must_use]
    pub const fn fund(&self) -> FundView {
        FundView {
            fund: self.ledger.fund,
            fees: self.ledger.fees,
            dust: self.ledger.dust,
            house: self.ledger.house,
            brought_in: self.ledger.brought_in,
            accounts: self.ledger.accounts,
            costs: self.ledger.costs,
        }
    }
}
