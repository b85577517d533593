//! What was seen, as a table.

use std::time::Duration;

use crate::check::Found;

/// What was seen over all kills.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) kills: u64,
    /// Of them while it was starting.
    pub(crate) starting: u64,
    /// Lives in which it was stopped and went on.
    pub(crate) stopped: u64,
    /// New venues, with nothing in them.
    pub(crate) fresh: u64,
    /// Sectors that were written and not synced, and that the power took.
    pub(crate) sectors: u64,
    pub(crate) acknowledged: u64,
    lost: u64,
    doubled: u64,
    /// Orders and deposits.
    pub(crate) unknown: u64,
    pub(crate) unknown_changes: u64,
    done: u64,
    not_done: u64,
    again: u64,
    heard: u64,
    trades: u64,
    /// Entries of the tape.
    pub(crate) tape: u64,
    pub(crate) replayed: u64,
    pub(crate) digests: u64,
    /// Starts from an older snapshot that came to the same state.
    pub(crate) older: u64,
    recoveries: Vec<Duration>,
}

impl Table {
    pub(crate) fn recovered(&mut self, took: Duration) {
        self.recoveries.push(took);
    }

    pub(crate) fn found(&mut self, found: &Found, heard: u64) {
        self.lost += u64::try_from(found.lost.len()).unwrap_or(u64::MAX);
        self.doubled += u64::try_from(found.doubled.len()).unwrap_or(u64::MAX);
        self.done += found.done;
        self.not_done += found.not_done;
        self.again += found.again;
        self.trades += found.trades;
        self.heard += heard;
    }

    /// Whether of everything that was unknown it was found out whether it was done.
    pub(crate) const fn is_settled(&self) -> bool {
        self.unknown == self.done + self.not_done
    }

    /// The table in Markdown.
    pub(crate) fn text(&self) -> String {
        let mut times = self.recoveries.clone();
        times.sort_unstable();
        let millis = |time: Option<&Duration>| time.map_or(0, Duration::as_millis);
        let (middle, most) = (millis(times.get(times.len() / 2)), millis(times.last()));
        let rows = [
            ("kills, each with a power cut", self.kills),
            ("of them while it was starting", self.starting),
            ("lives in which it was stopped (SIGSTOP) and went on", self.stopped),
            ("venues that began empty", self.fresh),
            ("sectors written and not synced, taken by the power cuts", self.sectors),
            ("requests acknowledged", self.acknowledged),
            ("**acknowledged and lost**", self.lost),
            ("**done twice**", self.doubled),
            ("changes and cancels unknown to who had asked", self.unknown_changes),
            ("orders and deposits unknown to who had asked", self.unknown),
            ("of them done, found by asking", self.done),
            ("of them not done, found by asking", self.not_done),
            ("of them sent again under the same name", self.again),
            ("trades looked at", self.trades),
            ("entries of the tape, without a gap", self.tape),
            ("messages of streams that were told before the kill and held afterwards", self.heard),
            ("entries done again at starts", self.replayed),
            ("digests that they were held to", self.digests),
            ("starts from an older snapshot that came to the same digest", self.older),
        ];
        let mut text = String::from("| what | how many |\n|---|---|\n");
        for (what, count) in rows {
            text.push_str(&format!("| {what} | {count} |\n"));
        }
        text.push_str(&format!(
            "\nFrom the start of the process to its first answer: {middle} ms in the middle, {most} ms at most.\n"
        ));
        text
    }
}
