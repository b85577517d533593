//! The configuration file: one TOML file, a table a part, all mistakes named at once.
//!
//! The document is walked by hand rather than through serde, because serde stops at the first mistake
//! and knows no places. Each table has a reader of its own; what concerns more than one value is
//! checked afterwards in `cross`. A value that may hold a secret is never repeated in a message.

mod chains;
mod contest;
mod cross;
mod exact;
mod expand;
mod forks;
mod gateway;
mod names;
mod nearest;
mod oracle;
mod reader;
mod report;
mod status;
mod syntax;
mod value;
mod venue;

use std::collections::BTreeSet;
use std::path::Path;

use ::gateway::config::GatewayConfig;
use ::oracle::config::{ConfigText, OracleConfig};
use ::venue::config::VenueConfig;
use runtime::client::NameSettings;

pub use report::Note;
pub use status::StatusConfig;

use reader::Reader;
use report::Report;

/// The tables of the file.
const TABLES: &[&str] = &["gateway", "oracle", "venue", "status", "names"];

/// A whole configuration without mistakes.
#[derive(Clone, Debug)]
pub struct Config {
    /// The gateway and its chains, where the file asks for it.
    pub gateway: Option<GatewayConfig>,
    /// The oracle, where the file asks for it.
    pub oracle: Option<OracleConfig>,
    /// The venue, where the file asks for it.
    pub venue: Option<VenueConfig>,
    /// The status page, where the file asks for one.
    pub status: Option<StatusConfig>,
    /// How names of hosts are looked up, where the file says so.
    pub names: Option<NameSettings>,
}

impl Config {
    /// What is configured, in one line: `1 chain, 3 upstreams, 3 operators; 2 feeds, 12 sources`.
    pub fn summary(&self) -> String {
        let gateway = self.gateway.as_ref().map(gateway_summary);
        let oracle = self.oracle.as_ref().map(|oracle| {
            let sources = oracle.settings().sources.len();
            format!("{}, {}", counted(oracle.feeds.len(), "feed"), counted(sources, "source"))
        });
        let venue = self.venue.as_ref().map(|venue| {
            format!(
                "{}, {}",
                counted(venue.markets.len(), "market"),
                counted(venue.keys.len(), "key")
            )
        });
        gateway.into_iter().chain(oracle).chain(venue).collect::<Vec<_>>().join("; ")
    }
}

fn gateway_summary(gateway: &GatewayConfig) -> String {
    let upstreams = || gateway.chains.iter().flat_map(|chain| &chain.upstreams);
    let operators: BTreeSet<&str> =
        upstreams().map(|upstream| upstream.operator.as_str()).collect();
    format!(
        "{}, {}, {}",
        counted(gateway.chains.len(), "chain"),
        counted(upstreams().count(), "upstream"),
        counted(operators.len(), "operator")
    )
}

/// What a file turned out to be.
#[derive(Debug)]
pub struct Checked {
    /// The configuration, or every mistake in the order of the file.
    pub config: Result<Config, Vec<Note>>,
    /// What is allowed and probably not meant, in the order of the file.
    pub warnings: Vec<Note>,
}

/// Reads and checks a file; `${NAME}` is taken from the environment.
///
/// # Errors
/// Where the file cannot be read at all.
pub fn load(file: &Path) -> Result<Checked, String> {
    let bytes =
        std::fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        format!("cannot read {}: it is not UTF-8 from byte {valid} on", file.display())
    })?;
    Ok(check(&text, &|name| std::env::var(name).ok()))
}

/// Checks the text of a file; `environment` answers for `${NAME}`.
pub fn check(text: &str, environment: &dyn Fn(&str) -> Option<String>) -> Checked {
    let parsed = syntax::parse(text);
    let mut report = Report::new(&parsed, environment);
    let root = Reader::root(&parsed.root, TABLES, &mut report);
    let gateway = root
        .table("gateway", gateway::KEYS, &mut report)
        .map(|table| gateway::read(&table, &mut report));
    let oracle = root
        .table("oracle", oracle::KEYS, &mut report)
        .map(|table| oracle::read(&table, gateway.as_ref(), &mut report));
    let venue = root
        .table("venue", venue::KEYS, &mut report)
        .map(|table| venue::read(&table, oracle.as_ref(), &mut report));
    if !["gateway", "oracle", "venue"].iter().any(|part| root.has(part)) {
        root.missing_table(
            "gateway",
            "a table, or [oracle] or [venue]; the file configures no part without one of them",
            &mut report,
        );
    }
    let status = root
        .table("status", status::KEYS, &mut report)
        .map(|table| status::read(&table, &mut report));
    let names =
        root.table("names", names::KEYS, &mut report).map(|table| names::read(&table, &mut report));
    let parts = cross::Drafts {
        gateway: gateway.as_ref(),
        oracle: oracle.as_ref(),
        venue: venue.as_ref(),
        status: status.as_ref(),
    };
    cross::check(&parts, &mut report);
    if let Some(draft) = &venue {
        venue::check(draft, oracle.as_ref(), &mut report);
    }
    let oracle = oracle.map(|draft| (draft.clone().finish(), draft));
    if let Some((Some(config), draft)) = &oracle {
        oracle::check(draft, config, &mut report);
    }
    let (mistakes, warnings) = report.into_notes();
    let gateway = gateway.map(gateway::GatewayDraft::finish);
    let status = status.map(status::StatusDraft::finish);
    let venue = whole(venue.map(venue::VenueDraft::finish));
    let oracle = whole(oracle.map(|(config, _)| config));
    let config = match (whole(gateway), oracle, venue, whole(status)) {
        (Ok(gateway), Ok(oracle), Ok(venue), Ok(status)) if mistakes.is_empty() => {
            let oracle = oracle.map(|config| {
                let recorded = ConfigText::new(&oracle::recorded(text, &config));
                OracleConfig { text: recorded, ..config }
            });
            Ok(Config { gateway, oracle, venue, status, names })
        }
        _ => Err(mistakes),
    };
    Checked { config, warnings }
}

/// A part's configuration where there is one, and an error where it could not be read.
fn whole<T>(part: Option<Option<T>>) -> Result<Option<T>, ()> {
    part.map(|read| read.ok_or(())).transpose()
}

/// Mistakes and warnings, a line each, and where there are mistakes a last line that counts them.
pub fn listing(file: &Path, mistakes: &[Note], warnings: &[Note]) -> String {
    let name = file.display();
    let mut lines = String::new();
    for (kind, note) in mistakes
        .iter()
        .map(|note| ("", note))
        .chain(warnings.iter().map(|note| ("warning: ", note)))
    {
        let Note { line, column, key, message } = note;
        let key = if key.is_empty() { String::new() } else { format!("{key}: ") };
        lines.push_str(&format!("{name}:{line}:{column}: {kind}{key}{message}\n"));
    }
    match (mistakes.len(), warnings.len()) {
        (0, _) => {}
        (mistakes, 0) => lines.push_str(&counted(mistakes, "mistake")),
        (mistakes, warnings) => {
            lines.push_str(&format!(
                "{}, {}",
                counted(mistakes, "mistake"),
                counted(warnings, "warning")
            ));
        }
    }
    lines
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests;
