//! The gateway beside nginx and HAProxy, all before the same stub, in the same rounds.

mod load;
mod options;
mod peers;
mod report;
mod rows;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::process::{self, Cores, Process};
use crate::{notes, say};
use load::Measured;
use options::Options;
use peers::{Peer, Upstreams, World};
pub(crate) use report::machine;
use rows::{Load, ROWS, Row, Target};

/// Where the stub listens; the last one is the sick one. Below the ports that the system gives out itself.
const STUB_PORTS: [u16; 4] = [27_101, 27_102, 27_103, 27_104];
/// Where TLS to the stub ends.
const TLS_PORT: u16 = 27_110;

/// What was measured: row, target, and one entry a round (`None` where it could not be measured).
type Results = BTreeMap<(&'static str, &'static str), Vec<Measured>>;

/// Measures as the options say and writes the table.
pub(crate) fn run(options: &[&str]) -> Result<()> {
    let options = Options::read(options)?;
    let versions = peers::versions(&options.seawall)?;
    versions.iter().for_each(|version| say(version));
    let folder = tempfile::tempdir().context("cannot make a folder for settings")?;
    let world = World::new(folder.path(), &options.seawall)?;
    let _stub = start_stub()?;
    let _tls = peers::start_tls_front(&world, &Cores::Load)?;
    let mut results = Results::new();
    for round in 0..options.rounds {
        for row in ROWS.iter().filter(|row| options.wants(row)) {
            measure(&world, row, round, &options, &mut results)
                .with_context(|| format!("row {}", row.name))?;
        }
    }
    let text = report::table(&results, &versions, &options);
    say(&text);
    if let Some(path) = &options.out {
        notes::write(Path::new(path), &text)?;
    }
    Ok(())
}

/// All targets of one row once, beginning with another one each round.
fn measure(
    world: &World<'_>,
    row: &Row,
    round: u64,
    options: &Options,
    results: &mut Results,
) -> Result<()> {
    let rate = match row.load {
        Load::Closed => 0,
        Load::Half => capacity(world, row, options)? / 2,
    };
    let first = usize::try_from(round).unwrap_or(0) % row.targets.len().max(1);
    let (tail, head) = row.targets.split_at(first);
    for target in head.iter().chain(tail) {
        let measured = one(world, row, target, (round, rate), options)
            .with_context(|| format!("target {}", target.name))?;
        say(&format!("round {round} {:10} {:14} {measured}", row.name, target.name));
        results.entry((row.name, target.name)).or_default().push(measured);
    }
    Ok(())
}

/// What HAProxy serves a second at most, after which the rate of all is set.
fn capacity(world: &World<'_>, row: &Row, options: &Options) -> Result<u64> {
    let target = Target { name: "haproxy", peer: Peer::Haproxy, workers: 1 };
    let full = Row { load: Load::Closed, ..*row };
    let brief = Options { seconds: 1, ..options.clone() };
    Ok(one(world, &full, &target, (0, 0), &brief)?.per_second)
}

/// One target in a process of its own, fresh, so that what it has cached is this run's.
fn one(
    world: &World<'_>,
    row: &Row,
    target: &Target,
    (round, rate): (u64, u64),
    options: &Options,
) -> Result<Measured> {
    let cores = if row.both_cores { Cores::Both } else { Cores::Proxy };
    let process = peers::start(world, target, row.upstreams, &cores)?;
    let load = load::Order {
        address: peers::address(target.peer),
        method: row.method,
        same: row.same,
        connections: row.connections,
        seconds: options.seconds,
        // Another stretch of numbers each round and target, so that nothing is asked twice.
        from: 1_000 + (round * 8 + u64::from(target.workers)) * 20_000,
        rate,
        cores: if row.both_cores { Cores::Both } else { Cores::Load },
    };
    load::warm_up(world.folder, &load)?;
    let before = process.cpu_micros()?;
    let measured = load::run(world.folder, &load)?;
    let cpu = process.cpu_micros()?.saturating_sub(before);
    process.stop();
    Ok(measured.with_cpu(cpu))
}

/// The stub, on the load's core.
fn start_stub() -> Result<Process> {
    let own = std::env::current_exe().context("cannot find this program")?;
    let addresses = STUB_PORTS.map(|port| SocketAddr::from(([127, 0, 0, 1], port)).to_string());
    let mut words = vec!["stub"];
    words.extend(addresses.iter().map(String::as_str));
    let process = Process::start(&own, &words, &[], &Cores::Load)?;
    for port in STUB_PORTS {
        process::wait_for_port(port)?;
    }
    Ok(process)
}

/// The upstreams of a row as ports.
fn ports(upstreams: Upstreams) -> Vec<u16> {
    match upstreams {
        Upstreams::Plain => STUB_PORTS[..3].to_vec(),
        Upstreams::Sick => vec![STUB_PORTS[0], STUB_PORTS[1], STUB_PORTS[3]],
        Upstreams::Tls => vec![TLS_PORT; 3],
    }
}
