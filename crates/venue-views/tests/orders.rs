//! An order's way, as its client and everybody else see it.

use units::{Money, Price, Quantity, Span, Timestamp};
use venue_core::{
    AccountId, AssetId, AssetSettings, Command, Lots, MarketId, MarketSettings, OrderId,
    PlaceOrder, PriceOf, PriceUpdate, Side, Ticks, Transfer, Trigger, TriggerCondition,
    TriggerPrice, worth,
};
use venue_views::{
    Amendment, Change, ClientId, Desk, DeskRefusal, Ending, Entry, Execution, IncomeKind, Interval,
    Labels, ORDER_NAMES_ONCE, OrderStatus, PriceKind, Told,
};

const MARKET: MarketId = MarketId::new(0);
const MAKER: AccountId = AccountId::new(0);
const TAKER: AccountId = AccountId::new(1);

/// A venue with a market at a hundred and two accounts.
struct World {
    desk: Desk,
    now: Timestamp,
}

impl World {
    fn new() -> Self {
        let now = Timestamp::ZERO.after(Span::from_secs(1_700_000_000));
        let mut world = Self { desk: Desk::new(), now };
        let usdt = AssetSettings::plain("USDT");
        world.take(Command::AddAsset(usdt), Labels::default());
        let (tick, lot) = (Price::from_raw(100_000_000_000), Quantity::from_raw(1_000_000_000));
        let market = MarketSettings::perpetual("BTCUSDT", tick, lot);
        world.take(Command::AddMarket(Box::new(market)), Labels::default());
        for (account, name) in [(MAKER, "maker"), (TAKER, "taker")] {
            world.take(Command::OpenAccount, Labels::account(name));
            let (asset, amount) = (AssetId::SETTLEMENT, Money::whole(1_000_000));
            let transfer = Transfer { account, asset, amount };
            world.take(Command::Deposit(transfer), Labels::default());
        }
        world.price(100);
        world
    }

    fn take(&mut self, command: Command, labels: Labels) -> Told {
        self.now = self.now.after(Span::from_secs(1));
        self.desk.take(&Entry::new(self.now, command, labels))
    }

    fn price(&mut self, price: i128) -> Told {
        let update = PriceUpdate::live(PriceOf::Index(MARKET), Price::whole(price), Timestamp::MAX);
        self.take(Command::Price(update), Labels::default())
    }

    fn place(&mut self, placed: PlaceOrder, name: &str) -> Told {
        self.take(Command::Place(placed), Labels::client(client(name)))
    }

    fn status(&self, account: AccountId, name: &str) -> OrderStatus {
        self.desk.order_named(account, client(name)).expect("it is known").status()
    }
}

fn client(name: &str) -> ClientId {
    ClientId::new(name).expect("a name")
}

fn limit(account: AccountId, side: Side, price: i64, lots: i64) -> PlaceOrder {
    PlaceOrder::limit(account, MARKET, side, Ticks::new(price), Lots::new(lots))
}

/// What happened to orders, by the accounts' numbers.
fn executions(told: &Told) -> Vec<(u32, &'static str, OrderStatus)> {
    let changes = told
        .changes
        .iter()
        .filter_map(|change| if let Change::Order(change) = change { Some(change) } else { None });
    let named = changes.map(|change| {
        let word = match change.execution {
            Execution::New => "new",
            Execution::Trade(_) => "trade",
            Execution::Amended => "amended",
            Execution::Triggered => "triggered",
            Execution::Ended => "ended",
            Execution::Forced(..) => "forced",
        };
        (change.order.account().number(), word, change.order.status())
    });
    named.collect()
}

#[test]
fn an_order_is_told_and_kept_with_all_that_became_of_it() {
    // A client that asks after a break would be told another story than the one that it missed.
    let mut world = World::new();
    let told = world.place(limit(MAKER, Side::Sell, 1_000, 10_000), "ask");
    assert_eq!(executions(&told), [(0, "new", OrderStatus::New)]);
    let told = world.place(limit(TAKER, Side::Buy, 1_010, 4_000), "buy");
    let filled = OrderStatus::Ended(Ending::Filled);
    let expect = [
        (1, "new", OrderStatus::New),
        (0, "trade", OrderStatus::PartlyFilled),
        (1, "trade", filled),
    ];
    assert_eq!(executions(&told), expect);
    let tick_value = world.desk.venue().tick_value(MARKET).expect("a market");
    let quote = worth(Lots::new(4_000), Ticks::new(1_000), tick_value);
    let ask = *world.desk.order_named(MAKER, client("ask")).expect("it rests");
    assert_eq!((ask.traded, ask.left, ask.quote), (Lots::new(4_000), Lots::new(6_000), quote));
    let lot = Quantity::from_raw(1_000_000_000);
    assert_eq!(ask.average(lot), Some(Price::whole(100)));

    let (account, order) = (MAKER, ask.number);
    let (price, lots) = (Ticks::new(1_000), Lots::new(7_000));
    let told = world.take(Command::Amend { account, order, price, lots }, Labels::default());
    assert_eq!(executions(&told), [(0, "amended", OrderStatus::PartlyFilled)]);
    assert_eq!(world.desk.order(order).expect("it rests").lots(), lots);
    let told = world.take(Command::Cancel { account, order }, Labels::default());
    let cancelled = OrderStatus::Ended(Ending::Cancelled);
    assert_eq!(executions(&told), [(0, "ended", cancelled)]);
    let ask = world.desk.order(order).expect("it is kept");
    assert_eq!((ask.traded, ask.left), (Lots::new(4_000), Lots::new(3_000)));
    assert_eq!((ask.amended_at.is_some(), ask.updated_at), (true, world.now));
    assert_eq!(world.desk.open_orders(MAKER, None).count(), 0);
    let all = world.desk.orders(MAKER, MARKET, OrderId::new(0));
    assert_eq!(all.iter().map(|order| order.client).collect::<Vec<_>>(), [client("ask")]);
}

#[test]
fn a_trade_is_told_to_both_and_to_everybody() {
    let mut world = World::new();
    world.place(limit(MAKER, Side::Sell, 1_000, 5_000), "one");
    world.place(limit(MAKER, Side::Sell, 1_000, 5_000), "two");
    world.place(limit(MAKER, Side::Sell, 1_001, 5_000), "three");
    let told = world.place(limit(TAKER, Side::Buy, 1_001, 12_000), "buy");
    let trades = world.desk.trades(MARKET).expect("a market");
    let shape = |price: Ticks, lots: Lots| (price.number(), lots.number());
    let trades: Vec<_> = trades.iter().map(|trade| shape(trade.price, trade.lots)).collect();
    assert_eq!(trades, [(1_000, 5_000), (1_000, 5_000), (1_001, 2_000)]);
    let together = world.desk.aggregates(MARKET).expect("a market");
    let spans = together.iter().map(|it| (it.number, it.first.number(), it.last.number()));
    assert_eq!(spans.collect::<Vec<_>>(), [(1, 1, 2), (2, 3, 3)]);
    let levels = told.changes.iter().find_map(|change| {
        if let Change::Levels(levels) = change { Some(levels.clone()) } else { None }
    });
    let levels = levels.expect("the book has changed");
    let gone = (Side::Sell, Ticks::new(1_000), Lots::ZERO);
    let left = (Side::Sell, Ticks::new(1_001), Lots::new(3_000));
    assert_eq!((levels.first, levels.last, &levels.levels[..]), (4, 5, &[gone, left][..]));
    let depth = world.desk.depth(MARKET, 5).expect("a market");
    assert_eq!((depth.update, depth.bids.len(), depth.asks.len()), (5, 0, 1));

    let own: Vec<_> = world.desk.user_trades(TAKER).map(|(_, trade)| *trade).collect();
    assert_eq!(own.iter().map(|trade| trade.lots.number()).sum::<i64>(), 12_000);
    assert!(own.iter().all(|trade| !trade.maker && trade.client == client("buy")));
    let paid = own.iter().fold(Money::ZERO, |sum, trade| sum.plus(trade.fee));
    assert!(paid > Money::ZERO);
    let fees = world.desk.income(TAKER).filter(|(_, it)| it.kind == IncomeKind::Commission);
    let fees = fees.fold(Money::ZERO, |sum, (_, it)| sum.plus(it.amount));
    assert_eq!(fees, Money::ZERO.minus(paid));
    let ticker = world.desk.ticker(MARKET, world.now).expect("a market");
    assert_eq!(
        (ticker.lots, ticker.last, ticker.trades),
        (Lots::new(12_000), Ticks::new(1_001), 3)
    );
    let candles = world.desk.candles(MARKET, Interval::Minute1, (None, world.now), 5);
    assert_eq!(candles.len(), 1);
    assert_eq!(candles[0].quote, own.iter().fold(Money::ZERO, |sum, it| sum.plus(it.quote)));
}

#[test]
fn an_order_that_waits_is_one_order_before_and_after_it_fires() {
    let mut world = World::new();
    world.place(limit(MAKER, Side::Sell, 1_100, 5_000), "ask");
    let stop = Trigger {
        condition: TriggerCondition::Stop(Ticks::new(1_050)),
        by: TriggerPrice::Mark,
        close_position: false,
    };
    let stop = PlaceOrder { trigger: Some(stop), ..limit(TAKER, Side::Buy, 1_100, 2_000) };
    let told = world.place(stop, "stop");
    assert_eq!(executions(&told), [(1, "new", OrderStatus::Waiting)]);
    assert_eq!(world.desk.depth(MARKET, 5).expect("a market").bids, [], "it is in no book");
    let number = world.desk.order_named(TAKER, client("stop")).expect("it waits").number;
    let told = world.price(106);
    let filled = OrderStatus::Ended(Ending::Filled);
    let expect = [
        (1, "triggered", OrderStatus::New),
        (0, "trade", OrderStatus::PartlyFilled),
        (1, "trade", filled),
    ];
    assert_eq!(executions(&told), expect);
    let order = world.desk.order(number).expect("it is kept");
    assert_eq!((order.triggered_at, order.status()), (Some(world.now), filled));
}

#[test]
fn a_name_is_not_taken_twice_where_the_rule_says_so_and_a_restart_knows_the_rule() {
    // Who got no answer and sends his order again under its name would have it twice.
    let mut world = World::new();
    let rule = |value| Labels::note(ORDER_NAMES_ONCE, value);
    world.take(Command::Tick, rule(Some(Vec::new())));
    world.place(limit(MAKER, Side::Sell, 1_000, 5_000), "ask");
    let buy = limit(TAKER, Side::Buy, 1_000, 1_000);
    assert!(world.place(buy, "buy").refused.is_empty());
    assert_eq!(world.status(TAKER, "buy"), OrderStatus::Ended(Ending::Filled));
    world.desk = Desk::restore(&world.desk.snapshot()).expect("a snapshot");
    assert_eq!(world.place(buy, "buy").refused, [(0, DeskRefusal::DuplicateClientId)]);
    assert!(world.place(limit(MAKER, Side::Buy, 900, 1_000), "buy").refused.is_empty());
    world.take(Command::Tick, rule(None));
    assert!(world.place(buy, "buy").refused.is_empty(), "without the rule it is as on Binance");
}

#[test]
fn a_name_is_taken_as_long_as_its_order_is_open() {
    // Sent again after a time-out it would be a second order.
    let mut world = World::new();
    let bid = limit(MAKER, Side::Buy, 990, 1_000);
    world.place(bid, "bid");
    let told = world.place(bid, "bid");
    assert_eq!(told.refused, [(0, DeskRefusal::DuplicateClientId)]);
    assert_eq!((told.events.len(), told.changes.len()), (0, 0));
    let list = Command::PlaceAll(vec![bid; 4]);
    let clients = ["bid", "two", "two", "three"].map(client).to_vec();
    let told = world.take(list, Labels { clients, ..Labels::default() });
    let refused = [(0, DeskRefusal::DuplicateClientId), (2, DeskRefusal::DuplicateClientId)];
    assert_eq!(told.refused, refused);
    let open = world.desk.open_orders(MAKER, Some(MARKET)).map(|order| order.client);
    assert_eq!(open.collect::<Vec<_>>(), ["bid", "two", "three"].map(client));
    assert!(world.place(limit(TAKER, Side::Buy, 990, 1_000), "bid").refused.is_empty());
    let everything = Command::CancelAll { account: MAKER, market: None };
    world.take(everything, Labels::default());
    assert!(world.place(bid, "bid").refused.is_empty());
    assert_eq!(world.status(MAKER, "bid"), OrderStatus::New);
}

#[test]
fn names_and_notes_are_kept_and_bounded() {
    // Somebody else's key, or an account that two share.
    let mut world = World::new();
    assert_eq!(world.desk.account_named("taker"), Some(TAKER));
    assert_eq!(world.desk.name_of(MAKER), Some("maker"));
    for (name, refusal) in [("taker", DeskRefusal::NameTaken), ("", DeskRefusal::Label)] {
        let told = world.take(Command::OpenAccount, Labels::account(name));
        assert_eq!(told.refused, [(0, refusal)]);
    }
    assert_eq!(world.desk.venue().accounts(), 2);
    let note = |name: &str, value: Option<&[u8]>| Labels::note(name, value.map(<[u8]>::to_vec));
    world.take(Command::Tick, note("key/1", Some(b"one")));
    world.take(Command::Tick, note("key/2", Some(b"two")));
    world.take(Command::Tick, note("other", Some(b"three")));
    world.take(Command::Tick, note("key/1", None));
    let keys: Vec<_> = world.desk.notes("key/").collect();
    assert_eq!(keys, [("key/2", &b"two"[..])]);
    let told = world.take(Command::Tick, note("large", Some(&[0; 5_000])));
    assert_eq!((told.refused, told.events.len()), (vec![(0, DeskRefusal::Label)], 0));
    let restored = Desk::restore(&world.desk.snapshot()).expect("a snapshot");
    assert_eq!(restored.note("other"), Some(&b"three"[..]));
    assert_eq!(restored.account_named("maker"), Some(MAKER));
}

#[test]
fn changes_that_an_account_asked_for_are_kept_with_what_was_before() {
    // Who disputes a fill has to see what the order was at that moment.
    let mut world = World::new();
    world.place(limit(MAKER, Side::Buy, 900, 500), "mine");
    let order = world.desk.order_named(MAKER, client("mine")).expect("it is known").number;
    for (price, lots) in [(910, 500), (910, 300)] {
        let (price, lots) = (Ticks::new(price), Lots::new(lots));
        world.take(Command::Amend { account: MAKER, order, price, lots }, Labels::default());
    }
    let shape = |it: &Amendment| {
        let prices = (it.price_before.number(), it.price_after.number());
        (prices, (it.lots_before.number(), it.lots_after.number()), it.count)
    };
    let kept = |desk: &Desk| -> Vec<_> {
        desk.amendments(MAKER).map(|(_, amendment)| shape(amendment)).collect()
    };
    let expected = [((900, 910), (500, 500), 1), ((910, 910), (500, 300), 2)];
    assert_eq!(kept(&world.desk), expected);
    let again = Desk::restore(&world.desk.snapshot()).expect("its own snapshot");
    assert_eq!(kept(&again), expected, "they are still there after a restart");
}

#[test]
fn index_mark_and_premium_have_candles_without_a_trade() {
    // A chart of the mark that stays empty until somebody trades hides what liquidates.
    let mut world = World::new();
    for price in [104, 97, 101] {
        world.price(price);
    }
    let desk = Desk::restore(&world.desk.snapshot()).expect("its own snapshot");
    let candle = |kind| {
        let within = (None, world.now);
        let all = desk.price_candles((MARKET, kind), Interval::Day1, within, 5);
        let [candle] = all.as_slice() else { panic!("{all:?}") };
        let prices = [candle.open, candle.high, candle.low, candle.close].map(Ticks::number);
        (prices, candle.trades, candle.lots.number())
    };
    assert_eq!(candle(PriceKind::Index), ([1_000, 1_040, 970, 1_010], 4, 0));
    assert_eq!(candle(PriceKind::Mark), ([1_000, 1_040, 970, 1_010], 4, 0));
    assert_eq!(candle(PriceKind::Premium), ([0, 0, 0, 0], 4, 0));
}
