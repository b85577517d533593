//! The first screen's picture as an SVG file that stands alone, for a page such as the project's first one.
//!
//! Damages are counted in different things, so no bar can be as long as a damage: each is the part that is left of its
//! own, and both figures stand beside it.

use maud::{Markup, PreEscaped, html};

use super::damage::{Damage, Tally};
use super::words;
use crate::drilled::Drilled;

/// Sizes in the drawing's own units, which are pixels at its natural size. It stays readable at 800 pixels' width.
const WIDTH: f64 = 880.0;
const ROW: f64 = 36.0;
const TOP: f64 = 84.0;
const BOTTOM: f64 = 42.0;
const LEFT: f64 = 22.0;
const BAR_AT: f64 = 440.0;
const BAR: f64 = 162.0;
const BAR_HEIGHT: f64 = 15.0;
/// Where the figures and the changes end.
const FIGURES_END: f64 = 782.0;
const CHANGE_END: f64 = WIDTH - LEFT;

/// Letters of a title, and of what the damage is counted as, that fit beside their bar.
const TITLE_LETTERS: usize = 58;
const METRIC_LETTERS: usize = 70;

/// Light and dark as the reader's system is; the colours are those of the status page.
const STYLE: &str = "\
text{font:14px system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;fill:#16232c}\
.ground{fill:#fff;stroke:#dde3e8}.rule{stroke:#dde3e8}.title{font-size:18px;font-weight:600}.soft{fill:#566773;font-size:12.5px}\
.small{fill:#566773;font-size:11.5px}.end{text-anchor:end}\
.bold{font-weight:600}.none{fill:#e3e8ec}.lost{fill:#f0b9b4}.left{fill:#1b7f4d}.more{fill:#d9372e}\
@media (prefers-color-scheme:dark){text{fill:#e6edf1}.ground{fill:#17222a;stroke:#2a3842}.rule{stroke:#2a3842}.soft,.small{fill:#9fb0bb}\
.none{fill:#2a3740}.lost{fill:#6b3532}.left{fill:#5fcf94}.more{fill:#e5483e}}";

pub(super) fn svg(drilled: &[Drilled]) -> String {
    let rows: Vec<(&Drilled, Damage<'_>)> = drilled
        .iter()
        .filter(|it| !it.is_version())
        .filter_map(|it| Some((it, Damage::of(it)?)))
        .collect();
    let height = TOP + ROW * rows.len() as f64 + BOTTOM;
    let sentence = Tally::of(drilled).sentence();
    let markup = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {WIDTH} {height}")) width=(WIDTH) height=(height) role="img"
            aria-label=(sentence) {
            title { (sentence) }
            style { (PreEscaped(STYLE)) }
            rect .ground x="0.5" y="0.5" width=(WIDTH - 1.0) height=(height - 1.0) rx="10" {}
            text .title x=(LEFT) y="34" { "What is left of each crisis\u{2019} damage with Seawall\u{2019}s defences on" }
            text .soft x=(LEFT) y="56" { "Replayed against the same real parts. Each bar is one damage with the defences off, counted as it says; green is what is left of it." }
            @for (place, (drilled, damage)) in rows.iter().enumerate() {
                (row(TOP + ROW * place as f64, drilled, damage))
            }
            (key(height - 18.0))
        }
    };
    format!("{}\n", markup.0)
}

fn row(top: f64, drilled: &Drilled, damage: &Damage<'_>) -> Markup {
    let left = damage.left();
    let base = top + ROW / 2.0 + 5.0;
    let bar = top + (ROW - BAR_HEIGHT) / 2.0;
    let width = if left.is_nan() { 0.0 } else { left.clamp(0.0, 1.0) * BAR };
    html! {
        g {
            path .rule d=(format!("M{LEFT} {top}H{CHANGE_END}")) {}
            text x=(LEFT) y=(top + 16.0) { (cut(&drilled.incident.title, TITLE_LETTERS)) }
            text .small x=(LEFT) y=(top + 30.0) { (cut(&damage.metric.name, METRIC_LETTERS)) }
            rect .(damage.whole()) x=(BAR_AT) y=(bar) width=(BAR) height=(BAR_HEIGHT) rx="3" {}
            @if damage.off > 0.0 || left > 1.0 { rect .(if left > 1.0 { "more" } else { "left" }) x=(BAR_AT) y=(bar) width=(format!("{width:.1}")) height=(BAR_HEIGHT) rx="3" {} }
            text .end x=(FIGURES_END) y=(base) { (damage.shown_off()) " \u{2192} " tspan .bold { (damage.shown_on()) } }
            text .end .bold x=(CHANGE_END) y=(base) { (change(damage)) }
        }
    }
}

/// The change, where it fits into the last column.
fn change(damage: &Damage<'_>) -> String {
    let change = words::change(damage.off, damage.on);
    if change.ends_with('%') { change } else { String::new() }
}

/// So many letters of a text, up to the end of a word.
fn cut(whole: &str, letters: usize) -> String {
    if whole.chars().count() <= letters {
        return whole.to_owned();
    }
    let cut: String = whole.chars().take(letters).collect();
    let cut = cut.rsplit_once(' ').map_or(cut.as_str(), |(before, _)| before);
    format!("{}\u{2026}", cut.trim_end_matches([',', ':', '(']))
}

fn key(base: f64) -> Markup {
    html! {
        rect .lost x=(BAR_AT) y=(base - 10.0) width="13" height="10" {}
        text .soft x=(BAR_AT + 19.0) y=(base) { "defences off: the whole bar" }
        rect .left x=(BAR_AT + 216.0) y=(base - 10.0) width="13" height="10" {}
        text .soft x=(BAR_AT + 235.0) y=(base) { "left with them on" }
    }
}
