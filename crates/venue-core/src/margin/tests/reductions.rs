//! The smallest reduction, against worked examples and a search.

use proptest::prelude::*;
use units::{Money, Ratio, Rounding};

use super::{at, bps, market, money};
use crate::margin::{Reduction, smallest_reduction};
use crate::terms::MarketRisk;
use crate::value::Ends;
use crate::value::{Lots, Ticks, worth};

/// A position of 100 lots at 100, each lot a hundred-thousandth.
fn drift(shortage: &str, loss: &str, fee: i128) -> Option<i64> {
    let mut market = market("0.000001", "0.00001", &[(0, 1_000, 2_000)]);
    market.mark = Ends::known(Ticks::new(100_000_000));
    let lots = Lots::new(1_000_000);
    let maintenance = market.maintenance.charge(market.notional(lots, market.mark.at));
    let reduction = Reduction {
        equity: maintenance.minus(money(shortage)),
        other_maintenance: Money::ZERO,
        lots,
        loss: money(loss),
        fee: bps(fee),
        buffer: Ratio::ZERO,
    };
    smallest_reduction(&reduction, &market).map(Lots::number)
}

#[test]
fn reductions_of_drift() {
    // Research 2.5: shortage 10, price 100, margin 10 %: 1.0; with a fee of 1 %: 1.111111111; and 1 % for the fund: 1.25.
    // Too small a reduction comes back at once, too large a one closes what was well.
    assert_eq!(drift("10", "0", 0), Some(100_000));
    assert_eq!(drift("10", "0", 100), Some(111_112));
    assert_eq!(drift("10", "0", 200), Some(125_000));
    // A loss of 1 % against the mark does what a fee of 1 % does.
    assert_eq!(drift("10", "0.00001", 100), Some(125_000));
    assert_eq!(drift("10", "0.0001", 0), None, "what is lost is what is freed: nothing helps");
    assert_eq!(drift("10", "0", 1_100), None);
    assert_eq!(drift("-1", "0", 0), Some(1), "who is well already needs the least");
}

fn enough(reduction: &Reduction, market: &MarketRisk, closed: i64) -> bool {
    let price = market.mark.at;
    let closed = Lots::new(closed);
    let fee = market.notional(closed, price).times(reduction.fee, Rounding::Up).expect("it fits");
    let left = market.notional(reduction.lots.size().minus(closed), price);
    let needs = reduction.other_maintenance.plus(market.maintenance.charge(left));
    let has = reduction.equity.minus(worth(closed, Ticks::new(1), reduction.loss)).minus(fee);
    has >= needs.times(Ratio::ONE.plus(reduction.buffer), Rounding::Up).expect("it fits")
}

proptest! {
    #[test]
    fn the_smallest_reduction_is_what_a_search_finds(
        lots in prop_oneof![-3_000_i64..0, 1_i64..3_000],
        price in 1_i64..3_000_000,
        part in -500_i128..2_000,
        other in 0_i128..1_000,
        loss in 0_i128..200,
        fee in 0_i128..150,
        buffer in 0_i128..5_000,
    ) {
        // Lots of 1 at up to 300,000: positions lie in every bracket.
        let mut market = market("0.1", "1", &[
            (0, 40, 80), (50_000, 50, 100), (600_000, 100, 200), (3_000_000, 200, 400), (12_000_000, 250, 500),
        ]);
        market.mark = Ends::known(Ticks::new(price));
        let notional = market.notional(Lots::new(lots), market.mark.at);
        let lot = market.notional(Lots::new(1), market.mark.at);
        let reduction = Reduction {
            equity: notional.times(bps(part), Rounding::Down).expect("it fits"),
            other_maintenance: notional.times(bps(other), Rounding::Up).expect("it fits"),
            lots: Lots::new(lots),
            loss: lot.times(bps(loss), Rounding::Up).expect("it fits"),
            fee: bps(fee),
            buffer: bps(buffer),
        };
        let searched = (1..=lots.abs()).find(|closed| enough(&reduction, &market, *closed));
        prop_assert_eq!(smallest_reduction(&reduction, &market).map(Lots::number), searched);
    }
}

#[test]
fn a_reduction_is_found_among_a_trillion_lots_of_next_to_nothing() {
    // Where a lot is worth less than a trillionth's share, rounding is larger than what a lot frees.
    let mut market = at(1);
    market.tick_value = Money::from_raw(1);
    let lots = (1 << 40) - 1;
    let maintenance = market.maintenance.charge(market.notional(Lots::new(lots), Ticks::new(1)));
    let reduction = Reduction {
        equity: maintenance.minus(Money::from_raw(1_000_000)),
        other_maintenance: Money::ZERO,
        lots: Lots::new(-lots),
        loss: Money::ZERO,
        fee: Ratio::ZERO,
        buffer: Ratio::ZERO,
    };
    let found = smallest_reduction(&reduction, &market).expect("there is one").number();
    assert!(enough(&reduction, &market, found) && !enough(&reduction, &market, found - 1));
}
