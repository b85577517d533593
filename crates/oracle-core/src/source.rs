//! A source's own price, out of its book and its last trade.

use units::{Money, Price, Ratio, Rounding};

use crate::input::{Depth, Quote, Trade};
use crate::refusal::Refusal;
use crate::settings::Parameters;

/// What a source's book must be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceLimits {
    /// The widest spread, as a part of the midpoint.
    pub spread_max: Ratio,
    /// The least money within one per cent on the thinner side, where that is known.
    pub depth_min: Money,
}

impl From<&Parameters> for SourceLimits {
    fn from(parameters: &Parameters) -> Self {
        Self { spread_max: parameters.spread_max, depth_min: parameters.depth_min }
    }
}

/// The median of best bid, best ask and last trade: the last trade where it lies between the two, and otherwise the
/// nearer of them. Without a trade it is the midpoint. A print far from the book moves it by half the spread at most.
///
/// # Errors
/// Why the book says nothing: it is empty, crossed, too wide or too thin.
pub fn source_price(
    quote: Quote,
    trade: Option<Trade>,
    depth: Option<Depth>,
    limits: SourceLimits,
) -> Result<Price, Refusal> {
    if quote.bid <= Price::ZERO || quote.ask <= Price::ZERO {
        return Err(Refusal::EmptyBook);
    }
    if quote.bid > quote.ask {
        return Err(Refusal::CrossedBook);
    }
    let midpoint = quote.bid.midpoint(quote.ask);
    let spread = quote.ask.minus(quote.bid).over(midpoint, Rounding::Up);
    if spread.is_none_or(|spread| spread > limits.spread_max) {
        return Err(Refusal::WideSpread);
    }
    if depth.is_some_and(|depth| depth.complete && depth.bids.min(depth.asks) < limits.depth_min) {
        return Err(Refusal::ThinBook);
    }
    Ok(trade.map_or(midpoint, |trade| trade.price.max(quote.bid).min(quote.ask)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Class;

    fn price(text: &str) -> Price {
        Price::parse(text.as_bytes()).expect("a number")
    }

    fn book(bid: &str, ask: &str) -> Quote {
        Quote { bid: price(bid), ask: price(ask), ..Quote::default() }
    }

    fn of(quote: Quote, trade: Option<&str>, depth: Option<Depth>) -> Result<Price, Refusal> {
        let trade = trade.map(|text| Trade { price: price(text), ..Trade::default() });
        source_price(quote, trade, depth, (&Parameters::of(Class::Major)).into())
    }

    #[test]
    fn a_print_far_from_the_book_moves_the_price_to_its_edge_at_most() {
        let quote = book("99.9", "100.1");
        assert_eq!(of(quote, None, None), Ok(price("100")));
        assert_eq!(of(quote, Some("100.05"), None), Ok(price("100.05")));
        assert_eq!(of(quote, Some("65"), None), Ok(price("99.9")));
        assert_eq!(of(quote, Some("1000000"), None), Ok(price("100.1")));
    }

    #[test]
    fn a_book_that_says_nothing_is_refused_with_the_reason() {
        assert_eq!(of(book("0", "100"), None, None), Err(Refusal::EmptyBook));
        assert_eq!(of(book("-1", "100"), None, None), Err(Refusal::EmptyBook));
        assert_eq!(of(book("101", "100"), None, None), Err(Refusal::CrossedBook));
        assert_eq!(of(book("99", "100"), None, None), Err(Refusal::WideSpread));
        let thin =
            Depth { bids: Money::whole(49_999), asks: Money::whole(1_000_000), complete: true };
        assert_eq!(of(book("99.9", "100.1"), None, Some(thin)), Err(Refusal::ThinBook));
        let cut = Depth { complete: false, ..thin };
        assert_eq!(
            of(book("99.9", "100.1"), None, Some(cut)),
            Ok(price("100")),
            "more may be there than was seen"
        );
    }
}
