//! The flow of orders that every engine is given, as `docs/benchmarks/venue.md` describes it.

mod random;
mod reference;

pub(crate) use random::Random;
use reference::{Order, Plain};

/// Resting orders that each symbol's book is kept near.
pub(super) const BOOK: usize = 10_000;
/// Digests are kept for every so many timed commands.
pub(super) const STEP: usize = 100_000;
/// Accounts that the orders are of.
pub(super) const ACCOUNTS: u32 = 1_000;

/// The price that every symbol begins at, and how far it may go.
pub(super) const FAIR: i64 = 4_096;
const FAIR_SPAN: i64 = 2_000;

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A new order that rests.
    Limit,
    /// Takes an order out; some are not there.
    Cancel,
    /// A new order that does not rest.
    Immediate,
    /// Takes `lots` off an order, of which `left` stay; it keeps its place.
    Reduce,
    /// Gives an order another price and quantity; it loses its place and may trade.
    Reprice,
}

/// One command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Command {
    pub(super) kind: Kind,
    pub(super) buy: bool,
    pub(super) symbol: u16,
    /// Of an order that is changed its price before, unless it is given another.
    pub(super) price: u32,
    pub(super) lots: u32,
    pub(super) left: u32,
    /// What of an order that is changed has traded before.
    pub(super) traded: u32,
    pub(super) account: u32,
    /// The order, numbered from 0 on over all symbols.
    pub(super) order: u32,
    /// This command's number among those of its symbol.
    pub(super) sequence: u32,
    /// The number of the command of this symbol that the order came with.
    pub(super) came_with: u32,
}

/// What was traded, as three sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Digest {
    pub(super) trades: u64,
    pub(super) lots: u64,
    pub(super) value: u64,
}

impl Digest {
    pub(super) fn trade(&mut self, price: u64, lots: u64) {
        self.trades += 1;
        self.lots += lots;
        self.value += price * lots;
    }
}

/// Commands, and what must come of them.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) symbols: usize,
    /// The first of them fill the books, and are not timed.
    pub(super) prefill: usize,
    pub(super) commands: Vec<Command>,
    /// What was traded after each [`STEP`] timed commands, prefill included.
    digests: Vec<Digest>,
}

impl Flow {
    /// What must have been traded after so many timed commands, a multiple of [`STEP`].
    pub(super) fn expected(&self, timed: usize) -> Digest {
        self.digests.get(timed / STEP).copied().unwrap_or_default()
    }

    /// What the flow is made of, in parts of the timed commands.
    pub(super) fn share(&self, kind: Kind) -> f64 {
        let timed = &self.commands[self.prefill..];
        let count = timed.iter().filter(|command| command.kind == kind).count();
        let of = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        of(count) / of(timed.len().max(1))
    }
}

/// One symbol while the flow is made.
#[derive(Debug)]
struct Symbol {
    book: Plain,
    fair: i64,
    commands: u32,
    /// Every order that it ever had.
    orders: Vec<u32>,
}

/// All of them.
struct Maker {
    random: Random,
    symbols: Vec<Symbol>,
    orders: Vec<Order>,
    came_with: Vec<u32>,
    commands: Vec<Command>,
    digest: Digest,
}

/// Makes the flow of a seed.
pub(super) fn make(symbols: usize, timed: usize, seed: u64) -> Flow {
    let symbol = || Symbol { book: Plain::default(), fair: FAIR, commands: 0, orders: Vec::new() };
    let mut maker = Maker {
        random: Random::new(seed),
        symbols: (0..symbols).map(|_| symbol()).collect(),
        orders: Vec::new(),
        came_with: Vec::new(),
        commands: Vec::with_capacity(symbols * BOOK + timed),
        digest: Digest::default(),
    };
    for number in 0..symbols * BOOK {
        maker.add(number % symbols);
    }
    let prefill = maker.commands.len();
    let chances = zipf(symbols);
    let mut digests = vec![maker.digest];
    for number in 1..=timed {
        let unit = maker.random.unit();
        let symbol = chances.partition_point(|chance| *chance <= unit).min(symbols - 1);
        maker.command(symbol);
        if number % STEP == 0 {
            digests.push(maker.digest);
        }
    }
    Flow { symbols, prefill, commands: maker.commands, digests }
}

/// The chances of all symbols up to each, the n-th being 1/n as likely as the first.
fn zipf(symbols: usize) -> Vec<f64> {
    let weight = |place: usize| 1.0 / f64::from(u32::try_from(place + 1).unwrap_or(u32::MAX));
    let all: f64 = (0..symbols).map(weight).sum();
    let mut sum = 0.0;
    let sums = (0..symbols).map(|place| {
        sum += weight(place) / all;
        sum
    });
    sums.collect()
}

impl Maker {
    fn command(&mut self, symbol: usize) {
        let step = self.random.below(256);
        let fair = &mut self.symbols[symbol].fair;
        *fair += i64::from(step == 0) - i64::from(step == 1);
        *fair = (*fair).clamp(FAIR - FAIR_SPAN, FAIR + FAIR_SPAN);
        let live = self.symbols[symbol].book.resting().len();
        let chance = self.random.unit();
        if chance < 0.08 {
            self.immediate(symbol);
        } else if chance < 0.10 && live > 0 {
            self.amend(symbol);
        } else {
            let part = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
            let add = 0.45 + 1.8 * (1.0 - part(live) / part(BOOK));
            if live == 0 || self.random.happens(add.clamp(0.05, 0.85)) {
                self.add(symbol);
            } else {
                self.cancel(symbol);
            }
        }
    }

    /// A price away from the fair one, on the side where it hardly ever trades.
    fn resting_price(&mut self, symbol: usize, buy: bool) -> u32 {
        let mean = if self.random.happens(0.5) { 8.0 } else { 120.0 };
        let far = -mean * (1.0 - self.random.unit()).ln();
        let steps = far.min(499.0) as i64;
        let fair = self.symbols[symbol].fair;
        let price = if buy { fair - 1 - steps } else { fair + 1 + steps };
        u32::try_from(price).unwrap_or(1)
    }

    fn add(&mut self, symbol: usize) {
        let buy = self.random.happens(0.5);
        let price = self.resting_price(symbol, buy);
        let lots = 1 + self.random.below(100);
        self.order(symbol, Kind::Limit, buy, price, lots);
    }

    fn immediate(&mut self, symbol: usize) {
        let buy = self.random.happens(0.5);
        let sweep = self.random.below(50) == 0;
        let lots = if sweep { 500 + self.random.below(1_500) } else { 1 + self.random.below(60) };
        let beyond = if sweep { 100 } else { 10 };
        let fair = self.symbols[symbol].fair;
        let price = if buy { fair + beyond } else { fair - beyond };
        self.order(symbol, Kind::Immediate, buy, u32::try_from(price).unwrap_or(1), lots);
    }

    /// A new order.
    fn order(&mut self, symbol: usize, kind: Kind, buy: bool, price: u32, lots: u64) {
        let account = u32::try_from(self.random.below(ACCOUNTS.into())).unwrap_or(0);
        let lots = u32::try_from(lots).unwrap_or(1);
        let order = u32::try_from(self.orders.len()).unwrap_or(u32::MAX);
        let of = &mut self.symbols[symbol];
        self.came_with.push(of.commands);
        of.orders.push(order);
        let new = (buy, price, lots, account);
        of.book.limit(&mut self.orders, new, kind == Kind::Limit, &mut self.digest);
        self.push(symbol, kind, order, (price, lots, 0, 0));
    }

    fn cancel(&mut self, symbol: usize) {
        let order = if self.random.happens(0.02) { self.gone(symbol) } else { None };
        let order = order.unwrap_or_else(|| self.live(symbol));
        let price = self.orders[index(order)].price;
        if self.orders[index(order)].left > 0 {
            self.symbols[symbol].book.cancel(&mut self.orders, order);
        }
        self.push(symbol, Kind::Cancel, order, (price, 0, 0, 0));
    }

    /// An order of the symbol that no longer rests, if one is soon found.
    fn gone(&mut self, symbol: usize) -> Option<u32> {
        let orders = &self.symbols[symbol].orders;
        let all = u64::try_from(orders.len()).unwrap_or(u64::MAX);
        let mut tries = (0..64).map(|_| {
            let place = usize::try_from(self.random.below(all)).unwrap_or(0);
            orders.get(place).copied().unwrap_or(0)
        });
        tries.find(|order| self.orders[index(*order)].left == 0)
    }

    /// An order of the symbol that rests.
    fn live(&mut self, symbol: usize) -> u32 {
        let resting = self.symbols[symbol].book.resting();
        let all = u64::try_from(resting.len()).unwrap_or(u64::MAX);
        let place = usize::try_from(self.random.below(all)).unwrap_or(0);
        resting.get(place).copied().unwrap_or(0)
    }

    fn amend(&mut self, symbol: usize) {
        let order = self.live(symbol);
        let Order { buy, price, left, traded, .. } = self.orders[index(order)];
        if self.random.happens(0.5) && left > 1 {
            let less = left / 2;
            self.orders[index(order)].left -= less;
            self.push(symbol, Kind::Reduce, order, (price, less, left - less, traded));
            return;
        }
        // One that is the same would be no other price, and keeps its place where lots are only taken away.
        let (before, price) = (price, self.resting_price(symbol, buy));
        let price = if price == before { if buy { price - 1 } else { price + 1 } } else { price };
        let lots = u32::try_from(1 + self.random.below(100)).unwrap_or(1);
        let book = &mut self.symbols[symbol].book;
        book.reprice(&mut self.orders, order, price, lots, &mut self.digest);
        self.push(symbol, Kind::Reprice, order, (price, lots, 0, traded));
    }

    fn push(&mut self, symbol: usize, kind: Kind, order: u32, values: (u32, u32, u32, u32)) {
        let of = &mut self.symbols[symbol];
        let (price, lots, left, traded) = values;
        let Order { buy, account, .. } = self.orders[index(order)];
        self.commands.push(Command {
            kind,
            buy,
            symbol: u16::try_from(symbol).unwrap_or(u16::MAX),
            price,
            lots,
            left,
            traded,
            account,
            order,
            sequence: of.commands,
            came_with: self.came_with[index(order)],
        });
        of.commands += 1;
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
