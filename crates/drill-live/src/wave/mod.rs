//! The `wave` mechanism: waves of liquidations, and what a client on the public stream hears of them.
//!
//! Simulated: accounts with much leverage in each market of the configuration, a maker who sells to them and buys back, and
//! prices that fall step by step, so that a part of the accounts fails at each step. The real venue runs as a process and is
//! driven over its sockets. A client listens to `!forceOrder@arr`, as those do who add liquidations up; what it hears is
//! counted against the venue's numbered tape, which has every one.
//!
//! Left out: everything that others do in a fall, and clients that do not keep up.

mod crowd;
mod heard;

use incident::{Mechanism, Outcome, Parameter, Scene, Series, Watch};
use runtime::client::{Client, Endpoint};
use runtime::{clock, task};
use serde_json::Value as Json;
use units::{Money, Span};

use crate::venue::Venue;
use crowd::{Crowd, Market};
use heard::{Listening, Told};

/// The mechanism.
#[derive(Debug)]
pub(crate) struct Wave;

/// Between two falls: longer than the second by which a feed may be bounded, so that each fall has its own.
const STEP: Span = Span::from_millis(1_100);

/// How long is waited after the last fall for what is still to be told.
const AFTER: Span = Span::from_millis(1_700);

/// Most accounts: each of them takes five requests.
const ACCOUNTS_MAX: u64 = 20_000;

/// Most falls: each is four thousandths of the price.
const STEPS_MAX: u64 = 10;

/// The largest page of the tape, in bytes.
const PAGE_BYTES: usize = 4 << 20;

/// How long a page may take.
const PATIENCE: Span = Span::from_secs(10);

impl Mechanism for Wave {
    fn name(&self) -> &'static str {
        "wave"
    }

    fn about(&self) -> &'static str {
        "The real venue as a process, over its sockets. Accounts with much leverage fail in waves as prices fall step by step; \
         a client adds up what the public stream of liquidations says, and the venue's numbered tape says how many there \
         were. Left out: everything else that happens in a fall, and clients that do not keep up."
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::number("accounts", "accounts that fail, over all markets", 600.0),
            Parameter::number("falls", "falls of the price, a second apart, by which they do", 4.0),
        ]
    }

    fn figures(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("missed", "liquidations that were on the tape and not on the stream"),
            ("missed_percent", "their part of all"),
            ("missed_usd_percent", "their part of all dollars"),
            ("low_times", "how many times as many there were as were told"),
            ("actual", "liquidations on the tape"),
            ("actual_usd", "their dollars"),
            ("heard", "liquidations that were told on the stream"),
            ("heard_usd", "their dollars"),
            ("estimate_error_percent", "how far the client's sum of dollars is from the truth"),
            ("tape_gaps", "entries that the tape lacks, by its numbers"),
            ("peak_per_second", "most liquidations within a second of the venue's clock"),
        ]
    }

    fn is_deterministic(&self) -> bool {
        false
    }

    fn run(&self, scene: &Scene<'_>, watch: &dyn Watch) -> Result<Outcome, String> {
        let falls = scene.parameters.within("falls", 1..=STEPS_MAX)?;
        let accounts = scene.parameters.within("accounts", falls..=ACCOUNTS_MAX)?;
        let markets = crowd::markets(scene.configuration)?;
        let first = markets.first().ok_or("the configuration has no market")?;
        let mut venue = Venue::new(scene, &first.feed, crowd::PRICE)?;
        for market in &markets {
            venue.prices().say(&market.feed, crowd::PRICE);
        }
        watch.progress(0, "the venue starts");
        venue.start()?;
        watch.progress(100, "accounts are opened");
        let plan = crowd::Plan { accounts, falls, seed: scene.seed };
        let crowd = Crowd { venue: venue.address(), admin: venue.admin(), markets: &markets };
        task::block_on(crowd.opens(&plan))?;
        watch.progress(700, "prices fall");
        let (told, tape) = task::block_on(fall(&venue, &markets, falls))?;
        Ok(outcome(&told, &tape))
    }
}

/// Lets prices fall, and gives what was told of it: on the stream, and on the tape.
async fn fall(
    venue: &Venue<'_>,
    markets: &[Market],
    falls: u64,
) -> Result<(Vec<Told>, Vec<Entry>), String> {
    let listening = Listening::begin(venue.address()).await?;
    for step in 1..=falls {
        for market in markets {
            venue.prices().say(&market.feed, &crowd::price_after(step));
        }
        clock::sleep(STEP).await;
    }
    clock::sleep(AFTER).await;
    let told = listening.end().await;
    Ok((told, tape(venue).await?))
}

/// An entry of the tape, as far as it matters here.
#[derive(Clone, Copy, Debug)]
struct Entry {
    number: u64,
    at_ms: u64,
    dollars: f64,
}

/// The whole tape, page by page.
async fn tape(venue: &Venue<'_>) -> Result<Vec<Entry>, String> {
    let endpoint = Endpoint::parse(&format!("http://{}", venue.address()))?;
    let client = Client::new(endpoint, PAGE_BYTES);
    let mut tape = Vec::new();
    let mut from = 1;
    loop {
        let path = format!("/v1/tape?from={from}&limit=1000");
        let answer = client.get(&path, PATIENCE).await;
        let answer = answer.map_err(|error| format!("the tape cannot be read: {error}"))?;
        let page: Json = serde_json::from_slice(&answer.body)
            .map_err(|error| format!("the tape is no JSON: {error}"))?;
        let items = page["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        if items.is_empty() {
            return Ok(tape);
        }
        tape.extend(items.iter().map(|item| Entry {
            number: item["number"].as_u64().unwrap_or_default(),
            at_ms: item["at"].as_u64().unwrap_or_default(),
            dollars: amount(&item["quantity"]) * amount(&item["price"]),
        }));
        from = page["next"].as_u64().ok_or("a page of the tape says no next one")?;
    }
}

/// A number that stands as a text or as one.
fn amount(value: &Json) -> f64 {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Money::parse(text.as_bytes()).map_or(0.0, |money| money.raw() as f64 / 1e12)
}

fn outcome(told: &[Told], tape: &[Entry]) -> Outcome {
    let mut outcome = Outcome::default();
    let (actual, heard) = (tape.len() as f64, told.len() as f64);
    let actual_usd: f64 = tape.iter().map(|entry| entry.dollars).sum();
    let heard_usd: f64 = told.iter().map(|told| told.dollars).sum();
    let last = tape.last().map_or(0, |entry| entry.number);
    let first = tape.first().map_or(0, |entry| entry.at_ms);
    for (id, value) in [
        ("missed", (actual - heard).max(0.0)),
        ("missed_percent", (actual - heard).max(0.0) / actual * 100.0),
        ("missed_usd_percent", (actual_usd - heard_usd).max(0.0) / actual_usd * 100.0),
        ("low_times", actual / heard),
        ("actual", actual),
        ("actual_usd", actual_usd),
        ("heard", heard),
        ("heard_usd", heard_usd),
        ("estimate_error_percent", (heard_usd / actual_usd - 1.0).abs() * 100.0),
        ("tape_gaps", last as f64 - actual),
        ("peak_per_second", peak(tape)),
    ] {
        outcome.figure(id, value);
    }
    let seconds = |at_ms: u64| at_ms.saturating_sub(first) as f64 / 1_000.0;
    let sums = |all: Vec<(u64, f64)>| {
        let mut sum = 0.0;
        let add = |(at, dollars): (u64, f64)| {
            sum += dollars;
            (seconds(at), sum)
        };
        all.into_iter().map(add).collect::<Vec<_>>()
    };
    let of_tape = sums(tape.iter().map(|entry| (entry.at_ms, entry.dollars)).collect());
    let of_stream = sums(told.iter().map(|told| (told.at_ms, told.dollars)).collect());
    for (id, name, points) in [
        ("actual", "liquidated, by the numbered tape", of_tape),
        ("heard", "liquidated, by the public stream", of_stream),
    ] {
        outcome.curve(Series::new(id, name, "USD", points));
    }
    if !tape.is_empty() {
        outcome.event(0.0, "The first account is liquidated.");
    }
    outcome
}

/// Most entries within a second of the clock.
fn peak(tape: &[Entry]) -> f64 {
    let seconds = tape.iter().map(|entry| entry.at_ms / 1_000);
    let mut counts = std::collections::BTreeMap::<u64, u32>::new();
    seconds.for_each(|second| *counts.entry(second).or_default() += 1);
    counts.into_values().max().map_or(0.0, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missed_is_what_is_on_the_tape_alone() {
        // A drill that counts the stream against itself would praise any feed.
        let entry = |number, at_ms| Entry { number, at_ms, dollars: 100.0 };
        let tape = [entry(1, 1_000), entry(2, 1_500), entry(4, 2_000)];
        let told = [Told { at_ms: 2_000, dollars: 100.0 }];
        let outcome = outcome(&told, &tape);
        let figure = |id| outcome.get(id).expect("a figure");
        assert_eq!((figure("missed"), figure("low_times")), (2.0, 3.0));
        assert_eq!((figure("tape_gaps"), figure("peak_per_second")), (1.0, 2.0));
        assert!((figure("estimate_error_percent") - 200.0 / 3.0).abs() < 1e-9);
    }
}
