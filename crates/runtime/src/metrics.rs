//! Metrics: the registry and its text form.

pub use prometheus_client::metrics::{counter, family, gauge, histogram};
pub use prometheus_client::{encoding, registry};

/// The content type of [`render`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The registry in the OpenMetrics text format that Prometheus scrapes.
#[must_use]
pub fn render(_registry: &registry::Registry) -> String {
    unimplemented!()
}
