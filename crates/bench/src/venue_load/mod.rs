//! The venue under load: the real binary, held to a rate that this machine's other core can offer a hundred times of;
//! with its admission and without; and then as fast as it goes, beside bare echoes.

mod echo;
mod ground;
mod options;
mod page;
mod plain;

use std::fs;

use anyhow::{Context as _, Result, anyhow, bail};
use load::{Plan, Prices, Report, Scene, groups, run as offer};
use runtime::task;
use serde_json::{Value, json};
use units::Span;

use crate::process::{Cores, pin};
use crate::{notes, say};
pub(crate) use echo::serve as echo;
use ground::{Ground, Mode};
use options::Options;

/// What the engine is held to, commands a second.
const CAPACITY: u32 = 500;

/// How much is offered, in times of that, and how much of the capacity are requests that cut risk, in hundredths.
const SCENES: [(u32, u32); 3] = [(1, 10), (10, 30), (100, 60)];

/// What a client has under way at once who trades or asks.
const LINES: usize = 8;

/// Within how long an answer is of use to a client.
const IN_TIME: Span = Span::from_secs(1);

/// One run of load.
#[derive(Clone, Debug)]
struct Run {
    mode: Mode,
    scene: Scene,
    report: Report,
    /// The processor's time that the venue used, as a share of its core, in hundredths.
    busy_percent: u64,
    /// The most memory that the venue held, in MiB.
    memory_mib: u64,
}

impl Run {
    /// Commands that were of use, in times of what the engine could do.
    fn goodput(&self) -> f64 {
        self.report.goodput() / f64::from(self.scene.capacity)
    }
}

/// Measures as the options say, prints the page, and writes it where they say.
///
/// # Errors
/// Where the venue cannot be run, an option is not known, or the load could not keep up.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let options = Options::read(words)?;
    let folder = tempfile::tempdir_in(&options.on)
        .with_context(|| format!("no folder in {}", options.on.display()))?;
    let prices = Prices::start("BTC/USD", ground::PRICE).context("no source of prices")?;
    let ground = Ground::prepare(&options, folder.path(), prices.address())?;
    let mut runs = Vec::new();
    pin(Cores::Load)?;
    for mode in Mode::ALL.into_iter().filter(|mode| options.wants(mode.word())) {
        for (times, reduce_percent) in SCENES {
            if options.times.is_empty() || options.times.contains(&times) {
                let scene = Scene { capacity: CAPACITY, times, reduce_percent, lines: LINES };
                let run = one(&ground, mode, scene, &options)?;
                say(&page::line(&run));
                runs.push(run);
            }
        }
    }
    pin(Cores::Both)?;
    let plain =
        if options.wants("plain") { Some(plain::measure(&ground, &options)?) } else { None };
    let text = page::text(&runs, plain.as_ref(), &options);
    say(&text);
    if let Some(file) = &options.json {
        fs::write(file, format!("{:#}\n", document(&runs, plain.as_ref())))
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    if let Some(file) = &options.out {
        notes::write(file, &text)?;
    }
    let void = runs.iter().filter_map(|run| run.report.watched.void()).next();
    void.map_or(Ok(()), |why| bail!("a run says nothing of the venue: {why}"))
}

fn one(ground: &Ground, mode: Mode, scene: Scene, options: &Options) -> Result<Run> {
    let venue = ground.start(Some((mode, scene.capacity)), Cores::Proxy)?;
    let before = venue.process.cpu_micros()?;
    let plan = Plan {
        seed: options.seed,
        venue: venue.address,
        lasts: Span::from_secs(options.seconds),
        in_time: IN_TIME,
        terms: ground.terms,
        groups: groups(&scene, &ground.troupe),
    };
    let report = task::block_on(offer(&plan)).map_err(|why| anyhow!("{why}"))?;
    let used = venue.process.cpu_micros()?.saturating_sub(before);
    let ran = report.watched.ran.as_micros().max(1);
    let run = Run {
        mode,
        scene,
        busy_percent: used * 100 / ran,
        memory_mib: venue.process.memory_mib(),
        report,
    };
    venue.process.stop();
    Ok(run)
}

/// All runs as JSON, with what drew them.
fn document(runs: &[Run], plain: Option<&plain::Plain>) -> Value {
    let run = |run: &Run| {
        json!({
            "admission": run.mode.word(), "times": run.scene.times, "capacity": run.scene.capacity,
            "reduce_percent": run.scene.reduce_percent, "goodput_share": run.goodput(),
            "venue": {"busy_percent": run.busy_percent, "memory_mib": run.memory_mib}, "report": run.report.json(),
            "aims": page::aims(run).iter().map(|aim| {
                json!({"aim": aim.name, "wanted": aim.wanted, "seen": aim.seen, "held": aim.held})
            }).collect::<Vec<_>>(),
        })
    };
    json!({"runs": runs.iter().map(run).collect::<Vec<_>>(), "plain": plain.map(plain::Plain::json)})
}
