//! Liquidations that the book takes.

use super::*;

/// A trader who is long a bitcoin at 100,000 with 5,000 dollars after the fee, and who it was bought from.
fn trader(world: &mut World) -> (AccountId, AccountId) {
    let maker = world.account(10_000_000, 1);
    let trader = world.account(5_050, 20);
    world.trade(trader, maker, 100_000, COIN);
    (trader, maker)
}

#[test]
fn an_account_under_water_is_reduced_just_enough() {
    // Whoever is closed wholly where a part would do loses a position for nothing.
    let mut world = World::new(|_| {});
    let (trader, maker) = trader(&mut world);
    world.order(maker, Side::Buy, 95_350, 10 * COIN);
    // 5,000 less the loss, against 0.5 % of the notional less 50.
    let events = world.index(95_450);
    assert_eq!(began_and_ended(&events), (false, false), "450 against 427.25");
    let events = world.index(95_400);
    assert_eq!(began_and_ended(&events), (true, true), "400 against 427");
    let left = world.lots(trader);
    assert!((500..1_000).contains(&left), "{left} lots are left");
    assert_eq!(world.taken(), [(TakenBy::Book, COIN - left, 95_350)]);
    // One lot less would not have been enough: what is left has the buffer, within what one lot frees.
    let (equity, maintenance) = world.venue.standing(super::super::Party::account(trader));
    let buffered = maintenance.times(Ratio::from_bps(12_000), units::Rounding::Up).expect("money");
    assert!(equity >= buffered && equity.minus(buffered) < Money::ONE, "{equity} {buffered}");
    assert!(world.venue.fund().fund > Money::ZERO, "the fee");
}

#[test]
fn orders_are_cancelled_before_anything_is_sold() {
    // An order that trades meanwhile makes the position larger that is being closed.
    let mut world = World::new(|_| {});
    let (trader, maker) = trader(&mut world);
    world.order(maker, Side::Buy, 95_350, 10 * COIN);
    world.order(trader, Side::Sell, 120_000, 5);
    let events = world.index(95_400);
    let place = |wanted: fn(&Event) -> bool| events.iter().position(wanted).expect("it happened");
    let places = [
        place(|event| matches!(event, Event::LiquidationStarted { .. })),
        place(|event| {
            let reason = crate::event::CloseReason::Liquidation;
            matches!(event, Event::Closed { reason: why, .. } if *why == reason)
        }),
        place(|event| matches!(event, Event::Trade(_))),
        place(|event| matches!(event, Event::Tape(_))),
        place(|event| matches!(event, Event::LiquidationEnded { .. })),
    ];
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn a_fee_that_eats_what_maintenance_frees_takes_the_whole_position() {
    // Otherwise it is cut again and again, each time for a fee, and is closed wholly all the same.
    let mut world = World::new(|settings| settings.fees.liquidation = Ratio::from_bps(100));
    let (trader, maker) = trader(&mut world);
    world.order(maker, Side::Buy, 95_400, 10 * COIN);
    world.index(95_400);
    assert_eq!(world.lots(trader), 0);
    // All that was left, since the fee would have been 954.
    assert_eq!((world.cash(trader), world.venue.fund().fund), (Money::ZERO, Money::whole(400)));
}

#[test]
fn the_pace_spreads_a_large_liquidation() {
    // A liquidation that empties the book makes the next one.
    let mut world = World::new(|settings| {
        settings.fees.liquidation = Ratio::from_bps(100);
        settings.liquidation.floor = Money::whole(9_540);
        settings.liquidation.depth_share = Ratio::from_bps(100);
    });
    let (trader, maker) = trader(&mut world);
    world.order(maker, Side::Buy, 95_400, 25 * COIN);
    world.index(95_400);
    assert_eq!(world.lots(trader), 750, "1 % of the depth, which is more than the floor");
    world.index(95_400);
    assert_eq!(world.lots(trader), 750, "in this interval no more");
    world.index_after(1, 95_400);
    assert_eq!(world.lots(trader), 503, "1 % of what is left");
    world.does_after(Span::from_secs(1), Command::Tick);
    assert_eq!(world.lots(trader), 258, "time alone is enough");
}

#[test]
fn the_bankruptcy_price_is_the_limit_on_the_book() {
    // A sale below it is paid by the fund, though somebody else might have paid more a moment later.
    let mut world = World::new(|_| {});
    let (trader, maker) = trader(&mut world);
    world.order(maker, Side::Buy, 94_990, 10 * COIN);
    let events = world.index(95_400);
    assert_eq!(began_and_ended(&events), (true, false), "94,990 is below 95,000");
    assert_eq!((world.lots(trader), world.taken()), (COIN, vec![]));
    // The price comes back, and so does the account.
    assert_eq!(began_and_ended(&world.index_after(1, 96_000)), (false, true));
    assert_eq!(world.lots(trader), COIN);
}

#[test]
fn a_short_position_is_liquidated_on_the_way_up() {
    // Everything has a sign.
    let mut world = World::new(|_| {});
    let maker = world.account(10_000_000, 1);
    let trader = world.account(5_050, 20);
    world.order(maker, Side::Buy, 100_000, COIN);
    world.order(trader, Side::Sell, 100_000, COIN);
    world.order(maker, Side::Sell, 104_560, 10 * COIN);
    assert_eq!(began_and_ended(&world.index(104_500)), (false, false), "500 against 472.50");
    assert_eq!(began_and_ended(&world.index(104_550)), (true, true), "450 against 472.75");
    let left = world.lots(trader);
    assert!((-999..=-500).contains(&left), "{left} lots are left");
    assert_eq!(world.taken(), [(TakenBy::Book, COIN + left, 104_560)]);
}

#[test]
fn the_insolvent_go_first_where_the_pace_is_short() {
    // Waiting costs the fund only for those who have nothing left.
    let mut world = World::new(|settings| {
        settings.liquidation.depth_share = Ratio::ZERO;
        settings.liquidation.floor = Money::whole(1);
    });
    let maker = world.account(10_000_000, 1);
    let solvent = world.account(5_050, 20);
    let insolvent = world.account(4_600, 22);
    world.trade(solvent, maker, 100_000, COIN);
    world.trade(insolvent, maker, 100_000, COIN);
    world.order(maker, Side::Buy, 95_500, 10 * COIN);
    world.index(95_400);
    // One lot is all that goes in an interval, and it is that of who has nothing left.
    assert_eq!((world.lots(solvent), world.lots(insolvent)), (COIN, COIN - 1));
}

#[test]
fn an_isolated_position_answers_for_itself_alone() {
    // Its loss must not touch the cash, nor the cash save it.
    let mut world = World::new(|_| {});
    let maker = world.account(10_000_000, 1);
    let trader = world.account(50_000, 20);
    let isolated = Command::SetMarginMode { account: trader, market: market(), isolated: true };
    world.does(isolated);
    world.trade(trader, maker, 100_000, COIN);
    let cash = world.cash(trader);
    assert_eq!(cash, Money::whole(50_000 - 5_000 - 50));
    world.order(maker, Side::Buy, 95_400, 10 * COIN);
    assert_eq!(began_and_ended(&world.index(95_450)), (false, false), "450 against 427.25");
    assert_eq!(began_and_ended(&world.index(95_405)), (true, true), "405 against 427.025");
    let left = world.lots(trader);
    assert!((500..1_000).contains(&left), "{left} lots are left");
    assert_eq!(world.cash(trader), cash, "what a part brings stays with the position");
    // The rest goes far below what it had: a loss of the fund or of holders, not of the cash.
    world.fund(100_000);
    world.does(Command::CancelAll { account: maker, market: None });
    world.index(90_000);
    world.index_after(11, 90_000);
    assert_eq!((world.lots(trader), world.cash(trader)), (0, cash));
}
