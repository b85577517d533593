//! Who trades: sizes are log-normal with a Pareto tail, leverage is log-normal too.
//!
//! Source: incidents, section 26: account values of 19,337 users with a median of 1,370 and a standard deviation of 2.64
//! of the natural logarithm, the upper tail Pareto with an exponent below one; leverage in early October 2025 around 10,
//! of the positions on `BitMEX` in 2019 up to 50.

use units::{Money, fixed::ONE};

use super::Draw;

/// Somebody.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// What they bring.
    pub(crate) money: Money,
    /// How many times that they hold.
    pub(crate) leverage: u16,
    pub(crate) long: bool,
    pub(crate) isolated: bool,
    pub(crate) hedge: bool,
    /// Their money is lent to them on collateral.
    pub(crate) borrows: bool,
    /// They have an order that waits for the worst.
    pub(crate) careful: bool,
}

/// The largest account, and the smallest, in whole money.
const RICHEST: i128 = 20_000_000;
const POOREST: i128 = 10;

impl Person {
    pub(crate) fn draw(draw: &mut Draw) -> Self {
        let money = if draw.one_in(20) {
            // Pareto: as many are twice as rich as half of those there are.
            20_000 * 1_000_000 / i128::from(1 + draw.below(1_000_000))
        } else {
            // 2.64 of the natural logarithm is 3.81 of that to the base of two.
            Draw::power(1_370 * ONE, draw.normal() * 381 / 100) / ONE
        };
        let leverage = Draw::power(10 * ONE, draw.normal() * 13 / 10) / ONE;
        Self {
            money: Money::whole(money.clamp(POOREST, RICHEST)),
            leverage: leverage.clamp(1, 90) as u16,
            long: draw.percent(65),
            isolated: draw.percent(25),
            hedge: draw.percent(8),
            borrows: draw.percent(20),
            careful: draw.percent(15),
        }
    }
}
