//! Makes the runs of an incident.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use incident::{Case, Outcome, Role, Scene, Target, Watch, cases, target_case};

use crate::drilled::{Drilled, Ran};
use crate::library::{DrillError, Found, Library};
use crate::request::{Defences, Form, Request};

/// Makes the runs of an incident, one after the other, and holds them to what is expected.
///
/// # Errors
/// Where a run could not be made. Damage is no error, and neither is an expectation that is not met.
pub fn run(
    library: &Library,
    found: &Found<'_>,
    request: &Request,
    watch: &dyn Watch,
) -> Result<Drilled, DrillError> {
    run_beside(library, found, request, None, watch)
}

/// Makes the runs of an incident, and one against a gateway of the user's own beside them: first, since whoever has
/// mistyped its address wants to hear of it at once. Nothing is expected of that one.
///
/// # Errors
/// As [`run`], and where no other gateway can take the place of ours.
pub fn run_beside(
    library: &Library,
    found: &Found<'_>,
    request: &Request,
    target: Option<&Target>,
    watch: &dyn Watch,
) -> Result<Drilled, DrillError> {
    let name = found.name();
    let parameters = found.parameters(request.form);
    let expectation = found.expectation(request.form)?;
    if request.portfolio.is_some() && !found.mechanism.takes_portfolio() {
        return Err(DrillError::File(format!("{name} takes no portfolio: it has no accounts")));
    }
    let all = cases(&found.incident, &parameters)
        .map_err(|why| DrillError::File(format!("{}: {why}", found.incident.id)))?;
    let mut wanted: Vec<Case> =
        all.into_iter().filter(|case| is_wanted(case, request.defences)).collect();
    if let Some(target) = target {
        found.upstreams(library, request.form, &target.ports)?;
        wanted.insert(0, target_case(&found.incident, &parameters));
    }
    let mut ran = Vec::new();
    let mut broken = Vec::new();
    for (nth, case) in wanted.iter().enumerate() {
        if watch.is_stopped() {
            let why = "it was stopped before this run".to_owned();
            return Err(DrillError::Failed { drill: name, case: case.id.clone(), why });
        }
        let part = Part { watch, nth, of: wanted.len(), name: &case.name };
        let target = target.filter(|_| case.role == Role::Target);
        let outcome = run_case(library, found, request, (case, target), &part).map_err(|why| {
            DrillError::Failed { drill: name.clone(), case: case.id.clone(), why }
        })?;
        // Another population has other damage; what was calibrated on ours says nothing about it.
        if request.portfolio.is_none() && case.role != Role::Target {
            broken.extend(expectation.broken(&case.id, &outcome));
        }
        ran.push(Ran { case: case.clone(), outcome });
    }
    if target.is_some() {
        // Told after ours, beside which it is read.
        ran.rotate_left(1);
    }
    let mut drilled = Drilled {
        name,
        incident: found.incident.clone(),
        about: found.mechanism.about().to_owned(),
        seed: request.seed,
        form: request.form,
        is_deterministic: found.mechanism.is_deterministic(),
        is_only_data: found.mechanism.is_only_data(),
        ran,
        expectation,
        broken,
        risk: None,
    };
    let surprises = surprises(&drilled);
    drilled.broken.extend(surprises);
    Ok(drilled)
}

pub(crate) fn is_wanted(case: &Case, defences: Defences) -> bool {
    match defences {
        Defences::Off => case.role == Role::Off,
        Defences::On => case.role == Role::On,
        Defences::Both => matches!(case.role, Role::Off | Role::On),
        Defences::Each => true,
    }
}

/// Remedies that show something else than their file says.
///
/// The few seconds of a live drill's short form are too few to judge one by.
fn surprises(drilled: &Drilled) -> Vec<String> {
    if drilled.form == Form::Short && !drilled.is_deterministic {
        return Vec::new();
    }
    let surprise = |ran: &Ran| {
        let Role::Remedy(id) = &ran.case.role else { return None };
        let remedy = drilled.incident.remedies.iter().find(|remedy| remedy.id == *id)?;
        let (said, shown) = (remedy.verdict?, drilled.verdict(&ran.case)?);
        (said != shown).then(|| {
            format!("{id}: it {} here, and its file says that it {}", shown.words(), said.words())
        })
    };
    drilled.ran.iter().filter_map(surprise).collect()
}

pub(crate) fn run_case(
    library: &Library,
    found: &Found<'_>,
    request: &Request,
    (case, target): (&Case, Option<&Target>),
    watch: &dyn Watch,
) -> Result<Outcome, String> {
    let folder = Folder::make(&case.id)?;
    let scene = Scene {
        parameters: &case.parameters,
        configuration: &case.configuration,
        seed: request.seed,
        binary: &library.tools().binary,
        folder: &folder.0,
        portfolio: request.portfolio.as_deref(),
        target,
    };
    found.mechanism.run(&scene, watch)
}

/// A folder of a run, which goes with it.
struct Folder(PathBuf);

impl Folder {
    fn make(case: &str) -> Result<Self, String> {
        let base = std::env::temp_dir();
        for nth in 0..10_000_u32 {
            let path = base.join(format!("seawall-drill-{}-{case}-{nth}", process::id()));
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(format!("cannot make {}: {error}", path.display())),
            }
        }
        Err(format!("there are too many folders of drills in {}", Path::new(&base).display()))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to whoever cleans the folder of temporary files.
        drop(fs::remove_dir_all(&self.0));
    }
}

/// A run as part of a drill's progress.
#[derive(Debug)]
struct Part<'a> {
    watch: &'a dyn Watch,
    nth: usize,
    of: usize,
    name: &'a str,
}

impl Watch for Part<'_> {
    fn progress(&self, per_mille: u32, now: &str) {
        let (nth, of) = (self.nth as u64, self.of.max(1) as u64);
        let whole = (nth * 1_000 + u64::from(per_mille.min(1_000))) / of;
        let whole = u32::try_from(whole).unwrap_or(1_000);
        self.watch.progress(whole, &format!("{}: {now}", self.name));
    }
}

#[cfg(test)]
mod tests {
    use incident::{Expectation, Incident, Outcome, cases};

    use super::*;
    use crate::embedded;

    #[test]
    fn the_short_form_of_a_live_drill_judges_no_remedy() {
        // A few seconds of chance would end the practice page's button, and `run all --short`, in "not as expected".
        let file = embedded::ALL.iter().find(|file| file.name.contains("aws-dns")).expect("it is");
        let incident = Incident::read(file.name, file.incident).expect("it is sound");
        let all = cases(&incident, &incident.parameters).expect("its changes lead somewhere");
        let metrics: Vec<String> = incident.metrics.iter().map(|it| it.id.clone()).collect();
        let ran = |case| {
            let mut outcome = Outcome::default();
            for metric in &metrics {
                outcome.figure(metric, 0.0);
            }
            Ran { case, outcome }
        };
        let mut drilled = Drilled {
            name: incident.id.clone(),
            incident,
            about: String::new(),
            seed: 1,
            form: Form::Full,
            is_deterministic: false,
            is_only_data: false,
            ran: all.into_iter().map(ran).collect(),
            expectation: Expectation::default(),
            broken: Vec::new(),
            risk: None,
        };
        assert!(!surprises(&drilled).is_empty(), "in full a remedy that does nothing is said");
        drilled.form = Form::Short;
        assert!(surprises(&drilled).is_empty());
        drilled.is_deterministic = true;
        assert!(!surprises(&drilled).is_empty(), "what can be repeated is judged in both forms");
    }
}
