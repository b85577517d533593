//! `seawall drill load`: how much a gateway or a venue stands.

mod own;

use std::fs;
use std::io::Read as _;
use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use load::Holder;
use load::capacity::{
    self, Capacity, CapacityReport, Judgement, Limits, Listener, Mix, StepReport, Surface,
};
use load::capacity::{Threshold, USUAL, read_span};
use runtime::client::Endpoint;
use runtime::task::{self, sync::watch};
use units::Span;

use super::target::{confirmed, is_here};
use super::{Progress, say};
use crate::arguments::{LoadArguments, LoadSurface};
use crate::error::CommandError;
use own::Own;

/// Requests a second at 1x where nothing is said: 100x is then what a small platform sees on its worst day.
const RATE: u32 = 50;

/// And for a target that is not this machine: 100x is then what may be sent there unasked.
const RATE_NAMED: u32 = 2;

/// Clients of a part that is started here: as many as share a gateway's places in turn.
const CLIENTS: usize = 16;

/// The largest file of calls, in bytes.
const CALLS_BYTES_MAX: u64 = 1 << 20;

/// Requests under way at most where nothing is said: at a tenth of a second each, what 100x of the usual rate needs.
const UNDER_WAY: usize = 500;

/// Open files of a process where the system does not say how many there may be: what most have.
const FILES_USUAL: usize = 1_024;

/// Files that are open besides connections.
const FILES_BESIDES: usize = 150;

/// Files that a request has open: one, and where gateway and nodes are in this process four.
const FILES_EACH: [usize; 2] = [1, 4];

/// Where a venue's key and secret are read from, so that they are in no list of processes.
const KEY: [&str; 2] = ["SEAWALL_LOAD_KEY", "SEAWALL_LOAD_SECRET"];

/// Carries it out, and says of each step what came of it as soon as it is known.
///
/// # Errors
/// Where a threshold was crossed; and as mistakes, where the arguments hold one, the target is not there, or the run says
/// nothing.
pub(super) fn run(arguments: &LoadArguments) -> Result<(), CommandError> {
    let surface = match arguments.surface {
        LoadSurface::Gateway => Surface::Gateway,
        LoadSurface::Venue => Surface::Venue,
    };
    // Everything that can be wrong with the arguments is said before anything is started.
    let confirm = arguments.confirm.as_deref();
    let target = arguments.target.as_deref().map(|url| confirmed(url, confirm)).transpose()?;
    let mut plan = plan(arguments, surface, target.as_ref())?;
    let own = if target.is_none() { Some(Own::start(surface)?) } else { None };
    if let Some(own) = &own {
        plan.endpoint = own.endpoint()?;
        if arguments.calls.is_none() && surface == Surface::Venue {
            plan.mix = Mix::with_orders();
        }
        plan.account = own.account();
        plan.clients = arguments.clients.map_or(CLIENTS, usize::from);
    }
    let report = task::block_on(carry_out(&plan, own.as_ref()))?;
    say(&format!("\n{}", report.verdict()))?;
    if let Some(path) = &arguments.json {
        write_json(path, &plan, &report)?;
    }
    match report.judgement() {
        Judgement::Held => Ok(()),
        Judgement::Crossed => Err(anyhow!("a threshold was crossed").into()),
        Judgement::Void => Err(CommandError::Void("the run is void".to_owned())),
        Judgement::BrokenOff => Err(CommandError::Void("the run was broken off".to_owned())),
    }
}

fn misuse(why: String) -> CommandError {
    CommandError::Config(why)
}

/// What the arguments ask for.
fn plan(
    arguments: &LoadArguments,
    surface: Surface,
    target: Option<&Endpoint>,
) -> Result<Capacity, CommandError> {
    // Where a part is started here, and on which port it will be found.
    let here = || Endpoint::parse("http://127.0.0.1").map_err(misuse);
    let at = target.cloned().map_or_else(here, Ok)?;
    let (limits, rate) =
        if is_here(&at) { (Limits::HERE, RATE) } else { (Limits::ELSEWHERE, RATE_NAMED) };
    let span = |name: &str, text: &str| {
        let read =
            read_span(text).filter(|span| *span > Span::ZERO && *span <= Span::from_secs(60));
        read.ok_or_else(|| {
            misuse(format!("{name} is a time up to 60s, such as 250ms, not {text:?}"))
        })
    };
    let thresholds = match arguments.thresholds.as_slice() {
        [] => USUAL.iter().map(|text| Threshold::read(text)).collect::<Result<_, _>>(),
        texts => texts.iter().map(|text| Threshold::read(text)).collect(),
    };
    let account = account()?;
    let plan = Capacity {
        seed: arguments.seed,
        endpoint: at,
        surface,
        mix: mix(arguments, surface, account.is_some())?,
        // The key of a part that is started here is its own.
        account: account.or_else(|| target.is_none().then(Own::key)),
        rate: arguments.rate.unwrap_or(rate),
        steps: arguments.steps.clone(),
        step_lasts: Span::from_secs(arguments.step_seconds),
        patience: span("--timeout", &arguments.timeout)?,
        in_time: span("--in-time", &arguments.in_time)?,
        under_way: under_way(arguments, target.is_none())?,
        clients: arguments.clients.map_or(1, usize::from),
        thresholds: thresholds.map_err(misuse)?,
        limits,
        most: arguments.most.unwrap_or(limits.per_second),
    };
    let host = plan.endpoint.host().parse::<IpAddr>();
    if plan.clients > 1 && !host.is_ok_and(|host| host.is_ipv4() && host.is_loopback()) {
        return Err(misuse("--clients is for targets in 127.0.0.0/8 alone".to_owned()));
    }
    plan.check().map_err(misuse)?;
    Ok(plan)
}

/// How many requests may be under way: what was asked for, or what the open files of this process allow.
fn under_way(arguments: &LoadArguments, is_own: bool) -> Result<usize, CommandError> {
    let files_each = FILES_EACH[usize::from(is_own)];
    let most = open_files_max();
    let Some(connections) = arguments.connections else {
        let files = most.unwrap_or(FILES_USUAL).saturating_sub(FILES_BESIDES);
        return Ok(UNDER_WAY.min(files / files_each).max(1));
    };
    let files = connections.saturating_mul(files_each).saturating_add(FILES_BESIDES);
    match most {
        Some(most) if files > most => Err(misuse(format!(
            "--connections {connections}: that may take {files} open files, and the system lets this process have {most}; \
             take fewer, or say ulimit -n {files} before"
        ))),
        _ => Ok(connections),
    }
}

fn mix(arguments: &LoadArguments, surface: Surface, has_key: bool) -> Result<Mix, CommandError> {
    let Some(file) = &arguments.calls else {
        return Ok(match surface {
            Surface::Gateway => Mix::wallets(),
            Surface::Venue if has_key => Mix::with_test_orders(),
            Surface::Venue => Mix::public(),
        });
    };
    let shown = file.display();
    let read = || -> std::io::Result<String> {
        let mut text = String::new();
        fs::File::open(file)?.take(CALLS_BYTES_MAX.saturating_add(1)).read_to_string(&mut text)?;
        Ok(text)
    };
    let text = read().map_err(|why| misuse(format!("cannot read {shown}: {why}")))?;
    if u64::try_from(text.len()).is_ok_and(|bytes| bytes > CALLS_BYTES_MAX) {
        return Err(misuse(format!("{shown} is larger than {CALLS_BYTES_MAX} bytes")));
    }
    Mix::read(&text, surface).map_err(|wrong| {
        let lines = wrong.iter().map(|why| format!("{shown} {why}"));
        misuse(lines.collect::<Vec<_>>().join("\n"))
    })
}

/// The key of the environment, where there is one.
fn account() -> Result<Option<Holder>, CommandError> {
    match KEY.map(|name| std::env::var(name).ok()) {
        [Some(key), Some(secret)] => Ok(Some(Holder::new("load", &key, &secret))),
        [None, None] => Ok(None),
        _ => Err(misuse(format!("{} and {} go together", KEY[0], KEY[1]))),
    }
}

/// The most files that this process may have open, as Linux says it.
fn open_files_max() -> Option<usize> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

async fn carry_out(plan: &Capacity, own: Option<&Own>) -> Result<CapacityReport, CommandError> {
    let (stop, mut stopped) = watch::channel(false);
    // From the beginning, so that what was started here is ended, too, where Ctrl-C comes before the first step.
    let asked = task::spawn(async move {
        runtime::signal::stop_requested().await;
        let _runs = stop.send(true).is_ok();
        // Held until the run is over: nobody left who could stop it is a reason to stop.
        std::future::pending::<()>().await;
    });
    let at = own.map_or_else(|| plan.endpoint.to_string(), Own::words);
    let bad = unless(&mut stopped, async {
        if let Some(own) = own {
            own.wait().await?;
        }
        let bad = capacity::look(plan).await;
        bad.map_err(|why| misuse(format!("{at} does not answer as it should: {why}")))
    });
    let bad = bad.await?;
    say(&format!(
        "{at}: {} requests a second at 1x, {} s a step, {} under way at most, seed {}\n",
        plan.rate,
        plan.step_lasts.as_secs(),
        plan.under_way,
        plan.seed
    ))?;
    for call in bad {
        say(&format!("not well before there was any load: {call}\n"))?;
    }
    say(&format!("\n{}", capacity::header()))?;
    let told = Told(Progress::new("load"));
    let report = capacity::run(plan, stopped, &told).await;
    asked.abort();
    Ok(report.map_err(|why| anyhow!(why))?)
}

/// What there is to do before the first step, unless the run is stopped before that is done.
async fn unless<T>(
    stopped: &mut watch::Receiver<bool>,
    work: impl Future<Output = Result<T, CommandError>>,
) -> Result<T, CommandError> {
    task::select! {
        done = work => done,
        _asked = stopped.wait_for(|stop| *stop) => {
            Err(CommandError::Void("the run was broken off before its first step".to_owned()))
        }
    }
}

/// Tells how far it is on standard error, and the steps on standard output.
struct Told(Progress);

impl Listener for Told {
    fn progress(&self, per_mille: u32, now: &str) {
        incident::Watch::progress(&self.0, per_mille, now);
    }

    fn step(&self, step: &StepReport) {
        self.0.end();
        // Where standard output is closed the verdict says so.
        drop(say(&step.row()));
    }
}

fn write_json(path: &Path, plan: &Capacity, report: &CapacityReport) -> Result<(), CommandError> {
    let mut json = report.json();
    json["seawall"] = env!("CARGO_PKG_VERSION").into();
    json["target"] = plan.endpoint.to_string().into();
    json["connections"] = plan.under_way.into();
    json["calls"] = plan
        .mix
        .weights()
        .map(|(name, weight)| serde_json::json!({"call": name, "weight": weight}))
        .collect();
    let written = fs::write(path, format!("{json:#}\n"));
    Ok(written.with_context(|| format!("cannot write {}", path.display()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_can_be_stopped_before_its_first_step() {
        // The process would end as it stands, and what was started for it would leave its folder behind.
        task::block_on(async {
            let (stop, mut stopped) = watch::channel(false);
            assert!(matches!(unless(&mut stopped, async { Ok(7) }).await, Ok(7)));
            assert!(stop.send(true).is_ok());
            let waits = std::future::pending::<Result<(), CommandError>>();
            assert!(matches!(unless(&mut stopped, waits).await, Err(CommandError::Void(_))));
        });
    }
}
