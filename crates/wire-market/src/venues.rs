//! The list of all venues.

use crate::binance::Binance;
use crate::bitget::Bitget;
use crate::bitstamp::Bitstamp;
use crate::bybit::Bybit;
use crate::coinbase::Coinbase;
use crate::connector::Venue;
use crate::kraken::Kraken;
use crate::okx::Okx;

/// Every venue that is known.
pub const VENUES: &[&dyn Venue] = &[&Binance, &Coinbase, &Kraken, &Okx, &Bybit, &Bitstamp, &Bitget];

/// The venue of a name.
#[must_use]
pub fn venue(name: &str) -> Option<&'static dyn Venue> {
    VENUES.iter().copied().find(|venue| venue.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_venue_is_found_by_a_name_of_its_own() {
        // Of two with one name the second could never be configured.
        for (at, known) in VENUES.iter().enumerate() {
            let first = VENUES.iter().position(|venue| venue.name() == known.name());
            assert_eq!(first, Some(at), "{}", known.name());
            assert!(venue(known.name()).is_some());
        }
        assert!(venue("mtgox").is_none());
    }

    #[test]
    fn every_endpoint_can_be_put_together_with_a_path() {
        // A slash too many or too few asks for a page that is not there.
        for venue in VENUES {
            assert!(venue.websocket().starts_with("wss://"), "{}", venue.name());
            let (rest, markets) = (venue.rest(), ["BTC/USD".to_owned()]);
            assert!(rest.starts_with("https://") && !rest.ends_with('/'), "{}", venue.name());
            for path in [venue.quote_path("BTC/USD"), venue.book_path("BTC/USD")] {
                assert!(path.starts_with('/') && !path.contains("BTC/USD"), "{path}");
            }
            assert!(venue.markets_max() > 0 && !venue.subscribe(&markets).is_empty());
            assert!(venue.subscribe(&[]).is_empty(), "{}", venue.name());
        }
    }
}
