//! The journal's speed: durable commands a second beside okaywal and a bare file, and how long an acknowledgement takes
//! beside a bare sync, in the same rounds on the same disk.

mod open_loop;
mod report;
mod throughput;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::{notes, say};
use open_loop::Acknowledged;

/// Bytes of a record: a command of the venue's with its labels.
const RECORD: usize = 96;

/// Rounds; a ratio is taken within one.
const ROUNDS: usize = 3;

/// How long each row takes in a round.
const SPAN: Duration = Duration::from_millis(1_200);

/// Records that are synced together at most.
const TOGETHER: [usize; 2] = [512, 1_024];

/// Commands a second at which acknowledgements are timed.
const RATES: [u32; 4] = [10_000, 50_000, 100_000, 500_000];

/// What one round measured.
#[derive(Clone, Debug)]
struct Round {
    /// Durable records a second, with so many of [`TOGETHER`] a sync at most: ours, okaywal, and a bare file.
    throughput: Vec<[f64; 3]>,
    /// A bare write and sync of one record: half and 99 of 100 are faster, in microseconds.
    sync: [f64; 2],
    /// The same of acknowledgements, at each of the rates.
    acknowledged: Vec<Acknowledged>,
}

/// Measures, prints the table and writes it where the options say.
///
/// # Errors
/// Where an option is not known, the disk fails, or the file cannot be written.
pub(crate) fn run(options: &[&str]) -> Result<()> {
    let (mut out, mut on) = (None, None);
    let mut rest = options;
    while let [name, value, after @ ..] = rest {
        match *name {
            "--out" => out = Some(PathBuf::from(value)),
            "--on" => on = Some(PathBuf::from(value)),
            _ => bail!("there is no option {name}: --out FILE, --on FOLDER"),
        }
        rest = after;
    }
    let on = on.unwrap_or_else(|| PathBuf::from("target"));
    let mut rounds = Vec::new();
    for number in 1..=ROUNDS {
        let round = measure(&on)?;
        say(&format!("round {number}: {round:?}"));
        rounds.push(round);
    }
    let text = report::table(&rounds);
    say(&text);
    out.map_or(Ok(()), |path| notes::write(&path, &text))
}

fn measure(on: &Path) -> Result<Round> {
    let folder =
        || tempfile::tempdir_in(on).with_context(|| format!("no folder in {}", on.display()));
    let mut rates = Vec::new();
    for records in TOGETHER {
        let okaywal = throughput::okaywal(folder()?.path(), records)?;
        let ours = throughput::ours(folder()?.path(), records)?;
        let bare = throughput::bare(folder()?.path(), records)?;
        say(&format!("{records} a sync: ours {ours:.0}, okaywal {okaywal:.0}, bare {bare:.0}"));
        rates.push([ours, okaywal, bare]);
    }
    let before = throughput::syncs(folder()?.path())?;
    let acknowledged = RATES
        .into_iter()
        .map(|rate| open_loop::run(folder()?.path(), rate))
        .collect::<Result<Vec<_>>>()?;
    let after = throughput::syncs(folder()?.path())?;
    // The disk is not the same from one second to the next: what it did before and after is one sample.
    let sync = quantiles([before, after].concat());
    Ok(Round { throughput: rates, sync, acknowledged })
}

/// Half and 99 of 100 are below these, in microseconds.
fn quantiles(mut all: Vec<Duration>) -> [f64; 2] {
    all.sort_unstable();
    [50, 99].map(|percent| {
        let place = all.len() * percent / 100;
        all.get(place.min(all.len().saturating_sub(1))).map_or(0.0, |it| it.as_secs_f64() * 1e6)
    })
}
