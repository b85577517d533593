//! Control traffic starved by user traffic: what starved Solana's votes, and what a gateway can do to itself.
//!
//! How long the chain has no finality is what the model of votes says ([`drill_chain::votes`]), at full length. The same
//! thing in a gateway is measured: nodes that stand only so many requests a second, a flood of reads of many clients
//! above that, and beneath it a few transactions a second and the gateway's own questions about heads, without which it
//! knows nothing of the chain. What share of the transactions gets through, and how often the gateway still knows where
//! the chain is, depends on who is let in.
//!
//! The minutes of a day in which nothing gets through are those without finality, and of the rest the share in which the
//! gateway lost a transaction: the flood is taken to go on all day.
//!
//! Left out: clients that stop, or ask again at once.

mod flood;

use std::sync::Arc;

use incident::{Mechanism, Outcome, Parameter, Ports, Scene, Series, Upstream, Values, Watch};

use drill_chain::votes;

use crate::front;
use flood::{Flood, Kind, Sample};

/// The mechanism.
#[derive(Debug)]
pub(crate) struct Starve;

impl Mechanism for Starve {
    fn name(&self) -> &'static str {
        "starve"
    }

    fn about(&self) -> &'static str {
        "Control traffic starved by user traffic. On the chain that is votes among spam: a model says for how long \
         nothing becomes final. In a gateway it is transactions and the gateway's own questions about heads under a \
         flood of reads, measured on the real gateway before nodes of a practice chain that stand only so many requests \
         a second. Left out are clients that stop, or ask again at once. The configuration names the nodes as {alpha}, \
         {bravo}, {charlie}, {delta} and {echo}."
    }

    fn parameters(&self) -> Vec<Parameter> {
        let mut all = vec![
            Parameter::number("day_minutes", "how long the flood lasts on the day", 1_440.0),
            Parameter::number("flood_seconds", "how long it lasts here", 10.0),
            Parameter::number(
                "node_stands_per_second",
                "requests a second that a node stands",
                50.0,
            ),
            Parameter::number("reads_per_second", "reads a second of the flood", 600.0),
            Parameter::number("clients", "clients that send it; 1 to 50", 8.0),
            Parameter::number(
                "transactions_per_second",
                "transactions a second of another client",
                10.0,
            ),
        ];
        all.extend(votes::parameters());
        all
    }

    fn figures(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("unserved_minutes", "minutes of the day in which nothing got through"),
            ("stalled_minutes", "minutes in which nothing became final"),
            ("lost_percent", "transactions that did not get through the gateway"),
            ("transaction_p95_ms", "how long those took that did, at 95 per cent"),
            ("blind_percent", "looks at which the gateway did not know where the chain is"),
            ("reads_answered_percent", "reads of the flood that were answered"),
            ("votes_landed_percent", "votes that landed"),
            ("validators_heard_percent", "validators of which a vote landed in time"),
            ("forks", "forks that could not be pruned"),
        ]
    }

    fn is_deterministic(&self) -> bool {
        false
    }

    fn upstreams(
        &self,
        _parameters: &Values,
        configuration: &str,
        ports: &Ports,
    ) -> Result<Vec<Upstream>, String> {
        front::of_practice(configuration, ports)
    }

    fn run(&self, scene: &Scene<'_>, watch: &dyn Watch) -> Result<Outcome, String> {
        let course = votes::run(scene.parameters)?;
        let day = scene.parameters.number("day_minutes")?;
        let flood = Arc::new(Flood::read(scene.parameters)?);
        let samples = flood::run(scene, &flood, watch)?;
        let share = |kind: Kind, holds: fn(&Sample) -> bool| {
            let of = || samples.iter().filter(|sample| sample.kind == kind);
            let held = of().filter(|sample| holds(sample)).count();
            held as f64 / of().count() as f64
        };
        let lost = 1.0 - share(Kind::Transaction, |sample| sample.is_good);
        let stalled = course.stalled_minutes.min(day);
        let mut outcome = Outcome::default();
        outcome.figure("unserved_minutes", stalled + (day - stalled) * lost);
        outcome.figure("stalled_minutes", course.stalled_minutes);
        outcome.figure("lost_percent", lost * 100.0);
        outcome.figure("blind_percent", share(Kind::Look, |sample| !sample.is_good) * 100.0);
        let answered = share(Kind::Read, |sample| sample.is_good);
        outcome.figure("reads_answered_percent", answered * 100.0);
        let took = |kind: Kind| {
            let good = samples.iter().filter(move |it| it.kind == kind && it.is_good);
            good.map(|sample| (sample.at, sample.took_ms))
        };
        let mut times: Vec<f64> = took(Kind::Transaction).map(|(_, took)| took).collect();
        times.sort_by(f64::total_cmp);
        if let Some(p95) = times.get(times.len().saturating_sub(1) * 95 / 100) {
            outcome.figure("transaction_p95_ms", *p95);
        }
        for (id, value) in &course.figures {
            outcome.figure(id, *value);
        }
        for event in course.events {
            outcome.event(event.at, event.what);
        }
        for series in course.series {
            outcome.curve(series);
        }
        let (name, points) = ("transactions that got through, measured", took(Kind::Transaction));
        outcome.curve(Series::new("transactions", name, "ms", points.collect()));
        Ok(outcome)
    }
}
