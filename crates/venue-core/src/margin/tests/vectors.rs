//! The worked examples of the research, each with its source.

use units::{Money, Ratio};

use super::{at, bps, leg, market, money};
use crate::margin::bankruptcy::{Share, bankruptcy, bankruptcy_quote};
use crate::margin::liquidation_price;
use crate::settings::Bracket;
use crate::settings::{CoverageScale, MarketSettings, OpenInterestScale};
use crate::terms::surcharge;
use crate::terms::{MarketRisk, Tiers};
use crate::testing::perpetual;
use crate::value::Ends;
use crate::value::{Lots, Ticks, worth};

#[test]
fn maintenance_is_what_the_deductions_say() {
    // Research 2.1: Binance's maintenance amounts (FAQ b3c689c1). A wrong deduction liquidates the large.
    let market = at(1);
    for (notional, maintenance) in [
        ("50000", "200"),
        ("50001", "200.005"),
        ("600000", "2950"),
        ("1000000", "6950"),
        ("3000000", "26950"),
        ("10000000", "166950"),
    ] {
        assert_eq!(market.maintenance.charge(money(notional)), money(maintenance), "{notional}");
    }
    let deductions: Vec<Money> = market.maintenance.rows().map(|row| row.deduction).collect();
    assert_eq!(deductions, ["0", "50", "3050", "33050", "93050"].map(money));
}

#[test]
fn maintenance_of_binance_and_hyperliquid() {
    // Research 2.1: two products of Binance's FAQ, and Hyperliquid's DOGE tiers on its test network, where r = IM / 2.
    let eth = market("0.01", "0.001", &ETH);
    assert_eq!(eth.maintenance.charge(money("4918775.081")), money("356512.5081"));
    let btc = market("0.01", "0.001", &BTC);
    assert_eq!(btc.maintenance.charge(money("3500032.458")), money("71200.81145"));
    let third = Ratio::from_raw(166_666_666_667);
    let rows = [("0", bps(500)), ("20000", bps(1_000)), ("100000", third)];
    let doge = Tiers::new(rows.map(|(floor, rate)| (money(floor), rate))).expect("tiers");
    let charge = doge.charge(money("150000"));
    assert!(charge.distance(money("17333.333333333333")) < money("0.00001"), "{charge}");
}

/// Binance's brackets of the time, by whose sums its examples' deductions come out.
const ETH: [(i128, i128, i128); 6] = [
    (0, 50, 100),
    (10_000, 65, 200),
    (100_000, 100, 200),
    (500_000, 200, 400),
    (1_000_000, 500, 1_000),
    (2_000_000, 1_000, 2_000),
];
const BTC: [(i128, i128, i128); 4] =
    [(0, 40, 80), (50_000, 50, 100), (250_000, 100, 200), (1_000_000, 250, 500)];

/// The price from examples is reached between two ticks: due at the returned one, and not one tick further.
fn check_liquidation(market: &MarketRisk, lots: i64, entry: i64, rest: &str, ticks: i64) {
    let leg = leg(market, lots, entry, 1);
    let found = liquidation_price(leg.lots, leg.cost, money(rest), market);
    assert_eq!(found, Some(Ticks::new(ticks)));
}

#[test]
fn liquidation_prices_of_binance() {
    // Research 2.2: Binance's FAQ b3c689c1, two cross positions of one wallet: 1,153.2565 and 26,316.8933.
    let wallet = "1535443.01";
    let rest = |maintenance: &str, profit: &str| {
        money(wallet).minus(money(maintenance)).plus(money(profit)).to_string()
    };
    let eth = market("0.01", "0.001", &ETH);
    check_liquidation(&eth, 3_683_979, 145_684, &rest("71200.81144", "-56354.57"), 115_325);
    let btc = market("0.01", "0.001", &BTC);
    check_liquidation(&btc, 109_488, 3_248_198, &rest("356512.508", "-448192.89"), 2_631_689);
}

#[test]
fn a_liquidation_price_lies_in_the_bracket_that_it_leads_to() {
    // Research 2.2, isolated with 2,500: long 47,690.7631; short 52,288.5572, since 52,290.8367 would be in the next
    // bracket. Bankruptcy is at 47,500 and 52,500.
    let mut market = market("0.0001", "1", &[(0, 40, 80), (50_000, 50, 100)]);
    check_liquidation(&market, 1, 500_000_000, "2500", 476_907_630);
    check_liquidation(&market, -1, 500_000_000, "2500", 522_885_573);
    market.mark = Ends::known(Ticks::new(500_000_000));
    let share = Share { equity: money("2500"), maintenance: money("200"), freed: money("200") };
    assert_eq!(bankruptcy(Lots::new(1), &market, &share), Ticks::new(475_000_000));
    assert_eq!(bankruptcy(Lots::new(-1), &market, &share), Ticks::new(525_000_000));
}

#[test]
fn liquidation_prices_of_hyperliquid() {
    // Research 2.3: price 100,000, one lot, account value 5,000, maintenance at 80 times: 96,202.5316 and 103,703.7037.
    let market = market("0.0001", "1", &[(0, 125, 250)]);
    check_liquidation(&market, 1, 1_000_000_000, "5000", 962_025_316);
    check_liquidation(&market, -1, 1_000_000_000, "5000", 1_037_037_038);
}

/// The bankruptcy quote where all amounts are in millionths, as dYdX's tests have them.
fn check_quote(worth: i128, equity: i128, freed: i128, maintenance: i128, quote: i128) {
    let [equity, freed, maintenance] = [equity, freed, maintenance].map(Money::from_raw);
    let share = Share { equity, maintenance, freed };
    assert_eq!(bankruptcy_quote(Money::from_raw(worth), &share), Money::from_raw(quote));
}

#[test]
fn bankruptcy_quotes_of_dydx() {
    // Research 2.4: liquidations_test.go. A price rounded the other way makes the fund pay at each liquidation.
    const ONE: i128 = 1_000_000;
    check_quote(5_000 * ONE, 499 * ONE, 500 * ONE, 500 * ONE, 4_501 * ONE);
    check_quote(-5_000 * ONE, 499 * ONE, 500 * ONE, 500 * ONE, -5_499 * ONE);
    check_quote(5_000 * ONE, 0, 500 * ONE, 500 * ONE, 5_000 * ONE);
    check_quote(-5_000 * ONE, 0, 500 * ONE, 500 * ONE, -5_000 * ONE);
    // 0.004 BTC and 0.1 ETH long, -490: closing the ETH.
    check_quote(300 * ONE, 10 * ONE, 30 * ONE, 50 * ONE, 294 * ONE);
    // The pair short, +510.
    check_quote(-300 * ONE, 10 * ONE, 30 * ONE, 50 * ONE, -306 * ONE);
    // One BTC long, -13: closing 0.00021347 of it needs 2,775.11 and gets 2,776.
    check_quote(10_673_500, 49_987 * ONE, 1_067_350, 5_000 * ONE, 2_776);
    // The mirror, one short and 13 in cash: buying the lots back may cost 2,775 and no unit more.
    check_quote(-10_673_500, -49_987 * ONE, 1_067_350, 5_000 * ONE, -2_775);
    // One short, 50,013 in cash.
    check_quote(-10_673_500, 13 * ONE, 1_067_350, 5_000 * ONE, -10_676_275);
}

#[test]
fn margin_for_new_risk_rises_with_open_interest() {
    // Research 2.4: dYdX v4, base 5 %, 20 to 50 million, 35 million open: 52.5 %. Maintenance must not know of it.
    let scale = OpenInterestScale { low: Money::whole(20_000_000), high: Money::whole(50_000_000) };
    let settings = MarketSettings {
        brackets: Bracket::rows(&[(0, 250, 500)]),
        open_interest: Some(scale),
        ..perpetual()
    };
    let mut market = MarketRisk::new(&settings).expect("consistent settings");
    market.mark = Ends::known(Ticks::new(1_000_000));
    let before = market.maintenance.charge(money("1000"));
    for (lots, rate) in [(100_000, 500), (200_000, 500), (350_000, 5_250), (600_000, 10_000)] {
        market.open_interest = Lots::new(lots);
        assert_eq!(market.initial_rate(100, money("1000")), bps(rate), "{lots} lots");
        assert_eq!(market.maintenance.charge(money("1000")), before);
    }
    market.open_interest = Lots::new(350_000);
    assert_eq!(market.initial_rate(1, money("1000")), Ratio::ONE, "leverage counts too");
}

#[test]
fn margin_for_new_risk_rises_as_coverage_falls() {
    // A fund that could not pay two defaults must stop growing risk, and liquidate nobody for it.
    let scale = CoverageScale { below: bps(10_000), shock: bps(2_000), surcharge: bps(5_000) };
    let mut market = at(1_000_000);
    let before = market.maintenance.charge(money("70000"));
    for (coverage, rate) in [(None, 100), (Some(12_000), 100), (Some(5_000), 125), (Some(0), 150)] {
        market.surcharge = surcharge(Some(scale), coverage.map(bps));
        assert_eq!(market.initial_rate(100, money("70000")), bps(rate), "{coverage:?}");
        assert_eq!(market.maintenance.charge(money("70000")), before);
    }
    assert_eq!(surcharge(None, Some(Ratio::ZERO)), Ratio::ZERO);
}

#[test]
fn a_bankruptcy_price_never_needs_the_fund() {
    // The limit of each liquidation: one tick on the wrong side is a loss that the fund pays every time.
    for equity in [-7_i128, 0, 1, 12_345_678_901, 9_999_999_999_999] {
        for lots in [1_i64, -1, 7, -7, 123] {
            let market = at(999_983);
            let worth = worth(Lots::new(lots), Ticks::new(999_983), market.tick_value);
            let maintenance = Money::whole(3);
            let share = Share { equity: Money::from_raw(equity), maintenance, freed: maintenance };
            let price = bankruptcy(Lots::new(lots), &market, &share);
            let left = |price: i64| {
                let got =
                    crate::value::worth(Lots::new(lots), Ticks::new(price), market.tick_value);
                equity + got.minus(worth).raw()
            };
            assert!(left(price.number()) >= 0, "{equity} {lots}");
            assert!(left(price.number() - lots.signum()) < 0, "{equity} {lots}: not one more");
        }
    }
}
