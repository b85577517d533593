//! Reads drills back from the JSON that earlier runs have written.

use incident::{Outcome, Role, cases, target_case};
use serde_json::Value;

use crate::drilled::{Drilled, Ran};
use crate::library::{DrillError, Library};
use crate::request::Form;
use crate::spread::AtRisk;

/// Drills of a JSON file: one, or a list. Their incidents have to be known to the library.
///
/// # Errors
/// Where the file is not one that a drill has written, or was written by a version with other incidents.
pub fn read_back(library: &Library, file: &str, text: &str) -> Result<Vec<Drilled>, DrillError> {
    let wrong = |why: String| DrillError::File(format!("{file}: {why}"));
    let json: Value = serde_json::from_str(text)
        .map_err(|error| wrong(format!("this is no JSON of a drill: {error}")))?;
    let all = json.as_array().map_or(std::slice::from_ref(&json), Vec::as_slice);
    all.iter().map(|one| drill(library, one)?.map_err(wrong)).collect()
}

/// The outer error is the library's, which says itself what is wrong.
fn drill(library: &Library, json: &Value) -> Result<Result<Drilled, String>, DrillError> {
    let Some(name) = json["drill"].as_str() else {
        return Ok(Err("this is no JSON of a drill: it has no `drill`".to_owned()));
    };
    let found = library.find(name)?;
    let form = match json["form"].as_str() {
        Some("short") => Form::Short,
        _ => Form::Full,
    };
    let read = |case: &incident::Case| {
        let of_case = json["cases"].as_array().into_iter().flatten();
        let written = of_case.into_iter().find(|it| it["id"].as_str() == Some(&case.id))?;
        let outcome = Outcome::from_json(&written["outcome"])?;
        Some(Ran { case: case.clone(), outcome })
    };
    let parameters = found.parameters(form);
    let made = cases(&found.incident, &parameters);
    let yours = target_case(&found.incident, &parameters);
    let expectation = found.expectation(form)?;
    Ok(made.map(|cases| Drilled {
        name: found.name(),
        about: found.mechanism.about().to_owned(),
        seed: json["seed"].as_u64().unwrap_or_default(),
        form,
        is_deterministic: found.mechanism.is_deterministic(),
        is_only_data: found.mechanism.is_only_data(),
        ran: cases.iter().chain([&yours]).filter_map(read).collect(),
        expectation,
        broken: texts(&json["not_as_expected"]),
        risk: AtRisk::from_json(&json["risk"]),
        incident: found.incident.clone(),
    }))
    .map(|drilled| match drilled {
        Ok(drilled) if !drilled.ran.iter().any(|ran| ran.case.role == Role::On) => {
            Err(format!("`{name}` has no run with its defences on"))
        }
        other => other,
    })
}

fn texts(list: &Value) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten();
    texts.filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::library::Tools;
    use crate::say::json;
    use crate::spread::{CaseAtRisk, Spread};

    fn library() -> Library {
        Library::new(Tools {
            binary: PathBuf::new(),
            read: |_| Err("nothing is run here".to_owned()),
        })
    }

    fn risk() -> AtRisk {
        let spread = Spread { mean: 1.5, deviation: 0.25, percentile: 2.0, interval: (1.75, 2.25) };
        let case = |id: &str| CaseAtRisk {
            id: id.to_owned(),
            name: format!("defence {id}"),
            value: spread,
            liquidations: Spread { mean: 7.0, ..spread },
        };
        AtRisk { seed: 7, seeds: 1_000, cases: vec![case("off"), case("on")] }
    }

    #[test]
    fn a_report_of_earlier_runs_says_what_they_said() {
        // Whoever keeps the JSON of a night's runs would get another report of it.
        let library = library();
        for incident in library.incidents().expect("they can be read") {
            let found = library.find(&incident.id).expect("it is there");
            let mut outcome = Outcome::default();
            for (nth, metric) in incident.metrics.iter().enumerate() {
                outcome.figure(&metric.id, nth as f64 + 0.5);
            }
            let ran = cases(&found.incident, &found.parameters(Form::Short))
                .expect("its changes lead somewhere")
                .into_iter()
                .chain([target_case(&found.incident, &found.parameters(Form::Short))])
                .map(|case| Ran { case, outcome: outcome.clone() })
                .collect();
            let drilled = Drilled {
                name: found.name(),
                about: found.mechanism.about().to_owned(),
                seed: 7,
                form: Form::Short,
                is_deterministic: found.mechanism.is_deterministic(),
                is_only_data: found.mechanism.is_only_data(),
                ran,
                expectation: found.expectation(Form::Short).expect("it can be read"),
                broken: vec!["on: too much".to_owned()],
                risk: found.incident.risk.as_ref().map(|_| risk()),
                incident: found.incident.clone(),
            };
            let text = json(&drilled).to_string();
            let read = read_back(&library, "night.json", &text).expect("it is what was written");
            assert_eq!(read.len(), 1);
            assert_eq!(read[0].ran, drilled.ran);
            assert_eq!(read[0].risk, drilled.risk);
            assert_eq!(crate::report::report(&read), crate::report::report(&[drilled]));
        }
    }

    #[test]
    fn what_is_no_drill_is_refused_with_its_file() {
        // A report of nothing would look like one of a quiet night.
        for (text, why) in
            [("[", "no JSON"), ("{}", "has no `drill`"), ("{\"drill\":\"x\"}", "no drill `x`")]
        {
            let said = read_back(&library(), "night.json", text).expect_err("is wrong").to_string();
            assert!(said.contains(why), "{said}");
        }
    }
}
