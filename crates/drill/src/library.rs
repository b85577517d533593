//! The incidents and the mechanisms.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use drill_market::ReadConfiguration;
use incident::{Expectation, Incident, Mechanism, Mistakes, Ports, Profile, Upstream, Values};

use crate::embedded;
use crate::request::Form;

/// What mechanisms need of the binary that they run in.
#[derive(Clone, Debug)]
pub struct Tools {
    /// The binary itself, which live mechanisms start as a part.
    pub binary: PathBuf,
    /// How a configuration is read.
    pub read: ReadConfiguration,
}

/// Why there was no drill. Damage is none of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DrillError {
    /// There is no such incident.
    #[error("there is no drill `{name}`; there are {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// A file is wrong.
    #[error("{0}")]
    File(String),
    /// A run could not be made.
    #[error("{drill}, {case}: {why}")]
    Failed {
        /// The incident's id.
        drill: String,
        /// The case's id.
        case: String,
        /// Why not.
        why: String,
    },
}

impl From<Mistakes> for DrillError {
    fn from(mistakes: Mistakes) -> Self {
        Self::File(mistakes.to_string())
    }
}

/// All incidents that come with Seawall, and all mechanisms.
#[derive(Debug)]
pub struct Library {
    mechanisms: Vec<Box<dyn Mechanism>>,
    tools: Tools,
}

/// An incident that was asked for.
#[derive(Debug)]
pub struct Found<'a> {
    /// The incident.
    pub incident: Incident,
    /// Which version of the day, where there are several and one was named.
    pub profile: Option<Profile>,
    /// What simulates it.
    pub mechanism: &'a dyn Mechanism,
    expectation: Option<(String, String)>,
}

/// Largest file of an incident, in bytes: a story, not a data set.
const FILE_MAX: u64 = 1 << 20;

impl Library {
    /// Everything that comes with Seawall.
    #[must_use]
    pub fn new(tools: Tools) -> Self {
        let mut mechanisms = drill_market::mechanisms(tools.read);
        mechanisms.extend(drill_chain::mechanisms());
        mechanisms.extend(drill_live::mechanisms());
        Self { mechanisms, tools }
    }

    /// What mechanisms need of the binary.
    #[must_use]
    pub fn tools(&self) -> &Tools {
        &self.tools
    }

    /// The mechanisms, for the list of what an own incident may use.
    pub fn mechanisms(&self) -> impl Iterator<Item = &dyn Mechanism> {
        self.mechanisms.iter().map(AsRef::as_ref)
    }

    /// The drills in which a gateway of the user's own can take the place of ours.
    #[must_use]
    pub fn targetable(&self) -> Vec<String> {
        let incidents = self.incidents().unwrap_or_default();
        incidents.into_iter().filter(|it| self.takes_target(it)).map(|it| it.id).collect()
    }

    /// Whether a gateway of the user's own can take the place of ours in an incident.
    #[must_use]
    pub fn takes_target(&self, incident: &Incident) -> bool {
        let ports = Ports { on: Ipv4Addr::LOCALHOST.into(), first: 1 };
        self.found(incident.clone(), None, None).is_ok_and(|found| {
            let parameters = found.parameters(Form::Full);
            found.mechanism.upstreams(&parameters, &found.incident.configuration, &ports).is_ok()
        })
    }

    /// The incidents that come with Seawall, in order.
    ///
    /// # Errors
    /// Where one of them is wrong, which a test looks for.
    pub fn incidents(&self) -> Result<Vec<Incident>, DrillError> {
        let read = |file: &embedded::Embedded| Ok(Incident::read(file.name, file.incident)?);
        embedded::ALL.iter().map(read).collect()
    }

    /// Finds an incident by its id, by its id with a profile's behind it, or by the path of its file, which ends in
    /// `.toml`. Expectations of `x.toml` stand in `x.expect.toml`, if there are any.
    ///
    /// # Errors
    /// Where there is none, its file is wrong, or its mechanism does not know one of its parameters.
    pub fn find(&self, name: &str) -> Result<Found<'_>, DrillError> {
        if Path::new(name).extension().is_some_and(|extension| extension == "toml") {
            let text = read_file(name)?;
            let beside = name.strip_suffix(".toml").map(|stem| format!("{stem}.expect.toml"));
            let beside = beside.filter(|path| Path::new(path).exists());
            let expectation = match beside {
                Some(path) => Some((path.clone(), read_file(&path)?)),
                None => None,
            };
            return self.found(Incident::read(name, &text)?, None, expectation);
        }
        let mut known = Vec::new();
        for file in embedded::ALL {
            let incident = Incident::read(file.name, file.incident)?;
            let wanted = name.strip_prefix(incident.id.as_str());
            let wanted = wanted.and_then(|rest| rest.strip_prefix('-'));
            let profile =
                incident.profiles.iter().find(|it| Some(it.id.as_str()) == wanted).cloned();
            let is_own = wanted.is_some() && incident.version.as_deref() == wanted;
            if incident.id == name || is_own || profile.is_some() {
                let expectation =
                    (file.name.replace(".toml", ".expect.toml"), file.expectation.to_owned());
                return self.found(incident, profile, Some(expectation));
            }
            known.push(incident.id);
        }
        Err(DrillError::Unknown { name: name.to_owned(), known: known.join(", ") })
    }

    fn found(
        &self,
        incident: Incident,
        profile: Option<Profile>,
        expectation: Option<(String, String)>,
    ) -> Result<Found<'_>, DrillError> {
        let mechanism = self.mechanisms().find(|mechanism| mechanism.name() == incident.mechanism);
        let Some(mechanism) = mechanism else {
            let known: Vec<&str> = self.mechanisms().map(Mechanism::name).collect();
            let (id, wanted, known) = (&incident.id, &incident.mechanism, known.join("`, `"));
            let what = format!("{id}: mechanism: `{wanted}` is none of `{known}`");
            return Err(DrillError::File(what));
        };
        check(&incident, mechanism)?;
        Ok(Found { incident, profile, mechanism, expectation })
    }
}

impl Found<'_> {
    /// The providers that a gateway of the user's own has to be told of.
    ///
    /// # Errors
    /// Where no other gateway can take the place of ours, with the drills in which one can.
    pub fn upstreams(
        &self,
        library: &Library,
        form: Form,
        ports: &Ports,
    ) -> Result<Vec<Upstream>, DrillError> {
        let parameters = self.parameters(form);
        let told = self.mechanism.upstreams(&parameters, &self.incident.configuration, ports);
        told.map_err(|why| {
            let (name, known) = (self.name(), library.targetable().join(", "));
            DrillError::File(format!("{name} takes no --target: {why}; these do: {known}"))
        })
    }

    /// What it is called: the incident's id, with the profile's where one was named.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.profile {
            Some(profile) => format!("{}-{}", self.incident.id, profile.id),
            None => self.incident.id.clone(),
        }
    }

    /// All parameters: the mechanism's usual ones, the file's over them, then those of profile and form.
    #[must_use]
    pub fn parameters(&self, form: Form) -> Values {
        let mut all = Values::default();
        for parameter in self.mechanism.parameters() {
            if let Some(usual) = parameter.usual {
                all.set(parameter.name, usual);
            }
        }
        all = all.with(&self.incident.parameters);
        if let Some(profile) = &self.profile {
            all = all.with(&profile.parameters);
        }
        match form {
            Form::Full => all,
            Form::Short => all.with(&self.incident.short),
        }
    }

    /// What it has to show in a form; those of a profile stand under `full` and `short` with the case's name behind the
    /// profile's and a dot.
    ///
    /// # Errors
    /// Where the file of expectations is wrong.
    pub fn expectation(&self, form: Form) -> Result<Expectation, DrillError> {
        let Some((file, text)) = &self.expectation else { return Ok(Expectation::default()) };
        let form = match form {
            Form::Full => "full",
            Form::Short => "short",
        };
        let mut all = Expectation::read(file, text, form)?;
        // Of the incident itself, those of no profile.
        let prefix = self.profile.as_ref().map_or_else(String::new, |it| format!("{}:", it.id));
        let of_version = |(case, bounds): (String, _)| {
            let case = case.strip_prefix(&prefix)?;
            (!case.contains(':')).then(|| (case.to_owned(), bounds))
        };
        all.bounds = all.bounds.into_iter().filter_map(of_version).collect();
        Ok(all)
    }
}

fn read_file(name: &str) -> Result<String, DrillError> {
    let wrong = |why: String| DrillError::File(format!("cannot read {name}: {why}"));
    let size = fs::metadata(name).map_err(|error| wrong(error.to_string()))?.len();
    if size > FILE_MAX {
        return Err(wrong(format!("it has {size} bytes, and {FILE_MAX} are the most")));
    }
    fs::read_to_string(name).map_err(|error| wrong(error.to_string()))
}

/// Names of parameters and figures that the mechanism does not have.
fn check(incident: &Incident, mechanism: &dyn Mechanism) -> Result<(), DrillError> {
    let parameters = mechanism.parameters();
    let of_profiles = incident.profiles.iter().map(|profile| &profile.parameters);
    let of_remedies = incident.remedies.iter().map(|remedy| &remedy.parameters);
    let given = [&incident.parameters, &incident.short].into_iter().chain(of_profiles);
    let mut wrong = Vec::new();
    for name in given.chain(of_remedies).flat_map(Values::names) {
        if !parameters.iter().any(|parameter| parameter.name == name) {
            wrong.push(format!(
                "the parameter `{name}` is not one of its mechanism `{}`",
                mechanism.name()
            ));
        }
    }
    for parameter in &parameters {
        if parameter.usual.is_none() && incident.parameters.get(parameter.name).is_none() {
            wrong.push(format!(
                "the parameter `{}` is missing: {}",
                parameter.name, parameter.about
            ));
        }
    }
    for metric in &incident.metrics {
        if !mechanism.figures().iter().any(|(id, _)| *id == metric.id) {
            wrong.push(format!("there is no figure `{}` of its mechanism for a metric", metric.id));
        }
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(DrillError::File(format!("{}: {}", incident.id, wrong.join("; ")))),
    }
}
