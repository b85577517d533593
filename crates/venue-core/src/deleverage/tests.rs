//! Whole decisions of deleveraging, by hand and at random.

use machine::Prng;
use units::Money;

use super::*;
use crate::id::{AccountId, MarketId};
use crate::settings::Deleverage;
use crate::value::{Lots, PositionSide, Side, Ticks};

fn holder(account: u32, lots: i64, profit: i128) -> Holder {
    Holder {
        account: AccountId::new(account),
        position: PositionSide::Both,
        lots: Lots::new(lots),
        cost: Money::ZERO,
        profit: Money::from_raw(profit),
        equity: Money::whole(1_000_000),
        maintenance: Money::ONE,
        hedged: false,
    }
}

fn question(lots: i64, deficit: i128, holders: Vec<Holder>) -> Question {
    Question {
        market: MarketId::new(0),
        rule: Deleverage::ProRata,
        side: Side::Sell,
        price: Ticks::new(100),
        mark: Ticks::new(100),
        tick_value: Money::from_raw(1),
        losers: vec![Loser {
            account: AccountId::new(99),
            position: PositionSide::Both,
            lots: Lots::new(lots),
            deficit: Money::from_raw(deficit),
        }],
        holders,
    }
}

fn given(decision: &Decision) -> Vec<(u32, i64, i128)> {
    let plain = |given: &Given| (given.account.number(), given.lots.number(), given.money.raw());
    decision.given.iter().map(plain).collect()
}

#[test]
fn lots_go_by_lots_and_money_by_profit() {
    // A holder with a large position and little profit must not pay like one who has won much.
    let holders = vec![holder(1, 30, 100), holder(2, 10, 300), holder(3, 10, 0)];
    let decision = question(8, 40, holders).decide().expect("a decision");
    assert_eq!(given(&decision), [(1, 6, 10), (2, 2, 30)]);
    assert_eq!((decision.left, decision.unpaid), (Lots::ZERO, Money::ZERO));
    assert_eq!(verify(&decision), Ok(()));
}

#[test]
fn holders_without_profit_are_closed_only_after_those_with() {
    // Otherwise somebody loses a position that has gained nothing while winners keep theirs.
    let holders = vec![holder(1, 5, 100), holder(2, 10, 0), holder(3, 10, -7)];
    let decision = question(15, 0, holders).decide().expect("a decision");
    assert_eq!(given(&decision), [(1, 5, 0), (2, 5, 0), (3, 5, 0)]);
}

#[test]
fn a_hedge_is_taken_apart_last() {
    // On 2025-10-10 hedged books lost one leg, and their owners had to sell the other (incidents, 4).
    let hedged = Holder { hedged: true, ..holder(1, 50, 1_000) };
    let holders = vec![hedged, holder(2, 10, 10), holder(3, 10, 0)];
    let small = question(20, 10, holders.clone()).decide().expect("a decision");
    assert_eq!(given(&small), [(2, 10, 10), (3, 10, 0)]);
    let large = question(25, 30, holders).decide().expect("a decision");
    assert_eq!(given(&large), [(1, 5, 20), (2, 10, 10), (3, 10, 0)]);
}

#[test]
fn what_profit_does_not_cover_is_said_and_not_taken() {
    // Haircuts touch profit, never collateral.
    let decision = question(2, 50, vec![holder(1, 10, 30)]).decide().expect("a decision");
    assert_eq!(given(&decision), [(1, 2, 30)]);
    assert_eq!((decision.unpaid.raw(), decision.paid().raw()), (20, 30));
}

#[test]
fn bitmex_closes_its_queue_as_its_example_says() {
    // Source: BitMEX's example of auto-deleveraging (research, 2.6): 20 are closed, 10 of account 2 and 10 of 5. The
    // scores of the example are reached with an equity that gives the leverage.
    let rows = [(1, 10, 3), (2, 10, 6), (3, 20, 1), (4, 30, 4), (5, 20, 5), (6, 10, 2)];
    let scored = |(account, lots, score): (u32, i64, i128)| Holder {
        // A short of value 100 a lot bought at 200: half of the cost is profit, so the leverage is twice the score.
        cost: Money::from_raw(-200 * i128::from(lots)),
        equity: Money::from_raw(100 * i128::from(lots) / (2 * score)),
        ..holder(account, lots, 1)
    };
    let holders: Vec<_> = rows.into_iter().map(scored).collect();
    let mut question = question(20, 0, holders);
    question.rule = Deleverage::Bitmex;
    question.price = Ticks::new(97);
    let at = question.at();
    let decision = question.decide().expect("a decision");
    assert_eq!(given(&decision), [(2, 10, 0), (5, 10, 0)]);
    assert_eq!(verify(&decision), Ok(()));
    let places: Vec<_> = (1..=6)
        .map(|number| {
            let account = AccountId::new(number);
            let place = place(account, Deleverage::Bitmex, at, &decision.question.holders);
            place.map(|place| (place.ahead, place.beside, place.lots_ahead.number()))
        })
        .collect();
    assert_eq!(
        places,
        [(3, 1, 60), (0, 1, 0), (5, 1, 80), (2, 1, 30), (1, 1, 10), (4, 1, 70)].map(Some)
    );
}

#[test]
fn pro_rata_has_places_by_group() {
    // Who is told a place has to be able to rely on it.
    let hedged = Holder { hedged: true, ..holder(3, 50, 1_000) };
    let holders = [holder(1, 30, 5), holder(2, 10, 5), hedged];
    let at = At { side: Side::Sell, mark: Ticks::new(1), tick_value: Money::ONE };
    let place = |number| place(AccountId::new(number), Deleverage::ProRata, at, &holders);
    let last = QueuePlace { ahead: 2, beside: 1, holders: 3, lots_ahead: Lots::new(40) };
    assert_eq!(place(3), Some(last));
    let first = QueuePlace { ahead: 0, beside: 2, holders: 3, lots_ahead: Lots::ZERO };
    assert_eq!((place(1), place(2), place(4)), (Some(first), Some(first), None));
}

#[test]
fn a_decision_that_was_changed_is_found() {
    // A record that anybody can change proves nothing.
    let holders = vec![holder(1, 30, 100), holder(2, 10, 300)];
    let decision = question(8, 41, holders).decide().expect("a decision");
    assert_eq!(verify(&decision), Ok(()));
    let changed = |change: fn(&mut Decision)| {
        let mut copy = decision.clone();
        change(&mut copy);
        verify(&copy)
    };
    let account = AccountId::new;
    assert_eq!(
        changed(|copy| copy.given[1].money = Money::from_raw(29)),
        Err(Mismatch::Given(account(2)))
    );
    assert_eq!(changed(|copy| copy.given.truncate(1)), Err(Mismatch::Given(account(2))));
    assert_eq!(changed(|copy| copy.unpaid = Money::from_raw(1)), Err(Mismatch::Left));
    assert_eq!(changed(|copy| copy.question.holders.reverse()), Err(Mismatch::Order));
    assert_eq!(
        changed(|copy| copy.question.holders[0].profit = Money::from_raw(60)),
        Err(Mismatch::Given(account(1)))
    );
}

#[test]
fn random_decisions_close_all_lots_and_share_the_deficit_to_the_unit() {
    // A deficit that is shared a unit too much or too little is money made or lost; a holder that gives more than the
    // profit has been robbed.
    let mut random = Prng::new(1_010);
    for _ in 0..2_000 {
        let count = 1 + random.below(12);
        let mut holders = Vec::new();
        for account in 0..count {
            let lots = 1 + i64::try_from(random.below(1_000)).expect("small");
            let profit = i128::from(random.below(2_000)) - 500;
            let mut one = holder(u32::try_from(account).expect("small"), lots, profit);
            one.hedged = random.below(3) == 0;
            one.equity = Money::from_raw(i128::from(random.below(3_000)) - 300);
            holders.push(one);
        }
        let all: i64 = holders.iter().map(|holder| holder.lots.number()).sum();
        let lots =
            i64::try_from(random.below(u64::try_from(all).expect("it fits") + 1)).expect("it fits");
        let mut question = question(lots, i128::from(random.below(10_000)), holders);
        question.rule =
            [Deleverage::ProRata, Deleverage::Binance, Deleverage::Bitmex, Deleverage::Hyperliquid]
                [random.index(4)];
        let decision = question.decide().expect("a decision");
        let closed: i64 = decision.given.iter().map(|given| given.lots.number()).sum();
        assert_eq!((closed, decision.left), (lots, Lots::ZERO));
        let paid: i128 = decision.given.iter().map(|given| given.money.raw()).sum();
        assert_eq!(paid, decision.paid().raw());
        let most: i128 =
            decision.question.holders.iter().map(|holder| holder.can_give().raw()).sum();
        assert_eq!(paid, decision.question.deficit().raw().min(most));
        for given in &decision.given {
            let of = |holder: &&Holder| holder.account == given.account;
            let holder = decision.question.holders.iter().find(of).expect("a holder");
            assert!(given.lots <= holder.lots && given.money <= holder.can_give());
        }
        assert_eq!(verify(&decision), Ok(()));
    }
}
