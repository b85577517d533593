//! What in an overview is trouble, how bad it is, and what is known of its cause.

use std::collections::BTreeSet;

use super::{IncidentStatus, Subject, price, venue};
use crate::cause::{Cause, Place, diagnose};
use crate::component::{ComponentKey, Severity};
use crate::history::History;
use crate::model::{ChainView, Overview, UpstreamState, UpstreamView, Verdict};
use crate::price::PriceStatus;
use crate::standing::VenuePast;
use crate::text;
use crate::venue::MarketState;
use crate::verdict::{chain_finding, operators, out_clause, upper_first};

/// The kinds of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    ChainUnreachable,
    ChainUndecided,
    ChainStalled,
    ChainSplit,
    /// Half of the upstreams are out, or one operator is left.
    ChainThin,
    /// Degraded for a reason that is not an upstream's state.
    ChainDegraded,
    CallsFail,
    Upstream(UpstreamState),
    /// Serves, but is out for some method classes.
    ClassesOut,
    /// A price of the oracle, or the worst of many, is not live.
    Price(PriceStatus),
    /// There has been none since the start.
    NoPriceYet,
    /// Something is the matter with the venue.
    Venue(VenueKind),
}

/// The kinds of trouble that a venue has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VenueKind {
    /// It has ended, or does not hold what it promises.
    Down,
    /// It takes no more work of accounts.
    Drained,
    /// It has yet to open.
    Closed,
    /// It sends work away that matters.
    Load,
    /// None of its markets has a price.
    Prices,
    /// A market is not open for all.
    Market(MarketState),
}

impl Kind {
    /// How long it must have lasted before it is announced: what the gateway itself decides late or
    /// rarely wrongly is believed soon, what often passes by itself is given time.
    pub(super) const fn announce_after_ms(self) -> u64 {
        match self {
            Self::ChainUnreachable
            | Self::ChainUndecided
            | Self::ChainSplit
            | Self::Venue(VenueKind::Down | VenueKind::Prices | VenueKind::Market(_)) => 3_000,
            Self::Venue(VenueKind::Load) => 5_000,
            // A drain is what comes before a restart, and a journal of a day is read in seconds.
            Self::Venue(VenueKind::Drained) => 15_000,
            Self::Venue(VenueKind::Closed) => 30_000,
            Self::ChainStalled | Self::ChainThin | Self::CallsFail => 5_000,
            Self::Upstream(UpstreamState::Quarantined | UpstreamState::Rejected) => 3_000,
            Self::Upstream(_) => 8_000,
            // The oracle itself holds a price for two seconds before it says that there is none.
            Self::Price(PriceStatus::Halted | PriceStatus::Split | PriceStatus::Held) => 3_000,
            Self::Price(PriceStatus::Capped) => 5_000,
            // Venues cut their connections once a day or so, and several may do it at a time.
            Self::Price(PriceStatus::Degraded | PriceStatus::Live) => 30_000,
            Self::ChainDegraded | Self::ClassesOut | Self::NoPriceYet => 15_000,
        }
    }
}

/// One trouble as one overview shows it.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    pub(super) subject: Subject,
    pub(super) kind: Kind,
    pub(super) impact: Severity,
    /// A few words for the incident's name.
    pub(super) name: String,
    /// What was measured, in sentences.
    pub(super) evidence: String,
    /// Which part is at fault, in a sentence, where the measurements tell.
    pub(super) cause: Option<String>,
    /// When it began, where that was measured.
    pub(super) started_ms: Option<u64>,
    pub(super) affected: BTreeSet<ComponentKey>,
}

impl Trouble {
    /// The status of an incident about it once it is old news.
    pub(super) const fn known_status(&self) -> IncidentStatus {
        if self.cause.is_some() {
            IncidentStatus::Identified
        } else {
            IncidentStatus::Investigating
        }
    }
}

/// All that one overview says about incidents.
#[derive(Clone, Debug, Default)]
pub(super) struct Signs {
    pub(super) troubles: Vec<Trouble>,
    /// What is out of trouble and has yet to show that it stays so.
    pub(super) recovering: BTreeSet<Subject>,
    /// What a chain's own trouble, or that of many prices, already tells of.
    pub(super) covered: BTreeSet<Subject>,
}

/// Reads the signs of trouble off an overview.
pub(super) fn signs(overview: &Overview, history: &History, past: &VenuePast) -> Signs {
    let mut signs = Signs::default();
    for chain in &overview.chains {
        if let Some(kind) = chain_kind(chain) {
            signs.covered.extend(covered(chain, kind));
            signs.troubles.push(chain_trouble(overview, chain, kind));
        }
        signs.troubles.extend(calls_trouble(chain, history));
        for upstream in &chain.upstreams {
            if upstream.state == UpstreamState::Probation {
                signs
                    .recovering
                    .insert(Subject::Upstream(chain.name.clone(), upstream.name.clone()));
            }
            signs.troubles.extend(upstream_trouble(overview, chain, upstream, history));
        }
    }
    let (troubles, covered) = price::troubles(overview, history);
    signs.troubles.extend(troubles);
    signs.covered.extend(covered);
    let (troubles, covered) = venue::troubles(overview, past);
    signs.troubles.extend(troubles);
    signs.covered.extend(covered);
    signs
}

fn chain_kind(chain: &ChainView) -> Option<Kind> {
    let out = chain.out().count();
    let thin = out * 2 >= chain.upstreams.len()
        || operators(chain.serving()) < 2 && operators(chain.upstreams.iter()) > 1;
    match chain.verdict {
        Verdict::Healthy | Verdict::Unknown => None,
        Verdict::Degraded if out > 0 && thin => Some(Kind::ChainThin),
        // The upstreams that are out have incidents of their own.
        Verdict::Degraded if out > 0 => None,
        // Those that came back bring the reserve with them.
        Verdict::Degraded
            if chain.upstreams.iter().any(|it| it.state == UpstreamState::Probation) =>
        {
            None
        }
        Verdict::Degraded => Some(Kind::ChainDegraded),
        Verdict::Split => Some(Kind::ChainSplit),
        Verdict::Undecided => Some(Kind::ChainUndecided),
        Verdict::Stalled => Some(Kind::ChainStalled),
        Verdict::Unreachable => Some(Kind::ChainUnreachable),
    }
}

/// What needs no incident of its own while the chain has this one.
fn covered(chain: &ChainView, kind: Kind) -> Vec<Subject> {
    if kind == Kind::ChainDegraded {
        return Vec::new();
    }
    let upstream =
        |upstream: &UpstreamView| Subject::Upstream(chain.name.clone(), upstream.name.clone());
    let mut covered: Vec<Subject> = chain.upstreams.iter().map(upstream).collect();
    if matches!(kind, Kind::ChainUnreachable | Kind::ChainUndecided) {
        covered.push(Subject::Calls(chain.name.clone()));
    }
    covered
}

fn chain_trouble(overview: &Overview, chain: &ChainView, kind: Kind) -> Trouble {
    let (impact, what) = match kind {
        Kind::ChainUnreachable => (Severity::Critical, "not answering"),
        Kind::ChainUndecided => (Severity::Critical, "chain split, undecided"),
        Kind::ChainStalled => (Severity::Major, "no new blocks"),
        Kind::ChainSplit => (Severity::Major, "chain split"),
        Kind::ChainThin => (Severity::Major, "few upstreams left"),
        Kind::ChainDegraded
        | Kind::CallsFail
        | Kind::Upstream(_)
        | Kind::ClassesOut
        | Kind::Price(_)
        | Kind::NoPriceYet
        | Kind::Venue(_) => (Severity::Minor, "less in reserve"),
    };
    let mut affected: BTreeSet<ComponentKey> =
        chain.out().map(|upstream| ComponentKey::upstream(chain, upstream)).collect();
    affected.insert(ComponentKey::chain(chain));
    Trouble {
        subject: Subject::Chain(chain.name.clone()),
        kind,
        impact,
        name: format!("{}: {what}", chain.name),
        evidence: chain_finding(overview, chain, None).sentence,
        cause: chain_cause(chain, kind, &diagnose(overview, chain)),
        started_ms: None,
        affected,
    }
}

/// What can be told of a chain's trouble from one place. That everything is away has no cause here: it
/// may be our own connection.
fn chain_cause(chain: &ChainView, kind: Kind, cause: &Cause) -> Option<String> {
    match kind {
        Kind::ChainSplit => {
            let others: Vec<String> = chain
                .branches
                .iter()
                .filter(|branch| !branch.standing.is_followed())
                .flat_map(|branch| branch.voters.iter().cloned())
                .collect();
            let told = if cause.sentence.is_empty() {
                String::new()
            } else {
                format!(" {}", cause.sentence)
            };
            (!others.is_empty()).then(|| {
                format!("Not on the branch that is followed: {}.{told}", text::listed(&others))
            })
        }
        Kind::ChainThin => {
            let out: Vec<String> = chain.out().map(|upstream| upstream.name.clone()).collect();
            (cause.place != Place::Unknown).then(|| {
                let serving = chain.serving().count();
                format!(
                    "At fault: {}, while {serving} serve. {}",
                    text::listed(&out),
                    upper_first(&cause.sentence)
                )
            })
        }
        Kind::ChainUnreachable => {
            (cause.place == Place::OurConnection).then(|| cause.sentence.clone())
        }
        Kind::ChainUndecided
        | Kind::ChainStalled
        | Kind::ChainDegraded
        | Kind::CallsFail
        | Kind::Upstream(_)
        | Kind::ClassesOut
        | Kind::Price(_)
        | Kind::NoPriceYet
        | Kind::Venue(_) => None,
    }
}

fn calls_trouble(chain: &ChainView, history: &History) -> Option<Trouble> {
    let failing = history.failing(&chain.name)?;
    let out = chain.out().count();
    Some(Trouble {
        subject: Subject::Calls(chain.name.clone()),
        kind: Kind::CallsFail,
        impact: Severity::Major,
        name: format!("{}: calls fail", chain.name),
        evidence: format!(
            "{}; {out} of {} are out.",
            failing.clause(),
            text::counted(chain.upstreams.len(), "upstream")
        ),
        cause: None,
        started_ms: None,
        affected: BTreeSet::from([ComponentKey::chain(chain)]),
    })
}

fn upstream_trouble(
    overview: &Overview,
    chain: &ChainView,
    upstream: &UpstreamView,
    history: &History,
) -> Option<Trouble> {
    let subject = Subject::Upstream(chain.name.clone(), upstream.name.clone());
    let affected = BTreeSet::from([ComponentKey::upstream(chain, upstream)]);
    let others = chain.serving().filter(|other| other.name != upstream.name).count();
    let cause = (others >= 2).then(|| {
        format!("The fault is with {} alone or on the way to it: {others} other upstreams serve and agree.", upstream.name)
    });
    let impact = Severity::Minor;
    // What is said to have begun before anybody watched was not measured, and would count as lateness.
    let watched_ms = history.span_ms.map_or(0, |(first, _)| first);
    let started_ms =
        Some(upstream.since_unix_ms).filter(|since| *since > 0).map(|since| since.max(watched_ms));
    if upstream.state.is_out() {
        return Some(Trouble {
            subject,
            kind: Kind::Upstream(upstream.state),
            impact,
            name: format!("{} ({}): {}", upstream.name, chain.name, upstream.state.name()),
            evidence: format!("{}. {}", out_clause(upstream, overview.at_unix_ms), reserve(chain)),
            cause,
            started_ms,
            affected,
        });
    }
    (upstream.state == UpstreamState::Serving && !upstream.failing_classes.is_empty()).then(|| {
        let classes = text::tidy(&text::listed(&upstream.failing_classes), 200);
        Trouble {
            subject,
            kind: Kind::ClassesOut,
            impact,
            name: format!("{} ({}): some methods fail", upstream.name, chain.name),
            evidence: format!(
                "{} is out for {classes} and serves the rest. {}",
                upstream.name,
                reserve(chain)
            ),
            cause,
            started_ms: None,
            affected,
        }
    })
}

/// What is left, in a sentence.
fn reserve(chain: &ChainView) -> String {
    let (serving, all) =
        (chain.serving().count(), text::counted(chain.upstreams.len(), "upstream"));
    match serving {
        0 => format!("None of {all} serves {}.", chain.name),
        _ => {
            let operators = text::counted(operators(chain.serving()), "operator");
            format!("{serving} of {all} serve {}, run by {operators}.", chain.name)
        }
    }
}
