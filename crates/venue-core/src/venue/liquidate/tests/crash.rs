//! Liquidations that the book does not take: the backstop, the fund, the holders, everybody.

use super::*;

/// A trader who is long a bitcoin with 5,000 dollars, and two who are short half of it each: one since 100,000, one
/// since 98,000.
fn trader(world: &mut World) -> (AccountId, AccountId, AccountId) {
    let trader = world.account(5_050, 20);
    let early = world.account(1_000_000, 1);
    let late = world.account(1_000_000, 1);
    world.trade(trader, early, 100_000, COIN / 2);
    world.trade(trader, late, 100_000, COIN / 2);
    // The late one sells to the early one and back, so that their entries differ.
    (trader, early, late)
}

#[test]
fn nothing_is_done_before_the_time_cap() {
    // A book that is empty for a moment must not cost anybody a position.
    let mut world = World::new(|_| {});
    let (trader, early, _) = trader(&mut world);
    world.index(94_000);
    world.index_after(9, 94_000);
    assert_eq!((world.lots(trader), world.lots(early)), (COIN, -COIN / 2));
    assert_eq!(world.taken(), []);
}

#[test]
fn the_backstop_takes_over_at_the_bankruptcy_price() {
    // What comes after it costs the fund, and others their positions.
    let mut world = World::new(|_| {});
    let (trader, early, _) = trader(&mut world);
    let backstop = world.account(1_000_000, 10);
    world.does(with_backstop(backstop));
    world.index(94_000);
    let events = world.index_after(10, 94_000);
    assert_eq!(began_and_ended(&events), (false, true));
    assert_eq!((world.lots(trader), world.lots(backstop)), (0, COIN));
    assert_eq!((world.cash(trader), world.lots(early)), (Money::ZERO, -COIN / 2));
    assert_eq!(world.taken(), [(TakenBy::Backstop, COIN, 95_000)]);
}

#[test]
fn a_backstop_without_margin_is_passed_over() {
    // A backstop that takes more than it can carry is the next to be liquidated.
    let mut world = World::new(|_| {});
    let (trader, _, _) = trader(&mut world);
    let backstop = world.account(9_000, 10);
    world.does(with_backstop(backstop));
    world.index(94_000);
    world.index_after(10, 94_000);
    assert_eq!((world.lots(trader), world.lots(backstop)), (0, 0));
    assert!(world.taken().iter().all(|(by, _, _)| *by == TakenBy::Holders));
}

#[test]
fn a_backstop_loses_no_more_than_its_share_in_a_window() {
    // A backstop that takes every loss of one market has nothing left for the others.
    for (bps, taken_by) in [(100, TakenBy::Backstop), (99, TakenBy::Holders)] {
        let mut world = World::new(|settings| {
            settings.liquidation.backstop_share = Ratio::from_bps(bps);
        });
        let (trader, _, _) = trader(&mut world);
        let backstop = world.account(100_000, 10);
        world.does(with_backstop(backstop));
        // At the bankruptcy price of 95,000 a bitcoin costs 1,000 more than at the mark: a hundredth of what it has.
        world.index(94_000);
        world.index_after(10, 94_000);
        assert_eq!(world.lots(trader), 0);
        assert!(world.taken().iter().all(|(by, _, _)| *by == taken_by), "{:?}", world.taken());
    }
}

#[test]
fn a_backstop_that_has_lost_its_share_takes_no_more_losses_until_the_window_is_over() {
    // Two losses that are each within the bound would be twice as much as it allows.
    let mut world = World::new(|settings| {
        settings.liquidation.backstop_share = Ratio::from_bps(150);
        settings.liquidation.residual = crate::Residual::Socialise;
    });
    let backstop = world.account(100_000, 10);
    world.does(with_backstop(backstop));
    for taken_by in [TakenBy::Backstop, TakenBy::Holders] {
        world.index(100_000);
        let (trader, _, _) = trader(&mut world);
        world.index(94_000);
        world.index_after(10, 94_000);
        assert_eq!(world.lots(trader), 0);
        assert_eq!(world.taken().last().map(|(by, _, _)| *by), Some(taken_by));
    }
    world.does_after(Span::from_secs(28_800), Command::Tick);
    world.index(100_000);
    let (trader, _, _) = trader(&mut world);
    world.index(94_000);
    world.index_after(10, 94_000);
    assert_eq!(world.lots(trader), 0);
    assert_eq!(world.taken().last().map(|(by, _, _)| *by), Some(TakenBy::Backstop));
}

#[test]
fn a_backstop_reduces_nothing_that_makes_it_due() {
    // It is short three bitcoins since 92,900. Buying one back at 95,000 costs 2,100, which is less than it has, and the
    // other two need 879.
    for (dollars, taken_by) in [(3_200, TakenBy::Backstop), (2_930, TakenBy::Holders)] {
        let mut world = World::new(|_| {});
        let (trader, _, _) = trader(&mut world);
        let (backstop, other) = (world.account(dollars, 100), world.account(1_000_000, 1));
        world.does(with_backstop(backstop));
        world.index(92_900);
        world.trade(other, backstop, 92_900, 3 * COIN);
        world.index_after(10, 92_900);
        assert_eq!(world.lots(trader), 0);
        assert!(world.taken().iter().all(|(by, _, _)| *by == taken_by), "{:?}", world.taken());
    }
}

#[test]
fn the_fund_pays_for_what_the_book_takes_beyond_the_bankruptcy_price() {
    // The fund is there so that winners keep their positions.
    let mut world = World::new(|_| {});
    let (trader, early, _) = trader(&mut world);
    let buyer = world.account(1_000_000, 1);
    world.fund(10_000);
    world.order(buyer, Side::Buy, 93_900, 2 * COIN);
    world.index(94_000);
    assert_eq!(world.lots(trader), COIN, "the bankruptcy price comes first");
    let events = world.index_after(10, 94_000);
    assert_eq!(began_and_ended(&events), (false, true));
    assert_eq!(world.taken(), [(TakenBy::Book, COIN, 93_900)]);
    // 100,000 less 5,000 is 95,000: 1,100 were missing.
    assert_eq!((world.cash(trader), world.venue.fund().fund), (Money::ZERO, Money::whole(8_900)));
    assert_eq!(world.lots(early), -COIN / 2);
}

#[test]
fn what_the_fund_may_not_pay_holders_pay_to_the_unit() {
    // More than the deficit is a gain of the venue at its clients' cost: some 50 million dollars on 2025-10-10.
    let mut world = World::new(|settings| {
        settings.liquidation.fund_share = Ratio::from_bps(3_000);
    });
    let (trader, early, late) = trader(&mut world);
    world.fund(1_000);
    world.index(94_000);
    let events = world.index_after(10, 94_000);
    assert_eq!(began_and_ended(&events), (false, true));
    let decisions = world.decisions();
    let [decision] = decisions.as_slice() else { panic!("{decisions:?}") };
    // 1,000 are missing, 300 of which the fund may pay.
    assert_eq!(decision.question.deficit(), Money::whole(700));
    assert_eq!(decision.paid(), Money::whole(700));
    assert_eq!(world.venue.fund().fund, Money::whole(700));
    for account in [trader, early, late] {
        assert_eq!(world.lots(account), 0);
    }
    // Each has won 3,000 on half a bitcoin, less half of the 700.
    assert_eq!(world.cash(trader), Money::ZERO);
    let won = Money::whole(1_000_000 + 3_000 - 350).minus(Money::whole(10));
    assert_eq!((world.cash(early), world.cash(late)), (won, won));
    let tape = world.tape();
    let [entry] = tape.as_slice() else { panic!("{tape:?}") };
    assert_eq!((entry.fund_paid, entry.holders_paid), (Money::whole(300), Money::whole(700)));
    assert_eq!(world.taken(), [(TakenBy::Holders, COIN, 94_000)]);
    // Withdrawals wait for a minute.
    let mut events = Vec::new();
    let transfer = Transfer::money(early, Money::whole(1));
    world.venue.apply(world.venue.now(), &Command::Withdraw(transfer), &mut events);
    assert!(matches!(events.as_slice(), [Event::Refused { .. }]), "{events:?}");
    world.does_after(Span::from_secs(60), Command::Withdraw(transfer));
}

#[test]
fn a_solvent_account_keeps_what_need_not_be_closed_against_holders() {
    // At the mark a part is enough, and nobody pays anything.
    let mut world = World::new(|_| {});
    let (trader, early, late) = trader(&mut world);
    world.index(95_400);
    let events = world.index_after(10, 95_400);
    assert_eq!(began_and_ended(&events), (false, true));
    let left = world.lots(trader);
    assert!((500..1_000).contains(&left), "{left} lots are left");
    assert_eq!(world.lots(early) + world.lots(late), -left);
    assert!(world.decisions().iter().all(|decision| decision.question.deficit() == Money::ZERO));
}

#[test]
fn settled_profit_is_not_taken() {
    // Haircuts are of what was won since the last settlement, not of what was won long ago.
    let mut world = World::new(|settings| settings.liquidation.residual = crate::Residual::Halt);
    let (trader, early, late) = trader(&mut world);
    world.index(95_500);
    world.does(Command::Funding { market: market(), rate: Ratio::ZERO });
    world.trade(late, early, 95_500, COIN / 2);
    world.index(94_000);
    world.index_after(10, 94_000);
    let decisions = world.decisions();
    let [decision] = decisions.as_slice() else { panic!("{decisions:?}") };
    // Only the early one is short now: a whole bitcoin, that has won 1,500 since the settlement, and pays the 1,000.
    assert_eq!(decision.given.len(), 1);
    assert_eq!(decision.given[0].money, Money::whole(1_000));
    assert_eq!(decision.question.holders[0].profit, Money::whole(1_500));
    assert_eq!((world.lots(trader), world.lots(early)), (0, 0));
}

#[test]
fn what_was_given_for_one_loss_is_not_there_for_the_next() {
    // Who fails later in the same crash would take again what holders gave for the first.
    let mut world = World::new(|_| {});
    let (one, later) = (world.account(5_050, 20), world.account(8_050, 20));
    let holder = world.account(1_000_000, 1);
    world.trade(one, holder, 100_000, COIN);
    world.trade(later, holder, 100_000, COIN);
    world.index(94_500);
    world.does(Command::Funding { market: market(), rate: Ratio::ZERO });
    world.index(94_000);
    world.index_after(10, 94_000);
    world.index_after(1, 91_500);
    world.index_after(10, 91_500);
    let told = |decision: &Decision| (decision.question.holders[0].profit, decision.paid());
    let decisions: Vec<_> = world.decisions().iter().map(told).collect();
    // Two bitcoins have won 500 each, then the one that is left 2,500 more, of which 1,000 are given.
    let expect = [(1_000, 1_000), (2_500, 500)];
    assert_eq!(decisions, expect.map(|(profit, paid)| (Money::whole(profit), Money::whole(paid))));
}

#[test]
fn nobody_gives_the_same_profit_twice() {
    // Several fail in one crash; together they must not take more of a holder than it has won.
    let mut world = World::new(|_| {});
    let (one, other) = (world.account(5_050, 20), world.account(5_050, 20));
    let holder = world.account(1_000_000, 1);
    world.trade(one, holder, 100_000, COIN);
    world.trade(other, holder, 100_000, COIN);
    world.index(94_500);
    world.does(Command::Funding { market: market(), rate: Ratio::ZERO });
    world.index(94_000);
    let before = world.cash(holder);
    world.index_after(10, 94_000);
    let decisions = world.decisions();
    let paid: Vec<_> = decisions.iter().map(Decision::paid).collect();
    assert_eq!(
        paid,
        [Money::whole(1_000)],
        "two bitcoins have won 500 each, and 2,000 are missing"
    );
    let left: Vec<_> = world.tape().iter().map(|entry| entry.unpaid).collect();
    assert_eq!(left, [Money::ZERO, Money::whole(1_000)], "nothing is left for the other");
    assert_eq!(world.cash(holder), before.plus(Money::whole(12_000 - 1_000)));
    let state = world.venue.market(market()).map(|market| market.state);
    assert_eq!(state, Some(crate::MarketState::Halted), "nothing is left for the other");
}

#[test]
fn a_loss_that_nobody_can_pay_is_socialised_or_halts_the_market() {
    // Where winners have settled there is nothing to cut; somebody must say who pays.
    for residual in [crate::Residual::Halt, crate::Residual::Socialise] {
        let mut world = World::new(|settings| settings.liquidation.residual = residual);
        let (trader, early, late) = trader(&mut world);
        world.index(94_000);
        world.does(Command::Funding { market: market(), rate: Ratio::ZERO });
        let cash = world.cash(early).plus(world.cash(late));
        let events = world.index_after(10, 94_000);
        assert_eq!(world.lots(trader), 0);
        let tape = world.tape();
        let [entry] = tape.as_slice() else { panic!("{tape:?}") };
        let halted = world.venue.market(market()).expect("a market").state;
        if residual == crate::Residual::Halt {
            assert_eq!(began_and_ended(&events), (false, false));
            assert_eq!(entry.unpaid, Money::whole(1_000));
            assert_eq!(halted, crate::MarketState::Halted);
            // The owner puts money into the fund, which pays.
            world.fund(5_000);
            let events = world.does_after(Span::from_secs(1), Command::Tick);
            assert_eq!(began_and_ended(&events), (false, true));
            assert_eq!(world.venue.fund().fund, Money::whole(4_000));
        } else {
            assert_eq!(began_and_ended(&events), (false, true));
            assert_eq!(entry.socialised, Money::whole(1_000));
            let after = world.cash(early).plus(world.cash(late));
            assert_eq!(after, cash.plus(Money::whole(6_000 - 1_000)));
        }
        assert_eq!(world.cash(trader), Money::ZERO);
    }
}

#[test]
fn all_the_open_interest_of_a_market_can_go_in_one_liquidation() {
    // dYdX's chain stood still for seven hours on 2025-10-10 when one liquidation closed all of an isolated market
    // (incidents, 4).
    let mut world = World::new(|_| {});
    let maker = world.account(10_000_000, 1);
    let trader = world.account(5_050, 20);
    world.does(Command::SetMarginMode { account: trader, market: market(), isolated: true });
    world.does(Command::SetMarginMode { account: maker, market: market(), isolated: true });
    world.trade(trader, maker, 100_000, COIN);
    world.fund(400);
    world.index(94_000);
    let events = world.index_after(10, 94_000);
    assert_eq!(began_and_ended(&events), (false, true));
    let market = world.venue.market(market()).expect("a market");
    assert_eq!((market.open_interest, market.state), (Lots::ZERO, crate::MarketState::Trading));
    assert_eq!(world.venue.fund().fund, Money::ZERO);
    assert_eq!(world.cash(trader), Money::ZERO);
    assert_eq!(world.cash(maker), Money::whole(10_000_000 + 6_000 - 600 - 20));
    // And the market goes on.
    let maker_again = maker;
    world.deposit(trader, AssetId::SETTLEMENT, 10_000);
    world.trade(trader, maker_again, 94_000, 10);
}

#[test]
fn a_ranking_closes_at_the_bankruptcy_price_and_takes_more_than_the_deficit() {
    // What the rankings of other venues cost their winners is to be seen beside ours.
    let cost = |rule| {
        let mut world = World::new(|settings| settings.liquidation.deleverage = rule);
        let (_, early, late) = trader(&mut world);
        world.index(94_000);
        world.index_after(10, 94_000);
        world.index_after(1, 90_000);
        let decisions = world.decisions();
        assert_eq!(decisions.len(), 1);
        let equity = |account| world.venue.standing(super::super::Party::account(account)).0;
        (equity(early).plus(equity(late)), decisions[0].question.price.number() / 10)
    };
    let (fair, at) = cost(crate::Deleverage::ProRata);
    assert_eq!(at, 94_000);
    for rule in
        [crate::Deleverage::Binance, crate::Deleverage::Bitmex, crate::Deleverage::Hyperliquid]
    {
        let (ranked, at) = cost(rule);
        assert_eq!((ranked, at), (fair, 95_000), "{rule:?}");
    }
}
