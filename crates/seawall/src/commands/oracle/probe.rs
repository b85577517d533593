//! `seawall oracle probe SOURCE`: what a venue sends, beside what is read of it.

use std::io::Write as _;
use std::path::Path;

use ::oracle::config::{VenueConfig, VenueReader};
use ::oracle::{Probe, Probed};
use anyhow::Context as _;
use runtime::client::Endpoint;
use units::Span;

use super::load_oracle;
use crate::error::CommandError;

/// Markets that are looked at where nobody says which: more would only fill the screen.
const MARKETS_MAX: usize = 3;

/// Prints every message with what was read of it, and at the end what did not fit.
///
/// # Errors
/// Where there is no such source, or the venue cannot be reached.
pub(super) fn run(
    source: &str,
    config: Option<&Path>,
    markets: &[String],
    seconds: u64,
) -> Result<(), CommandError> {
    let probe = match config {
        Some(file) => of_config(&load_oracle(file)?.venues, source, markets, seconds)?,
        None => of_venue(source, markets, seconds)?,
    };
    let probed = runtime::task::block_on(async {
        // Where standard output is closed nobody is left to tell.
        let mut tell = |line: &str| drop(writeln!(std::io::stdout().lock(), "{line}"));
        runtime::task::select! {
            probed = probe.run(&mut tell) => probed.map(Some),
            () = runtime::signal::stop_requested() => Ok(None),
        }
    });
    let at = || probe.websocket.as_ref().map_or_else(String::new, |it| format!("{it}: "));
    let probed = probed.map_err(|why| anyhow::anyhow!("{}{why}", at()))?;
    let Some(probed) = probed else { return Ok(()) };
    let mut out = std::io::stdout().lock();
    write!(out, "{}", summary(&probed)).context("cannot write to standard output")?;
    Ok(())
}

/// A source or a venue of a configuration.
fn of_config(
    venues: &[VenueConfig],
    source: &str,
    markets: &[String],
    seconds: u64,
) -> Result<Probe, CommandError> {
    for venue in venues {
        let named = venue.markets.iter().find(|market| venue.source_name(&market.market) == source);
        let all = || venue.markets.iter().map(|market| market.market.clone()).take(MARKETS_MAX);
        let wanted = match named {
            _ if !markets.is_empty() && (named.is_some() || venue.name == source) => {
                markets.to_vec()
            }
            Some(market) => vec![market.market.clone()],
            None if venue.name == source => all().collect(),
            None => continue,
        };
        return Ok(Probe {
            reader: venue.reader.clone(),
            websocket: venue.websocket.clone(),
            rest: venue.rest.clone(),
            markets: wanted,
            time: Span::from_secs(seconds),
        });
    }
    let names: Vec<&str> = venues.iter().map(|venue| venue.name.as_str()).collect();
    let names = names.join(", ");
    Err(anyhow::anyhow!("{source} is no source of the configuration; its venues are {names}")
        .into())
}

/// A venue with its own addresses.
fn of_venue(name: &str, markets: &[String], seconds: u64) -> Result<Probe, CommandError> {
    let known: Vec<&str> = wire_market::VENUES.iter().map(|venue| venue.name()).collect();
    let venue = wire_market::venue(name).with_context(|| {
        format!("{name} is no venue that is built in ({}); --config names others", known.join(", "))
    })?;
    if markets.is_empty() {
        return Err(
            anyhow::anyhow!("say which: --market NAME, by the venue's own name of it").into()
        );
    }
    let own = |url: &str| Endpoint::parse(url).map_err(|why| anyhow::anyhow!("{url}: {why}"));
    Ok(Probe {
        reader: VenueReader::BuiltIn(venue),
        websocket: Some(own(venue.websocket())?),
        rest: Some(own(venue.rest())?),
        markets: markets.to_vec(),
        time: Span::from_secs(seconds),
    })
}

fn summary(probed: &Probed) -> String {
    let kinds: Vec<String> =
        probed.kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let mut text = format!("\n{} messages: {}\n", probed.frames, kinds.join(", "));
    let [answered, unanswered] = probed.rest;
    text.push_str(&format!("questions: {answered} answered as expected, {unanswered} not\n"));
    if probed.odd > 0 {
        text.push_str(&format!("{} messages DO NOT FIT; they are marked above\n", probed.odd));
    }
    for market in &probed.quiet {
        text.push_str(&format!("{market} was asked for and gave no best prices\n"));
    }
    for market in &probed.strange {
        text.push_str(&format!("{market} was told of and not asked for\n"));
    }
    text
}
