//! Real clients, unmodified, through the gateway, with nodes being killed under each.

mod alloy;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use testkit::contract;
use testkit::script::{self, Client, KEYS};
use testkit::world::{Trouble, World};

/// Kills a node at each step that a client tells of, and brings the one before back to life: all
/// nodes die in turn, each while something that it may have been chosen for is under way.
struct Reaper<'a> {
    world: &'a World,
    turn: AtomicUsize,
    dead: Mutex<Option<usize>>,
    told: Mutex<Vec<String>>,
}

impl<'a> Reaper<'a> {
    const fn new(world: &'a World) -> Self {
        let turn = AtomicUsize::new(0);
        Self { world, turn, dead: Mutex::new(None), told: Mutex::new(Vec::new()) }
    }

    fn step(&self, name: &str) {
        let node = self.turn.fetch_add(1, Ordering::SeqCst) % 3;
        let mut dead = self.dead.lock().expect("no thread panicked");
        if let Some(last) = dead.replace(node) {
            self.world.heal(last);
        }
        self.told.lock().expect("no thread panicked").push(format!("{name}: {node} is killed"));
        self.world.apply(node, &Trouble::Kill);
    }
}

fn run(client: Client, key: &str) -> Value {
    let world = World::start();
    let reaper = Reaper::new(&world);
    let outcome = script::run(client, &world.gateway.url(), key, |name| reaper.step(name));
    world.fleet.check();
    outcome.unwrap_or_else(|why| panic!("{why}\n{:#?}\n{:#}", reaper.told, world.gateway.chain()))
}

#[test]
fn ethers_must_not_notice_that_nodes_are_killed() {
    let summary = run(Client::Ethers, KEYS[0]);
    println!("{summary}");
    script::check(&summary, "ethers 6");
}

#[test]
fn viem_must_not_notice_that_nodes_are_killed() {
    let summary = run(Client::Viem, KEYS[1]);
    println!("{summary}");
    script::check(&summary, "viem 2");
}

#[test]
fn web3_py_must_not_notice_that_nodes_are_killed() {
    let summary = run(Client::Web3Py, KEYS[2]);
    println!("{summary}");
    script::check(&summary, "web3.py 8");
}

#[test]
fn alloy_must_not_notice_that_nodes_are_killed() {
    let world = World::start();
    let reaper = Reaper::new(&world);
    let step = |name: &str| reaper.step(name);
    let code = contract::counter_code();
    runtime::task::block_on(alloy::run(&world.gateway.url(), KEYS[3], &code, &step));
    world.fleet.check();
}
