//! A made-up venue.

use units::{Money, Price, Quantity};

use super::START_MS;
use crate::price::PriceStatus;
use crate::venue::{
    AssetView, CoverageView, LaneView, LevelView, MarketView, TakenBy, TapeLine, TapeWhat,
    TradeView, VenueState, VenueView,
};

/// A number such as a price.
pub(crate) fn price(text: &str) -> Price {
    Price::parse(text.as_bytes()).expect("a number")
}

/// A market that trades, with three levels a side and two trades.
pub(crate) fn market(symbol: &str, feed: &str, mark: i128) -> MarketView {
    let level = |off: i128| LevelView {
        price: Price::whole(mark + off),
        quantity: Quantity::whole(off.abs() + 1),
    };
    let trade = |bought, off| TradeView {
        at_unix_ms: START_MS,
        price: Price::whole(mark + off),
        quantity: Quantity::whole(2),
        bought,
    };
    MarketView {
        symbol: symbol.to_owned(),
        feed: feed.to_owned(),
        status: PriceStatus::Live,
        index: Some(Price::whole(mark)),
        age_ms: Some(200),
        mark: Some(Price::whole(mark)),
        last: Some(Price::whole(mark + 1)),
        day_bps: Some(-150),
        day_quote: Money::whole(1_234_567),
        open_interest: Quantity::whole(40),
        trades: 17,
        places: (1, 3),
        bids: vec![level(-1), level(-2), level(-3)],
        asks: vec![level(1), level(2), level(3)],
        recent: vec![trade(true, 1), trade(false, -1)],
        ..MarketView::default()
    }
}

/// An entry of the tape of which the fund and the holders have paid a part.
pub(crate) fn tape_line(number: u64) -> TapeLine {
    TapeLine {
        number,
        at_unix_ms: START_MS,
        account: 77,
        what: TapeWhat::Position {
            symbol: "BTCUSDT".to_owned(),
            long: true,
            quantity: Quantity::whole(3),
            price: Price::whole(68_000),
            mark: Price::whole(68_100),
            places: (1, 3),
            taken_by: TakenBy::Holders,
        },
        fee: Money::whole(5),
        fund_paid: Money::whole(40),
        holders_paid: Money::whole(60),
        fund: Money::whole(999_960),
        ..TapeLine::default()
    }
}

/// Two markets that trade on an oracle of which all is well.
pub(crate) fn venue() -> VenueView {
    let lane = |name: &str, cuts_risk| LaneView {
        name: name.to_owned(),
        cuts_risk,
        open: true,
        admitted: 1_000,
        ..LaneView::default()
    };
    let mut view = VenueView {
        state: VenueState::Running,
        settlement: "USDT".to_owned(),
        oracle: "http://oracle.example".to_owned(),
        connected: true,
        markets: vec![market("BTCUSDT", "BTC/USD", 68_900), market("ETHUSDT", "ETH/USD", 3_900)],
        assets: vec![AssetView {
            name: "WBETH".to_owned(),
            feed: "WBETH/USD".to_owned(),
            status: PriceStatus::Live,
            market: Some(Price::whole(4_100)),
            liquidation: Some(Price::whole(4_090)),
            age_ms: Some(100),
        }],
        lanes: vec![lane("what cuts risk", true), lane("new risk", false)],
        accounts: 3_001,
        open_orders: 412,
        commands: 90_210,
        ..VenueView::default()
    };
    view.fund.fund = Money::whole(1_000_000);
    let coverage = |move_bps, two_largest, all| CoverageView {
        move_bps,
        two_largest: Money::whole(two_largest),
        all: Money::whole(all),
    };
    view.fund.coverage = vec![coverage(-1_000, 600_000, 1_250_000), coverage(500, 0, 0)];
    view.proof.accounts = Money::whole(9_000_000);
    view.proof.brought_in = Money::whole(10_000_000);
    (view.proof.counted_unix_ms, view.fund.covered_unix_ms) = (START_MS, START_MS);
    view
}
