//! What a page makes of what was measured.

/// What a page says of an aim.
pub(crate) const fn verdict(held: bool) -> &'static str {
    if held { "held" } else { "missed" }
}

/// The middle one of some figures; of an even number the mean of the middle two; 0 of none.
pub(crate) fn median(of: impl IntoIterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = of.into_iter().collect();
    all.sort_by(f64::total_cmp);
    let at = |place: usize| all.get(place).copied().unwrap_or(0.0);
    let half = all.len() / 2;
    if all.len().is_multiple_of(2) {
        f64::midpoint(at(half.saturating_sub(1)), at(half))
    } else {
        at(half)
    }
}
