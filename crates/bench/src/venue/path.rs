//! The prices of 2025-10-10, from 20:00 to 04:00.
//!
//! The path is the public record's: a fall that begins at 20:50 and ends at 21:15 with the lows of the calibrated loop
//! (0.82 of the price before on the largest symbol, 0.80 on the second, 0.60 on the others), half of it made good by
//! 22:00, and noise that reverts with a half-life of 61.5 s, ten times as large in the fall.

use super::draw::Draw;
use super::measure::count;

/// Accounts with high leverage that day, by the share of them that was liquidated.
pub(super) const ACCOUNTS: usize = 2_500_000;
/// Seconds that going through the day may take.
pub(super) const AIM: f64 = 600.0;
/// Ticks of each symbol a second: the oracle's.
pub(super) const RATE: usize = 4;
/// Seconds of the eight hours.
pub(super) const SECONDS: usize = 8 * 3_600;
/// Seconds after 20:00 at which the fall begins and ends, and at which half of it is made good.
pub(super) const FALL: f64 = 3_000.0;
pub(super) const LOW: f64 = 4_500.0;
const BACK: f64 = 7_200.0;
/// Noise of a tick, as a part of the price, outside of the fall and in it.
const CALM: f64 = 0.3e-4;
const STORM: f64 = 3e-4;

/// The prices of all symbols.
#[derive(Debug)]
pub(super) struct Path {
    draw: Draw,
    from: Vec<i64>,
    noise: Vec<f64>,
    /// What is left of the noise after a tick.
    keeps: f64,
}

impl Path {
    /// From these prices on.
    pub(super) fn new(from: Vec<i64>) -> Self {
        let noise = vec![0.0; from.len()];
        Self { draw: Draw::new(3), from, noise, keeps: 0.5_f64.powf(1.0 / (61.5 * count(RATE))) }
    }

    /// The prices of the next step, which is so many quarters of a second after 20:00.
    pub(super) fn prices(&mut self, step: usize) -> Vec<i64> {
        let second = count(step) / count(RATE);
        let sigma = if is_stormy(second) { STORM } else { CALM };
        let mut prices = Vec::with_capacity(self.from.len());
        for (symbol, (from, noise)) in self.from.iter().zip(&mut self.noise).enumerate() {
            *noise = *noise * self.keeps + sigma * self.draw.normal();
            prices.push((*from as f64 * (trend(symbol, second) + *noise).exp()) as i64);
        }
        prices
    }
}

/// Whether it is the time of the fall.
pub(super) fn is_stormy(second: f64) -> bool {
    (FALL..LOW + 600.0).contains(&second)
}

/// How far the price is from where it began, as a logarithm.
fn trend(symbol: usize, second: f64) -> f64 {
    let low = match symbol {
        0 => 0.82_f64,
        1 => 0.80,
        _ => 0.60,
    };
    let part = if second < FALL {
        0.0
    } else if second < LOW {
        // Slowly at first.
        ((second - FALL) / (LOW - FALL)).powi(2)
    } else {
        1.0 - 0.5 * ((second - LOW) / (BACK - LOW)).min(1.0)
    };
    low.ln() * part
}
