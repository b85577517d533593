//! Where a fault is: with us, one provider, one cloud, one client software, the chain, or not to be told.
//!
//! The rules are those of `research/resilience.md` C3, for what one vantage can see. That the whole network
//! is down takes at least two vantages to know, so there is no word for it here: from one place the answer
//! is [`Place::Unknown`], and the sentence says what would tell.

use std::collections::BTreeSet;

use crate::clients::Client;
use crate::model::{ChainView, Overview, UpstreamState, UpstreamView, Verdict};
use crate::text;

/// A fault is told as shared only where it came over all it concerns within this time: what broke hours
/// apart broke for reasons of its own.
const TOGETHER_MS: u64 = 600_000;

/// Independent operators that must be well before a fault is put on those that are not.
const WITNESSES_MIN: usize = 2;

/// Per cent of all targets, controls among them, whose failure is a failure of our own connection.
const OURS_PERCENT: usize = 80;

/// Longest label inside a sentence, in characters.
const LABEL_CHARS_MAX: usize = 40;

/// Where a fault is, as far as one vantage can tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Nothing is wrong.
    #[default]
    Nowhere,
    /// Our own connection: what is outside of everything we watch fails as well.
    OurConnection,
    /// This installation itself: its parts, or what is between them.
    Installation,
    /// One provider, or one endpoint of it.
    Provider,
    /// What runs in one cloud.
    Cloud,
    /// What runs one client software.
    Client,
    /// Several providers that have nothing in common.
    Several,
    /// The chain: its branches have parted.
    Split,
    /// Not to be told from one place.
    Unknown,
}

/// Where a fault is, and what it rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// Where.
    pub place: Place,
    /// In a few words, such as "one provider: lantern"; "" where nothing is wrong.
    pub words: String,
    /// What it rests on, in a sentence with its full stop; "" where nothing is wrong.
    pub sentence: String,
}

impl Cause {
    fn new(place: Place, words: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { place, words: words.into(), sentence: sentence.into() }
    }

    pub(crate) fn unknown(sentence: String) -> Self {
        Self::new(Place::Unknown, "cannot be told from this one place", sentence)
    }
}

/// What endpoints can share that makes them fail together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    Operator,
    /// The whole of `aws/us-east-1`.
    Region,
    /// Only `aws`.
    Cloud,
    Family,
    Version,
}

impl Label {
    /// In the order of preference where several explain the same.
    const ALL: [Self; 5] = [Self::Operator, Self::Version, Self::Family, Self::Region, Self::Cloud];

    /// What `upstream` has on this label; "" where nothing is known.
    fn of(self, upstream: &UpstreamView) -> String {
        let cloud = || upstream.cloud.trim().to_lowercase();
        match self {
            Self::Operator => upstream.operator.clone(),
            Self::Region => cloud(),
            Self::Cloud => cloud().split('/').next().unwrap_or_default().to_owned(),
            Self::Family => Client::of(upstream).family,
            Self::Version => {
                let client = Client::of(upstream);
                if client.version.is_empty() { String::new() } else { client.to_string() }
            }
        }
    }

    const fn place(self) -> Place {
        match self {
            Self::Operator => Place::Provider,
            Self::Region | Self::Cloud => Place::Cloud,
            Self::Family | Self::Version => Place::Client,
        }
    }
}

/// A label that explains why some are out: all of them have it, and none that is well.
#[derive(Clone, Debug)]
struct Shared {
    label: Label,
    value: String,
    /// How many of those that are out have it.
    covered: usize,
}

/// Finds where the fault of `chain` is.
#[must_use]
pub(crate) fn diagnose(overview: &Overview, chain: &ChainView) -> Cause {
    if let Some(cause) = our_connection(overview) {
        return cause;
    }
    match chain.verdict {
        Verdict::Unknown => Cause::unknown("Nothing has been measured yet.".to_owned()),
        Verdict::Split | Verdict::Undecided => split(chain),
        Verdict::Stalled => stalled(overview, chain),
        Verdict::Unreachable => unreachable(overview, chain),
        Verdict::Healthy | Verdict::Degraded if chain.out().next().is_none() => Cause::default(),
        Verdict::Healthy | Verdict::Degraded => out(chain),
    }
}

/// Nearly everything fails from here, and every control with it.
pub(crate) fn our_connection(overview: &Overview) -> Option<Cause> {
    let failing = overview.controls.iter().filter(|it| it.answers == Some(false)).count();
    if failing == 0 || failing < overview.controls.len() {
        return None;
    }
    let upstreams = || overview.chains.iter().flat_map(|chain| &chain.upstreams);
    let silent = upstreams().filter(|it| it.state == UpstreamState::Unreachable).count();
    let targets = upstreams().count() + overview.controls.len();
    ((silent + failing) * 100 >= targets * OURS_PERCENT).then(|| {
        let sentence = format!(
            "{silent} of {} fail at once, and so does every one of {} outside of them: it is our own connection.",
            text::counted(upstreams().count(), "upstream"),
            text::counted(overview.controls.len(), "control"),
        );
        Cause::new(Place::OurConnection, "our own connection", sentence)
    })
}

/// Whether at least one control answers: then our connection is not wholly down.
pub(crate) fn a_control_answers(overview: &Overview) -> bool {
    overview.controls.iter().any(|control| control.answers == Some(true))
}

fn split(chain: &ChainView) -> Cause {
    let Some((number, client)) = branch_client(chain) else {
        return Cause::new(Place::Split, "the chain, whose branches have parted", "");
    };
    let client = tidy(&client);
    let conclusion = if chain.verdict == Verdict::Undecided {
        format!("so it is {client} against the rest")
    } else {
        format!("so it looks like a fault of {client}")
    };
    Cause::new(
        Place::Split,
        format!("the chain, parted by client software: {client}"),
        format!(
            "All {number} on one branch run {client} and nobody on the others does, {conclusion}."
        ),
    )
}

/// What tells those on one branch from those on the others: a client that all there run and nobody else.
fn branch_client(chain: &ChainView) -> Option<(usize, String)> {
    // That one upstream runs what no other does is no pattern.
    let branches = chain.branches.iter().filter(|branch| branch.voters.len() > 1);
    branches.filter(|branch| !branch.standing.is_followed()).find_map(|branch| {
        let on = |upstream: &&UpstreamView| branch.voters.contains(&upstream.name);
        let on_it: Vec<&UpstreamView> = chain.upstreams.iter().filter(on).collect();
        let voters = || chain.branches.iter().flat_map(|branch| &branch.voters);
        let others: Vec<&UpstreamView> = chain
            .upstreams
            .iter()
            .filter(|upstream| !on(upstream) && voters().any(|voter| *voter == upstream.name))
            .collect();
        let shared = [Label::Version, Label::Family].into_iter().find_map(|label| {
            let value = common(label, &on_it)?;
            (!others.iter().any(|other| label.of(other) == value)).then_some(value)
        })?;
        Some((on_it.len(), shared))
    })
}

fn stalled(overview: &Overview, chain: &ChainView) -> Cause {
    let still: Vec<&UpstreamView> =
        chain.upstreams.iter().filter(|it| it.state != UpstreamState::Unreachable).collect();
    let operators = distinct(Label::Operator, still.iter().copied());
    let clients = distinct(Label::Family, still.iter().copied());
    if operators < 3 || clients < 2 {
        return Cause::unknown(format!(
            "They are of {} and {}: too few, and seen from one place, to tell the network's fault from theirs.",
            text::counted(operators, "operator"),
            text::counted(clients, "client software"),
        ));
    }
    let else_it_is = if a_control_answers(overview) {
        "something that they share, as outside controls answer; a second vantage would tell"
    } else {
        "our connection to it; a second vantage would tell"
    };
    Cause::unknown(format!(
        "All {} that answer, of {operators} operators and {clients} clients, stand still, seen from one place: the \
         network or {else_it_is}.",
        still.len()
    ))
}

fn unreachable(overview: &Overview, chain: &ChainView) -> Cause {
    let all = chain.upstreams.len();
    let answering: Vec<String> = overview
        .chains
        .iter()
        .filter(|other| other.name != chain.name && other.serving().next().is_some())
        .map(|other| tidy(&other.name))
        .collect();
    let ours = if a_control_answers(overview) {
        "outside controls answer, so our own connection works; whether it is the network or what these providers \
         share, a second vantage would tell."
            .to_owned()
    } else if !answering.is_empty() {
        format!(
            "upstreams of {} answer, so our own connection is not wholly down; more a second vantage would tell.",
            text::listed(&answering)
        )
    } else {
        "the network or our own connection; a second vantage would tell.".to_owned()
    };
    let whom = match all {
        1 => "The only provider is".to_owned(),
        _ => format!("All {all} providers are"),
    };
    Cause::unknown(format!("{whom} away, seen from one place: {ours}"))
}

/// Some are out while others are well.
fn out(chain: &ChainView) -> Cause {
    let out: Vec<&UpstreamView> = chain.out().collect();
    let well = |besides: &dyn Fn(&UpstreamView) -> bool| {
        distinct(Label::Operator, chain.serving().filter(|upstream| !besides(upstream)))
    };
    let shared = explain(chain, &out);
    let witnesses = shared
        .first()
        .map_or_else(|| well(&|_| false), |it| well(&|other| it.label.of(other) == it.value));
    if witnesses < WITNESSES_MIN {
        return Cause::unknown(format!(
            "{} left that is well: too few to tell whose fault it is.",
            match witnesses {
                0 => "No operator is".to_owned(),
                _ => "Only one independent operator is".to_owned(),
            }
        ));
    }
    let rest = format!("{witnesses} other operators are well");
    match (out.as_slice(), shared.as_slice()) {
        ([only], _) => {
            let sentence = format!(
                "{witnesses} other operators are well, so it is this one or the way to it."
            );
            Cause::new(Place::Provider, format!("one provider: {}", tidy(&only.name)), sentence)
        }
        (_, []) => {
            let sentence = format!(
                "They have no operator, cloud or client in common that explains it; {rest}."
            );
            Cause::new(Place::Several, "several providers, nothing in common", sentence)
        }
        (_, [first, rest_of @ ..]) => {
            let strays = out.len().saturating_sub(first.covered);
            told_as(first, rest_of, strays, &rest)
        }
    }
}

/// The words for what explains it. `others` explain the same, so that one cannot be told from the other.
fn told_as(first: &Shared, others: &[Shared], strays: usize, rest: &str) -> Cause {
    let value = tidy(&first.value);
    let tail = match strays {
        0 => String::new(),
        _ => format!("; {strays} more {} out besides", if strays == 1 { "is" } else { "are" }),
    };
    let all = if strays == 0 { "All" } else { "Most" };
    let sentence = |what: &str| format!("{all} that are out share {what}; {rest}{tail}.");
    // Words for the fault of one operator need no second thought: it explains cloud and client as well.
    if first.label == Label::Operator {
        let words = format!("one provider: {value}");
        return Cause::new(Place::Provider, words, sentence(&format!("the operator {value}")));
    }
    let is_client = |label: Label| label.place() == Place::Client;
    let kind = |label| if is_client(label) { "the client" } else { "the cloud" };
    let word = |label| if is_client(label) { "client software" } else { "one cloud" };
    let other = others.iter().find(|other| other.label.place() != first.label.place());
    match other {
        None => Cause::new(
            first.label.place(),
            format!("{}: {value}", word(first.label)),
            sentence(&format!("{} {value}", kind(first.label))),
        ),
        Some(other) => {
            let (one, two) = (
                format!("{} {value}", kind(first.label)),
                format!("{} {}", kind(other.label), tidy(&other.value)),
            );
            Cause::new(
                first.label.place(),
                format!("{value} or {}", tidy(&other.value)),
                sentence(&format!("{one} and {two}, so it may be either")),
            )
        }
    }
}

/// The labels that explain most of those that are out, the best first; all explain equally many.
fn explain(chain: &ChainView, out: &[&UpstreamView]) -> Vec<Shared> {
    let mut found: Vec<Shared> = Vec::new();
    for label in Label::ALL {
        let values: BTreeSet<String> = out.iter().map(|upstream| label.of(upstream)).collect();
        for value in values.into_iter().filter(|value| !value.is_empty()) {
            let with: Vec<&UpstreamView> =
                out.iter().copied().filter(|upstream| label.of(upstream) == value).collect();
            let enough = with.len() > 1 || label == Label::Operator && out.len() == 1;
            let exclusive = !chain.serving().any(|upstream| label.of(upstream) == value);
            if enough && exclusive && began_together(&with) && with.len() * 2 > out.len() {
                found.push(Shared { label, value, covered: with.len() });
            }
        }
    }
    let most = found.iter().map(|shared| shared.covered).max().unwrap_or_default();
    found.retain(|shared| shared.covered == most);
    found
}

/// Whether all went out within [`TOGETHER_MS`]; where it is not known since when, it is taken so.
fn began_together(upstreams: &[&UpstreamView]) -> bool {
    let since = || upstreams.iter().map(|upstream| upstream.since_unix_ms).filter(|at| *at > 0);
    match (since().min(), since().max()) {
        (Some(first), Some(last)) => last - first <= TOGETHER_MS,
        _ => true,
    }
}

/// What all of `upstreams` have on `label`, if they have the same.
fn common(label: Label, upstreams: &[&UpstreamView]) -> Option<String> {
    let values: BTreeSet<String> = upstreams.iter().map(|upstream| label.of(upstream)).collect();
    values.first().filter(|first| values.len() == 1 && !first.is_empty()).cloned()
}

/// How many different values on `label` there are; those that have none count as one.
fn distinct<'a>(label: Label, upstreams: impl Iterator<Item = &'a UpstreamView>) -> usize {
    upstreams.map(|upstream| label.of(upstream)).collect::<BTreeSet<_>>().len()
}

fn tidy(label: &str) -> String {
    text::tidy(label, LABEL_CHARS_MAX)
}

#[cfg(test)]
mod tests;
