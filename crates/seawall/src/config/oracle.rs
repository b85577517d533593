//! The `[oracle]` table with its feeds, venues and chains.

mod chain;
mod check;
mod feed;
mod fundamental;
mod generic;
mod parameters;
mod text;
mod venue;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;

use ::oracle::chain::ChainConfig;
use ::oracle::config::{ConfigText, DEFAULT_RECORD_BYTES, FeedConfig, OracleConfig, RecordConfig};

use super::gateway::GatewayDraft;
use super::reader::{Found, Reader};
use super::report::{Place, Report};
use super::{status, value};

use chain::ChainDraft;
pub(super) use check::check;
use feed::FeedDraft;
pub(super) use text::recorded;
use venue::VenueDraft;

/// The keys of `[oracle]`.
pub(super) const KEYS: &[&str] =
    &["listen", "record", "record_max_bytes", "feed", "venue", "chain"];

/// Where readers connect unless the file says otherwise.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8600);

/// From what a few minutes of one market need to what a disk holds.
const RECORD_BYTES: RangeInclusive<u64> = 1 << 20..=1 << 44;

/// The oracle as far as it could be read.
#[derive(Clone, Debug)]
pub(super) struct OracleDraft {
    /// Where its table begins.
    pub place: Place,
    /// Where readers connect.
    pub listen: Option<Found<SocketAddr>>,
    record: Option<Found<PathBuf>>,
    record_max_bytes: Option<Found<u64>>,
    feeds: Vec<FeedDraft>,
    venues: Vec<VenueDraft>,
    chains: Vec<ChainDraft>,
    /// Whether every value that is there could be read.
    sound: bool,
}

/// Reads `[oracle]` and everything below it.
pub(super) fn read(
    table: &Reader<'_>,
    gateway: Option<&GatewayDraft>,
    report: &mut Report<'_>,
) -> OracleDraft {
    let before = report.mistake_count();
    let feeds: Vec<FeedDraft> = table
        .tables("feed", feed::KEYS, report)
        .iter()
        .map(|feed| feed::read(feed, report))
        .collect();
    if feeds.is_empty() {
        table.missing_table("feed", "at least one [[oracle.feed]]", report);
    }
    let venues = table
        .tables("venue", venue::KEYS, report)
        .iter()
        .map(|venue| venue::read(venue, report))
        .collect();
    let chains = table
        .tables("chain", chain::KEYS, report)
        .iter()
        .map(|chain| chain::read(chain, gateway, report))
        .collect();
    let mut draft = OracleDraft {
        place: table.place.clone(),
        listen: status::listen(table, DEFAULT_LISTEN, report),
        record: table.text("record", "the path of a file", report, value::path),
        record_max_bytes: table.number("record_max_bytes", RECORD_BYTES, report),
        feeds,
        venues,
        chains,
        sound: false,
    };
    draft.sound = report.mistake_count() == before;
    draft
}

impl OracleDraft {
    /// The symbols of its feeds.
    pub(super) fn symbols(&self) -> impl Iterator<Item = &str> {
        self.feeds.iter().filter_map(|feed| Some(feed.symbol.as_ref()?.value.as_str()))
    }

    /// The oracle's configuration, where every value could be read.
    pub(super) fn finish(self) -> Option<OracleConfig> {
        let bytes_max = self.record_max_bytes.map_or(DEFAULT_RECORD_BYTES, |found| found.value);
        let chains: Vec<ChainConfig> =
            self.chains.into_iter().map(ChainDraft::finish).collect::<Option<_>>()?;
        let mut feeds: Vec<FeedConfig> =
            self.feeds.into_iter().map(FeedDraft::finish).collect::<Option<_>>()?;
        feeds.iter_mut().for_each(|feed| set_readers(feed, &chains));
        Some(OracleConfig {
            listen: self.listen?.value,
            record: self.record.map(|found| RecordConfig { file: found.value, bytes_max }),
            feeds,
            venues: self.venues.into_iter().map(VenueDraft::finish).collect::<Option<_>>()?,
            chains,
            text: ConfigText::default(),
        })
    }
}

/// An exchange rate counts once as many readers say the same as have to agree on its chain: one endpoint of several
/// that lies is not believed.
fn set_readers(feed: &mut FeedConfig, chains: &[ChainConfig]) {
    let Some(name) = &feed.rate else { return };
    let chain = chains.iter().find(|chain| chain.rates.iter().any(|rate| rate.name == *name));
    if let (Some(chain), Some(fundamental)) = (chain, &mut feed.settings.fundamental) {
        fundamental.rate.readers = fundamental.rate.readers.max(chain.agree);
    }
}

#[cfg(test)]
mod tests;
