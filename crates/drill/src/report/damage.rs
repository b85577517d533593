//! What is compared: the damage of a drill with its defences off and on.

use incident::Metric;

use crate::drilled::Drilled;

/// The first metric of a drill, with the defences off and on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Damage<'a> {
    pub(super) metric: &'a Metric,
    pub(super) off: f64,
    pub(super) on: f64,
}

impl<'a> Damage<'a> {
    /// None where one of the two runs or its figure is missing, and of drills that only show public figures.
    pub(super) fn of(drilled: &'a Drilled) -> Option<Self> {
        if drilled.is_only_data {
            return None;
        }
        let metric = drilled.incident.metrics.first()?;
        let of = |case| drilled.outcome(case)?.get(&metric.id);
        Some(Self { metric, off: of("off")?, on: of("on")? })
    }

    /// What is left of the damage as a share of it; all of it where there was none.
    pub(super) fn left(&self) -> f64 {
        match self.off > 0.0 {
            true => (self.on / self.off).max(0.0),
            false if self.on > 0.0 => f64::INFINITY,
            false => 1.0,
        }
    }

    /// The class of a bar that stands for all of the damage; there is nothing to lose of none.
    pub(super) fn whole(&self) -> &'static str {
        if self.off > 0.0 { "lost" } else { "none" }
    }

    pub(super) fn shown_off(&self) -> String {
        self.metric.unit.show(self.off)
    }

    pub(super) fn shown_on(&self) -> String {
        self.metric.unit.show(self.on)
    }
}

/// A share as a length in per cent of a bar, which ends at its whole.
pub(super) fn length(share: f64) -> String {
    let per_cent = if share.is_nan() { 0.0 } else { (share * 100.0).clamp(0.0, 100.0) };
    format!("{per_cent:.2}%")
}

/// How many of the drills' damages are how far down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Drills with damage to compare.
    pub(super) compared: usize,
    /// No more than a tenth is left.
    pub(super) tenth: usize,
    /// More than a tenth is left, and no more than a half.
    pub(super) half: usize,
    /// More than half is left, and less than all.
    pub(super) some: usize,
    /// The damage is as large, or larger.
    pub(super) none: usize,
}

impl Tally {
    /// Of the incidents; another version of a day is no further crisis.
    pub(super) fn of(drilled: &[Drilled]) -> Self {
        let mut tally = Self::default();
        for damage in drilled.iter().filter(|it| !it.is_version()).filter_map(Damage::of) {
            tally.compared += 1;
            match damage.left() {
                left if left <= 0.1 => tally.tenth += 1,
                left if left <= 0.5 => tally.half += 1,
                left if left < 0.9 => tally.some += 1,
                _ => tally.none += 1,
            }
        }
        tally
    }

    /// What was done.
    pub(super) fn lead(self) -> String {
        let crises = if self.compared == 1 { "crisis" } else { "crises" };
        format!(
            "{} {crises} replayed against Seawall\u{2019}s real parts, with its defences switched off and on.",
            self.compared
        )
    }

    /// One sentence that says what the defences are worth.
    pub(super) fn sentence(self) -> String {
        let Self { tenth, half, some, none, .. } = self;
        let mut parts = Vec::new();
        for (count, what) in [
            (tenth, "in which at most a tenth of the damage is left"),
            (half, "in which at most half of it is left"),
            (some, "in which it becomes less, but more than half is left"),
            (none, "in which nothing is gained"),
        ] {
            if count > 0 {
                parts.push(format!("{count} {what}"));
            }
        }
        format!("{}: {}.", self.lead().trim_end_matches('.'), parts.join("; "))
    }
}
