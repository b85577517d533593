//! What about the oracle's prices is trouble, and the evidence: which sources are refused, and why.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::Subject;
use super::trouble::{Kind, Trouble};
use crate::history::History;
use crate::model::Overview;
use crate::price::{PriceStatus, PriceView, SourceView};
use crate::prices::severity;
use crate::text;
use crate::verdict::upper_first;

/// So many prices in trouble at once are one trouble, where they are half of all: what they have in common broke.
const TOGETHER_MIN: usize = 3;

/// More than this are one trouble however many there are, so that a hundred open no hundred incidents.
const TOGETHER_MAX: usize = 20;

/// Prices, reasons and sources that a sentence names before it says "and so many more".
const NAMED_MAX: usize = 4;

/// Longest symbol, name and reason inside a sentence, in characters.
const NAME_CHARS_MAX: usize = 60;
const WORDS_CHARS_MAX: usize = 160;

/// The troubles of prices, and what needs no incident of its own because one tells of all.
pub(super) fn troubles(overview: &Overview, history: &History) -> (Vec<Trouble>, Vec<Subject>) {
    let mut bad: Vec<&PriceView> =
        overview.prices.iter().filter(|view| view.status != PriceStatus::Live).collect();
    bad.sort_by_key(|view| Reverse((severity(view.status), view.status)));
    let all = overview.prices.len();
    let together = bad.len() >= TOGETHER_MIN && bad.len() * 2 >= all || bad.len() > TOGETHER_MAX;
    let mut troubles = Vec::new();
    let mut covered = Vec::new();
    if together && let Some(worst) = bad.first() {
        covered.extend(bad.iter().map(|view| Subject::Price(view.symbol.clone())));
        troubles.push(many(overview, history, &bad, worst));
    }
    troubles.extend(bad.iter().map(|view| one(overview, history, view)));
    (troubles, covered)
}

fn many(overview: &Overview, history: &History, bad: &[&PriceView], worst: &PriceView) -> Trouble {
    let all = text::counted(overview.prices.len(), "price");
    let mut told: Vec<String> = bad.iter().take(NAMED_MAX).map(|view| standing(view)).collect();
    if bad.len() > NAMED_MAX {
        told.push(format!("{} more are not live", bad.len() - NAMED_MAX));
    }
    let sources: Vec<&SourceView> = bad.iter().flat_map(|view| &view.sources).collect();
    Trouble {
        subject: Subject::Prices,
        kind: kind(worst),
        impact: severity(worst.status),
        name: format!("Prices: {} of {all} not live", bad.len()),
        evidence: format!("{}. {}", told.join("; "), refused(&sources)),
        cause: cause(&sources),
        started_ms: started(overview, history, worst),
        affected: BTreeSet::new(),
    }
}

fn one(overview: &Overview, history: &History, view: &PriceView) -> Trouble {
    let sources: Vec<&SourceView> = view.sources.iter().collect();
    let mut evidence = format!("{}. ", standing(view));
    if let (None, Some((price, age))) = (view.market, view.last_good) {
        let (price, age) = (text::price(price), text::span(age));
        evidence.push_str(&format!("The last good price was {price}, {age} before. "));
    }
    evidence.push_str(&refused(&sources));
    let what = match view.status {
        PriceStatus::Halted => "no price",
        PriceStatus::Split => "two prices",
        PriceStatus::Capped => "exchange rate held at its bound",
        PriceStatus::Held => "last price held",
        PriceStatus::Live | PriceStatus::Degraded => "degraded",
    };
    // That an exchange rate is at its bound says what is the matter, and that is not with any source.
    let rate = || view.causes.first().map(|cause| format!("{}.", upper_first(&words(cause))));
    let cause = match view.status {
        PriceStatus::Capped => rate(),
        // Which of two markets is the true one is what nobody knows.
        PriceStatus::Split => None,
        PriceStatus::Live | PriceStatus::Degraded | PriceStatus::Held | PriceStatus::Halted => {
            cause(&sources)
        }
    };
    Trouble {
        subject: Subject::Price(view.symbol.clone()),
        kind: kind(view),
        impact: severity(view.status),
        name: format!("{}: {what}", name(&view.symbol)),
        evidence,
        cause,
        started_ms: started(overview, history, view),
        affected: BTreeSet::new(),
    }
}

fn kind(view: &PriceView) -> Kind {
    match (view.status, view.last_good) {
        (PriceStatus::Halted, None) => Kind::NoPriceYet,
        (status, _) => Kind::Price(status),
    }
}

/// When it began, where that is known: where there is no price of now, with the last one that was good.
fn started(overview: &Overview, history: &History, view: &PriceView) -> Option<u64> {
    let stands =
        matches!(view.status, PriceStatus::Held | PriceStatus::Split | PriceStatus::Halted);
    let (_, age) = view.last_good.filter(|_| stands)?;
    // What began before anybody watched was not measured.
    let watched_ms = history.span_ms.map_or(0, |(first, _)| first);
    Some(overview.at_unix_ms.saturating_sub(age).max(watched_ms))
}

/// Such as `USDE/USD is split at 0.65 and 0.999: sources have parted`.
fn standing(view: &PriceView) -> String {
    let at = match (view.clusters.as_slice(), view.market) {
        ([low, high], None) => format!(" at {} and {}", text::price(*low), text::price(*high)),
        (_, Some(market)) => format!(" at {}", text::price(market)),
        (_, None) => String::new(),
    };
    let why = view.causes.first().map_or_else(String::new, |cause| format!(": {}", words(cause)));
    format!("{} is {}{at}{why}", name(&view.symbol), view.status.name())
}

/// Sources that are refused for the same reason, the most frequent reason first.
fn by_reason<'a>(sources: &[&'a SourceView]) -> Vec<(&'a str, Vec<&'a SourceView>)> {
    let mut found: Vec<(&str, Vec<&SourceView>)> = Vec::new();
    for source in sources {
        let Some(reason) = source.refused.as_deref() else { continue };
        match found.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, those)) => those.push(source),
            None => found.push((reason, vec![source])),
        }
    }
    found.sort_by_key(|(_, those)| Reverse(those.len()));
    found
}

/// How many are used, and of the others which and why, in a sentence.
fn refused(sources: &[&SourceView]) -> String {
    let reasons = by_reason(sources);
    let count: usize = reasons.iter().map(|(_, those)| those.len()).sum();
    let all = text::counted(sources.len(), "source");
    if count == 0 {
        return format!("None of {all} is refused.");
    }
    let told = reasons.iter().take(NAMED_MAX).map(|(reason, those)| {
        let mut names: Vec<String> = those.iter().take(NAMED_MAX).map(|it| priced(it)).collect();
        if those.len() > NAMED_MAX {
            names.push(format!("{} more", those.len() - NAMED_MAX));
        }
        format!("{} ({})", text::listed(&names), words(reason))
    });
    let mut told = told.collect::<Vec<_>>().join("; ");
    if reasons.len() > NAMED_MAX {
        told.push_str("; others for other reasons");
    }
    format!("{} of {all} used. Refused: {told}.", sources.len() - count)
}

/// What most of those that are refused have in common, where they are most of all.
fn cause(sources: &[&SourceView]) -> Option<String> {
    let reasons = by_reason(sources);
    let (reason, those) = reasons.first()?;
    (those.len() * 2 > sources.len()).then(|| {
        format!(
            "{} of {} are refused for one reason: {}.",
            those.len(),
            text::counted(sources.len(), "source"),
            words(reason)
        )
    })
}

/// Such as `binance:USDEUSDT at 0.65`.
fn priced(source: &SourceView) -> String {
    let at = source.price.map_or_else(String::new, |price| format!(" at {}", text::price(price)));
    format!("{}{at}", name(&source.name))
}

fn name(name: &str) -> String {
    text::tidy(name, NAME_CHARS_MAX)
}

fn words(words: &str) -> String {
    text::tidy(words, WORDS_CHARS_MAX)
}

#[cfg(test)]
mod tests {
    use units::Price;

    use super::super::tests::Script;
    use super::*;
    use crate::component::Severity;
    use crate::testing::{START_MS, overview};

    fn price(text: &str) -> Price {
        Price::parse(text.as_bytes()).expect("a number")
    }

    fn view(symbol: &str, status: PriceStatus, cause: &str) -> PriceView {
        let source = |name: &str, price_now: &str, refused: Option<&str>| SourceView {
            name: name.to_owned(),
            price: Some(price(price_now)),
            refused: refused.map(str::to_owned),
            weight_bps: 0,
        };
        let live = status == PriceStatus::Live;
        let silent = (!live).then_some("nothing has come from it for too long");
        PriceView {
            symbol: symbol.to_owned(),
            status,
            causes: if live { Vec::new() } else { vec![cause.to_owned()] },
            sources: vec![
                source("binance:X", "0.65", Some("it is too far from the others")),
                source("kraken:X", "0.9993", silent),
                source("okx:X", "0.9994", silent),
            ],
            ..PriceView::default()
        }
    }

    /// Six prices of which so many are not live.
    fn prices(bad: usize, status: PriceStatus) -> Vec<PriceView> {
        let symbols = ["A/USD", "B/USD", "C/USD", "D/USD", "E/USD", "F/USD"];
        let status = |place| if place < bad { status } else { PriceStatus::Live };
        let of = |(place, symbol): (usize, &&str)| view(symbol, status(place), "it is so");
        symbols.iter().enumerate().map(of).collect()
    }

    #[test]
    fn a_price_that_is_gone_opens_an_incident_with_its_evidence_and_closes_it() {
        // Whoever asks the day after why nobody was liquidated for ten minutes finds it here or nowhere.
        let mut script = Script::new();
        let halted = |overview: &mut Overview| {
            let age = overview.at_unix_ms - START_MS - 8_000;
            let cause = "1 independent sources are used, and 3 are needed";
            let mut halted = view("USDE/USD", PriceStatus::Halted, cause);
            halted.last_good = Some((price("0.9993"), age));
            overview.prices = vec![halted, view("BTC/USD", PriceStatus::Live, "")];
        };
        let live = |overview: &mut Overview| {
            overview.prices = vec![view("USDE/USD", PriceStatus::Live, "")];
        };
        script.run_with(10, live);
        script.run_with(3, halted);
        assert!(script.names().is_empty(), "a blip");
        script.run_with(20, halted);
        assert_eq!(script.names(), ["USDE/USD: no price"]);
        let incident = script.log.open()[0].clone();
        assert_eq!(incident.impact, Severity::Critical);
        assert_eq!(incident.started_ms, START_MS + 8_000, "when it was last good");
        assert_eq!(
            incident.updates[0].body,
            "USDE/USD is halted: 1 independent sources are used, and 3 are needed. The last good price was 0.999300, \
             5 s before. 0 of 3 sources used. Refused: kraken:X at 0.999300 and okx:X at 0.999400 (nothing has come from \
             it for too long); binance:X at 0.650000 (it is too far from the others)."
        );
        assert_eq!(
            incident.updates[1].body,
            "2 of 3 sources are refused for one reason: nothing has come from it for too long."
        );
        script.run_with(300, live);
        assert_eq!(script.statuses(), ["investigating", "identified", "monitoring", "resolved"]);
    }

    #[test]
    fn each_status_has_words_and_an_impact() {
        // An incident that calls a held exchange rate a lost price sends people the wrong way.
        let check = |status, name: &str, impact, statuses: &[&str]| {
            let mut script = Script::new();
            script.run_with(60, |overview| {
                let mut view = view("USDE/USD", status, "it is so");
                view.last_good = Some((Price::ONE, 0));
                overview.prices = vec![view];
            });
            assert_eq!(script.names(), [name]);
            assert_eq!(script.log.open()[0].impact, impact);
            assert_eq!(script.statuses(), statuses, "{name}");
        };
        let both = ["investigating", "identified"];
        check(PriceStatus::Split, "USDE/USD: two prices", Severity::Major, &both[..1]);
        check(
            PriceStatus::Capped,
            "USDE/USD: exchange rate held at its bound",
            Severity::Major,
            &both,
        );
        check(PriceStatus::Held, "USDE/USD: last price held", Severity::Minor, &both);
        check(PriceStatus::Degraded, "USDE/USD: degraded", Severity::Minor, &both);
    }

    #[test]
    fn a_start_is_no_incident_and_a_price_that_never_comes_is_one() {
        // A page that opens incidents at every start is not read any more.
        let mut script = Script::new();
        let nothing = |overview: &mut Overview| {
            overview.prices = vec![view("USDE/USD", PriceStatus::Halted, "nothing yet")];
        };
        script.run_with(15, nothing);
        assert!(script.names().is_empty());
        script.run_with(10, nothing);
        assert_eq!(script.names(), ["USDE/USD: no price"]);
    }

    #[test]
    fn a_moment_of_holding_is_no_incident_and_many_of_them_are() {
        let mut script = Script::new();
        let status = |status| {
            move |overview: &mut Overview| overview.prices = vec![view("A/USD", status, "a step")]
        };
        script.run_with(2, status(PriceStatus::Held));
        script.run_with(30, status(PriceStatus::Live));
        assert!(script.names().is_empty());
        for _ in 0..10 {
            script.run_with(2, status(PriceStatus::Held));
            script.run_with(1, status(PriceStatus::Live));
        }
        assert_eq!(script.names(), ["A/USD: last price held"]);
    }

    #[test]
    fn what_breaks_for_all_at_once_is_one_incident() {
        // Six incidents for one line that is cut hide everything else on the page.
        let mut script = Script::new();
        script.run_with(60, |overview| overview.prices = prices(6, PriceStatus::Degraded));
        assert_eq!(script.names(), ["Prices: 6 of 6 prices not live"]);
        let body = &script.log.open()[0].updates[0].body;
        assert!(body.contains("2 more are not live. 0 of 18 sources used. Refused: "), "{body}");
        // Those that are left keep incidents of their own.
        script.run_with(60, |overview| overview.prices = prices(2, PriceStatus::Degraded));
        let names = script.names();
        assert!(names.contains(&"A/USD: degraded") && names.contains(&"B/USD: degraded"));
    }

    #[test]
    fn chains_and_prices_have_incidents_side_by_side() {
        let mut script = Script::new();
        for second in 0..30 {
            let out = [("harbour", crate::model::UpstreamState::Unreachable, 0)];
            let mut overview = overview(second, &out);
            overview.prices = prices(1, PriceStatus::Split);
            script.feed(&overview);
        }
        let mut names = script.names();
        names.sort_unstable();
        assert_eq!(names, ["A/USD: two prices", "harbour (ethereum): unreachable"]);
    }
}
