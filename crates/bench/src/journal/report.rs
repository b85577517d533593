//! The table, in Markdown.

use super::{RATES, Round};
use crate::gateway::machine;

/// What is aimed at: durable commands a second, and an acknowledgement in times of a bare sync.
const AIM_RATE: f64 = 1_000_000.0;
const AIM_TIMES: [f64; 2] = [2.5, 3.5];

/// All that was measured, as text.
pub(super) fn table(rounds: &[Round]) -> String {
    let mut text = format!(
        "# The journal's speed\n\nMade by `cargo xtask bench journal`: {} rounds on {}. Records of 96 bytes, all durable: \
         synced with `fdatasync`, in files that were written in advance. The figures are medians over the rounds; a ratio \
         is taken within one round. [The journal](../journal.md) chains each record by SHA-256 and checks each frame by \
         CRC32C; it is handed 64 records at a time and closes a frame at 512. okaywal has files as large and its own \
         checksums, and is given a second to make them before it counts.\n\n\
         | what | durable records/s | ours in times of it | aim |\n|---|---|---|---|\n",
        rounds.len(),
        machine(),
    );
    let ours = middle(rounds.iter().map(|round| round.ours));
    let aim = format!("1,000,000 a second: {}", verdict(ours >= AIM_RATE));
    text.push_str(&row("Seawall's journal", rounds, &aim, |round| round.ours));
    for place in 0..2 {
        let of = |round: &Round| round.okaywal.get(place).copied().unwrap_or_default();
        let records = rounds.first().map_or(0, |round| of(round).0);
        let times = middle(rounds.iter().map(|round| round.ours / of(round).1));
        let name = format!("okaywal 0.3.1, {records} records an entry");
        let aim = format!("no slower: {}", verdict(times >= 1.0));
        text.push_str(&row(&name, rounds, &aim, |round| of(round).1));
    }
    text.push_str(&row("a bare file, 512 records a sync", rounds, "–", |round| round.bare));
    acknowledgements(&mut text, rounds);
    text
}

fn acknowledgements(text: &mut String, rounds: &[Round]) {
    let sync = [0, 1].map(|place| middle(rounds.iter().map(|round| round.sync[place])));
    text.push_str(&format!(
        "\nFrom the moment at which a command was due to its acknowledgement, in µs, commands coming at a fixed rate \
         whatever becomes of those before. A bare write and sync of one record takes {:.0} (p50) and {:.0} (p99) in the \
         same rounds, before and after.\n\n\
         | commands/s | p50 | times a bare sync | aim | p99 | times a bare sync | aim | records a sync |\n\
         |---|---|---|---|---|---|---|---|\n",
        sync[0], sync[1],
    ));
    for (place, rate) in RATES.iter().enumerate() {
        let of = |round: &Round| {
            round
                .acknowledged
                .get(place)
                .map_or([0.0; 3], |it| [it.micros[0], it.micros[1], it.together])
        };
        let mut cells = String::new();
        for (which, aim) in AIM_TIMES.iter().enumerate() {
            let micros = middle(rounds.iter().map(|round| of(round)[which]));
            let times = middle(rounds.iter().map(|round| of(round)[which] / round.sync[which]));
            let held = verdict(times <= *aim);
            cells.push_str(&format!(" {micros:.0} | {times:.2} | {aim}: {held} |"));
        }
        let together = middle(rounds.iter().map(|round| of(round)[2]));
        text.push_str(&format!("| {rate} |{cells} {together:.1} |\n"));
    }
}

const fn verdict(held: bool) -> &'static str {
    if held { "held" } else { "missed" }
}

fn row(name: &str, rounds: &[Round], aim: &str, of: impl Fn(&Round) -> f64) -> String {
    let rate = middle(rounds.iter().map(&of));
    let times = middle(rounds.iter().map(|round| round.ours / of(round)));
    format!("| {name} | {rate:.0} | {times:.2} | {aim} |\n")
}

/// The middle one; 0 of none.
fn middle(of: impl Iterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = of.collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(0.0)
}
