//! Lines as SVG made by hand; the numbers beside it are HTML, so that they stay readable on any width.

use std::fmt::Write as _;

use incident::Across;
use maud::{Markup, html};

use super::words;

/// The drawing's own units; it is stretched to the width that there is.
const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 180.0;

/// About how many numbers stand beside an axis.
const TICKS: f64 = 4.0;

/// A line, told from others by its class and its name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// `off`, `on`, `world`, `own` or `other`: its colour and its dashes.
    pub(super) class: &'static str,
    /// What it is, for the key.
    pub(super) name: &'a str,
    /// Seconds, or what the chart runs over, and values, ascending.
    pub(super) points: &'a [(f64, f64)],
}

/// What an axis goes from and to.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Range {
    low: f64,
    high: f64,
}

impl Range {
    fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut range: Option<Self> = None;
        for value in values.filter(|value| value.is_finite()) {
            let Self { low, high } = range.unwrap_or(Self { low: value, high: value });
            range = Some(Self { low: low.min(value), high: high.max(value) });
        }
        range
    }

    /// With zero, where the values are not all far from it: a curve that seems to fall to nothing should have done so.
    fn with_zero(self) -> Self {
        let Self { low, high } = self;
        if low > 0.0 && low > high / 2.0 && high > low {
            let air = (high - low) / 16.0;
            return Self { low: low - air, high: high + air };
        }
        let high = if high <= 0.0 { 0.0 } else { high };
        let low = low.min(0.0);
        if high > low { Self { low, high } } else { Self { low, high: low + 1.0 } }
    }

    /// From zero on, where that is close: the first look at a run is often a step after its beginning.
    fn since_the_beginning(self) -> Self {
        let is_close = self.low > 0.0 && self.low < (self.high - self.low) / 10.0;
        if is_close { Self { low: 0.0, ..self } } else { self }
    }

    fn share(self, value: f64) -> f64 {
        let span = self.high - self.low;
        if span > 0.0 { ((value - self.low) / span).clamp(0.0, 1.0) } else { 0.5 }
    }

    /// The round numbers inside, some four of them, in steps from `steps` times a power of ten.
    fn ticks(self) -> Vec<f64> {
        self.every(step((self.high - self.low) / TICKS))
    }

    /// Round times inside.
    fn times(self) -> Vec<f64> {
        const STEPS: [f64; 20] = [
            1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_200.0, 1_800.0, 3_600.0,
            7_200.0, 10_800.0, 14_400.0, 21_600.0, 43_200.0, 86_400.0, 172_800.0,
        ];
        let span = self.high - self.low;
        let fits = STEPS.into_iter().find(|step| span / step <= TICKS + 1.0);
        self.every(match fits {
            Some(fits) if span >= TICKS => fits,
            _ => step(span / TICKS),
        })
    }

    fn every(self, step: f64) -> Vec<f64> {
        const TICKS_MAX: usize = 12;
        if step <= 0.0 || !step.is_finite() {
            return vec![self.low];
        }
        let first = (self.low / step).ceil();
        let ticks = (0..TICKS_MAX).map(|nth| (first + nth as f64) * step);
        // What is zero but for rounding is zero.
        let ticks = ticks.map(|tick| if tick.abs() < step / 1e6 { 0.0 } else { tick });
        ticks.take_while(|tick| *tick <= self.high + step / 1e6).collect()
    }
}

/// The next of 1, 2, 2.5, 5 times a power of ten.
fn step(least: f64) -> f64 {
    if least <= 0.0 || !least.is_finite() {
        return 1.0;
    }
    // From one on by whole factors, which are exact: ticks are to be round numbers.
    let mut power = 1.0;
    while power * 10.0 <= least && power < 1e18 {
        power *= 10.0;
    }
    while power > least && power > 1e-12 {
        power /= 10.0;
    }
    let fits = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().find(|times| times * power >= least * 0.999);
    fits.unwrap_or(10.0) * power
}

/// What a chart shows, and over what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chart<'a> {
    /// What it shows.
    pub(super) title: &'a str,
    /// In what.
    pub(super) unit: &'a str,
    /// Over what; none where that is the run's time.
    pub(super) across: Option<&'a Across>,
}

impl Chart<'_> {
    /// The numbers beside the lower axis, and what is written there.
    fn across(&self, x: Range) -> Vec<(f64, String)> {
        match self.across {
            None => x.times().into_iter().map(|tick| (tick, words::time(tick))).collect(),
            Some(across) => {
                let shown = |tick| (tick, words::axis(tick, &across.unit));
                x.ticks().into_iter().map(shown).collect()
            }
        }
    }

    /// What the lower axis is.
    fn below(&self) -> String {
        match self.across {
            None => "time since the run began".to_owned(),
            Some(Across { name, unit }) if unit.is_empty() => name.clone(),
            Some(Across { name, unit }) => format!("{name}, {unit}"),
        }
    }
}

/// A chart with its title, its axes, and a key where there is more than one line.
pub(super) fn plot(chart: Chart<'_>, lines: &[Line<'_>]) -> Markup {
    let Chart { title, unit, .. } = chart;
    let points = || lines.iter().flat_map(|line| line.points.iter().copied());
    let x = Range::of(points().map(|point| point.0));
    let y = Range::of(points().map(|point| point.1));
    let (Some(x), Some(y)) = (x, y) else { return html! {} };
    let x = if chart.across.is_none() { x.since_the_beginning() } else { x };
    let y = y.with_zero();
    html! {
        figure .plot {
            figcaption { b { (words::capital(title)) } span { (unit) } }
            div .frame {
                div .ys aria-hidden="true" {
                    @for tick in y.ticks() {
                        span style=(format!("top:{:.1}%", (1.0 - y.share(tick)) * 100.0)) { (words::axis(tick, unit)) }
                    }
                }
                svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) preserveAspectRatio="none" role="img" aria-label=(spoken(chart, lines)) {
                    @for tick in y.ticks() {
                        @let at = (1.0 - y.share(tick)) * HEIGHT;
                        path .grid d=(format!("M0 {at:.1}H{WIDTH}")) {}
                    }
                    @for line in lines {
                        path .(line.class) d=(path(line.points, x, y)) {}
                    }
                }
                div .xs aria-hidden="true" {
                    @for (tick, shown) in chart.across(x) {
                        @let at = x.share(tick);
                        @let side = if at > 0.9 { "last" } else if at < 0.04 { "first" } else { "" };
                        span .(side) style=(format!("left:{:.1}%", at * 100.0)) { (shown) }
                    }
                }
            }
            p .below { (chart.below()) }
            @if lines.len() > 1 { (key(lines)) }
        }
    }
}

/// Which line is which.
fn key(lines: &[Line<'_>]) -> Markup {
    html! {
        p .key {
            @for line in lines {
                span { svg viewBox="0 0 24 6" aria-hidden="true" { path .(line.class) d="M0 3H24" {} } " " (line.name) }
            }
        }
    }
}

fn spoken(chart: Chart<'_>, lines: &[Line<'_>]) -> String {
    let Chart { title, unit, .. } = chart;
    let mut text = format!("{title}, in {unit}, over {}", chart.below());
    for line in lines {
        if let Some(Range { low, high }) = Range::of(line.points.iter().map(|point| point.1)) {
            let (low, high) = (words::axis(low, unit), words::axis(high, unit));
            // Writing to a string does not fail.
            write!(text, "; {}: from {low} to {high}", line.name).unwrap_or_default();
        }
    }
    text
}

/// A line as a path: of each column the least and the most, in the order in which they came, so that no peak is lost
/// and no more is written than can be seen.
fn path(points: &[(f64, f64)], x: Range, y: Range) -> String {
    let column = |at: f64| (x.share(at) * WIDTH / 2.0).floor();
    let mut text = String::new();
    let mut rest = points;
    while let Some(first) = rest.first() {
        let here = rest.iter().take_while(|point| column(point.0) == column(first.0)).count();
        let (column, after) = rest.split_at(here.max(1));
        rest = after;
        let by = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let (least, most) = (column.iter().min_by(by), column.iter().max_by(by));
        let mut kept: Vec<_> =
            [Some(first), least, most, column.last()].into_iter().flatten().collect();
        kept.sort_by(|a, b| a.0.total_cmp(&b.0));
        kept.dedup();
        for point in kept {
            let pen = if text.is_empty() { 'M' } else { 'L' };
            let (at, up) = (x.share(point.0) * WIDTH, (1.0 - y.share(point.1)) * HEIGHT);
            // Writing to a string does not fail.
            write!(text, "{pen}{at:.0} {up:.1}").unwrap_or_default();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_a_few_round_numbers() {
        // An axis with a hundred numbers, or none, cannot be read.
        let range = |low, high| Range { low, high };
        assert_eq!(range(0.0, 3.4e9).ticks(), [0.0, 1e9, 2e9, 3e9]);
        assert_eq!(range(0.62, 1.02).ticks().len(), 4);
        assert_eq!(range(0.0, 28_800.0).times(), [0.0, 7_200.0, 14_400.0, 21_600.0, 28_800.0]);
        assert_eq!(range(0.0, 82.0).ticks(), [0.0, 25.0, 50.0, 75.0]);
        assert_eq!(range(5.0, 5.0).ticks(), [5.0]);
    }

    #[test]
    fn a_line_keeps_its_peaks_and_stays_small() {
        // The minute in which three billion went is what the picture is for, and the file is to be sent by mail.
        let points: Vec<(f64, f64)> =
            (0..100_000).map(|at| (f64::from(at), if at == 41_234 { 9.0 } else { 1.0 })).collect();
        let (x, y) = (Range { low: 0.0, high: 99_999.0 }, Range { low: 0.0, high: 9.0 });
        let drawn = path(&points, x, y);
        assert!(drawn.contains(" 0.0"), "the peak is at the top");
        assert!(drawn.len() < 20_000, "{}", drawn.len());
    }

    #[test]
    fn a_flat_or_empty_line_is_drawn_without_harm() {
        // A drill whose defence leaves nothing to draw would take the report with it.
        let chart = Chart { title: "flat", unit: "USD", across: None };
        assert_eq!(plot(chart, &[]).0, "");
        let flat = Line { class: "on", name: "on", points: &[(0.0, 0.0), (1.0, 0.0)] };
        assert!(plot(chart, &[flat]).0.contains("M0 180.0"));
    }

    #[test]
    fn what_does_not_run_over_time_is_not_called_time() {
        // A third of the stake would read as half a minute.
        let across =
            Across { name: "stake on the buggy client".to_owned(), unit: "per cent".to_owned() };
        let line = Line { class: "on", name: "on", points: &[(0.0, 0.0), (100.0, 300.0)] };
        let over = |across| {
            plot(Chart { title: "stalled", unit: "minutes", across }, &[line]).into_string()
        };
        let drawn = over(Some(&across));
        assert!(drawn.contains("stake on the buggy client, per cent"));
        assert!(drawn.contains(">50</span>") && !drawn.contains("50 s"), "{drawn}");
        assert!(over(None).contains("time since the run began") && over(None).contains("60 s"));
    }
}
