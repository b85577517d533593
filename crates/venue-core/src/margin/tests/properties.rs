//! What holds for all amounts.

use proptest::prelude::*;
use units::fixed::ONE;
use units::{Money, Ratio, Rounding};

use super::{at, leg, market};
use crate::margin::liquidation_price;
use crate::state::Leg;
use crate::terms::Tiers;
use crate::terms::share_bound;
use crate::value::{Lots, Side, Ticks, WHOLE_LIMIT};

/// Tiers with whole floors and rising rates.
fn tiers() -> impl Strategy<Value = Vec<(i128, i128)>> {
    proptest::collection::vec((1_i128..5_000_000, 0_i128..2_000), 1..7).prop_map(|steps| {
        let mut row = (0, 0);
        let mut rows = Vec::new();
        for (floor, rate) in steps {
            row.1 = (row.1 + rate).min(10_000);
            rows.push(row);
            row.0 += floor;
        }
        rows
    })
}

fn made(rows: &[(i128, i128)]) -> Tiers {
    let rows = rows.iter().map(|&(floor, rate)| (Money::whole(floor), Ratio::from_bps(rate)));
    Tiers::new(rows).expect("rising tiers")
}

/// What the parts of an amount are charged, each by itself, in parts of a trillionth.
fn parts(rows: &[(i128, i128)], amount: i128) -> i128 {
    let ends = rows.iter().skip(1).map(|&(floor, _)| floor * ONE).chain([i128::MAX]);
    let part = |(&(floor, rate), end): (&(i128, i128), i128)| {
        let inside = (amount.min(end) - floor * ONE).max(0);
        inside * rate
    };
    rows.iter().zip(ends).map(part).sum()
}

proptest! {
    #[test]
    fn each_part_is_charged_at_its_own_rate(rows in tiers(), amount in 0_i128..50_000_000 * ONE) {
        // A jump at a floor would liquidate who grows by one unit, or let them off.
        let exact = parts(&rows, amount);
        let up = exact / 10_000 + i128::from(exact % 10_000 > 0);
        prop_assert_eq!(made(&rows).charge(Money::from_raw(amount)).raw(), up);
    }

    #[test]
    fn there_is_no_jump_at_a_floor(rows in tiers()) {
        // Continuity to the unit, from both sides of each floor.
        let tiers = made(&rows);
        for (place, &(floor, rate)) in rows.iter().enumerate().skip(1) {
            let floor = floor * ONE;
            let charge = |amount| tiers.charge(Money::from_raw(amount)).raw();
            let before = rows[place - 1].1;
            let step = |rate: i128| (rate + 9_999) / 10_000;
            prop_assert!((0..=step(before)).contains(&(charge(floor) - charge(floor - 1))));
            prop_assert!((0..=step(rate)).contains(&(charge(floor + 1) - charge(floor))));
        }
    }

    #[test]
    fn a_bound_is_never_below_what_it_bounds(
        amount in prop_oneof![0_i128..1 << 80, 0_i128..1 << 100], rate in 0_i128..=ONE
    ) {
        // A bound that is too low takes an order on, or spares an account, that lacks margin.
        let amount = Money::from_raw(amount);
        let slack = (amount.raw() >> 31) + 2;
        let rate = Ratio::from_raw(rate);
        let part = amount.times(rate, Rounding::Up).expect("it fits");
        let bound = share_bound(amount, rate);
        prop_assert!(bound >= part && bound.minus(part).raw() <= slack);
    }

    #[test]
    fn what_some_win_others_lose_at_every_mark(
        trades in proptest::collection::vec(
            (0_usize..4, 1_usize..4, 1_i64..500, 1_i64..2_000_000), 1..40
        ),
        mark in 1_i64..2_000_000,
    ) {
        // Research 2.7: with the cost kept exactly, profits at any mark add up to what was realised, with the other sign.
        let market = at(1);
        let mut legs: Vec<Leg> = (0..4).map(|_| leg(&market, 0, 0, 1)).collect();
        let mut realised = Money::ZERO;
        for (buyer, apart, lots, price) in trades {
            for (who, side) in [(buyer, Side::Buy), ((buyer + apart) % 4, Side::Sell)] {
                let price = Ticks::new(price);
                let filled = legs[who].fill(side, Lots::new(lots), price, market.tick_value);
                realised = realised.plus(filled.realised);
            }
        }
        prop_assert_eq!(legs.iter().map(|leg| leg.lots.number()).sum::<i64>(), 0);
        let profits = legs.iter().map(|leg| leg.profit(Ticks::new(mark), market.tick_value));
        prop_assert_eq!(profits.fold(realised, Money::plus), Money::ZERO);
    }

    #[test]
    fn a_liquidation_price_is_where_an_account_becomes_due(
        lots in prop_oneof![-5_000_000_i64..0, 1_i64..5_000_000],
        entry in 1_i64..3_000_000,
        rest in -1_000_000_i128..10_000_000,
    ) {
        // Across all brackets, to the tick: due there, and not one tick nearer.
        let market = at(1);
        let leg = leg(&market, lots, entry, 1);
        let rest = Money::from_raw(rest * 1_000_000_000_007);
        let due = |price: i64| {
            let price = Ticks::new(price);
            let charge = market.maintenance.charge(market.notional(leg.lots, price));
            rest.plus(leg.profit(price, market.tick_value)) < charge
        };
        match liquidation_price(leg.lots, leg.cost, rest, &market) {
            None => prop_assert!(!due(1) && !due(WHOLE_LIMIT - 1)),
            Some(price) => {
                let (price, nearer) = (price.number(), price.number() + lots.signum());
                prop_assert!(due(price));
                prop_assert!(!(1..WHOLE_LIMIT).contains(&nearer) || !due(nearer));
            }
        }
    }
}

#[test]
fn tiers_that_would_jump_or_fall_are_refused() {
    // Settings that pass here decide who is liquidated.
    let new = |rows: &[(i128, i128)]| {
        let rows =
            rows.iter().map(|&(floor, rate)| (Money::from_raw(floor), Ratio::from_raw(rate)));
        Tiers::new(rows)
    };
    assert!(new(&[(0, 4_000_000_000), (50_000 * ONE, 5_000_000_000)]).is_some());
    for rows in [
        &[][..],
        &[(1, 1)],
        &[(0, -1)],
        &[(0, ONE + 1)],
        &[(0, 5), (ONE, 4)],
        &[(0, 5), (ONE, 6), (ONE, 7)],
        &[(0, 1), (ONE / 3, 2)],
    ] {
        assert_eq!(new(rows), None, "{rows:?}");
    }
    let flat = market("0.1", "0.001", &[(0, 100, 100)]);
    assert_eq!(flat.leverage_max(Money::whole(1)), 100);
    assert_eq!(liquidation_price(Lots::ZERO, Money::ZERO, Money::ZERO, &flat), None);
}
