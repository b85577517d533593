//! Guesses which key was meant.

/// Names that people use for keys of ours.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("address", "listen"),
    ("bind", "listen"),
    ("chain_id", "id"),
    ("endpoint", "http"),
    ("host", "listen"),
    ("port", "listen"),
    ("provider", "operator"),
    ("region", "cloud"),
    ("rpc", "http"),
    ("rpc_url", "http"),
    ("threads", "workers"),
    ("url", "http"),
    ("websocket", "ws"),
    ("ws_url", "ws"),
];

/// The known key that is nearest to what was written, where one is near enough.
pub(super) fn nearest(written: &str, known: &[&'static str]) -> Option<&'static str> {
    let lower = written.to_lowercase().replace('-', "_");
    let other = OTHER_NAMES.iter().find(|(name, _)| *name == lower).map(|(_, meant)| *meant);
    if let Some(meant) = known.iter().find(|name| Some(**name) == other) {
        return Some(meant);
    }
    // Two slips at most, and at least half of the key right: else the guess misleads.
    let scored = known.iter().map(|name| (distance(&lower, name), *name));
    let near = scored.filter(|(slips, name)| *slips <= 2 && slips * 2 <= name.len());
    near.min_by_key(|(slips, _)| *slips).map(|(_, name)| name)
}

/// Slips between two words: a letter more, less, wrong, or two swapped (optimal string alignment).
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, sign) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in right.iter().enumerate() {
            let replaced = last[column] + usize::from(sign != other);
            let mut least = replaced.min(last[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && *sign == right[column - 1] && left[row - 1] == *other {
                least = least.min(before_last[column - 1] + 1);
            }
            current.push(least);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_recognized_and_a_stranger_is_not() {
        let known = &["name", "http", "ws", "operator", "listen", "max_batch_items"];
        for (written, meant) in [
            ("htpp", Some("http")),
            ("nme", Some("name")),
            ("Operator", Some("operator")),
            ("max-batch-items", Some("max_batch_items")),
            ("provider", Some("operator")),
            ("url", Some("http")),
            ("wss", Some("ws")),
            ("colour", None),
            ("x", None),
        ] {
            assert_eq!(nearest(written, known), meant, "{written}");
        }
    }
}
