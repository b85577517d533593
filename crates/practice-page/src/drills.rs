//! The panel of the drills: what can be started, what runs, and what came of the last ones.

use maud::{Markup, html};

use crate::panel::button;

/// A drill that can be started.
#[derive(Clone, Debug, PartialEq)]
pub struct DrillRow {
    /// Its name, of small letters, digits and dashes.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// About how many minutes all of it takes.
    pub minutes: f64,
}

/// A drill that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrillRunning {
    /// Its name.
    pub name: String,
    /// How many thousandths of it are done.
    pub per_mille: u32,
    /// What it said last, the newest at the end.
    pub said: Vec<String>,
}

/// A drill that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrillEnded {
    /// Its name.
    pub name: String,
    /// What came of it, or why there is nothing.
    pub came: Result<DrillResult, String>,
}

/// What came of a drill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrillResult {
    /// Whether it was the short form.
    pub is_short: bool,
    /// Whether everything was as expected.
    pub holds: bool,
    /// A line a metric: what it is, with the defence off, and on.
    pub lines: Vec<[String; 3]>,
}

/// The panel; its forms post below `base`, where each ended drill has its page, too.
#[must_use]
pub fn drills(
    base: &str,
    rows: &[DrillRow],
    running: Option<&DrillRunning>,
    ended: &[DrillEnded],
) -> String {
    html! {
        section.practice-panel aria-labelledby="drills-title" {
            h2 #drills-title { "Drills" }
            p.practice-lead {
                "Every crisis, replayed against the real parts with their defences off and on, beside the practice world. One at a time."
            }
            @if let Some(running) = running { (under_way(running)) }
            @for (place, ended) in ended.iter().enumerate() { (result(base, ended, place == 0)) }
            dl.practice-drills {
                @for row in rows {
                    div {
                        dt { b { (row.name) } " " (row.title) }
                        dd {
                            (button("Short form", Some(&format!("Short form of {}", row.name)), &format!("{base}/{}?form=short", row.name)))
                            (button(&whole(row.minutes), Some(&format!("All of {}", row.name)), &format!("{base}/{}", row.name)))
                        }
                    }
                }
            }
        }
    }
    .into_string()
}

fn whole(minutes: f64) -> String {
    match minutes {
        minutes if minutes < 1.0 => "Whole (under a minute)".to_owned(),
        minutes => format!("Whole (about {minutes:.0} min)"),
    }
}

fn under_way(running: &DrillRunning) -> Markup {
    html! {
        div.practice-scene role="status" {
            p { b { (running.name) } " runs: " (running.per_mille / 10) " % " }
            progress max="1000" value=(running.per_mille) aria-label="Part of the drill that is done" {}
            @for said in &running.said { p.practice-said { (said) } }
        }
    }
}

fn result(base: &str, ended: &DrillEnded, is_newest: bool) -> Markup {
    let page = format!("{base}/{}", ended.name);
    html! {
        div.practice-scene {
            @match &ended.came {
                Err(why) => p { b { (ended.name) } " could not be run: " (why) },
                Ok(came) => {
                    p {
                        b { (ended.name) } @if came.is_short { " (short form)" } ": "
                        @if came.holds { "\u{2713} as expected" } @else { "\u{2717} not as expected" }
                        ". " a href=(page) { "The whole page of " (ended.name) }
                    }
                    @if is_newest { (table(&came.lines)) }
                }
            }
        }
    }
}

fn table(lines: &[[String; 3]]) -> Markup {
    html! {
        table.practice-table {
            thead { tr { th scope="col" { "Damage" } th scope="col" { "defence off" } th scope="col" { "defence on" } } }
            tbody { @for [what, off, on] in lines { tr { td { (what) } td { (off) } td { b { (on) } } } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_and_what_came_of_it_can_be_seen() {
        // Whoever starts a drill would not know whether it goes on, nor where its page is.
        let rows =
            [DrillRow { name: "usde".to_owned(), title: "A <b> day".to_owned(), minutes: 0.4 }];
        let running = DrillRunning {
            name: "usde".to_owned(),
            per_mille: 420,
            said: vec!["the sale".to_owned()],
        };
        let lines = vec![["accounts".to_owned(), "9,000".to_owned(), "12".to_owned()]];
        let came = Ok(DrillResult { is_short: true, holds: true, lines });
        let ended = [
            DrillEnded { name: "usde".to_owned(), came },
            DrillEnded { name: "gas".to_owned(), came: Err("no folder".to_owned()) },
        ];
        let html = drills("/practice/drills", &rows, Some(&running), &ended);
        for wanted in [
            "42 %",
            "the sale",
            "href=\"/practice/drills/usde\"",
            "action=\"/practice/drills/usde?form=short\"",
            "9,000",
            "could not be run: no folder",
            "A &lt;b&gt; day",
        ] {
            assert!(html.contains(wanted), "{wanted:?} is not in {html}");
        }
    }
}
