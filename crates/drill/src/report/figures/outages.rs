//! How long chains and clouds were down: the article beside the record.

use maud::Markup;

use super::bars::{Bar, Group, figure};

/// An outage in hours.
struct Outage {
    /// As the article names it.
    name: &'static str,
    /// As the article has it.
    article: f64,
    /// As the record has it; none where the record has no such outage on that date.
    record: Option<f64>,
    /// What the record says.
    said: &'static str,
    /// Who says so.
    source: &'static str,
}

const OUTAGES: [Outage; 8] = [
    Outage {
        name: "Solana, February 2024",
        article: 5.0,
        record: Some(5.07),
        said: "2024-02-06, 09:53 to 14:57 UTC; a client\u{2019}s program cache, and not votes",
        source: "Delphi Digital, Helius",
    },
    Outage {
        name: "Polygon, \u{201c}March 2024\u{201d}",
        article: 11.0,
        record: Some(10.2),
        said: "2022-03-10 17:50 to about 04:00 UTC, two years earlier; 10 to 11 hours",
        source: "Crypto Times, CoinCodeCap",
    },
    Outage {
        name: "Optimism, \u{201c}June 2024\u{201d}",
        article: 2.5,
        record: Some(3.5),
        said: "2022-05-31, two years earlier; the sequencer stayed up, its public RPC fell",
        source: "Digital Market News, Blockmagnates",
    },
    Outage {
        name: "Solana, \u{201c}September 2024\u{201d}",
        article: 4.5,
        record: None,
        said: "no such outage; the mechanism fits 2021-09-14, which took 17 hours",
        source: "Helius, Jump Crypto",
    },
    Outage {
        name: "Arbitrum, December 2024",
        article: 1.5,
        record: Some(2.0),
        said: "2024-12-04, two paid RPC providers of one service; the chain was up",
        source: "status.reown.com",
    },
    Outage {
        name: "AWS, \u{201c}March 2017\u{201d}",
        article: 5.0,
        record: Some(4.28),
        said: "2017-02-28, 4 h 17 min until writes were back",
        source: "AWS\u{2019}s summary of the S3 event",
    },
    Outage {
        name: "AWS, December 2021",
        article: 8.5,
        record: Some(7.0),
        said: "2021-12-07, about 7 hours; the article has 8 to 9",
        source: "AWS\u{2019}s message 12721",
    },
    Outage {
        name: "AWS, October 2025",
        article: 0.0,
        record: Some(14.53),
        said: "06:48 to 09:40 UTC for the database\u{2019}s name, 14 h 32 min with its tail; the article has no length",
        source: "AWS\u{2019}s summary of the DynamoDB event",
    },
];

pub(super) fn outages() -> Markup {
    let groups: Vec<Group> = OUTAGES.iter().map(group).collect();
    figure("How long they were down", "hours", &groups, "")
}

fn group(outage: &Outage) -> Group {
    let bar = |who, hours: f64, none: &str| Bar {
        who,
        class: who,
        value: hours,
        shown: if hours > 0.0 { format!("{hours} h") } else { none.to_owned() },
    };
    Group {
        name: outage.name.to_owned(),
        about: format!("{} ({})", outage.said, outage.source),
        bars: vec![
            bar("article", outage.article, "not said"),
            bar("record", outage.record.unwrap_or_default(), "none"),
        ],
    }
}
