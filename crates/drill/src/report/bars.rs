//! Groups of bars beside each other: the article, the record, our runs.

use maud::{Markup, html};

use super::damage::length;
use super::words;

/// A bar.
#[derive(Clone, Debug)]
pub(super) struct Bar {
    /// Whose number it is.
    pub(super) who: &'static str,
    /// Its colour: `article`, `record`, `off-bar` or `on-bar`.
    pub(super) class: &'static str,
    /// How long it is.
    pub(super) value: f64,
    /// What is written behind it.
    pub(super) shown: String,
}

/// Bars of one thing.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// What it is.
    pub(super) name: String,
    /// What is to be known about it.
    pub(super) about: String,
    /// Its bars.
    pub(super) bars: Vec<Bar>,
}

/// A figure: its title, its unit, its groups, and what is to be said about it.
pub(super) fn figure(title: &str, unit: &str, groups: &[Group], said: &str) -> Markup {
    let bars = || groups.iter().flat_map(|group| &group.bars);
    let most = bars().map(|bar| bar.value).fold(0.0, f64::max);
    html! {
        figure .drawn {
            figcaption { b { (words::capital(title)) } span { (unit) } }
            div .pairs {
                @for group in groups {
                    div {
                        p { (group.name) @if !group.about.is_empty() { span .sub { (group.about) } } }
                        div { @for bar in &group.bars { (one(bar, most)) } }
                    }
                }
            }
            @if !said.is_empty() { p .said { (said) } }
        }
    }
}

fn one(bar: &Bar, most: f64) -> Markup {
    html! {
        p .pair-bar {
            span { (bar.who) }
            svg aria-hidden="true" {
                rect .none width="100%" height="100%" {}
                rect .(bar.class) width=(length(if most > 0.0 { bar.value / most } else { 0.0 })) height="100%" {}
            }
            b { (bar.shown) }
        }
    }
}
