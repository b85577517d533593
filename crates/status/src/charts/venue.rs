//! Charts of the venue: depth of a book, work, liquidations, the fund.

use maud::{Markup, html};
use units::Money;

use super::Bars;
use crate::standing::{FUND_SAMPLE_MS, FUND_SAMPLES, SAMPLE_MS, SAMPLES, Sample, VenuePast};
use crate::text;

/// Height of the strips of work and of liquidations, and of the fund's, in units of their own.
const STRIP_HEIGHT: u64 = 40;

/// What rests at each level, in hundredths of the most: a bar a row, behind the table.
pub(crate) fn depth(shares: impl Iterator<Item = u64>, rows: usize, class: &str) -> Markup {
    let mut bars = Bars::default();
    for (row, share) in (0_u64..).zip(shares.take(rows)) {
        bars.add(0, row * 10, share.min(100), 9);
    }
    html! {
        svg .depth viewBox=(format!("0 0 100 {}", rows * 10)) preserveAspectRatio="none" aria-hidden="true" {
            (bars.path(class))
        }
    }
}

/// Work over the last five minutes, what was sent away at the bottom in another colour.
pub(crate) fn work(past: &VenuePast, now_ms: u64) -> Markup {
    let (all, shed) = (sum(past, |it| it.admitted + it.shed), sum(past, |it| it.shed));
    let label = format!("Work of the last five minutes: {all}, of which {shed} was sent away");
    strip(past, now_ms, &label, |it| it.admitted + it.shed, |it| it.shed)
}

/// Entries of the tape over the last five minutes.
pub(crate) fn taped(past: &VenuePast, now_ms: u64) -> Markup {
    let label = format!("Liquidations of the last five minutes: {}", past.taped());
    strip(past, now_ms, &label, |it| it.taped, |it| it.taped)
}

fn sum(past: &VenuePast, what: impl Fn(&Sample) -> u64) -> u64 {
    past.samples.iter().map(what).sum()
}

fn strip(
    past: &VenuePast,
    now_ms: u64,
    label: &str,
    all: impl Fn(&Sample) -> u64,
    bad: impl Fn(&Sample) -> u64,
) -> Markup {
    let first = (now_ms / SAMPLE_MS + 1).saturating_sub(u64::try_from(SAMPLES).unwrap_or_default());
    let most = past.samples.iter().map(&all).max().unwrap_or(0).max(1);
    let (mut base, mut good, mut red) = (Bars::default(), Bars::default(), Bars::default());
    base.add(0, STRIP_HEIGHT - 1, 299, 1);
    for sample in &past.samples {
        let Some(x) = sample.index.checked_sub(first).map(|samples| samples * 5) else { continue };
        let height = (all(sample) * STRIP_HEIGHT).div_ceil(most);
        let low = (bad(sample) * STRIP_HEIGHT).div_ceil(most).min(height);
        if height > low {
            good.add(x, STRIP_HEIGHT - height, 4, height - low);
        }
        if low > 0 {
            red.add(x, STRIP_HEIGHT - low, 4, low);
        }
    }
    html! {
        svg .strip viewBox=(format!("0 0 299 {STRIP_HEIGHT}")) preserveAspectRatio="none" role="img" aria-label=(label) {
            title { (label) }
            (base.path("none")) (good.path("answered")) (red.path("major"))
        }
    }
}

/// The least that was in the fund in each minute of the last hour.
pub(crate) fn fund(past: &VenuePast, now_ms: u64) -> Markup {
    let count = u64::try_from(FUND_SAMPLES).unwrap_or_default();
    let first = (now_ms / FUND_SAMPLE_MS + 1).saturating_sub(count);
    let most = past.fund.iter().map(|(_, fund)| fund.raw()).max().unwrap_or(0).max(1);
    let (mut base, mut bars) = (Bars::default(), Bars::default());
    base.add(0, STRIP_HEIGHT - 1, 299, 1);
    for (index, fund) in &past.fund {
        let Some(x) = index.checked_sub(first).map(|minutes| minutes * 5) else { continue };
        let height = fund.raw().max(0).saturating_mul(STRIP_HEIGHT.into()).checked_div(most);
        let height = height.and_then(|height| u64::try_from(height).ok()).unwrap_or(0);
        let height = height.clamp(u64::from(fund.raw() > 0), STRIP_HEIGHT);
        if height > 0 {
            bars.add(x, STRIP_HEIGHT - height, 4, height);
        }
    }
    let label = format!("The fund over the last hour: {}", least_fund(past));
    html! {
        svg .strip viewBox=(format!("0 0 299 {STRIP_HEIGHT}")) preserveAspectRatio="none" role="img" aria-label=(label) {
            title { (label) }
            (base.path("none")) (bars.path("answered"))
        }
    }
}

/// The least that the fund held within the last hour.
pub(crate) fn least_fund(past: &VenuePast) -> String {
    let least = past.fund.iter().map(|(_, fund)| *fund).min().unwrap_or(Money::ZERO);
    format!("at least {}", text::money(least))
}
