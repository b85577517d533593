//! Mistakes that other engines have made (research, notes to section 1, and section 7), so that this one does not.

use units::{Money, Price, Quantity};

use super::bench::{account, done, limit, order, refused, set_index, set_mark, trades, venue};
use crate::command::{Command, Lifetime, PlaceOrder, Transfer};
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
fn the_margin_of_an_order_does_not_depend_on_which_market_is_looked_at_first() {
    // exchange-core's `canPlaceMarginOrder` assigns the profit of the order's own market where it should add it: free
    // margin of the positions that its loop has met before is lost, and the answer depends on the order of the loop.
    let mut missing = Vec::new();
    for first in [0, 1, 2] {
        let mut venue = venue();
        for name in ["SECOND", "THIRD"] {
            let settings = MarketSettings { name: name.to_owned(), ..perpetual() };
            done(&mut venue, Command::AddMarket(Box::new(settings)));
        }
        let markets = [0, 1, 2].map(MarketId::new);
        for market in markets {
            set_index(&mut venue, market, 1_000_000);
        }
        let (maker, who) = (account(&mut venue, 10_000_000), account(&mut venue, 1_000));
        // Legs are opened in another order each time, and all win.
        for step in 0..3 {
            let market = markets[(first + step) % 3];
            done(&mut venue, Command::SetLeverage { account: who, market, leverage: 100 });
            let lots = 10 * (1 + i64::from(market.number()));
            for (account, side) in [(maker, Side::Sell), (who, Side::Buy)] {
                let placed = order(account, side, 1_000_000, lots, Lifetime::GoodTillCancelled);
                done(&mut venue, Command::Place(PlaceOrder { market, ..placed }));
            }
        }
        for market in markets {
            set_index(&mut venue, market, 1_010_000);
        }
        let large = order(who, Side::Buy, 1_010_000, 10_000, Lifetime::GoodTillCancelled);
        missing.push(refused(&mut venue, Command::Place(large)));
    }
    assert!(matches!(missing[0], Refusal::Margin(_)), "{missing:?}");
    assert_eq!(missing, [missing[0]; 3]);
}

#[test]
fn decimals_come_in_as_they_are_written() {
    // nautilus once made integers of `value * scalar` in floats, and wrote data that were off by a unit: 0.29 times a
    // hundred is 28.999999999999996 there.
    for (text, raw) in [
        ("0.29", 290_000_000_000),
        ("1.13", 1_130_000_000_000),
        ("8.2", 8_200_000_000_000),
        ("4.35", 4_350_000_000_000),
        ("1.005", 1_005_000_000_000),
        ("9007199254740993.000000000001", 9_007_199_254_740_993_000_000_000_001),
    ] {
        let mut venue = venue();
        let who = account(&mut venue, 0);
        let amount = Money::parse(text.as_bytes()).expect("an amount");
        assert_eq!(amount.raw(), raw, "{text}");
        done(&mut venue, Command::Deposit(Transfer::money(who, amount)));
        assert_eq!(venue.account(who).expect("an account").cash.to_string(), text);
        done(&mut venue, Command::Withdraw(Transfer::money(who, amount)));
        assert_eq!(venue.fund().accounts, Money::ZERO, "{text}");
    }
    let settings = perpetual();
    let ticks = |text: &str| settings.ticks(Price::parse(text.as_bytes()).expect("a price"));
    assert_eq!(ticks("1.1"), Some(Ticks::new(11)));
    assert_eq!(ticks("100000.3"), Some(Ticks::new(1_000_003)));
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
