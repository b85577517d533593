//! ccxt.pro, unmodified but for its addresses, reads the practice market: a parser that many people use for the real
//! venues judges the frames of ours.

use std::process::Command;

use practice_market::{Market, MarketOptions};
use serde_json::{Value, json};
use testkit::tools;

/// What ccxt calls the same on every venue, and what our venues must say: the methods that it has for a venue.
const METHODS: [(&str, &[&str]); 6] = [
    ("binance", &["watchBidsAsks", "watchTicker", "watchTrades", "fetchOrderBook", "fetchTicker"]),
    ("coinbase", &["watchTicker", "watchTrades", "fetchOrderBook", "fetchTicker"]),
    ("kraken", &["watchBidsAsks", "watchTicker", "watchTrades", "fetchOrderBook", "fetchTicker"]),
    ("okx", &["watchBidsAsks", "watchTicker", "watchTrades", "fetchOrderBook", "fetchTicker"]),
    ("bybit", &["watchBidsAsks", "watchTicker", "watchTrades", "fetchOrderBook", "fetchTicker"]),
    ("bitstamp", &["watchTrades", "fetchOrderBook", "fetchTicker"]),
];

/// What ccxt read of every venue, by the venue's name.
fn read(market: &Market) -> Vec<(String, Value)> {
    let venue = |venue: practice_market::VenueView| json!({"name": venue.name, "websocket": venue.websocket, "rest": venue.rest});
    let venues: Vec<Value> = market.venues().into_iter().map(venue).collect();
    let output = Command::new("node")
        .arg(tools::root().join("crates/end-to-end/clients/ccxt_client.mjs"))
        .env("NPM", tools::npm())
        .env("VENUES", Value::from(venues).to_string())
        .output()
        .expect("node starts");
    let (said, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{errors}");
    let lines = said.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
    lines.map(|it| (it["name"].as_str().unwrap_or_default().to_owned(), it)).collect()
}

/// Every price that a method read lies within a part in a thousand of what the asset is worth, and bids below asks.
fn check(what: &str, read: &Value, worth: f64) {
    for field in ["bid", "ask", "last", "price"] {
        if let Some(price) = read[field].as_f64() {
            assert!((price / worth - 1.0).abs() < 0.001, "{what}: {field} is not {worth}: {read}");
        }
    }
    if let (Some(bid), Some(ask)) = (read["bid"].as_f64(), read["ask"].as_f64()) {
        assert!(bid < ask, "{what}: {read}");
    }
    let priced = ["bid", "last", "price"].iter().any(|field| read[field].is_number());
    assert!(priced, "{what} read no price: {read}");
}

#[test]
fn ccxt_reads_every_venue_of_the_practice_market() {
    // Fakes that only our own connectors understand would prove nothing about the real venues.
    let market = Market::start(&MarketOptions::default()).expect("starts");
    let told = read(&market);
    assert_eq!(told.len(), METHODS.len());
    for ((name, methods), (venue, told)) in METHODS.iter().zip(&told) {
        assert_eq!(name, venue);
        assert!(told["client"].as_str().is_some_and(|it| it.starts_with("ccxt 4.")), "{told}");
        let symbols = told["symbols"].as_object().expect("symbols");
        assert_eq!(symbols.len(), 4, "{told}");
        for (symbol, seen) in symbols {
            let (base, quote) = symbol.split_once('/').expect("a pair");
            let worth = |name| {
                let asset = practice_market::Asset::parse(name);
                asset.map_or(1.0, |asset| {
                    market.worth(asset).to_string().parse::<f64>().expect("a number")
                })
            };
            let worth = worth(base) / worth(quote);
            for method in *methods {
                check(&format!("{venue} {method} {symbol}"), &seen[method], worth);
            }
            let book = &seen["fetchOrderBook"];
            for side in ["bids", "asks"] {
                assert!(book[side].as_u64().is_some_and(|levels| levels >= 50), "{venue}: {book}");
            }
            if let Some(best) = seen.get("watchBidsAsks") {
                assert!(
                    best["bid"].is_number() && best["askVolume"].is_number(),
                    "{venue}: {best}"
                );
            }
        }
    }
}
