//! Log set-up: structured lines on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people at a terminal.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// Never logged, whatever the filter says: at its finest level the WebSocket library writes out its request,
/// and with it the path, query and password of a provider's URL.
const SECRET: &str = "tungstenite::handshake::client=info";

/// Starts logging to standard error; `filter` as in `RUST_LOG` (which wins where it is set).
/// A filter that cannot be read is named in a warning, and `info` is taken for it.
/// Does nothing when called again.
pub fn start(format: Format, filter: &str) {
    let wanted = std::env::var(EnvFilter::DEFAULT_ENV).ok().filter(|set| !set.is_empty());
    let wanted = wanted.as_deref().unwrap_or(filter);
    let (chosen, fault) = match EnvFilter::try_new(wanted) {
        Ok(chosen) => (chosen, None),
        Err(error) => (EnvFilter::new("info"), Some(error)),
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(without_secrets(chosen))
        .with_writer(std::io::stderr)
        .with_ansi(format == Format::Text && std::io::stderr().is_terminal());
    let started = match format {
        Format::Text => lines.try_init(),
        Format::Json => lines.json().flatten_event(true).try_init(),
    };
    if started.is_ok()
        && let Some(error) = fault
    {
        tracing::warn!(filter = wanted, %error, "log filter is not valid, using info");
    }
}

fn without_secrets(filter: EnvFilter) -> EnvFilter {
    filter.add_directive(
        SECRET.parse().expect("invariant: the directive is valid, a test starts with it"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_start_or_a_bad_filter_must_not_stop_the_process() {
        start(Format::Text, "not=a=filter");
        start(Format::Json, "info");
    }
}
