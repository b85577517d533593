//! The JSON of `/v1/prices` and `/v1/stream`. Prices are decimal strings, so that no reader's floats touch them.

use std::fmt::Display;

use oracle_core::{Average, CostToMove, RateStanding, SourceReport};
use runtime::calendar::rfc3339;
use serde::{Serialize, Serializer};
use units::{Span, Timestamp};

use super::shown::Shown;
use crate::published::{FeedView, Published};

/// A value that is written as text.
struct Text<T>(T);

impl<T: Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

#[derive(Serialize)]
struct Feed<'a> {
    symbol: &'a str,
    status: &'static str,
    market: Option<Text<units::Price>>,
    fundamental: Option<Text<units::Price>>,
    liquidation: Option<Text<units::Price>>,
    confidence: Option<Text<units::Price>>,
    as_of: Option<String>,
    age_ms: Option<u64>,
    divergence_bps: Option<i64>,
    last_good: Option<LastGood>,
    clusters: Option<Vec<Text<units::Price>>>,
    sources: Vec<Source<'a>>,
    digest: Text<oracle_core::Digest>,
    tick: u64,
    causes: Vec<String>,
    groups: Groups,
    averages: Option<Averages>,
    cost_to_move: Costs<'a>,
    rate: Option<Rate>,
}

#[derive(Serialize)]
struct LastGood {
    price: Text<units::Price>,
    as_of: String,
    age_ms: u64,
}

#[derive(Serialize)]
struct Source<'a> {
    name: &'a str,
    group: &'a str,
    kind: &'static str,
    price: Option<Text<units::Price>>,
    used: bool,
    reason: Option<&'static str>,
    explanation: Option<Text<oracle_core::Refusal>>,
    weight: Text<units::Ratio>,
    heard_ms: Option<u64>,
}

#[derive(Serialize)]
struct Groups {
    used: usize,
    quorum: usize,
}

#[derive(Serialize)]
struct Averages {
    ema_30s: Option<Text<units::Price>>,
    twap_5m: Option<Twap>,
    twap_30m: Option<Twap>,
    twap_1h: Option<Twap>,
}

#[derive(Serialize)]
struct Twap {
    price: Text<units::Price>,
    coverage: Text<units::Ratio>,
}

#[derive(Serialize)]
struct Costs<'a> {
    down: Option<Cost<'a>>,
    up: Option<Cost<'a>>,
}

/// What it takes to move the price by one per cent.
#[derive(Serialize)]
struct Cost<'a> {
    at_least: Text<units::Money>,
    on: Vec<&'a str>,
    not_seen: Vec<&'a str>,
}

#[derive(Serialize)]
struct Rate {
    standing: &'static str,
    ratio: Option<Text<units::Ratio>>,
    read: Option<Text<units::Ratio>>,
    bound: Option<Text<units::Ratio>>,
}

#[derive(Serialize)]
struct All<'a> {
    at: String,
    prices: Vec<Feed<'a>>,
}

#[derive(Serialize)]
struct NoSuchFeed<'a> {
    error: String,
    symbols: Vec<&'a str>,
}

/// One feed as it is at a moment.
pub(crate) fn feed(published: &Published, view: &FeedView, now: Timestamp) -> String {
    written(&feed_of(published, view, now))
}

/// All feeds as they are at a moment.
pub(crate) fn all(published: &Published, now: Timestamp) -> String {
    let prices = published.feeds.iter().map(|view| feed_of(published, view, now)).collect();
    written(&All { at: rfc3339(published.at.unix_ms), prices })
}

/// There is no such feed; these there are.
pub(crate) fn no_such_feed(published: &Published, asked: &str) -> String {
    let symbols = published.feeds.iter().map(|view| &*view.symbol).collect();
    written(&NoSuchFeed { error: format!("there is no feed {asked}"), symbols })
}

/// A value as JSON. None of ours can fail: keys are texts, and numbers are whole.
pub(crate) fn written(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| {
        tracing::error!(%error, "a value could not be written as JSON");
        r#"{"error":"internal error"}"#.to_owned()
    })
}

fn feed_of<'a>(published: &'a Published, view: &'a FeedView, now: Timestamp) -> Feed<'a> {
    let shown = Shown::of(view, now);
    let tick = &view.tick;
    let since = now.since(tick.at.now);
    let clusters: Vec<_> = shown.clusters.iter().copied().map(Text).collect();
    let has_price = shown.has_price();
    // An average ends with the price that it is of: without one it would be an old number.
    let averages = tick.averages;
    let averages = has_price.then(|| Averages {
        ema_30s: averages.ema.map(Text),
        twap_5m: averages.twap[0].map(twap),
        twap_30m: averages.twap[1].map(twap),
        twap_1h: averages.twap[2].map(twap),
    });
    let cost = |cost: &'a Option<CostToMove>| {
        let seen = cost.as_ref().filter(|_| has_price);
        seen.map(|cost| cost_of(published, view, cost))
    };
    let divergence = tick.divergence.filter(|_| has_price);
    Feed {
        symbol: &view.symbol,
        status: shown.status.name(),
        market: shown.market.map(Text),
        fundamental: shown.fundamental.map(Text),
        liquidation: shown.liquidation.map(Text),
        confidence: shown.confidence.map(Text),
        as_of: shown.as_of.map(|as_of| rfc3339(as_of.unix_ms)),
        age_ms: shown.age.map(Span::as_millis),
        divergence_bps: divergence.map(units::Ratio::as_bps),
        last_good: shown.last_good.map(|(last, age)| LastGood {
            price: Text(last.price),
            as_of: rfc3339(last.at.unix_ms),
            age_ms: age.as_millis(),
        }),
        clusters: (!clusters.is_empty()).then_some(clusters),
        sources: tick.sources.iter().map(|report| source(published, report, since)).collect(),
        digest: Text(tick.digest),
        tick: tick.number,
        causes: shown.causes,
        groups: Groups { used: tick.groups.0, quorum: tick.groups.1 },
        averages,
        cost_to_move: Costs { down: cost(&view.cost[0]), up: cost(&view.cost[1]) },
        rate: view.rate.map(rate),
    }
}

fn source<'a>(published: &'a Published, report: &SourceReport, since: Span) -> Source<'a> {
    let settings = published.plan.source_settings(report.source);
    Source {
        name: settings.map_or("", |settings| &settings.name),
        group: settings.map_or("", |settings| &settings.group),
        kind: settings.map_or("", |settings| settings.kind.name()),
        price: report.price.map(Text),
        used: report.refusal.is_none(),
        reason: report.refusal.map(|refusal| refusal.name()),
        explanation: report.refusal.map(Text),
        weight: Text(report.weight),
        heard_ms: report.heard.map(|heard| heard.plus(since).as_millis()),
    }
}

const fn twap(average: Average) -> Twap {
    Twap { price: Text(average.price), coverage: Text(average.coverage) }
}

fn cost_of<'a>(published: &'a Published, view: &FeedView, cost: &CostToMove) -> Cost<'a> {
    let names = |groups: &[usize]| {
        let names = groups.iter().filter_map(|group| published.plan.group_name(view.id, *group));
        names.collect()
    };
    Cost { at_least: Text(cost.at_least), on: names(&cost.groups), not_seen: names(&cost.unseen) }
}

fn rate(standing: RateStanding) -> Rate {
    let (name, ratio, read, bound) = match standing {
        RateStanding::Unknown => ("unknown", None, None, None),
        RateStanding::Within(ratio) => ("within", Some(ratio), Some(ratio), None),
        RateStanding::Above { held, bound, read } => ("above", Some(held), Some(read), Some(bound)),
        RateStanding::Below { held, bound, read } => ("below", Some(held), Some(read), Some(bound)),
    };
    Rate { standing: name, ratio: ratio.map(Text), read: read.map(Text), bound: bound.map(Text) }
}
