//! Metrics: the registry and its text form.

use std::fmt::Display;

pub use prometheus_client::metrics::{counter, family, gauge, histogram};
pub use prometheus_client::{encoding, registry};

/// The content type of [`render`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The registry in the OpenMetrics text format that Prometheus scrapes.
#[must_use]
pub fn render(registry: &registry::Registry) -> String {
    let mut text = String::new();
    if let Err(error) = encoding::text::encode(&mut text, registry) {
        // Without its `# EOF` line the text is refused by the scraper, so the loss does not go unseen.
        tracing::error!(%error, "metrics could not be written");
    }
    text
}

/// An exact value as the nearest float: graphs need no more, and nothing is decided by it.
#[must_use]
pub fn float(exact: impl Display) -> f64 {
    exact.to_string().parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scrape_without_its_end_mark_is_refused_by_prometheus() {
        let calls: counter::Counter = counter::Counter::default();
        let mut registry = registry::Registry::default();
        registry.register("calls", "Calls answered", calls.clone());
        calls.inc_by(3);
        let text = render(&registry);
        assert!(text.contains("calls_total 3\n"), "{text}");
        assert!(text.ends_with("# EOF\n"), "{text}");
    }
}
