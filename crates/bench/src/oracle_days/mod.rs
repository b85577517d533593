//! The oracle beside the rules that others go by, on days of trouble: a table for people. The days and the rules are
//! those of the core's own tests.

#[path = "../../../oracle-core/tests/days/day.rs"]
mod day;
#[path = "../../../oracle-core/tests/days/play.rs"]
mod play;
#[path = "../../../oracle-core/tests/days/rules.rs"]
mod rules;
#[path = "../../../oracle-core/tests/days/score.rs"]
mod score;
#[path = "../../../oracle-core/tests/days/stories.rs"]
mod stories;

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, Result, bail};

use crate::say;
use day::Day;
use score::Score;

const HEAD: &str = "# The oracle on days of trouble

What each rule would have shown on days made after what has happened (`crates/oracle-core/tests/days`, the same every
time), four ticks a second. Everybody sees the same venues, whose books tremble by 0.02 %. Where a rule has nothing to
go by it shows its last price, as Hermes does; Seawall then shows none. Made by `cargo xtask bench oracle-days`.

- *worst*: the largest distance from the truth; *beyond 5 %*: for how long it was further off than that. Neither is
  counted on the day of the true move, where the truth steps at once.
- *delay*: from a true move until it is shown to within 1 %.
- *no price*: for how long nothing was shown. An honest gap is better than a wrong number.
- *one venue* is the day's sick one, with most of the turnover; *mean of two* is it and the next one.
- *rate x base, capped*: the exchange rate, at most what it may have grown to, times the price of ether.
";

/// Plays all days, prints the table, and writes it where the options say.
///
/// # Errors
/// Where an option is not known, or the file cannot be written.
pub(crate) fn run(options: &[&str]) -> Result<()> {
    let out = match options {
        [] => None,
        ["--out", path] => Some(*path),
        _ => bail!("the only option is --out FILE"),
    };
    let mut text = HEAD.to_owned();
    for day in stories::all() {
        text.push_str(&table(&day));
    }
    say(&text);
    if let Some(path) = out {
        fs::write(path, text).with_context(|| format!("cannot write {path}"))?;
    }
    Ok(())
}

fn table(day: &Day) -> String {
    let mut text = format!("\n## {}\n\n{}\n\n", day.title, day.story);
    text.push_str(
        "| rule | lowest | worst | beyond 5 % | delay | no price |\n|---|---|---|---|---|---|\n",
    );
    for (rule, score) in play::play(day, |_, _| {}) {
        let line = writeln!(text, "| {rule} | {} |", columns(day, &score));
        debug_assert!(line.is_ok(), "a text takes everything");
    }
    text
}

fn columns(day: &Day, score: &Score) -> String {
    let minutes = |ms: u64| match ms {
        0 => "–".to_owned(),
        _ => format!("{}.{} min", ms / 60_000, ms % 60_000 / 6_000),
    };
    let (worst, beyond) = match day.moved_at {
        Some(_) => ("–".to_owned(), "–".to_owned()),
        None => {
            let hundredths = score.worst_ppm / 100;
            (format!("{}.{:02} %", hundredths / 100, hundredths % 100), minutes(score.beyond_ms))
        }
    };
    let delay = match (day.moved_at, score.delay_ms) {
        (None, _) => "–".to_owned(),
        (Some(_), None) => "never".to_owned(),
        (Some(_), Some(ms)) => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
    };
    let lowest = rounded(score.lowest);
    format!("{lowest} | {worst} | {beyond} | {delay} | {}", minutes(score.none_ms))
}

/// A price to six places at most, which is enough to compare by.
fn rounded(price: units::Price) -> units::Price {
    units::Price::from_raw(price.raw() / 1_000_000 * 1_000_000)
}
