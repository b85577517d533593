//! The `[[gateway.chain.fork]]` tables: changes of the rules that are known beforehand.

use std::ops::RangeInclusive;

use gateway_core::{ClientVersion, ForkPoint, ForkSettings};

use super::reader::{Found, Reader};
use super::report::Report;
use super::value;

/// The keys of `[[gateway.chain.fork]]`.
pub(super) const KEYS: &[&str] = &["name", "at_block", "at_time", "versions"];

/// Any block but the first, which has no rules before it.
const BLOCKS: RangeInclusive<u64> = 1..=i64::MAX.unsigned_abs();
/// Seconds since 1970, from the first chain on to where a figure in milliseconds would begin.
const TIMES: RangeInclusive<u64> = 1_200_000_000..=99_999_999_999;

/// A fork as far as it could be read.
#[derive(Debug)]
pub(super) struct ForkDraft {
    /// Its name.
    pub name: Option<Found<String>>,
    at: Option<ForkPoint>,
    versions: Vec<(String, Found<ClientVersion>)>,
}

/// Reads one fork.
pub(super) fn read(table: &Reader<'_>, report: &mut Report<'_>) -> ForkDraft {
    let name = "what the fork is called, such as \"Osaka\"";
    let versions =
        "the first version of each client that knows the fork, such as { geth = \"1.16.0\" }";
    table.missing("name", name, report);
    table.missing("versions", versions, report);
    let block = table.number("at_block", BLOCKS, report);
    let time = table.number("at_time", TIMES, report);
    if let (Some(_), Some(time)) = (&block, &time) {
        report.mistake(&time.place, "at_block is given too; keep one of the two");
    } else if !table.has("at_time") {
        let accepted = "the number of its first block, or at_time in seconds since 1970";
        table.missing("at_block", accepted, report);
    }
    ForkDraft {
        name: table.text("name", name, report, value::label),
        at: block
            .map(|found| ForkPoint::Block(found.value))
            .or_else(|| time.map(|found| ForkPoint::Time(found.value))),
        versions: table.texts("versions", versions, report, |text| {
            ClientVersion::parse(text).ok_or_else(|| "this is no version".to_owned())
        }),
    }
}

impl ForkDraft {
    /// The fork, where every value could be read.
    pub(super) fn finish(self) -> Option<ForkSettings> {
        let versions = self.versions.into_iter().map(|(family, found)| (family, found.value));
        Some(ForkSettings { name: self.name?.value, at: self.at?, versions: versions.collect() })
    }
}
