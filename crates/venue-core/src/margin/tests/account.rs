//! What accounts have and have to have.

use proptest::prelude::*;
use units::{Money, Price, Quantity, Ratio};

use super::{at, bps, leg, market, money};
use crate::id::MarketId;
use crate::margin::exposure::requirement;
use crate::margin::quick::{QuickOrder, after_order, surely_enough, surely_well};
use crate::margin::{
    IsolatedTrade, Order, assess, is_due, isolated_fill, isolated_missing, missing, standing,
};
use crate::settings::{AssetSettings, HaircutTier, MarketKind, MarketSettings};
use crate::state::{Leg, Resting};
use crate::terms::{AssetRisk, MarketRisk};
use crate::testing::perpetual;
use crate::value::Ends;
use crate::value::{Lots, PositionSide, Side, Ticks, worth};

/// Collateral of tiers 5 % and 20 % from 100,000 on (maintenance 2 % and 10 %) at a price.
fn collateral(low: i128, high: i128) -> AssetRisk {
    let tier = |floor, initial, maintenance| HaircutTier {
        floor: Money::whole(floor),
        initial: bps(initial),
        maintenance: bps(maintenance),
    };
    let settings = AssetSettings {
        name: "BTC".to_owned(),
        haircuts: vec![tier(0, 500, 200), tier(100_000, 2_000, 1_000)],
    };
    let mut asset = AssetRisk::new(&settings).expect("consistent settings");
    asset.price = Ends { at: Price::whole(low), low: Price::whole(low), high: Price::whole(high) };
    asset
}

/// An order that pays a fee of 0.05 %.
fn bid_or_ask(side: Side, lots: Lots, limit: Ticks) -> Order {
    let (market, position) = (MarketId::new(0), PositionSide::Both);
    Order { market, position, side, lots, limit, fee: bps(5) }
}

fn resting(market: &MarketRisk, lots: i64, limit: i64) -> Resting {
    Resting {
        orders: 1,
        lots: Lots::new(lots),
        reduce_only: Lots::ZERO,
        notional: worth(Lots::new(lots), Ticks::new(limit), market.tick_value),
    }
}

#[test]
fn collateral_is_cut_by_tiers_and_by_end() {
    // A large holding that is lent like a small one cannot be sold for what was lent on it.
    let asset = collateral(50_000, 51_000);
    assert_eq!(asset.worse(money("2")), money("95000"));
    assert_eq!(asset.worse(money("4")), money("175000"), "100,000 at 5 %, as much at 20 %");
    assert_eq!(asset.better(money("4")), money("191600"), "204,000 at 2 and 10 %");
    assert_eq!(asset.worse(Money::from_raw(1)), Money::from_raw(47_500));
    assert_eq!(AssetRisk::default().better(money("4")), Money::ZERO, "no collateral");
    let huge = Money::from_raw(1 << 109);
    assert!(asset.better(huge).raw() <= 1 << 110, "worths stay far within the type");
}

#[test]
fn each_position_is_taken_at_its_own_better_end() {
    // At the worse end a doubtful price would liquidate; new risk has to stand the worse one.
    let mut market = at(1_000_000);
    market.mark =
        Ends { at: Ticks::new(1_000_000), low: Ticks::new(990_000), high: Ticks::new(1_010_000) };
    let (long, short) = (leg(&market, 100, 1_000_000, 10), leg(&market, -100, 1_000_000, 10));
    let sum = assess(money("1000"), [(&long, &market)].into_iter(), std::iter::empty());
    assert_eq!((sum.equity, sum.equity_worse), (money("1100"), money("900")));
    assert_eq!((sum.maintenance, sum.initial), (money("40.4"), money("1010")));
    let sum = assess(money("1000"), [(&short, &market)].into_iter(), std::iter::empty());
    assert_eq!((sum.equity, sum.equity_worse), (money("1100"), money("900")));
    assert_eq!((sum.maintenance, sum.initial), (money("39.6"), money("1010")));
    // Both at once, as in hedge mode: each has margin of its own.
    let both = [(&long, &market), (&short, &market)];
    let sum = assess(Money::ZERO, both.into_iter(), std::iter::empty());
    assert_eq!((sum.equity, sum.maintenance), (money("200"), money("80")));
}

#[test]
fn the_side_that_needs_more_counts() {
    // Orders of both sides do not trade both; those of one side do.
    let market = at(1_000_000);
    let mut leg = leg(&market, 100, 1_000_000, 10);
    leg.buys = resting(&market, 50, 990_000);
    leg.sells = resting(&market, 170, 1_010_000);
    assert_eq!(requirement(&leg, &market, None), money("1500"), "150 lots long, 70 short");
    leg.sells = resting(&market, 270, 1_010_000);
    assert_eq!(requirement(&leg, &market, None), money("1700"));
    // What is bought above the mark is lost at once, and orders far below do not make up for it.
    leg.sells = Resting::default();
    let order = bid_or_ask(Side::Buy, Lots::new(10), Ticks::new(1_050_000));
    assert_eq!(requirement(&leg, &market, Some(&order)), money("1650"));
    leg.buys = resting(&market, 50, 1_010_000);
    assert_eq!(requirement(&leg, &market, Some(&order)), money("1700"));
}

#[test]
fn what_increases_is_margined_in_full_while_a_price_is_degraded() {
    // New leverage on a price that few sources carry is how a bad one is exploited.
    let mut market = at(1_000_000);
    let leg = leg(&market, 100, 1_000_000, 10);
    let order = |side, lots| bid_or_ask(side, Lots::new(lots), Ticks::new(1_000_000));
    market.in_full = true;
    assert_eq!(requirement(&leg, &market, None), money("1000"));
    assert_eq!(requirement(&leg, &market, Some(&order(Side::Buy, 10))), money("2000"));
    assert_eq!(requirement(&leg, &market, Some(&order(Side::Sell, 30))), money("1000"));
    assert_eq!(requirement(&leg, &market, Some(&order(Side::Sell, 210))), money("2000"));
}

#[test]
fn an_order_needs_margin_after_it_has_traded_and_paid() {
    // One unit too little is refused, to the unit.
    let market = at(1_000_000);
    let leg = leg(&market, 0, 0, 20);
    let order = bid_or_ask(Side::Buy, Lots::new(100), Ticks::new(1_001_000));
    let short = |cash| {
        let legs = [(&leg, &market)].into_iter();
        missing(cash, legs, std::iter::empty(), Some(&order))
    };
    assert_eq!(short(money("515.005")), None);
    assert_eq!(short(money("515.004999999999")), Some(Money::from_raw(1)));
    let asset = collateral(100, 100);
    let legs = [(&leg, &market)].into_iter();
    let held = [(money("5.4211"), &asset)].into_iter();
    assert_eq!(missing(Money::ZERO, legs, held, Some(&order)), Some(money("0.0005")));
}

#[test]
fn a_spot_market_needs_what_its_buys_cost() {
    // An asset is paid for in full; nothing of it is a position.
    let settings = MarketSettings {
        kind: MarketKind::Spot { base: crate::id::AssetId::new(1) },
        ..perpetual()
    };
    let mut market = MarketRisk::new(&settings).expect("consistent settings");
    market.mark = Ends::known(Ticks::new(1_000_000));
    let mut leg = leg(&market, 0, 0, 20);
    leg.buys = resting(&market, 10, 990_000);
    leg.sells = resting(&market, 70, 990_000);
    let order = bid_or_ask(Side::Buy, Lots::new(10), Ticks::new(1_000_000));
    assert_eq!(requirement(&leg, &market, Some(&order)), money("1990"));
}

/// Trades an isolated position of an account that has enough, and gives what the cash has changed by.
fn trade(leg: &mut Leg, market: &MarketRisk, side: Side, lots: i64, price: i64) -> Money {
    trade_for(leg, market, (side, lots, price), (Money::ZERO, Money::whole(1 << 40)))
}

/// The same with a fee, of an account that can do without so much.
fn trade_for(
    leg: &mut Leg,
    market: &MarketRisk,
    (side, lots, price): (Side, i64, i64),
    (fee, free): (Money, Money),
) -> Money {
    let (held, lots, price) = (leg.lots, Lots::new(lots), Ticks::new(price));
    let filled = leg.fill(side, lots, price, market.tick_value);
    let opened = lots.minus(filled.closed);
    let trade = IsolatedTrade { held, filled, opened, price, fee, free };
    let done = isolated_fill(leg, market, &trade);
    leg.isolated = Some(done.margin);
    done.cash
}

#[test]
fn isolated_margin_comes_and_goes_with_the_position() {
    // The cash must never pay a loss beyond what was moved over.
    let market = at(1_000_000);
    let mut leg = leg(&market, 0, 0, 10);
    leg.isolated = Some(Money::ZERO);
    assert_eq!(trade(&mut leg, &market, Side::Buy, 100, 1_000_000), money("-1000"));
    assert_eq!(
        trade(&mut leg, &market, Side::Sell, 40, 1_010_000),
        money("440"),
        "and 40 of profit"
    );
    assert_eq!(trade(&mut leg, &market, Side::Sell, 20, 980_000), money("160"), "less 40 of loss");
    assert_eq!(leg.isolated, Some(money("400")));
    assert_eq!(trade(&mut leg, &market, Side::Sell, 20, 850_000), Money::ZERO, "300 lost of 200");
    assert_eq!(leg.isolated, Some(money("100")));
    assert_eq!(trade(&mut leg, &market, Side::Sell, 50, 1_000_000), money("-200"), "and 30 short");
    assert_eq!((leg.lots, leg.isolated), (Lots::new(-30), Some(money("300"))));
    assert_eq!(isolated_missing(&leg, &market, money("300")), Money::ZERO);
    assert_eq!(isolated_missing(&leg, &market, money("299.999999999999")), Money::from_raw(1));
}

#[test]
fn opening_moves_what_its_order_was_checked_for() {
    // What is moved beyond the check is a debt in the cash that the fund pays beside the position's margin; what is not
    // moved is a loss in the position that the fund pays beside the account's cash.
    let market = at(1_000_000);
    let new = || Leg { isolated: Some(Money::ZERO), ..leg(&market, 0, 0, 10) };
    let check = |side, price, cash: &str, margin: &str| {
        let mut leg = new();
        assert_eq!(trade(&mut leg, &market, side, 100, price), money(cash));
        assert_eq!(leg.isolated, Some(money(margin)));
    };
    // Ten times 10,000 at the mark, and what is lost to it at once.
    check(Side::Sell, 1_050_000, "-1000", "1000");
    check(Side::Sell, 950_000, "-1500", "1500");
    check(Side::Buy, 1_050_000, "-1500", "1500");
    check(Side::Buy, 950_000, "-1000", "1000");
    // An account that can do without 300 gives no more, fee included.
    let mut leg = new();
    let (order, of) = ((Side::Buy, 100, 1_000_000), (money("5"), money("300")));
    assert_eq!(trade_for(&mut leg, &market, order, of), money("-300"));
    assert_eq!(leg.isolated, Some(money("295")));
    // What closes pays its fee out of what it brings, or out of the margin.
    let of = (money("5"), Money::ZERO);
    assert_eq!(trade_for(&mut leg, &market, (Side::Sell, 50, 1_000_000), of), money("142.5"));
    assert_eq!(trade_for(&mut leg, &market, (Side::Sell, 50, 970_000), of), Money::ZERO);
    assert_eq!(leg.isolated, Some(money("-7.5")));
}

#[test]
fn an_isolated_leg_counts_by_its_orders_alone() {
    // Else the cash would answer for the position twice, or for its loss.
    let market = at(1_000_000);
    let mut leg = leg(&market, 100, 2_000_000, 10);
    leg.isolated = Some(money("1000"));
    let sum = assess(money("50"), [(&leg, &market)].into_iter(), std::iter::empty());
    assert_eq!((sum.equity, sum.maintenance, sum.initial), (money("50"), Money::ZERO, Money::ZERO));
    leg.sells = resting(&market, 120, 1_000_000);
    assert_eq!(requirement(&leg, &market, None), money("200"), "20 lots would be opened");
    leg.buys = resting(&market, 30, 1_000_000);
    assert_eq!(requirement(&leg, &market, None), money("300"));
}

proptest! {
    #[test]
    fn the_order_of_positions_does_not_matter(
        cash in -100_000_i128..100_000,
        seen in proptest::collection::vec((-5_000_i64..5_000, 1_i64..2_000_000, 1_i64..2_000_000, 1_u16..100), 1..6),
        turn in 0_usize..6,
    ) {
        // VN-6. Research section 1 on exchange-core: its free margin lost what was looked at before.
        let markets: Vec<MarketRisk> = seen.iter().map(|row| at(row.2)).collect();
        let legs: Vec<Leg> = seen.iter().zip(&markets)
            .map(|(row, market)| leg(market, row.0, row.1, row.3)).collect();
        let mut pairs: Vec<(&Leg, &MarketRisk)> = legs.iter().zip(&markets).collect();
        let cash = Money::whole(cash);
        let of = |pairs: &[(&Leg, &MarketRisk)]| assess(cash, pairs.iter().copied(), std::iter::empty());
        let first = of(&pairs);
        pairs.rotate_left(turn % seen.len());
        prop_assert_eq!(of(&pairs), first);
        pairs.reverse();
        prop_assert_eq!(of(&pairs), first);
        // The short ways to ask say the same.
        let legs = || pairs.iter().copied();
        prop_assert_eq!(standing(cash, legs(), std::iter::empty()), (first.equity, first.maintenance));
        prop_assert_eq!(is_due(cash, legs(), std::iter::empty()), first.is_due());
        let short = first.initial.minus(first.equity_worse);
        let short = (short > Money::ZERO).then_some(short);
        prop_assert_eq!(missing(cash, legs(), std::iter::empty(), None), short);
    }
}

#[test]
fn settings_that_would_liquidate_or_lend_wrongly_are_refused() {
    // Margin for new risk below maintenance makes positions that are due the moment they are opened.
    let with = |rows| {
        MarketRisk::new(&MarketSettings {
            brackets: crate::settings::Bracket::rows(rows),
            ..perpetual()
        })
    };
    assert!(with(&[(0, 100, 100)]).is_some());
    assert!(with(&[(0, 100, 99)]).is_none());
    assert!(with(&[(0, 100, 300), (1_000, 200, 250)]).is_none());
    assert!(with(&[(0, 100, 10_001)]).is_none());
    let tier = HaircutTier { floor: Money::ZERO, initial: bps(100), maintenance: bps(101) };
    let settings = AssetSettings { name: "BTC".to_owned(), haircuts: vec![tier] };
    assert!(AssetRisk::new(&settings).is_none());
    let unit = Quantity::ONE;
    assert_eq!(Price::whole(2).of(unit, units::Rounding::Down), Some(Money::whole(2)));
    assert_eq!(market("1", "1", &[(0, 100, 100)]).leverage_max(Money::ZERO), 100);
    assert_eq!(Ratio::ONE.raw(), units::fixed::ONE);
}

proptest! {
    #[test]
    fn a_quick_yes_is_an_exact_yes(
        cash in -10_000_i128..100_000,
        held in (-2_000_i64..2_000, 900_000_i64..1_100_000, 1_u16..126),
        other in (-2_000_i64..2_000, 900_000_i64..1_100_000, 1_u16..126),
        rests in ((0_i64..500, 900_000_i64..1_100_000), (0_i64..500, 900_000_i64..1_100_000)),
        placed in (any::<bool>(), 1_i64..2_000, 900_000_i64..1_100_000),
        low in 0_i64..10_000,
    ) {
        // An order that is let through without its margin is a loss of somebody else.
        let mut market = at(1_000_000);
        market.mark.low = Ticks::new(1_000_000 - low);
        market.mark.high = Ticks::new(1_000_000 + low / 2);
        let mut first = leg(&market, held.0, held.1, held.2);
        let ((buys, bid), (sells, ask)) = rests;
        if buys > 0 {
            first.buys = resting(&market, buys, bid);
        }
        if sells > 0 {
            first.sells = resting(&market, sells, ask);
        }
        let mut second = leg(&market, other.0, other.1, other.2);
        second.market = MarketId::new(1);
        let legs = [(&first, &market), (&second, &market)];
        let side = if placed.0 { Side::Buy } else { Side::Sell };
        let order = bid_or_ask(side, Lots::new(placed.1), Ticks::new(placed.2));
        let needs = requirement(&first, &market, Some(&order))
            .plus(requirement(&second, &market, None))
            .plus(order.fee(&market));
        let worse = |leg: &Leg| leg.profit(market.worse(leg.lots), market.tick_value);
        let cash = Money::whole(cash);
        let short = needs.minus(cash).minus(worse(&first)).minus(worse(&second));
        let quick = surely_enough(cash.raw(), legs.into_iter(), &order);
        prop_assert!(quick.is_none() || short <= Money::ZERO);
        let brink = cash.plus(short).minus(Money::from_raw(1));
        prop_assert!(surely_enough(brink.raw(), legs.into_iter(), &order).is_none(), "one unit is missing");
        // It is not shy: with more than enough it says so.
        let plenty = cash.plus(short.max(Money::ZERO)).plus(Money::whole(30_000));
        prop_assert!(surely_enough(plenty.raw(), legs.into_iter(), &order).is_some());
        // What it says is left of the cash is there, be it looked at closely or, with much, from afar.
        let own = QuickOrder::of(&order, &market).unwrap();
        for cash in [cash, plenty, cash.plus(Money::whole(6_000_000)), Money::whole(1 << 40)] {
            let exact = cash.plus(worse(&first)).minus(order.fee(&market));
            let exact = exact.minus(requirement(&first, &market, Some(&order)));
            let left = after_order(cash, &first, &market, &own);
            prop_assert!(left.is_none_or(|left| left >= 0 && i128::from(left) <= exact.raw()));
            prop_assert!(left.is_some() || cash < Money::whole(1_000_000));
        }
        let (equity, maintenance) = standing(cash, legs.into_iter(), std::iter::empty());
        let well = surely_well(cash.raw(), legs.into_iter());
        prop_assert!(well.is_none() || equity >= maintenance);
        let expected = (short > Money::ZERO).then_some(short);
        prop_assert_eq!(missing(cash, legs.into_iter(), std::iter::empty(), Some(&order)), expected);
    }
}
