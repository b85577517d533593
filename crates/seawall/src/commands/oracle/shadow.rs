//! `seawall oracle shadow`: a changed configuration beside that of a recording.

use std::io::Write as _;
use std::path::Path;

use ::oracle::{Departure, Recording, Shadow, ShadowFeed, Shown};
use anyhow::Context as _;
use units::{Price, Ratio, Span};

use super::{load_oracle, recorded_config, replay_error, time_of_day};
use crate::error::CommandError;

/// How long to wait for more where a recording is followed.
const WAIT: Span = Span::from_millis(250);

/// Prints where the two part and come together again, and at the end how far they were apart.
///
/// # Errors
/// Where a file holds a mistake or cannot be read.
pub(super) fn run(config: &Path, file: &Path, follow: bool) -> Result<(), CommandError> {
    let new = load_oracle(config)?;
    let mut recording = Recording::open(file).map_err(anyhow::Error::from)?;
    let old = recorded_config(file, &recording.header().config)?;
    let mut shadow = Shadow::new(recording.header(), &old, &new).map_err(replay_error)?;
    for symbol in shadow.only_in_one() {
        say(&format!("{symbol} is in one of the two configurations only"))?;
    }
    let working = read(&mut recording, &mut shadow, follow);
    runtime::task::block_on(async {
        runtime::task::select! {
            read = working => read,
            () = runtime::signal::stop_requested() => Ok(()),
        }
    })?;
    shadow.feeds().iter().try_for_each(|feed| say(&summary(feed)))
}

async fn read(
    recording: &mut Recording,
    shadow: &mut Shadow,
    follow: bool,
) -> Result<(), CommandError> {
    loop {
        match recording.next_line().map_err(anyhow::Error::from)? {
            Some(line) => {
                for departure in shadow.take(&line) {
                    say(&departed(&departure))?;
                }
            }
            None if follow => runtime::clock::sleep(WAIT).await,
            None => return Ok(()),
        }
    }
}

fn say(line: &str) -> Result<(), CommandError> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").context("cannot write to standard output")?;
    Ok(())
}

fn departed(departure: &Departure) -> String {
    let Departure { at, symbol, old, new } = departure;
    let time = time_of_day(at.unix_ms);
    let together = old.status == new.status && old.market == new.market;
    let word = if together { "the same again" } else { "differ" };
    format!("{time} {symbol}: {word}: {} | {}", shown(*old), shown(*new))
}

fn shown(shown: Shown) -> String {
    let text = |price: Option<Price>| price.map_or_else(|| "none".to_owned(), |it| it.to_string());
    let Shown { status, market, liquidation } = shown;
    format!("{} market {} liquidation {}", status.name(), text(market), text(liquidation))
}

fn summary(feed: &ShadowFeed) -> String {
    let worst = |worst: Option<(Ratio, ::oracle_core::Moment)>| match worst {
        Some((part, at)) => format!("at most {part} of the price, at {}", time_of_day(at.unix_ms)),
        None => "never apart".to_owned(),
    };
    let ShadowFeed { symbol, ticks, status, market, liquidation, .. } = feed;
    format!(
        "{symbol}: of {ticks} ticks another status in {status}, another market price in {market} ({}), another \
         liquidation price in {liquidation} ({})",
        worst(feed.market_worst),
        worst(feed.liquidation_worst)
    )
}
