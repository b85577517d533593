//! The whole venue: the command's bytes for the journal, then everything that it does with it.

use units::{Money, Price, Quantity, Ratio, Span, Timestamp};
use venue_core::{
    AccountId, AssetSettings, Bracket, Command as Order, Event, Filters, Lifetime,
    LiquidationSettings, Lots, MarketId, MarketSettings, OrderId, PlaceOrder, PositionSide,
    PriceOf, PriceStatus, PriceUpdate, SelfTrade, Side, Ticks, Transfer, Venue, VenueSettings,
    codec,
};

use super::super::flow::{ACCOUNTS, Command, Digest, FAIR, Flow, Kind};
use super::super::measure::BATCH;
use super::Engine;

/// Bytes of the journal that are kept before it is begun anew, as if a writer had taken them.
const JOURNAL: usize = 1 << 20;

/// A venue with a market for each symbol, and accounts of their own for each.
pub(super) struct Step {
    venue: Venue,
    markets: usize,
    now: u64,
    events: Vec<Event>,
    /// Room for the commands of a batch.
    batch: Vec<Order>,
    journal: Vec<u8>,
    digest: Digest,
    /// Commands that were refused; of the flow only cancels of orders that are gone.
    refused: u64,
}

impl Step {
    pub(super) fn new(flow: &Flow) -> Self {
        let mut step = Self {
            venue: Venue::new(),
            markets: flow.symbols,
            now: 0,
            events: Vec::with_capacity(4_096),
            batch: Vec::with_capacity(BATCH),
            journal: Vec::with_capacity(JOURNAL + 4_096),
            digest: Digest::default(),
            refused: 0,
        };
        opening(flow).iter().for_each(|order| step.order(order));
        step
    }

    fn order(&mut self, order: &Order) {
        if self.journal.len() > JOURNAL {
            self.journal.clear();
        }
        codec::encode(order, &mut self.journal);
        self.now += 1_000;
        self.venue.apply(Timestamp::from_nanos(self.now), order, &mut self.events);
        for event in &self.events {
            if let Event::Trade(trade) = event {
                let price = trade.price.number().cast_unsigned();
                self.digest.trade(price, trade.lots.number().cast_unsigned());
            } else if let Event::Refused { .. } = event {
                self.refused += 1;
            }
        }
        self.events.clear();
    }
}

/// All that a venue is told for a flow: its opening, then the flow.
pub(super) fn orders(flow: &Flow) -> impl Iterator<Item = Order> {
    opening(flow).into_iter().chain(flow.commands.iter().map(translate))
}

/// The markets with their prices, and the accounts with their money.
fn opening(flow: &Flow) -> Vec<Order> {
    let mut orders = vec![Order::AddAsset(AssetSettings::plain("USDT"))];
    // The flow has no prices in it: they stay as they are.
    let settings = VenueSettings { price_age: Span::MAX, ..VenueSettings::default() };
    orders.push(Order::Configure(settings));
    for symbol in 0..flow.symbols {
        orders.push(Order::AddMarket(Box::new(market(symbol))));
        let market = MarketId::new(u16::try_from(symbol).unwrap_or(u16::MAX));
        orders.push(Order::Price(price(market)));
    }
    for account in 0..flow.symbols * usize::try_from(ACCOUNTS).unwrap_or(0) {
        orders.push(Order::OpenAccount);
        let account = AccountId::new(u32::try_from(account).unwrap_or(u32::MAX));
        orders.push(Order::Deposit(Transfer::money(account, Money::whole(1_000_000_000))));
    }
    orders
}

/// A perpetual contract in steps of 0.1 and 0.001, in a band that the whole flow is within.
fn market(symbol: usize) -> MarketSettings {
    let (tick, lot) = (Price::from_raw(100_000_000_000), Quantity::from_raw(1_000_000_000));
    let usual = MarketSettings::perpetual(&format!("SYMBOL{symbol}"), tick, lot);
    MarketSettings {
        filters: Filters {
            notional_min: Money::ZERO,
            band: Ratio::from_bps(9_000),
            ..usual.filters
        },
        brackets: Bracket::rows(&[(0, 40, 80), (50_000, 50, 100), (600_000, 100, 200)]),
        liquidation: LiquidationSettings {
            // The flow has no prices in it: they stay as they are.
            outage: Span::from_secs(1 << 30),
            ..usual.liquidation
        },
        ..usual
    }
}

/// The price that every symbol begins at.
fn price(market: MarketId) -> PriceUpdate {
    let price = Price::from_raw(100_000_000_000 * i128::from(FAIR));
    PriceUpdate {
        of: PriceOf::Index(market),
        status: PriceStatus::Live,
        market: price,
        liquidation: price,
        confidence: Price::ZERO,
        as_of: Timestamp::ZERO,
    }
}

/// The command in the venue's words.
fn translate(command: &Command) -> Order {
    let account = u32::from(command.symbol) * ACCOUNTS + command.account;
    let account = AccountId::new(account);
    let order = OrderId::new(u64::from(command.order) + 1);
    let price = Ticks::new(command.price.into());
    let whole = |left: u32| Lots::new(i64::from(left) + i64::from(command.traded));
    let place = |lifetime| {
        Order::Place(PlaceOrder {
            account,
            market: MarketId::new(command.symbol),
            side: if command.buy { Side::Buy } else { Side::Sell },
            position: PositionSide::Both,
            limit: Some(price),
            lots: Lots::new(command.lots.into()),
            lifetime,
            reduce_only: false,
            self_trade: SelfTrade::Allow,
            trigger: None,
            tag: 0,
        })
    };
    match command.kind {
        Kind::Limit => place(Lifetime::GoodTillCancelled),
        Kind::Immediate => place(Lifetime::ImmediateOrCancel),
        Kind::Cancel => Order::Cancel { account, order },
        Kind::Reduce => Order::Amend { account, order, price, lots: whole(command.left) },
        Kind::Reprice => Order::Amend { account, order, price, lots: whole(command.lots) },
    }
}

impl Engine for Step {
    fn apply(&mut self, command: &Command) {
        self.order(&translate(command));
    }

    fn apply_batch(&mut self, commands: &[Command]) {
        // One market with its orders is in the cache as it is.
        if self.markets == 1 {
            commands.iter().for_each(|command| self.apply(command));
            return;
        }
        let mut batch = std::mem::take(&mut self.batch);
        batch.extend(commands.iter().map(translate));
        self.venue.read_ahead(batch.iter());
        batch.iter().for_each(|order| self.order(order));
        batch.clear();
        self.batch = batch;
    }

    fn digest(&self) -> Digest {
        self.digest
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::flow::make;
    use super::*;

    #[test]
    fn the_venue_trades_what_the_plain_matcher_trades() {
        // A step that refuses orders, or gives trades to the wrong ones, is not measured but skipped.
        let flow = make(2, 100_000, 7);
        let mut step = Step::new(&flow);
        for command in &flow.commands {
            step.apply(command);
        }
        assert_eq!(step.digest(), flow.expected(100_000));
        let gone = |command: &&Command| command.kind == Kind::Cancel && command.left == 0;
        assert!(step.refused <= u64::try_from(flow.commands.iter().filter(gone).count()).unwrap());
        assert_eq!(step.venue.audit(), Vec::<&str>::new());
    }
}
