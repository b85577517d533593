//! Why a price is what it is, in plain words.

use std::fmt::Write as _;

use units::Price;

use crate::cost::Direction;
use crate::id::FeedId;
use crate::oracle::Oracle;
use crate::rate::RateStanding;
use crate::status::Status;
use crate::tick::Tick;

/// Why a feed's price is what it is, in plain words; `None` where there is no such feed.
#[must_use]
pub fn explain(oracle: &Oracle, feed: FeedId) -> Option<String> {
    let tick = oracle.published(feed)?;
    let symbol = oracle.plan().feeds().find(|(id, _)| *id == feed)?.1.symbol.clone();
    let mut text = headline(&symbol, tick);
    for cause in &tick.causes {
        line(&mut text, format_args!("- {cause}"));
    }
    lanes(&mut text, oracle, feed, tick);
    sources(&mut text, oracle, tick);
    costs(&mut text, oracle, feed);
    line(&mut text, format_args!("Digest {} (tick {}).", tick.digest, tick.number));
    Some(text)
}

fn line(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a text cannot fail.
    let written = writeln!(text, "{what}");
    debug_assert!(written.is_ok(), "a text takes everything");
}

fn headline(symbol: &str, tick: &Tick) -> String {
    let mut text = String::new();
    let (used, quorum) = tick.groups;
    let price = |price: Option<Price>| price.map_or_else(String::new, |price| price.to_string());
    match tick.status {
        Status::Live | Status::Capped | Status::Degraded => line(
            &mut text,
            format_args!(
                "{symbol} is {} ({}), give or take {}: the weighted median of {used} independent sources; {quorum} \
                 make it live.",
                price(tick.market),
                tick.status.name(),
                price(tick.confidence),
            ),
        ),
        Status::Held => line(
            &mut text,
            format_args!(
                "{symbol} is held at {}, as of {} ago, give or take {}.",
                price(tick.market),
                tick.age,
                price(tick.confidence)
            ),
        ),
        Status::Split => {
            let clusters: Vec<String> = tick.clusters.iter().map(Price::to_string).collect();
            line(
                &mut text,
                format_args!(
                    "{symbol} has no single price (split): sources stand at {}.",
                    clusters.join(" and ")
                ),
            );
        }
        Status::Halted => {
            let last = tick.last_good.map_or_else(String::new, |last| {
                let age = tick.at.now.since(last.at.now);
                format!(" The last good one was {}, {age} ago.", last.price)
            });
            line(&mut text, format_args!("{symbol} has no price (halted).{last}"));
        }
    }
    text
}

fn lanes(text: &mut String, oracle: &Oracle, feed: FeedId, tick: &Tick) {
    let (Some(fundamental), Some(rate)) = (tick.fundamental, oracle.rate(feed)) else { return };
    let rate = match rate {
        RateStanding::Unknown => "an exchange rate that is not known".to_owned(),
        RateStanding::Within(ratio) => format!("an exchange rate of {ratio}"),
        RateStanding::Above { held, bound, read } => {
            format!(
                "an exchange rate held at {held}; it was read as {read}, above its bound of {bound}"
            )
        }
        RateStanding::Below { held, bound, read } => {
            format!(
                "an exchange rate held at {held}; it was read as {read}, below its bound of {bound}"
            )
        }
    };
    line(text, format_args!("It is worth {fundamental} by what it can be redeemed for: {rate}."));
    if let (Some(market), Some(liquidation)) = (tick.market, tick.liquidation) {
        let off = tick.divergence.map_or(0, units::Ratio::as_bps);
        let kept = if market == liquidation {
            "which is the market price".to_owned()
        } else {
            format!("kept near that although the market is {off} bp from it")
        };
        line(text, format_args!("Collateral is valued at {liquidation}, {kept}."));
    }
}

fn sources(text: &mut String, oracle: &Oracle, tick: &Tick) {
    let named = |place: usize| {
        oracle.plan().sources().nth(place).map_or("", |(_, source)| source.name.as_str())
    };
    for report in &tick.sources {
        let name = named(report.source.place());
        let price = report.price.map_or_else(|| "no price".to_owned(), |price| price.to_string());
        match report.refusal {
            None => {
                let share = report.weight.as_bps();
                let (whole, rest) =
                    (share.checked_div(100).unwrap_or(0), share.checked_rem(100).unwrap_or(0));
                line(
                    text,
                    format_args!("  {name}: {price}, used, {whole}.{rest:02} % of the weight"),
                );
            }
            Some(refusal) => line(text, format_args!("  {name}: {price}, refused: {refusal}")),
        }
    }
}

fn costs(text: &mut String, oracle: &Oracle, feed: FeedId) {
    for (direction, word) in [(Direction::Down, "down"), (Direction::Up, "up")] {
        let Some(cost) = oracle.cost_to_move(feed, direction) else { continue };
        let names = |groups: &[usize]| {
            let names: Vec<&str> =
                groups.iter().map(|group| oracle.group_name(feed, *group)).collect();
            names.join(", ")
        };
        let unseen = if cost.unseen.is_empty() {
            String::new()
        } else {
            format!("; the books of {} are not seen and count as nothing", names(&cost.unseen))
        };
        line(
            text,
            format_args!(
                "To push it {word} by 1 % takes at least {} on {}{unseen}.",
                cost.at_least,
                names(&cost.groups)
            ),
        );
    }
}
