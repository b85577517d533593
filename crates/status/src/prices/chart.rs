//! An asset's last hour as SVG: its lanes, every source, and below them the status.

use std::collections::VecDeque;
use std::fmt::Write as _;

use maud::{Markup, html};
use units::Price;

use super::past::{SAMPLE_MS, SAMPLES, Sample};
use super::severity;
use crate::price::PriceStatus;
use crate::text;

/// Height of the drawing, and of the strip of statuses below it, in its own units. Across it has two a sample.
const HEIGHT: i128 = 120;
const STRIP: i128 = 8;

/// The shortest time that is drawn, in samples: ten minutes.
const SHORTEST: u64 = 60;

/// The widest range that is drawn, from the middle of the lanes: what is further off, such as a venue in wrong units,
/// stands at the edge. The reason beside the chart says what it is.
const FAR: i128 = 2;

/// The narrowest, as a part of the middle: noise of a basis point must not look like a crash.
const NEAR: i128 = 1_000;

/// What the scale goes from and to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Scale {
    low: i128,
    high: i128,
}

impl Scale {
    fn of(samples: &VecDeque<Sample>) -> Option<Self> {
        let lanes = samples.iter().flat_map(|sample| {
            [sample.market, sample.liquidation, sample.fundamental].into_iter().flatten()
        });
        let sources =
            samples.iter().flat_map(|sample| sample.sources.iter().filter_map(|(price, _)| *price));
        let mut of_lanes: Vec<Price> = lanes.collect();
        if of_lanes.is_empty() {
            of_lanes = sources.clone().collect();
        }
        of_lanes.sort_unstable();
        let middle = of_lanes.get(of_lanes.len() / 2)?.raw();
        let (least, most) = (middle - middle / FAR, middle + middle / FAR);
        let all = || of_lanes.iter().copied().chain(sources.clone()).map(Price::raw);
        let inside = || all().filter(|raw| (least..=most).contains(raw));
        let (low, high) = (inside().min()?, inside().max()?);
        let missing = (middle / NEAR - (high - low)).max(0);
        let air = ((high - low) + missing) / 16;
        Some(Self { low: low - missing / 2 - air, high: high + missing / 2 + air })
    }

    /// How far down a price stands; at the edge where it is beyond.
    fn y(self, price: Price) -> i128 {
        let range = (self.high - self.low).max(1);
        let up = price.raw().saturating_sub(self.low).saturating_mul(HEIGHT) / range;
        (HEIGHT - up).clamp(0, HEIGHT)
    }
}

/// A line that breaks off where there is nothing. Points on the way of a level stretch are left out: most lines are
/// level for most of the time, and a page has hundreds of them.
#[derive(Default)]
struct Line {
    path: String,
    last: Option<(u64, i128)>,
    /// The end of the level stretch that is not written yet.
    level: Option<(u64, i128)>,
}

impl Line {
    fn point(&mut self, x: u64, y: i128) {
        let end = self.level.or(self.last);
        let joined = end.is_some_and(|(before, _)| x.saturating_sub(before) <= 4);
        if joined && end.is_some_and(|(_, level)| level == y) {
            self.level = Some((x, y));
            return;
        }
        self.end_level();
        // A point alone is drawn as one.
        let dot = if joined { "" } else { "h1" };
        self.put(if joined { 'L' } else { 'M' }, x, y);
        self.path.push_str(dot);
        self.last = Some((x, y));
    }

    fn end_level(&mut self) {
        if let Some((x, y)) = self.level.take() {
            self.put('L', x, y);
            self.last = Some((x, y));
        }
    }

    fn put(&mut self, pen: char, x: u64, y: i128) {
        // Writing to a text cannot fail; nothing is drawn if it ever did.
        if write!(self.path, "{pen}{x} {y}").is_err() {
            self.path.clear();
        }
    }
}

fn line<'a>(
    samples: &'a VecDeque<Sample>,
    (first, last): (u64, u64),
    scale: Scale,
    value: impl Fn(&'a Sample) -> Option<Price>,
) -> String {
    let mut line = Line::default();
    for sample in samples.iter().filter(|sample| (first..=last).contains(&sample.index)) {
        if let Some(price) = value(sample) {
            line.point((sample.index - first) * 2, scale.y(price));
        }
    }
    line.end_level();
    line.path
}

/// The first and last sample that are drawn: the last hour, or what there is of it. The seconds that are no whole sample
/// yet are left out, so that the drawing is new every ten seconds.
fn window(samples: &VecDeque<Sample>, now_ms: u64) -> (u64, u64) {
    let most = u64::try_from(SAMPLES).unwrap_or_default();
    let last = (now_ms / SAMPLE_MS).saturating_sub(1);
    let back = |count: u64| (last + 1).saturating_sub(count);
    let seen = samples.front().map_or(last, |first| first.index);
    (seen.clamp(back(most), back(SHORTEST)), last)
}

/// Times of one status as one path.
fn strip(samples: &VecDeque<Sample>, (first, last): (u64, u64), class: &str) -> String {
    let mut path = String::new();
    let of_class = |sample: &&Sample| severity(sample.status).class() == class;
    for sample in samples.iter().filter(of_class) {
        let inside = (first..=last).contains(&sample.index).then_some(sample.index);
        let Some(x) = inside.and_then(|index| index.checked_sub(first)) else { continue };
        if write!(path, "M{} {}h2v{STRIP}h-2z", x * 2, HEIGHT + 4).is_err() {
            return String::new();
        }
    }
    path
}

/// The last hour, with what its scale goes from and to. Empty where nothing was seen.
pub(crate) fn chart(samples: &VecDeque<Sample>, now_ms: u64) -> Markup {
    let Some(scale) = Scale::of(samples) else { return html! {} };
    let span = window(samples, now_ms);
    let count = span.1 + 1 - span.0;
    let sources = samples.back().map_or(0, |sample| sample.sources.len());
    let of = |place: usize, wanted: bool| {
        line(samples, span, scale, move |sample: &Sample| {
            sample
                .sources
                .get(place)
                .filter(|(_, used)| *used == wanted)
                .and_then(|(price, _)| *price)
        })
    };
    let used: String = (0..sources).map(|place| of(place, true)).collect();
    let refused: String = (0..sources).map(|place| of(place, false)).collect();
    let fundamental = line(samples, span, scale, |sample| sample.fundamental);
    let liquidation = line(samples, span, scale, |sample| sample.liquidation);
    let market = line(samples, span, scale, |sample| sample.market);
    let width = count * 2;
    let label = label(samples);
    html! {
        div .plot {
            svg .price-chart viewBox=(format!("0 0 {width} {}", HEIGHT + 4 + STRIP)) preserveAspectRatio="none" role="img" aria-label=(label) {
                title { (label) }
                @for (class, path) in [
                    ("source", &used), ("source refused", &refused), ("lane fundamental", &fundamental),
                    ("lane liquidation", &liquidation), ("lane market", &market),
                ] {
                    @if !path.is_empty() { path class=(class) d=(path) {} }
                }
                rect .none x="0" y=(HEIGHT + 4) width=(width) height=(STRIP) {}
                @for class in ["good", "minor", "major", "critical"] {
                    @let path = strip(samples, span, class);
                    @if !path.is_empty() { path class=(class) d=(path) {} }
                }
            }
            span .high { (text::price(Price::from_raw(scale.high))) }
            span .low { (text::price(Price::from_raw(scale.low))) }
        }
        figcaption { span { (text::span_coarse(count * SAMPLE_MS)) " ago" } span { "now" } }
    }
}

fn label(samples: &VecDeque<Sample>) -> String {
    let minutes = |status: PriceStatus| {
        let count = samples.iter().filter(|sample| sample.status == status).count();
        let ms = SAMPLE_MS * u64::try_from(count).unwrap_or_default();
        (count > 0).then(|| format!("{} {}", text::span_coarse(ms), status.name()))
    };
    let all = [
        PriceStatus::Live,
        PriceStatus::Capped,
        PriceStatus::Degraded,
        PriceStatus::Held,
        PriceStatus::Split,
        PriceStatus::Halted,
    ];
    let parts: Vec<String> = all.into_iter().filter_map(minutes).collect();
    format!("Lanes and sources over the last hour: {}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> Price {
        Price::parse(text.as_bytes()).expect("a number")
    }

    fn samples(of: &[(&str, &str)]) -> VecDeque<Sample> {
        let sample = |(index, (market, source)): (u64, &(&str, &str))| Sample {
            index,
            status: PriceStatus::Live,
            market: Some(price(market)),
            sources: vec![(Some(price(source)), false)],
            ..Sample::default()
        };
        (0..).zip(of).map(sample).collect()
    }

    #[test]
    fn a_venue_in_wrong_units_does_not_flatten_everything_else() {
        let scale = Scale::of(&samples(&[("1", "1000000"), ("1.01", "0.65")])).expect("a scale");
        assert!(scale.high < price("1.2").raw() && scale.low < price("0.65").raw(), "{scale:?}");
        assert_eq!(scale.y(price("1000000")), 0, "it stands at the edge");
    }

    #[test]
    fn noise_is_not_drawn_as_a_crash() {
        let scale = Scale::of(&samples(&[("1", "1"), ("1.00001", "1")])).expect("a scale");
        let moved = scale.y(price("1")) - scale.y(price("1.00001"));
        assert!((0..HEIGHT / 10).contains(&moved), "a tenth of the height at the most: {moved}");
    }

    #[test]
    fn a_level_line_is_two_points_and_a_gap_is_none() {
        let mut of = samples(&[("1", "1"); 6]);
        of[5].market = Some(price("1.2"));
        of.push_back(Sample { index: 20, market: Some(price("1")), ..Sample::default() });
        let scale = Scale { low: 0, high: price("1.2").raw() };
        assert_eq!(line(&of, (0, 30), scale, |sample| sample.market), "M0 20h1L8 20L10 0M40 20h1");
        assert_eq!(line(&of, (0, 3), scale, |sample| sample.market), "M0 20h1L6 20");
    }

    #[test]
    fn the_first_minutes_are_not_a_sliver_of_an_hour() {
        let hour = u64::try_from(SAMPLES).expect("some hundreds");
        let since = |first: u64| VecDeque::from([Sample { index: first, ..Sample::default() }]);
        assert_eq!(window(&since(995), 1_000 * SAMPLE_MS), (940, 999), "ten minutes at least");
        assert_eq!(window(&since(800), 1_000 * SAMPLE_MS), (800, 999));
        assert_eq!(window(&since(100), 1_000 * SAMPLE_MS), (1_000 - hour, 999));
    }

    #[test]
    fn a_refused_source_is_drawn_as_refused() {
        let drawn = chart(&samples(&[("1", "0.65"), ("1", "0.66")]), 30_000).into_string();
        assert!(drawn.contains("class=\"source refused\""), "{drawn}");
        assert!(!drawn.contains("class=\"source\""), "{drawn}");
        assert!(drawn.contains("20 s live"), "{drawn}");
    }
}
