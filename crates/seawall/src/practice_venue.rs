//! The venue that runs where there is no configuration: markets on the practice oracle's feeds, and a key that everybody
//! may know.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use load::Prices;
use practice_market::Market;
use practice_traders::{MarketPlan, TraderOptions};
use runtime::http::ListenError;
use units::{Money, Price, Quantity};

/// The key of the practice world; it opens nothing but play money.
pub(crate) const PRACTICE_KEY: &str = "practice-api-key-0001";

/// What its requests are signed with.
pub(crate) const PRACTICE_SECRET: &str = "practice-api-secret-0001";

/// The account of the key.
pub(crate) const PRACTICE_ACCOUNT: &str = "you";

/// What the account begins with.
pub(crate) const PRACTICE_MONEY: Money = Money::whole(1_000_000);

/// Markets: symbol, feed, tick, lot; how many of a hundred traders are at home there, and what a maker offers at its
/// nearest price.
const MARKETS: [(&str, &str, &str, &str, u8, i128); 3] = [
    ("BTCUSDT", "BTC/USD", "0.1", "0.001", 60, 20_000),
    ("ETHUSDT", "ETH/USD", "0.01", "0.001", 35, 12_000),
    ("USDEUSDT", "USDE/USD", "0.0001", "1", 5, 4_000),
];

/// Commands that the practice venue takes in a second: what ten times the usual load shows, and what a laptop bears.
const CAPACITY: u32 = 500;

/// Size of the journal's files, in KiB: a minute of that. There are two of them at least.
const SEGMENT_KIB: u64 = 8_192;

/// The token that some practice traders bring as collateral.
const COLLATERAL: &str = "USDE";

/// Makers on the practice venue: so many that the book is still one while some of them wait for an answer.
const MAKERS: usize = 6;

/// The seed of the practice traders: every practice world has the same ones.
const TRADERS_SEED: u64 = 1;

/// Collateral: name, feed, what is taken off for new risk and for maintenance.
const ASSETS: [(&str, &str, &str, &str); 3] = [
    ("BTC", "BTC/USD", "10%", "5%"),
    ("WBETH", "WBETH/USD", "15%", "8%"),
    ("USDE", "USDE/USD", "10%", "5%"),
];

/// The venue's tables: what a file would hold.
pub(crate) fn venue_tables(listen: SocketAddr, data: &Path) -> String {
    let mut text = format!(
        "\n[venue]\nlisten = \"{listen}\"\ndata = {:?}\nsettlement_feed = \"USDT/USD\"\nfund = 1000000\n\
         capacity_per_second = {CAPACITY}\nadmission = \"fair\"\njournal_segment_kib = {SEGMENT_KIB}\n\
         master_secret = \"practice-master-secret\"\n",
        data.display().to_string()
    );
    for (symbol, feed, tick, lot, ..) in MARKETS {
        push(
            &mut text,
            format_args!(
                "\n[[venue.market]]\nsymbol = \"{symbol}\"\nfeed = \"{feed}\"\ntick = \"{tick}\"\nlot = \"{lot}\"\n"
            ),
        );
    }
    for (name, feed, initial, maintenance) in ASSETS {
        push(
            &mut text,
            format_args!(
                "\n[[venue.asset]]\nname = \"{name}\"\nfeed = \"{feed}\"\n\
                 haircuts = [{{ initial = \"{initial}\", maintenance = \"{maintenance}\" }}]\n"
            ),
        );
    }
    push(
        &mut text,
        format_args!(
            "\n[[venue.key]]\nkey = \"{PRACTICE_KEY}\"\nsecret = \"{PRACTICE_SECRET}\"\naccount = \"{PRACTICE_ACCOUNT}\"\n\
             permissions = [\"read\", \"trade\", \"withdraw\", \"admin\"]\naddresses = [\"127.0.0.0/8\", \"::1\"]\n"
        ),
    );
    text
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    text.write_fmt(arguments).unwrap_or_default();
}

/// What the feeds of the practice venue say where there is no oracle.
const PRICES: [(&str, &str); 5] = [
    ("BTC/USD", "100000"),
    ("ETH/USD", "4000"),
    ("USDT/USD", "1"),
    ("USDE/USD", "1"),
    ("WBETH/USD", "4300"),
];

/// A source of prices that stand still, for the venue's own tables without an oracle.
///
/// # Errors
/// Where there is no free port.
pub(crate) fn standing_prices() -> Result<Prices, ListenError> {
    let [(feed, price), others @ ..] = PRICES;
    let prices = Prices::start(feed, price)?;
    for (feed, price) in others {
        prices.say(feed, price);
    }
    Ok(prices)
}

/// The traders on a venue, and the market whose shocks they feel.
pub(crate) fn trader_options(url: &str, traders: usize, prices: Arc<Market>) -> TraderOptions {
    let plan = |(symbol, _, tick, lot, share, nearest): (&str, _, &str, &str, u8, i128)| {
        let tick = Price::parse(tick.as_bytes()).unwrap_or_default();
        let lot = Quantity::parse(lot.as_bytes()).unwrap_or_default();
        MarketPlan { symbol: symbol.to_owned(), tick, lot, share, nearest: Money::whole(nearest) }
    };
    TraderOptions {
        venue: url.to_owned(),
        admin: (PRACTICE_KEY.to_owned(), PRACTICE_SECRET.to_owned()),
        settlement: "USDT".to_owned(),
        collateral: COLLATERAL.to_owned(),
        markets: MARKETS.map(|market: (&str, &str, _, _, _, _)| plan(market)).to_vec(),
        makers: MAKERS,
        traders,
        seed: TRADERS_SEED,
        prices,
    }
}

/// What to try with the venue.
pub(crate) fn venue_hints(url: &str, page: &str) -> Vec<String> {
    let socket = url.replacen("http", "ws", 1);
    let buttons = format!("{page}/practice/venue");
    vec![
        "# its traders, and what can be done to them: news, makers who leave, load, a dump, and back to normal:".to_owned(),
        format!("curl -s {buttons}"),
        format!("curl -s -X POST '{buttons}/shock?percent=10&over_s=10'"),
        format!("curl -s -X POST {buttons}/makers-leave"),
        format!("curl -s -X POST '{buttons}/load?times=10'; curl -s -X POST '{buttons}/load?times=100'"),
        format!("curl -s -X POST '{buttons}/dump?asset=USDE&to=0.65&over_s=20'"),
        format!("curl -s -X POST {buttons}/calm"),
        "# trade on it with ccxt, of which nothing is changed but its addresses (python3, ccxt installed):".to_owned(),
        format!(
            "python3 -c 'import ccxt; b=\"{url}\"; x=ccxt.binanceusdm({{\"apiKey\":\"{PRACTICE_KEY}\",\"secret\":\"{PRACTICE_SECRET}\",\
             \"options\":{{\"fetchCurrencies\":False}},\"urls\":{{\"api\":{{k:b+p for k,p in {{\"fapiPublic\":\"/fapi/v1\",\
             \"fapiPublicV2\":\"/fapi/v2\",\"fapiPublicV3\":\"/fapi/v3\",\"fapiPrivate\":\"/fapi/v1\",\"fapiPrivateV2\":\"/fapi/v2\",\
             \"fapiPrivateV3\":\"/fapi/v3\",\"sapi\":\"/sapi/v1\"}}.items()}}}}}}); \
             print(x.create_order(\"BTC/USDT:USDT\",\"limit\",\"buy\",0.01,60000)[\"info\"])'"
        ),
        "# every liquidation and deleveraging, numbered without a gap:".to_owned(),
        format!("curl {url}/v1/tape"),
        "# the fund and what it would have to pay, and the proof that money is conserved:".to_owned(),
        format!("curl {url}/v1/fund; curl {url}/v1/conservation"),
        format!("# streams are at {socket}/ws and {socket}/stream, the WebSocket API at {socket}/ws-fapi/v1"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    #[test]
    fn the_practice_venue_can_be_read_as_a_file_would_be() {
        // Else the first thing that a stranger tries ends with a list of mistakes in a file that they never saw.
        let listen = SocketAddr::from(([127, 0, 0, 1], 8700));
        let tables = venue_tables(listen, Path::new("a \"folder\""));
        let tables =
            tables.replacen("[venue]\n", "[venue]\nprices = \"http://127.0.0.1:8600\"\n", 1);
        let checked = config::check(&tables, &|_| None);
        let config = checked.config.unwrap_or_else(|mistakes| panic!("{mistakes:?}\n{tables}"));
        assert_eq!(checked.warnings, []);
        let venue = config.venue.expect("a venue");
        assert_eq!((venue.markets.len(), venue.assets.len(), venue.keys.len()), (3, 3, 1));
        assert!(
            venue_hints("http://127.0.0.1:8700", "http://127.0.0.1:8080")
                .iter()
                .any(|hint| hint.contains("ws://127.0.0.1:8700/ws"))
        );
    }
}
