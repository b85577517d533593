//! The whole of 2025-10-10 through the venue: every tick a command, liquidations on the book, and what they did.

mod exchange;
mod makers;
mod page;
mod people;

use std::ops::Range;
use std::time::Instant;

use anyhow::{Result, ensure};
use venue_core::{Command, PriceStatus, PriceUpdate};

use super::draw::Draw;
use super::measure::count;
use super::path::{ACCOUNTS, LOW, Path, RATE, SECONDS, is_stormy};
use super::risk::SYMBOLS;
use crate::say;
use exchange::Exchange;
use makers::Makers;

/// Seconds between two odd prices of a symbol in the fall, and for how many one lasts.
const ODD_EVERY: u32 = 2_000;
const ODD_FOR: usize = 5;

/// News: within this many seconds before the low each symbol but the two largest falls by 4 to 8 % in one tick, about
/// once in so many seconds, and half of it is made good in a minute.
const NEWS: f64 = 300.0;
const NEWS_EVERY: u32 = 100;

/// An hour of the day.
#[derive(Clone, Copy, Debug, Default)]
struct Hour {
    seconds: f64,
    accounts: usize,
    notional: f64,
    decisions: usize,
    most_open: usize,
}

/// What a day was.
struct Day {
    exchange: Exchange,
    accounts: usize,
    positions: usize,
    opening: f64,
    ticks: usize,
    hours: Vec<Hour>,
}

/// Prices whose status is another than live for a while.
struct Odd {
    draw: Draw,
    until: Vec<(PriceStatus, usize)>,
}

impl Odd {
    /// A symbol's price, as it is told at a step.
    fn update(&mut self, symbol: usize, step: usize, live: PriceUpdate) -> PriceUpdate {
        let second = count(step) / count(RATE);
        let Some(odd) = self.until.get_mut(symbol) else { return live };
        if odd.1 <= step {
            let begins = is_stormy(second) && self.draw.below(ODD_EVERY * RATE as u32) == 0;
            if !begins {
                return live;
            }
            use PriceStatus::{Capped, Degraded, Held, Split};
            *odd = ([Capped, Degraded, Held, Split][self.draw.index(4)], step + ODD_FOR * RATE);
        }
        let lower = live.market.minus(people::part(live.market, 50));
        PriceUpdate {
            status: odd.0,
            liquidation: lower,
            confidence: people::part(live.market, 10),
            ..live
        }
    }
}

/// What news have done to prices, as logarithms.
struct News {
    draw: Draw,
    fallen: Vec<f64>,
}

impl News {
    /// A symbol's price after the news, at a step.
    fn on(&mut self, symbol: usize, step: usize, ticks: i64) -> i64 {
        let second = count(step) / count(RATE);
        let Some(fallen) = self.fallen.get_mut(symbol) else { return ticks };
        *fallen *= 0.5_f64.powf(1.0 / (60.0 * count(RATE)));
        if symbol >= 2
            && (LOW - NEWS..LOW).contains(&second)
            && self.draw.below(NEWS_EVERY * RATE as u32) == 0
        {
            *fallen -= 0.04 + 0.04 * self.draw.uniform();
        }
        (ticks as f64 * fallen.exp()) as i64
    }
}

/// Measures the part of the page that is about that day.
pub(super) fn section() -> Result<String> {
    let day = run(ACCOUNTS, 0..SECONDS)?;
    Ok(page::page(&day))
}

/// Goes through these seconds of the day with so many accounts.
fn run(accounts: usize, seconds: Range<usize>) -> Result<Day> {
    let mut exchange = Exchange::new();
    let prices = people::prices();
    let start = Instant::now();
    people::open(&mut exchange, &prices);
    let positions = people::fill(&mut exchange, &prices, accounts);
    ensure!(exchange.heard.refused == 0, "{} commands were refused", exchange.heard.refused);
    exchange.wait(1_000_000_000);
    exchange.does(&Command::Tick);
    let opening = start.elapsed().as_secs_f64();
    say(&format!("{accounts} accounts, {positions} positions in {opening:.1} s"));
    (exchange.nanos, exchange.slowest, exchange.commands) = (0.0, 0.0, 0);
    let mut day = Day { exchange, accounts, positions, opening, ticks: 0, hours: Vec::new() };
    go(&mut day, prices, seconds);
    let Day { exchange, .. } = &day;
    ensure!(!exchange.heard.torn, "the tape has a gap");
    ensure!(exchange.heard.broken == 0, "{} invariants were broken", exchange.heard.broken);
    let audit = exchange.venue.audit();
    ensure!(audit.is_empty(), "{audit:?} by the audit");
    Ok(day)
}

fn go(day: &mut Day, prices: Vec<i64>, seconds: Range<usize>) {
    let mut makers = Makers::new(prices.len());
    let mut odd = Odd { draw: Draw::new(5), until: vec![(PriceStatus::Live, 0); prices.len()] };
    let mut news = News { draw: Draw::new(6), fallen: vec![0.0; prices.len()] };
    let mut path = Path::new(prices);
    let between = 1_000_000_000 / (RATE * SYMBOLS) as u64;
    let mut hour = Hour::default();
    let mut before = totals(day);
    for step in seconds.start * RATE..seconds.end * RATE {
        let mut prices = path.prices(step);
        for (symbol, ticks) in prices.iter_mut().enumerate() {
            *ticks = news.on(symbol, step, *ticks);
        }
        if step.is_multiple_of(RATE) {
            makers.quote(&mut day.exchange, count(step / RATE), &prices);
        }
        for (symbol, ticks) in prices.iter().enumerate() {
            let live = people::live(symbol, *ticks, day.exchange.now);
            let update = odd.update(symbol, step, live);
            day.exchange.does(&Command::Price(update));
            day.exchange.wait(between);
            day.ticks += 1;
        }
        hour.most_open = hour.most_open.max(day.exchange.venue.open_liquidations());
        let next = step + 1;
        if next.is_multiple_of(3_600 * RATE) || next == seconds.end * RATE {
            let now = totals(day);
            hour.seconds = now.0 - before.0;
            hour.accounts = now.1 - before.1;
            hour.notional = now.2 - before.2;
            hour.decisions = now.3 - before.3;
            say(&format!("{} s of the day: {hour:?}", next / RATE));
            day.hours.push(std::mem::take(&mut hour));
            before = now;
        }
    }
}

/// Seconds, accounts, notional and decisions so far.
fn totals(day: &Day) -> (f64, usize, f64, usize) {
    let heard = &day.exchange.heard;
    (day.exchange.nanos / 1e9, heard.accounts, heard.notional(), heard.decisions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_day_goes_through_and_everything_adds_up() {
        // A day in which nothing fails measures nothing. What is refused are quotes where a price is split.
        let day = run(2_000, 4_100..4_520).expect("nothing is broken");
        let heard = &day.exchange.heard;
        assert!(heard.accounts > 200 && heard.tape.number > 200, "{heard:?}");
    }
}
