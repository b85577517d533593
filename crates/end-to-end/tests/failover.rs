//! Two of three nodes fail at any moment, in each way there is, and no client notices.

use std::thread;
use std::time::Duration;

use machine::Prng;
use testkit::load::Report;
use testkit::proxy::Fault;
use testkit::tools;
use testkit::world::{Trouble, World};

/// What the slowest hundredth of the calls may take.
const P99_MAX: Duration = Duration::from_secs(1);
/// The steady load, in reads a second.
const RATE: u32 = 200;
/// How long both nodes are in trouble: four block times, so that a served head that stands still is
/// found out.
const TROUBLE: Duration = Duration::from_secs(4);
/// How long the load runs before the first two fail.
const START: Duration = Duration::from_secs(2);
/// What a node's 429 asks for, in seconds.
const PAUSE_SECS: u64 = 3;

fn troubles() -> Vec<(&'static str, Trouble)> {
    vec![
        ("kill", Trouble::Kill),
        ("hang", Trouble::Proxy(Fault::Hang)),
        ("freeze", Trouble::Freeze),
        ("429", Trouble::Proxy(Fault::too_many(&PAUSE_SECS.to_string()))),
        ("500", Trouble::Proxy(Fault::status(500))),
        ("html", Trouble::Proxy(Fault::Html)),
        ("cut body", Trouble::Proxy(Fault::CutBody)),
    ]
}

/// Each kind with itself on two nodes, then each with another kind on another node.
fn rounds(prng: &mut Prng) -> Vec<[(&'static str, Trouble); 2]> {
    let all = troubles();
    let mut rounds: Vec<_> = all.iter().map(|one| [one.clone(), one.clone()]).collect();
    let step = 1 + prng.index(all.len() - 1);
    for (at, one) in all.iter().enumerate() {
        rounds.push([one.clone(), all[(at + step) % all.len()].clone()]);
    }
    rounds
}

/// How long all three nodes are well before the next two fail: a moment, which the survivor of then
/// may have been one of the fallen of now, in its pause or out of favour still.
fn rest(prng: &mut Prng) -> Duration {
    Duration::from_millis(300 + prng.below(1700))
}

fn run(world: &World, seed: u64) -> Report {
    let mut prng = Prng::new(seed);
    let load = world.load(RATE, seed);
    thread::sleep(START);
    for [first, second] in rounds(&mut prng) {
        let survivor = prng.index(3);
        let mut pair = [(survivor + 1) % 3, (survivor + 2) % 3];
        if prng.below(2) == 0 {
            pair.reverse();
        }
        load.mark(&format!("{} on {}, {} on {}", first.0, pair[0], second.0, pair[1]));
        world.apply(pair[0], &first.1);
        // The second falls at any moment of the first one's fall, also at the same one.
        thread::sleep(Duration::from_millis(prng.below(1200)));
        world.apply(pair[1], &second.1);
        thread::sleep(TROUBLE);
        load.mark("healed");
        world.heal(pair[0]);
        world.heal(pair[1]);
        thread::sleep(rest(&mut prng));
    }
    world.fleet.check();
    load.finish()
}

#[test]
fn losing_two_of_three_nodes_must_not_lose_a_request_or_falsify_an_answer() {
    let _alone = tools::alone();
    // Another seed is another order of nodes, pairs and moments.
    let seed = std::env::var("SEAWALL_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or(20_201_111);
    let world = World::start();
    let report = run(&world, seed);
    println!("seed {seed}\n{report}");
    report.assert_clean(P99_MAX);
}
