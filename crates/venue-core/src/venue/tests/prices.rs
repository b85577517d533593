//! Prices: what each status does to marks and orders.

use units::{Money, Span, Timestamp};

use super::bench::{account, done, limit, market, price, refused, set_mark, venue};
use crate::command::{Command, PriceOf, PriceStatus, Transfer};
use crate::event::Event;
use crate::id::{AssetId, MarketId};
use crate::refusal::Refusal;
use crate::settings::VenueSettings;
use crate::value::{Side, Ticks};
use crate::venue::Venue;

fn index(status: PriceStatus, ticks: [i64; 3]) -> Command {
    price(PriceOf::Index(market()), status, ticks)
}

/// The mark and its ends by the last event, if it says them.
fn marked(events: &[Event]) -> Option<(i64, i64, i64)> {
    let Some(Event::Marked { mark, low, high, .. }) = events.last() else { return None };
    Some((low.number(), mark.number(), high.number()))
}

#[test]
fn a_price_says_where_the_mark_and_its_ends_are() {
    // A reader who misses a move of the mark shows the wrong profit.
    use PriceStatus as S;
    let mut venue = venue();
    let mut take = |status, ticks| marked(&done(&mut venue, index(status, ticks)));
    assert_eq!(take(S::Halted, [0, 0, 0]), None, "there never was one");
    assert_eq!(take(S::Live, [1_000, 900, 5]), Some((1_000, 1_000, 1_000)));
    assert_eq!(take(S::Live, [1_000, 800, 6]), None, "nothing has changed");
    assert_eq!(take(S::Capped, [1_000, 900, 5]), Some((900, 1_000, 1_000)));
    assert_eq!(take(S::Degraded, [1_010, 900, 5]), Some((1_005, 1_010, 1_015)));
    assert_eq!(take(S::Held, [2_000, 2_000, 0]), None, "the last price stays");
    assert_eq!(take(S::Halted, [2_000, 2_000, 0]), None);
    assert_eq!(take(S::Degraded, [3, 3, 5]), Some((1, 3, 8)), "never below a tick");
    let view = venue.market(market()).expect("the market");
    assert_eq!((view.index, view.status), (Some(Ticks::new(3)), S::Degraded));
}

#[test]
fn a_price_of_nothing_or_out_of_order_is_refused() {
    // A price that comes late, or of another thing, would set a mark back.
    let mut venue = venue();
    let unknown = PriceOf::Index(MarketId::new(9));
    let live = PriceStatus::Live;
    assert_eq!(refused(&mut venue, price(unknown, live, [1, 1, 0])), Refusal::UnknownMarket);
    let settlement = PriceOf::Asset(AssetId::SETTLEMENT);
    assert_eq!(refused(&mut venue, price(settlement, live, [1, 1, 0])), Refusal::UnknownAsset);
    for ticks in [[0, 1, 0], [1, 0, 0], [1, 1, -1], [1 << 40, 1, 0]] {
        assert_eq!(refused(&mut venue, index(live, ticks)), Refusal::Price, "{ticks:?}");
    }
    done(&mut venue, at(5, 7));
    done(&mut venue, at(5, 7));
    assert_eq!(refused(&mut venue, at(4, 7)), Refusal::Price);
}

/// A live price that was true so many milliseconds after the beginning.
fn at(millis: u64, ticks: i64) -> Command {
    let Command::Price(mut update) = index(PriceStatus::Live, [ticks, ticks, 0]) else {
        panic!("a price")
    };
    update.as_of = Timestamp::ZERO.after(Span::from_millis(millis));
    Command::Price(update)
}

#[test]
fn a_feed_that_stops_takes_nothing_new() {
    // What was true a while ago must not be lent on, and must not move the mark when it comes late.
    let mut venue = venue();
    let settings = VenueSettings {
        price_age: Span::from_millis(20),
        price_held: Span::from_millis(10),
        ..VenueSettings::default()
    };
    done(&mut venue, Command::Configure(settings));
    let who = account(&mut venue, 10_000);
    let status = |venue: &Venue| venue.market(market()).expect("the market").status;
    let wait = |venue: &mut Venue, millis: u64| {
        let now = Timestamp::ZERO.after(Span::from_millis(millis));
        venue.apply(now, &Command::Tick, &mut Vec::new());
    };
    wait(&mut venue, 100);
    done(&mut venue, at(101, 1_000_000));
    wait(&mut venue, 121);
    assert_eq!(status(&venue), PriceStatus::Live);
    wait(&mut venue, 122);
    assert_eq!(status(&venue), PriceStatus::Held);
    let said = done(&mut venue, at(102, 1_100_000));
    assert!(matches!(said.as_slice(), [Event::Priced(_)]), "too old to move the mark");
    done(&mut venue, limit(who, Side::Buy, 1_000_000, 1));
    wait(&mut venue, 132);
    assert_eq!(status(&venue), PriceStatus::Halted);
    assert_eq!(refused(&mut venue, limit(who, Side::Buy, 1_000_000, 1)), Refusal::PriceStatus);
    done(&mut venue, at(134, 1_100_000));
    done(&mut venue, limit(who, Side::Buy, 1_100_000, 1));
}

#[test]
fn orders_are_taken_by_what_the_price_is_good_for() {
    // New risk on two prices at once is taken by whoever knows which is wrong.
    use PriceStatus as S;
    let mut venue = venue();
    let who = account(&mut venue, 10_000);
    let buy = |lots| limit(who, Side::Buy, 1_000_000, lots);
    let leverage = Command::SetLeverage { account: who, market: market(), leverage: 10 };
    done(&mut venue, leverage);
    done(&mut venue, index(S::Halted, [1, 1, 0]));
    assert_eq!(refused(&mut venue, buy(1)), Refusal::NoPrice);
    set_mark(&mut venue, 1_000_000);
    done(&mut venue, buy(100));
    done(&mut venue, index(S::Split, [1_000_000, 990_000, 0]));
    assert_eq!(refused(&mut venue, buy(1)), Refusal::PriceStatus);
    // 10,000 are resting; in full they leave nothing for another.
    done(&mut venue, index(S::Degraded, [1_000_000, 990_000, 0]));
    let short = Money::from_raw(100_050_000_000_000);
    assert_eq!(refused(&mut venue, buy(1)), Refusal::Margin(short));
    done(&mut venue, index(S::Held, [1, 1, 0]));
    assert_eq!(refused(&mut venue, buy(1)), Refusal::Margin(short), "as before");
    set_mark(&mut venue, 1_000_000);
    done(&mut venue, buy(1));
    // The band is 10 % around the end of its side.
    done(&mut venue, index(S::Capped, [1_000_000, 900_000, 0]));
    let sell = limit(who, Side::Sell, 809_999, 1);
    assert_eq!(refused(&mut venue, sell), Refusal::Band(Ticks::new(810_000)));
    let high = limit(who, Side::Buy, 1_100_001, 1);
    assert_eq!(refused(&mut venue, high), Refusal::Band(Ticks::new(1_100_000)));
}

/// A book whose impact mid is 1,004,000, and a price of 1,000,000 after some time.
fn after(venue: &mut Venue, status: PriceStatus, wait: Span) -> Option<(i64, i64, i64)> {
    let mut events = Vec::new();
    let now = venue.now().after(wait);
    venue.apply(now, &index(status, [1_000_000, 1_000_000, 0]), &mut events);
    marked(&events)
}

#[test]
fn the_mark_follows_the_book_slowly_and_only_while_the_index_is_live() {
    // A mark that follows the venue's own book at once liquidates for the price of a few orders.
    let mut venue = venue();
    let (buyer, seller) = (account(&mut venue, 100_000), account(&mut venue, 100_000));
    let half_life = crate::testing::perpetual().mark.half_life;
    set_mark(&mut venue, 1_000_000);
    done(&mut venue, limit(buyer, Side::Buy, 1_003_000, 150));
    done(&mut venue, limit(seller, Side::Sell, 1_005_000, 150));
    let quick = half_life.divided_by(1 << 20);
    assert_eq!(after(&mut venue, PriceStatus::Degraded, half_life), None);
    assert_eq!(after(&mut venue, PriceStatus::Live, quick), None, "what was not live is not seen");
    let half = Some((1_002_000, 1_002_000, 1_002_000));
    assert_eq!(after(&mut venue, PriceStatus::Live, half_life), half);
    let more = Some((1_003_000, 1_003_000, 1_003_000));
    assert_eq!(after(&mut venue, PriceStatus::Live, half_life), more);
    done(&mut venue, Command::CancelAll { account: buyer, market: None });
    assert_eq!(after(&mut venue, PriceStatus::Live, half_life), None, "one side says nothing");
}

#[test]
fn collateral_is_worth_its_liquidation_lane() {
    // Valued at the market lane, a spike lends money on nothing.
    let mut venue = venue();
    let who = account(&mut venue, 0);
    let btc = AssetId::new(1);
    let held = Transfer { account: who, asset: btc, amount: Money::ONE };
    done(&mut venue, Command::Deposit(held));
    let value = |venue: &Venue| {
        let sum = venue.assessment(who).expect("the account");
        (sum.equity_worse, sum.equity)
    };
    assert_eq!(value(&venue), (Money::ZERO, Money::ZERO), "no price");
    let of = PriceOf::Asset(btc);
    let said = done(&mut venue, price(of, PriceStatus::Live, [1_000, 900, 0]));
    assert!(matches!(said.as_slice(), [Event::Priced(_)]));
    // 90 at haircuts of 10 % and 5 %.
    assert_eq!(value(&venue), (Money::whole(81), Money::from_raw(85_500_000_000_000)));
    done(&mut venue, price(of, PriceStatus::Degraded, [1_000, 900, 100]));
    assert_eq!(value(&venue), (Money::whole(72), Money::whole(95)));
}
