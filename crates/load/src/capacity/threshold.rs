//! What a step has to hold to, written as k6's users write it.
//!
//! `p95<250ms`, `p99.9<1s`, `max<5s`, `failed<1%`, `shed<5%`, `goodput>95%`; `@10x` behind it has a crossing count at that
//! step alone, and `!` at the end has the run stop once it is crossed.

use std::fmt;

use units::Span;

use super::figures::Figures;

/// What a step has to hold to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threshold {
    text: String,
    measure: Measure,
    relation: Relation,
    limit: u64,
    at: Option<u32>,
    stops: bool,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    /// The latency that so many of a million stayed below, in microseconds.
    Latency(u32),
    /// Parts of what was due, in millionths.
    Failed,
    Shed,
    Goodput,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Below,
    AtMost,
    Above,
    AtLeast,
}

/// A whole, in the parts that shares and quantiles are counted in.
const WHOLE: u32 = 1_000_000;

const EXPECTED: &str = "expected such as p99<500ms, p99.9<=2s, max<5s, failed<1%, shed<5% or goodput>95%, and behind it \
                        @10x for one step alone, and ! to stop there";

/// What is held to where nothing is said: nine of ten users are gone after a second, and a page makes several calls.
pub const USUAL: [&str; 3] = ["p99<500ms", "failed<1%", "goodput>95%"];

impl Threshold {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub fn read(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("threshold {text:?}: {why}; {EXPECTED}");
        let bare: String = text.chars().filter(|it| !it.is_whitespace()).collect();
        let (rest, stops) = bare.strip_suffix('!').map_or((bare.as_str(), false), |it| (it, true));
        let (rest, at) = match rest.split_once('@') {
            None => (rest, None),
            Some((rest, step)) => {
                let times = step.strip_suffix('x').and_then(|times| times.parse().ok());
                (rest, Some(times.filter(|it| *it > 0).ok_or_else(|| wrong("no step"))?))
            }
        };
        let at_sign = rest.find(['<', '>']).ok_or_else(|| wrong("no < or >"))?;
        let (measure, rest) = rest.split_at(at_sign);
        let relations = [
            ("<=", Relation::AtMost),
            ("<", Relation::Below),
            (">=", Relation::AtLeast),
            (">", Relation::Above),
        ];
        let relation =
            relations.iter().find_map(|(sign, it)| Some((*it, rest.strip_prefix(sign)?)));
        let (relation, limit) = relation.ok_or_else(|| wrong("no < or >"))?;
        let measure = Measure::read(measure).ok_or_else(|| wrong("unknown measure"))?;
        let limit = match measure {
            Measure::Latency(_) => read_span(limit).map(Span::as_micros),
            Measure::Failed | Measure::Shed | Measure::Goodput => read_share(limit),
        };
        let limit = limit.ok_or_else(|| wrong("no limit of that measure"))?;
        Ok(Self { text: bare.clone(), measure, relation, limit, at, stops })
    }

    /// The step that it counts at, where it is one alone, in times of the base rate.
    #[must_use]
    pub const fn at(&self) -> Option<u32> {
        self.at
    }

    /// Whether a crossing counts at a step.
    #[must_use]
    pub fn counts_at(&self, times: u32) -> bool {
        self.at.is_none_or(|at| at == times)
    }

    /// Whether the run stops once it is crossed.
    #[must_use]
    pub const fn stops(&self) -> bool {
        self.stops
    }

    /// The limit, where it is one on latency.
    #[must_use]
    pub const fn latency_limit(&self) -> Option<Span> {
        match self.measure {
            Measure::Latency(_) => Some(Span::from_micros(self.limit)),
            Measure::Failed | Measure::Shed | Measure::Goodput => None,
        }
    }

    /// Whether a step's figures hold to it. Where there is nothing to measure they do not.
    #[must_use]
    pub fn holds(&self, figures: &Figures) -> bool {
        self.measured(figures).is_some_and(|measured| match self.relation {
            Relation::Below => measured < self.limit,
            Relation::AtMost => measured <= self.limit,
            Relation::Above => measured > self.limit,
            Relation::AtLeast => measured >= self.limit,
        })
    }

    /// What was measured, in words.
    #[must_use]
    pub fn shown(&self, figures: &Figures) -> String {
        match (self.measured(figures), self.measure) {
            (None, _) => "nothing was answered".to_owned(),
            (Some(micros), Measure::Latency(_)) => super::say::latency(Span::from_micros(micros)),
            (Some(share), Measure::Failed | Measure::Shed | Measure::Goodput) => {
                super::say::percent(share)
            }
        }
    }

    fn measured(&self, figures: &Figures) -> Option<u64> {
        match self.measure {
            Measure::Latency(quantile) => {
                let quantile = f64::from(quantile) / f64::from(WHOLE);
                figures.latency(quantile).map(Span::as_micros)
            }
            Measure::Failed => figures.share(figures.failed()),
            Measure::Shed => figures.share(figures.shed),
            Measure::Goodput => figures.share(figures.good),
        }
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Measure {
    /// By its name; k6's `p(95)` and `med` are known, too.
    fn read(text: &str) -> Option<Self> {
        match text {
            "failed" => return Some(Self::Failed),
            "shed" => return Some(Self::Shed),
            "goodput" => return Some(Self::Goodput),
            "max" => return Some(Self::Latency(WHOLE)),
            "med" => return Some(Self::Latency(WHOLE / 2)),
            _ => {}
        }
        let number = text.strip_prefix('p')?;
        let bare = number.strip_prefix('(').and_then(|it| it.strip_suffix(')')).unwrap_or(number);
        // In millionths, of a hundred.
        let quantile = u32::try_from(decimal(bare, 4)?).ok()?;
        (quantile > 0 && quantile < WHOLE).then_some(Self::Latency(quantile))
    }
}

/// A length of time: a number and us, ms, s or m.
#[must_use]
pub fn read_span(text: &str) -> Option<Span> {
    let split = text.find(|it: char| it.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(split);
    let nanos_of_a_thousandth = match unit {
        "us" => 1,
        "ms" => 1_000,
        "s" => 1_000_000,
        "m" => 60_000_000,
        _ => return None,
    };
    decimal(number, 3)?.checked_mul(nanos_of_a_thousandth).map(Span::from_nanos)
}

/// A share in millionths, of a percentage.
fn read_share(text: &str) -> Option<u64> {
    decimal(text.strip_suffix('%')?, 4).filter(|share| *share <= u64::from(WHOLE))
}

/// A decimal number with at most so many places, as a whole number of the last of them.
fn decimal(text: &str, places: usize) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |text: &str| text.bytes().all(|it| it.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(part) || part.len() > places {
        return None;
    }
    format!("{whole}{part:0<places$}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::answer::{Came, Fault};
    use super::*;
    use units::Timestamp;

    fn figures(good_ms: &[u64], shed: u64, failed: u64) -> Figures {
        let due = Timestamp::ZERO.after(Span::from_secs(100));
        let mut figures = Figures::new(Span::from_secs(1), due.after(Span::from_secs(1)));
        let end = |figures: &mut Figures, millis, came| {
            figures.offer();
            figures.send();
            figures.end(due, due.after(Span::from_millis(millis)), came);
        };
        for millis in good_ms {
            end(&mut figures, *millis, Came::Good);
        }
        (0..shed).for_each(|_| end(&mut figures, 1, Came::Shed));
        (0..failed).for_each(|_| end(&mut figures, 1, Came::Failed(Fault::Status(502))));
        figures
    }

    fn check(text: &str, figures: &Figures, holds: bool) {
        let threshold = Threshold::read(text).unwrap();
        assert_eq!(threshold.holds(figures), holds, "{text}: {}", threshold.shown(figures));
    }

    #[test]
    fn a_threshold_is_crossed_where_it_says_and_not_before() {
        // A capacity test that passes what it was told to fail lets the platform go down.
        let ninety_nine: Vec<u64> = (1..=99).collect();
        let well = figures(&ninety_nine, 0, 1);
        check("p50<51ms", &well, true);
        check("med<49ms", &well, false);
        check("p(95)<96ms", &well, true);
        check("p95<94ms", &well, false);
        check("max<=100ms", &well, true);
        check("max<99ms", &well, false);
        check("failed<1%", &well, false);
        check("failed<=1%", &well, true);
        check("failed < 1.0001 %", &well, true);
        check("goodput>=99%", &well, true);
        check("goodput>99%", &well, false);
        check("shed<=0%", &well, true);
        check("shed<5%", &figures(&[1; 95], 5, 0), false);
        // What is answered after a second is of no use any more.
        check("goodput>95%", &figures(&[1_001; 10], 0, 0), false);
    }

    #[test]
    fn where_nothing_was_answered_no_latency_holds() {
        // A target that is gone would pass every threshold on latency.
        let gone = figures(&[], 0, 10);
        check("p99<10s", &gone, false);
        check("failed<1%", &gone, false);
        check("p99<10s", &figures(&[], 0, 0), false);
        check("failed<1%", &figures(&[], 0, 0), false);
    }

    #[test]
    fn a_mark_names_the_step_and_an_exclamation_mark_stops() {
        // A threshold that counts at the wrong step fails a platform that holds what it promises.
        let marked = Threshold::read("p99.9<1.5s@10x!").unwrap();
        assert!(marked.stops() && marked.counts_at(10) && !marked.counts_at(1));
        assert_eq!(marked.limit, 1_500_000);
        let plain = Threshold::read("p99<250ms").unwrap();
        assert!(!plain.stops() && plain.counts_at(1) && plain.counts_at(100));
        assert_eq!(plain.at(), None);
    }

    #[test]
    fn what_is_no_threshold_is_refused_with_what_would_be_one() {
        // A misspelt threshold that holds for ever is worse than none.
        for text in [
            "",
            "p99",
            "p99<",
            "p99<5",
            "p99<5h",
            "p99=5ms",
            "p100<5ms",
            "p0<5ms",
            "p<5ms",
            "q99<5ms",
            "failed<0.01",
            "failed<101%",
            "failed<1.00001%",
            "goodput>95",
            "p99<5ms@10",
            "p99<5ms@0x",
            "p99<5ms@x",
            "p99<-5ms",
            "p99<5ms!@10x",
            "avg<5ms",
            "p99<1..5s",
        ] {
            let why = Threshold::read(text).expect_err(text);
            assert!(why.contains("p99<500ms"), "{why}");
        }
        for text in USUAL {
            assert!(Threshold::read(text).is_ok(), "{text}");
        }
    }
}
