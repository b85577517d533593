//! Fragments of HTML for the status page. Their class names begin with `practice-`.

use maud::{Markup, html};

/// A button that posts to `path`; `spoken` is what a screen reader says of it, where its label alone is not enough.
#[must_use]
pub fn button(label: &str, spoken: Option<&str>, path: &str) -> Markup {
    html! {
        form.practice-form method="post" data-live action=(path) {
            button.practice-button type="submit" aria-label=[spoken] { (label) }
        }
    }
}

/// Buttons below `base` beside what they do: label, path and words.
#[must_use]
pub fn scenarios(base: &str, buttons: &[(&str, &str, &str)]) -> Markup {
    html! {
        dl.practice-scenarios {
            @for (label, path, does) in buttons {
                div {
                    dt { (button(label, None, &format!("{base}/{path}"))) }
                    dd { (does) }
                }
            }
        }
    }
}

/// Counts second by second, of what went well at the bottom, of what was shed above it, and of what failed on top;
/// `spoken` is what a screen reader says of it, `names` are what the three are called.
#[must_use]
pub fn strip(seconds: &[[u64; 3]], spoken: &str, names: [&str; 3]) -> Markup {
    const HEIGHT: u64 = 60;
    const STEP: u64 = 5;
    let most = seconds.iter().map(|parts| parts.iter().sum::<u64>()).max();
    let most = most.unwrap_or_default().max(1);
    let mut bars =
        [("answered", String::new()), ("minor", String::new()), ("critical", String::new())];
    let mut x = 0;
    for parts in seconds {
        let mut y = HEIGHT;
        for ((_, path), part) in bars.iter_mut().zip(parts) {
            let height = (part * HEIGHT).div_ceil(most).min(y);
            y -= height;
            if height > 0 {
                path.push_str(&format!("M{x} {y}h4v{height}h-4z"));
            }
        }
        x += STEP;
    }
    // So wide from the start that it does not shrink while it fills.
    let width = x.max(STEP * 60);
    html! {
        svg.practice-strip viewBox=(format!("0 0 {width} {HEIGHT}")) preserveAspectRatio="none" role="img"
            aria-label=(spoken) {
            @for (class, path) in &bars { @if !path.is_empty() { path class=(class) d=(path) {} } }
        }
        p.practice-key {
            @for ((class, _), name) in bars.iter().zip(names) {
                svg viewBox="0 0 10 10" aria-hidden="true" { rect class=(class) width="10" height="10" {} } " " (name) " "
            }
            "a second"
        }
    }
}
