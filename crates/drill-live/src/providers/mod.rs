//! A chain's providers, who fail as providers do, and clients who ask for more than they bear.
//!
//! Real: the gateway, the binary as it is shipped, over its sockets; the chain behind the providers, small EVM nodes that
//! make blocks. Simulated: the providers (capacity, quota, HTTP 503 and 429, silence, refused connections, failing
//! health checks, wrong zero balances, lost names, machines that are started late) and the clients, who come in an open loop and try
//! again.
//!
//! Left out: what becomes of transactions (they are sent from accounts that own nothing, so that the nodes' answer ends
//! them), the network between data centres, and what a provider does inside. Wall time passes, so that two runs are alike
//! and not equal.

mod clients;
mod look;
mod names;
mod provider;
mod spec;
mod tally;

use std::sync::Arc;

use incident::{Mechanism, Outcome, Parameter, Ports, Scene, Series, Upstream, Values, Watch};
use practice::{NodeSpec, World, WorldOptions};
use runtime::{clock, task};
use units::{Span, Timestamp};

use crate::front::{self, Front};
use crate::part::Places;
use clients::Crowd;
use look::Look;
use names::NameServer;
use provider::Provider;
use spec::Plan;

/// Between two points of the curve of what providers bear, in seconds.
const CAPACITY_STEP: f64 = 0.25;

/// For how long nobody takes connections that have just been broken, in seconds.
const BREAK: f64 = 0.1;

/// The mechanism.
#[derive(Debug)]
pub(crate) struct Providers;

impl Mechanism for Providers {
    fn name(&self) -> &'static str {
        "providers"
    }

    fn about(&self) -> &'static str {
        "A chain's providers and the clients of the real gateway before them, over real sockets. Each provider has a \
         capacity (requests wait in a queue, and are worked off though nobody waits any more), a quota, and faults in \
         a time of its own: HTTP 503 or 429, silence, refused connections, failing health checks, \
         balances told as zero; some may be started late. Clients come when they are due, ask for what everybody asks \
         for and for accounts, send transactions, and try again. Behind the providers stand small EVM nodes. Left out: \
         what becomes of transactions, networks between data centres, and what a provider does inside. In the configuration {provider-1} stands for the first \
         provider's address or name, and so on; {name-server} for who knows the names; {listen} for the gateway's."
    }

    fn parameters(&self) -> Vec<Parameter> {
        spec::parameters()
    }

    fn figures(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("calls", "calls that clients made"),
            ("answered", "calls that got a right answer in time"),
            (
                "failed",
                "calls that got none, or one too late to be of use, after all tries of the client",
            ),
            ("reads_failed", "of those, reads"),
            ("transactions", "transactions that clients sent"),
            ("transactions_failed", "of the calls that failed, transactions"),
            ("transactions_failed_percent", "their share of the transactions"),
            (
                "above_objective_seconds",
                "seconds in which more than one call in twenty failed or took longer than was promised",
            ),
            (
                "stale_seconds",
                "the oldest that the newest block was by which reads are answered, since there was a newer one",
            ),
            ("good_removed", "times that an upstream was put out that was well"),
            ("failed_percent", "share of calls that failed"),
            ("wrong_answers", "balances of zero told to clients for accounts that have one"),
            ("failed_or_wrong", "calls that failed or got a wrong answer"),
            ("sessions_completed", "sessions all of whose calls were answered"),
            ("sessions_lost", "sessions that ended with a call that failed"),
            ("sessions_unfinished", "sessions that began and did not complete by the end"),
            (
                "page_wrong_seconds",
                "seconds for which the status page said something else of the providers than was so; where there is a {status}",
            ),
            (
                "upstream_calls",
                "requests that providers got, those of the gateway itself among them",
            ),
            ("upstream_calls_per_call", "of those, for each call of a client"),
            ("tries_per_call", "requests of clients for each call: how much they amplify"),
            ("over_quota", "requests sent to providers beyond what they let us send"),
            (
                "blind_seconds",
                "seconds with fewer than two well domains of which the gateway said nothing",
            ),
            (
                "good_out_seconds",
                "seconds for which upstreams were put out that were well, all together",
            ),
            ("failover_seconds", "from the first trouble until calls were answered again"),
            (
                "recovery_seconds",
                "from the end of all trouble outside until calls were answered for good",
            ),
            ("p50_ms", "half of the answered calls took at most so long since they were due"),
            ("p99_ms", "99 in a hundred of them did"),
        ]
    }

    fn is_deterministic(&self) -> bool {
        false
    }

    fn upstreams(
        &self,
        parameters: &Values,
        configuration: &str,
        ports: &Ports,
    ) -> Result<Vec<Upstream>, String> {
        let count = Plan::read(parameters)?.providers.len();
        front::upstreams(configuration, &of_providers(count), ports)
    }

    fn run(&self, scene: &Scene<'_>, watch: &dyn Watch) -> Result<Outcome, String> {
        let plan = Plan::read(scene.parameters)?;
        let world = world(plan.providers.len(), scene.seed)?;
        let nodes = world.nodes();
        let mut providers = Vec::new();
        for (nth, (spec, node)) in plan.providers.iter().zip(&nodes).enumerate() {
            let (limits, at) = ((plan.answer_ms, plan.queue), front::listen_at(scene, nth)?);
            let seed = scene.seed.wrapping_add(nth as u64).wrapping_add(1);
            providers.push(Provider::start(spec, limits, (&node.url, at), seed)?);
        }
        let server = name_server(&plan, &providers)?;
        let mut places = Places::default().with("name-server", server.address());
        for ((spec, provider), nth) in plan.providers.iter().zip(&providers).zip(1..) {
            let (place, address) = (format!("provider-{nth}"), provider.address());
            places = match spec.loses_name {
                true => {
                    let name = names::of_provider(nth);
                    places.with(&place, format!("{name}:{}", address.port()))
                }
                false => places.with(&place, address),
            };
        }
        watch.progress(0, "starting the gateway");
        let of_chain = front::chain(scene.configuration, &of_providers(providers.len()))?;
        let front = Front::open(scene, &places, &of_chain.0, watch)?;
        let outside = (&world, providers.as_slice(), &server);
        let mut outcome = task::block_on(drill((scene, &plan), outside, &front, of_chain, watch))?;
        front.leave_untold(&mut outcome, &NOT_TOLD);
        Ok(outcome)
    }
}

/// Figures of what Seawall's gateway says of its upstreams, which another one does not say in its way.
const NOT_TOLD: [&str; 5] =
    ["blind_seconds", "good_out_seconds", "good_removed", "stale_seconds", "page_wrong_seconds"];

async fn drill(
    (scene, plan): (&Scene<'_>, &Plan),
    (world, providers, server): (&World, &[Provider], &NameServer),
    front: &Front,
    (chain, upstreams): (String, Vec<usize>),
    watch: &dyn Watch,
) -> Result<Outcome, String> {
    let (began, lasts) = (clock::now(), Span::from_millis((plan.lasts * 1e3) as u64));
    providers.iter().for_each(|it| it.begin(began));
    server.begin(began);
    let crowd = Arc::new(Crowd::new(&plan.load, front, world.chain_id(), (began, lasts)));
    let page = front.address("status");
    let (crowd_of_look, page_inside) = (Arc::clone(&crowd), plan.page_inside);
    let look = Look {
        front,
        page,
        page_inside,
        chain,
        providers,
        upstreams,
        world,
        crowd: crowd_of_look,
        watch,
    };
    let ends = began.after(lasts);
    let come = crowd.come(scene.seed);
    let goings = go_and_come_back(plan, providers, began);
    let (come, looked, gone) = task::join!(come, look.until(ends, plan.lasts), goings);
    come.and(looked).and(gone).and(front.end())?;
    let over: u64 = providers.iter().map(|it| it.desk().over_quota()).sum();
    let tally = crowd.tally().clone();
    let mut outcome = tally.outcome((plan.first_trouble(), plan.trouble_ends()), plan.lasts);
    outcome.figure("over_quota", over as f64);
    tell(plan, &mut outcome);
    draw_capacity(plan, &mut outcome);
    Ok(outcome)
}

/// Has providers refuse connections while they are to.
async fn go_and_come_back(
    plan: &Plan,
    providers: &[Provider],
    began: Timestamp,
) -> Result<(), String> {
    let at = |seconds: f64| began.after(Span::from_millis((seconds * 1e3) as u64));
    let mut turns = Vec::new();
    for (spec, provider) in plan.providers.iter().zip(providers).filter(|(spec, _)| spec.gone) {
        turns.push((at(spec.ill_from), true, provider));
        turns.push((at(spec.ill_until.min(plan.lasts)), false, provider));
    }
    for (spec, provider) in plan.providers.iter().zip(providers) {
        if spec.joins > 0.0 && spec.joins < plan.lasts {
            turns.push((at(spec.joins), false, provider));
        }
    }
    for (spec, provider) in plan.providers.iter().zip(providers) {
        if spec.breaks > 0.0 && spec.breaks + BREAK < plan.lasts {
            turns.push((at(spec.breaks), true, provider));
            turns.push((at(spec.breaks + BREAK), false, provider));
        }
    }
    turns.sort_by_key(|(when, _, _)| *when);
    for (when, goes, provider) in turns {
        clock::sleep_until(when).await;
        match goes {
            true => provider.go().await,
            false => provider.come_back()?,
        }
    }
    Ok(())
}

/// The places of so many providers.
fn of_providers(providers: usize) -> Vec<String> {
    (1..=providers).map(|nth| format!("provider-{nth}")).collect()
}

/// The faults as events of the run.
fn tell(plan: &Plan, outcome: &mut Outcome) {
    let mut events = Vec::new();
    if plan.load.burst_per_second > 0.0 {
        events.push((plan.load.burst.0, "the burst begins".to_owned()));
        if plan.load.half_life <= 0.0 {
            events.push((plan.load.burst.1, "the burst ends".to_owned()));
        }
    }
    for (spec, nth) in plan.providers.iter().zip(1..) {
        if spec.ill_until > spec.ill_from {
            events.push((spec.ill_from, format!("provider {nth} fails")));
            events.push((spec.ill_until, format!("provider {nth} is well again")));
        }
        if spec.joins > 0.0 {
            events.push((spec.joins, format!("provider {nth} is started")));
        }
        if spec.breaks > 0.0 {
            events.push((spec.breaks, format!("connections of provider {nth} break")));
        }
    }
    if let Some(loss) = plan.names_lost() {
        events.push((loss.from, "names have no address any more".to_owned()));
        events.push((loss.until, "names are back".to_owned()));
    }
    events.sort_by(|one, other| one.0.total_cmp(&other.0));
    events.retain(|(at, _)| *at < plan.lasts);
    events.into_iter().for_each(|(at, what)| outcome.event(at, what));
}

/// What providers bear, beside what is asked.
fn draw_capacity(plan: &Plan, outcome: &mut Outcome) {
    let steps = (plan.lasts / CAPACITY_STEP) as u32;
    let at = |step: u32| {
        let seconds = f64::from(step) * CAPACITY_STEP;
        plan.capacity(seconds).map(|capacity| (seconds, capacity))
    };
    let Some(points) = (0..=steps).map(at).collect() else { return };
    outcome.curve(Series::new("capacity", "requests that providers bear", "a second", points));
}

/// Who knows the providers' names.
fn name_server(plan: &Plan, providers: &[Provider]) -> Result<NameServer, String> {
    let all = plan.providers.iter().zip(providers).zip(1..);
    let named = all.filter(|((spec, _), _)| spec.loses_name);
    let names = named
        .map(|((_, provider), nth)| (names::of_provider(nth), names::four(provider.address())));
    NameServer::start(names.collect(), plan.loss)
}

/// So many nodes of one chain, with a block each second.
fn world(nodes: usize, seed: u64) -> Result<World, String> {
    let node = |nth: usize| NodeSpec {
        name: format!("node-{nth}"),
        operator: format!("operator-{nth}"),
        cloud: String::new(),
        client_version: "Geth/v1.16.4-stable/linux-amd64/go1.24.7".to_owned(),
    };
    let options = WorldOptions {
        block_time: Span::from_secs(1),
        nodes: (1..=nodes).map(node).collect(),
        seed,
        ..WorldOptions::default()
    };
    World::start(options).map_err(|error| error.to_string())
}

/// A span in seconds.
fn seconds(span: Span) -> f64 {
    span.as_micros() as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upstreams_are_known_by_the_providers_that_they_lead_to() {
        // Else what is said of one would be held against how another is.
        let text = "[[gateway.chain]]\nname = \"optimism\"\n[[gateway.chain.upstream]]\nname = \"a\"\nhttp = \"http://{provider-2}\"\n[[gateway.chain.upstream]]\nhttp = \"http://{provider-1}/x\"\n";
        assert_eq!(
            front::chain(text, &of_providers(2)).unwrap(),
            ("optimism".to_owned(), vec![1, 0])
        );
        assert!(front::chain(text, &of_providers(1)).is_err());
    }
}
