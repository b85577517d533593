//! The table, in Markdown.

use std::fmt::Write as _;
use std::fs;

use super::Results;
use super::load::Measured;
use super::options::Options;
use super::rows::{Load, ROWS, Row, Target};

/// All that was measured, as text.
pub(super) fn table(results: &Results, versions: &[String], options: &Options) -> String {
    let mut text = String::from("# The gateway beside nginx and HAProxy\n\n");
    text.push_str(&intro(versions, options));
    text.push_str(AIMS_HEAD);
    for row in ROWS {
        if let Some(line) = aim(results, row) {
            text.push_str(&line);
        }
    }
    text.push_str(ROWS_HEAD);
    for row in ROWS {
        for target in row.targets {
            if let Some(line) = line(results, row, target) {
                text.push_str(&line);
            }
        }
    }
    text
}

const AIMS_HEAD: &str = "
## Seawall against HAProxy

The median of the ratios, each taken within one round, and the least and the greatest of them.

| what | Seawall / HAProxy | from..to | aim |
|---|---|---|---|
";

const ROWS_HEAD: &str = "
## All figures

Medians over the rounds. CPU is user and system time of the program a call; the latencies are in
microseconds.

| what | program | calls/s | p50 | p99 | p99.9 | CPU µs a call | CPU / HAProxy's | failed |
|---|---|---|---|---|---|---|---|---|
";

fn intro(versions: &[String], options: &Options) -> String {
    let date = std::process::Command::new("date").args(["-u", "+%Y-%m-%d"]).output();
    let date = date.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
    format!(
        "Made by `cargo xtask bench gateway` on {}: {} rounds of {} s a program and row, the order of the \
         programs turned each round.\n\n\
         - Machine: {}\n- Programs: {}\n\
         - Every program is pinned to one core, with one worker; stub and load have the other core, unless the \
         row says otherwise. Connections are kept alive on both sides, nobody writes access logs, no question \
         is asked twice unless the row says so.\n\
         - Seawall runs with everything on: three upstreams of three operators with health, votes, split checks, \
         hedges and retries, the cache, metrics and the status page. nginx and HAProxy pass bytes on.\n\
         - Behind all of them is the same stub; on loopback the sender pays for most of the receiver's TCP work.\n",
        date.unwrap_or_default(),
        options.rounds,
        options.seconds,
        machine(),
        versions.join("; "),
    )
}

/// What the machine is, without its name.
pub(crate) fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    // Not those that this process may use: it may be pinned.
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let number: String = kernel.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    format!("{}, {cores} cores, Linux {number}", model.map_or("unknown CPU", |(_, it)| it))
}

/// The line of one row among the aims.
fn aim(results: &Results, row: &Row) -> Option<String> {
    let of = |name| results.get(&(row.name, name));
    let (what, ours, theirs) = match row.load {
        _ if row.both_cores => {
            ("throughput, two workers / one", of("seawall 2")?, of("seawall 1")?)
        }
        Load::Half => ("p99", of("seawall")?, of("haproxy")?),
        Load::Closed => ("CPU a call", of("seawall")?, of("haproxy")?),
    };
    let value = |measured: &Measured| match row.load {
        _ if row.both_cores => measured.per_second,
        Load::Half => measured.p99,
        Load::Closed => measured.cpu_nanos,
    };
    let ratios = ratios(ours, theirs, value);
    let (Some(least), Some(greatest)) = (ratios.first(), ratios.last()) else { return None };
    let middle = median(&ratios);
    let aim = row.aim_percent.map_or("–".to_owned(), |aim| {
        let verdict = if middle <= aim { "held" } else { "missed" };
        format!("at most {}: {verdict}", hundredths(aim))
    });
    Some(format!(
        "| {}: {what} | {} | {}..{} | {aim} |\n",
        row.title,
        hundredths(middle),
        hundredths(*least),
        hundredths(*greatest)
    ))
}

/// The line of one target among the figures.
fn line(results: &Results, row: &Row, target: &Target) -> Option<String> {
    let measured = results.get(&(row.name, target.name))?;
    let of = |value: fn(&Measured) -> u64| {
        let mut values: Vec<u64> = measured.iter().map(value).collect();
        values.sort_unstable();
        median(&values)
    };
    let peer = results.get(&(row.name, if row.both_cores { "haproxy 1" } else { "haproxy" }));
    let ratio = peer.map_or("–".to_owned(), |peer| {
        hundredths(median(&ratios(measured, peer, |it| it.cpu_nanos)))
    });
    let mut text = String::new();
    writeln!(
        text,
        "| {} | {} | {} | {} | {} | {} | {} | {ratio} | {} |",
        row.title,
        target.name,
        of(|it| it.per_second),
        of(|it| it.p50),
        of(|it| it.p99),
        of(|it| it.p999),
        hundredths(of(|it| it.cpu_nanos / 10)),
        of(|it| it.failed),
    )
    .ok()?;
    Some(text)
}

/// The ratios round by round in per cent, sorted.
fn ratios(ours: &[Measured], theirs: &[Measured], value: impl Fn(&Measured) -> u64) -> Vec<u64> {
    let pairs = ours.iter().zip(theirs);
    let mut ratios: Vec<u64> =
        pairs.filter_map(|(a, b)| (value(a) * 100).checked_div(value(b))).collect();
    ratios.sort_unstable();
    ratios
}

fn median(sorted: &[u64]) -> u64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or(0)
}

/// Hundredths as a number with two places.
fn hundredths(value: u64) -> String {
    format!("{}.{:02}", value / 100, value % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(cpu_nanos: u64) -> Measured {
        Measured { calls: 1, cpu_nanos, ..Measured::default() }
    }

    #[test]
    fn a_ratio_must_be_of_one_round_or_the_machines_moods_decide() {
        // The machine was twice as slow in the second round, for both.
        let (ours, theirs) =
            ([run(10_000), run(20_000), run(12_000)], [run(10_000), run(20_000), run(10_000)]);
        let ratios = ratios(&ours, &theirs, |it| it.cpu_nanos);
        assert_eq!((ratios.as_slice(), median(&ratios)), ([100, 100, 120].as_slice(), 100));
        assert_eq!(hundredths(median(&ratios)), "1.00");
    }
}
