//! How long chains and clouds were down: the article beside the record, and the models that stood as long.

use maud::Markup;

use super::super::bars::{Bar, Group, figure};
use super::value;
use crate::drilled::Drilled;

/// An outage in hours.
struct Outage {
    /// As the article names it.
    name: &'static str,
    /// As the article has it; none where it gives no length.
    article: Option<f64>,
    /// As the record has it; none where the record has no such outage on that date.
    record: Option<f64>,
    /// The drill whose model of the chain stands, where there is one.
    model: Option<&'static str>,
    /// What the record says.
    said: &'static str,
    /// Who says so.
    source: &'static str,
}

const OUTAGES: [Outage; 11] = [
    Outage {
        name: "Solana, February 2024",
        article: Some(5.0),
        record: Some(5.07),
        model: Some("solana-feb"),
        said: "2024-02-06, 09:53 to 14:57 UTC; a client\u{2019}s program cache, and not votes",
        source: "members.delphidigital.io/feed/solana-releases-outage-report",
    },
    Outage {
        name: "Polygon, \u{201c}March 2024\u{201d}",
        article: Some(11.0),
        record: Some(10.2),
        model: Some("polygon"),
        said: "2022-03-10 17:50 to about 04:00 UTC, two years earlier; 10 to 11 hours",
        source: "cryptotimes.io/2022/03/11",
    },
    Outage {
        name: "Optimism, \u{201c}June 2024\u{201d}",
        article: Some(2.5),
        record: Some(3.5),
        model: None,
        said: "2022-05-31, two years earlier; the sequencer stayed up, its public endpoint fell",
        source: "digitalmarketnews.com/optimism-airdrop",
    },
    Outage {
        name: "Solana, \u{201c}September 2024\u{201d}",
        article: Some(4.5),
        record: None,
        model: Some("vote-starve"),
        said: "no such outage; the mechanism is that of 2021-09-14, 17 hours, which the model plays",
        source: "helius.dev/blog/solana-outages-complete-history",
    },
    Outage {
        name: "Arbitrum, December 2024",
        article: Some(1.5),
        record: Some(2.0),
        model: None,
        said: "2024-12-04, two paid providers of one wallet service; the chain was up",
        source: "status.reown.com/incidents/nnl4vxl2skbv",
    },
    Outage {
        name: "Arbitrum\u{2019}s sequencer, December 2023",
        article: None,
        record: Some(1.47),
        model: Some("arb-seq"),
        said: "2023-12-15, 15:29 to 16:57 UTC, 78 to 88 minutes",
        source: "the Arbitrum Foundation\u{2019}s report, dedaub.com/blog/arbitrum-sequencer-outage",
    },
    Outage {
        name: "Infura, November 2020",
        article: None,
        record: Some(7.0),
        model: None,
        said: "2020-11-11 from 07:08 UTC, about seven hours in all",
        source: "blog.infura.io/infura-mainnet-outage-post-mortem-2020-11-11",
    },
    Outage {
        name: "AWS, \u{201c}March 2017\u{201d}",
        article: Some(5.0),
        record: Some(4.28),
        model: None,
        said: "2017-02-28, 4 h 17 min until writes were back",
        source: "AWS\u{2019}s summary of the S3 event, aws.amazon.com/message/41926",
    },
    Outage {
        name: "AWS, December 2021",
        article: Some(8.5),
        record: Some(7.0),
        model: None,
        said: "2021-12-07, about 7 hours; the article has 8 to 9",
        source: "aws.amazon.com/message/12721",
    },
    Outage {
        name: "AWS, April 2025",
        article: None,
        record: Some(1.05),
        model: None,
        said: "2025-04-15, power of one zone in Tokyo, 07:40 to 08:43 UTC",
        source: "mlmrehab.com/13911.html, after AWS\u{2019}s status page",
    },
    Outage {
        name: "AWS, October 2025",
        article: None,
        record: Some(14.53),
        model: None,
        said: "2025-10-20, 06:48 to 09:40 UTC for the database\u{2019}s name, 14 h 32 min with its tail",
        source: "AWS\u{2019}s summary of the DynamoDB event, by ernestchiang.com",
    },
];

/// All of them, with what our models stood where they were run.
pub(super) fn outages(drilled: &[Drilled]) -> Markup {
    let groups: Vec<Group> = OUTAGES.iter().map(|outage| group(drilled, outage)).collect();
    figure(
        "How long they were down",
        "hours",
        &groups,
        "\u{201c}Our model\u{201d} is how long the model of the chain stood in the drill. Clouds and providers are replayed within seconds, so that our \
         runs say nothing of their lengths.",
    )
}

fn group(drilled: &[Drilled], outage: &Outage) -> Group {
    let bar = |who, class, hours: Option<f64>, none: &str| Bar {
        who,
        class,
        value: hours.unwrap_or_default(),
        shown: hours.map_or_else(|| none.to_owned(), |hours| format!("{} h", two_places(hours))),
    };
    let mut bars = vec![
        bar("article", "article", outage.article, "not said"),
        bar("record", "record", outage.record, "none then"),
    ];
    let stood = outage.model.and_then(|drill| value(drilled, drill, "off", "stalled_minutes"));
    if let Some(minutes) = stood {
        bars.push(bar("our model", "ours", Some(minutes / 60.0), ""));
    }
    Group {
        name: outage.name.to_owned(),
        about: format!("{} ({})", outage.said, outage.source),
        bars,
    }
}

/// Hours to the half minute, without zeros behind.
fn two_places(hours: f64) -> String {
    let text = format!("{hours:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use incident::Incident;

    use super::*;
    use crate::embedded::ALL;

    #[test]
    fn the_articles_outages_are_those_of_the_drill_with_the_public_figures() {
        // The same report would give two lengths of one outage.
        let file = ALL.iter().find(|file| file.name == "history.toml").expect("it is there");
        let incident = Incident::read(file.name, file.incident).expect("it can be read");
        let hours = |name| incident.parameters.numbers(name).expect("it is a list");
        let drawn: Vec<&Outage> =
            OUTAGES.iter().filter(|it| !it.name.contains("AWS") && it.article.is_some()).collect();
        let of = |hours: fn(&Outage) -> Option<f64>| -> Vec<f64> {
            drawn.iter().map(|outage| hours(outage).unwrap_or_default()).collect()
        };
        assert_eq!(of(|outage| outage.article), hours("outage_article_hours"));
        assert_eq!(of(|outage| outage.record), hours("outage_record_hours"));
    }
}
