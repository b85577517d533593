//! A venue that is slow and plain: what `docs/venue-rules.md` says, written as it stands there. Everything that can be
//! counted is counted anew whenever it is asked for; nothing is kept that could be worked out.

mod accounts;
mod auction;
mod bearing;
mod cancel;
mod configure;
mod deleverage;
mod funding;
mod house;
mod liquidate;
mod margin;
mod matching;
mod orders;
mod prices;
mod state;
mod steps;
mod triggers;

use std::collections::BTreeMap;

use units::Timestamp;
use venue_core::{AccountId, AssetId, Command, Event, MarketId, OrderId, Refusal, VenueSettings};

use liquidate::{Case, Party};
use state::{Account, Asset, Market, Order, Purse};

/// The model.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    now: u64,
    halted: bool,
    settings: VenueSettings,
    assets: Vec<Asset>,
    markets: Vec<Market>,
    accounts: Vec<Account>,
    /// Every order that rests or waits.
    orders: BTreeMap<OrderId, Order>,
    orders_taken: u64,
    /// Counts what comes to the book, so that who came first can be told.
    arrivals: u64,
    purse: Purse,
    /// The fund over what it may have to pay, where that is worked out.
    coverage: Option<i128>,
    covered_at: Option<u64>,
    /// Who is being liquidated.
    cases: BTreeMap<Party, Case>,
    /// Who is due and could not be liquidated, and until when nobody looks again.
    blocked: BTreeMap<Party, u64>,
    tape: u64,
    events: Vec<Event>,
}

/// What a command comes to: nothing more to say, or why it is refused.
type Outcome = Result<(), Refusal>;

impl Model {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Does what a command says, and tells it.
    pub(crate) fn apply(&mut self, now: Timestamp, command: &Command) -> Vec<Event> {
        let now = now.as_nanos().max(self.now);
        self.let_time_pass(now);
        self.now = now;
        if self.halted && *command != Command::Tick {
            let tag = if let Command::Place(placed) = command { placed.tag } else { 0 };
            self.tell(Event::Refused { refusal: Refusal::Halted, tag, index: 0 });
            return std::mem::take(&mut self.events);
        }
        let seen = self.seen();
        if let Command::Place(order) = command {
            self.place_listed(order, 0);
        } else if let Command::PlaceAll(orders) = command {
            self.place_all(orders);
        } else if let Err(refusal) = self.other(command) {
            self.tell(Event::Refused { refusal, tag: 0, index: 0 });
        }
        self.fire(seen);
        if matches!(command, Command::Price(_) | Command::Tick) && !self.halted {
            let seen = self.seen();
            self.liquidate();
            self.fire(seen);
        }
        if *command == Command::Tick {
            self.refresh_coverage();
        }
        std::mem::take(&mut self.events)
    }

    /// Commands other than orders.
    fn other(&mut self, command: &Command) -> Outcome {
        match command {
            Command::Configure(settings) => self.configure(settings),
            Command::AddAsset(settings) => self.add_asset(settings),
            Command::SetAsset(asset, settings) => self.set_asset(*asset, settings),
            Command::AddMarket(settings) => self.add_market(settings),
            Command::SetMarket(market, settings) => self.set_market(*market, settings),
            Command::OpenAccount => self.open_account(),
            Command::Deposit(transfer) => self.deposit(transfer),
            Command::Withdraw(transfer) => self.withdraw(transfer),
            Command::Fund(change) => self.change_fund(*change),
            Command::SetLeverage { account, market, leverage } => {
                self.set_leverage(*account, *market, *leverage)
            }
            Command::SetMarginMode { account, market, isolated } => {
                self.set_margin_mode(*account, *market, *isolated)
            }
            Command::SetHedgeMode { account, hedge } => self.set_hedge_mode(*account, *hedge),
            Command::Amend { account, order, price, lots } => {
                self.amend(*account, *order, *price, *lots)
            }
            Command::Cancel { account, order } => self.cancel(*account, *order),
            Command::CancelAll { account, market } => self.cancel_all(*account, *market),
            Command::CancelAfter { account, market, after } => {
                self.cancel_after(*account, *market, *after)
            }
            Command::Protect { account, market, protection } => {
                self.protect(*account, *market, *protection)
            }
            Command::MoveMargin { account, market, side, amount } => {
                self.move_margin(*account, *market, *side, *amount)
            }
            Command::Price(update) => self.price(update),
            Command::Funding { market, rate } => self.funding(*market, *rate),
            Command::Interest { rate } => self.interest(*rate),
            Command::SetState(market, state) => self.set_state(*market, *state),
            Command::Place(_) | Command::PlaceAll(_) | Command::Tick => Ok(()),
        }
    }

    fn tell(&mut self, event: Event) {
        self.events.push(event);
    }

    fn account(&self, account: AccountId) -> Result<&Account, Refusal> {
        self.accounts.get(account.place()).ok_or(Refusal::UnknownAccount)
    }

    fn market(&self, market: MarketId) -> Result<&Market, Refusal> {
        self.markets.get(market.place()).ok_or(Refusal::UnknownMarket)
    }

    /// An account and a market that are known to be there.
    fn account_mut(&mut self, account: AccountId) -> &mut Account {
        &mut self.accounts[account.place()]
    }

    fn market_mut(&mut self, market: MarketId) -> &mut Market {
        &mut self.markets[market.place()]
    }
}

/// The account at a place.
fn account_at(place: usize) -> AccountId {
    AccountId::new(u32::try_from(place).expect("few accounts"))
}

/// The market at a place.
fn market_at(place: usize) -> MarketId {
    MarketId::new(u16::try_from(place).expect("few markets"))
}

/// The asset at a place.
fn asset_at(place: usize) -> AssetId {
    AssetId::new(u16::try_from(place).expect("few assets"))
}
