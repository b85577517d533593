//! A configuration that has been checked: names became numbers, and feeds are in the order in which they are priced.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{self, Needs};
use crate::group::Group;
use crate::id::{FeedId, SourceId};
use crate::rule::{Cap, Collateral, Rule};
use crate::settings::{FeedSettings, OracleSettings, SourceSettings};

/// Most feeds; a tick of all of them has to take a small part of a tick's time.
const FEEDS_MAX: usize = 2_000;

/// Most sources of one feed: beyond some dozens another one adds nothing but work.
const SOURCES_PER_FEED_MAX: usize = 64;

/// How often in a row prices may be converted, such as from ether to tether to dollars: each time adds the error and the
/// delay of another price, and what needs more of them has no market of its own that is worth watching.
const CONVERSIONS_MAX: usize = 3;

/// What is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigMistake {
    /// Two feeds of one symbol, or two sources of one name.
    #[error("{0} is there twice; each needs a name of its own")]
    Twice(String),
    /// A source or a conversion names a feed that is not there.
    #[error("{of} names the feed {feed}, which is not configured")]
    NoSuchFeed {
        /// Who names it.
        of: String,
        /// What is named.
        feed: String,
    },
    /// Prices are needed in a circle, so that each would prove itself.
    #[error(
        "prices are needed in a circle, {}, so that each would prove itself; one of them has to do without the next",
        .0.join(" -> ")
    )]
    Circle(Vec<String>),
    /// Prices are converted with prices that are converted, too often in a row.
    #[error(
        "its prices are converted {} times in a row, {}; accepted: up to {most}, since each time adds an error and a delay",
        .row.len().saturating_sub(1),
        .row.join(" -> ")
    )]
    LongConversion {
        /// The feed, what its sources are converted with, what theirs are, and so on.
        row: Vec<String>,
        /// How often in a row they may be.
        most: usize,
    },
    /// A feed without sources and without a fixed worth.
    #[error("{0} has no source")]
    NoSource(String),
    /// One group is of two kinds.
    #[error(
        "the group {group} of {feed} is of two kinds, {one} and {other}; a group is one market"
    )]
    TwoKinds {
        /// The feed.
        feed: String,
        /// The group.
        group: String,
        /// What one source says it is.
        one: &'static str,
        /// What another says.
        other: &'static str,
    },
    /// More than is reasonable.
    #[error("{found} {what}; accepted: up to {most}")]
    TooMany {
        /// Of what.
        what: String,
        /// How many there are.
        found: usize,
        /// How many may be.
        most: usize,
    },
}

/// What is known of a feed before any price.
#[derive(Clone, Debug)]
pub(crate) struct FeedPlan {
    pub settings: FeedSettings,
    pub groups: Vec<Group>,
    /// The feed of what the asset can be redeemed for.
    pub base: Option<FeedId>,
    /// How many groups make it live.
    pub quorum: usize,
}

/// What is known of a source before any price.
#[derive(Clone, Debug)]
pub(crate) struct SourcePlan {
    pub settings: SourceSettings,
    pub feed: FeedId,
    pub quote: Option<FeedId>,
}

/// A configuration that has been checked.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(crate) feeds: Vec<FeedPlan>,
    pub(crate) sources: Vec<SourcePlan>,
    /// All feeds, each after those that it needs.
    pub(crate) order: Vec<FeedId>,
}

impl Plan {
    /// Checks a configuration.
    ///
    /// # Errors
    /// Every mistake in it, in the order of feeds and sources.
    pub fn new(settings: OracleSettings) -> Result<Self, Vec<ConfigMistake>> {
        let mut mistakes = Vec::new();
        let feeds = names(settings.feeds.iter().map(|feed| &feed.symbol), &mut mistakes);
        names(settings.sources.iter().map(|source| &source.name), &mut mistakes);
        if settings.feeds.len() > FEEDS_MAX {
            let (what, found) = ("feeds".to_owned(), settings.feeds.len());
            mistakes.push(ConfigMistake::TooMany { what, found, most: FEEDS_MAX });
        }
        let find = |of: &str, symbol: &str, mistakes: &mut Vec<ConfigMistake>| {
            let found = feeds.get(symbol).map(|place| FeedId::new(*place));
            if found.is_none() {
                let (of, feed) = (of.to_owned(), symbol.to_owned());
                mistakes.push(ConfigMistake::NoSuchFeed { of, feed });
            }
            found
        };
        let mut sources = Vec::new();
        for source in settings.sources {
            let feed = find(&source.name, &source.feed, &mut mistakes);
            let quote =
                source.quote.as_ref().and_then(|quote| find(&source.name, quote, &mut mistakes));
            if let Some(feed) = feed {
                sources.push(SourcePlan { settings: source, feed, quote });
            }
        }
        let mut plans = Vec::new();
        for (place, settings) in settings.feeds.into_iter().enumerate() {
            let fundamental = settings.fundamental.as_ref();
            let base = fundamental.and_then(|fundamental| fundamental.base.as_ref());
            let base = base.and_then(|base| find(&settings.symbol, base, &mut mistakes));
            plans.push(feed_plan(FeedId::new(place), settings, base, &sources, &mut mistakes));
        }
        let mut plan = Self { feeds: plans, sources, order: Vec::new() };
        match plan.sorted() {
            Ok(order) => plan.order = order,
            Err(mistake) => mistakes.push(mistake),
        }
        if mistakes.is_empty() { Ok(plan) } else { Err(mistakes) }
    }

    /// The feeds in configured order.
    pub fn feeds(&self) -> impl Iterator<Item = (FeedId, &FeedSettings)> {
        self.feeds.iter().enumerate().map(|(place, feed)| (FeedId::new(place), &feed.settings))
    }

    /// The sources in configured order.
    pub fn sources(&self) -> impl Iterator<Item = (SourceId, &SourceSettings)> {
        self.sources
            .iter()
            .enumerate()
            .map(|(place, source)| (SourceId::new(place), &source.settings))
    }

    /// What is configured of a source.
    #[must_use]
    pub fn source_settings(&self, source: SourceId) -> Option<&SourceSettings> {
        self.sources.get(source.place()).map(|source| &source.settings)
    }

    /// The feed that a source's prices are converted with; `None` where they need not be.
    #[must_use]
    pub fn quote(&self, source: SourceId) -> Option<FeedId> {
        self.sources.get(source.place()).and_then(|source| source.quote)
    }

    /// The name of a group of a feed, as [`CostToMove`](crate::CostToMove) numbers them.
    #[must_use]
    pub fn group_name(&self, feed: FeedId, group: usize) -> Option<&str> {
        let group = self.feeds.get(feed.place()).and_then(|feed| feed.groups.get(group));
        group.map(|group| group.name.as_str())
    }

    /// The feed of a symbol, whatever the case of its letters.
    #[must_use]
    pub fn feed(&self, symbol: &str) -> Option<FeedId> {
        self.feeds().find(|(_, feed)| feed.symbol.eq_ignore_ascii_case(symbol)).map(|(id, _)| id)
    }

    /// The source of a name.
    #[must_use]
    pub fn source(&self, name: &str) -> Option<SourceId> {
        self.sources().find(|(_, source)| source.name == name).map(|(id, _)| id)
    }

    /// What is allowed and probably not meant.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let few = self.feeds.iter().filter(|feed| feed.groups.len() < feed.quorum);
        let few = few.map(|feed| {
            let (symbol, groups) = (&feed.settings.symbol, feed.groups.len());
            format!(
                "{symbol} has {groups} independent sources and can never be live: that takes {}",
                feed.quorum
            )
        });
        few.chain(self.feeds.iter().filter_map(unguarded)).collect()
    }

    /// What each feed's sources are converted with.
    fn legs(&self) -> Needs {
        let mut legs: Needs =
            (0..self.feeds.len()).map(|place| (FeedId::new(place), BTreeSet::new())).collect();
        for source in &self.sources {
            if let Some((legs, quote)) = legs.get_mut(&source.feed).zip(source.quote) {
                legs.insert(quote);
            }
        }
        legs
    }

    /// All feeds, each after those that it needs.
    fn sorted(&self) -> Result<Vec<FeedId>, ConfigMistake> {
        let symbols = |feeds: &[FeedId]| -> Vec<String> {
            let plans = feeds.iter().filter_map(|feed| self.feeds.get(feed.place()));
            plans.map(|feed| feed.settings.symbol.clone()).collect()
        };
        let legs = self.legs();
        let mut needs = legs.clone();
        for (needs, feed) in needs.values_mut().zip(&self.feeds) {
            needs.extend(feed.base);
        }
        let order =
            graph::sorted(&needs).map_err(|circle| ConfigMistake::Circle(symbols(&circle)))?;
        let rows = graph::rows(&legs, &order);
        // Of those that are too long the shortest: the others may only be so because of it.
        let long = rows.values().filter(|row| row.len().saturating_sub(1) > CONVERSIONS_MAX);
        match long.min_by_key(|row| row.len()) {
            None => Ok(order),
            Some(row) => {
                let row = symbols(row);
                Err(ConfigMistake::LongConversion { row, most: CONVERSIONS_MAX })
            }
        }
    }
}

/// What of a feed's guards is off, which is only good for showing what that does.
fn unguarded(feed: &FeedPlan) -> Option<String> {
    let FeedSettings { symbol, parameters, fundamental } = &feed.settings;
    let fundamental = fundamental.as_ref();
    let binds = fundamental.is_some_and(|fundamental| fundamental.rate.cap == Cap::Bind);
    let off = [
        (parameters.rule != Rule::Guarded).then(|| format!("rule = {:?}", parameters.rule.name())),
        (parameters.collateral != Collateral::Banded)
            .then(|| format!("collateral = {:?}", parameters.collateral.name())),
        binds.then(|| format!("cap = {:?}", Cap::Bind.name())),
    ];
    let off: Vec<String> = off.into_iter().flatten().collect();
    (!off.is_empty()).then(|| {
        format!(
            "{symbol} is without a guard ({}), as others do it: for drills alone",
            off.join(", ")
        )
    })
}

/// Each name with its place; those that are there twice are mistakes.
fn names<'a>(
    all: impl Iterator<Item = &'a String>,
    mistakes: &mut Vec<ConfigMistake>,
) -> BTreeMap<String, usize> {
    let mut places = BTreeMap::new();
    for (place, name) in all.enumerate() {
        if places.insert(name.clone(), place).is_some() {
            mistakes.push(ConfigMistake::Twice(name.clone()));
        }
    }
    places
}

fn feed_plan(
    id: FeedId,
    settings: FeedSettings,
    base: Option<FeedId>,
    sources: &[SourcePlan],
    mistakes: &mut Vec<ConfigMistake>,
) -> FeedPlan {
    let mut groups: Vec<Group> = Vec::new();
    let mine = sources.iter().enumerate().filter(|(_, source)| source.feed == id);
    let mut count = 0_usize;
    for (place, SourcePlan { settings: source, .. }) in mine {
        count = count.saturating_add(1);
        match groups.iter_mut().find(|group| group.name == source.group) {
            Some(group) => {
                if group.kind != source.kind {
                    mistakes.push(ConfigMistake::TwoKinds {
                        feed: settings.symbol.clone(),
                        group: group.name.clone(),
                        one: group.kind.name(),
                        other: source.kind.name(),
                    });
                }
                group.sources.push(SourceId::new(place));
            }
            None => groups.push(Group {
                name: source.group.clone(),
                kind: source.kind,
                sources: vec![SourceId::new(place)],
            }),
        }
    }
    if count > SOURCES_PER_FEED_MAX {
        let what = format!("sources of {}", settings.symbol);
        mistakes.push(ConfigMistake::TooMany { what, found: count, most: SOURCES_PER_FEED_MAX });
    }
    if groups.is_empty() {
        mistakes.push(ConfigMistake::NoSource(settings.symbol.clone()));
    }
    let quorum = quorum(groups.len(), &settings);
    FeedPlan { settings, groups, base, quorum }
}

/// The larger of the least number and the least share of the groups, rounded up; one where nobody has to agree.
fn quorum(groups: usize, settings: &FeedSettings) -> usize {
    let parameters = &settings.parameters;
    if !parameters.rule.is_guarded() {
        return 1;
    }
    let groups = i128::try_from(groups).unwrap_or(i128::MAX);
    let share = parameters.quorum_share.raw().saturating_mul(groups);
    let one = units::fixed::ONE;
    let up = share.saturating_add(one.saturating_sub(1)).checked_div(one).unwrap_or(0);
    parameters.quorum_min.max(usize::try_from(up).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Class, FundamentalSettings, GroupKind, Parameters, RateSettings};

    fn feed(symbol: &str, base: Option<&str>) -> FeedSettings {
        let rate = RateSettings::default();
        let fundamental =
            base.map(|base| FundamentalSettings { base: Some(base.to_owned()), rate });
        FeedSettings {
            symbol: symbol.to_owned(),
            parameters: Parameters::of(Class::Major),
            fundamental,
        }
    }

    fn source(name: &str, feed: &str, quote: Option<&str>) -> SourceSettings {
        let group = name.split(':').next().unwrap_or_default();
        let quote = quote.map(str::to_owned);
        SourceSettings { quote, ..SourceSettings::new(name, feed, group, GroupKind::Exchange) }
    }

    fn mistakes(feeds: Vec<FeedSettings>, sources: Vec<SourceSettings>) -> Vec<String> {
        let plan = Plan::new(OracleSettings { feeds, sources });
        plan.err().unwrap_or_default().iter().map(ConfigMistake::to_string).collect()
    }

    #[test]
    fn feeds_are_priced_after_what_they_need() {
        let feeds =
            vec![feed("STETH/USD", Some("ETH/USD")), feed("ETH/USD", None), feed("USDT/USD", None)];
        let sources = vec![
            source("a:1", "STETH/USD", None),
            source("a:2", "ETH/USD", Some("USDT/USD")),
            source("a:3", "USDT/USD", None),
        ];
        let plan = Plan::new(OracleSettings { feeds, sources }).expect("no mistake");
        assert_eq!(plan.order, [FeedId::new(2), FeedId::new(1), FeedId::new(0)]);
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let feeds = vec![
            feed("A/USD", Some("B/USD")),
            feed("B/USD", Some("A/USD")),
            feed("C/USD", None),
            feed("C/USD", None),
        ];
        let sources = vec![
            source("a:1", "A/USD", None),
            source("a:2", "B/USD", Some("D/USD")),
            source("a:3", "E/USD", None),
            source("a:1", "C/USD", None),
        ];
        let found = mistakes(feeds, sources);
        let expected = [
            "C/USD is there twice; each needs a name of its own",
            "a:1 is there twice; each needs a name of its own",
            "a:2 names the feed D/USD, which is not configured",
            "a:3 names the feed E/USD, which is not configured",
            "C/USD has no source",
            "prices are needed in a circle, A/USD -> B/USD -> A/USD, so that each would prove itself; one of them \
             has to do without the next",
        ];
        for expected in expected {
            assert!(
                found.iter().any(|mistake| mistake == expected),
                "{expected} is not in {found:?}"
            );
        }
    }

    #[test]
    fn a_price_that_is_converted_may_convert_others_up_to_three_times() {
        // A dollar price of tether that came out of a tether price would prove itself.
        let feeds = |count: usize| -> Vec<FeedSettings> {
            ["A/USD", "B/USD", "C/USD", "D/USD", "E/USD"]
                .into_iter()
                .take(count)
                .map(|it| feed(it, None))
                .collect()
        };
        let row = [
            source("a:1", "A/USD", None),
            source("a:2", "B/USD", Some("A/USD")),
            source("a:3", "C/USD", Some("B/USD")),
            source("a:4", "D/USD", Some("C/USD")),
            source("a:5", "E/USD", Some("D/USD")),
        ];
        assert_eq!(mistakes(feeds(4), row[..4].to_vec()), [""; 0]);
        let found = mistakes(feeds(5), row.to_vec());
        let words = "its prices are converted 4 times in a row, E/USD -> D/USD -> C/USD -> B/USD -> A/USD; accepted: up to 3";
        assert!(found.len() == 1 && found[0].starts_with(words), "{found:?}");
        let mut sources = row[..4].to_vec();
        sources.push(source("b:1", "A/USD", Some("C/USD")));
        let found = mistakes(feeds(4), sources);
        let words = "prices are needed in a circle, A/USD -> C/USD -> B/USD -> A/USD, so";
        assert!(found.len() == 1 && found[0].starts_with(words), "{found:?}");
    }

    #[test]
    fn the_quorum_is_three_or_six_tenths() {
        let counted = |groups: usize| quorum(groups, &feed("A/USD", None));
        assert_eq!([1, 3, 5, 6, 7, 10].map(counted), [3, 3, 3, 4, 5, 6]);
    }
}
