//! Mistakes that other engines have made (research, notes to section 1, and section 7), so that this one does not.

use units::{Money, Price, Quantity};

use super::bench::{account, done, limit, order, refused, set_mark, trades, venue};
use crate::command::{Command, Lifetime, PlaceOrder};
use crate::id::MarketId;
use crate::refusal::Refusal;
use crate::settings::MarketSettings;
use crate::testing::perpetual;
use crate::value::{Lots, Side, Ticks, WHOLE_LIMIT};

#[test]
fn a_part_of_a_position_is_closed_at_its_cost_and_not_at_the_trades_price() {
    // exchange-core takes the closing trade's price off the sum of opening prices, so that what stays has a wrong entry.
    let mut venue = venue();
    set_mark(&mut venue, 1_000_000);
    let (maker, who) = (account(&mut venue, 1_000_000), account(&mut venue, 1_000_000));
    let mut trade = |side: Side, price, lots| {
        done(&mut venue, limit(maker, side.opposite(), price, lots));
        let said = done(&mut venue, limit(who, side, price, lots));
        trades(&said)[0].taker.realised
    };
    trade(Side::Buy, 1_000_000, 3);
    trade(Side::Buy, 1_000_300, 1);
    // A tick of a lot is 0.0001. The cost of four is 400.03; a quarter of it leaves with the first lot.
    let unit = |ten_thousandths: i128| Money::from_raw(ten_thousandths * 100_000_000);
    assert_eq!(trade(Side::Sell, 1_000_100, 1), unit(25));
    assert_eq!(trade(Side::Sell, 1_000_000, 3), unit(-225));
}

#[test]
fn numbers_that_would_overflow_are_refused_before_anything_has_changed() {
    // exchange-core multiplies 64-bit numbers without a check; a wrapped notional is a free position.
    let mut venue = venue();
    let large = MarketSettings {
        name: "LARGE".to_owned(),
        tick: Price::from_raw(100_000_000_000_000),
        lot: Quantity::from_raw(1_000_000_000_000),
        filters: crate::settings::Filters {
            lots_max: Lots::new(WHOLE_LIMIT - 1),
            ..perpetual().filters
        },
        ..perpetual()
    };
    done(&mut venue, Command::AddMarket(Box::new(large)));
    set_mark(&mut venue, WHOLE_LIMIT - 1);
    let market = MarketId::new(1);
    venue.markets[1].marks = venue.markets[0].marks;
    let who = account(&mut venue, 1_000_000);
    let most = order(who, Side::Buy, WHOLE_LIMIT - 1, WHOLE_LIMIT - 1, Lifetime::FillOrKill);
    let most = PlaceOrder { market, ..most };
    let limit = Refusal::Notional(Money::from_raw(1 << 100));
    assert_eq!(refused(&mut venue, Command::Place(most)), limit);
    for lots in [WHOLE_LIMIT, i64::MAX, i64::MIN, -1] {
        let placed = PlaceOrder { lots: Lots::new(lots), ..most };
        let said = refused(&mut venue, Command::Place(placed));
        assert_eq!(said, Refusal::Lots(Lots::new(WHOLE_LIMIT - 1)));
    }
    for price in [WHOLE_LIMIT, i64::MAX, i64::MIN] {
        let placed = PlaceOrder { limit: Some(Ticks::new(price)), ..most };
        assert_eq!(refused(&mut venue, Command::Place(placed)), Refusal::Price);
    }
    assert!(venue.positions(who).next().is_none());
}
