//! The table, in Markdown.

use super::{RATES, Round, TOGETHER};
use crate::figures::{median, verdict};
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
         CRC32C; it is handed 64 records at a time, and what is durable counts as held by a snapshot. okaywal has files \
         as large and its own checksums. Both use their files again, and have a second to make them before they \
         count.\n\n\
         | records a sync at most | Seawall's journal, records/s | aim | okaywal 0.3.1 | ours in times of it | aim | \
         a bare file | ours in times of it |\n|---|---|---|---|---|---|---|---|\n",
        rounds.len(),
        machine(),
    );
    for (place, records) in TOGETHER.iter().enumerate() {
        let of =
            |round: &Round, which: usize| round.throughput.get(place).map_or(0.0, |it| it[which]);
        let rate = |which| median(rounds.iter().map(|round| of(round, which)));
        let times = |which| median(rounds.iter().map(|round| of(round, 0) / of(round, which)));
        text.push_str(&format!(
            "| {records} | {:.0} | 1,000,000: {} | {:.0} | {:.2} | no slower: {} | {:.0} | {:.2} |\n",
            rate(0),
            verdict(rate(0) >= AIM_RATE),
            rate(1),
            times(1),
            verdict(times(1) >= 1.0),
            rate(2),
            times(2),
        ));
    }
    acknowledgements(&mut text, rounds);
    text
}

fn acknowledgements(text: &mut String, rounds: &[Round]) {
    let sync = [0, 1].map(|place| median(rounds.iter().map(|round| round.sync[place])));
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
            let micros = median(rounds.iter().map(|round| of(round)[which]));
            let times = median(rounds.iter().map(|round| of(round)[which] / round.sync[which]));
            let held = verdict(times <= *aim);
            cells.push_str(&format!(" {micros:.0} | {times:.2} | {aim}: {held} |"));
        }
        let together = median(rounds.iter().map(|round| of(round)[2]));
        text.push_str(&format!("| {rate} |{cells} {together:.1} |\n"));
    }
}
