//! How drills stand on the page.

use super::standing::{Ended, Standing};
use super::*;

fn ended(page: &str) -> Ended {
    let result = DrillResult { is_short: true, holds: true, lines: Vec::new() };
    Ended { result, page: page.to_owned() }
}

#[test]
fn one_drill_runs_at_a_time() {
    // Two at once would measure each other on a small machine.
    let standing = Standing::default();
    assert!(standing.begin("usde"));
    assert!(!standing.begin("gas"));
    standing.end(Ok(ended("a page")));
    assert!(standing.begin("gas"));
}

#[test]
fn a_few_results_are_kept_and_the_newest_of_a_name_is_shown() {
    // A page that is left open for a week would fill the memory, or show yesterday's figures.
    let standing = Standing::default();
    for nth in 0..30 {
        assert!(standing.begin("usde"));
        standing.progress(500, "half");
        standing.end(Ok(ended(&format!("page {nth}"))));
    }
    assert!(standing.begin("usde"));
    standing.end(Err("no folder".to_owned()));
    assert_eq!(standing.views().1.len(), 20);
    assert_eq!(standing.page("usde").as_deref(), Some("page 29"), "a failure hides no page");
    assert_eq!(standing.page("gas"), None);
}

#[test]
fn what_a_drill_says_is_shown_as_long_as_it_is_new() {
    // Whoever watches would see the same words for ever, or a list without end.
    let standing = Standing::default();
    standing.progress(1, "nobody runs");
    assert!(standing.begin("usde"));
    for nth in 0..10 {
        standing.progress(nth * 100, &format!("step {}", nth / 2));
    }
    standing.progress(5_000, "step 9");
    let running = standing.views().0.expect("it runs");
    assert_eq!(running.per_mille, 1_000);
    assert_eq!(running.said, ["step 1", "step 2", "step 3", "step 4", "step 9"]);
}

#[test]
fn whoever_asks_for_the_page_of_a_drill_that_runs_is_told_so() {
    // Told that there is no result and to start it, he would be refused because one runs, and would not know which.
    let running = DrillRunning { name: "usde".to_owned(), per_mille: 129, said: Vec::new() };
    assert!(no_page("usde", true, Some(&running)).starts_with("`usde` is running, 12 % are done"));
    assert!(no_page("gas", true, Some(&running)).contains("no result of `gas` yet"));
    assert!(no_page("usd", false, Some(&running)).contains("there is no drill `usd`"));
}
