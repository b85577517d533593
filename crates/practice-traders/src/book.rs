//! The markets as traders see them: steps of prices and sizes, and what the index is now.

use units::fixed::{ONE, Rounding, mul_div};
use units::{Money, Price, Quantity};
use wire_binance::{Decimal, Symbol};

/// A market of the venue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Market {
    /// Its name.
    pub symbol: Symbol,
    /// The step of its prices, in trillionths.
    tick: i128,
    /// The step of its sizes, in trillionths.
    lot: i128,
    /// How many of a hundred traders are at home there.
    pub share: u8,
    /// What a maker offers at its nearest price, in the settlement asset; further away it is more.
    pub nearest: Money,
    /// The index, in trillionths; none before it is known, or while it is not good for orders.
    index: Option<i128>,
}

impl Market {
    /// A market with its steps; `None` where they are no steps, or the name is none.
    pub(crate) fn new(
        symbol: &str,
        (tick, lot): (Price, Quantity),
        share: u8,
        nearest: Money,
    ) -> Option<Self> {
        let symbol = Symbol::new(symbol)?;
        let (tick, lot) = (tick.raw(), lot.raw());
        (tick > 0 && lot > 0).then_some(Self { symbol, tick, lot, share, nearest, index: None })
    }

    /// Takes in the index.
    pub(crate) fn set_index(&mut self, index: Option<Price>) {
        self.index = index.map(Price::raw).filter(|index| *index > 0);
    }

    /// Whether there is an index to go by.
    pub(crate) const fn is_priced(&self) -> bool {
        self.index.is_some()
    }

    /// The price so many hundred-thousandths away from the index, in ticks.
    pub(crate) fn ticks_at(&self, away: i64) -> Option<i64> {
        let parts = 100_000 + i128::from(away);
        let price = mul_div(self.index?, parts, 100_000, Rounding::Nearest)?;
        let ticks = mul_div(price, 1, self.tick, Rounding::Nearest)?;
        i64::try_from(ticks).ok().filter(|ticks| *ticks > 0)
    }

    /// How many ticks so many hundred-thousandths of the index are.
    pub(crate) fn ticks_of(&self, parts: i64) -> i64 {
        let index = self.index.unwrap_or_default();
        let distance = mul_div(index, i128::from(parts), 100_000, Rounding::Down).unwrap_or(0);
        i64::try_from(distance / self.tick).unwrap_or(i64::MAX)
    }

    /// How many whole lots an amount of money buys at the index.
    pub(crate) fn lots_for(&self, money: Money) -> i64 {
        let lots = self.index.and_then(|index| {
            let size = mul_div(money.raw(), ONE, index, Rounding::Down)?;
            i64::try_from(size / self.lot).ok()
        });
        lots.unwrap_or(0).max(0)
    }

    /// What so many lots are worth at the index.
    pub(crate) fn worth(&self, lots: i64) -> Money {
        let size = i128::from(lots).saturating_mul(self.lot);
        let worth = mul_div(size, self.index.unwrap_or_default(), ONE, Rounding::Nearest);
        Money::from_raw(worth.unwrap_or(0))
    }

    /// Lots as they are written.
    pub(crate) fn quantity(&self, lots: i64) -> Decimal {
        Decimal::from_raw(i128::from(lots).saturating_mul(self.lot), 0)
    }

    /// Ticks as they are written.
    pub(crate) fn price(&self, ticks: i64) -> Decimal {
        Decimal::from_raw(i128::from(ticks).saturating_mul(self.tick), 0)
    }

    /// A size that was told, in lots; what is less than one is left out.
    pub(crate) fn lots(&self, told: Decimal) -> i64 {
        i64::try_from(told.raw() / self.lot).unwrap_or(0)
    }
}

/// A market of Bitcoin, for tests.
#[cfg(test)]
pub(crate) fn bitcoin() -> Market {
    let (tick, lot) = (Price::from_raw(ONE / 10), Quantity::from_raw(ONE / 1_000));
    let mut market =
        Market::new("BTCUSDT", (tick, lot), 100, Money::whole(20_000)).expect("a market");
    market.set_index(Some(Price::whole(100_000)));
    market
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_and_sizes_are_whole_steps() {
        // The venue refuses what lies between two steps, so that nobody would trade.
        let market = bitcoin();
        assert_eq!(market.ticks_at(-30), Some(999_700), "99,970 dollars");
        assert_eq!(market.price(999_701).to_string(), "99970.1");
        assert_eq!(market.lots_for(Money::whole(20_050)), 200);
        assert_eq!(market.quantity(200).to_string(), "0.2");
        assert_eq!(market.worth(-200), Money::whole(-20_000));
        assert_eq!(market.lots(Decimal::parse("-0.0129").expect("a number")), -12);
        assert_eq!(market.ticks_of(12), 120);
    }

    #[test]
    fn without_an_index_nothing_is_priced() {
        let mut market = bitcoin();
        market.set_index(None);
        assert_eq!((market.ticks_at(0), market.lots_for(Money::whole(1))), (None, 0));
        assert!(!market.is_priced());
    }
}
