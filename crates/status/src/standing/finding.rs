//! What is said of the venue in the page's verdict.

use super::cause::cause;
use super::judge::{
    are_prices_away, is_broken, is_starting, market_severity, market_trouble, market_words,
};
use super::past::Rate;
use crate::cause::Cause;
use crate::component::Severity;
use crate::model::Overview;
use crate::text;
use crate::venue::{MarketView, VenueState, VenueView};
use crate::verdict::{Finding, upper_first};

/// Markets that a sentence names before it says "and so many more".
const NAMED_MAX: usize = 3;

/// Longest symbol and reason inside a sentence, in characters.
const NAME_CHARS_MAX: usize = 40;
const REASON_CHARS_MAX: usize = 200;

/// A verdict with what there is to say of the venue. `others` is whether it is about anything else at all.
pub(crate) fn with_venue(
    other: Finding,
    overview: &Overview,
    rates: &[Rate],
    others: bool,
) -> Finding {
    let Some(view) = &overview.venue else { return other };
    let ours = finding(overview, view, rates);
    if !others {
        return ours;
    }
    if ours.severity > other.severity {
        let sentence = format!("{} {}", ours.sentence, other.sentence);
        return Finding { sentence, ..ours };
    }
    let sentence = format!("{} {}", other.sentence, ours.sentence);
    let cause = if other.cause.words.is_empty() { ours.cause } else { other.cause };
    Finding { sentence, cause, ..other }
}

/// The verdict on the venue alone.
pub(crate) fn finding(overview: &Overview, view: &VenueView, rates: &[Rate]) -> Finding {
    let (severity, headline, mut sentence) = words(view, rates);
    let cause = if severity > Severity::Unknown { cause(overview, view) } else { Cause::default() };
    if !cause.sentence.is_empty() {
        sentence.push(' ');
        sentence.push_str(&cause.sentence);
    }
    Finding { severity, headline, sentence, cause }
}

fn words(view: &VenueView, rates: &[Rate]) -> (Severity, String, String) {
    let told =
        |severity, headline: &str, sentence: String| (severity, headline.to_owned(), sentence);
    match &view.state {
        VenueState::Stopped(why) => {
            let why = text::tidy(why, REASON_CHARS_MAX);
            let sentence = format!(
                "The venue takes nothing any more: {why}. What was durable can still be read."
            );
            return told(Severity::Critical, "The venue has stopped", sentence);
        }
        VenueState::Starting => {
            let sentence = "The venue reads its journal and is not open yet.".to_owned();
            return told(Severity::Unknown, "The venue is starting", sentence);
        }
        VenueState::Running | VenueState::Draining => {}
    }
    if is_broken(view) {
        return told(Severity::Critical, "The venue has halted itself", broken(view));
    }
    if is_starting(view) {
        let sentence = "The venue waits for the first prices of its oracle.".to_owned();
        return told(Severity::Unknown, "The venue has no prices yet", sentence);
    }
    if view.state == VenueState::Draining {
        let sentence =
            "The venue ends what it has taken and takes no more work of accounts.".to_owned();
        return told(Severity::Major, "The venue is drained", sentence);
    }
    if are_prices_away(view) {
        return told(Severity::Critical, "The venue has no prices", prices_away(view));
    }
    let mut bad: Vec<&MarketView> =
        view.markets.iter().filter(|market| market_severity(market) > Severity::Good).collect();
    bad.sort_by_key(|market| std::cmp::Reverse(market_severity(market)));
    let overload = overload(view, rates);
    match (bad.first(), overload) {
        (None, None) => (Severity::Good, trades(view), well(view)),
        (None, Some((severity, sentence))) => {
            told(severity, "The venue sheds load", format!("{sentence} {}", well(view)))
        }
        (Some(worst), overload) => {
            let symbol = text::tidy(&worst.symbol, NAME_CHARS_MAX);
            let headline = format!("{symbol}: {}", market_words(worst));
            let mut sentence = of_markets(view, &bad);
            let mut severity = market_severity(worst);
            if let Some((of_load, told)) = overload {
                severity = severity.max(of_load);
                sentence = format!("{sentence} {told}");
            }
            (severity, headline, sentence)
        }
    }
}

/// What does not hold.
pub(crate) fn broken(view: &VenueView) -> String {
    let broken: Vec<String> =
        view.proof.broken.iter().map(|it| text::tidy(it, NAME_CHARS_MAX)).collect();
    let what = match broken.as_slice() {
        [] => "An invariant did not hold".to_owned(),
        _ => format!("Counted anew, {} does not hold", text::listed(&broken)),
    };
    let halted =
        if view.halted { ": the venue refuses everything until somebody has looked" } else { "" };
    let excess = if view.proof.excess == units::Money::ZERO {
        "Of the money that was brought in none is missing and none was made.".to_owned()
    } else {
        let excess = text::money(view.proof.excess);
        format!("{excess} {} were made or lost.", text::tidy(&view.settlement, NAME_CHARS_MAX))
    };
    format!("{what}{halted}. {excess}")
}

/// What it means that no market has a price.
pub(crate) fn prices_away(view: &VenueView) -> String {
    let stream = if view.connected {
        "its oracle says itself that it has none"
    } else {
        "the stream of its oracle is not there"
    };
    format!(
        "No market of the venue has a price, {stream}: only what reduces is taken, marks stand still, and nobody is \
         liquidated."
    )
}

/// Who is sent away, and how bad that is; `None` where nobody is that matters.
pub(crate) fn overload(view: &VenueView, rates: &[Rate]) -> Option<(Severity, String)> {
    let lanes: Vec<_> =
        view.lanes.iter().zip(rates).filter(|(_, rate)| rate.is_overload()).collect();
    if lanes.is_empty() {
        return None;
    }
    let told: Vec<String> = lanes
        .iter()
        .map(|(lane, rate)| {
            let all = rate.admitted.saturating_add(rate.shed);
            format!(
                "of {} {} of {} requests were sent away in the last {}",
                text::tidy(&lane.name, NAME_CHARS_MAX),
                text::grouped(rate.shed),
                text::grouped(all),
                text::span(rate.over_ms)
            )
        })
        .collect();
    // Who cannot cut risk is hurt; who cannot take on new risk is kept from it.
    let cutting = lanes.iter().any(|(lane, _)| lane.cuts_risk);
    let open: Vec<String> = view
        .lanes
        .iter()
        .filter(|lane| lane.cuts_risk && !lanes.iter().any(|(shed, _)| shed.name == lane.name))
        .map(|lane| text::tidy(&lane.name, NAME_CHARS_MAX))
        .collect();
    let mut sentence = format!("{}.", upper_first(&told.join("; ")));
    if !open.is_empty() {
        let verb = if open.len() == 1 { "goes" } else { "go" };
        sentence.push_str(&format!(" {} {verb} through.", upper_first(&text::listed(&open))));
    }
    Some((if cutting { Severity::Major } else { Severity::Minor }, sentence))
}

/// `3 markets trade`.
fn trades(view: &VenueView) -> String {
    match view.markets.len() {
        0 => "The venue has no markets".to_owned(),
        1 => "The venue's market trades".to_owned(),
        more => format!("All {more} markets trade"),
    }
}

fn well(view: &VenueView) -> String {
    let settlement = text::tidy(&view.settlement, NAME_CHARS_MAX);
    let liquidating = match view.liquidating {
        0 => String::new(),
        1 => "1 liquidation is going on; ".to_owned(),
        more => format!("{more} liquidations are going on; "),
    };
    let fund = text::money(view.fund.fund);
    format!(
        "{}, money is conserved; {liquidating}the fund holds {fund} {settlement}.",
        trades(view)
    )
}

fn of_markets(view: &VenueView, bad: &[&MarketView]) -> String {
    let clause = |market: &&MarketView| {
        let trouble = market_trouble(market)?;
        Some(format!("{} {trouble}", text::tidy(&market.symbol, NAME_CHARS_MAX)))
    };
    let mut told: Vec<String> = bad.iter().take(NAMED_MAX).filter_map(clause).collect();
    if bad.len() > NAMED_MAX {
        told.push(format!("{} more are not well", bad.len() - NAMED_MAX));
    }
    let good = view.markets.len() - bad.len();
    format!("{}; {good} of {} trade.", told.join("; "), text::counted(view.markets.len(), "market"))
}

#[cfg(test)]
mod tests;
