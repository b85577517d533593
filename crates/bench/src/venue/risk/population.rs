//! Accounts like those of 2025-10-10, and their margin worked out exactly.
//!
//! Shares of accounts with one, two and three positions, and the skew of the symbols: the measurements that ours are
//! compared with. Sizes and leverage: `oct10-public`, the calibration of that day's public record (log-normal, median
//! 9.1 times, sigma 0.83, at most 100 times on the two largest symbols and 50 on the others; entered within 4 % of the
//! price).

use units::Ratio;
use venue_core::risk::{Bend, Index, Leg, Line, SourceId};

use crate::venue::draw::Draw;

/// Symbols; how often each is held falls with its number (Zipf).
pub(in crate::venue) const SYMBOLS: usize = 100;

/// Trillionths of the settlement asset that one lot is worth for each tick.
const TICK_VALUE: i128 = 100_000_000;

const ONE: i128 = 1_000_000_000_000;

/// From which notional on which rate of maintenance holds, in hundredths of a per cent, and what is taken off.
type Brackets = [(i128, i128, i128); 5];

/// Of the two largest symbols, and of the others.
static LARGE: Brackets =
    brackets([(0, 40), (300_000, 50), (3_000_000, 100), (15_000_000, 250), (60_000_000, 500)]);
static OTHERS: Brackets =
    brackets([(0, 100), (50_000, 150), (250_000, 250), (1_000_000, 500), (5_000_000, 1_000)]);

const fn brackets(rows: [(i128, i128); 5]) -> Brackets {
    let mut all = [(0, 0, 0); 5];
    let mut place = 0;
    let mut off = 0;
    let mut before = 0;
    while place < 5 {
        let (floor, rate) = rows[place];
        let floor = floor * ONE;
        off += floor / 10_000 * (rate - before);
        before = rate;
        all[place] = (floor, rate, off);
        place += 1;
    }
    all
}

/// A symbol's price and its two sources.
#[derive(Clone, Copy, Debug)]
pub(super) struct Symbol {
    pub(super) price: i64,
    long: SourceId,
    short: SourceId,
}

/// A position: lots below zero are short.
#[derive(Clone, Copy, Debug, Default)]
struct Position {
    symbol: u16,
    lots: i64,
}

/// An account with up to three positions; those of no lots are none.
#[derive(Clone, Copy, Debug, Default)]
struct Account {
    /// Cash less what the positions cost, in trillionths.
    cash: i128,
    positions: [Position; 3],
}

/// Accounts, prices, and the index over them.
#[derive(Clone, Debug)]
pub(super) struct Population {
    pub(super) index: Index,
    pub(super) symbols: Vec<Symbol>,
    accounts: Vec<Account>,
    /// Who was found to be due, and is gone.
    gone: Vec<bool>,
    due: Vec<u32>,
}

fn table(symbol: usize) -> &'static Brackets {
    if symbol < 2 { &LARGE } else { &OTHERS }
}

/// What a position adds to a margin at a price.
fn value(position: Position, price: i64) -> i128 {
    let worth = i128::from(position.lots) * i128::from(price) * TICK_VALUE;
    let notional = worth.abs();
    let bracket = table(usize::from(position.symbol)).iter().rfind(|bracket| bracket.0 <= notional);
    let (_, rate, off) = bracket.copied().unwrap_or_default();
    worth - ((notional * rate + 9_999) / 10_000 - off)
}

impl Population {
    /// So many accounts, the same for the same seed.
    pub(super) fn new(accounts: usize, seed: u64) -> Self {
        let mut draw = Draw::new(seed);
        let mut index = Index::new();
        let mut symbols = Vec::new();
        for symbol in 0..SYMBOLS {
            let price = 100_000 + i64::from(draw.below(900_000));
            let table = table(symbol);
            let rate = |row: (i128, i128, i128)| Ratio::from_bps(row.1);
            let bend = Bend::between(rate(table[0]), rate(table[4]));
            let long = index.add_source(price, bend).expect("there are few");
            let short = index.add_source(-price, bend).expect("there are few");
            symbols.push(Symbol { price, long, short });
        }
        let mut all = Self {
            index,
            symbols,
            accounts: Vec::new(),
            gone: vec![false; accounts],
            due: Vec::new(),
        };
        let weights: Vec<f64> = (1..=SYMBOLS).map(|rank| 1.0 / number(rank)).collect();
        while all.accounts.len() < accounts {
            let account = all.draw_account(&mut draw, &weights);
            if all.margin(&account) >= 0 {
                all.index.add_subject();
                all.accounts.push(account);
                all.settle(all.accounts.len() - 1);
            }
        }
        all
    }

    fn draw_account(&self, draw: &mut Draw, weights: &[f64]) -> Account {
        let share = draw.uniform();
        let positions = if share < 0.60 {
            1
        } else if share < 0.85 {
            2
        } else {
            3
        };
        let mut account = Account::default();
        for place in 0..positions {
            let mut symbol = draw.weighted(weights);
            while account.positions[..place].iter().any(|other| usize::from(other.symbol) == symbol)
            {
                symbol = draw.weighted(weights);
            }
            let most = if symbol < 2 { 100.0 } else { 50.0 };
            let leverage = (9.1 * (0.83 * draw.normal()).exp()).clamp(1.0, most);
            // The spread of those liquidated that day, whose mean was 12,060 dollars.
            let money = 1_070.0 * (2.2 * draw.normal()).exp();
            let price = self.symbols[symbol].price;
            let lots = (money * leverage / (price as f64 * 1e-4)) as i64;
            let lots = lots.max(1) * if draw.uniform() < 0.55 { 1 } else { -1 };
            let entry = (price as f64 * (1.0 + 0.04 * (2.0 * draw.uniform() - 1.0))) as i64;
            let cost = i128::from(lots) * i128::from(entry) * TICK_VALUE;
            account.cash += (cost.abs() as f64 / leverage) as i128 - cost;
            account.positions[place] = Position { symbol: symbol as u16, lots };
        }
        account
    }

    fn margin(&self, account: &Account) -> i128 {
        let held = account.positions.iter().filter(|position| position.lots != 0);
        held.fold(account.cash, |sum, position| {
            sum + value(*position, self.symbols[usize::from(position.symbol)].price)
        })
    }

    /// Works out an account's margin exactly: whoever is due is gone, everybody else is told to the index.
    fn settle(&mut self, place: usize) {
        let account = self.accounts[place];
        let margin = self.margin(&account);
        let subject = place as u32;
        if margin < 0 {
            self.gone[place] = true;
            self.index.clear(subject);
            return;
        }
        let nothing = Leg { source: self.symbols[0].long, line: Line::default() };
        let mut legs = [nothing; 3];
        let mut used = 0;
        for position in account.positions.iter().filter(|position| position.lots != 0) {
            let symbol = self.symbols[usize::from(position.symbol)];
            let source = if position.lots > 0 { symbol.long } else { symbol.short };
            let line = self.index.line(source, |price| value(*position, price.abs()));
            legs[used] = Leg { source, line };
            used += 1;
        }
        self.index.set(subject, account.cash, &legs[..used], margin);
    }

    /// Moves a symbol to a price, and gives who may be due: the part that is called detection. How many there are.
    pub(super) fn detect(&mut self, symbol: usize, price: i64) -> usize {
        self.due.clear();
        let symbol = &mut self.symbols[symbol];
        symbol.price = price.max(1);
        let moves = [(symbol.long, symbol.price), (symbol.short, -symbol.price)];
        self.index.moved(&moves, &mut self.due);
        self.due.len()
    }

    /// Has room for as many as one tick can give, as a venue has that runs for a while.
    pub(super) fn warm(&mut self) {
        self.due.resize(self.accounts.len(), 0);
    }

    /// Works out who of those that [`detect`](Self::detect) gave is due, and how many these are.
    pub(super) fn answer(&mut self) -> usize {
        let due = std::mem::take(&mut self.due);
        let mut gone = 0;
        for subject in &due {
            let place = *subject as usize;
            if !self.gone[place] {
                self.settle(place);
                gone += usize::from(self.gone[place]);
            }
        }
        self.due = due;
        gone
    }

    /// How many are due by an exact look at everybody, and how many of these are missed: not gone.
    pub(super) fn missed(&self) -> (usize, usize) {
        let all = self.accounts.iter().zip(&self.gone);
        let due = all.filter(|(account, _)| self.margin(account) < 0);
        due.fold((0, 0), |(due, missed), (_, gone)| (due + 1, missed + usize::from(!gone)))
    }

    /// How many hold something of a symbol.
    pub(super) fn holders(&self, symbol: usize) -> usize {
        let symbol = self.symbols[symbol];
        self.index.holders(symbol.long).count() + self.index.holders(symbol.short).count()
    }

    /// All positions.
    pub(super) fn positions(&self) -> usize {
        (0..SYMBOLS).map(|symbol| self.holders(symbol)).sum()
    }
}

fn number(number: usize) -> f64 {
    number as f64
}
