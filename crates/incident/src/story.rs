//! What an incident's file holds besides its parameters.

use crate::configuration::Change;
use crate::values::Values;

/// Something that is known, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is about.
    pub what: String,
    /// The number or date of the public record.
    pub value: String,
    /// Where it stands, with an address where there is one; or "derived" and from what.
    pub source: String,
    /// What the articles say instead, where they disagree.
    pub article: Option<String>,
}

/// A moment of the day as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When, as people write it, such as `21:15` or `2020-11-11 07:08`. UTC.
    pub at: String,
    /// What happened.
    pub what: String,
}

/// A defence: one key of the real part's configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Defence {
    /// A short name in small letters and dashes.
    pub id: String,
    /// What it is, in a few words.
    pub name: String,
    /// What the key is without the defence. With it it is what the file's configuration says.
    pub off: Vec<Change>,
    /// The words in which the articles ask for it, where they do.
    pub remedy: Option<String>,
    /// The metric that it is judged by, where that is not the first one.
    pub by: Option<String>,
}

/// Another run besides those of the defences: a remedy that somebody has named, or another world.
#[derive(Clone, Debug, PartialEq)]
pub struct Remedy {
    /// A short name in small letters and dashes.
    pub id: String,
    /// What it is, in a few words.
    pub name: String,
    /// Whether the defences are on or off besides.
    pub defences_on: bool,
    /// What is changed in the configuration.
    pub changes: Vec<Change>,
    /// What is changed in the world.
    pub parameters: Values,
    /// The words in which the articles ask for it, where they do.
    pub remedy: Option<String>,
    /// The metric that it is judged by, where that is not the first one.
    pub by: Option<String>,
    /// What it is expected to show beside the run it is compared with, by that metric.
    pub verdict: Option<Verdict>,
}

/// What a remedy turns out to do to the damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// At most half the damage is left.
    Helps,
    /// The damage becomes less, and more than half of it is left.
    HelpsSomewhat,
    /// No more than a tenth either way.
    MakesNoDifference,
    /// The damage grows.
    Harms,
}

impl Verdict {
    /// What a damage says beside the one without the remedy; less is better.
    #[must_use]
    pub fn of(with: f64, without: f64) -> Self {
        if without <= 0.0 {
            return if with > 0.0 { Self::Harms } else { Self::MakesNoDifference };
        }
        match with / without {
            share if share <= 0.5 => Self::Helps,
            share if share < 0.9 => Self::HelpsSomewhat,
            share if share <= 1.1 => Self::MakesNoDifference,
            _ => Self::Harms,
        }
    }

    /// As files and reports have it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Helps => "helps",
            Self::HelpsSomewhat => "helps somewhat",
            Self::MakesNoDifference => "makes no difference",
            Self::Harms => "harms",
        }
    }

    pub(crate) const ALL: [Self; 4] =
        [Self::Helps, Self::HelpsSomewhat, Self::MakesNoDifference, Self::Harms];
}

/// What is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// The id of the mechanism's figure.
    pub id: String,
    /// What it is, in the words of the report.
    pub name: String,
    /// What it is counted in.
    pub unit: Unit,
    /// Which way is better.
    pub better: Better,
}

/// What a figure is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Dollars.
    Dollars,
    /// Things: accounts, orders, answers.
    Count,
    /// A share in hundredths.
    Percent,
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Minutes.
    Minutes,
    /// Times something.
    Times,
    /// Gwei.
    Gwei,
}

impl Unit {
    pub(crate) const ALL: [(Self, &'static str); 8] = [
        (Self::Dollars, "dollars"),
        (Self::Count, "count"),
        (Self::Percent, "percent"),
        (Self::Seconds, "seconds"),
        (Self::Milliseconds, "milliseconds"),
        (Self::Minutes, "minutes"),
        (Self::Times, "times"),
        (Self::Gwei, "gwei"),
    ];

    /// A figure in this unit, for people: `$1.23 bn`, `3,456`, `12.3 %`.
    #[must_use]
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Dollars => dollars(value),
            Self::Count => grouped(value.round()),
            Self::Percent => format!("{} %", places(value)),
            Self::Seconds => format!("{} s", places(value)),
            Self::Milliseconds => format!("{} ms", places(value)),
            Self::Minutes => minutes(value),
            Self::Times => format!("{}×", places(value)),
            Self::Gwei => format!("{} gwei", places(value)),
        }
    }
}

/// Three figures are enough to compare by.
fn places(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size < 0.1 => format!("{value:.3}"),
        // What rounds to the next power of ten has one place fewer.
        size if size < 9.995 => format!("{value:.2}"),
        size if size < 99.95 => format!("{value:.1}"),
        _ => grouped(value.round()),
    }
}

/// Minutes, but seconds below one and hours from ten on: three thousandths of a minute say nothing to anybody.
fn minutes(value: f64) -> String {
    match value.abs() {
        size if size > 0.0 && size < 1.0 => format!("{} s", places(value * 60.0)),
        size if size >= 600.0 => format!("{} h", places(value / 60.0)),
        _ => format!("{} min", places(value)),
    }
}

fn dollars(value: f64) -> String {
    let sign = if value < 0.0 { "-" } else { "" };
    let size = value.abs();
    match size {
        _ if size >= 1e9 => format!("{sign}${} bn", places(size / 1e9)),
        _ if size >= 1e6 => format!("{sign}${} m", places(size / 1e6)),
        _ if size >= 1e4 => format!("{sign}${} k", places(size / 1e3)),
        _ if size >= 1e3 => format!("{sign}${}", grouped(size.round())),
        _ if size == 0.0 => "$0".to_owned(),
        _ => format!("{sign}${size:.2}"),
    }
}

/// A whole number with commas between its thousands.
fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0.0 { format!("-{text}") } else { text }
}

/// Which way a metric is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Less is better: damage.
    Lower,
    /// More is better: what got through.
    Higher,
    /// Neither: it says how hard the world was.
    Neither,
}

/// Another version of the same day.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// What follows the incident's id and a dash: `article` in `oct10-article`.
    pub id: String,
    /// What it is, in a few words.
    pub name: String,
    /// What it changes in the world.
    pub parameters: Values,
}

/// Which figures stand for a book's risk over many seeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Risk {
    /// The metric whose 95th percentile is the value at risk (`VaR95`): what somebody lost who should not have.
    pub value: String,
    /// The metric whose 95th percentile is the liquidations at risk (`LaR95`).
    pub liquidations: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_people_write_them() {
        // A committee reads the report; 1.93e10 is not a number to them.
        assert_eq!(Unit::Dollars.show(19.3e9), "$19.3 bn");
        assert_eq!(Unit::Dollars.show(345_313_870.0), "$345 m");
        assert_eq!(Unit::Dollars.show(-2_500_000.0), "-$2.50 m");
        assert_eq!(Unit::Dollars.show(9_996_000.0), "$10.0 m");
        assert_eq!(Unit::Count.show(1_618_240.4), "1,618,240");
        assert_eq!(Unit::Percent.show(99.94), "99.9 %");
        assert_eq!(Unit::Seconds.show(0.0), "0 s");
        assert_eq!(Unit::Dollars.show(4_156.55), "$4,157");
        assert_eq!(Unit::Minutes.show(0.054), "3.24 s");
        assert_eq!(Unit::Minutes.show(18.87), "18.9 min");
        assert_eq!(Unit::Minutes.show(1_372.9), "22.9 h");
    }

    #[test]
    fn a_remedy_is_judged_by_what_is_left_of_the_damage() {
        // A remedy that harms must not be sold as one that helps.
        assert_eq!(Verdict::of(0.0, 10.0), Verdict::Helps);
        assert_eq!(Verdict::of(7.0, 10.0), Verdict::HelpsSomewhat);
        assert_eq!(Verdict::of(10.5, 10.0), Verdict::MakesNoDifference);
        assert_eq!(Verdict::of(16.0, 10.0), Verdict::Harms);
        assert_eq!(Verdict::of(1.0, 0.0), Verdict::Harms);
    }
}
