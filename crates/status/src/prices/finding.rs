//! What is said of prices in the page's verdict.

use std::cmp::Reverse;

use super::severity;
use crate::cause::Cause;
use crate::price::{PriceStatus, PriceView};
use crate::text;
use crate::verdict::Finding;

/// Prices that a sentence names before it says "and so many more".
const NAMED_MAX: usize = 3;

/// Longest cause inside a sentence, in characters; the table has the whole of it.
const CAUSE_CHARS_MAX: usize = 160;

/// A verdict with what there is to say of prices. `chains` is whether it is about any chain at all.
pub(crate) fn with_prices(finding: Finding, prices: &[PriceView], chains: bool) -> Finding {
    let mut by_status: Vec<&PriceView> = prices.iter().collect();
    by_status.sort_by_key(|view| Reverse((severity(view.status), view.status)));
    let Some(worst) = by_status.first() else { return finding };
    let (headline, sentence) = words(&by_status, worst);
    let severity = severity(worst.status);
    if !chains {
        return Finding { severity, headline, sentence, cause: Cause::default() };
    }
    if severity > finding.severity {
        let sentence = format!("{sentence} {}", finding.sentence);
        return Finding { severity, headline, sentence, cause: Cause::default() };
    }
    let sentence = format!("{} {sentence}", finding.sentence);
    Finding { sentence, ..finding }
}

/// Headline and sentence; `prices` are the worst first.
fn words(prices: &[&PriceView], worst: &PriceView) -> (String, String) {
    let bad: Vec<&PriceView> =
        prices.iter().copied().filter(|view| view.status != PriceStatus::Live).collect();
    let good = prices.len() - bad.len();
    let live = format!("{} of {} live", good, text::counted(prices.len(), "price"));
    if bad.is_empty() {
        let all = match prices.len() {
            1 => format!("The price of {} is live", text::tidy(&worst.symbol, 40)),
            more => format!("All {more} prices are live"),
        };
        let sources = prices.iter().flat_map(|view| &view.sources);
        let sentence = match sources.filter(|source| source.refused.is_some()).count() {
            0 => format!("{all}."),
            1 => format!("{all}; 1 source is refused."),
            more => format!("{all}; {more} sources are refused."),
        };
        return (all, sentence);
    }
    let symbol = text::tidy(&worst.symbol, 40);
    let headline = match worst.status {
        PriceStatus::Halted => format!("{symbol} has no price"),
        PriceStatus::Split => format!("{symbol} has two prices"),
        other @ (PriceStatus::Live
        | PriceStatus::Capped
        | PriceStatus::Degraded
        | PriceStatus::Held) => format!("The price of {symbol} is {}", other.name()),
    };
    let mut named: Vec<String> = bad.iter().take(NAMED_MAX).map(|view| one(view)).collect();
    if bad.len() > NAMED_MAX {
        named.push(format!("{} more are not live", bad.len() - NAMED_MAX));
    }
    (headline, format!("{}; {live}.", named.join("; ")))
}

fn one(view: &PriceView) -> String {
    let symbol = text::tidy(&view.symbol, 40);
    match view.causes.first() {
        Some(cause) => {
            format!("{symbol} is {}: {}", view.status.name(), text::tidy(cause, CAUSE_CHARS_MAX))
        }
        None => format!("{symbol} is {}", view.status.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::Severity;
    use crate::price::SourceView;

    fn view(symbol: &str, status: PriceStatus, cause: &str) -> PriceView {
        let causes = vec![cause.to_owned()];
        PriceView { symbol: symbol.to_owned(), status, causes, ..PriceView::default() }
    }

    fn well() -> Finding {
        Finding {
            severity: Severity::Good,
            headline: "Everything answers normally".to_owned(),
            sentence: "All agree.".to_owned(),
            cause: Cause::default(),
        }
    }

    #[test]
    fn a_halted_price_is_not_all_well() {
        let prices = [
            view("BTC/USD", PriceStatus::Live, ""),
            view(
                "USDE/USD",
                PriceStatus::Halted,
                "1 independent sources are used, and 3 are needed",
            ),
            view("ETH/USD", PriceStatus::Capped, "the rate is held"),
        ];
        let found = with_prices(well(), &prices, true);
        assert_eq!(
            (found.severity, found.headline.as_str()),
            (Severity::Critical, "USDE/USD has no price")
        );
        assert_eq!(
            found.sentence,
            "USDE/USD is halted: 1 independent sources are used, and 3 are needed; ETH/USD is capped: the rate is \
             held; 1 of 3 prices live. All agree."
        );
    }

    #[test]
    fn an_oracle_alone_has_a_verdict_of_its_own() {
        let nothing =
            Finding { severity: Severity::Unknown, headline: "Not known yet".to_owned(), ..well() };
        let found = with_prices(nothing, &[view("BTC/USD", PriceStatus::Live, "")], false);
        assert_eq!(
            (found.severity, found.headline.as_str()),
            (Severity::Good, "The price of BTC/USD is live")
        );
        let found = with_prices(well(), &[], true);
        assert_eq!(found, well());
        let refused = Some("it is too far from the others".to_owned());
        let source = SourceView { refused, ..SourceView::default() };
        let view = PriceView { sources: vec![source], ..view("BTC/USD", PriceStatus::Live, "") };
        let found = with_prices(well(), &[view], true);
        assert_eq!(found.sentence, "All agree. The price of BTC/USD is live; 1 source is refused.");
    }
}
