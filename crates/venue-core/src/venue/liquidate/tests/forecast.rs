//! What can be known beforehand: places in the queue, and whether the fund would be enough.

use super::*;
use crate::settings::CoverageScale;

#[test]
fn a_holder_knows_the_place_in_the_queue() {
    // Who is told nothing finds out by losing a position.
    let mut world = World::new(|settings| {
        settings.liquidation.deleverage = crate::Deleverage::Binance;
    });
    let long = world.account(100_000, 10);
    let modest = world.account(1_000_000, 1);
    let bold = world.account(30_000, 10);
    world.trade(long, modest, 100_000, COIN);
    world.trade(long, bold, 100_000, COIN);
    world.index(95_000);
    let place = |world: &World, account| {
        let place = world.venue.queue_place(account, market(), PositionSide::Both);
        place.map(|place| (place.ahead, place.holders, place.lots_ahead.number()))
    };
    assert_eq!(place(&world, bold), Some((0, 2, 0)), "the same profit with far less behind it");
    assert_eq!(place(&world, modest), Some((1, 2, COIN)));
    assert_eq!(place(&world, long), Some((0, 1, 0)));
    let nobody = world.account(1, 1);
    assert_eq!(place(&world, nobody), None);
}

#[test]
fn coverage_is_the_fund_over_what_the_two_largest_would_leave() {
    // The alarm that comes before a deficit, not after it.
    let mut world = World::new(|_| {});
    let maker = world.account(100_000_000, 1);
    for (dollars, lots) in [(6_000, COIN), (11_000, 2 * COIN), (5_500, COIN)] {
        let trader = world.account(dollars, 20);
        world.trade(trader, maker, 100_000, lots);
    }
    world.fund(7_530);
    let coverage = |world: &World, bps| world.venue.coverage(Ratio::from_bps(bps));
    assert_eq!(coverage(&world, -500).ratio(), None, "5 % is in everybody's margin");
    // At 10 % down: 6,000 - 50 - 10,000, 11,000 - 100 - 20,000, 5,500 - 50 - 10,000.
    let at_ten = coverage(&world, -1_000);
    assert_eq!(at_ten.two_largest, Money::whole(9_100 + 4_550));
    assert_eq!(at_ten.all, Money::whole(9_100 + 4_550 + 4_050));
    assert_eq!(coverage(&world, 1_000).all, Money::ZERO, "the maker has enough");
    let scale =
        CoverageScale { below: Ratio::ONE, shock: Ratio::from_bps(1_000), surcharge: Ratio::ONE };
    let settings = VenueSettings { coverage: Some(scale), ..VenueSettings::default() };
    world.does(Command::Configure(settings));
    world.does(Command::Tick);
    assert_eq!(world.venue.known_coverage, at_ten.ratio());
    world.fund(1_000_000);
    world.does_after(Span::from_secs(59), Command::Tick);
    assert_eq!(world.venue.known_coverage, at_ten.ratio(), "not yet");
    world.does_after(Span::from_secs(1), Command::Tick);
    assert!(world.venue.known_coverage > at_ten.ratio());
}
