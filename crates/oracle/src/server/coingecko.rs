//! CoinGecko's `/api/v3/simple/price`, so that clients made for it can read ours.
//!
//! Its own answers are numbers without a word on how good they are. Here each coin also says its status, and when its
//! price was that; where one that is asked for has no price, the whole answer is a 503 that says why. Fields that we
//! have nothing for (market capitalisation, volume, changes) are left out.

use std::collections::BTreeMap;

use oracle_core::Status;
use runtime::http::{Response, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};
use units::{Price, Timestamp};

use super::json::written;
use super::query::Query;
use super::shown::Shown;
use crate::published::{FeedView, Published};

/// Coins that one request may ask for.
const COINS_MAX: usize = 250;

/// CoinGecko's ids of coins whose symbol is another word; the configuration adds to these.
const KNOWN: [(&str, &str); 16] = [
    ("bitcoin", "BTC"),
    ("ethereum", "ETH"),
    ("tether", "USDT"),
    ("usd-coin", "USDC"),
    ("dai", "DAI"),
    ("ethena-usde", "USDE"),
    ("wrapped-bitcoin", "WBTC"),
    ("wrapped-beacon-eth", "WBETH"),
    ("staked-ether", "STETH"),
    ("wrapped-steth", "WSTETH"),
    ("rocket-pool-eth", "RETH"),
    ("binance-staked-sol", "BNSOL"),
    ("solana", "SOL"),
    ("binancecoin", "BNB"),
    ("ripple", "XRP"),
    ("chainlink", "LINK"),
];

/// `/api/v3/simple/price`. `names` are more ids, each with the base of the symbol that it stands for.
pub(crate) fn simple_price(
    published: &Published,
    names: &[(String, String)],
    query: &Query,
    now: Timestamp,
) -> Response {
    let currencies = query.list("vs_currencies");
    let coins: Vec<&str> =
        ["ids", "symbols", "names"].iter().flat_map(|key| query.list(key)).collect();
    if currencies.is_empty() || coins.is_empty() || coins.len() > COINS_MAX {
        let words = format!("ids (1 to {COINS_MAX}) and vs_currencies are needed");
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, &words);
    }
    let places = query.get("precision").and_then(|places| places.parse().ok());
    let (mut answer, mut missing) = (BTreeMap::new(), Vec::new());
    for coin in coins {
        let base = base_of(coin, names);
        let mut found = Vec::new();
        for currency in &currencies {
            let Some(view) = feed(published, base, currency) else { continue };
            let shown = Shown::of(view, now);
            match number(&shown, places) {
                Some(number) => found.push((*currency, number, shown)),
                None => missing.push(shown.refusal()),
            }
        }
        // As CoinGecko does it: what it does not know is not in the answer.
        if !found.is_empty() {
            answer.insert(coin, coin_of(found));
        }
    }
    if missing.is_empty() {
        return Response::json(StatusCode::OK, written(&answer));
    }
    refuse(StatusCode::SERVICE_UNAVAILABLE, &missing.join("; "))
}

/// The base of the symbol that an id stands for.
fn base_of<'a>(coin: &'a str, names: &'a [(String, String)]) -> &'a str {
    let same = |name: &str| name.eq_ignore_ascii_case(coin);
    let own = names.iter().find(|(name, _)| same(name)).map(|(_, base)| base.as_str());
    own.or_else(|| KNOWN.iter().find(|(name, _)| same(name)).map(|(_, base)| *base)).unwrap_or(coin)
}

fn feed<'a>(published: &'a Published, base: &str, currency: &str) -> Option<&'a FeedView> {
    let found = published.feeds.iter().find(|view| {
        let parts = view.symbol.split_once('/');
        parts.is_some_and(|(of, unit)| {
            of.eq_ignore_ascii_case(base) && unit.eq_ignore_ascii_case(currency)
        })
    });
    found.map(AsRef::as_ref)
}

/// The price as a number of JSON, rounded to so many places where that is asked for.
fn number(shown: &Shown<'_>, places: Option<u32>) -> Option<Value> {
    let price = shown.market?;
    let dropped = places.and_then(|places| 12_u32.checked_sub(places));
    let unit = dropped.and_then(|dropped| 10_i128.checked_pow(dropped)).unwrap_or(1);
    let rounded = units::fixed::mul_div(price.raw(), 1, unit, units::Rounding::Nearest)?;
    let rounded = Price::from_raw(rounded.checked_mul(unit)?);
    // Its clients read a float; this is the nearest one to what would be written.
    serde_json::from_str(&rounded.to_string()).ok()
}

/// One coin. Its status, time and age are the worst of its prices.
fn coin_of(found: Vec<(&str, Value, Shown<'_>)>) -> Map<String, Value> {
    let status = found.iter().map(|(_, _, shown)| shown.status).max();
    let as_of = found.iter().filter_map(|(_, _, shown)| shown.as_of).min();
    let age = found.iter().filter_map(|(_, _, shown)| shown.age).max();
    let prices =
        found.into_iter().map(|(currency, price, _)| (currency.to_ascii_lowercase(), price));
    let mut coin: Map<String, Value> = prices.collect();
    let as_of = as_of.map(|as_of| as_of.unix_ms / 1_000);
    coin.insert("last_updated_at".to_owned(), as_of.into());
    coin.insert("seawall_status".to_owned(), status.map(Status::name).into());
    coin.insert("seawall_age_ms".to_owned(), age.map(units::Span::as_millis).into());
    coin
}

#[derive(Serialize)]
struct Refusal<'a> {
    status: RefusalStatus<'a>,
}

#[derive(Serialize)]
struct RefusalStatus<'a> {
    error_code: u16,
    error_message: &'a str,
}

/// A refusal in CoinGecko's form.
fn refuse(status: StatusCode, words: &str) -> Response {
    let inner = RefusalStatus { error_code: status.as_u16(), error_message: words };
    Response::json(status, written(&Refusal { status: inner }))
}
