//! Runs a drill over many seeds, for what a book stands to lose.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use incident::{Case, Risk, Role, Silent, Watch, cases};

use crate::library::{DrillError, Found, Library};
use crate::request::Request;
use crate::run::{is_wanted, run_case};
use crate::spread::{AtRisk, CaseAtRisk, spread};

/// Most seeds: a hundred times as many as a percentile needs.
pub const SEEDS_MAX: u32 = 100_000;

/// Most threads: more seeds at once than that need more memory than a machine has.
const THREADS_MAX: usize = 64;

/// What came of a seed, by its place: both figures, or why there are none.
type Ran = (usize, Result<(f64, f64), String>);

/// Runs a deterministic drill with so many seeds, over all cores, and says what it stands to lose.
///
/// # Errors
/// Where the drill has no `[risk]` or is not deterministic, or a run could not be made.
pub fn at_risk(
    library: &Library,
    found: &Found<'_>,
    request: &Request,
    seeds: u32,
    watch: &dyn Watch,
) -> Result<AtRisk, DrillError> {
    let name = found.name();
    let wrong = |why: &str| DrillError::File(format!("{name}: {why}"));
    let risk = found.incident.risk.clone();
    let risk =
        risk.ok_or_else(|| wrong("it has no [risk], so that many seeds say nothing of it"))?;
    if !found.mechanism.is_deterministic() {
        return Err(wrong("it is no deterministic drill, so that seeds say nothing of it"));
    }
    if seeds == 0 || seeds > SEEDS_MAX {
        return Err(wrong(&format!("from 1 to {SEEDS_MAX} seeds can be run")));
    }
    let all = cases(&found.incident, &found.parameters(request.form)).map_err(|why| wrong(&why))?;
    let is_main = |case: &Case| matches!(case.role, Role::Off | Role::On);
    let wanted = |case: &Case| is_main(case) && is_wanted(case, request.defences);
    let wanted: Vec<Case> = all.into_iter().filter(wanted).collect();
    let mut spreads = Vec::new();
    for (nth, case) in wanted.iter().enumerate() {
        let told = Told { watch, name: &case.name, nth, of: wanted.len() };
        let drawn = over_seeds((library, found), request, (case, &risk), seeds, &told)?;
        let of = |figure: fn(&(f64, f64)) -> f64| spread(drawn.iter().map(figure).collect());
        spreads.push(CaseAtRisk {
            id: case.id.clone(),
            name: case.name.clone(),
            value: of(|pair| pair.0),
            liquidations: of(|pair| pair.1),
        });
    }
    Ok(AtRisk { seed: request.seed, seeds, cases: spreads })
}

/// Who is told how far the seeds are.
struct Told<'a> {
    watch: &'a dyn Watch,
    name: &'a str,
    nth: usize,
    of: usize,
}

/// Both figures of a case for each seed, in the order of the seeds, however many threads there are.
fn over_seeds(
    (library, found): (&Library, &Found<'_>),
    request: &Request,
    (case, risk): (&Case, &Risk),
    seeds: u32,
    told: &Told<'_>,
) -> Result<Vec<(f64, f64)>, DrillError> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(THREADS_MAX);
    let count = usize::try_from(seeds).unwrap_or(usize::MAX);
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (sender, receiver) = mpsc::channel();
    let mut all = vec![(0.0, 0.0); count];
    let figures_of = |place: usize| {
        let seed = request.seed.wrapping_add(place as u64);
        let request = Request { seed, ..request.clone() };
        let outcome = run_case(library, found, &request, (case, None), &Silent);
        let figures = outcome.and_then(|outcome| {
            let figure = |id: &str| outcome.get(id).ok_or_else(|| format!("there is no `{id}`"));
            Ok((figure(&risk.value)?, figure(&risk.liquidations)?))
        });
        figures.map_err(|why| format!("seed {seed}: {why}"))
    };
    let work = |sender: &mpsc::Sender<Ran>| {
        let mut place = next.fetch_add(1, Ordering::Relaxed);
        while place < count && !failed.load(Ordering::Relaxed) {
            let figures = figures_of(place);
            failed.fetch_or(figures.is_err(), Ordering::Relaxed);
            // Who has failed is told of; whoever hears nothing more ends.
            if sender.send((place, figures)).is_err() {
                return;
            }
            place = next.fetch_add(1, Ordering::Relaxed);
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, work) = (sender.clone(), &work);
            scope.spawn(move || work(&sender));
        }
        drop(sender);
        let mut why = None;
        for (done, (place, figures)) in receiver.iter().enumerate() {
            match (figures, all.get_mut(place)) {
                (Ok(figures), Some(at)) => *at = figures,
                (Err(error), _) => why = Some(error),
                (Ok(_), None) => {}
            }
            let whole = (told.nth * count + done + 1) * 1_000 / (told.of * count).max(1);
            let now = format!("{}: seed {} of {count}", told.name, done + 1);
            told.watch.progress(u32::try_from(whole).unwrap_or(1_000), &now);
        }
        match why {
            None => Ok(all),
            Some(why) => {
                Err(DrillError::Failed { drill: found.name(), case: case.id.clone(), why })
            }
        }
    })
}
