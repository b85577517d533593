//! Views beside the core, under the streams of commands that the core is tested with.

#[path = "../../venue-core/tests/stream/mod.rs"]
mod stream;

use std::collections::{BTreeMap, BTreeSet};

use machine::Prng;
use stream::Stream;
use units::Money;
use venue_core::{
    AccountId, AssetId, Command, Event, Lots, MarketId, MarketKind, OrderId, Side, Ticks,
};
use venue_views::{
    Change, ClientId, Desk, Entry, Execution, Labels, LevelsChange, OrderStatus, Told,
};

/// Streams in the default run.
const STREAMS: u64 = 100;
/// Commands of a stream.
const COMMANDS: u64 = 600;

/// A stream with labels, and a desk that takes it.
struct World {
    stream: Stream,
    prng: Prng,
    opened: u64,
    desk: Desk,
}

impl World {
    fn new(seed: u64) -> Self {
        let prng = Prng::new(seed ^ 0x5eed);
        Self { stream: Stream::new(seed), prng, opened: 0, desk: Desk::new() }
    }

    fn entry(&mut self) -> Entry {
        let (at, command) = self.stream.next();
        let mut client = || {
            let name = format!("order-{}", self.prng.below(30));
            if self.prng.below(3) == 0 {
                ClientId::NONE
            } else {
                ClientId::new(&name).expect("a name")
            }
        };
        let labels = if let Command::Place(_) = &command {
            Labels::client(client())
        } else if let Command::PlaceAll(list) = &command {
            Labels { clients: list.iter().map(|_| client()).collect(), ..Labels::default() }
        } else if command == Command::OpenAccount {
            self.opened += 1;
            Labels::account(format!("account-{}", self.opened))
        } else {
            Labels::default()
        };
        // The core's time never goes back, and nor does a desk's.
        Entry::new(at.max(self.desk.venue().now()), command, labels)
    }

    fn step(&mut self) -> (Entry, Told) {
        let entry = self.entry();
        let told = self.desk.take(&entry);
        self.stream.hear(&entry.command, &told.events);
        (entry, told)
    }
}

/// What a reader of the changes knows.
#[derive(Default)]
struct Reader {
    books: BTreeMap<(MarketId, Side, Ticks), Lots>,
    updates: BTreeMap<MarketId, u64>,
    positions: BTreeMap<(AccountId, MarketId), Lots>,
    traded: BTreeMap<MarketId, u64>,
    aggregated: BTreeMap<MarketId, u64>,
}

impl Reader {
    fn hear(&mut self, changes: &[Change]) {
        for change in changes {
            if let Change::Levels(levels) = change {
                self.hear_levels(levels);
            } else if let Change::Order(change) = change
                && let Execution::Trade(trade) | Execution::Forced(trade, _) = change.execution
            {
                let held = self.positions.entry((trade.account, trade.market)).or_default();
                *held = held.plus(trade.side.signed(trade.lots));
            } else if let Change::Trade(market, trade) = change {
                let last = self.traded.insert(*market, trade.trade.number()).unwrap_or(0);
                assert_eq!(trade.trade.number(), last + 1, "a trade is missing");
            } else if let Change::Aggregate(market, trade) = change {
                let last = self.aggregated.insert(*market, trade.last.number()).unwrap_or(0);
                assert_eq!(trade.first.number(), last + 1, "an aggregated trade is missing");
            }
        }
    }

    fn hear_levels(&mut self, levels: &LevelsChange) {
        let last = self.updates.insert(levels.market, levels.last).unwrap_or(0);
        assert_eq!(levels.first, last + 1, "a gap in the changes of a book");
        assert_eq!(levels.last - last, levels.levels.len() as u64);
        for (side, price, lots) in &levels.levels {
            self.books.insert((levels.market, *side, *price), *lots);
        }
        self.books.retain(|_, lots| *lots != Lots::ZERO);
    }

    /// Holds all of it against the core.
    fn check(&self, desk: &Desk) {
        let mut books = BTreeMap::new();
        let mut open = 0;
        for market in (0..desk.venue().markets() as u16).map(MarketId::new) {
            let book = desk.venue().book(market).expect("a market");
            for side in [Side::Buy, Side::Sell] {
                for level in book.levels(side) {
                    books.insert((market, side, level.price), level.lots);
                }
                for (_, resting) in book.resting(side) {
                    let order = desk.order(resting.id).expect("a resting order is known");
                    assert_eq!((order.price, order.left), (Some(resting.price), resting.left));
                    assert_eq!(order.lots(), resting.original, "of {}", order.number);
                    assert!(matches!(order.status(), OrderStatus::New | OrderStatus::PartlyFilled));
                    open += 1;
                }
            }
        }
        assert_eq!(self.books, books);
        for account in (0..desk.venue().accounts() as u32).map(AccountId::new) {
            for market in (0..desk.venue().markets() as u16).map(MarketId::new) {
                open += desk.venue().waiting_orders(account, market).count();
            }
            self.check_positions(desk, account);
        }
        assert_eq!(desk.open_orders_of_all(), open);
    }

    fn check_positions(&self, desk: &Desk, account: AccountId) {
        for market in (0..desk.venue().markets() as u16).map(MarketId::new) {
            let settings = desk.venue().market_settings(market).expect("a market");
            if settings.kind != MarketKind::Perpetual {
                continue;
            }
            let held = desk.venue().positions(account);
            let held = held.filter(|position| position.market == market);
            let held = held.fold(Lots::ZERO, |sum, position| sum.plus(position.lots));
            let heard = self.positions.get(&(account, market)).copied().unwrap_or_default();
            assert_eq!(heard, held, "what {account} heard of its trades in {market}");
        }
    }
}

#[test]
fn who_hears_every_change_knows_the_books_and_the_positions() {
    // VE-3: a stream that leaves one out shows another book than the one that orders trade with, or another position than the
    // one that is liquidated.
    let mut forced = 0;
    for seed in 0..STREAMS {
        let (mut world, mut reader) = (World::new(seed), Reader::default());
        for step in 0..COMMANDS {
            let (_, told) = world.step();
            forced += told
                .changes
                .iter()
                .filter(|change| {
                    matches!(change, Change::Order(order) if matches!(order.execution, Execution::Forced(..)))
                })
                .count();
            reader.hear(&told.changes);
            if step % 16 == 0 {
                reader.check(&world.desk);
            }
        }
        reader.check(&world.desk);
    }
    assert!(forced > 100, "{forced} forced trades are too few to tell anything");
}

#[test]
fn a_restored_desk_goes_on_as_if_nothing_had_been() {
    // After a restart somebody would have other orders, or be told something else, than without it.
    for seed in 0..STREAMS {
        let mut world = World::new(seed);
        let cut = 100 + Prng::new(seed).below(COMMANDS - 100);
        for _ in 0..cut {
            world.step();
        }
        let bytes = world.desk.snapshot();
        let mut restored = Desk::restore(&bytes).expect("a snapshot");
        assert!(restored.snapshot() == bytes, "seed {seed}: other bytes of the same desk");
        for _ in cut..COMMANDS {
            let (entry, told) = world.step();
            assert_eq!(restored.take(&entry), told, "seed {seed}");
        }
        assert!(restored.snapshot() == world.desk.snapshot(), "seed {seed}: another end");
        assert_eq!(restored.entries(), world.desk.entries());
    }
}

#[test]
fn no_account_has_two_open_orders_of_one_name() {
    // VE-2: a client that cancels by its own name would cancel one of two.
    let mut refused = 0;
    for seed in 0..STREAMS {
        let mut world = World::new(seed);
        for _ in 0..COMMANDS {
            refused += world.step().1.refused.len();
        }
        for account in (0..world.desk.venue().accounts() as u32).map(AccountId::new) {
            let open = world.desk.open_orders(account, None);
            let mut names: Vec<_> =
                open.map(|order| order.client).filter(|name| !name.is_none()).collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all);
            for name in names {
                let order = world.desk.order_named(account, name).expect("it is open");
                assert_eq!(order.ending, None);
            }
        }
    }
    assert!(refused > 100, "{refused} refused orders are too few to tell anything");
}

#[test]
fn every_entry_is_read_back_from_its_bytes() {
    // A journal that reads back as something else is another history.
    let mut world = World::new(7);
    for _ in 0..COMMANDS {
        let (entry, _) = world.step();
        let mut bytes = Vec::new();
        machine::Codec::encode(&entry, &mut bytes);
        assert_eq!(machine::decode_all::<Entry>(&bytes), Ok(entry));
    }
}

#[test]
fn the_same_order_is_not_listed_twice() {
    // A reader that adds them up would count an order twice that ended while it was asked for.
    let mut world = World::new(11);
    for _ in 0..COMMANDS {
        world.step();
    }
    let mut all = 0;
    for account in (0..world.desk.venue().accounts() as u32).map(AccountId::new) {
        for market in (0..world.desk.venue().markets() as u16).map(MarketId::new) {
            let orders = world.desk.orders(account, market, OrderId::new(0));
            assert!(orders.windows(2).all(|pair| pair[0].number < pair[1].number));
            assert!(orders.iter().all(|order| order.account() == account));
            all += orders.len();
        }
    }
    assert!(all > 50, "{all}");
}

/// Accounts whose cash is not the whole truth: their trades move a margin of their own, or an asset.
fn is_plain(desk: &Desk, account: AccountId, odd: &BTreeSet<AccountId>) -> bool {
    let isolated = desk.venue().positions(account).any(|position| position.isolated.is_some());
    let kept = desk.income(account).count();
    !isolated && !odd.contains(&account) && kept < 1_000 && kept > 4
}

#[test]
fn what_an_account_got_and_paid_adds_up_to_what_it_has() {
    // A tax return that leaves something out, or counts it twice.
    let mut held_to = 0;
    for seed in 0..STREAMS {
        let (mut world, mut odd) = (World::new(seed), BTreeSet::new());
        for _ in 0..COMMANDS {
            let (_, told) = world.step();
            for event in &told.events {
                if let Event::IsolatedMargin { account, .. } = event {
                    odd.insert(*account);
                } else if let Event::Trade(trade) = event
                    && let Some(settings) = world.desk.venue().market_settings(trade.market)
                    && settings.kind != MarketKind::Perpetual
                {
                    odd.extend([trade.maker.account, trade.taker.account]);
                }
            }
        }
        for account in (0..world.desk.venue().accounts() as u32).map(AccountId::new) {
            if !is_plain(&world.desk, account, &odd) {
                continue;
            }
            let income = world.desk.income(account).map(|(_, income)| income);
            let income = income.filter(|income| income.asset == AssetId::SETTLEMENT);
            let sum = income.fold(Money::ZERO, |sum, income| sum.plus(income.amount));
            let cash = world.desk.venue().account(account).expect("it is there").cash;
            assert_eq!(sum, cash, "{account} of seed {seed}");
            held_to += 1;
        }
    }
    assert!(held_to > 50, "{held_to} accounts are too few to tell anything");
}
