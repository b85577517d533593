//! What about the venue is trouble, and the evidence.

use std::collections::BTreeSet;

use super::Subject;
use super::trouble::{Kind, Trouble, VenueKind};
use crate::cause::{Cause, Place};
use crate::component::{ComponentKey, Severity};
use crate::model::Overview;
use crate::standing::{
    self, VenuePast, are_prices_away, is_broken, is_starting, market_severity, market_trouble,
    market_words,
};
use crate::text;
use crate::venue::{MarketState, MarketView, VenueState, VenueView};

/// Longest symbol and reason inside a sentence, in characters.
const NAME_CHARS_MAX: usize = 60;
const REASON_CHARS_MAX: usize = 300;

/// Markets that get incidents of their own at once; of more, the venue's page has the list.
const MARKETS_MAX: usize = 20;

/// The troubles of the venue, and what needs no incident of its own because one tells of all.
pub(super) fn troubles(overview: &Overview, past: &VenuePast) -> (Vec<Trouble>, Vec<Subject>) {
    let Some(view) = &overview.venue else { return (Vec::new(), Vec::new()) };
    let cause = standing::cause(overview, view);
    let mut troubles = Vec::new();
    let mut covered = Vec::new();
    if let Some(trouble) = whole(view, &cause) {
        if trouble.kind != Kind::Venue(VenueKind::Drained) {
            covered.extend([Subject::VenueLoad, Subject::VenuePrices]);
            covered.extend(view.markets.iter().map(subject));
        }
        troubles.push(trouble);
    }
    if are_prices_away(view) && !is_starting(view) {
        covered.extend(view.markets.iter().map(subject));
        troubles.push(prices(view, &cause));
    }
    let rates = past.rates();
    if let Some((impact, evidence)) = standing::overload(view, &rates) {
        troubles.push(Trouble {
            subject: Subject::VenueLoad,
            kind: Kind::Venue(VenueKind::Load),
            impact,
            name: "Venue: overloaded".to_owned(),
            evidence,
            cause: None,
            started_ms: None,
            affected: BTreeSet::from([ComponentKey::Venue]),
        });
    }
    let markets = view.markets.iter().filter_map(|market| of_market(market, &cause));
    troubles.extend(markets.take(MARKETS_MAX));
    (troubles, covered)
}

fn subject(market: &MarketView) -> Subject {
    Subject::Market(market.symbol.clone())
}

/// The venue itself.
fn whole(view: &VenueView, cause: &Cause) -> Option<Trouble> {
    let (kind, impact, name, evidence) = match &view.state {
        VenueState::Stopped(why) => {
            let why = text::tidy(why, REASON_CHARS_MAX);
            let evidence = format!(
                "The venue takes nothing any more: {why}. What was durable can still be read."
            );
            (Kind::Venue(VenueKind::Down), Severity::Critical, "stopped", evidence)
        }
        _ if is_broken(view) => (
            Kind::Venue(VenueKind::Down),
            Severity::Critical,
            "an invariant is broken",
            standing::broken(view),
        ),
        VenueState::Starting => {
            let evidence = "It has not come back from its journal yet.".to_owned();
            (Kind::Venue(VenueKind::Closed), Severity::Major, "not open", evidence)
        }
        VenueState::Running if is_starting(view) => {
            let evidence = "No market has had a price since the start.".to_owned();
            (Kind::Venue(VenueKind::Closed), Severity::Major, "no prices", evidence)
        }
        VenueState::Draining => {
            let evidence =
                "The venue ends what it has taken and takes no more work of accounts.".to_owned();
            (Kind::Venue(VenueKind::Drained), Severity::Major, "drained", evidence)
        }
        VenueState::Running => return None,
    };
    let affected = view.markets.iter().map(ComponentKey::market).chain([ComponentKey::Venue]);
    Some(Trouble {
        subject: Subject::Venue,
        kind,
        impact,
        name: format!("Venue: {name}"),
        evidence,
        cause: told(cause),
        started_ms: None,
        affected: affected.collect(),
    })
}

fn prices(view: &VenueView, cause: &Cause) -> Trouble {
    let affected = view.markets.iter().map(ComponentKey::market).chain([ComponentKey::Venue]);
    Trouble {
        subject: Subject::VenuePrices,
        kind: Kind::Venue(VenueKind::Prices),
        impact: Severity::Critical,
        name: "Venue: prices away".to_owned(),
        evidence: standing::prices_away(view),
        cause: told(cause),
        started_ms: None,
        affected: affected.collect(),
    }
}

fn of_market(market: &MarketView, cause: &Cause) -> Option<Trouble> {
    let trouble = market_trouble(market)?;
    let symbol = text::tidy(&market.symbol, NAME_CHARS_MAX);
    let is_open = market.state == MarketState::Trading;
    let kind = match market.index {
        _ if !is_open => Kind::Venue(VenueKind::Market(market.state)),
        None => Kind::NoPriceYet,
        Some(_) => Kind::Price(market.status),
    };
    Some(Trouble {
        subject: subject(market),
        kind,
        impact: market_severity(market).max(Severity::Minor),
        name: format!("{symbol}: {}", market_words(market)),
        evidence: format!("{symbol} {trouble}."),
        // The state of a market is somebody's decision, here or in the venue's own rules.
        cause: if is_open {
            told(cause)
        } else {
            Some("Its state was set by the administration, or by the venue's own rules.".to_owned())
        },
        started_ms: None,
        affected: BTreeSet::from([ComponentKey::market(market)]),
    })
}

/// Where the fault is, where that can be told.
fn told(cause: &Cause) -> Option<String> {
    (!matches!(cause.place, Place::Nowhere | Place::Unknown))
        .then(|| format!("It is {}. {}", cause.words, cause.sentence))
}

#[cfg(test)]
mod tests;
