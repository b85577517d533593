//! The incidents that come with Seawall.

use std::path::PathBuf;

use drill::{Defences, Form, Library, Request};
use incident::{Silent, cases};

fn library() -> Library {
    seawall::drills::library(PathBuf::from(env!("CARGO_BIN_EXE_seawall")))
}

fn short() -> Request {
    Request { seed: 1, defences: Defences::Each, form: Form::Short, portfolio: None }
}

#[test]
fn every_incident_can_be_run_and_says_what_it_has_to_show() {
    // A drill that no expectation holds to anything would praise any defence; one whose file is wrong is found out by a
    // user in the middle of `run all`.
    let library = library();
    for incident in library.incidents().unwrap_or_else(|error| panic!("{error}")) {
        for name in incident.other_names().into_iter().chain([incident.id.clone()]) {
            let found = library.find(&name).unwrap_or_else(|error| panic!("{error}"));
            for form in [Form::Full, Form::Short] {
                let all = cases(&found.incident, &found.parameters(form))
                    .unwrap_or_else(|error| panic!("{name}: {error}"));
                let expected = found.expectation(form).unwrap_or_else(|error| panic!("{error}"));
                if found.mechanism.is_only_data() {
                    continue;
                }
                // Another version of a day is played, in full, for what it shows without defences.
                let wanted: &[&str] = match (&found.profile, form) {
                    (None, _) => &["off", "on"],
                    (Some(_), Form::Full) => &["off"],
                    (Some(_), Form::Short) => &[],
                };
                for case in wanted {
                    assert!(
                        expected.bounds.contains_key(*case),
                        "{name}: nothing is expected of {form:?} {case}"
                    );
                }
                for case in expected.bounds.keys() {
                    assert!(all.iter().any(|it| it.id == *case), "{name}: there is no case {case}");
                }
            }
        }
    }
}

#[test]
fn the_deterministic_drills_hold_and_are_the_same_twice() {
    // Whoever repeats a drill with the seed of a report must come to its figures.
    let library = library();
    for incident in library.incidents().unwrap_or_else(|error| panic!("{error}")) {
        let found = library.find(&incident.id).unwrap_or_else(|error| panic!("{error}"));
        if !found.mechanism.is_deterministic() {
            continue;
        }
        let run = || {
            drill::run(&library, &found, &short(), &Silent)
                .unwrap_or_else(|error| panic!("{error}"))
        };
        let (one, two) = (run(), run());
        assert!(one.holds(), "{}", drill::table(&one));
        for (one, two) in one.ran.iter().zip(&two.ran) {
            assert_eq!(one, two, "{}: {}", incident.id, one.case.id);
        }
    }
}

#[test]
fn the_page_of_drills_lists_them_all() {
    // Whoever looks for a crisis in the page would not find it, or read a damage that is counted otherwise now.
    let incidents = library().incidents().unwrap_or_else(|error| panic!("{error}"));
    let page = include_str!("../../../docs/drills/README.md");
    assert!(
        page.contains(&drill::markdown(&incidents)),
        "docs/drills/README.md: the table is not what `seawall drill list --markdown` prints"
    );
}
