//! The first screen's picture as an SVG file that stands alone, for a page such as the project's first one.

use maud::{Markup, PreEscaped, html};

use super::damage::{Damage, Tally};
use super::words;
use crate::drilled::Drilled;

/// Sizes in the drawing's own units, which are pixels at its natural size.
const WIDTH: f64 = 900.0;
const ROW: f64 = 30.0;
const TOP: f64 = 78.0;
const BOTTOM: f64 = 34.0;
const BAR_AT: f64 = 290.0;
const BAR: f64 = 330.0;
const BAR_HEIGHT: f64 = 14.0;

/// Letters of a title that fit beside its bar.
const TITLE_LETTERS: usize = 42;

/// Light and dark as the reader's system is; the colours are those of the status page.
const STYLE: &str = "\
text{font:13px system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;fill:#16232c}\
.ground{fill:#fff}.title{font-size:17px;font-weight:600}.soft{fill:#566773;font-size:12px}.end{text-anchor:end}\
.bold{font-weight:600}.lost{fill:#f0b9b4}.left{fill:#1b7f4d}.more{fill:#d9372e}\
@media (prefers-color-scheme:dark){text{fill:#e6edf1}.ground{fill:#17222a}.soft{fill:#9fb0bb}\
.lost{fill:#6b3532}.left{fill:#5fcf94}.more{fill:#e5483e}}";

pub(super) fn svg(drilled: &[Drilled]) -> String {
    let rows: Vec<(&Drilled, Damage<'_>)> =
        drilled.iter().filter_map(|it| Some((it, Damage::of(it)?))).collect();
    let height = TOP + ROW * rows.len() as f64 + BOTTOM;
    let markup = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {WIDTH} {height}")) width=(WIDTH) height=(height) role="img"
            aria-label=(Tally::of(drilled).sentence()) {
            style { (PreEscaped(STYLE)) }
            rect .ground width=(WIDTH) height=(height) rx="10" {}
            text .title x="24" y="34" { "Damage that is left with Seawall\u{2019}s defences on" }
            text .soft x="24" y="56" { "of the damage with them off, in the same crisis, replayed against the same real parts" }
            @for (place, (drilled, damage)) in rows.iter().enumerate() {
                (row(TOP + ROW * place as f64, drilled, damage))
            }
            (key(height - 14.0))
        }
    };
    format!("{}\n", markup.0)
}

fn row(top: f64, drilled: &Drilled, damage: &Damage<'_>) -> Markup {
    let left = damage.left();
    let base = top + ROW / 2.0 + 4.5;
    let bar = top + (ROW - BAR_HEIGHT) / 2.0;
    let width = if left.is_nan() { 0.0 } else { left.clamp(0.0, 1.0) * BAR };
    html! {
        g {
            text x="24" y=(base) { (title(&drilled.incident.title)) }
            rect .lost x=(BAR_AT) y=(bar) width=(BAR) height=(BAR_HEIGHT) rx="3" {}
            rect .(if left > 1.0 { "more" } else { "left" }) x=(BAR_AT) y=(bar) width=(format!("{width:.1}")) height=(BAR_HEIGHT) rx="3" {}
            text .end x="806" y=(base) { (damage.shown_off()) " \u{2192} " tspan .bold { (damage.shown_on()) } }
            text .end .bold x="876" y=(base) { (change(damage)) }
        }
    }
}

/// The change, where it fits into the last column.
fn change(damage: &Damage<'_>) -> String {
    let change = words::change(damage.off, damage.on);
    if change.ends_with('%') { change } else { String::new() }
}

fn title(whole: &str) -> String {
    if whole.chars().count() <= TITLE_LETTERS {
        return whole.to_owned();
    }
    let cut: String = whole.chars().take(TITLE_LETTERS).collect();
    let cut = cut.rsplit_once(' ').map_or(cut.as_str(), |(before, _)| before);
    format!("{}\u{2026}", cut.trim_end_matches([',', ':']))
}

fn key(base: f64) -> Markup {
    html! {
        rect .lost x=(BAR_AT) y=(base - 9.0) width="12" height="9" {}
        text .soft x=(BAR_AT + 18.0) y=(base) { "defence off = 100 %" }
        rect .left x=(BAR_AT + 150.0) y=(base - 9.0) width="12" height="9" {}
        text .soft x=(BAR_AT + 168.0) y=(base) { "left with the defence on" }
    }
}
