//! A small night, on the real core.

use std::path::Path;

use incident::{Mechanism as _, Outcome, Scene, Silent, Value, Values};
use units::{Money, Price, Quantity, Ratio, Span};
use venue::config::{
    AdmissionMode, ClientLimits, JournalConfig, LiquidationFeed, MarketConfig, OrderNames,
    VenueConfig,
};
use venue_core::{Bracket, Lots, MarketSettings};

use super::Cascade;
use crate::Configured;

/// The words of these tests for a configuration: `tied` marks, or those that follow their own book.
fn read(text: &str) -> Result<Configured, String> {
    let market = |name: &str, tick: i128, lot: i128, rates: (i128, i128)| {
        let (tick, lot) = (Price::from_raw(tick), Quantity::from_raw(lot));
        let mut settings = MarketSettings::perpetual(name, tick, lot);
        settings.filters.lots_max = Lots::new(1_000_000_000_000);
        settings.filters.notional_min = Money::ZERO;
        settings.filters.band = Ratio::from_bps(6_000);
        settings.filters.take_bound = Ratio::from_bps(4_000);
        settings.fees.taker = Ratio::ZERO;
        settings.fees.maker = Ratio::ZERO;
        settings.brackets = Bracket::rows(&[(0, rates.0, rates.1)]);
        settings.mark.impact = Money::whole(1_000_000);
        if text != "tied" {
            settings.mark.basis_band = Ratio::from_bps(9_900);
            settings.mark.half_life = Span::from_secs(1);
            settings.liquidation.floor = Money::whole(1_000_000_000_000);
            settings.liquidation.time_cap = Span::from_secs(1);
        }
        MarketConfig {
            settings,
            base: name.to_owned(),
            feed: format!("{name}/USD"),
            funding_interval: Span::from_secs(28_800),
            funding_max: Ratio::ZERO,
        }
    };
    let venue = VenueConfig {
        listen: ([127, 0, 0, 1], 0).into(),
        workers: 1,
        data: "nowhere".into(),
        journal: JournalConfig::default(),
        prices: runtime::client::Endpoint::parse("http://127.0.0.1:1").ok().ok_or("no address")?,
        tls: None,
        admission: AdmissionMode::Fair,
        capacity_per_second: None,
        limits: ClientLimits::default(),
        master_secret: None,
        webhooks: Vec::new(),
        liquidation_feed: LiquidationFeed::Every,
        order_names: OrderNames::default(),
        settlement: "USDT".to_owned(),
        settlement_feed: None,
        backstop: None,
        fund: Money::whole(1_230_000_000),
        assets: Vec::new(),
        markets: vec![
            market("BTCUSDT", 100_000_000_000, 1_000_000_000, (50, 100)),
            market("ALTUSDT", 1_000_000_000, 100_000_000_000, (200, 200)),
        ],
        keys: Vec::new(),
    };
    Ok(Configured { oracle: None, venue: Some(venue) })
}

fn parameters() -> Values {
    let mut all = Values::default();
    for parameter in super::terms::parameters() {
        if let Some(usual) = parameter.usual {
            all.set(parameter.name, usual);
        }
    }
    let lists: [(&str, &[f64]); 10] = [
        ("start_usd", &[117_000.0, 100.0]),
        ("open_interest_usd", &[72e9, 75e9]),
        ("leverage_times", &[1.0, 0.6]),
        ("storm_minutes", &[5.0, 30.0]),
        ("news_minutes", &[0.0, 5.0, 15.0, 30.0]),
        ("news_percent", &[0.0, 0.0, -9.5, -7.0]),
        ("news_times", &[1.0, 2.5]),
        ("makers_stay_percent", &[26.0, 8.0]),
        ("depth_usd", &[240e6, 300e6]),
        ("wider_bps", &[10.0, 100.0]),
    ];
    for (name, numbers) in lists {
        all.set(name, Value::Numbers(numbers.to_vec()));
    }
    for (name, number) in
        [("accounts", 400.0), ("hours", 0.5), ("step_seconds", 5.0), ("measure_gain", 0.0)]
    {
        all.set(name, Value::Number(number));
    }
    all.set("away_minutes", Value::Numbers(vec![5.0, 13.0, 17.0, 25.0]));
    all
}

fn run(configuration: &str, parameters: &Values, portfolio: Option<&str>) -> Outcome {
    let scene = Scene {
        parameters,
        configuration,
        seed: 7,
        binary: Path::new("none"),
        folder: Path::new("none"),
        portfolio,
        target: None,
    };
    Cascade { read }.run(&scene, &Silent).expect("the night is played")
}

#[test]
fn the_same_seed_gives_the_same_night() {
    // A figure that cannot be repeated cannot be shown to a risk committee.
    let first = run("loose", &parameters(), None);
    assert_eq!(first, run("loose", &parameters(), None));
    let mut other = parameters();
    other.set("population_seed", Value::Number(8.0));
    assert_ne!(first.digest, run("loose", &other, None).digest);
}

#[test]
fn the_loop_makes_more_of_the_fall_and_tied_marks_take_it_away() {
    // The drill's point: what the venue's own sales liquidate, and what marks tied to the index are worth against it.
    let (loose, tied) = (run("loose", &parameters(), None), run("tied", &parameters(), None));
    let mut alone = parameters();
    alone.set("impact_percent", Value::Number(0.0));
    let alone = run("loose", &alone, None);
    let figure = |outcome: &Outcome, id: &str| outcome.get(id).expect("is a figure");
    let liquidated = |outcome: &Outcome| figure(outcome, "liquidated_usd");
    assert!(liquidated(&alone) > 1e9, "the fall alone liquidates");
    assert!(liquidated(&loose) > liquidated(&alone) * 1.15, "the loop has a gain");
    assert!(figure(&loose, "wrongful_usd") > figure(&tied, "wrongful_usd") * 2.0);
    assert!(
        figure(&alone, "wrongful_usd") < liquidated(&alone) * 0.02,
        "nobody is wronged by news"
    );
    assert!(figure(&loose, "low_first") < figure(&alone, "low_first") - 1.0);
}

#[test]
fn a_portfolio_takes_the_place_of_the_population() {
    // A user's own book must be played as it is, and what is wrong with it be told by line.
    let csv = "account,market,quantity,entry_price,collateral\n\
               a,BTCUSDT,10,117000,30000\n\
               b,BTCUSDT,-10,117000,200000\n\
               c,ALTUSDT,1000,90,50000\n";
    let outcome = run("loose", &parameters(), Some(csv));
    assert_eq!(outcome.get("liquidated_accounts"), Some(1.0));
    let dollars = outcome.get("liquidated_usd").expect("is a figure");
    assert!((900_000.0..1_200_000.0).contains(&dollars), "{dollars}");
    let wrong = "account,market,quantity,entry_price,collateral\n\
                 a,BTCUSDT,ten,117000,30000\n\
                 b,DOGEUSDT,1,1,1\n\
                 c,BTCUSDT,10,117000,3000\n\
                 d,BTCUSDT,1\n";
    let scene = Scene {
        parameters: &parameters(),
        configuration: "loose",
        seed: 1,
        binary: Path::new("none"),
        folder: Path::new("none"),
        portfolio: Some(wrong),
        target: None,
    };
    let why = Cascade { read }.run(&scene, &Silent).expect_err("is wrong");
    for part in [
        "portfolio:2: quantity: `ten` is no number",
        "portfolio:3: market: `DOGEUSDT` is none of BTCUSDT, ALTUSDT",
        "portfolio:4: the account has 3000.00 dollars",
        "portfolio:5: there are 3 columns, and 5 are wanted",
    ] {
        assert!(why.contains(part), "{why}");
    }
}
