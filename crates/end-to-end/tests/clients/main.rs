//! Real clients, unmodified, through the gateway, with a node being killed under each.

mod alloy;

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use testkit::contract;
use testkit::tools;
use testkit::world::{Trouble, World};

/// Private keys of anvil's first unlocked accounts, which are public knowledge.
const KEYS: [&str; 4] = [
    "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
    "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
    "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
];

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
        Self {
            world,
            turn: AtomicUsize::new(0),
            dead: Mutex::new(None),
            told: Mutex::new(Vec::new()),
        }
    }

    fn step(&self, name: &str) {
        let node = self.turn.fetch_add(1, Ordering::SeqCst) % 3;
        let mut dead = self.dead.lock().expect("no thread panicked");
        if let Some(last) = dead.replace(node) {
            self.world.heal(last);
        }
        self.told
            .lock()
            .expect("no thread panicked")
            .push(format!("{name}: node {node} is killed"));
        self.world.apply(node, &Trouble::Kill);
    }
}

/// Runs a client script to its end and gives the summary it prints.
fn run_script(world: &World, key: usize, program: &Path, script: &str) -> Value {
    let mut child = Command::new(program)
        .arg(tools::root().join("crates/end-to-end/clients").join(script))
        .env("NPM", tools::npm())
        .env("URL_UNDER_TEST", world.gateway.url())
        .env("KEY", KEYS[key])
        .env("CODE", contract::counter_code())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
    let reaper = Reaper::new(world);
    let mut summary = Value::Null;
    let output = child.stdout.take().expect("invariant: the output is piped");
    for line in BufReader::new(output).lines() {
        let line = line.expect("the script prints text");
        match line.strip_prefix("step ") {
            Some(step) => reaper.step(step),
            None => summary = serde_json::from_str(&line).unwrap_or_default(),
        }
    }
    let mut errors = String::new();
    let mut stderr = child.stderr.take().expect("invariant: the errors are piped");
    stderr.read_to_string(&mut errors).expect("the script prints text");
    let status = child.wait().expect("invariant: the child is ours");
    world.fleet.check();
    let (steps, chain) = (reaper.told.into_inner(), world.gateway.chain());
    assert!(status.success(), "{script} fails: {errors}\n{steps:#?}\n{chain:#}");
    summary
}

fn check(summary: &Value, client: &str) {
    let named = summary["client"].as_str().is_some_and(|name| name.starts_with(client));
    assert!(named, "{summary}");
    let revert = summary["revert"].as_str().unwrap_or_default();
    assert!(revert.starts_with(contract::REFUSED) && revert.len() == 2 + 8 + 128, "{summary}");
}

#[test]
fn ethers_must_not_notice_that_nodes_are_killed() {
    let world = World::start();
    let summary = run_script(&world, 0, Path::new("node"), "ethers_client.mjs");
    println!("{summary}");
    check(&summary, "ethers 6");
}

#[test]
fn viem_must_not_notice_that_nodes_are_killed() {
    let world = World::start();
    let summary = run_script(&world, 1, Path::new("node"), "viem_client.mjs");
    println!("{summary}");
    check(&summary, "viem 2");
}

#[test]
fn web3_py_must_not_notice_that_nodes_are_killed() {
    let world = World::start();
    let summary = run_script(&world, 2, &tools::python(), "web3py_client.py");
    println!("{summary}");
    check(&summary, "web3.py 8");
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
