//! Everybody wants out at once, and the venue can do a small part of what it is asked.
//!
//! The venue is the real binary, held to so many commands a second. The load is open: requests are due at times fixed
//! beforehand, whatever becomes of the earlier ones. Those who close have one position each, with a thin margin; they ask
//! again every third of a second, each time under the same name, until they are told. In the middle the price falls a
//! little, which fires stop orders. When the storm is over the price falls further, the makers quote below it, and whoever
//! wanted out and did not get out is liquidated, by the venue itself.
//!
//! Left out: the makers' own share of the crowd (their quotes stand still during the storm), clients who connect from
//! abroad, and a load balancer before the venue. Nobody's account is sampled: what is counted was asked of the venue.

mod after;
mod storm;

use incident::{Mechanism, Outcome, Parameter, Scene, Series, Watch};
use load::{Class, Report};

use crate::venue::Venue;

/// The drill of a venue that is asked for far more than it can do.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RateLimit;

/// What everything is worth before it falls, in dollars.
const PRICE: u32 = 100_000;

/// The feed of that price.
const FEED: &str = "BTC/USD";

impl Mechanism for RateLimit {
    fn name(&self) -> &'static str {
        "ratelimit"
    }

    fn about(&self) -> &'static str {
        "A crowd of clients asks the real venue for many times what it can do: some close a position or cancel an \
         order, others take new risk, dress it up as a reduction, or ask. The price falls during the storm, which fires \
         stop orders, and after it, so that whoever did not get out is liquidated. Driven over HTTP and WebSocket on \
         loopback. Left out: makers who quote during the storm, and the network between clients and venue."
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::number(
                "capacity_per_second",
                "commands that the venue's engine can do in a second",
                500.0,
            ),
            Parameter::number("offered_times", "requests that are due, in times of that", 100.0),
            Parameter::number(
                "reduce_percent",
                "requests that cut risk, in hundredths of the capacity",
                60.0,
            ),
            Parameter::number("storm_seconds", "for how long requests are due", 8.0),
            Parameter::number(
                "insist_seconds",
                "for how long somebody who wants out asks again",
                5.0,
            ),
            Parameter::number(
                "lines",
                "requests that a client of the crowd has under way at once",
                8.0,
            ),
            Parameter::number(
                "notional_dollars",
                "what the position of somebody who wants out is worth",
                12_000.0,
            ),
            Parameter::number("margin_dollars", "his money", 1_000.0),
            Parameter::number("stops", "accounts with a stop order", 40.0),
            Parameter::number(
                "first_fall_percent",
                "how far the price falls in the middle of the storm",
                3.0,
            ),
            Parameter::number(
                "fall_percent",
                "how far it has fallen in all when the storm is over",
                10.0,
            ),
        ]
    }

    fn figures(&self) -> &'static [(&'static str, &'static str)] {
        &[
            (
                "left_in",
                "accounts that asked to close and were neither closed nor told why within a second",
            ),
            ("asked_to_close", "accounts that asked to close"),
            (
                "reduce_admitted_percent",
                "requests that cut risk, of those that were due, done within a second",
            ),
            (
                "reduce_p99_ms",
                "of requests that cut risk and were done, one in a hundred took longer",
            ),
            ("liquidated_instead", "accounts that asked to close and were liquidated"),
            ("liquidated_loss", "what these lost, in dollars"),
            ("repeats", "times that somebody who wanted out asked again"),
            ("duplicates", "orders that were done twice for having been asked for again"),
            (
                "stop_late_seconds",
                "the latest stop order, from when the price was said until it was done",
            ),
            ("stops_unfired", "stop orders that were not done"),
            ("new_risk_percent", "new risk, of what was due, done within a second"),
            (
                "new_risk_sent_percent",
                "new risk, of what was due, that the venue read from its clients",
            ),
            (
                "engine_used_percent",
                "what the engine did that was of use, in hundredths of what it can do",
            ),
            ("offered_per_second", "requests that were due in a second"),
            (
                "load_lag_ms",
                "how late the load itself was, one in a hundred; so much of a latency may be its own",
            ),
        ]
    }

    fn is_deterministic(&self) -> bool {
        false
    }

    fn run(&self, scene: &Scene<'_>, watch: &dyn Watch) -> Result<Outcome, String> {
        let world = storm::World::read(scene)?;
        watch.progress(0, "everybody gets an account");
        let configuration = world.configuration(scene)?;
        let scene = Scene { configuration: &configuration, ..*scene };
        let mut venue = Venue::new(&scene, FEED, &PRICE.to_string())?;
        venue.start_unbounded()?;
        let crowd = storm::assemble(&venue, &world)?;
        venue.start()?;
        watch.progress(300, "everybody wants out");
        let storm = storm::offer(&venue, &world, &crowd, scene.seed)?;
        watch.progress(700, "the price falls");
        // The storm is over: what is left of it in the venue's queue is of no use to anybody.
        venue.start_unbounded()?;
        let after = after::fall(&venue, &world, &crowd, &storm)?;
        watch.progress(1_000, "over");
        Ok(outcome(&world, &storm, &after))
    }
}

fn outcome(world: &storm::World, storm: &storm::Storm, after: &after::After) -> Outcome {
    let report = &storm.report;
    let mut outcome = Outcome::default();
    let reduce = report.class(Class::Reduce);
    let new = report.class(Class::NewRisk);
    let of_closing = |count: fn(&load::Figures) -> u64| closing(report).map(count).sum::<u64>();
    let asked = of_closing(|figures| figures.offered);
    let told = of_closing(load::Figures::told);
    let share = |part: u64, whole: u64| part as f64 * 100.0 / whole as f64;
    outcome.figure("left_in", asked.saturating_sub(told) as f64);
    outcome.figure("asked_to_close", asked as f64);
    outcome.figure("reduce_admitted_percent", reduce.served_share() * 100.0);
    if let Some(p99) = reduce.latency(0.99) {
        outcome.figure("reduce_p99_ms", p99.as_micros() as f64 / 1e3);
    }
    outcome.figure("liquidated_instead", after.liquidated as f64);
    outcome.figure("liquidated_loss", after.lost_dollars);
    outcome.figure("repeats", reduce.repeats as f64);
    outcome.figure("duplicates", after.duplicates as f64);
    if let Some(late) = after.stop_late_ms {
        outcome.figure("stop_late_seconds", late as f64 / 1e3);
    }
    outcome.figure("stops_unfired", after.stops_unfired as f64);
    outcome.figure("new_risk_percent", new.served_share() * 100.0);
    outcome.figure("new_risk_sent_percent", share(new.sent, new.offered));
    let capacity = f64::from(world.load.capacity);
    outcome.figure("engine_used_percent", report.goodput() * 100.0 / capacity);
    let offered: u64 = Class::ALL.iter().map(|class| report.class(*class).offered).sum();
    let seconds = report.lasts.as_millis() as f64 / 1e3;
    outcome.figure("offered_per_second", offered as f64 / seconds);
    outcome.figure("load_lag_ms", report.watched.lag_p99.as_micros() as f64 / 1e3);
    events(&mut outcome, world, report, after);
    draw(&mut outcome, seconds, after);
    outcome
}

/// Who wanted out and was liquidated, and what that took from them, from the storm's beginning on.
fn draw(outcome: &mut Outcome, storm_seconds: f64, after: &after::After) {
    let mut curve = |id: &str, name: &str, unit: &str, of: fn(&(f64, usize, f64)) -> f64| {
        let falls = after.course.iter().map(|it| (storm_seconds + it.0, of(it)));
        let points = [(0.0, 0.0), (storm_seconds, 0.0)].into_iter().chain(falls).collect();
        outcome.curve(Series::new(id, name, unit, points));
    };
    curve("liquidated", "wanted out and liquidated", "accounts", |it| it.1 as f64);
    curve("lost", "lost by them", "USD", |it| it.2);
}

fn events(outcome: &mut Outcome, world: &storm::World, report: &Report, after: &after::After) {
    let seconds = report.lasts.as_millis() as f64 / 1e3;
    let (left, asked) = (outcome.get("left_in"), outcome.get("asked_to_close"));
    let (left, asked) = (left.unwrap_or_default(), asked.unwrap_or_default());
    if let Some(why) = report.watched.void() {
        outcome.event(0.0, format!("{why}: the machine is too busy for this run to say much"));
    }
    outcome.event(0.0, format!("{} times what the venue can do is asked of it", world.load.times));
    outcome.event(seconds / 2.0, format!("the price falls by {} %", world.first_fall_percent));
    outcome.event(
        seconds,
        format!("the storm is over; {left} of {asked} who wanted out were left in or in the dark"),
    );
    outcome.event(
        seconds + 1.0,
        format!(
            "the price has fallen by {} %; {} who wanted out are liquidated",
            world.fall_percent, after.liquidated
        ),
    );
}

/// What was counted of those who close.
fn closing(report: &Report) -> impl Iterator<Item = &load::Figures> {
    let groups = [storm::CLOSE, storm::CLOSE_WIRED].into_iter();
    groups.filter_map(|name| report.group(name)).map(|group| &group.figures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_begin_with_the_storm_in_which_nobody_is_liquidated() {
        // Drawn from the fall on, the losses would seem to have come at once.
        let after = after::After { course: vec![(0.5, 3, 900.0)], ..after::After::default() };
        let mut outcome = Outcome::default();
        draw(&mut outcome, 5.0, &after);
        let points: Vec<_> = outcome.series.iter().map(|it| it.points.clone()).collect();
        assert_eq!(points[0], [(0.0, 0.0), (5.0, 0.0), (5.5, 3.0)]);
        assert_eq!(points[1].last(), Some(&(5.5, 900.0)));
    }

    fn world(parameters: &incident::Values) -> Result<String, String> {
        let nowhere = std::path::Path::new("");
        let scene = Scene {
            parameters,
            configuration: "[venue]\n",
            seed: 1,
            binary: nowhere,
            folder: nowhere,
            portfolio: None,
            target: None,
        };
        storm::World::read(&scene).map(|world| format!("{world:?}"))
    }

    #[test]
    fn the_same_parameters_are_the_same_world_and_a_senseless_one_is_refused() {
        // What is compared are two runs of one world.
        let mut values = incident::Values::default();
        for parameter in RateLimit.parameters() {
            values.set(parameter.name, parameter.usual.expect("none has to be given"));
        }
        assert!(world(&values).is_ok());
        assert_eq!(world(&values), world(&values.clone()));
        values.set("offered_times", incident::Value::Number(0.0));
        assert!(world(&values).unwrap_err().contains("`offered_times`"));
    }
}
