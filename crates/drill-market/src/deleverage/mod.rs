//! The `deleverage` mechanism: positions that fail and that nobody takes, and who is closed for them.
//!
//! Simulated: people who are long with much leverage; others who are short with little, of whom some hedge a long position
//! in another market of the venue, and some one at another place, which the venue does not see; makers whose book becomes
//! thin in the fall and is quoted anew only now and then; a price that falls by a path. The real venue (`venue-core`) takes
//! the orders, liquidates, asks backstop and fund, and deleverages, as its configuration says.
//!
//! Left out: that liquidations move the price at other places (the cascade is about that), what holders do once they are
//! closed, funding, and collateral other than the settlement asset.

mod day;
mod holders;

use incident::{Mechanism, Outcome, Parameter, Scene, Series, Silent, Watch};
use units::Money;
use venue::config::VenueConfig;

use crate::ReadConfiguration;
use crate::market::asset::for_each;
use crate::market::exchange::money;
use day::World;
use holders::Crowd;

/// The mechanism, with what reads its configuration.
#[derive(Debug)]
pub(crate) struct Deleverage {
    pub(crate) read: ReadConfiguration,
}

impl Mechanism for Deleverage {
    fn name(&self) -> &'static str {
        "deleverage"
    }

    fn about(&self) -> &'static str {
        "The real venue core with its configuration's markets, insurance fund and backstop. Simulated are people who are long \
         with much leverage, others who are short with little (some of them hedged in another market, or at another place), \
         a price that falls, and makers whose book becomes thin. What is not sold in the book within its time is taken over \
         by the backstop, paid by the fund, or closed against those who hold the other side. Left out: that liquidations \
         move the price, what holders do once they are closed, funding, and collateral."
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::given(
                "start_usd",
                "price of each market of the configuration when it begins, in dollars",
            ),
            Parameter::given("open_interest_usd", "the open interest of each market, in dollars"),
            Parameter::number(
                "hot_percent",
                "part of it that is held with so much leverage that it may fail",
                100.0,
            ),
            Parameter::given("fall_minutes", "minutes at which the fall is given"),
            Parameter::given(
                "fall_percent",
                "how far the price has fallen at these minutes, in per cent",
            ),
            Parameter::given("fall_times", "how many times that fall each market falls"),
            Parameter::given(
                "depth_usd",
                "what makers bid in each market for each per cent of the price, in dollars",
            ),
            Parameter::given(
                "depth_minutes",
                "minutes at which what is left of the depth is given",
            ),
            Parameter::given(
                "depth_percent",
                "what is left of the depth at these minutes, in per cent",
            ),
            Parameter::number("requote_seconds", "seconds until makers quote anew", 10.0),
            Parameter::number("lasts_minutes", "how long it lasts, in minutes", 30.0),
            Parameter::number("accounts", "accounts that are long with much leverage", 4_000.0),
            Parameter::number("leverage_median", "median of their leverage", 9.0),
            Parameter::number("leverage_sigma", "deviation of its logarithm", 0.8),
            Parameter::number("size_sigma", "deviation of the logarithm of what one holds", 2.0),
            Parameter::number("holders", "accounts that are short", 2_000.0),
            Parameter::number("holders_leverage", "median of their leverage", 0.43),
            Parameter::number("holders_leverage_sigma", "deviation of its logarithm", 1.57),
            Parameter::number(
                "hedged_percent",
                "part of holders who hedge another market of the venue",
                15.0,
            ),
            Parameter::number(
                "outside_percent",
                "part of the other holders who hedge what they hold elsewhere",
                25.0,
            ),
            Parameter::number(
                "whole_percent",
                "part of the last market that one account alone holds",
                0.0,
            ),
            Parameter::number("whole_leverage", "the leverage of that account", 10.0),
            Parameter::number(
                "backstop_usd",
                "what the backstop account has, in dollars",
                100_000_000.0,
            ),
            Parameter::numbers(
                "sweep_percent",
                "sizes of the fund, in per cent of what is held, with each of which the day is run once more",
                &[],
            ),
        ]
    }

    fn figures(&self) -> &'static [(&'static str, &'static str)] {
        FIGURES
    }

    fn is_deterministic(&self) -> bool {
        true
    }

    fn run(&self, scene: &Scene<'_>, watch: &dyn Watch) -> Result<Outcome, String> {
        let read = (self.read)(scene.configuration)?;
        let config = read.venue.ok_or("the configuration has no [venue]")?;
        let world = World::read(scene.parameters, &config)?;
        let crowd = Crowd::draw(scene.parameters, world.assets(), scene.seed)?;
        let mut outcome = Outcome::default();
        world.day(&config, &crowd, watch)?.tell(&mut outcome);
        let shares = scene.parameters.numbers("sweep_percent")?;
        if !shares.is_empty() {
            let held = for_each(scene.parameters, "open_interest_usd", world.assets())?;
            let held = held.iter().sum::<f64>();
            outcome.curve(sweep(&world, &config, &crowd, (&shares, held))?);
        }
        Ok(outcome)
    }
}

/// The day once more with funds of these parts of what is held: dollars deleveraged.
fn sweep(
    world: &World,
    config: &VenueConfig,
    crowd: &Crowd,
    (shares, held): (&[f64], f64),
) -> Result<Series, String> {
    let mut points = Vec::with_capacity(shares.len());
    for share in shares {
        let fund: Money = money((held * share / 100.0).max(0.0));
        let config = VenueConfig { fund, ..config.clone() };
        points.push((*share, world.day(&config, crowd, &Silent)?.deleveraged()));
    }
    let series = Series::new("sweep_deleveraged", "deleveraged", "USD", points);
    Ok(series.across("fund by the open interest", "per cent"))
}

const FIGURES: &[(&str, &str)] = &[
    ("liquidated_usd", "dollars of positions that were liquidated, whoever took them"),
    ("liquidated_accounts", "accounts that were liquidated"),
    ("deleveraged_usd", "dollars of them that were closed against holders of the other side"),
    ("deleveraged_percent", "their part of what was liquidated"),
    ("users", "holders who were closed, or paid"),
    ("users_percent", "their part of all holders of short positions"),
    (
        "shorts_deleveraged_usd",
        "dollars of short positions that were closed against their holders' will",
    ),
    ("longs_deleveraged_usd", "dollars of long ones"),
    ("taken_usd", "what it took from holders besides: money, and a price worse than the mark"),
    ("overshoot_usd", "what of that the fund could have paid by its own rule"),
    ("forfeited_usd", "what failed accounts lost of their own to holders: a price beyond the mark"),
    ("hedges_broken", "holders whose book was further from neutral afterwards"),
    ("hedges_here_broken", "of them, those whose hedge was in another market of the venue"),
    ("delta_grown_usd", "by how much their books were further from neutral"),
    (
        "unfairness_percent",
        "standard deviation among holders of the part of their short position that was closed",
    ),
    ("delay_seconds", "seconds from the first liquidation to the first deleveraging"),
    ("shortfall_usd", "losses beyond what accounts had, whoever paid them"),
    ("fund_usd", "what the fund had"),
    ("fund_paid_usd", "what it paid"),
    ("drawdown_usd", "how far it went down, fees of liquidations included"),
    ("drawdown_percent", "the same, as a part of it"),
    (
        "floor_seconds",
        "seconds from the first liquidation until a market's part of the fund was used up",
    ),
    ("backstop_usd", "dollars of positions that the backstop took over"),
    ("unpaid_usd", "losses that nobody paid"),
    ("halts", "1 where a market halted"),
    ("excess_usd", "money that was made or lost: zero, or the books are wrong"),
    ("broken", "1 where an invariant was broken, or the tape has a gap"),
];
