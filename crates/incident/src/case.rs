//! The runs that a drill is made of.

use crate::configuration::{Change, changed};
use crate::file::Incident;
use crate::values::Values;

/// A run of a drill.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// `on`, `off`, `without-` and a defence, the id of a remedy, or `target`.
    pub id: String,
    /// What it is, for the report.
    pub name: String,
    /// What it is there for.
    pub role: Role,
    /// The configuration, changes made.
    pub configuration: String,
    /// The parameters, all of them.
    pub parameters: Values,
}

/// What a run is there for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// All defences are on.
    On,
    /// None is.
    Off,
    /// All but the one of this id are on: what it alone is worth.
    Without(String),
    /// A remedy or another world, by its id.
    Remedy(String),
    /// A gateway of the user's own has taken the place of the real part.
    Target,
}

/// The run of an incident against a gateway of the user's own. The configuration says which providers there are.
#[must_use]
pub fn target_case(incident: &Incident, parameters: &Values) -> Case {
    Case {
        id: "target".to_owned(),
        name: "yours".to_owned(),
        role: Role::Target,
        configuration: incident.configuration.clone(),
        parameters: parameters.clone(),
    }
}

/// The runs of an incident, the ones with all defences off and on first. With one defence alone the run without it is
/// the one with none, and is not made twice.
///
/// # Errors
/// Where a change leads to nothing in the configuration.
pub fn cases(incident: &Incident, parameters: &Values) -> Result<Vec<Case>, String> {
    let all_off: Vec<&Change> = incident.defences.iter().flat_map(|defence| &defence.off).collect();
    let with = |changes: &[&Change]| changed(&incident.configuration, changes.iter().copied());
    let case = |id: &str, name: &str, role, configuration| Case {
        id: id.to_owned(),
        name: name.to_owned(),
        role,
        configuration,
        parameters: parameters.clone(),
    };
    let mut all = vec![
        case("off", "defence off", Role::Off, with(&all_off)?),
        case("on", "defence on", Role::On, with(&[])?),
    ];
    if incident.defences.len() > 1 {
        for defence in &incident.defences {
            let changes: Vec<&Change> = defence.off.iter().collect();
            let (id, name) =
                (format!("without-{}", defence.id), format!("without: {}", defence.name));
            all.push(case(&id, &name, Role::Without(defence.id.clone()), with(&changes)?));
        }
    }
    for remedy in &incident.remedies {
        let mut changes = if remedy.defences_on { Vec::new() } else { all_off.clone() };
        changes.extend(&remedy.changes);
        let role = Role::Remedy(remedy.id.clone());
        let made = case(&remedy.id, &remedy.name, role, with(&changes)?);
        all.push(Case { parameters: parameters.with(&remedy.parameters), ..made });
    }
    Ok(all)
}
