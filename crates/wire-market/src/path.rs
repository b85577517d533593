//! Paths that venues answer at.

use std::fmt::Write as _;

/// A path whose `{market}` stands for a market, with every sign that could end a part of an address written as
/// `%XX`: a market's name comes from the configuration.
pub(crate) fn path(template: &str, market: &str) -> String {
    template.replace("{market}", &escaped(market))
}

fn escaped(market: &str) -> String {
    let mut text = String::with_capacity(market.len());
    for byte in market.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else if write!(text, "%{byte:02X}").is_err() {
            // A string takes whatever is written to it.
            break;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_market_stays_in_its_place_of_the_path() {
        // A name with an ampersand or a slash would ask for something else.
        assert_eq!(path("/t?symbol={market}", "BTCUSDT"), "/t?symbol=BTCUSDT");
        assert_eq!(path("/t/{market}/book", "a/b?c&d \u{e9}"), "/t/a%2Fb%3Fc%26d%20%C3%A9/book");
    }
}
