//! Where the fault of a venue's trouble is: with us, one provider, or not to be told.

use super::judge::{are_prices_away, is_broken};
use crate::cause::{Cause, Place, a_control_answers, our_connection};
use crate::model::Overview;
use crate::price::{PriceStatus, PriceView, SourceView};
use crate::text;
use crate::venue::{VenueState, VenueView};

/// Longest name inside a sentence, in characters.
const NAME_CHARS_MAX: usize = 60;

/// Where the fault is of what is the matter with the venue; nowhere where nothing is.
pub(crate) fn cause(overview: &Overview, view: &VenueView) -> Cause {
    if matches!(view.state, VenueState::Stopped(_) | VenueState::Draining) || is_broken(view) {
        return here("the venue itself", "Nothing outside has to do with it.");
    }
    if view.state == VenueState::Starting {
        return Cause::default();
    }
    let bad: Vec<&str> = view
        .markets
        .iter()
        .filter(|market| market.status != PriceStatus::Live)
        .map(|market| market.feed.as_str())
        .collect();
    if bad.is_empty() {
        return Cause::default();
    }
    if !view.connected && are_prices_away(view) {
        return away(overview, view);
    }
    of_feeds(overview, view, &bad)
}

/// It is this installation, as its own parts tell.
fn here(what: &str, why: &str) -> Cause {
    Cause {
        place: Place::Installation,
        words: format!("this installation: {what}"),
        sentence: why.to_owned(),
    }
}

/// The stream of prices is not there.
fn away(overview: &Overview, view: &VenueView) -> Cause {
    if let Some(cause) = our_connection(overview) {
        return cause;
    }
    if !overview.prices.is_empty() {
        return here(
            "the way from its oracle to its venue",
            "The oracle of this installation answers the page, and not the venue.",
        );
    }
    let oracle = text::tidy(&view.oracle, NAME_CHARS_MAX);
    if a_control_answers(overview) {
        return Cause {
            place: Place::Provider,
            words: format!("one provider: the oracle at {oracle}"),
            sentence: "Outside controls answer, so our own connection works: it is the oracle or the way to it."
                .to_owned(),
        };
    }
    Cause::unknown(format!(
        "It is the oracle at {oracle} or the way to it, our own connection included; outside controls would tell."
    ))
}

/// The stream is there, and these feeds are not live.
fn of_feeds(overview: &Overview, view: &VenueView, feeds: &[&str]) -> Cause {
    if overview.prices.is_empty() {
        let oracle = text::tidy(&view.oracle, NAME_CHARS_MAX);
        return Cause {
            place: Place::Provider,
            words: format!("one provider: the oracle at {oracle}"),
            sentence: "It is reached, and says itself that its prices are no better; why, its own page tells."
                .to_owned(),
        };
    }
    let is_meant = |price: &&PriceView| {
        feeds.contains(&price.symbol.as_str()) && price.status != PriceStatus::Live
    };
    let prices: Vec<&PriceView> = overview.prices.iter().filter(is_meant).collect();
    if prices.is_empty() {
        return here(
            "the way from its oracle to its venue",
            "The oracle has live prices of what the venue has none of.",
        );
    }
    if let Some(cause) = our_connection(overview) {
        return cause;
    }
    of_sources(overview, &prices)
}

/// The oracle's own sources are refused.
fn of_sources(overview: &Overview, prices: &[&PriceView]) -> Cause {
    let refused = prices.iter().flat_map(|price| &price.sources);
    let refused = refused.filter(|source| source.refused.is_some());
    let mut providers: Vec<String> = refused.map(provider).collect();
    providers.sort_unstable();
    providers.dedup();
    match providers.as_slice() {
        [] => Cause::unknown("No source of its prices is refused.".to_owned()),
        [only] => Cause {
            place: Place::Provider,
            words: format!("one provider: {only}"),
            sentence: "The oracle refuses only what comes from it.".to_owned(),
        },
        many => {
            let told = format!(
                "The oracle refuses what comes from {}",
                text::counted(many.len(), "provider")
            );
            if a_control_answers(overview) {
                Cause {
                    place: Place::Several,
                    words: "several providers of prices".to_owned(),
                    sentence: format!("{told}, while outside controls answer."),
                }
            } else {
                Cause::unknown(format!(
                    "{told}: their fault, or our own way to them; outside controls would tell."
                ))
            }
        }
    }
}

/// Whose a source is: `binance` of `binance:BTCUSDT`.
fn provider(source: &SourceView) -> String {
    let name = source.name.split(':').next().unwrap_or_default();
    text::tidy(name, NAME_CHARS_MAX)
}
