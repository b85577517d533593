//! The margin that positions want by their size, and fees.

use units::fixed::{ONE, mul_div};
use units::{Money, Ratio, Rounding};
use venue_core::Bracket;
use wire_binance::answer::{self as told, CommissionRate, LeverageBrackets, LeverageSet};
use wire_binance::{Decimal, Failure, MaybeSymbol, Number, OneSymbol, ToJson as _};

use crate::front::market::Market;
use crate::front::{Front, show};

/// Beyond the last bracket nothing is said; this is what clients are told instead of no end.
const NO_END: Money = Money::whole(1_000_000_000_000);

/// A bracket with what is taken off in it, so that maintenance does not jump.
pub(crate) fn with_deductions(brackets: &[Bracket]) -> impl Iterator<Item = (&Bracket, Money)> {
    let (mut deduction, mut before) = (Money::ZERO, Ratio::ZERO);
    brackets.iter().map(move |bracket| {
        let more = bracket.maintenance.minus(before);
        let step = bracket.floor.times(more, Rounding::Nearest).unwrap_or(Money::ZERO);
        deduction = deduction.plus(step);
        before = bracket.maintenance;
        (bracket, deduction)
    })
}

/// What a notional needs: maintenance, and the lowest rate of margin for new risk.
pub(crate) fn needs(market: &Market, notional: Money) -> (Money, Ratio) {
    let brackets = with_deductions(&market.settings.brackets);
    let at = brackets.take_while(|(bracket, _)| bracket.floor <= notional).last();
    let Some((bracket, deduction)) = at else { return (Money::ZERO, Ratio::ZERO) };
    let charged = notional.times(bracket.maintenance, Rounding::Up).unwrap_or(notional);
    (charged.minus(deduction), bracket.initial)
}

/// How large a position may be at a leverage.
pub(crate) fn largest(market: &Market, leverage: u16) -> Money {
    let rate =
        mul_div(ONE, 1, i128::from(leverage), Rounding::Up).map_or(Ratio::ONE, Ratio::from_raw);
    let beyond = market.settings.brackets.iter().find(|bracket| bracket.initial > rate);
    beyond.map_or(NO_END, |bracket| bracket.floor)
}

/// A leverage that was set.
pub(crate) fn leverage_set(market: &Market, leverage: u16) -> LeverageSet {
    LeverageSet {
        leverage: u32::from(leverage),
        max_notional: Decimal::money(largest(market, leverage), 0).cut(0),
        symbol: market.symbol,
    }
}

/// The brackets of markets.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn brackets(front: &Front, asked: &MaybeSymbol) -> Result<Vec<u8>, Failure> {
    let markets = front.markets().asked(asked.symbol)?;
    let told: Vec<_> = markets.iter().map(|market| of_market(market)).collect();
    Ok(told.to_json())
}

fn of_market(market: &Market) -> LeverageBrackets {
    let all = &market.settings.brackets;
    let floors = all.iter().skip(1).map(|bracket| bracket.floor).chain([NO_END]);
    let numbered = (1_u32..).zip(with_deductions(all)).zip(floors);
    let brackets = numbered.map(|((number, (bracket, deduction)), cap)| told::Bracket {
        bracket: number,
        initial_leverage: most_leverage(bracket.initial),
        notional_cap: Number(Decimal::money(cap, 0)),
        notional_floor: Number(Decimal::money(bracket.floor, 0)),
        maintenance_margin_ratio: Number(Decimal::ratio(bracket.maintenance, 0)),
        cumulative: Number(show::money(deduction)),
    });
    LeverageBrackets { symbol: market.symbol, brackets: brackets.collect() }
}

/// The highest leverage of a rate.
fn most_leverage(rate: Ratio) -> u32 {
    let times = ONE.checked_div(rate.raw()).unwrap_or(1);
    u32::try_from(times).unwrap_or(u32::MAX)
}

/// Fees in a market.
///
/// # Errors
/// Where there is no such market.
pub(crate) fn commission(front: &Front, asked: &OneSymbol) -> Result<Vec<u8>, Failure> {
    let markets = front.markets();
    let market = markets.named(asked.symbol)?;
    let told = CommissionRate {
        symbol: market.symbol,
        maker: Decimal::ratio(market.settings.fees.maker, 6),
        taker: Decimal::ratio(market.settings.fees.taker, 6),
    };
    Ok(told.to_json())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front::market::testing::bitcoin;

    #[test]
    fn maintenance_is_that_of_the_core() {
        // ccxt works out liquidation prices from these numbers.
        let market = bitcoin();
        // 0.4 % to 50,000, 0.5 % above, with 50 off: 100,000 needs 450.
        assert_eq!(needs(&market, Money::whole(100_000)).0, Money::whole(450));
        assert_eq!(needs(&market, Money::whole(50_000)).0, Money::whole(200));
        assert_eq!(largest(&market, 125), Money::whole(50_000));
        assert_eq!(largest(&market, 100), Money::whole(600_000));
        assert_eq!(largest(&market, 1), NO_END);
        let told = of_market(&market);
        assert_eq!((told.brackets.len(), told.brackets[0].initial_leverage), (5, 125));
        assert_eq!(told.brackets[1].cumulative.0.to_string(), "50.00000000");
    }
}
