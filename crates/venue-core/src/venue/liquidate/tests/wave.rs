//! Many who fail in the same moment.

use super::*;

/// As many as failed in the worst second of 2025-10-10 on one venue (incidents, 26.1).
const MANY: u32 = 10_000;

/// Does a command a microsecond later, without a full count of the venue, which would take too long for so many.
fn quick(world: &mut World, command: Command) {
    let before = world.events.len();
    let now = world.venue.now().after(Span::from_micros(1));
    world.venue.apply(now, &command, &mut world.events);
    let refused = |event: &Event| matches!(event, Event::Refused { .. });
    assert!(!world.events[before..].iter().any(refused), "{command:?}");
}

/// Traders who are long, each with 1 to 7 lots on margin of a twentieth, and one who is short of all of it.
fn crowd(world: &mut World) {
    let holder = world.account(100_000_000, 1);
    for number in 1..=MANY {
        let (account, lots) = (AccountId::new(number), 1 + i64::from(number * 37 % 7));
        let amount = Money::from_raw(i128::from(lots) * 5_050_000_000_000);
        quick(world, Command::OpenAccount);
        let transfer = Transfer::money(account, amount);
        quick(world, Command::Deposit(transfer));
        quick(world, Command::SetLeverage { account, market: market(), leverage: 20 });
        quick(world, Command::Place(limit(holder, Side::Sell, 100_000, lots)));
        quick(world, Command::Place(limit(account, Side::Buy, 100_000, lots)));
    }
    world.events.clear();
}

#[test]
fn a_wave_is_one_decision_and_is_on_the_tape_whole_and_in_order() {
    // A venue that decides for each loser anew stands still in the second in which ten thousand fail.
    let mut world = World::new(|_| {});
    crowd(&mut world);
    world.fund(1_000);
    world.index(94_000);
    world.events.clear();
    let end = world.venue.liquidations.tape;
    assert_eq!((end.number, world.venue.open_liquidations()), (0, 10_000));
    world.index_after(10, 94_000);
    assert_eq!((world.decisions().len(), world.venue.open_liquidations()), (1, 0));
    let tape = world.tape();
    assert_eq!(tape.len(), 10_000);
    // All have lost more than they had: who has most lots is missing most, and of equal ones the lower account comes first.
    let key = |entry: &TapeEntry| {
        let Liquidated::Position { lots, .. } = entry.what else { panic!("{entry:?}") };
        (-lots.number(), entry.account)
    };
    assert!(tape.windows(2).all(|pair| key(&pair[0]) < key(&pair[1])));
    // What the fund has goes to the first, and nothing is lost or made.
    let paid = |of: fn(&TapeEntry) -> Money| tape.iter().map(of).fold(Money::ZERO, Money::plus);
    let decisions = world.decisions();
    let question = &decisions[0].question;
    assert_eq!(paid(|entry| entry.fund_paid), Money::whole(1_000));
    assert_eq!(paid(|entry| entry.holders_paid), question.deficit());
    assert_eq!(paid(|entry| entry.unpaid), Money::ZERO);
    assert_eq!(world.lots(AccountId::new(0)), 0);
}

#[test]
fn who_waits_is_looked_at_when_the_pace_goes_on_and_not_before() {
    // Where each price has all who wait looked at, a crowd of them stops the venue in the crash.
    let mut world = World::new(|settings| {
        settings.liquidation.depth_share = Ratio::ZERO;
        settings.liquidation.floor = Money::whole(1);
        settings.liquidation.time_cap = Span::from_secs(60);
    });
    let maker = world.account(10_000_000, 1);
    let (one, other) = (world.account(5_050, 20), world.account(5_050, 20));
    world.trade(one, maker, 100_000, COIN);
    world.trade(other, maker, 100_000, COIN);
    world.order(maker, Side::Buy, 95_500, 10 * COIN);
    // One lot an interval is taken of the first; the other waits.
    world.index(95_400);
    assert_eq!((world.lots(one), world.lots(other)), (COIN - 1, COIN));
    // It is well again, which is seen when its turn comes.
    assert_eq!(began_and_ended(&world.index(99_000)), (false, false));
    assert_eq!(world.venue.open_liquidations(), 2);
    assert_eq!(began_and_ended(&world.index_after(1, 99_000)), (false, true));
    assert_eq!(world.venue.open_liquidations(), 0);
}
